"""authenticate: who has signed a request, by any of the three signatures, or why nobody has.

The order is the same for all: is there a signature, is it whole, is its time near enough, is there
such a key, is the signature the one that its secret gives, does the key still count. Whether the
request came before is asked afterwards, where it is known what it wants.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from imageferry.api.calls import Caller, Refusal, Refused
from imageferry.api.keyring import KeyRing
from imageferry.api.recognition import World
from imageferry.wire.alibaba_signing import (
    body_hash,
    is_valid_v1,
    is_valid_v3,
    read_authorization,
    v1_string_to_sign,
    v3_server_string,
)
from imageferry.wire.aws_signing import (
    V4Fault,
    is_signed_v4,
    is_valid_v4,
    read_v4,
    without_signature,
)
from imageferry.wire.http import HttpRequest, Pairs


@dataclass(frozen=True, slots=True)
class Authenticated:
    """A request whose signature holds.

    `mark` stands for this one signature, everywhere and for ever. `has_nonce` is False where the
    signature has none: then two requests of one second that say the same have the same mark.
    `signed_at` is its date, in seconds since 1970. `pairs` are the parameters of query and form
    without those of the signature; `region` and `service` are those that were signed for
    (Signature Version 4), or empty.
    """

    caller: Caller
    mark: str
    has_nonce: bool
    signed_at: float
    pairs: Pairs
    region: str = ""
    service: str = ""


@dataclass(frozen=True, slots=True)
class _Claim:
    """What a request says of its signature, the same for all three.

    `signed_at` in seconds since 1970; `good_for` in seconds where the request itself says so.
    `mismatch` is told to whoever signed otherwise.
    """

    key_id: str
    signed_at: float
    date_name: str
    token: str
    unique: str
    has_nonce: bool
    pairs: Pairs
    is_valid: Callable[[str], bool]
    mismatch: Callable[[], str]
    good_for: float | None = None
    region: str = ""
    service: str = ""


_NOBODY: Final = "no key has this secret; the work is done all the same"

_KEY_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,128}")
"""No key id is otherwise; nothing else is looked up or said again."""

_LONGEST_NONCE: Final = 512

_ALIBABA_DATE: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)


async def authenticate(
    request: HttpRequest,
    world: World,
    keys: KeyRing,
    *,
    window: float,
    now: float,
    asks_anew: bool = True,
) -> Authenticated:
    """Who has signed. `window` in seconds, `now` in seconds since 1970; raises Refused, StoreError.

    Without `asks_anew` a key that this process has not met is not looked up: Refusal.THROTTLED.
    """
    match world:
        case World.AWS:
            claim = _claim_v4(request)
        case World.ALIBABA if "authorization" in request.headers:
            claim = _claim_v3(request)
        case World.ALIBABA:
            claim = _claim_v1(request)
    if not _KEY_ID.fullmatch(claim.key_id):
        raise Refused(Refusal.UNKNOWN_KEY, "there is no access key of that id")
    _need_near(claim, window, now)
    if not (asks_anew or keys.has_met(claim.key_id)):
        raise Refused(Refusal.THROTTLED, "too many refused requests came from this address")
    key = await keys.get(claim.key_id, now)
    # Nobody learns from the time it takes whether there is a key.
    is_valid = claim.is_valid(key.secret if key is not None else _NOBODY)
    if key is None:
        raise Refused(Refusal.UNKNOWN_KEY, f'there is no access key "{claim.key_id}"', claim.key_id)
    if not is_valid:
        raise Refused(Refusal.BAD_SIGNATURE, claim.mismatch(), claim.key_id)
    if key.revoked_at is not None and key.revoked_at <= now:
        raise Refused(
            Refusal.REVOKED_KEY, f'the access key "{claim.key_id}" was revoked', claim.key_id
        )
    if claim.token:
        raise Refused(
            Refusal.UNKNOWN_KEY,
            "the request carries a security token, and the keys of this server have none; "
            "use the access key alone",
            claim.key_id,
        )
    return Authenticated(
        Caller(key.key_id, key.account_id, key.role),
        _mark(claim),
        claim.has_nonce,
        claim.signed_at,
        claim.pairs,
        claim.region,
        claim.service,
    )


def _need_near(claim: _Claim, window: float, now: float) -> None:
    """Raises Refused where it was signed too long ago, or too far in the future."""
    # What is signed for longer than the window would have to be remembered for longer as well.
    latest = claim.signed_at + min(window, claim.good_for or window)
    if claim.signed_at - window <= now <= latest:
        return
    raise Refused(
        Refusal.STALE,
        f"the request was signed for {_moment(claim.signed_at)}, and it is {_moment(now)} here; "
        f"no more than {window:g} s may lie between",
        claim.date_name,
    )


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _mark(claim: _Claim) -> str:
    kind = "nonce" if claim.has_nonce else "signature"
    return hashlib.sha256(f"{kind}\0{claim.key_id}\0{claim.unique}".encode()).hexdigest()


def _incomplete(name: str, detail: str = "") -> Refused:
    return Refused(
        Refusal.INCOMPLETE, detail or f'the signature needs "{name}", which is missing', name
    )


# --- ROS: the header ------------------------------------------------------------------------------

_V3_NEEDED: Final = (
    "x-acs-action",
    "x-acs-version",
    "x-acs-content-sha256",
    "x-acs-date",
    "x-acs-signature-nonce",
)


def _claim_v3(request: HttpRequest) -> _Claim:
    headers = request.headers
    authorization = read_authorization(headers["authorization"])
    if authorization is None:
        raise _incomplete(
            "Authorization",
            "the Authorization header is not "
            '"ACS3-HMAC-SHA256 Credential=…,SignedHeaders=…,Signature=…"',
        )
    for name in _V3_NEEDED:
        if not headers.get(name):
            raise _incomplete(name)
    # That each header of its kind is signed the check of the signature demands.
    if headers["x-acs-content-sha256"] != body_hash(request.body):
        raise Refused(
            Refusal.BAD_SIGNATURE,
            'the body is not the one that "x-acs-content-sha256" was made of',
        )
    return _Claim(
        key_id=authorization.access_key_id,
        signed_at=_alibaba_time(headers["x-acs-date"], "x-acs-date"),
        date_name="x-acs-date",
        token=headers.get("x-acs-security-token", ""),
        unique=_nonce(headers["x-acs-signature-nonce"], "x-acs-signature-nonce"),
        has_nonce=True,
        pairs=(*request.query, *request.form),
        is_valid=lambda secret: is_valid_v3(request, authorization, secret),
        # Clients look for these words, and one of them fails on a message without a colon.
        mismatch=lambda: (
            "the signature is not the one that the secret gives; "
            f"server string to sign is:{v3_server_string(request, authorization)}"
        ),
    )


def _alibaba_time(text: str, name: str) -> float:
    if _ALIBABA_DATE.fullmatch(text):
        try:
            return datetime.fromisoformat(text).timestamp()
        except ValueError:
            pass
    raise _incomplete(name, f'"{name}" is a time in UTC such as 2026-01-31T12:00:00Z')


def _nonce(text: str, name: str) -> str:
    if len(text) > _LONGEST_NONCE:
        raise _incomplete(name, f'"{name}" has at most {_LONGEST_NONCE} characters')
    return text


# --- ROS: the parameters --------------------------------------------------------------------------

_V1_NEEDED: Final = (
    "AccessKeyId",
    "Signature",
    "SignatureMethod",
    "SignatureVersion",
    "SignatureNonce",
    "Timestamp",
)
_V1_OWN: Final = frozenset({*_V1_NEEDED, "SignatureType", "SecurityToken"})


def _claim_v1(request: HttpRequest) -> _Claim:
    pairs = (*request.query, *request.form)
    own = [pair for pair in pairs if pair[0] in _V1_OWN]
    given = dict(own)
    if not ({"Signature", "SignatureNonce"} & given.keys()):
        raise Refused(Refusal.UNSIGNED, "the request is not signed")
    if len(given) != len(own):
        raise _incomplete("Signature", "a parameter of the signature is given twice")
    for name in _V1_NEEDED:
        if not given.get(name):
            raise _incomplete(name)
    if given["SignatureMethod"] != "HMAC-SHA1":
        raise _incomplete("SignatureMethod", '"SignatureMethod" is HMAC-SHA1')
    if given["SignatureVersion"] != "1.0":
        raise _incomplete("SignatureVersion", '"SignatureVersion" is 1.0')
    return _Claim(
        key_id=given["AccessKeyId"],
        signed_at=_alibaba_time(given["Timestamp"], "Timestamp"),
        date_name="Timestamp",
        token=given.get("SecurityToken", ""),
        unique=_nonce(given["SignatureNonce"], "SignatureNonce"),
        has_nonce=True,
        pairs=tuple(pair for pair in pairs if pair[0] not in _V1_OWN),
        is_valid=lambda secret: is_valid_v1(request, secret),
        mismatch=lambda: _v1_mismatch(request, pairs),
    )


def _v1_mismatch(request: HttpRequest, pairs: Pairs) -> str:
    """By its hash alone: the text that is signed holds every parameter, passwords too."""
    text = v1_string_to_sign(request.method, pairs)
    return (
        "the signature is not the one that the secret gives; "
        f"SHA-256 of the server string to sign is:{hashlib.sha256(text.encode()).hexdigest()}"
    )


# --- AWS ------------------------------------------------------------------------------------------


def _claim_v4(request: HttpRequest) -> _Claim:
    if not is_signed_v4(request):
        if request.headers.get("authorization"):
            raise _incomplete(
                "Authorization", "the Authorization header is not one of AWS4-HMAC-SHA256"
            )
        raise Refused(Refusal.UNSIGNED, "the request is not signed")
    signed = read_v4(request)
    if isinstance(signed, V4Fault):
        raise _incomplete(signed.value, _V4_FAULTS[signed])
    given_hash = request.headers.get("x-amz-content-sha256")
    if given_hash is not None and given_hash != body_hash(request.body):
        raise Refused(
            Refusal.BAD_SIGNATURE,
            'the body is not the one that "x-amz-content-sha256" was made of',
        )
    in_query = signed.expires is not None
    query = without_signature(request.query) if in_query else request.query
    return _Claim(
        key_id=signed.access_key_id,
        signed_at=_aws_time(signed.date),
        date_name="X-Amz-Date",
        token=signed.token,
        unique=signed.signature,
        has_nonce=False,
        pairs=(*query, *request.form),
        is_valid=lambda secret: is_valid_v4(request, signed, secret),
        mismatch=lambda: (
            "the signature is not the one that the secret gives for this method, path, query, "
            "these headers and this body"
        ),
        good_for=signed.expires,
        region=signed.scope.region,
        service=signed.scope.service,
    )


_V4_FAULTS: Final = {
    V4Fault.AUTHORIZATION: (
        'the signature is not "AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…", '
        "each part once"
    ),
    V4Fault.CREDENTIAL: '"Credential" is "key/yyyyMMdd/region/service/aws4_request"',
    V4Fault.SIGNED_HEADERS: '"SignedHeaders" names headers in small letters, sorted, each once',
    V4Fault.SIGNATURE: '"Signature" is 64 hexadecimal digits',
    V4Fault.DATE: '"X-Amz-Date" is a time such as 20260131T120000Z, on the day of "Credential"',
    V4Fault.EXPIRES: '"X-Amz-Expires" is a number of seconds from 1 to 604800',
}


def _aws_time(text: str) -> float:
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        raise _incomplete("X-Amz-Date", _V4_FAULTS[V4Fault.DATE]) from None
