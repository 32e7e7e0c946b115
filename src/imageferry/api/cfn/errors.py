"""What the control plane refuses, and what never reaches it, as CloudFormation says it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, assert_never

from imageferry.api.calls import Refusal, Refused
from imageferry.api.cfn.faults import CfnFault, refused
from imageferry.api.cfn.names import change_set_arn, stack_arn, stack_word
from imageferry.api.cfn.texts import told
from imageferry.control.requests import (
    ChangeSetExists,
    ChangeSetStatusWrong,
    NothingToDo,
    OperationHolds,
    RequestRefused,
    ResourceUnknown,
    StackExists,
    StackNotFound,
    TokenInProgress,
    TokenMismatch,
)
from imageferry.model.diagnostics import TemplateError
from imageferry.model.stacks import Stack
from imageferry.ports.fetching import FetchRefused
from imageferry.ports.keeping import Outdated, StackBusy, StoreError

Wrong = (
    TemplateError
    | RequestRefused
    | OperationHolds
    | StackNotFound
    | StackExists
    | NothingToDo
    | ChangeSetExists
    | ChangeSetStatusWrong
    | ResourceUnknown
    | TokenMismatch
    | TokenInProgress
    | FetchRefused
    | StackBusy
    | Outdated
    | StoreError
)
"""All that the control plane raises and that is told to a caller."""

WRONG: Final = (
    TemplateError,
    RequestRefused,
    OperationHolds,
    StackNotFound,
    StackExists,
    NothingToDo,
    ChangeSetExists,
    ChangeSetStatusWrong,
    ResourceUnknown,
    TokenMismatch,
    TokenInProgress,
    FetchRefused,
    StackBusy,
    Outdated,
    StoreError,
)


def fault_of(wrong: Wrong, token: str) -> CfnFault:
    """What a caller is told; `token` is the one that the request was made with, if any."""
    match wrong:
        case TemplateError():
            return refused(told(wrong.diagnostics))
        case RequestRefused():
            return refused(told(wrong.diagnostics) if wrong.diagnostics else _sentence(wrong))
        case OperationHolds():
            return cannot_be_updated(wrong.stack)
        case StackExists():
            message = f"Stack [{wrong.stack.name}] already exists"
            return CfnFault("AlreadyExistsException", message)
        case NothingToDo():
            return refused("No updates are to be performed.")
        case ChangeSetExists():
            message = f"ChangeSet {wrong.name} already exists"
            return CfnFault("AlreadyExistsException", message)
        case ChangeSetStatusWrong():
            return _wrong_state(wrong)
        case TokenMismatch() | TokenInProgress():
            message = f"Token {token} was already used for a request with other parameters"
            if isinstance(wrong, TokenInProgress):
                message = f"A request with the token {token} is being carried out"
            return CfnFault("TokenAlreadyExistsException", message)
        case FetchRefused():
            return refused("TemplateURL must be a supported URL.")
        case StackNotFound() | ResourceUnknown():
            return refused(_capital(str(wrong)))
        case StackBusy() | Outdated():
            return refused("Another operation on the stack is in progress.")
        case StoreError():
            return _UNAVAILABLE
        case _:
            assert_never(wrong)


_UNAVAILABLE: Final = CfnFault(
    "ServiceUnavailable", "The records cannot be read or written at the moment.", 503
)


def cannot_be_updated(stack: Stack, word: str = "") -> CfnFault:
    """The refusal of a deed that the stack's status does not allow; `word` tells more than that."""
    told = word or stack_word(stack.status)
    return refused(f"Stack:{stack_arn(stack)} is in {told} state and can not be updated.")


def _wrong_state(wrong: ChangeSetStatusWrong) -> CfnFault:
    named = wrong.named
    arn = change_set_arn(named.place, named.name, named.change_set_id)
    return CfnFault(
        "InvalidChangeSetStatus",
        f"ChangeSet [{arn}] cannot be executed in its current status of [{named.status.value}]"
        if named.status.value != "CREATE_COMPLETE"
        else f"ChangeSet [{arn}] cannot be executed in its current execution status of"
        f" [{named.execution.value}]",
    )


def _sentence(wrong: RequestRefused) -> str:
    """The message of the command line's refusal, without its advice, which names its flags."""
    return f"{_capital(wrong.message)}."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


_Answer = tuple[str, str, int]

_REFUSALS: Final[Mapping[Refusal, Callable[[Refused], _Answer]]] = {
    Refusal.UNSIGNED: lambda refused: (
        "MissingAuthenticationToken",
        "Request is missing Authentication Token",
        403,
    ),
    Refusal.INCOMPLETE: lambda refused: (
        "IncompleteSignature",
        refused.detail or "Authorization header is not complete.",
        400,
    ),
    Refusal.UNKNOWN_KEY: lambda refused: (
        "InvalidClientTokenId",
        "The security token included in the request is invalid.",
        403,
    ),
    Refusal.REVOKED_KEY: lambda refused: (
        "InvalidClientTokenId",
        "The security token included in the request is invalid.",
        403,
    ),
    Refusal.BAD_SIGNATURE: lambda refused: (
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided."
        " Check your AWS Secret Access Key and signing method.",
        403,
    ),
    Refusal.STALE: lambda refused: (
        "SignatureDoesNotMatch",
        f"Signature expired: {refused.detail}" if refused.detail else "Signature expired",
        403,
    ),
    Refusal.REPLAYED: lambda refused: (
        "SignatureDoesNotMatch",
        "The request was sent before: its signature counts once",
        403,
    ),
    Refusal.FORBIDDEN: lambda refused: ("AccessDenied", _denied(refused), 403),
    Refusal.FOREIGN_ACCOUNT: lambda refused: ("AccessDenied", _denied(refused), 403),
    Refusal.THROTTLED: lambda refused: ("Throttling", "Rate exceeded", 400),
    Refusal.TOO_LARGE: lambda refused: (
        "RequestEntityTooLarge",
        refused.detail or "The request is too large",
        413,
    ),
    Refusal.MALFORMED: lambda refused: (
        "MalformedInput",
        refused.detail or "The request cannot be read",
        400,
    ),
    Refusal.UNSUPPORTED_METHOD: lambda refused: (
        "UnsupportedHttpVerb",
        refused.detail or "The requests of this API are POST and GET",
        405,
    ),
    Refusal.UNKNOWN_ACTION: lambda refused: (
        "InvalidAction",
        f"Could not find operation {refused.subject or refused.detail} for version 2010-05-15",
        400,
    ),
    Refusal.UNKNOWN_VERSION: lambda refused: (
        "InvalidAction",
        refused.detail or "Could not find the version that the request names",
        400,
    ),
    Refusal.UNAVAILABLE: lambda refused: (
        "ServiceUnavailable",
        refused.detail or "The service is not available at the moment",
        503,
    ),
    Refusal.INTERNAL: lambda refused: (
        "InternalFailure",
        "The request failed by a fault of the server; its log says more by the request id",
        500,
    ),
}


def _denied(refused: Refused) -> str:
    detail = refused.detail or "the key may not do that"
    return f"User is not authorized to perform: {refused.subject}: {detail}"


def answer_of(refused_call: Refused) -> CfnFault:
    """Why a request is not admitted."""
    code, message, status = _REFUSALS[refused_call.refusal](refused_call)
    return CfnFault(code, message, status)
