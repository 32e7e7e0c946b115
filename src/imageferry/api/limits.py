"""Limits, BoundedConnection: how much and how long a connection may ask before it is cut off."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from imageferry.api.calls import Refusal

KIB = 1 << 10
MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is read of a request, in bytes, for how long, in seconds, and of how many clients.

    `request_time` is the time in which a whole request has to arrive, its head and its body. ROS
    clients put templates of 512 KiB into the query, percent-encoded: hence the long request line.
    """

    body: int = MIB + 512 * KIB
    target: int = 2 * MIB
    headers: int = 64 * KIB
    header_count: int = 100
    request_time: float = 30.0
    idle_time: int = 75
    connections: int = 4000

    @property
    def discarded(self) -> int:
        """Bytes of a body too large that are read and thrown away, so that the client reads why."""
        return max(8 * MIB, 4 * self.body)


class BoundedConnection(HttpToolsProtocol):
    """One client's connection, as uvicorn serves it, within limits (uvicorn knows it by class).

    Whoever is slower than the request time, or sends a longer head, is answered where that can be
    done, and the connection ends. `refused` is told of each.
    """

    def __init__(
        self, *arguments: Any, limits: Limits, refused: Callable[[Refusal], None], **named: Any
    ) -> None:
        super().__init__(*arguments, **named)
        self._limits = limits
        self._refused = refused
        self._alarm: asyncio.TimerHandle | None = None
        self._target_length = 0
        self._head_length = 0
        self._is_head_read = False
        self._status = HTTPStatus.BAD_REQUEST

    # --- asyncio ----------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin; the first request has to arrive in time, too."""
        super().connection_made(transport)
        if len(self.connections) > self._limits.connections:
            self._refused(Refusal.UNAVAILABLE)
            self._end(HTTPStatus.SERVICE_UNAVAILABLE, "too many connections")
            return
        self._set_alarm()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._stop_alarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes from the client; what comes after the end of a connection is not read."""
        if not self.transport.is_closing():
            super().data_received(data)

    # --- httptools --------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._target_length = self._head_length = 0
        self._is_head_read = False
        self._set_alarm()

    def on_url(self, url: bytes) -> None:
        """A part of the request's target."""
        self._target_length += len(url)
        if self._target_length > self._limits.target:
            self._give_up(HTTPStatus.REQUEST_URI_TOO_LONG, "the request line is too long")
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header, or what follows a body in pieces, which no proxy has looked at: left out."""
        self._head_length += len(name) + len(value)
        if (
            self._head_length > self._limits.headers
            or len(self.headers) >= self._limits.header_count
        ):
            self._give_up(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "the headers are too long")
        if not self._is_head_read:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The body follows, if there is one."""
        self._is_head_read = True
        # The parser of targets knows none longer than 64 KiB, and templates come in the query.
        self.url, _, query = self.url.partition(b"?")
        super().on_headers_complete()
        self.scope["query_string"] = query.partition(b"#")[0]
        # Where a fault of the emulated cloud ends the connection without a reply, so do we.
        self.scope["state"]["abort"] = self.transport.abort

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._stop_alarm()
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Say what is wrong with bytes that are no request, and end the connection."""
        if self._status is HTTPStatus.BAD_REQUEST:
            self._refused(Refusal.MALFORMED)
        if not self._is_answering():
            self._end(self._status, msg if self._status is HTTPStatus.BAD_REQUEST else "")
        else:
            # A reply to an earlier request is under way: another one now would mix with it.
            self.transport.abort()

    # --- ends -------------------------------------------------------------------------------------

    def _give_up(self, status: HTTPStatus, why: str) -> None:
        self._status = status
        self._refused(Refusal.TOO_LARGE)
        raise httptools.HttpParserError(why)

    def _end(self, status: HTTPStatus, why: str) -> None:
        """A reply in plain words, and no more."""
        body = f"{why or status.phrase.lower()}\n".encode()
        head = [f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode()]
        for name, value in self.server_state.default_headers:
            head += [name, b": ", value, b"\r\n"]
        head.append(
            b"content-type: text/plain; charset=utf-8\r\ncache-control: no-store\r\n"
            b"content-length: %d\r\n"
            b"connection: close\r\n\r\n" % len(body)
        )
        self._stop_alarm()
        self.transport.write(b"".join(head) + body)
        self.transport.close()

    def _is_answering(self) -> bool:
        """Whether a request has come so far that its reply is on the way."""
        cycle: object = self.cycle
        return cycle is not None and not self.cycle.response_complete

    def _set_alarm(self) -> None:
        self._stop_alarm()
        self._alarm = self.loop.call_later(self._limits.request_time, self._ring)

    def _stop_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _ring(self) -> None:
        """The request has not arrived in time."""
        self._alarm = None
        if self.transport.is_closing():
            return
        if self.pipeline:
            # It waits for the reply to the one before, and its bytes are not even read.
            self._set_alarm()
            return
        self._refused(Refusal.MALFORMED)
        cycle = self.cycle
        if not self._is_answering():
            self._end(HTTPStatus.REQUEST_TIMEOUT, "the request did not arrive in time")
        elif not cycle.response_started:
            # Its head has come and its body has not: whoever reads it is told that nobody is there.
            cycle.disconnected = True
            cycle.message_event.set()
            self._end(HTTPStatus.REQUEST_TIMEOUT, "the request did not arrive in time")
        else:
            self.transport.abort()
