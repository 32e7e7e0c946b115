"""ChangeSet, ResourceChange, PropertyChange, Action: what would be done, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from imageferry.model.addresses import PropertyPath, ResourceAddress
from imageferry.model.diagnostics import Diagnostic, Span
from imageferry.model.expressions import Expression
from imageferry.model.handlers import Context
from imageferry.model.inquiries import Inquiry
from imageferry.model.templates import Bindings
from imageferry.model.values import UNKNOWN, Value


class Action(Enum):
    """What happens to one resource."""

    CREATE = "Create"
    UPDATE = "Update"
    REPLACE = "Replace"
    DELETE = "Delete"
    MOVE = "Move"
    ADOPT = "Adopt"
    NONE = "None"


class Replacement(Enum):
    """Whether the physical id will be new; MAYBE when that depends on a value known later."""

    YES = "True"
    NO = "False"
    MAYBE = "Conditional"


class ChangeKind(Enum):
    """What a change set is for."""

    CREATE = "CREATE"
    UPDATE = "UPDATE"
    DELETE = "DELETE"
    ROLLBACK = "ROLLBACK"


@dataclass(frozen=True, slots=True)
class PropertyChange:
    """One property before and after (UNKNOWN where known later)."""

    path: PropertyPath
    before: Value
    after: Value
    requires_replacement: Replacement = Replacement.NO
    remark: str = ""
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A resource as it shall be: expressions already specialised to this address.

    `properties` holds a Literal for each value known at planning; everything else is evaluated
    when the step is due. `deletes_remains`: when it goes, so does what the cloud would keep of it.
    """

    address: ResourceAddress
    type_name: str
    properties: Mapping[str, Expression]
    depends_on: tuple[ResourceAddress, ...] = ()
    deletion_policy: str = "Delete"
    replacement_policy: str = "Delete"
    span: Span | None = None
    property_spans: Mapping[str, Span] = field(default_factory=dict)
    deletes_remains: bool = False


class Reading(NamedTuple):
    """What a resource that makes nothing is given: what was found for it.

    `attributes` were read before anything was planned, and count for the whole operation; None
    where they are read in their step. `is_due`: they can be read now, and were not yet.
    """

    attributes: Mapping[str, Value] | None = None
    is_due: bool = False


@dataclass(frozen=True, slots=True)
class ResourceChange:
    """What happens to one address.

    `blocked` says why this change is refused unless replacements are allowed; such a change set
    can be shown and not executed. `moved_from` is the address whose existing resource is taken
    over here. `repairs` is True where an unfinished earlier resource is deleted first. `adopts` is
    the existing thing that an ADOPT takes in, its id as `id`; on a DELETE it is given back as it was
    found, and not deleted. `observed` are properties that were changed outside and are set back, as
    the cloud has them. `renews`: it is gone, and an UPDATE makes it anew behind its physical id.
    `reading` is there for what makes nothing and only reads.
    """

    address: ResourceAddress
    type_name: str
    action: Action
    replacement: Replacement = Replacement.NO
    properties: tuple[PropertyChange, ...] = ()
    wanted: Wanted | None = None
    moved_from: ResourceAddress | None = None
    blocked: tuple[Diagnostic, ...] = ()
    retained: bool = False
    repairs: bool = False
    physical_id: str | None = None
    depends_on: tuple[ResourceAddress, ...] = ()
    adopts: Context | None = None
    observed: Mapping[str, Value] = field(default_factory=dict)
    renews: bool = False
    reading: Reading | None = None


@dataclass(frozen=True, slots=True)
class WantedOutput:
    """An output to be evaluated at the end.

    `export_name` is empty where it is not exported; `foreseen` is what an exported one will be, as
    far as that is known before anything is done.
    """

    name: str
    value: Expression
    description: str = ""
    no_echo: bool = False
    export_name: str = ""
    foreseen: Value = UNKNOWN


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """All changes of one deed, with everything that carrying them out needs.

    `after` gives for each changed address the addresses whose steps come first when creating and
    updating (deletions run in reverse). `warnings` are for people. `left_out` are addresses at
    which something is still to be done and which this change set does not touch, since it was
    asked for others only, or to skip them. `asked_before` is there on a rollback alone: what the
    stack that it restores had asked of others.
    """

    change_set_id: str
    stack_id: str
    stack_name: str
    kind: ChangeKind
    dialect: str
    region: str
    changes: tuple[ResourceChange, ...]
    outputs: tuple[WantedOutput, ...] = ()
    bindings: Bindings = field(default_factory=lambda: Bindings({}, {}))
    template: bytes = b""
    template_name: str = ""
    description: str = ""
    warnings: tuple[Diagnostic, ...] = ()
    replacement_allowed: bool = False
    created_at: float = 0.0
    left_out: tuple[ResourceAddress, ...] = ()
    asked_before: tuple[Inquiry, ...] | None = None

    @property
    def adoptions(self) -> dict[str, str]:
        """The ids of the existing things that are taken in, by address text."""
        return {
            str(change.address): str(change.adopts["id"])
            for change in self.changes
            if change.action is Action.ADOPT and change.adopts is not None
        }

    @property
    def is_empty(self) -> bool:
        """True where nothing would be done to any resource."""
        return all(change.action is Action.NONE for change in self.changes)

    @property
    def blocked(self) -> tuple[Diagnostic, ...]:
        """Why the change set may not be executed; empty where it may."""
        return tuple(reason for change in self.changes for reason in change.blocked)
