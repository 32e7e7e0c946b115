"""refusal_of, refusal_faults: what the control plane refuses, as pages and forms say it."""

from __future__ import annotations

from imageferry.console.fields import Fault
from imageferry.console.visits import PageRefused
from imageferry.control.requests import (
    ChangeSetExists,
    ChangeSetStatusWrong,
    LanguageForeign,
    NothingToDo,
    OperationHolds,
    RequestRefused,
    ResourceUnknown,
    StackAmbiguous,
    StackExists,
    StackNotFound,
)
from imageferry.model.diagnostics import Diagnostic, TemplateError
from imageferry.ports.keeping import Outdated, StackBusy, StoreError


def refusal_of(fault: Exception) -> PageRefused | None:
    """What a page says of a fault; None where it is none that callers can cause or wait out."""
    match fault:
        case TemplateError():
            return PageRefused(
                400, "the template cannot be used as it is", "", tuple(fault.diagnostics)
            )
        case RequestRefused():
            return PageRefused(409, fault.message, fault.remedy, fault.diagnostics)
        case OperationHolds() | StackBusy():
            return PageRefused(409, str(fault), "wait until that operation has ended, or cancel it")
        case StackNotFound():
            return PageRefused(404, str(fault))
        case ResourceUnknown():
            return PageRefused(404, str(fault), fault.remedy)
        case StackExists() | ChangeSetExists():
            return PageRefused(409, str(fault), "choose another name")
        case StackAmbiguous() | LanguageForeign() | NothingToDo():
            return PageRefused(409, str(fault))
        case ChangeSetStatusWrong() | Outdated():
            return PageRefused(
                409, str(fault), "the stack was changed since; make a new change set"
            )
        case StoreError():
            return PageRefused(503, "the database does not answer", "try again a little later")
        case _:
            return None


def refusal_faults(
    refused: TemplateError | RequestRefused | OperationHolds,
) -> tuple[list[Fault], tuple[Diagnostic, ...], int]:
    """What stands on top of a form that cannot be carried out as it is, and its status."""
    match refused:
        case TemplateError():
            return [], refused.diagnostics, 400
        case RequestRefused():
            told = [] if refused.diagnostics else [Fault("", refused.message, refused.remedy)]
            return told, refused.diagnostics, 409
        case OperationHolds():
            return [Fault("", str(refused))], (), 409
