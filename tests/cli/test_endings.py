"""How operations end: exit codes and what is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from imageferry.cli.endings import exit_code, failures
from imageferry.cli.exits import ExitCode
from imageferry.model.addresses import ResourceAddress
from imageferry.model.changes import ChangeKind
from imageferry.model.handlers import HandlerAction
from imageferry.model.operations import OnFailure, Operation, StepRecord
from imageferry.model.statuses import OperationStatus, StepStatus
from tests.cli.shop import Shop


def operation(status: OperationStatus) -> Operation:
    return Operation("o", "s", ChangeKind.CREATE, status, "c", OnFailure.KEEP)


def step(status: StepStatus, code: str = "", *, phase: int = 0, address: str = "A") -> StepRecord:
    return StepRecord(
        phase, f"{phase}/{address}", ResourceAddress(address), "T", HandlerAction.CREATE, status,
        "token", 0.0, reason="it broke" if code else "", error_code=code, request_id="R-1",
    )  # fmt: skip


DONE = step(StepStatus.DONE, address="B")
SKIPPED = step(StepStatus.SKIPPED, address="C")
QUOTA = step(StepStatus.FAILED, "ServiceLimitExceeded")
DENIED = step(StepStatus.FAILED, "AccessDenied")
BAD_KEY = step(StepStatus.FAILED, "InvalidCredentials")


@pytest.mark.parametrize(
    ("status", "records", "code"),
    [
        pytest.param(OperationStatus.SUCCEEDED, [DONE], 0, id="done"),
        pytest.param(OperationStatus.SUCCEEDED, [], 0, id="done with nothing"),
        pytest.param(OperationStatus.FAILED, [DONE, QUOTA], 4, id="some made, some failed"),
        pytest.param(OperationStatus.FAILED, [QUOTA, SKIPPED], 1, id="nothing made"),
        pytest.param(OperationStatus.FAILED, [], 1, id="failed before any step"),
        pytest.param(OperationStatus.FAILED, [DENIED], 3, id="not allowed"),
        pytest.param(OperationStatus.FAILED, [BAD_KEY], 3, id="wrong key"),
        pytest.param(OperationStatus.FAILED, [DONE, DENIED], 4, id="some made, some not allowed"),
        pytest.param(OperationStatus.ROLLED_BACK, [DONE, QUOTA], 1, id="undone"),
        pytest.param(OperationStatus.ROLLED_BACK, [DONE, DENIED], 3, id="undone, not allowed"),
        pytest.param(OperationStatus.ROLLBACK_FAILED, [DONE, QUOTA], 1, id="undoing failed"),
    ],
)
def test_exit_codes(status: OperationStatus, records: list[StepRecord], code: int) -> None:
    assert exit_code(operation(status), records) == ExitCode(code)


def test_failures_have_address_code_and_request_id() -> None:
    (found,) = failures("demo", [DONE, QUOTA])
    assert found.message == "demo/A: create: it broke"
    assert found.why == "ServiceLimitExceeded, request id R-1"


CHAIN = """
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  First:
    Type: ALIYUN::ECS::CopyImage
    Properties: {ImageId: m-golden0000000000001, DestinationRegionId: cn-beijing}
  Second:
    Type: ALIYUN::ECS::CopyImage
    DependsOn: First
    Properties: {ImageId: m-golden0000000000001, DestinationRegionId: cn-shanghai}
  Third:
    Type: ALIYUN::ECS::CopyImage
    DependsOn: Second
    Properties: {ImageId: m-golden0000000000001, DestinationRegionId: cn-shenzhen}
"""


def test_what_was_never_begun_counts_as_well(tmp_path: Path) -> None:
    shop = Shop(tmp_path, region="cn-hangzhou")
    shop.run("emulator", "fault", "add", "copy_fails", "--region", "cn-shanghai")
    ended = shop.run(*shop.deploy(template=CHAIN), code=4)
    assert "1 of 3 resources can be used" in ended.output
