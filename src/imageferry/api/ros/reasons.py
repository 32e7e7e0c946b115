"""Why a stack or a resource is as it is, in ROS's sentences; and the cloud call that has failed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from imageferry.model.changes import ChangeKind
from imageferry.model.handlers import ErrorCode, HandlerAction
from imageferry.model.operations import Operation, StepRecord
from imageferry.model.stacks import Stack
from imageferry.model.statuses import StackStatus, StepStatus
from imageferry.model.values import Json
from imageferry.ports.keeping import Store

PLAIN: Final = "state changed"
"""The reason of a change of status that needs none (ROS reference, resource statuses)."""

_DONE: Final[Mapping[StackStatus, str]] = {
    StackStatus.CREATED: "Stack CREATE completed successfully",
    StackStatus.UPDATED: "Stack UPDATE completed successfully",
    StackStatus.DELETED: "Stack DELETE completed successfully",
    StackStatus.CREATING: "Stack CREATE started",
    StackStatus.UPDATING: "Stack UPDATE started",
    StackStatus.DELETING: "Stack DELETE started",
    StackStatus.CREATE_ROLLED_BACK: "Stack CREATE ROLLBACK completed successfully",
    StackStatus.UPDATE_ROLLED_BACK: "Stack ROLLBACK completed successfully",
}

UNWELL: Final = frozenset(
    {
        StackStatus.CREATE_FAILED,
        StackStatus.CREATE_ROLLING_BACK,
        StackStatus.CREATE_ROLLED_BACK,
        StackStatus.CREATE_ROLLBACK_FAILED,
        StackStatus.UPDATE_FAILED,
        StackStatus.UPDATE_ROLLING_BACK,
        StackStatus.UPDATE_ROLLED_BACK,
        StackStatus.UPDATE_ROLLBACK_FAILED,
        StackStatus.DELETE_FAILED,
    }
)
"""The statuses of stacks for which something has failed, and OperationInfo says what."""

_SAID: Final = re.compile(
    r"(?P<code>[A-Za-z]+): (?P<message>.*?)(?: \((?P<cloud>[A-Za-z][\w.]*)\))?"
    r"(?: \[request (?P<request>[^\]]*)\])?",
    re.DOTALL,
)
_IN_PLACE: Final = re.compile(r"(?P<names>.*) turned out to change, .*", re.DOTALL)

_WORDS: Final[Mapping[HandlerAction, str]] = {
    HandlerAction.CREATE: "CREATE",
    HandlerAction.READ: "CREATE",
    HandlerAction.UPDATE: "UPDATE",
    HandlerAction.DELETE: "DELETE",
    HandlerAction.CLEAN_UP: "DELETE",
}


class Failure(NamedTuple):
    """The first step of an operation that failed, as ROS tells it."""

    action: str
    code: str
    message: str
    request_id: str
    logical_id: str
    type_name: str

    @property
    def sentence(self) -> str:
        """Why the stack did not come to its end."""
        return (
            f"Resource {self.action} failed: {self.code}: resources.{self.logical_id}:"
            f" {self.message}"
        )

    def reply(self) -> dict[str, Json]:
        """OperationInfo."""
        return {
            "Action": self.action,
            "Code": self.code,
            "Message": self.message,
            "RequestId": self.request_id,
            "LogicalResourceId": self.logical_id,
            "ResourceType": self.type_name,
        }


async def failure_of(store: Store, stack: Stack) -> tuple[Failure | None, Operation | None]:
    """What failed in the last operation of a stack that something failed for, and that operation."""
    if stack.status not in UNWELL:
        return None, None
    operation = await store.last_operation(stack.stack_id)
    if operation is None:
        return None, None
    return first_failure(await store.records(operation.operation_id)), operation


def first_failure(records: Sequence[StepRecord]) -> Failure | None:
    """The failure that came first, before what followed from it; None where nothing has failed."""
    failed = [one for one in records if one.status is StepStatus.FAILED]
    if not failed:
        return None
    return _failure(min(failed, key=lambda one: (one.phase, one.ended_at or 0.0)))


def _failure(record: StepRecord) -> Failure:
    found = _SAID.fullmatch(record.reason)
    code, message, request_id = record.error_code, record.reason, record.request_id
    if found is not None:
        code = found["cloud"] or found["code"]
        message = found["message"]
        request_id = request_id or found["request"] or ""
    if record.error_code == ErrorCode.NOT_UPDATABLE.value:
        code, message = "NotSupported", _not_in_place(record, message)
    return Failure(
        _WORDS[record.action],
        code,
        message,
        request_id,
        str(record.address),
        record.type_name,
    )


def _not_in_place(record: StepRecord, message: str) -> str:
    """ROS has inherited this sentence from OpenStack Heat."""
    found = _IN_PLACE.fullmatch(message)
    if found is None:
        return message
    return (
        f"Update to properties {found['names']} of {record.address} ({record.type_name})"
        " is not supported."
    )


def stack_reason(stack: Stack, failure: Failure | None, operation: Operation | None) -> str:
    """StatusReason of a stack."""
    if failure is not None:
        return failure.sentence
    if stack.status in UNWELL and operation is not None and operation.reason:
        return operation.reason
    return stack.status_reason or _DONE.get(stack.status, "")


def rollback_reason(stack: Stack, operation: Operation | None) -> str:
    """RollbackFailedRootReason: why a rollback that has failed was begun at all; else empty."""
    failed = {StackStatus.CREATE_ROLLBACK_FAILED, StackStatus.UPDATE_ROLLBACK_FAILED}
    if stack.status not in failed or operation is None:
        return ""
    return "" if operation.kind is ChangeKind.ROLLBACK else operation.reason


def event_reason(status: object, reason: str) -> str:
    """StatusReason of an event, or of a resource."""
    if reason:
        return reason
    if isinstance(status, StackStatus):
        return _DONE.get(status, PLAIN)
    return PLAIN
