"""make_site: the one address as an ASGI application: the APIs, health, readiness and metrics."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from imageferry.api.calls import Refusal, Refused
from imageferry.api.door import CONTROL_PATH, Door, Passage, plain
from imageferry.api.limits import Limits
from imageferry.api.logs import LOG, RequestLine, log_request, word
from imageferry.api.metrics import CONTENT_TYPE, Metrics
from imageferry.api.reading import headers_of, request_of
from imageferry.ports.senses import Clock
from imageferry.wire.http import HttpRequest, HttpResponse

Check = Callable[[], Awaitable[str]]
"""Looks whether something that is needed answers; gives why not, or an empty text."""

Look = Callable[[], Awaitable[None]]
"""Brings the figures that are read from the database up to now."""


@dataclass(frozen=True, slots=True)
class Site:
    """What one address is made of; `checks` are asked by readiness, under their names.

    `beside` are the routes of whatever else is served there, and `front` the path of it that a
    browser is sent to that asks for nothing else.
    """

    door: Door
    metrics: Metrics
    clock: Clock
    limits: Limits
    checks: tuple[tuple[str, Check], ...] = ()
    look: Look | None = None
    beside: tuple[BaseRoute, ...] = ()
    front: str = ""


class _Gone(Exception):
    """The client is gone, or was too slow, before its request was whole."""


class _TooLarge(Exception):
    """The body has more bytes than are read; `is_read` where its end was seen nevertheless."""

    def __init__(self, *, is_read: bool) -> None:
        self.is_read = is_read
        super().__init__("the body is too large")


def make_site(site: Site) -> Starlette:
    """The application."""
    endpoint = _ApiEndpoint(site)

    async def health(_: Request) -> Response:
        return _text(200, "alive")

    async def readiness(_: Request) -> Response:
        reasons = {name: why for name, check in site.checks if (why := await check())}
        document = {"ready": not reasons, "reasons": reasons}
        return Response(
            json.dumps(document) + "\n", 503 if reasons else 200, media_type="application/json"
        )

    async def figures(request: Request) -> Response:
        if not _is_near(request.client.host if request.client is not None else ""):
            # How much is done here is nothing for strangers, and each look costs the database one.
            return _text(404, _ELSEWHERE)
        if site.look is not None:
            await site.look()
        return Response(site.metrics.page(), headers={"content-type": CONTENT_TYPE})

    async def unknown(request: Request, fault: Exception) -> Response:
        status = fault.status_code if isinstance(fault, HTTPException) else 404
        headers = fault.headers if isinstance(fault, HTTPException) else None
        return _text(status, _ELSEWHERE if status == 404 else "use GET", headers)

    app = Starlette(
        routes=[
            Route("/", endpoint, include_in_schema=False),
            Route("/healthz", health),
            Route("/readyz", readiness),
            Route("/metrics", figures),
            *site.beside,
            Mount(CONTROL_PATH.rstrip("/"), endpoint),
        ],
        exception_handlers={HTTPException: unknown},
        middleware=[Middleware(_Unkept)],
    )
    app.router.redirect_slashes = False
    return app


_ELSEWHERE: Final = (
    "there is nothing here: the APIs are at /, and beside them /console, /healthz, /readyz and"
    " /metrics"
)


def _is_from_address_line(scope: Scope) -> bool:
    """Whether a person in front of a browser asks for the address itself; no client of an API does."""
    if scope["method"] != "GET" or scope["path"] != "/" or scope["query_string"]:
        return False
    headers = dict(scope["headers"])
    return b"text/html" in headers.get(b"accept", b"") and b"authorization" not in headers


class _Unkept:
    """ASGI: no cache keeps a reply that does not say so itself: templates and names are in them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).setdefault("cache-control", "no-store")
            await send(message)

        await self._app(scope, receive, sent)


def _text(status: int, said: str, headers: object = None) -> Response:
    more = dict(headers) if isinstance(headers, dict) else None
    return Response(f"{said}\n", status, headers=more, media_type="text/plain")


class _ApiEndpoint:
    """ASGI: one request from its bytes to the door, and the reply back, counted and written down."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        site = self._site
        if site.front and _is_from_address_line(scope):
            await RedirectResponse(site.front, 303)(scope, receive, send)
            return
        began = site.clock.monotonic()
        site.metrics.begin()
        headers = headers_of(scope["headers"])
        client = scope.get("client")
        source = client[0] if client else ""
        received, passage, is_whole = 0, None, True
        try:
            try:
                request, received, is_whole, refused = await self._read(scope, receive, headers)
            except _Gone:
                return
            try:
                if refused is None:
                    local = _is_loopback(source)
                    passage = await site.door.answer(request, source, is_local=local)
                else:
                    passage = site.door.refuse(request, refused)
                    if headers.get("content-encoding"):
                        passage = passage.with_status(415)
            except Exception:
                # Not even the door could answer, so that there are no words of an API to do it in.
                LOG.exception("the server failed")
                passage = replace(_NOTHING, response=plain(500, "the server failed"))
            if passage.response is None:
                scope["state"]["abort"]()
                return
            await _reply(send, passage.response, is_last=not is_whole)
        finally:
            took = site.clock.monotonic() - began
            self._note(scope, passage, took, received, source)

    async def _read(
        self, scope: Scope, receive: Receive, headers: dict[str, str]
    ) -> tuple[HttpRequest, int, bool, Refused | None]:
        """The request, how many bytes its body has, whether all were read, and what is wrong."""
        limits = self._site.limits
        refused: Refused | None = None
        body, is_whole = b"", True
        if headers.get("content-encoding", "identity").strip().lower() not in {"identity", ""}:
            # What a few bytes unfold to is not known before; no client of these APIs needs it.
            refused = Refused(Refusal.MALFORMED, "bodies are sent as they are, not encoded")
            is_whole = await _discard(receive, limits.discarded)
        else:
            try:
                body = await _body(receive, headers, limits)
            except _TooLarge as large:
                is_whole = large.is_read
                refused = Refused(
                    Refusal.TOO_LARGE, f"a body may have {limits.body} bytes at most", "body"
                )
        raw_path = scope.get("raw_path") or scope["path"].encode()
        path, query = raw_path.decode("latin-1"), scope["query_string"]
        method, scheme = scope["method"], scope["scheme"]
        try:
            request = request_of(method, scheme, path, query, headers, body)
        except Refused as unreadable:
            refused = refused or unreadable
            request = request_of(method, scheme, path, b"", headers, b"")
        return request, len(body), is_whole, refused

    def _note(
        self, scope: Scope, passage: Passage | None, took: float, received: int, source: str
    ) -> None:
        response = passage.response if passage is not None else None
        # 499 is what log readers know for a client that left; it is never sent.
        status = response.status if response is not None else 499
        facts = passage or _NOTHING
        self._site.metrics.end(facts.api, facts.counted_as, status, took)
        if facts.refusal is not None:
            self._site.metrics.refused(facts.refusal)
        log_request(
            RequestLine(
                facts.request_id,
                facts.api,
                word(facts.action),
                facts.key_id,
                facts.account_id,
                word(facts.region),
                scope["method"],
                scope["path"],
                status,
                round(took * 1000, 2),
                received,
                len(response.body) if response is not None else 0,
                source,
                facts.refusal.value if facts.refusal is not None else "",
            )
        )


_NOTHING: Final = Passage(None, "", "none", "", "none")


async def _body(receive: Receive, headers: dict[str, str], limits: Limits) -> bytes:
    """The body; raises _TooLarge, _Gone."""
    declared = headers.get("content-length", "0")
    if declared.isascii() and declared.isdigit() and int(declared[:20]) > limits.body:
        # Who asks first whether to send it is told no, and sends nothing.
        is_asked = "100-continue" in headers.get("expect", "").lower()
        raise _TooLarge(is_read=not is_asked and await _discard(receive, limits.discarded))
    parts: list[bytes] = []
    length = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        part = message.get("body", b"")
        length += len(part)
        if length > limits.body:
            is_whole = not message.get("more_body", False)
            is_read = is_whole or await _discard(receive, limits.discarded)
            raise _TooLarge(is_read=is_read)
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


async def _discard(receive: Receive, most: int) -> bool:
    """Read what comes and forget it, so that the client reads our reply; True where it ended."""
    length = 0
    while length <= most:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        length += len(message.get("body", b""))
        if not message.get("more_body", False):
            return True
    return False


async def _reply(send: Send, response: HttpResponse, *, is_last: bool) -> None:
    headers = [
        (name.lower().encode("latin-1", "replace"), _header_value(value))
        for name, value in response.headers.items()
        if name.lower() not in {"content-length", "date", "connection"}
    ]
    headers.append((b"content-length", str(len(response.body)).encode()))
    if is_last:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})


def _header_value(value: str) -> bytes:
    return "".join(one if one.isprintable() else " " for one in value).encode("latin-1", "replace")


def _is_loopback(source: str) -> bool:
    try:
        return ipaddress.ip_address(source).is_loopback
    except ValueError:
        return False


def _is_near(source: str) -> bool:
    """Whether it is an address of this machine, or of a network without public ones."""
    try:
        return not ipaddress.ip_address(source).is_global
    except ValueError:
        return False
