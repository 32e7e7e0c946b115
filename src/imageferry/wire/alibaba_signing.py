"""Alibaba Cloud request signatures, both generations: sign and check.

Pure, and written from decoded name/value pairs: four spellings of one query string are on the wire
(`+` or `%20`, `*` or `%2A`, ...), so raw text is never compared. Two generations exist:

- V3, `ACS3-HMAC-SHA256`, in the `Authorization` header: SHA-256 over method, path, query, chosen
  headers and the body's hash; the HMAC key is the secret alone.
- V1, HMAC-SHA1, in the parameter `Signature`: over method and every parameter of query and form;
  the HMAC key is the secret followed by `&`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from imageferry.wire.http import HttpRequest, Pairs

V3_ALGORITHM = "ACS3-HMAC-SHA256"
EMPTY_BODY_HASH = hashlib.sha256(b"").hexdigest()

_UNRESERVED = re.compile(r"[A-Za-z0-9_.~-]*\Z").match
_ENCODED = tuple(
    chr(byte) if byte < 128 and _UNRESERVED(chr(byte)) else f"%{byte:02X}" for byte in range(256)
)
"""Each byte as it is written; `quote` of the library takes three times as long."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """An access key, temporary when it has a security token; the secrets are never printed."""

    access_key_id: str
    secret: str = field(repr=False)
    security_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Authorization:
    """What the `Authorization` header of a V3 request says."""

    access_key_id: str
    signed_headers: tuple[str, ...]
    signature: str


def pe(text: str) -> str:
    """Percent-encode as UTF-8; unreserved are `A-Z a-z 0-9 - _ . ~`, hex is upper case."""
    # Most names and values need nothing, and anything else costs ten times this look.
    return text if _UNRESERVED(text) else "".join([_ENCODED[byte] for byte in text.encode()])


@lru_cache(maxsize=512)
def _encoded_name(name: str) -> str:
    return pe(name)


def canonical_query(pairs: Pairs) -> str:
    """Decoded pairs sorted by name and encoded; this text may also stand in the URL as it is."""
    return "&".join([f"{_encoded_name(name)}={pe(value)}" for name, value in sorted(pairs)])


def body_hash(body: bytes) -> str:
    """The lower hexadecimal SHA-256 of a body."""
    return hashlib.sha256(body).hexdigest() if body else EMPTY_BODY_HASH


# --- V3 -------------------------------------------------------------------------------------------


def sign_v3(
    request: HttpRequest,
    *,
    action: str,
    version: str,
    credentials: Credentials,
    date: str,
    nonce: str,
    also_signed: tuple[str, ...] = (),
) -> HttpRequest:
    """Give the request its `x-acs-*` headers and the `authorization` header.

    `date` is UTC as `yyyy-MM-ddTHH:mm:ssZ`. Signed are the host, every `x-acs-*` header (those
    already in the request too) and those named in `also_signed`. The server checks the Host header
    that it receives: it has to be `request.host`, unless the request carries a `host` header.
    """
    headers = {
        **request.headers,
        "x-acs-action": action,
        "x-acs-content-sha256": body_hash(request.body),
        "x-acs-date": date,
        "x-acs-signature-nonce": nonce,
        "x-acs-version": version,
    }
    if credentials.security_token is not None:
        headers["x-acs-accesskey-id"] = credentials.access_key_id
        headers["x-acs-security-token"] = credentials.security_token
    signed_headers = _signed_headers(tuple(headers), also_signed)
    query = canonical_query(request.query)
    unsigned = HttpRequest(
        request.method,
        request.scheme,
        request.host,
        request.path,
        request.query,
        headers,
        request.body,
        request.form,
        query,
    )
    signature = _v3_signature(
        canonical_request(unsigned, signed_headers, headers["x-acs-content-sha256"], query),
        credentials.secret,
    )
    headers["authorization"] = (
        f"{V3_ALGORITHM} Credential={credentials.access_key_id},"
        f"SignedHeaders={';'.join(signed_headers)},Signature={signature}"
    )
    return unsigned


@lru_cache(maxsize=64)
def _signed_headers(names: tuple[str, ...], also_signed: tuple[str, ...]) -> tuple[str, ...]:
    """The names that are signed, sorted; a client asks for few different ones."""
    own = {name for name in names if name.startswith("x-acs-")}
    return tuple(sorted(own.union(also_signed, ("host",))))


def canonical_request(
    request: HttpRequest,
    signed_headers: tuple[str, ...],
    content_hash: str,
    query: str | None = None,
) -> str:
    """The text whose hash is signed; `query` is the canonical query where it is known already."""
    query = canonical_query(request.query) if query is None else query
    headers: Mapping[str, str] = request.headers
    lines = [
        f"{name}:{(headers.get(name) or (request.host if name == 'host' else '')).strip()}\n"
        for name in signed_headers
    ]
    return (
        f"{request.method}\n{request.path}\n{query}\n{''.join(lines)}\n"
        f"{';'.join(signed_headers)}\n{content_hash}"
    )


def v3_string_to_sign(canonical: str) -> str:
    """The algorithm's name and the hash of the canonical request."""
    return f"{V3_ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"


def _v3_signature(canonical: str, secret: str) -> str:
    return hmac.digest(secret.encode(), v3_string_to_sign(canonical).encode(), "sha256").hex()


def read_authorization(header: str) -> Authorization | None:
    """Take a V3 `Authorization` header apart; None if it is not one, lacks a part or has one twice."""
    algorithm, _, rest = header.strip().partition(" ")
    if algorithm != V3_ALGORITHM:
        return None
    given = tuple(_assignments(rest.split(",")))
    parts = dict(given)
    if len(parts) != len(given):
        return None
    credential, names = parts.get("Credential", ""), parts.get("SignedHeaders", "")
    signature = parts.get("Signature", "")
    if not (credential and names and signature):
        return None
    return Authorization(credential, tuple(names.lower().split(";")), signature)


def _assignments(parts: Iterable[str]) -> Iterable[tuple[str, str]]:
    for part in parts:
        name, _, value = part.strip().partition("=")
        yield name, value


_MUST_BE_SIGNED = frozenset({"host", "x-acs-action", "x-acs-date", "x-acs-signature-nonce"})


def v3_server_string(request: HttpRequest, authorization: Authorization) -> str:
    """The string that the server signs for a received request, for its error message."""
    return v3_string_to_sign(
        canonical_request(request, authorization.signed_headers, body_hash(request.body))
    )


def is_valid_v3(request: HttpRequest, authorization: Authorization, secret: str) -> bool:
    """Whether a received request carries the signature that its secret gives.

    The names of the signed headers come from the request, yet those that say what is asked, when
    and where must be among them, and every `x-acs-*` header that was sent.
    """
    signed = frozenset(authorization.signed_headers)
    sent = {name for name in request.headers if name.startswith("x-acs-")}
    if not (signed >= _MUST_BE_SIGNED and signed >= sent):
        return False
    content_hash = body_hash(request.body)
    if request.headers.get("x-acs-content-sha256", content_hash) != content_hash:
        return False
    expected = _v3_signature(
        canonical_request(request, authorization.signed_headers, content_hash), secret
    )
    return hmac.compare_digest(expected.encode(), authorization.signature.encode())


# --- V1 -------------------------------------------------------------------------------------------


def sign_v1(
    request: HttpRequest,
    *,
    action: str,
    version: str,
    credentials: Credentials,
    date: str,
    nonce: str,
    response_format: str = "JSON",
) -> HttpRequest:
    """Give the request's query the common parameters and `Signature`; others stay as they are."""
    common: dict[str, str] = {
        "Action": action,
        "Version": version,
        "Format": response_format,
        "AccessKeyId": credentials.access_key_id,
        "SignatureMethod": "HMAC-SHA1",
        "SignatureVersion": "1.0",
        "SignatureNonce": nonce,
        "Timestamp": date,
    }
    if credentials.security_token is not None:
        common["SecurityToken"] = credentials.security_token
    query = (*request.query, *common.items())
    text = v1_string_to_sign(request.method, (*query, *request.form))
    return replace(request, query=(*query, ("Signature", _v1_signature(text, credentials.secret))))


def v1_string_to_sign(method: str, pairs: Pairs) -> str:
    """The text that is signed, from every parameter of query and form; `Signature` is left out."""
    signed = tuple(pair for pair in pairs if pair[0] != "Signature")
    # What is encoded already has but these three that are reserved; a template is long.
    query = canonical_query(signed)
    twice = query.replace("%", "%25").replace("=", "%3D").replace("&", "%26")
    return f"{method}&%2F&{twice}"


def _v1_signature(text: str, secret: str) -> str:
    digest = hmac.digest(f"{secret}&".encode(), text.encode(), "sha1")
    return base64.b64encode(digest).decode("ascii")


def is_valid_v1(request: HttpRequest, secret: str) -> bool:
    """Whether a received request carries the signature that its secret gives."""
    pairs = (*request.query, *request.form)
    given = [value for name, value in pairs if name == "Signature"]
    if len(given) != 1:
        return False
    expected = _v1_signature(v1_string_to_sign(request.method, pairs), secret)
    return hmac.compare_digest(expected.encode(), given[0].encode())
