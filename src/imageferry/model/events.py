"""Event: one line of a stack's history, for people; of a resource, or of the stack itself."""

from __future__ import annotations

from dataclasses import dataclass

from imageferry.model.statuses import ResourceStatus, StackStatus


@dataclass(frozen=True, slots=True)
class Event:
    """One change of status of the stack itself (`address` empty) or of one resource.

    `sequence` counts from 1 without a gap in each stack; the Store gives it, 0 before.
    """

    stack_id: str
    operation_id: str
    time: float
    address: str
    type_name: str
    status: StackStatus | ResourceStatus
    reason: str = ""
    physical_id: str | None = None
    sequence: int = 0


def stack_event(
    stack_id: str, operation_id: str, time: float, status: StackStatus, reason: str
) -> Event:
    """A change of status of the stack itself; `time` in seconds since 1970."""
    return Event(stack_id, operation_id, time, "", "", status, reason, physical_id=stack_id)
