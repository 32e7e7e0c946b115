"""Every status of a stack, resource, operation and step, and the words of each dialect for them."""

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
