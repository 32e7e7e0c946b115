"""RosError, and the code, status and text with which ROS would answer each of our refusals."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from imageferry.api.calls import Refused
from imageferry.api.gateway import refused_by_gateway
from imageferry.control.requests import (
    ChangeSetExists,
    ChangeSetStatusWrong,
    LanguageForeign,
    NothingToDo,
    OperationHolds,
    RequestRefused,
    ResourceUnknown,
    StackExists,
    StackNotFound,
    TokenInProgress,
    TokenMismatch,
)
from imageferry.control.templates import language_of
from imageferry.model.changes import ChangeKind
from imageferry.model.diagnostics import Diagnostic, TemplateError
from imageferry.model.operations import Operation
from imageferry.ports.fetching import FetchRefused
from imageferry.ports.keeping import StoreError, StoreUnavailable


class RosError(Exception):
    """A request that is refused, as ROS says it."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        """Keep what the reply says."""
        super().__init__(f"{status} {code}: {message}")
        self.code = code
        self.message = message
        self.status = status


# ROS reference, common error codes: the texts that clients may match.


def missing(*names: str) -> RosError:
    """A parameter, or one of several, was not given."""
    if len(names) == 1:
        return RosError("MissingParameter", f"The input parameter {names[0]} should be specified.")
    listed = ", ".join(names)
    return RosError(
        "MissingParameter", f"One of the input parameters {listed} should be specified."
    )


def invalid(name: str, reason: str) -> RosError:
    """A parameter has a value that it cannot have."""
    return RosError("InvalidParameter", f"The specified parameter {name} is invalid, {reason}.")


def exclusive(*names: str) -> RosError:
    """Several parameters were given of which there may be one."""
    return RosError(
        "MultipleParameter",
        f"Only one of the input parameters {', '.join(names)} can be specified.",
    )


def not_supported(feature: str) -> RosError:
    """Something that cannot be done, or not as the stack stands."""
    return RosError("NotSupported", f"{_ended(feature)} is not supported.")


def refused(reason: str) -> RosError:
    """Something that cannot be done for a reason that is a sentence of its own."""
    return RosError("NotSupported", f"{_ended(reason)}.")


def stack_not_found(name: str) -> RosError:
    """No such stack."""
    return RosError("StackNotFound", f"The Stack ({name}) could not be found.", 404)


def stack_exists(name: str) -> RosError:
    """A stack of that name lives in the region."""
    return RosError("StackExists", f"The Stack ({name}) already exists.", 409)


def change_set_not_found(name: str, stack: str = "") -> RosError:
    """No such change set."""
    of_stack = f" of Stack ({stack})" if stack else ""
    return RosError(
        "ChangeSetNotFound", f"The ChangeSet ({name}){of_stack} could not be found.", 404
    )


def resource_not_found(name: str, stack: str) -> RosError:
    """The stack has no such resource."""
    return RosError(
        "ResourceNotFound", f"The Resource ({name}) could not be found in Stack {stack}.", 404
    )


def template_not_found(name: str, version: str = "") -> RosError:
    """No such template, or not that version of it."""
    of_version = f" with version {version}" if version else ""
    return RosError("TemplateNotFound", f"The Template {name}{of_version} could not be found.", 404)


_UNCHANGED: Final = "Update the completely same stack"

_ACTIONS: Final[Mapping[ChangeKind, str]] = {
    ChangeKind.CREATE: "CREATE",
    ChangeKind.UPDATE: "UPDATE",
    ChangeKind.DELETE: "DELETE",
    ChangeKind.ROLLBACK: "ROLLBACK",
}

_PATTERNS: Final[Mapping[str, str]] = {
    "InvalidTemplateVersion": "The template version is invalid: {reason}.",
    "InvalidTemplateSection": "The template section is invalid: {reason}.",
    "InvalidTemplatePropertyType": "The specified value type of ({owned}) is incorrect: {reason}.",
    "InvalidTemplateReference": 'The specified reference "{first}" (in {place}) is incorrect.',
    "InvalidTemplateAttribute": "The Referenced Attribute ({both}) is incorrect.",
    "CircularDependency": "Circular Dependency Found: {reason}.",
    "UserParameterMissing": "The Parameter {first} was not provided.",
    "UnknownUserParameter": "The Parameter ({first}) was not defined in template.",
    "StackPolicyValidationFailed": "Action denied by stack policy: {reason}.",
    "InvalidParameter": "The specified parameter {first} is invalid, {reason}.",
}
"""How each code says it, where that is more than the reason. `first` is the first name that is
meant, `owned` that after the resource that has it, `both` that and the next, `place` where in the
template it is."""

_SUBJECTS: Final[Mapping[str, str]] = {
    "IF604": "StackName",
    "IF832": "StackPolicyBody",
    "IF811": "StackId",
}
"""Which parameter of a request a diagnostic is about."""


def _codes() -> dict[str, str]:
    groups = {
        "InvalidSchema": (
            "IF102 IF103 IF104 IF105 IF106 IF107 IF108 IF109 IF110 IF111 IF112 IF113 IF114 IF115"
            " IF130 IF140 IF143 IF144 IF145"
        ),
        "InvalidTemplateVersion": "IF132",
        "InvalidTemplateSection": "IF133 IF134",
        "InvalidTemplatePropertyType": "IF503",
        "InvalidTemplateReference": "IF201 IF202 IF204 IF205",
        "InvalidTemplateAttribute": "IF203 IF210",
        "CircularDependency": "IF206 IF207 IF208",
        "UserParameterMissing": "IF401",
        "UnknownUserParameter": "IF402",
        "InvalidParameter": "IF604 IF832",
        "StackPolicyValidationFailed": "IF831",
        "NotSupported": "IF830 IF131 IF833 IF834",
    }
    return {one: code for code, listed in groups.items() for one in listed.split()}


CODES: Final[Mapping[str, str]] = _codes()
"""By the code of a diagnostic: the one with which ROS refuses; StackValidationFailed for others."""

_OWNER: Final = re.compile(r"([\w\[\]-]+): ['\"]")
_QUOTED: Final = re.compile(r"""'([^']+)'|"([^"]+)\"""")


def of_diagnostics(diagnostics: Sequence[Diagnostic], action: str = "") -> RosError:
    """The refusal for what diagnostics say: the first error decides the code, and all are told."""
    errors = [one for one in diagnostics if one.is_error] or list(diagnostics)
    first = errors[0]
    rest = [_told(one) for one in errors[1:]]
    if action == "ValidateTemplate":
        return RosError("InvalidTemplate", f"{'; '.join([_told(first), *rest])}.")
    code = CODES.get(first.code, "StackValidationFailed")
    message = _PATTERNS.get(code, "{reason}.").format_map(_words(first))
    return RosError(code, " ".join([message, *(f"{_ended(one)}." for one in rest)]))


def _told(one: Diagnostic) -> str:
    where = f"{one.span.line}:{one.span.column}: " if one.span is not None else ""
    why = f" ({one.why})" if one.why else ""
    return f"{where}{_ended(one.message)}{why}"


def _words(one: Diagnostic) -> dict[str, str]:
    """What the patterns may name of a diagnostic."""
    names = [
        found.group(1) or found.group(2)
        for found in _QUOTED.finditer(one.message)
    ]  # fmt: skip
    subject = _SUBJECTS.get(one.code) or (names[0] if names else one.message)
    where = f"{one.span.line}:{one.span.column}" if one.span is not None else "template"
    owner = _OWNER.match(one.message)
    return {
        "reason": _ended(_told(one)),
        "first": subject,
        "owned": f"{owner[1]} {subject}" if owner is not None else subject,
        "both": " ".join(names[:2]) or one.message,
        "place": where,
    }


def _ended(sentence: str) -> str:
    return sentence.rstrip(". ")


def of_operation(operation: Operation, name: str) -> RosError:
    """Another operation holds the stack."""
    word = _ACTIONS[operation.kind]
    return RosError(
        "ActionInProgress", f"Stack {name} already has an action ({word}) in progress.", 409
    )


def of_fault(fault: Exception, action: str = "") -> RosError | None:
    """How ROS would refuse what the control plane has refused; None for a fault of our own."""
    match fault:
        case RosError():
            return fault
        case TemplateError(diagnostics=diagnostics):
            return of_diagnostics(diagnostics, action)
        case RequestRefused():
            return _of_refusal(fault, action)
        case OperationHolds(operation=operation, stack=stack):
            return of_operation(operation, stack.name)
        case StackExists(stack=stack):
            return stack_exists(stack.name)
        case LanguageForeign(dialect=dialect):
            return RosError(
                "InvalidTemplate" if action == "ValidateTemplate" else "InvalidTemplateVersion",
                f"The template version is invalid: ROSTemplateFormatVersion is wanted, and the"
                f" template is one of {language_of(dialect)}.",
            )
        case NothingToDo():
            return not_supported(_UNCHANGED)
        case StackNotFound():
            quoted = _QUOTED.search(str(fault))
            return stack_not_found(str(fault) if quoted is None else quoted[1] or quoted[2])
        case ChangeSetExists(name=name, stack=stack):
            return RosError(
                "ChangeSetExists",
                f"The ChangeSet ({name}) of Stack ({stack.name}) already exists.",
                409,
            )
        case ChangeSetStatusWrong():
            return refused(f"That cannot be done now: {fault}")
        case ResourceUnknown(names=names, stack=stack):
            return resource_not_found(", ".join(names), stack.stack_id.rpartition("/")[2])
        case TokenMismatch():
            return RosError(
                "InvalidIdempotenceParameter",
                "The request uses the same client token as a previous, but non-identical request.",
            )
        case TokenInProgress():
            return RosError(
                "LastTokenProcessing", "The previous request with the same token is processing."
            )
        case FetchRefused():
            return invalid("TemplateURL", _ended(fault.message))
        case StoreUnavailable():
            return RosError("ServiceUnavailable", "The service is not available now.", 503)
        case StoreError():
            return RosError("InternalError", "An internal error has occurred.", 500)
        case _:
            return None


def _of_refusal(fault: RequestRefused, action: str) -> RosError:
    if fault.is_denied:
        return RosError(
            "Forbidden",
            f"You are not authorized to complete this action: {_ended(fault.message)}.",
            403,
        )
    if fault.diagnostics:
        return of_diagnostics(fault.diagnostics, action)
    return refused(fault.message)


def of_refusal(refusal: Refused, action: str) -> RosError:
    """What the gateway answers where no action has seen the request."""
    code, status, message = refused_by_gateway(refusal, action)
    return RosError(code, message, status)
