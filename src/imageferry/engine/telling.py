"""What people are told of a step: its event as it begins, goes on and ends, and why it failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeAlias

from imageferry.engine.execution import Site
from imageferry.model.events import Event
from imageferry.model.handlers import Failed, HandlerAction
from imageferry.model.operations import StepRecord
from imageferry.model.statuses import ResourceStatus, StepStatus

_Statuses: TypeAlias = Mapping[HandlerAction, ResourceStatus | None]

_BEGUN: _Statuses = {
    HandlerAction.CREATE: ResourceStatus.CREATING,
    HandlerAction.UPDATE: ResourceStatus.UPDATING,
    HandlerAction.DELETE: ResourceStatus.DELETING,
    HandlerAction.CLEAN_UP: None,
    HandlerAction.READ: None,
}
_DONE: _Statuses = {
    HandlerAction.CREATE: ResourceStatus.CREATED,
    HandlerAction.UPDATE: ResourceStatus.UPDATED,
    HandlerAction.DELETE: ResourceStatus.DELETED,
    HandlerAction.CLEAN_UP: ResourceStatus.DELETED,
    HandlerAction.READ: None,
}
_FAILED: _Statuses = {
    HandlerAction.CREATE: ResourceStatus.CREATE_FAILED,
    HandlerAction.UPDATE: ResourceStatus.UPDATE_FAILED,
    HandlerAction.DELETE: ResourceStatus.DELETE_FAILED,
    HandlerAction.CLEAN_UP: ResourceStatus.DELETE_FAILED,
    HandlerAction.READ: None,
}


_OUT_OF_THE_ORDINARY: _Statuses = {HandlerAction.CLEAN_UP: ResourceStatus.DELETING}


def beginning(site: Site, record: StepRecord) -> Event | None:
    """The event of a step that begins; None where people are told of its end alone."""
    return _event(site, record, _BEGUN[record.action])


def ending(site: Site, record: StepRecord) -> Event | None:
    """The event of a step that has ended, well or not."""
    statuses = _DONE if record.status is StepStatus.DONE else _FAILED
    return _event(site, record, statuses[record.action])


def remark(site: Site, record: StepRecord, notes: tuple[str, ...], now: float) -> Event | None:
    """What is to be known of a step that goes on, such as that it looks stalled."""
    # Of what cleans up people are told only where it is out of the ordinary.
    status = _BEGUN[record.action] or _OUT_OF_THE_ORDINARY.get(record.action)
    begun = _event(site, record, status)
    return None if begun is None else replace(begun, time=now, reason="; ".join(notes))


def _event(site: Site, record: StepRecord, status: ResourceStatus | None) -> Event | None:
    if status is None:
        return None
    is_clean_up = record.action is HandlerAction.CLEAN_UP
    reason = record.reason
    if is_clean_up:
        deed = "is gone" if record.status is StepStatus.DONE else "is still left over"
        reason = "; ".join(text for text in (f"what it replaced {deed}", reason) if text)
    return Event(
        stack_id=site.stack.stack_id,
        operation_id=site.operation_id,
        time=record.ended_at or record.intended_at,
        address=str(record.address),
        type_name=record.type_name,
        status=status,
        reason=reason,
        physical_id=None if is_clean_up else record.physical_id,
    )


def said(failure: Failed) -> str:
    """A failure in one line: our code, the cloud's message, code and request id."""
    text = f"{failure.code.value}: {failure.message}"
    if failure.cloud_code and failure.cloud_code not in failure.message:
        text += f" ({failure.cloud_code})"
    if failure.request_id and failure.request_id not in failure.message:
        text += f" [request {failure.request_id}]"
    return text
