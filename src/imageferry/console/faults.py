"""refusal_of: the faults that the control plane raises, as what a page says of them."""

from __future__ import annotations

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
from imageferry.model.diagnostics import TemplateError
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
