"""Every exception becomes an exit code and words, never a traceback."""

from __future__ import annotations

import io

import click
import pytest

from imageferry.cli.exits import ExitCode
from imageferry.cli.faults import explain
from imageferry.cli.refusals import CommandRefused, misuse
from imageferry.cli.screens import Screen
from imageferry.cloud.credentials import CredentialsMissing
from imageferry.cloud.errors import CloudError, ErrorClass
from imageferry.control.requests import (
    OperationHolds,
    RequestRefused,
    StackAmbiguous,
    StackNotFound,
)
from imageferry.model.changes import ChangeKind
from imageferry.model.diagnostics import TemplateError, error
from imageferry.model.operations import OnFailure, Operation
from imageferry.model.stacks import Place, Stack
from imageferry.model.statuses import OperationStatus, StackStatus
from imageferry.ports.keeping import StackBusy, StoreError
from imageferry.settings import ExtraMissing, SettingsError

OPERATION = Operation("op-7", "s", ChangeKind.UPDATE, OperationStatus.RUNNING, "c", OnFailure.KEEP)
STACK = Stack("s", "golden", Place("emulator", "1", "r"), "ros", StackStatus.UPDATING)


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        pytest.param(TemplateError([error("IF201", "no Tokio")]), 2, "no Tokio", id="template"),
        pytest.param(misuse("IF809", "no region is given"), 2, "no region", id="usage"),
        pytest.param(
            CommandRefused(ExitCode.FAILED, [error("IF812", "blocked")]), 1, "blocked", id="refused"
        ),
        pytest.param(StackNotFound('no stack "x"'), 6, 'no stack "x"', id="no such stack"),
        pytest.param(StackAmbiguous("x", ("a", "b")), 2, "a, b", id="two stacks"),
        pytest.param(OperationHolds(OPERATION, STACK), 10, "op-7", id="held"),
        pytest.param(StackBusy(OPERATION), 10, "op-7", id="busy"),
        pytest.param(RequestRefused("nothing runs"), 1, "nothing runs", id="request"),
        pytest.param(StoreError("the disk is full"), 1, "the disk is full", id="database"),
        pytest.param(SettingsError('"x" is no cloud'), 2, "is no cloud", id="setting"),
        pytest.param(ExtraMissing("server", "serving the emulator"), 1, '"server"', id="no extra"),
        pytest.param(CredentialsMissing("no access key"), 3, "no access key", id="no key"),
        pytest.param(
            CloudError("Forbidden.RAM", "not you", ErrorClass.DENIED), 3, "not you", id="denied"
        ),
        pytest.param(
            CloudError("NoConnection", "away", ErrorClass.TRANSIENT), 1, "away", id="unreachable"
        ),
        pytest.param(OSError(28, "full", "/x"), 1, '"/x": no space left', id="full disk"),
        pytest.param(KeyboardInterrupt(), 8, "interrupted", id="interrupt"),
        pytest.param(click.Abort(), 8, "interrupted", id="interrupted question"),
        pytest.param(ZeroDivisionError("division by zero"), 1, "internal fault", id="ours"),
    ],
)
def test_faults(fault: BaseException, code: int, said: str) -> None:
    found, diagnostics = explain(fault)
    assert found == ExitCode(code)
    assert any(said in one.message for one in diagnostics)


@pytest.mark.parametrize("debug", [False, True], ids=["usual", "debug"])
def test_tracebacks_need_debug(debug: bool) -> None:
    words, faults, objects = io.StringIO(), io.StringIO(), io.StringIO()
    screen = Screen(True, False, False, debug, words, faults, objects)
    try:
        raise ZeroDivisionError("zero")
    except ZeroDivisionError as fault:
        code, diagnostics = explain(fault)
        screen.fault(code, diagnostics, fault)
    assert ("Traceback" in faults.getvalue()) is debug
    assert '"exit_code": 1' in objects.getvalue()
    assert words.getvalue() == ""
