"""AWS Signature Version 4, in the header and in the query: sign, read and check.

Pure, and like its neighbour written from decoded pairs, for one query has several spellings. What
is signed: method, path, query, the headers that the request names, and the body's hash, with a key
derived from the secret for one day, region and service (AWS, "Create a signed API request"). A
body must be hashed: `UNSIGNED-PAYLOAD` and the chunked forms, which only S3 knows, do not hold.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum

from imageferry.wire.alibaba_signing import Credentials, body_hash, pe
from imageferry.wire.http import HttpRequest, Pairs

V4_ALGORITHM = "AWS4-HMAC-SHA256"
LONGEST_PRESIGNED = 604_800
"""Seconds that a query may be signed for at most: seven days."""

_TERMINATOR = "aws4_request"
_DATE = re.compile(r"\d{8}T\d{6}Z", re.ASCII)
_DAY = re.compile(r"\d{8}", re.ASCII)
_PLACE = re.compile(r"[a-z0-9-]{1,64}")
_SIGNATURE = re.compile(r"[0-9a-f]{64}")
_SPACES = re.compile(r" {2,}")
_QUERY_NAMES = {
    "x-amz-algorithm",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-expires",
    "x-amz-signedheaders",
    "x-amz-signature",
    "x-amz-security-token",
}


class V4Fault(Enum):
    """What is wrong with the form of a signature, before anything is computed."""

    AUTHORIZATION = "the Authorization header"
    CREDENTIAL = "Credential"
    SIGNED_HEADERS = "SignedHeaders"
    SIGNATURE = "Signature"
    DATE = "X-Amz-Date"
    EXPIRES = "X-Amz-Expires"


@dataclass(frozen=True, slots=True)
class V4Scope:
    """What a signing key is good for: one day (`yyyyMMdd`), one region, one service."""

    day: str
    region: str
    service: str

    def __str__(self) -> str:
        """As it stands in a credential and in the string to sign."""
        return f"{self.day}/{self.region}/{self.service}/{_TERMINATOR}"


@dataclass(frozen=True, slots=True)
class V4Authorization:
    """What a request says of its signature.

    `date` is `yyyyMMddTHHmmssZ`, `expires` the seconds that it is good for where it was signed in
    the query, else None. `token` is the security token of temporary credentials, or empty.
    """

    access_key_id: str
    scope: V4Scope
    signed_headers: tuple[str, ...]
    signature: str
    date: str
    expires: int | None = None
    token: str = ""


def is_signed_v4(request: HttpRequest) -> bool:
    """Whether a request makes any claim to a signature of this kind."""
    return request.headers.get("authorization", "").startswith(V4_ALGORITHM) or any(
        name.lower() in ("x-amz-signature", "x-amz-algorithm") for name, _ in request.query
    )


def read_v4(request: HttpRequest) -> V4Authorization | V4Fault:
    """What the request says of its signature, in the header or else in the query."""
    header = request.headers.get("authorization", "")
    if header:
        return _read_header(header, request.headers)
    return _read_query(request.query)


def _read_header(header: str, headers: Mapping[str, str]) -> V4Authorization | V4Fault:
    algorithm, _, rest = header.strip().partition(" ")
    if algorithm != V4_ALGORITHM:
        return V4Fault.AUTHORIZATION
    parts = [part.strip().partition("=") for part in rest.split(",")]
    values = {name: value for name, _, value in parts}
    if len(values) != len(parts):
        return V4Fault.AUTHORIZATION
    return _read(
        credential=values.get("Credential", ""),
        names=values.get("SignedHeaders", ""),
        signature=values.get("Signature", ""),
        date=headers.get("x-amz-date", ""),
        expires=None,
        token=headers.get("x-amz-security-token", ""),
    )


def _read_query(query: Pairs) -> V4Authorization | V4Fault:
    own = [(name.lower(), value) for name, value in query if name.lower() in _QUERY_NAMES]
    values = dict(own)
    if len(values) != len(own) or values.get("x-amz-algorithm") != V4_ALGORITHM:
        return V4Fault.AUTHORIZATION
    expires = values.get("x-amz-expires", "")
    if not (expires.isascii() and expires.isdigit() and len(expires) <= 6):
        return V4Fault.EXPIRES
    if not 1 <= int(expires) <= LONGEST_PRESIGNED:
        return V4Fault.EXPIRES
    return _read(
        credential=values.get("x-amz-credential", ""),
        names=values.get("x-amz-signedheaders", ""),
        signature=values.get("x-amz-signature", ""),
        date=values.get("x-amz-date", ""),
        expires=int(expires),
        token=values.get("x-amz-security-token", ""),
    )


def _read(
    credential: str, names: str, signature: str, date: str, expires: int | None, token: str
) -> V4Authorization | V4Fault:
    key, *scope = credential.rsplit("/", 4)
    if len(scope) != 4 or not key or scope[3] != _TERMINATOR or not _DAY.fullmatch(scope[0]):
        return V4Fault.CREDENTIAL
    if not (_PLACE.fullmatch(scope[1]) and _PLACE.fullmatch(scope[2])):
        return V4Fault.CREDENTIAL
    signed = tuple(names.split(";"))
    if "" in signed or signed != tuple(sorted(set(signed))) or names != names.lower():
        return V4Fault.SIGNED_HEADERS
    if not _SIGNATURE.fullmatch(signature):
        return V4Fault.SIGNATURE
    if not _DATE.fullmatch(date) or date[:8] != scope[0]:
        return V4Fault.DATE
    return V4Authorization(
        key, V4Scope(scope[0], scope[1], scope[2]), signed, signature, date, expires, token
    )


def without_signature(query: Pairs) -> Pairs:
    """A query without the parameters of a signature."""
    return tuple(pair for pair in query if pair[0].lower() not in _QUERY_NAMES)


# --- what is signed -------------------------------------------------------------------------------


def v4_canonical_request(request: HttpRequest, signed_headers: tuple[str, ...]) -> str:
    """The text whose hash is signed; a signature in the query is no part of its own text."""
    # Sorted as encoded, not as decoded: a percent sign comes before every letter.
    encoded = sorted(
        (pe(name), pe(value)) for name, value in request.query if name.lower() != "x-amz-signature"
    )
    query = "&".join([f"{name}={value}" for name, value in encoded])
    headers = request.headers
    lines = [
        f"{name}:{_plain(headers.get(name) or (request.host if name == 'host' else ''))}\n"
        for name in signed_headers
    ]
    return (
        f"{request.method}\n{_canonical_path(request.path)}\n{query}\n{''.join(lines)}\n"
        f"{';'.join(signed_headers)}\n{body_hash(request.body)}"
    )


def _plain(value: str) -> str:
    return _SPACES.sub(" ", value.strip()) if " " in value else value


def _canonical_path(path: str) -> str:
    """The path without `.`, `..` and double slashes, encoded once more; S3 alone does neither."""
    if path == "/":
        return path
    kept: list[str] = []
    for part in path.split("/"):
        if part == "..":
            kept = kept[:-1]
        elif part not in ("", "."):
            kept.append(pe(part))
    tail = "/" if path.endswith("/") and kept else ""
    return f"/{'/'.join(kept)}{tail}"


def v4_string_to_sign(date: str, scope: V4Scope, canonical: str) -> str:
    """Algorithm, time, scope and the hash of the canonical request."""
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    return f"{V4_ALGORITHM}\n{date}\n{scope}\n{digest}"


def signing_key(secret: str, scope: V4Scope) -> bytes:
    """The key for one day, region and service."""
    key = f"AWS4{secret}".encode()
    for part in (scope.day, scope.region, scope.service, _TERMINATOR):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _signature(
    request: HttpRequest, signed: tuple[str, ...], date: str, scope: V4Scope, secret: str
) -> str:
    text = v4_string_to_sign(date, scope, v4_canonical_request(request, signed))
    return hmac.digest(signing_key(secret, scope), text.encode(), "sha256").hex()


def is_valid_v4(request: HttpRequest, authorization: V4Authorization, secret: str) -> bool:
    """Whether a received request carries the signature that its secret gives.

    Which headers are signed the request says itself, yet the host must be among them, and every
    `x-amz-*` header that was sent; a hash of the body that was sent must be the body's.
    """
    signed = frozenset(authorization.signed_headers)
    sent = {name for name in request.headers if name.startswith("x-amz-")}
    if "host" not in signed or not signed >= sent:
        return False
    if authorization.expires is None and "x-amz-date" not in signed:
        return False
    given = request.headers.get("x-amz-content-sha256")
    if given is not None and given != body_hash(request.body):
        return False
    expected = _signature(
        request, authorization.signed_headers, authorization.date, authorization.scope, secret
    )
    return hmac.compare_digest(expected.encode(), authorization.signature.encode())


# --- signing --------------------------------------------------------------------------------------


def sign_v4(
    request: HttpRequest,
    *,
    credentials: Credentials,
    region: str,
    service: str,
    date: str,
    also_signed: tuple[str, ...] = (),
) -> HttpRequest:
    """Give the request `x-amz-date` and the `authorization` header.

    `date` is UTC as `yyyyMMddTHHmmssZ`. Signed are the host, every `x-amz-*` header (those already
    in the request too), the content type, and those named in `also_signed`. The server checks the
    Host header that it receives: it has to be `request.host`, unless there is a `host` header.
    """
    headers = {**request.headers, "x-amz-date": date}
    if credentials.security_token is not None:
        headers["x-amz-security-token"] = credentials.security_token
    own = {name for name in headers if name.startswith("x-amz-") or name == "content-type"}
    signed = tuple(sorted(own.union(also_signed, ("host",))))
    scope = V4Scope(date[:8], region, service)
    dated = replace(request, headers=headers)
    signature = _signature(dated, signed, date, scope, credentials.secret)
    headers["authorization"] = (
        f"{V4_ALGORITHM} Credential={credentials.access_key_id}/{scope}, "
        f"SignedHeaders={';'.join(signed)}, Signature={signature}"
    )
    return dated


def presign_v4(
    request: HttpRequest,
    *,
    credentials: Credentials,
    region: str,
    service: str,
    date: str,
    expires: int,
) -> HttpRequest:
    """Put the signature into the query, good for `expires` seconds; only the host is signed."""
    scope = V4Scope(date[:8], region, service)
    own: tuple[tuple[str, str], ...] = (
        ("X-Amz-Algorithm", V4_ALGORITHM),
        ("X-Amz-Credential", f"{credentials.access_key_id}/{scope}"),
        ("X-Amz-Date", date),
        ("X-Amz-Expires", str(expires)),
        ("X-Amz-SignedHeaders", "host"),
    )
    if credentials.security_token is not None:
        own = (*own, ("X-Amz-Security-Token", credentials.security_token))
    unsigned = replace(request, query=(*request.query, *own), encoded_query=None)
    signature = _signature(unsigned, ("host",), date, scope, credentials.secret)
    return replace(unsigned, query=(*unsigned.query, ("X-Amz-Signature", signature)))
