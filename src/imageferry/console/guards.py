"""What a request must pass before a page sees it, and the headers that every reply has."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from imageferry.ports.senses import Entropy

HEADERS: Final[Mapping[str, str]] = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
        " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
"""Nothing runs in a page but our own script; nothing frames it, and nothing is told where it was."""

_OWN_NAMES: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})


def is_own_name(host: str) -> bool:
    """Whether a Host header names this machine itself.

    A page elsewhere may let its own name point here; its requests carry that name.
    """
    name = host.lower()
    if name.startswith("["):
        return name.partition("]")[0] + "]" in _OWN_NAMES
    return name.partition(":")[0] in _OWN_NAMES


def is_from_elsewhere(headers: Mapping[str, str]) -> bool:
    """Whether a browser says that a page of another origin has sent this."""
    site = headers.get("sec-fetch-site", "")
    if site and site not in {"same-origin", "none"}:
        return True
    origin = headers.get("origin", "")
    if not origin:
        return False
    return urlsplit(origin).netloc.lower() != headers.get("host", "").lower()


def new_mark(entropy: Entropy) -> str:
    """What a browser keeps in a cookie while nobody has signed in there."""
    return entropy.new_id().replace("-", "")


def mark_token(mark: str) -> str:
    """What the form of that browser has to bring beside its cookie."""
    return hashlib.sha256(f"imageferry console form {mark}".encode()).hexdigest()


def is_token_of(mark: str, given: str) -> bool:
    """Whether a form belongs to a browser's cookie."""
    return bool(mark) and hmac.compare_digest(
        mark_token(mark).encode(), given.encode("utf-8", "surrogateescape")
    )
