"""find_aftermath(desk, operation): what has failed first, and what an operation leaves in the cloud."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from imageferry.control.desk import Desk
from imageferry.model.handlers import Context
from imageferry.model.operations import Operation, StepRecord
from imageferry.model.statuses import OperationStatus, StepStatus


@dataclass(frozen=True, slots=True)
class RootCause:
    """What everything else has followed from: the first step that failed, or why it was broken off.

    `address` is empty where it was no step. `others` are how many steps have failed beside it.
    `code` and `request_id` are the cloud's, empty where `says` has them already. `at` is in seconds
    since 1970.
    """

    says: str
    address: str = ""
    type_name: str = ""
    action: str = ""
    code: str = ""
    request_id: str = ""
    at: float | None = None
    others: int = 0


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What is to be known of an operation beside the stack's record.

    `cause` is None where nothing has failed; `remains` are the things that stay in the cloud for
    good, and are billed.
    """

    cause: RootCause | None = None
    remains: tuple[Context, ...] = ()


async def find_aftermath(desk: Desk, operation: Operation | None) -> Aftermath:
    """The aftermath of an operation, open or not, from its journal; raises StoreError."""
    if operation is None:
        return Aftermath()
    records = await desk.store.troubled_records(operation.operation_id)
    remains = () if operation.status.is_open else remains_of(records)
    return Aftermath(root_cause_of(operation, records), remains)


def remains_of(records: Iterable[StepRecord]) -> tuple[Context, ...]:
    """What the steps of an operation have left in the cloud, in their order."""
    return tuple(remnant for record in records for remnant in record.remains)


def root_cause_of(operation: Operation, records: Sequence[StepRecord]) -> RootCause | None:
    """The root cause of an operation with this journal; None where nothing has failed.

    What has failed on the way back comes after what was to be undone.
    """
    failed = [one for one in records if one.status is StepStatus.FAILED]
    if failed and operation.status is not OperationStatus.SUCCEEDED:
        first = min(failed, key=lambda one: (one.phase, one.ended_at or one.intended_at))
        return RootCause(
            first.reason or "failed",
            str(first.address),
            first.type_name,
            first.action.value,
            "" if first.error_code in first.reason else first.error_code,
            "" if first.request_id in first.reason else first.request_id,
            first.ended_at or first.intended_at,
            len(failed) - 1,
        )
    turns_back = operation.rollback_id is not None
    is_well = operation.status in {OperationStatus.RUNNING, OperationStatus.SUCCEEDED}
    if operation.reason and (turns_back or not is_well):
        return RootCause(operation.reason, at=operation.ended_at)
    return None
