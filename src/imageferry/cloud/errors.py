"""CloudError: a refused or unanswered call, its class, and the handler error code it means."""

from __future__ import annotations

from enum import Enum
from typing import Final

from imageferry.model.handlers import ErrorCode


class ErrorClass(Enum):
    """What a failed call means for trying again.

    THROTTLED and TRANSIENT calls had no effect. UNCERTAIN: no reply, or a server error, and the
    call may have been carried out. REFUSED and DENIED are final for the same request.
    """

    THROTTLED = "throttled"
    TRANSIENT = "transient"
    UNCERTAIN = "uncertain"
    REFUSED = "refused"
    DENIED = "denied"


class NotSent(ConnectionError):
    """No connection could be made, so the request never left."""


class NotTrusted(ConnectionError):
    """The server's certificate is not trusted; the request never left."""


class CloudError(Exception):
    """One failed call. `code` is the cloud's, or `NoReply` and kin where none was said.

    `http_status` is 0 without a reply; `retry_after` are the seconds that the cloud asks for.
    `may_have_worked`: an earlier try of the same call got no reply, so it may have been carried out
    whatever this answer says. The text holds no secret: no key, token or string to sign.
    """

    def __init__(
        self,
        code: str,
        message: str,
        kind: ErrorClass,
        *,
        action: str = "",
        region: str = "",
        http_status: int = 0,
        request_id: str = "",
        retry_after: float | None = None,
    ) -> None:
        self.code = code
        self.message = message
        self.kind = kind
        self.action = action
        self.region = region
        self.http_status = http_status
        self.request_id = request_id
        self.retry_after = retry_after
        self.may_have_worked = kind is ErrorClass.UNCERTAIN
        super().__init__(f"{action} in {region}: {code}: {message}")

    @property
    def is_passing(self) -> bool:
        """True where the same call may succeed later without anyone mending anything."""
        return self.kind in _PASSING


_PASSING: Final = frozenset({ErrorClass.THROTTLED, ErrorClass.TRANSIENT, ErrorClass.UNCERTAIN})

_DENIED_CODES: Final = {
    "Forbbiden": ErrorCode.ACCESS_DENIED,  # sic: CopyImage's own error table spells it so
    "Forbidden": ErrorCode.ACCESS_DENIED,
    "Forbidden.RAM": ErrorCode.ACCESS_DENIED,
    "Forbidden.Unauthorized": ErrorCode.ACCESS_DENIED,
    "NoPermission": ErrorCode.ACCESS_DENIED,
    "NoPermission.Tag": ErrorCode.ACCESS_DENIED,
    "UserNotInTheWhiteList": ErrorCode.ACCESS_DENIED,
    "OperationDenied.KmsServiceUnauthorized": ErrorCode.ACCESS_DENIED,
    "RealNameAuthenticationError": ErrorCode.ACCESS_DENIED,
    "InvalidAliUid.IsNull": ErrorCode.INVALID_CREDENTIALS,
    "SignatureDoesNotMatch": ErrorCode.INVALID_CREDENTIALS,
    "IncompleteSignature": ErrorCode.INVALID_CREDENTIALS,
    "InvalidTimeStamp.Expired": ErrorCode.INVALID_CREDENTIALS,
    "MissingSecurityToken": ErrorCode.INVALID_CREDENTIALS,
    "Forbidden.AccessKeyDisabled": ErrorCode.INVALID_CREDENTIALS,
}
_DENIED_PREFIXES: Final = {
    "InvalidAccessKeyId": ErrorCode.INVALID_CREDENTIALS,
    "InvalidAccessKeySecret": ErrorCode.INVALID_CREDENTIALS,
    "InvalidSecurityToken": ErrorCode.INVALID_CREDENTIALS,
    "Forbidden.": ErrorCode.ACCESS_DENIED,
}

_REFUSED_CODES: Final = {
    "InvalidImageName.Duplicated": ErrorCode.ALREADY_EXISTS,
    "InvalidImageId.NotFound": ErrorCode.NOT_FOUND,
    "InvalidDiskId.NotFound": ErrorCode.NOT_FOUND,
    "InvalidSnapshotId.NotFound": ErrorCode.NOT_FOUND,
    "InvalidTaskId.NotFound": ErrorCode.NOT_FOUND,
    "IncorrectDiskStatus.CreatingSnapshot": ErrorCode.RESOURCE_CONFLICT,
    "SnapshotCreatedImage": ErrorCode.RESOURCE_CONFLICT,
    "SnapshotCreatedDisk": ErrorCode.RESOURCE_CONFLICT,
    "ConcurrentQuotaExceed.ExportImage": ErrorCode.SERVICE_LIMIT_EXCEEDED,
    "WeeklyQuotaExceed.ExportImage": ErrorCode.SERVICE_LIMIT_EXCEEDED,
    "OperationDenied.ImageCopyConflict": ErrorCode.RESOURCE_CONFLICT,
    "OperationDenied.ImageCopying": ErrorCode.RESOURCE_CONFLICT,
    "IncorrectImageStatus": ErrorCode.RESOURCE_CONFLICT,
    "InvalidStatus.ImageIsCreating": ErrorCode.RESOURCE_CONFLICT,
    "IdempotentProcessing": ErrorCode.RESOURCE_CONFLICT,
    "LastTokenProcessing": ErrorCode.RESOURCE_CONFLICT,
    "ImageUsingByInstance": ErrorCode.RESOURCE_CONFLICT,
    "ImageUseShared": ErrorCode.RESOURCE_CONFLICT,
    "ImageIsImporting": ErrorCode.RESOURCE_CONFLICT,
    "ImageIsExporting": ErrorCode.RESOURCE_CONFLICT,
    "ImageIsPublic": ErrorCode.RESOURCE_CONFLICT,
    "OperationConflict": ErrorCode.RESOURCE_CONFLICT,
    "Operation.Conflict": ErrorCode.RESOURCE_CONFLICT,
    "InvalidOperation.Conflict": ErrorCode.RESOURCE_CONFLICT,
    "InvalidInstanceId.NotFound": ErrorCode.NOT_FOUND,
    "IncorrectInstanceStatus": ErrorCode.RESOURCE_CONFLICT,
    "IncorrectInstanceStatus.Initializing": ErrorCode.RESOURCE_CONFLICT,
    "DiskCreatingSnapshot": ErrorCode.RESOURCE_CONFLICT,
    "InvalidSnapshotId.NotReady": ErrorCode.RESOURCE_CONFLICT,
    "SnapshotNotReady": ErrorCode.RESOURCE_CONFLICT,
    "ImageIsCreating": ErrorCode.RESOURCE_CONFLICT,
    "InvalidOperation.DeletionProtection": ErrorCode.RESOURCE_CONFLICT,
    "OperationDenied.NoStock": ErrorCode.SERVICE_LIMIT_EXCEEDED,
    "OperationDenied.QuotaExceed": ErrorCode.SERVICE_LIMIT_EXCEEDED,
    "SizeExceed.Image": ErrorCode.SERVICE_LIMIT_EXCEEDED,
    "Account.Arrearage": ErrorCode.GENERAL_SERVICE_EXCEPTION,
    "InsufficientBalance": ErrorCode.GENERAL_SERVICE_EXCEPTION,
}

_SERVER_ERRORS: Final = frozenset({"InternalError", "UnknownError", "ServiceUnavailable"})
_UNAVAILABLE: Final = "ServiceUnavailable"

SECRET_BEARING: Final = {
    "SignatureDoesNotMatch": "the signature does not fit the access key's secret",
    "IncompleteSignature": "the signature is not complete",
}
"""Codes whose message repeats the string to sign, which holds every parameter, and ours instead."""


def classify(code: str, http_status: int) -> ErrorClass:
    """The class of an error reply, by its code and status."""
    if "Throttling" in code or http_status == 429:
        return ErrorClass.THROTTLED
    if code.startswith(_UNAVAILABLE) or http_status == 503:
        return ErrorClass.TRANSIENT
    if http_status >= 500 or code in _SERVER_ERRORS:
        return ErrorClass.UNCERTAIN
    if http_status == 401 or code in _DENIED_CODES or code.startswith(tuple(_DENIED_PREFIXES)):
        return ErrorClass.DENIED
    return ErrorClass.REFUSED


def handler_code(error: CloudError) -> ErrorCode:
    """The published handler error code that a failed call means."""
    match error.kind:
        case ErrorClass.THROTTLED:
            return ErrorCode.THROTTLING
        case ErrorClass.TRANSIENT:
            return ErrorCode.NETWORK_FAILURE if not error.http_status else _SERVER
        case ErrorClass.UNCERTAIN:
            return ErrorCode.NETWORK_FAILURE if not error.http_status else _SERVER
        case ErrorClass.DENIED:
            for prefix, code in _DENIED_PREFIXES.items():
                if error.code.startswith(prefix) and error.code not in _DENIED_CODES:
                    return code
            return _DENIED_CODES.get(error.code, ErrorCode.ACCESS_DENIED)
        case ErrorClass.REFUSED:
            return _refused_code(error)


_SERVER: Final = ErrorCode.SERVICE_INTERNAL_ERROR


def _refused_code(error: CloudError) -> ErrorCode:
    known = _REFUSED_CODES.get(error.code)
    if known is not None:
        return known
    if error.code.startswith(("QuotaExceed", "ImageQuotaFull", "ImageFamilyQuotaFull")):
        return ErrorCode.SERVICE_LIMIT_EXCEEDED
    if error.code == "NotTrusted":
        return ErrorCode.NETWORK_FAILURE
    return ErrorCode.INVALID_REQUEST
