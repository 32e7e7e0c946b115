"""NamedChangeSet: a change set that waits under a name until somebody executes or drops it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from imageferry.model.operations import OnFailure
from imageferry.model.stacks import Place
from imageferry.model.values import Json


class ProposalStatus(Enum):
    """Whether the change set could be made; the words are those of both owners' references."""

    CREATE_PENDING = "CREATE_PENDING"
    CREATE_IN_PROGRESS = "CREATE_IN_PROGRESS"
    CREATE_COMPLETE = "CREATE_COMPLETE"
    FAILED = "FAILED"
    DELETE_COMPLETE = "DELETE_COMPLETE"


class ExecutionStatus(Enum):
    """Whether it may be executed, or what came of that; the words are those of both owners."""

    UNAVAILABLE = "UNAVAILABLE"
    AVAILABLE = "AVAILABLE"
    EXECUTE_IN_PROGRESS = "EXECUTE_IN_PROGRESS"
    EXECUTE_COMPLETE = "EXECUTE_COMPLETE"
    EXECUTE_FAILED = "EXECUTE_FAILED"
    OBSOLETE = "OBSOLETE"


@dataclass(frozen=True, slots=True)
class Waiting:
    """How a change set that waits is to be executed, unless who executes it says otherwise.

    `timeout` is in seconds; None is no limit. `parallel` 0 is without limit. `deletes_remains`: what
    the cloud keeps of deleted things goes as well.
    """

    on_failure: OnFailure = OnFailure.ROLLBACK
    parallel: int = 0
    timeout: float | None = None
    deletes_remains: bool = False


@dataclass(frozen=True, slots=True)
class NamedChangeSet:
    """A change set under a name that is unique within its stack.

    `kind` is CREATE, UPDATE or IMPORT. `planned_id` is the change set that is executed, empty where
    none could be made; `follows` the stack's last operation when it was planned. `is_empty`: there
    is nothing to change, which is why it is FAILED. `operation_id` is what executes it. `details`
    are the caller's own, given back as they came. `token` is what it was proposed with, so that
    the same request finds it again. Times are seconds since 1970.
    """

    change_set_id: str
    name: str
    stack_id: str
    stack_name: str
    place: Place
    kind: str
    status: ProposalStatus
    execution: ExecutionStatus
    created_at: float
    reason: str = ""
    is_empty: bool = False
    description: str = ""
    planned_id: str = ""
    fingerprint: str = ""
    follows: str | None = None
    operation_id: str | None = None
    waiting: Waiting = field(default_factory=Waiting)
    is_protected: bool | None = None
    policy: str | None = None
    tags: Mapping[str, str] | None = None
    options: Mapping[str, Json] | None = None
    details: Mapping[str, Json] = field(default_factory=dict)
    token: str = ""
