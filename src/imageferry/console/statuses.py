"""What a status looks like: its class in the pages, and the sign that says it without colour."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from imageferry.drawing.palette import ALIASES, TONES, StatusClass
from imageferry.model.matrix import CellStatus
from imageferry.model.statuses import (
    RESOURCE_WORDS,
    STACK_WORDS,
    OperationStatus,
    ResourceStatus,
    StackStatus,
)

# The names are those of the palette: there, copying, queued, waiting, failed, missing, drifted,
# orphan, deleted, unknown, cancelled.
_STACK: Final[Mapping[StackStatus, str]] = MappingProxyType(
    {
        StackStatus.REVIEWING: "waiting",
        StackStatus.CREATING: "copying",
        StackStatus.CREATED: "there",
        StackStatus.CREATE_FAILED: "failed",
        StackStatus.CREATE_ROLLING_BACK: "cancelled",
        StackStatus.CREATE_ROLLED_BACK: "cancelled",
        StackStatus.CREATE_ROLLBACK_FAILED: "failed",
        StackStatus.UPDATING: "copying",
        StackStatus.UPDATED: "there",
        StackStatus.UPDATE_FAILED: "failed",
        StackStatus.UPDATE_ROLLING_BACK: "cancelled",
        StackStatus.UPDATE_ROLLED_BACK: "cancelled",
        StackStatus.UPDATE_ROLLBACK_FAILED: "failed",
        StackStatus.DELETING: "copying",
        StackStatus.DELETED: "deleted",
        StackStatus.DELETE_FAILED: "failed",
    }
)

_RESOURCE: Final[Mapping[ResourceStatus, str]] = MappingProxyType(
    {
        ResourceStatus.NOT_STARTED: "waiting",
        ResourceStatus.CREATING: "copying",
        ResourceStatus.CREATED: "there",
        ResourceStatus.CREATE_FAILED: "failed",
        ResourceStatus.UPDATING: "copying",
        ResourceStatus.UPDATED: "there",
        ResourceStatus.UPDATE_FAILED: "failed",
        ResourceStatus.DELETING: "copying",
        ResourceStatus.DELETED: "deleted",
        ResourceStatus.DELETE_FAILED: "failed",
        ResourceStatus.RETAINED: "orphan",
    }
)

_OPERATION: Final[Mapping[OperationStatus, str]] = MappingProxyType(
    {
        OperationStatus.RUNNING: "copying",
        OperationStatus.PARKED: "waiting",
        OperationStatus.SUCCEEDED: "there",
        OperationStatus.FAILED: "failed",
        OperationStatus.ROLLED_BACK: "cancelled",
        OperationStatus.ROLLBACK_FAILED: "failed",
    }
)

_CELL: Final[Mapping[CellStatus, str]] = MappingProxyType(
    {
        CellStatus.THERE: "there",
        CellStatus.COPYING: "copying",
        CellStatus.QUEUED: "queued",
        CellStatus.WAITING: "waiting",
        CellStatus.CHANGING: "copying",
        CellStatus.DELETING: "copying",
        CellStatus.FAILED: "failed",
        CellStatus.MISSING: "missing",
        CellStatus.DRIFTED: "drifted",
        CellStatus.ORPHAN: "orphan",
    }
)


def look_of(status: StackStatus | ResourceStatus | OperationStatus | CellStatus) -> str:
    """The class of a status."""
    match status:
        case CellStatus():
            return _CELL[status]
        case StackStatus():
            return _STACK[status]
        case ResourceStatus():
            return _RESOURCE[status]
        case OperationStatus():
            return _OPERATION[status]


def drawn_of(look: str) -> StatusClass:
    """What drawings know a class of the pages as."""
    return ALIASES.get(look) or StatusClass(look)


def sign_of(look: str) -> str:
    """The sign of a class."""
    return TONES[drawn_of(look)].sign


def word_of(status: StackStatus | ResourceStatus, dialect: str) -> str:
    """The dialect's own word for a status."""
    match status:
        case StackStatus():
            return STACK_WORDS[dialect][status]
        case ResourceStatus():
            return RESOURCE_WORDS[dialect][status]
