"""An HTTP request and its reply as values, for clients, servers and the signer alike."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

Pairs = tuple[tuple[str, str], ...]
"""Decoded name/value pairs of a query string or a form, in the order they were sent."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request.

    `host` is the authority that the client talks to (`host[:port]`), `scheme` is `http` or `https`,
    `query` and `form` hold *decoded* pairs, `headers` have lower-case names. `body` are the raw
    bytes (the form's encoding where there is a form). `encoded_query` is the query as it was
    signed, where somebody has encoded it already; it may stand in the URL as it is. `confirm` is
    awaited once there is a connection, directly before anything is written to it; what it raises
    is raised, and nothing was sent.
    """

    method: str
    scheme: str
    host: str
    path: str
    query: Pairs = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    form: Pairs = ()
    encoded_query: str | None = None
    confirm: Callable[[], Awaitable[None]] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """One reply; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Send = Callable[[HttpRequest], Awaitable[HttpResponse]]
"""Carries one request to a server and brings its reply back; raises OSError when there is none."""
