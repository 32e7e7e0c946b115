"""Why a stack or a resource is as it is, in ROS's sentences; and the cloud call that has failed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from imageferry.model.changes import ChangeKind
from imageferry.model.handlers import ErrorCode, HandlerAction
from imageferry.model.operations import StepRecord
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
# What a handler says after the failure itself has another code at its end.
_LATER: Final = re.compile(r"; \S+ could not be removed: .*", re.DOTALL)
# The reason of a stack names its failed steps one after the other; the first is told as ROS does.
_NAME: Final = r"[A-Za-z][\w-]*(?:\[\d+\])?"
_STEP: Final = re.compile(
    rf"(?P<name>{_NAME}): (?P<said>(?P<code>[A-Za-z]+): .*?)(?:; {_NAME}: [A-Z][A-Za-z]+: .*)?",
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


_BEGUN: Final = frozenset({StackStatus.CREATING, StackStatus.UPDATING, StackStatus.DELETING})
_ROLLBACKS_FAILED: Final = frozenset(
    {StackStatus.CREATE_ROLLBACK_FAILED, StackStatus.UPDATE_ROLLBACK_FAILED}
)
_TURNED: Final = frozenset({StackStatus.CREATE_ROLLING_BACK, StackStatus.UPDATE_ROLLING_BACK})
_FAILED_AT: Final[Mapping[StackStatus, str]] = {
    StackStatus.CREATE_FAILED: "CREATE",
    StackStatus.CREATE_ROLLING_BACK: "CREATE",
    StackStatus.CREATE_ROLLED_BACK: "CREATE",
    StackStatus.CREATE_ROLLBACK_FAILED: "DELETE",
    StackStatus.UPDATE_FAILED: "UPDATE",
    StackStatus.UPDATE_ROLLING_BACK: "UPDATE",
    StackStatus.UPDATE_ROLLED_BACK: "UPDATE",
    StackStatus.UPDATE_ROLLBACK_FAILED: "UPDATE",
    StackStatus.DELETE_FAILED: "DELETE",
}
"""What was being done with a resource whose failure is the reason of such a status."""

_LOOKED_THROUGH: Final = 200
"""Events, from the last one back, among which the one is looked for that began a rollback."""


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
        return _sentence(self.action, self.code, self.logical_id, self.message)

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


class Trouble(NamedTuple):
    """Why a stack is not well: the failure that its status is due to, or a reason in words.

    `root` is why a rollback that has failed was begun at all, empty where none has failed.
    """

    failure: Failure | None = None
    words: str = ""
    root: str = ""


async def trouble_of(store: Store, stack: Stack) -> Trouble:
    """What the last operation of a stack came to grief over; nothing where the stack is well."""
    if stack.status not in UNWELL:
        return Trouble()
    operation = await store.last_operation(stack.stack_id)
    if operation is None:
        return Trouble()
    records = await store.records(operation.operation_id)
    first = first_failure(records)
    if stack.status not in _ROLLBACKS_FAILED or operation.kind is ChangeKind.ROLLBACK:
        return Trouble(first, operation.reason)
    undone = first_failure([one for one in records if one.phase > 0])
    made = first_failure([one for one in records if one.phase == 0])
    root = made.sentence if made is not None else await _turned(store, stack)
    return Trouble(undone or first, operation.reason, root)


async def _turned(store: Store, stack: Stack) -> str:
    """Why a rollback began for which nothing had failed: somebody, or a time limit, wanted it."""
    events = await store.events_before(stack.stack_id, None, _LOOKED_THROUGH)
    return next((one.reason for one in events if one.status in _TURNED), "")


def first_failure(records: Sequence[StepRecord]) -> Failure | None:
    """The failure that came first, before what followed from it; None where nothing has failed."""
    failed = [one for one in records if one.status is StepStatus.FAILED]
    if not failed:
        return None
    record = min(failed, key=lambda one: (one.phase, one.ended_at or 0.0))
    name = str(record.address)
    code, message, request_id = _said(record.reason, name, record.type_name)
    return Failure(
        _WORDS[record.action],
        code or record.error_code,
        message,
        record.request_id or request_id,
        name,
        record.type_name,
    )


def _said(reason: str, name: str, type_name: str) -> tuple[str, str, str]:
    """The code, the message and the id of the cloud's request in the reason of a failed step."""
    later = _LATER.search(reason)
    rest = "" if later is None else later[0]
    found = _SAID.fullmatch(reason.removesuffix(rest))
    if found is None:
        return "", reason, ""
    if found["code"] == ErrorCode.NOT_UPDATABLE.value:
        return "NotSupported", _not_in_place(found["message"], name, type_name), ""
    code = found["cloud"] or found["code"]
    return code, found["message"] + rest, found["request"] or ""


def _not_in_place(message: str, name: str, type_name: str) -> str:
    """ROS has inherited this sentence from OpenStack Heat."""
    found = _IN_PLACE.fullmatch(message)
    if found is None:
        return message
    kind = f" ({type_name})" if type_name else ""
    return f"Update to properties {found['names']} of {name}{kind} is not supported."


def _sentence(action: str, code: str, name: str, message: str) -> str:
    return f"Resource {action} failed: {code}: resources.{name}: {message}"


def stack_reason(stack: Stack, trouble: Trouble) -> str:
    """StatusReason of a stack."""
    if trouble.failure is not None:
        return trouble.failure.sentence
    if stack.status in UNWELL and trouble.words:
        return trouble.words
    return stack.status_reason or _DONE.get(stack.status, "")


def stack_event_reason(status: StackStatus, reason: str) -> str:
    """StatusReason of an event of the stack itself."""
    if status in _BEGUN or not reason:
        return _DONE.get(status, PLAIN)
    found = _STEP.fullmatch(reason) if status in _FAILED_AT else None
    if found is None or found["code"] not in _CODES:
        return reason
    code, message, _ = _said(found["said"], found["name"], "")
    return _sentence(_FAILED_AT[status], code, found["name"], message)


_CODES: Final = frozenset(one.value for one in ErrorCode)


def resource_reason(reason: str, name: str, type_name: str) -> str:
    """StatusReason of a resource, or of an event of one."""
    if not reason.startswith(f"{ErrorCode.NOT_UPDATABLE.value}: "):
        return reason or PLAIN
    code, message, _ = _said(reason, name, type_name)
    return f"{code}: {message}"
