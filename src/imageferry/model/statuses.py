"""Every status of a stack, resource, operation and step: the dialects' words, and the ways between."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final


class StackStatus(Enum):
    """The status of a stack, in our words."""

    REVIEWING = "REVIEWING"
    CREATING = "CREATING"
    CREATED = "CREATED"
    CREATE_FAILED = "CREATE_FAILED"
    CREATE_ROLLING_BACK = "CREATE_ROLLING_BACK"
    CREATE_ROLLED_BACK = "CREATE_ROLLED_BACK"
    CREATE_ROLLBACK_FAILED = "CREATE_ROLLBACK_FAILED"
    UPDATING = "UPDATING"
    UPDATED = "UPDATED"
    UPDATE_FAILED = "UPDATE_FAILED"
    UPDATE_ROLLING_BACK = "UPDATE_ROLLING_BACK"
    UPDATE_ROLLED_BACK = "UPDATE_ROLLED_BACK"
    UPDATE_ROLLBACK_FAILED = "UPDATE_ROLLBACK_FAILED"
    DELETING = "DELETING"
    DELETED = "DELETED"
    DELETE_FAILED = "DELETE_FAILED"

    @property
    def is_final(self) -> bool:
        """True where nothing runs on the stack."""
        return not any(self is running for running, _ in ENDINGS)

    @property
    def is_restored(self) -> bool:
        """True after a rollback that came to its end."""
        return self in {StackStatus.CREATE_ROLLED_BACK, StackStatus.UPDATE_ROLLED_BACK}


class Verb(Enum):
    """What a person may ask of a stack; the words are those of the command line."""

    DEPLOY = "deploy"
    RETRY = "retry"
    CONTINUE_ROLLBACK = "continue-rollback"
    CANCEL = "cancel"
    DELETE = "delete"


class ResourceStatus(Enum):
    """The status of a resource; its words are the same in both dialects but for the two ends."""

    NOT_STARTED = "NOT_STARTED"
    CREATING = "CREATE_IN_PROGRESS"
    CREATED = "CREATE_COMPLETE"
    CREATE_FAILED = "CREATE_FAILED"
    UPDATING = "UPDATE_IN_PROGRESS"
    UPDATED = "UPDATE_COMPLETE"
    UPDATE_FAILED = "UPDATE_FAILED"
    DELETING = "DELETE_IN_PROGRESS"
    DELETED = "DELETE_COMPLETE"
    DELETE_FAILED = "DELETE_FAILED"
    RETAINED = "RETAINED"

    @property
    def is_whole(self) -> bool:
        """False where the making has not come to its end, or only a part was deleted."""
        return self not in {
            ResourceStatus.CREATE_FAILED,
            ResourceStatus.CREATING,
            ResourceStatus.DELETE_FAILED,
        }


class OperationStatus(Enum):
    """The status of an operation. Open ones hold their stack."""

    RUNNING = "RUNNING"
    PARKED = "PARKED"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    ROLLED_BACK = "ROLLED_BACK"
    ROLLBACK_FAILED = "ROLLBACK_FAILED"

    @property
    def is_open(self) -> bool:
        """True while the operation holds its stack."""
        return self in {OperationStatus.RUNNING, OperationStatus.PARKED}


class StepStatus(Enum):
    """The status of one step in the journal."""

    INTENDED = "INTENDED"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"

    @property
    def is_final(self) -> bool:
        """True where the step will not be performed again in this operation."""
        return self in {StepStatus.DONE, StepStatus.FAILED, StepStatus.SKIPPED}


# ROS: published list of stack statuses; CloudFormation: its user guide's list of stack statuses.
_SAME: Final[Mapping[StackStatus, str]] = {
    StackStatus.REVIEWING: "REVIEW_IN_PROGRESS",
    StackStatus.CREATING: "CREATE_IN_PROGRESS",
    StackStatus.CREATED: "CREATE_COMPLETE",
    StackStatus.CREATE_FAILED: "CREATE_FAILED",
    StackStatus.UPDATING: "UPDATE_IN_PROGRESS",
    StackStatus.UPDATED: "UPDATE_COMPLETE",
    StackStatus.UPDATE_FAILED: "UPDATE_FAILED",
    StackStatus.DELETING: "DELETE_IN_PROGRESS",
    StackStatus.DELETED: "DELETE_COMPLETE",
    StackStatus.DELETE_FAILED: "DELETE_FAILED",
}

STACK_WORDS: Final[Mapping[str, Mapping[StackStatus, str]]] = {
    "ros": {
        **_SAME,
        StackStatus.CREATE_ROLLING_BACK: "CREATE_ROLLBACK_IN_PROGRESS",
        StackStatus.CREATE_ROLLED_BACK: "CREATE_ROLLBACK_COMPLETE",
        StackStatus.CREATE_ROLLBACK_FAILED: "CREATE_ROLLBACK_FAILED",
        StackStatus.UPDATE_ROLLING_BACK: "ROLLBACK_IN_PROGRESS",
        StackStatus.UPDATE_ROLLED_BACK: "ROLLBACK_COMPLETE",
        StackStatus.UPDATE_ROLLBACK_FAILED: "ROLLBACK_FAILED",
    },
    "cloudformation": {
        **_SAME,
        StackStatus.CREATE_ROLLING_BACK: "ROLLBACK_IN_PROGRESS",
        StackStatus.CREATE_ROLLED_BACK: "ROLLBACK_COMPLETE",
        StackStatus.CREATE_ROLLBACK_FAILED: "ROLLBACK_FAILED",
        StackStatus.UPDATE_ROLLING_BACK: "UPDATE_ROLLBACK_IN_PROGRESS",
        StackStatus.UPDATE_ROLLED_BACK: "UPDATE_ROLLBACK_COMPLETE",
        StackStatus.UPDATE_ROLLBACK_FAILED: "UPDATE_ROLLBACK_FAILED",
    },
}

RESOURCE_WORDS: Final[Mapping[str, Mapping[ResourceStatus, str]]] = {
    "ros": {
        **{status: status.value for status in ResourceStatus},
        ResourceStatus.NOT_STARTED: "INIT_COMPLETE",
        ResourceStatus.RETAINED: "DELETE_COMPLETE",
    },
    "cloudformation": {
        **{status: status.value for status in ResourceStatus},
        ResourceStatus.NOT_STARTED: "CREATE_IN_PROGRESS",
        ResourceStatus.RETAINED: "DELETE_SKIPPED",
    },
}

_TO_MAKE: Final[Mapping[Verb, StackStatus]] = {
    Verb.DEPLOY: StackStatus.CREATING,
    Verb.DELETE: StackStatus.DELETING,
}
_TO_CHANGE: Final[Mapping[Verb, StackStatus]] = {
    Verb.DEPLOY: StackStatus.UPDATING,
    Verb.DELETE: StackStatus.DELETING,
}

WAYS: Final[Mapping[StackStatus, Mapping[Verb, StackStatus]]] = {
    StackStatus.REVIEWING: _TO_MAKE,
    StackStatus.CREATING: {
        Verb.CANCEL: StackStatus.CREATE_ROLLING_BACK,
        Verb.RETRY: StackStatus.CREATING,
    },
    StackStatus.CREATED: _TO_CHANGE,
    StackStatus.CREATE_FAILED: {Verb.RETRY: StackStatus.CREATING, **_TO_MAKE},
    StackStatus.CREATE_ROLLING_BACK: {
        Verb.CANCEL: StackStatus.CREATE_ROLLING_BACK,
        Verb.RETRY: StackStatus.CREATE_ROLLING_BACK,
    },
    StackStatus.CREATE_ROLLED_BACK: {**_TO_MAKE, Verb.RETRY: StackStatus.CREATING},
    StackStatus.CREATE_ROLLBACK_FAILED: {
        Verb.CONTINUE_ROLLBACK: StackStatus.CREATE_ROLLING_BACK,
        Verb.RETRY: StackStatus.CREATING,
        **_TO_MAKE,
    },
    StackStatus.UPDATING: {
        Verb.CANCEL: StackStatus.UPDATE_ROLLING_BACK,
        Verb.RETRY: StackStatus.UPDATING,
    },
    StackStatus.UPDATED: _TO_CHANGE,
    StackStatus.UPDATE_FAILED: {Verb.RETRY: StackStatus.UPDATING, **_TO_CHANGE},
    StackStatus.UPDATE_ROLLING_BACK: {
        Verb.CANCEL: StackStatus.UPDATE_ROLLING_BACK,
        Verb.RETRY: StackStatus.UPDATE_ROLLING_BACK,
    },
    StackStatus.UPDATE_ROLLED_BACK: {**_TO_CHANGE, Verb.RETRY: StackStatus.UPDATING},
    StackStatus.UPDATE_ROLLBACK_FAILED: {
        Verb.CONTINUE_ROLLBACK: StackStatus.UPDATE_ROLLING_BACK,
        Verb.RETRY: StackStatus.UPDATING,
        **_TO_CHANGE,
    },
    StackStatus.DELETING: {
        Verb.CANCEL: StackStatus.DELETING,
        Verb.RETRY: StackStatus.DELETING,
    },
    # Its name is free: the next deploy makes another stack.
    StackStatus.DELETED: {Verb.DEPLOY: StackStatus.CREATING},
    StackStatus.DELETE_FAILED: {
        Verb.DELETE: StackStatus.DELETING,
        Verb.RETRY: StackStatus.DELETING,
        Verb.DEPLOY: StackStatus.UPDATING,
    },
}
"""By status: what may be asked of a stack, the nearest way first, and its status after that.

While an operation runs, `retry` lets one that was set aside go on and otherwise follows it.
Cancelling a deletion, or a rollback that was continued, only stops it; what turns back already is
not turned again."""

LATE_ROLLBACKS: Final[Mapping[StackStatus, StackStatus]] = {
    StackStatus.CREATE_FAILED: StackStatus.CREATE_ROLLING_BACK,
    StackStatus.UPDATE_FAILED: StackStatus.UPDATE_ROLLING_BACK,
}
"""By the status of a stack whose failed operation has kept what it made: its status once callers of
the APIs have that taken back after all."""

ENDINGS: Final[Mapping[tuple[StackStatus, OperationStatus], StackStatus]] = {
    (StackStatus.CREATING, OperationStatus.SUCCEEDED): StackStatus.CREATED,
    (StackStatus.CREATING, OperationStatus.FAILED): StackStatus.CREATE_FAILED,
    (StackStatus.CREATING, OperationStatus.ROLLED_BACK): StackStatus.CREATE_ROLLED_BACK,
    (StackStatus.CREATING, OperationStatus.ROLLBACK_FAILED): StackStatus.CREATE_ROLLBACK_FAILED,
    (StackStatus.UPDATING, OperationStatus.SUCCEEDED): StackStatus.UPDATED,
    (StackStatus.UPDATING, OperationStatus.FAILED): StackStatus.UPDATE_FAILED,
    (StackStatus.UPDATING, OperationStatus.ROLLED_BACK): StackStatus.UPDATE_ROLLED_BACK,
    (StackStatus.UPDATING, OperationStatus.ROLLBACK_FAILED): StackStatus.UPDATE_ROLLBACK_FAILED,
    **{
        (running, end): status
        for running, rolled_back, failed in (
            (
                StackStatus.CREATE_ROLLING_BACK,
                StackStatus.CREATE_ROLLED_BACK,
                StackStatus.CREATE_ROLLBACK_FAILED,
            ),
            (
                StackStatus.UPDATE_ROLLING_BACK,
                StackStatus.UPDATE_ROLLED_BACK,
                StackStatus.UPDATE_ROLLBACK_FAILED,
            ),
        )
        # An operation that began as a rollback succeeds or fails; one that turned back has these
        # ends of its own.
        for end, status in (
            (OperationStatus.SUCCEEDED, rolled_back),
            (OperationStatus.ROLLED_BACK, rolled_back),
            (OperationStatus.FAILED, failed),
            (OperationStatus.ROLLBACK_FAILED, failed),
        )
    },
    (StackStatus.DELETING, OperationStatus.SUCCEEDED): StackStatus.DELETED,
    (StackStatus.DELETING, OperationStatus.FAILED): StackStatus.DELETE_FAILED,
}
"""By the status of a stack that is worked on and the end of its operation: its status then."""
