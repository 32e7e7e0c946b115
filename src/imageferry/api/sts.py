"""AlibabaSts, AwsSts: GetCallerIdentity in both worlds, for clients that ask who they are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from xml.sax.saxutils import escape

from imageferry.api.calls import Answer, ApiCall, Caller, Refusal, Refused
from imageferry.api.gateway import refused_by_gateway
from imageferry.model.access import Role
from imageferry.wire.http import HttpResponse

_IDENTITY: Final = "GetCallerIdentity"
_TOKEN: Final = "GetSessionToken"  # noqa: S105  (an action)

_JSON: Final = "application/json;charset=utf-8"
_XML: Final = "text/xml"
_NAMESPACE: Final = "https://sts.amazonaws.com/doc/2011-06-15/"

# Code and status of each refusal: the common errors of AWS's Query APIs.
_AWS: Final[Mapping[Refusal, tuple[str, int, str]]] = MappingProxyType(
    {
        Refusal.UNSIGNED: (
            "MissingAuthenticationToken",
            403,
            "Request is missing Authentication Token",
        ),
        Refusal.INCOMPLETE: ("IncompleteSignature", 400, "The signature lacks a part."),
        Refusal.UNKNOWN_KEY: (
            "InvalidClientTokenId",
            403,
            "The security token included in the request is invalid.",
        ),
        Refusal.REVOKED_KEY: (
            "InvalidClientTokenId",
            403,
            "The security token included in the request is invalid.",
        ),
        Refusal.BAD_SIGNATURE: (
            "SignatureDoesNotMatch",
            403,
            "The request signature we calculated does not match the signature you provided.",
        ),
        Refusal.STALE: ("SignatureDoesNotMatch", 403, "Signature expired, or not yet current."),
        Refusal.REPLAYED: ("SignatureDoesNotMatch", 403, "The request was sent before."),
        Refusal.FORBIDDEN: ("AccessDenied", 403, "The access key may not do this."),
        Refusal.FOREIGN_ACCOUNT: ("AccessDenied", 403, "The account is not served here."),
        Refusal.THROTTLED: ("Throttling", 400, "Rate exceeded"),
        Refusal.TOO_LARGE: ("ValidationError", 413, "The request is too large."),
        Refusal.MALFORMED: ("ValidationError", 400, "The request cannot be read."),
        Refusal.UNSUPPORTED_METHOD: ("InvalidAction", 405, "Use GET or POST."),
        Refusal.UNKNOWN_ACTION: ("InvalidAction", 400, "There is no such action."),
        Refusal.UNKNOWN_VERSION: ("InvalidAction", 400, "There is no such version."),
        Refusal.UNAVAILABLE: ("ServiceUnavailable", 503, "Not now; try again."),
        Refusal.INTERNAL: ("InternalFailure", 500, "The server failed; its log says why."),
    }
)


class AlibabaSts:
    """STS of Alibaba Cloud, version 2015-04-01: who signs."""

    name = "sts"

    def needs(self, action: str) -> Role | None:
        """Anybody may ask who they are."""
        return Role.READER if action == _IDENTITY else None

    async def answer(self, call: ApiCall) -> Answer:
        """Who signs: STS reference, GetCallerIdentity."""
        caller = call.caller
        said = {
            "RequestId": call.request_id,
            "IdentityType": "RAMUser",
            "AccountId": caller.account_id,
            "UserId": caller.key_id,
            "PrincipalId": caller.key_id,
            "Arn": f"acs:ram::{caller.account_id}:user/{caller.key_id}",
        }
        return Answer(_json(200, said))

    def refuse(self, refused: Refused, action: str, request_id: str, host: str) -> HttpResponse:
        """The refusal in the envelope of RPC errors."""
        code, status, message = refused_by_gateway(refused, action)
        said = {
            "RequestId": request_id,
            "HostId": host,
            "Code": code,
            "Message": message,
            "Recommend": "",
        }
        return _json(status, said)


class AwsSts:
    """STS of AWS, version 2011-06-15: who signs; temporary keys are not given."""

    name = "aws-sts"

    def needs(self, action: str) -> Role | None:
        """Anybody may ask who they are."""
        return Role.READER if action in {_IDENTITY, _TOKEN} else None

    async def answer(self, call: ApiCall) -> Answer:
        """Who signs: AWS STS reference, GetCallerIdentity and GetSessionToken."""
        if call.action == _TOKEN:
            why = "GetSessionToken is not offered: sign with the permanent access key."
            return Answer(_error("AccessDenied", 403, why, call.request_id), outcome="AccessDenied")
        return Answer(_identity(call.caller, call.request_id))

    def refuse(self, refused: Refused, action: str, request_id: str, host: str) -> HttpResponse:
        """The refusal as an error of the Query protocol."""
        code, status, message = _AWS[refused.refusal]
        return _error(code, status, _message(message, refused), request_id)


def _identity(caller: Caller, request_id: str) -> HttpResponse:
    arn = f"arn:aws:iam::{caller.account_id}:user/{caller.key_id}"
    body = (
        f'<GetCallerIdentityResponse xmlns="{_NAMESPACE}"><GetCallerIdentityResult>'
        f"<Arn>{escape(arn)}</Arn><UserId>{escape(caller.key_id)}</UserId>"
        f"<Account>{escape(caller.account_id)}</Account></GetCallerIdentityResult>"
        f"<ResponseMetadata><RequestId>{escape(request_id)}</RequestId></ResponseMetadata>"
        "</GetCallerIdentityResponse>"
    )
    return HttpResponse(200, {"content-type": _XML}, body.encode())


def _error(code: str, status: int, message: str, request_id: str) -> HttpResponse:
    kind = "Receiver" if status >= 500 else "Sender"
    body = (
        f'<ErrorResponse xmlns="{_NAMESPACE}"><Error><Type>{kind}</Type><Code>{code}</Code>'
        f"<Message>{escape(_writable(message))}</Message></Error>"
        f"<RequestId>{escape(request_id)}</RequestId></ErrorResponse>"
    )
    return HttpResponse(status, {"content-type": _XML}, body.encode())


def _message(message: str, refused: Refused) -> str:
    detail = refused.detail.rstrip(". ")
    if refused.refusal is Refusal.UNSIGNED or not detail:
        return message
    return f"{message.rstrip('.')}: {detail}"


def _writable(text: str) -> str:
    """Without characters that XML 1.0 has no way to write."""
    return "".join(one for one in text if one in "\t\n" or one.isprintable())


def _json(status: int, said: Mapping[str, str]) -> HttpResponse:
    body = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return HttpResponse(status, {"content-type": _JSON}, body)
