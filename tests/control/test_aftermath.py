"""What an operation leaves behind: its root cause among all that failed, and what stays in the cloud."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest

from imageferry.control.aftermath import RootCause, remains_of, root_cause_of
from imageferry.model.addresses import ResourceAddress
from imageferry.model.changes import ChangeKind
from imageferry.model.handlers import HandlerAction
from imageferry.model.operations import OnFailure, Operation, StepRecord
from imageferry.model.statuses import OperationStatus, StepStatus

_OPERATION: Final = Operation(
    "operation", "stack", ChangeKind.CREATE, OperationStatus.FAILED, "plan", OnFailure.KEEP
)


def record(
    name: str, ended_at: float, *, phase: int = 0, reason: str = "no", **more: str
) -> StepRecord:
    return StepRecord(
        phase,
        f"{name}/create",
        ResourceAddress(name),
        "ALIYUN::ECS::CopyImage",
        HandlerAction.CREATE,
        StepStatus.FAILED,
        "token",
        1.0,
        reason=reason,
        error_code=more.get("code", ""),
        request_id=more.get("request", ""),
        ended_at=ended_at,
    )


DONE: Final = replace(record("Done", 1.0), status=StepStatus.DONE)
EARLY, LATE = record("Early", 5.0), record("Late", 9.0)
UNDONE = record("Undone", 2.0, phase=1)

CASES: Final[dict[str, tuple[Operation, list[StepRecord], tuple[str, str, int] | None]]] = {
    "the first that failed": (_OPERATION, [LATE, DONE, EARLY], ("Early", "no", 1)),
    "what failed on the way back comes later": (_OPERATION, [UNDONE, LATE], ("Late", "no", 1)),
    "only the way back": (_OPERATION, [DONE, UNDONE], ("Undone", "no", 0)),
    "while it runs": (
        replace(_OPERATION, status=OperationStatus.RUNNING),
        [EARLY],
        ("Early", "no", 0),
    ),
    "no step, but a reason": (
        replace(_OPERATION, reason="cancelled"),
        [DONE],
        ("", "cancelled", 0),
    ),
    "it turns back for a reason": (
        replace(_OPERATION, status=OperationStatus.RUNNING, reason="cancelled", rollback_id="back"),
        [],
        ("", "cancelled", 0),
    ),
    "set aside": (
        replace(_OPERATION, status=OperationStatus.PARKED, reason="again and again"),
        [],
        ("", "again and again", 0),
    ),
    "well in the end": (
        replace(_OPERATION, status=OperationStatus.SUCCEEDED, reason="x"),
        [EARLY],
        None,
    ),
    "nothing failed yet": (
        replace(_OPERATION, status=OperationStatus.RUNNING, reason="x"),
        [DONE],
        None,
    ),
}


@pytest.mark.parametrize(("operation", "records", "wanted"), CASES.values(), ids=CASES)
def test_the_root_cause(
    operation: Operation, records: list[StepRecord], wanted: tuple[str, str, int] | None
) -> None:
    found = root_cause_of(operation, records)
    assert (None if found is None else (found.address, found.says, found.others)) == wanted


def test_the_cloud_s_own_words_are_told_once() -> None:
    told = record(
        "A", 1.0, reason="Forbidden.RAM: no [request r-1]", code="Forbidden.RAM", request="r-1"
    )
    untold = record("A", 1.0, reason="no", code="Forbidden.RAM", request="r-1")
    first, second = root_cause_of(_OPERATION, [told]), root_cause_of(_OPERATION, [untold])
    assert isinstance(first, RootCause) and isinstance(second, RootCause)
    assert (first.code, first.request_id) == ("", "")
    assert (second.code, second.request_id) == ("Forbidden.RAM", "r-1")


def test_what_stays_in_the_cloud_is_told_step_by_step() -> None:
    first = replace(DONE, remains=({"kind": "snapshot", "ids": ["s-1"]},))
    second = replace(DONE, remains=({"kind": "image"}, {"kind": "snapshot"}))
    assert [one["kind"] for one in remains_of([first, DONE, second])] == [
        "snapshot",
        "image",
        "snapshot",
    ]
