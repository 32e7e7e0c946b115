"""refused_by_gateway: how Alibaba Cloud's gateway refuses a request, alike for all of its products."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from imageferry.api.calls import Refusal, Refused

# ECS and ROS references, common errors.
_REFUSALS: Final[Mapping[Refusal, tuple[str, int, str]]] = {
    Refusal.UNSIGNED: ("IncompleteSignature", 400, "The request is not signed."),
    Refusal.INCOMPLETE: ("IncompleteSignature", 400, "The signature is not complete."),
    Refusal.UNKNOWN_KEY: (
        "InvalidAccessKeyId.NotFound",
        404,
        "Specified access key is not found.",
    ),
    Refusal.REVOKED_KEY: ("InvalidAccessKeyId.Inactive", 400, "Specified access key is disabled."),
    Refusal.BAD_SIGNATURE: (
        "SignatureDoesNotMatch",
        400,
        "The signature that was given is not the one that the secret of the key makes.",
    ),
    Refusal.STALE: (
        "InvalidTimeStamp.Expired",
        400,
        "The time of the request differs too much from the server's.",
    ),
    Refusal.REPLAYED: ("SignatureNonceUsed", 400, "The signature nonce was used before."),
    Refusal.FORBIDDEN: ("Forbidden", 403, "You are not authorized to complete this action."),
    Refusal.FOREIGN_ACCOUNT: ("Forbidden", 403, "You are not authorized to complete this action."),
    Refusal.THROTTLED: (
        "Throttling.User",
        400,
        "Request was denied due to user flow control.",
    ),
    Refusal.TOO_LARGE: ("InvalidParameter", 413, "The request is too large."),
    Refusal.MALFORMED: ("InvalidParameter", 400, "The request cannot be read."),
    Refusal.UNSUPPORTED_METHOD: (
        "UnsupportedHTTPMethod",
        405,
        "The HTTP method is neither GET nor POST.",
    ),
    Refusal.UNKNOWN_ACTION: ("InvalidAction.NotFound", 404, "Specified api is not found."),
    Refusal.UNKNOWN_VERSION: ("InvalidVersion", 400, "Specified parameter Version is not valid."),
    Refusal.UNAVAILABLE: ("ServiceUnavailable", 503, "The service is not available now."),
    Refusal.INTERNAL: ("InternalError", 500, "An internal error has occurred."),
}


def refused_by_gateway(refused: Refused, action: str) -> tuple[str, int, str]:
    """Code, status and message where no action has seen the request."""
    if refused.refusal is Refusal.UNKNOWN_ACTION and not action:
        return "MissingAction", 400, "The input parameter Action should be specified."
    code, status, message = _REFUSALS[refused.refusal]
    detail = refused.detail.rstrip(". ")
    said = f"{detail[:1].upper()}{detail[1:]}."
    return code, status, f"{message} {said}" if detail and said != message else message
