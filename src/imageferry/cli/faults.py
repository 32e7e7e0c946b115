"""CommandRefused, and every exception a command may end with as an exit code and diagnostics."""

from __future__ import annotations

import os
from typing import Final

import click

from imageferry.cli.exits import ExitCode
from imageferry.cli.refusals import CommandRefused
from imageferry.cloud.credentials import CredentialsMissing
from imageferry.cloud.errors import CloudError, ErrorClass
from imageferry.control.requests import (
    OperationHolds,
    RequestRefused,
    StackAmbiguous,
    StackNotFound,
)
from imageferry.model.diagnostics import Diagnostic, TemplateError, error
from imageferry.model.operations import Operation
from imageferry.ports.keeping import StackBusy, StoreError
from imageferry.settings import ExtraMissing, SettingsError


def explain(fault: BaseException) -> tuple[ExitCode, tuple[Diagnostic, ...]]:
    """The exit code of an exception, and what to say about it."""
    match fault:
        case CommandRefused():
            return fault.code, fault.diagnostics
        case TemplateError():
            return ExitCode.WRONG_USAGE, fault.diagnostics
        case KeyboardInterrupt() | click.Abort():
            said = error("IF804", "interrupted", remedy="nothing was begun; give the command again")
            return ExitCode.INTERRUPTED, (said,)
        case StackNotFound():
            return ExitCode.NO_SUCH_STACK, (_not_found(fault),)
        case StackAmbiguous():
            return ExitCode.WRONG_USAGE, (_ambiguous(fault),)
        case OperationHolds():
            return ExitCode.STACK_HELD, (_held(fault.operation, fault.stack.name),)
        case StackBusy():
            return ExitCode.STACK_HELD, (_held(fault.operation, ""),)
        case RequestRefused():
            said = error("IF806", fault.message, remedy=fault.remedy)
            denied = fault.is_denied
            code = ExitCode.NOT_AUTHORISED if denied else ExitCode.FAILED
            return code, fault.diagnostics or (said,)
        case StoreError():
            return ExitCode.FAILED, (_store(fault),)
        case SettingsError():
            return ExitCode.WRONG_USAGE, (error("IF818", fault.message, remedy=fault.remedy),)
        case ExtraMissing():
            return ExitCode.FAILED, (_extra(fault),)
        case CredentialsMissing():
            return ExitCode.NOT_AUTHORISED, (_no_credentials(fault),)
        case CloudError():
            denied = fault.kind is ErrorClass.DENIED
            return ExitCode.NOT_AUTHORISED if denied else ExitCode.FAILED, (_cloud(fault),)
        case OSError() if fault.errno:
            return ExitCode.FAILED, (_refused_by_system(fault),)
        case _:
            return ExitCode.FAILED, (_internal(fault),)


def _not_found(fault: StackNotFound) -> Diagnostic:
    return error(
        "IF805",
        str(fault) or "there is no such stack",
        remedy='see "imageferry list"; --region and --cloud say where to look',
    )


def _ambiguous(fault: StackAmbiguous) -> Diagnostic:
    return error(
        "IF807",
        str(fault),
        why="a name belongs to one stack in each region",
        remedy=f"say --region {fault.regions[0]}, or give the stack's id",
    )


def _held(operation: Operation, name: str) -> Diagnostic:
    stack = f"--stack {name}" if name else "--stack NAME"
    return error(
        "IF810",
        f'operation "{operation.operation_id}" ({operation.kind.value.lower()}) holds the stack',
        why="it was asked for with another template, parameters or options, and is not finished",
        remedy=f'give the command that began it again to re-attach, or "imageferry cancel {stack}"',
    )


def _store(fault: StoreError) -> Diagnostic:
    return error(
        "IF811",
        str(fault),
        why="what has to outlive this command is kept there",
        remedy='"imageferry doctor" shows where IMAGEFERRY_HOME and IMAGEFERRY_DATABASE_URL point',
    )


def _extra(fault: ExtraMissing) -> Diagnostic:
    return error(
        "IF824",
        str(fault),
        why="it brings libraries that the other commands do without",
        remedy=f"pip install 'imageferry[{fault.extra}]'",
    )


def _no_credentials(fault: CredentialsMissing) -> Diagnostic:
    return error(
        "IF819",
        str(fault),
        why="the real cloud is chosen, and its calls are signed",
        remedy='"imageferry doctor" shows what was found; --cloud emulator needs no access key',
    )


def _cloud(fault: CloudError) -> Diagnostic:
    asked = ", ".join(part for part in (fault.action, fault.region) if part)
    request = f", request id {fault.request_id}" if fault.request_id else ""
    return error(
        "IF820",
        f"{_HEARD[fault.kind]}: {fault.message}",
        why=f"{fault.code} ({asked}{request})",
        remedy=_NO_ANSWER
        if fault.code in _UNANSWERED
        else '"imageferry doctor" shows the access key, the account and the clocks',
    )


_UNANSWERED: Final = frozenset({"NoConnection", "NoReply", "NotTrusted"})
_NO_ANSWER: Final = (
    "see that the address is right and reached from here: the network, the proxy's variables, and"
    ' IMAGEFERRY_ECS_ENDPOINT where it is set; "imageferry emulator serve" serves the emulator'
)


_HEARD: Final = {
    ErrorClass.THROTTLED: "the cloud asks for fewer calls",
    ErrorClass.TRANSIENT: "the cloud cannot be reached now",
    ErrorClass.UNCERTAIN: "the cloud gave no proper answer",
    ErrorClass.REFUSED: "the cloud refused a call",
    ErrorClass.DENIED: "the cloud does not authorise a call",
}


def _refused_by_system(fault: OSError) -> Diagnostic:
    where = f' for "{fault.filename}"' if fault.filename else ""
    return error(
        "IF825",
        f"the operating system refused something{where}: {os.strerror(fault.errno or 0).lower()}",
        why="a file, a pipe or a disk that is written to cannot take it; what was recorded is safe",
        remedy="mend that and give the command again; --debug shows what was being done",
    )


def _internal(fault: BaseException) -> Diagnostic:
    return error(
        "IF899",
        f"internal fault: {type(fault).__name__}: {fault}",
        why="this is a fault of imageferry, not of your template; what was recorded is safe",
        remedy="give the command again with --debug and report what it shows",
    )
