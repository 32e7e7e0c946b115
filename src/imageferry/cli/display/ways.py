"""The ways out of where a stack stands: the commands that come next, from the table of statuses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from imageferry.cli.display.rendering import clean
from imageferry.control.distributions.versions import TEMPLATE_NAME
from imageferry.control.requests import StackView
from imageferry.model.operations import Operation
from imageferry.model.stacks import Stack
from imageferry.model.statuses import WAYS, OperationStatus, StackStatus, Verb


class Way(NamedTuple):
    """One command, and what it does from here."""

    verb: Verb
    command: str
    says: str


_SAYS: Final[Mapping[Verb, str]] = {
    Verb.DEPLOY: "brings it to a template",
    Verb.RETRY: "tries again what is missing",
    Verb.CONTINUE_ROLLBACK: "goes on with the rollback; --skip LOGICAL_ID leaves a resource as it is",
    Verb.CANCEL: "undoes what runs",
    Verb.DELETE: "deletes it",
}
_SAYS_AT: Final[Mapping[tuple[StackStatus, Verb], str]] = {
    (StackStatus.DELETE_FAILED, Verb.DELETE): "tries again; --retain LOGICAL_ID leaves a resource"
    " in the cloud",
    (StackStatus.DELETE_FAILED, Verb.DEPLOY): "makes again what is gone",
    (StackStatus.CREATE_ROLLED_BACK, Verb.RETRY): "makes it once more as it was asked for",
    (StackStatus.UPDATE_ROLLED_BACK, Verb.RETRY): "tries the same update once more",
    (StackStatus.CREATE_ROLLBACK_FAILED, Verb.RETRY): "goes forward again instead",
    (StackStatus.UPDATE_ROLLBACK_FAILED, Verb.RETRY): "goes forward again instead",
    (StackStatus.DELETING, Verb.CANCEL): "stops the deletion where it is",
    (StackStatus.CREATE_ROLLING_BACK, Verb.CANCEL): "breaks the rollback off, once you agree",
    (StackStatus.UPDATE_ROLLING_BACK, Verb.CANCEL): "breaks the rollback off, once you agree",
}
_FAILED: Final = frozenset(
    {
        StackStatus.CREATE_FAILED,
        StackStatus.UPDATE_FAILED,
        StackStatus.DELETE_FAILED,
        StackStatus.CREATE_ROLLED_BACK,
        StackStatus.UPDATE_ROLLED_BACK,
        StackStatus.CREATE_ROLLBACK_FAILED,
        StackStatus.UPDATE_ROLLBACK_FAILED,
    }
)


def ways_out(
    stack: Stack, operation: Operation | None = None, is_run: bool | None = None
) -> list[Way]:
    """What may be asked of a stack from here, the nearest way first.

    An operation that nobody runs can be told to go on, like one that was set aside.
    Where it stands as it was wanted, and where it is gone, nobody needs to be told.
    """
    if not stack.status.is_final:
        is_parked = operation is not None and operation.status is OperationStatus.PARKED
        waits = is_parked or is_run is False
        verbs = [Verb.RETRY, Verb.CANCEL] if waits else [Verb.CANCEL]
    elif stack.status in _FAILED:
        verbs = list(WAYS[stack.status])
    else:
        return []
    if stack.is_protected:
        verbs = [verb for verb in verbs if verb is not Verb.DELETE]
    return [_way(stack, verb) for verb in verbs]


def _way(stack: Stack, verb: Verb) -> Way:
    says = _SAYS_AT.get((stack.status, verb), _SAYS[verb])
    if verb is Verb.RETRY and not stack.status.is_final:
        says = "lets it go on"
    if verb is Verb.DEPLOY:
        return Way(verb, deploying(stack), says)
    return Way(verb, f"imageferry {verb.value} --stack {clean(stack.name)}", says)


def deploying(stack: Stack) -> str:
    """The command that brings a stack to a template: one that was distributed is in no file."""
    name = clean(stack.name)
    if stack.template_name != TEMPLATE_NAME:
        return f"imageferry deploy TEMPLATE --stack {name}"
    return f"imageferry distribute IMAGE --from {clean(stack.place.region)} --to … --stack {name}"


def way_lines(view: StackView) -> list[str]:
    """The ways out as `show` lists them."""
    ways = ways_out(view.stack, view.operation, view.is_run)
    columns = max((len(way.command) for way in ways), default=0)
    return [f"{way.command.ljust(columns)}  {way.says}" for way in ways]


def remedy_of(stack: Stack, *, has_cause: bool = True) -> str:
    """The ways out in one sentence, for the end of a command that failed, or was cancelled."""
    ways = ways_out(stack)
    if not ways:
        return ""
    first, *others = ways
    begin = "mend the cause, then " if has_cause else ""
    said = f'{begin}"{first.command}" {first.says}'
    return "; or ".join([said, *(f'"{way.command}"' for way in others)])
