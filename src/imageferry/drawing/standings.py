"""The status class of a resource, a step or a stack, as the record has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from imageferry.drawing.palette import StatusClass
from imageferry.model.matrix import CellStatus
from imageferry.model.statuses import ResourceStatus, StackStatus

OF_RESOURCES: Final[Mapping[ResourceStatus, StatusClass]] = {
    ResourceStatus.NOT_STARTED: StatusClass.WAITING,
    ResourceStatus.CREATING: StatusClass.RUNNING,
    ResourceStatus.CREATED: StatusClass.DONE,
    ResourceStatus.CREATE_FAILED: StatusClass.FAILED,
    ResourceStatus.UPDATING: StatusClass.RUNNING,
    ResourceStatus.UPDATED: StatusClass.DONE,
    ResourceStatus.UPDATE_FAILED: StatusClass.FAILED,
    ResourceStatus.DELETING: StatusClass.RUNNING,
    ResourceStatus.DELETED: StatusClass.DELETED,
    ResourceStatus.DELETE_FAILED: StatusClass.FAILED,
    ResourceStatus.RETAINED: StatusClass.DELETED,
}

OF_CELLS: Final[Mapping[CellStatus, StatusClass]] = {
    CellStatus.THERE: StatusClass.DONE,
    CellStatus.COPYING: StatusClass.RUNNING,
    CellStatus.QUEUED: StatusClass.QUEUED,
    CellStatus.WAITING: StatusClass.WAITING,
    CellStatus.CHANGING: StatusClass.RUNNING,
    CellStatus.DELETING: StatusClass.RUNNING,
    CellStatus.FAILED: StatusClass.FAILED,
    CellStatus.MISSING: StatusClass.MISSING,
    CellStatus.DRIFTED: StatusClass.DRIFTED,
    CellStatus.ORPHAN: StatusClass.ORPHAN,
}

OF_STACKS: Final[Mapping[StackStatus, StatusClass]] = {
    StackStatus.REVIEWING: StatusClass.WAITING,
    StackStatus.CREATING: StatusClass.RUNNING,
    StackStatus.CREATED: StatusClass.DONE,
    StackStatus.CREATE_FAILED: StatusClass.FAILED,
    StackStatus.CREATE_ROLLING_BACK: StatusClass.RUNNING,
    StackStatus.CREATE_ROLLED_BACK: StatusClass.CANCELLED,
    StackStatus.CREATE_ROLLBACK_FAILED: StatusClass.FAILED,
    StackStatus.UPDATING: StatusClass.RUNNING,
    StackStatus.UPDATED: StatusClass.DONE,
    StackStatus.UPDATE_FAILED: StatusClass.FAILED,
    StackStatus.UPDATE_ROLLING_BACK: StatusClass.RUNNING,
    StackStatus.UPDATE_ROLLED_BACK: StatusClass.CANCELLED,
    StackStatus.UPDATE_ROLLBACK_FAILED: StatusClass.FAILED,
    StackStatus.DELETING: StatusClass.RUNNING,
    StackStatus.DELETED: StatusClass.DELETED,
    StackStatus.DELETE_FAILED: StatusClass.FAILED,
}


def standing(
    status: ResourceStatus, queue: tuple[int, int] | None = None, *, is_worked_on: bool = True
) -> StatusClass:
    """The class of a resource: `queue` is its place among those that wait for their turn.

    `is_worked_on` is False where no operation is open any more: what never began was given up then.
    """
    found = OF_RESOURCES[status]
    if found is StatusClass.RUNNING and queue is not None:
        return StatusClass.QUEUED
    if found is StatusClass.WAITING and not is_worked_on:
        return StatusClass.CANCELLED
    return found
