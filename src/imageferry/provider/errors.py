"""Which of CloudFormation's handler codes a failure has; and the answers that say so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from imageferry.cloud.errors import CloudError, handler_code
from imageferry.model.handlers import ErrorCode, Failed
from imageferry.ports.traces import TraceTrouble
from imageferry.provider.envelope import Action, Progress, Status

INVALID_CONFIGURATION: Final = "InvalidTypeConfiguration"
"""The one published code that no handler of the engine needs: stacks have no type configuration."""

_ELSEWHERE: Final[Mapping[tuple[Action, ErrorCode], ErrorCode]] = {
    # What a creation does not find is the source that it was given, not the resource itself.
    (Action.CREATE, ErrorCode.NOT_FOUND): ErrorCode.INVALID_REQUEST,
    (Action.CREATE, ErrorCode.NOT_UPDATABLE): ErrorCode.INVALID_REQUEST,
    # A name that is taken: the code for it belongs to creations alone.
    (Action.UPDATE, ErrorCode.ALREADY_EXISTS): ErrorCode.INVALID_REQUEST,
    (Action.DELETE, ErrorCode.ALREADY_EXISTS): ErrorCode.GENERAL_SERVICE_EXCEPTION,
    (Action.DELETE, ErrorCode.NOT_UPDATABLE): ErrorCode.GENERAL_SERVICE_EXCEPTION,
}


def code_of(action: Action, failure: Failed) -> str:
    """The published code for a handler's failure."""
    if action is Action.UPDATE and failure.code is ErrorCode.NOT_FOUND and failure.cloud_code:
        # A call was refused for an id that it named: NotFound would say that the resource is gone.
        return ErrorCode.INVALID_REQUEST.value
    return _ELSEWHERE.get((action, failure.code), failure.code).value


def refused(code: ErrorCode | str, message: str) -> Progress:
    """The answer FAILED."""
    words = code.value if isinstance(code, ErrorCode) else code
    return Progress(Status.FAILED, code=words, message=message)


def not_found(tracking_id: str, region: str) -> Progress:
    """The answer for what is not there."""
    what = f'the image copy "{tracking_id}"' if tracking_id else 'without "tfcfnid" no image copy'
    return refused(
        ErrorCode.NOT_FOUND, f"{what} is {'not ' if tracking_id else ''}found in {region}"
    )


def is_passing(trouble: TraceTrouble) -> bool:
    """True where the same look may succeed later without anyone mending anything."""
    cause = trouble.__cause__
    return isinstance(cause, CloudError) and cause.is_passing


def failure_of(trouble: TraceTrouble) -> Failed:
    """A region that could not be asked, as a handler would have failed with it."""
    cause = trouble.__cause__
    if not isinstance(cause, CloudError):
        return Failed(ErrorCode.GENERAL_SERVICE_EXCEPTION, str(trouble))
    return Failed(handler_code(cause), str(trouble), retriable=cause.is_passing)
