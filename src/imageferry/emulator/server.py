"""The emulator on a loopback address: HTTP/1.1 over asyncio, kept alive, one write a reply.

Headers and body go out in one piece: with two writes and delayed acknowledgements a call would take
40 ms. A dropped connection is a real one, which is why no application server stands between.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import ssl
from collections import deque
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from urllib.parse import unquote_plus

import httptools

from imageferry.emulator.app import Answer, Emulator
from imageferry.wire.http import HttpRequest, HttpResponse, Pairs

_log = logging.getLogger(__name__)
_MAX_BODY = 1 << 20
_MAX_HEAD = 1 << 16
_FORM = "application/x-www-form-urlencoded"
_STATUS_LINES = {one.value: f"HTTP/1.1 {one.value} {one.phrase}\r\n" for one in HTTPStatus}


def decode_pairs(text: str) -> Pairs:
    """A query or form to decoded pairs: blank values are kept, `+` is a space."""
    pairs = []
    for part in text.split("&"):
        if part:
            name, _, value = part.partition("=")
            pairs.append((_decoded(name), _decoded(value)))
    return tuple(pairs)


def _decoded(text: str) -> str:
    return unquote_plus(text) if "%" in text or "+" in text else text


class Connection:
    """One client's connection; the methods are those that asyncio and httptools call."""

    def __init__(self, emulator: Emulator, connections: set[Connection], scheme: str) -> None:
        """Begin without a transport."""
        self._emulator = emulator
        self._connections = connections
        self._scheme = scheme
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpRequestParser(self)
        self._asked: deque[tuple[HttpRequest, bool]] = deque()
        self._is_waiting = False
        self.on_message_begin()

    # --- asyncio ----------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Begin."""
        self._transport = transport
        self._connections.add(self)

    def connection_lost(self, _: Exception | None) -> None:
        """End."""
        self._transport = None
        self._asked.clear()
        self._connections.discard(self)

    def eof_received(self) -> bool:
        """The client has said all; replies under way still go out."""
        return self._is_waiting

    def pause_writing(self) -> None:
        """The client does not read: ask nothing more of it."""
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """The client reads again."""
        if self._transport is not None:
            self._transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        """Bytes from the client."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._refuse(HTTPStatus.NOT_IMPLEMENTED)
        except httptools.HttpParserError:
            self._refuse(HTTPStatus.BAD_REQUEST)

    def close(self) -> None:
        """End the connection."""
        if self._transport is not None:
            self._transport.abort()

    # --- httptools --------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """A request begins."""
        self._url = b""
        self._headers: dict[str, str] = {}
        self._head_length = 0
        self._body = b""

    def on_url(self, url: bytes) -> None:
        """A part of the request's target."""
        self._url += url
        self._count(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header; of several with one name the values are joined by commas."""
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        self._headers[key] = f"{self._headers[key]},{text}" if key in self._headers else text
        self._count(len(name) + len(value))

    def _count(self, length: int) -> None:
        self._head_length += length
        if self._head_length > _MAX_HEAD:
            raise httptools.HttpParserError("the head is too long")

    def on_headers_complete(self) -> None:
        """The body follows, if there is one."""
        if self._headers.get("expect", "").lower() == "100-continue" and self._transport:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._body += body
        if len(self._body) > _MAX_BODY:
            raise httptools.HttpParserError("the body is too long")

    def on_message_complete(self) -> None:
        """The request is whole."""
        path, _, query = self._url.decode("latin-1").partition("?")
        # Some clients put the kind of an empty body wrong; only a form that is there is read.
        is_form = bool(self._body) and self._headers.get("content-type", "").startswith(_FORM)
        request = HttpRequest(
            method=self._parser.get_method().decode("latin-1"),
            scheme=self._scheme,
            host=self._headers.get("host", ""),
            path=path,
            query=decode_pairs(query),
            headers=self._headers,
            body=self._body,
            form=decode_pairs(self._body.decode("utf-8", "replace")) if is_form else (),
        )
        self._asked.append((request, bool(self._parser.should_keep_alive())))
        self._answer_asked()

    # --- replies ----------------------------------------------------------------------------------

    def _answer_asked(self) -> None:
        while self._asked and not self._is_waiting:
            request, keep_alive = self._asked.popleft()
            answer = self._answer(request)
            if answer.delay:
                self._is_waiting = True
                asyncio.get_running_loop().call_later(
                    answer.delay, self._send_late, answer, request.method, keep_alive
                )
            else:
                self._send(answer, request.method, keep_alive)

    def _answer(self, request: HttpRequest) -> Answer:
        try:
            return self._emulator.answer(request)
        except Exception:
            # As the cloud does: a fault of its own is told to who asked, and ends nobody else's call.
            _log.exception("the emulator failed in %s %s", request.method, request.path)
            body = (
                b'{"RequestId":"","HostId":"","Code":"InternalError",'
                b'"Message":"The emulator itself failed; its log says why.","Recommend":""}'
            )
            return Answer(HttpResponse(500, {"content-type": "application/json"}, body))

    def _send_late(self, answer: Answer, method: str, keep_alive: bool) -> None:
        self._is_waiting = False
        self._send(answer, method, keep_alive)
        self._answer_asked()

    def _send(self, answer: Answer, method: str, keep_alive: bool) -> None:
        if self._transport is None:
            return
        response = answer.response
        if response is None:
            self._transport.abort()
            return
        lines = [_STATUS_LINES.get(response.status) or f"HTTP/1.1 {response.status} \r\n"]
        lines += [f"{name}: {value}\r\n" for name, value in response.headers.items()]
        lines.append(f"content-length: {len(response.body)}\r\n")
        lines.append(
            "connection: keep-alive\r\n\r\n" if keep_alive else "connection: close\r\n\r\n"
        )
        head = "".join(lines).encode("latin-1")
        self._transport.write(head if method == "HEAD" else head + response.body)
        if not keep_alive:
            self._transport.close()

    def _refuse(self, status: HTTPStatus) -> None:
        if self._transport is not None:
            self._asked.clear()
            self._send(Answer(HttpResponse(status, {}, b"")), "", keep_alive=False)


async def serve(
    emulator: Emulator,
    *,
    port: int,
    on_ready: Callable[[int], None],
    host: str = "127.0.0.1",
    certificate: Path | None = None,
    certificate_key: Path | None = None,
) -> None:
    """Serve until cancelled; `on_ready` gets the port, which is a free one for port 0.

    With a certificate it speaks https. Raises ValueError for an address beyond loopback, OSError
    for a port that is taken. The emulator is left open.
    """
    if not (host == "localhost" or ipaddress.ip_address(host).is_loopback):
        raise ValueError(f'the emulator listens on loopback only; "{host}" is another address')
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, certificate_key)
    connections: set[Connection] = set()
    scheme = "https" if context else "http"
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(emulator, connections, scheme),  # type: ignore[arg-type,return-value]
        host,
        port,
        ssl=context,
        backlog=1024,
    )
    on_ready(server.sockets[0].getsockname()[1])
    try:
        await asyncio.get_running_loop().create_future()
    finally:
        server.close()
        for connection in tuple(connections):
            connection.close()
