"""Requests and answers of the control plane, as values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from imageferry.model.changes import ChangeSet
from imageferry.model.diagnostics import Diagnostic
from imageferry.model.named_changes import NamedChangeSet
from imageferry.model.operations import OnFailure, Operation, StepProgress
from imageferry.model.stacks import Resource, Stack
from imageferry.model.values import Json, Value


@dataclass(frozen=True, slots=True)
class StackRequest:
    """A stack as somebody wants it. `parameters` are texts, or values from a file.

    `is_protected` and `policy` (the text of a stack policy) stay as they are where they are None;
    `policy_during_update` judges this update alone.
    `tags` and `options` of the stack stay as they are where they are None. `kept` names parameters
    that keep their former value where none is given, even if they have a default; None: those
    without one. `is_strict`: the owner's limits on a template are errors, not warnings.
    `language` is the dialect that the template must be in, where only one is taken.
    `refresh`: look at the cloud first, and set back what was changed there.
    `replace`: allow replacements; None leaves that to the dialect. `timeout` is in seconds. `adopt`
    are ids of existing things by address: they are taken in, and nothing else is done;
    `taken_over` are other installations whose things may be taken in.
    """

    stack_name: str
    region: str
    template: bytes
    template_name: str
    parameters: Mapping[str, Value] = field(default_factory=dict)
    replace: bool | None = None
    client_token: str | None = None
    adopt: Mapping[str, str] | None = None
    taken_over: tuple[str, ...] = ()
    is_protected: bool | None = None
    policy: str | None = None
    policy_during_update: str | None = None
    refresh: bool = False
    tags: Mapping[str, str] | None = None
    options: Mapping[str, Json] | None = None
    kept: frozenset[str] | None = None
    is_strict: bool = False
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Leave:
    """What a retry may do although the operation it repeats might not.

    `replaces` allows replacements; `policy_during_update` is the text of a stack policy that judges
    this try alone.
    """

    replaces: bool = False
    policy_during_update: str | None = None


NO_LEAVE: Final = Leave()


@dataclass(frozen=True, slots=True)
class ExecutionOptions:
    """How a change set is to be executed. `parallel` 0 is without limit, `timeout` in seconds.

    `deletes_remains`: what the cloud keeps of deleted things, and bills, goes as well.
    """

    on_failure: OnFailure = OnFailure.KEEP
    parallel: int = 0
    timeout: float | None = None
    client_token: str | None = None
    deletes_remains: bool = False


@dataclass(frozen=True, slots=True)
class Planned:
    """A change set that is saved, and the stack it is for (as it is, or as it would begin).

    `running` is the open operation that already does exactly what is asked: re-attach to it.
    `is_current`: nothing at all differs, not even an output; there is nothing to execute.
    `is_protected`, `policy`, `tags` and `options` are what the stack gets with it, None where they
    stay as they are.
    """

    change_set: ChangeSet
    stack: Stack
    is_new: bool
    fingerprint: str
    running: Operation | None = None
    is_current: bool = False
    is_protected: bool | None = None
    policy: str | None = None
    tags: Mapping[str, str] | None = None
    options: Mapping[str, Json] | None = None


@dataclass(frozen=True, slots=True)
class ResourceView:
    """A resource as it stands this moment, with the progress of its step where one runs.

    `elapsed` are the seconds since that step was begun, by whatever process.
    """

    resource: Resource
    progress: StepProgress | None = None
    elapsed: float | None = None


@dataclass(frozen=True, slots=True)
class StackView:
    """A stack as it stands this moment: its record overlaid with the journal.

    `is_run`: whether a living process works on its open operation; None where nobody asked.
    """

    stack: Stack
    resources: tuple[ResourceView, ...]
    operation: Operation | None
    is_run: bool | None = None


class StackNotFound(Exception):
    """No stack of that name or id lives here."""


class StackExists(Exception):
    """A stack of that name lives here already; carries it."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        super().__init__(f'a stack named "{stack.name}" exists in "{stack.place.region}"')


class LanguageForeign(Exception):
    """The template is not in the language that is taken here; carries both, by dialect."""

    def __init__(self, dialect: str, wanted: str) -> None:
        self.dialect = dialect
        self.wanted = wanted
        super().__init__(f'the template is in "{dialect}", and "{wanted}" is wanted')


class NothingToDo(Exception):
    """The stack is what is asked for already; carries it."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        super().__init__(f'"{stack.name}" is what is asked for already')


class ChangeSetExists(Exception):
    """The stack has a change set of that name."""

    def __init__(self, name: str, stack: Stack) -> None:
        self.name = name
        self.stack = stack
        super().__init__(f'stack "{stack.name}" has a change set "{name}" already')


class ChangeSetStatusWrong(Exception):
    """The change set can be neither executed nor dropped as it is now; carries it."""

    def __init__(self, named: NamedChangeSet) -> None:
        self.named = named
        super().__init__(
            f'the change set "{named.name}" is {named.status.value}, {named.execution.value}'
        )


class TokenMismatch(Exception):
    """The client token was used before, with other parameters."""


class TokenInProgress(Exception):
    """What was asked with the client token before is still being carried out."""


class StackAmbiguous(Exception):
    """Two stacks of that name live in different regions; say which."""

    def __init__(self, name: str, regions: tuple[str, ...]) -> None:
        self.name = name
        self.regions = regions
        super().__init__(f'stacks named "{name}" live in {", ".join(regions)}')


class ResourceUnknown(Exception):
    """The stack has no resources of these names; `remedy` proposes what was meant."""

    def __init__(self, stack: Stack, names: Sequence[str], remedy: str = "") -> None:
        self.names = tuple(names)
        self.stack = stack
        self.remedy = remedy
        listed = ", ".join(f'"{name}"' for name in names)
        super().__init__(f'stack "{stack.name}" has no resource {listed}')


class OperationHolds(Exception):
    """Another operation holds the stack; carries it."""

    def __init__(self, operation: Operation, stack: Stack) -> None:
        self.operation = operation
        self.stack = stack
        super().__init__(
            f'operation {operation.operation_id} ({operation.kind.value}) holds "{stack.name}"'
        )


class RequestRefused(Exception):
    """The request cannot be carried out in the stack's present status; says why and what can.

    `diagnostics` are there where there is more than one thing to say. `is_denied`: the cloud does
    not authorise what it takes.
    """

    def __init__(
        self,
        message: str,
        remedy: str = "",
        diagnostics: Sequence[Diagnostic] = (),
        *,
        is_denied: bool = False,
    ) -> None:
        self.message = message
        self.remedy = remedy
        self.diagnostics = tuple(diagnostics)
        self.is_denied = is_denied
        super().__init__(message)


def in_use(faults: Sequence[Diagnostic]) -> RequestRefused:
    """The refusal for the sake of other stacks, with all that they say."""
    return RequestRefused("; ".join(fault.message for fault in faults), diagnostics=faults)
