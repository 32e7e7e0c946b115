"""Operation and StepRecord: one durable run of a change set, and its journal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from imageferry.model.addresses import ResourceAddress
from imageferry.model.changes import ChangeKind
from imageferry.model.handlers import Context, HandlerAction
from imageferry.model.statuses import OperationStatus, StepStatus
from imageferry.model.values import Value

JOURNAL_SCHEMA: Final = 1
"""The version of the journal's rows; new code reads rows of older versions for a release."""


class OnFailure(Enum):
    """What follows when a step fails: keep what was made, restore what was, or delete the stack."""

    KEEP = "keep"
    ROLLBACK = "rollback"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Operation:
    """One durable run of a change set on one stack.

    `epoch` counts the entries, `entries_since_record` those since the last committed record.
    `rollback_id` is the change set that undoes this one, once that is decided. `deadline` is
    when the operation fails (seconds since 1970). `fingerprint` is what the caller asked for, so
    that the same request re-attaches and another is refused.
    """

    operation_id: str
    stack_id: str
    kind: ChangeKind
    status: OperationStatus
    change_set_id: str
    on_failure: OnFailure
    fingerprint: str = ""
    client_token: str | None = None
    epoch: int = 0
    entries_since_record: int = 0
    cancel_requested: bool = False
    rollback_id: str | None = None
    reason: str = ""
    deadline: float | None = None
    parallel: int = 0
    started_at: float = 0.0
    ended_at: float | None = None
    schema: int = JOURNAL_SCHEMA
    deletes_remains: bool = False


@dataclass(frozen=True, slots=True)
class StepRecord:
    """The last thing known of one step; the journal holds one row a step and phase.

    `phase` is 0 for the change set and 1 for its rollback. `properties` are the evaluated values
    that the handler was asked for; `remains` what the cloud keeps after it. `request_id` is the cloud's
    own of the call that has begun the thing, or of the one that failed. Times are seconds since 1970.
    """

    phase: int
    step_id: str
    address: ResourceAddress
    type_name: str
    action: HandlerAction
    status: StepStatus
    token: str
    intended_at: float
    physical_id: str | None = None
    properties: Mapping[str, Value] | None = None
    attributes: Mapping[str, Value] | None = None
    context: Context = field(default_factory=dict)
    leftovers: tuple[Context, ...] = ()
    attempts: int = 0
    reason: str = ""
    error_code: str = ""
    request_id: str = ""
    ended_at: float | None = None
    remains: tuple[Context, ...] = ()


@dataclass(frozen=True, slots=True)
class StepProgress:
    """How far one step is, for people watching; kept at most every 30 s and never relied on.

    `queue` is its place among those that wait for their turn, from 1, and how many they are.
    """

    address: str
    percent: int | None
    says: str
    remaining: float | None = None
    queue: tuple[int, int] | None = None
