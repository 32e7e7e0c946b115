"""What a request must pass before a page sees it, and the headers that every reply has."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from starlette.requests import Request

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

MOST_OF_A_PATH: Final = 8_192
"""Bytes of a path with its query; templates come in forms."""

_HOST: Final = re.compile(r"(\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(?::([0-9]{1,5}))?")


class TurnedAway(NamedTuple):
    """Why a request reaches no page: an HTTP status, what is said, and its word in the log."""

    status: int
    said: str
    word: str


def turned_away(request: Request, *, is_loopback: bool) -> TurnedAway | None:
    """Why a request reaches no page, whoever has sent it; None where it does."""
    host = request.headers.get("host", "")
    path, query = request.scope["path"], request.scope["query_string"]
    raw_path = request.scope.get("raw_path") or path.encode()
    if len(request.headers.getlist("host")) > 1:
        return TurnedAway(400, "there is more than one name of a host", "no host")
    if is_loopback and not is_own_name(host):
        return TurnedAway(421, "this is not that host", "foreign host")
    if host and not _is_host(host):
        return TurnedAway(400, "that is no name of a host", "no host")
    if len(raw_path) + len(query) > MOST_OF_A_PATH:
        said = f"a path may have {MOST_OF_A_PATH:,} bytes at most, with its query"
        return TurnedAway(414, said, "long path")
    if "\0" in path or b"%00" in query or b"\0" in query:
        return TurnedAway(400, "there is a character in the path that no text has", "no text")
    if request.method not in {"GET", "HEAD"} and is_from_elsewhere(request.headers):
        return TurnedAway(403, "a form of another site is not taken", "cross site")
    return None


def is_own_name(host: str) -> bool:
    """Whether a Host header names this machine itself.

    A page elsewhere may let its own name point here; its requests carry that name. Nobody can let
    an address of the loopback mean something else.
    """
    if not _is_host(host):
        return False
    name = host.lower() if host.endswith("]") else host.lower().rpartition(":")[0] or host.lower()
    if name == "localhost":
        return True
    try:
        return ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def is_from_elsewhere(headers: Mapping[str, str]) -> bool:
    """Whether a browser says that a page of another origin has sent this.

    What it says of itself counts first: a proxy may have changed the name that we are called by.
    """
    site = headers.get("sec-fetch-site", "")
    if site:
        return site not in {"same-origin", "none"}
    origin = headers.get("origin", "")
    if not origin:
        return False
    try:
        return urlsplit(origin).netloc.lower() != headers.get("host", "").lower()
    except ValueError:
        return True


def new_mark(entropy: Entropy) -> str:
    """What a browser keeps in a cookie while nobody has signed in there."""
    return entropy.new_id().replace("-", "")


def mark_token(mark: str) -> str:
    """What the form of that browser has to bring beside its cookie."""
    return hashlib.sha256(f"imageferry console form {mark}".encode()).hexdigest()


def is_token_of(mark: str, given: str) -> bool:
    """Whether a form belongs to a browser's cookie."""
    return bool(mark) and is_same(mark_token(mark), given)


def is_same(known: str, given: str) -> bool:
    """Whether two texts are the same, in a time that tells nothing of either, not even a length."""
    digests = (hashlib.sha256(one.encode("utf-8", "replace")).digest() for one in (known, given))
    return hmac.compare_digest(*digests)


def _is_host(host: str) -> bool:
    found = _HOST.fullmatch(host.lower())
    return found is not None and int(found[2] or 0) < 65_536


_NAME: Final = re.compile(r"[\w.:/-]{1,255}")


def only_name(text: str) -> str:
    """The text where it has the form of a name or an id; else it may be a secret, and is nothing."""
    return text if _NAME.fullmatch(text) else ""
