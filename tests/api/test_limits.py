"""BoundedConnection under uvicorn: who waits, who is cut off, and who is not."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest
import uvicorn

from imageferry.api.calls import Refusal
from imageferry.api.limits import BoundedConnection, Limits

TIME = 0.2
ONE = b"GET /%s HTTP/1.1\r\nHost: x\r\n\r\n"


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Says its path and query's length; `/slow` takes three times as long as a request may arrive."""
    if scope["path"] == "/slow":
        await asyncio.sleep(3 * TIME)
    if scope["path"] == "/drop":
        scope["state"]["abort"]()
        return
    while (await receive()).get("more_body"):
        pass
    names = b",".join(name for name, _ in scope["headers"]).decode()
    body = f"{names if scope['path'] == '/names' else scope['path']} {len(scope['query_string'])}".encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@contextlib.asynccontextmanager
async def listening(refused: list[Refusal], **limits: Any) -> AsyncIterator[int]:
    """The application on a free port, until the end."""
    bounded = Limits(request_time=TIME, **limits)
    protocol: Any = partial(BoundedConnection, limits=bounded, refused=refused.append)
    config = uvicorn.Config(app, http=protocol, ws="none", lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    server.capture_signals = contextlib.nullcontext  # type: ignore[assignment,method-assign]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = asyncio.create_task(server.serve([listener]))
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await serving


async def said(port: int, raw: bytes, seconds: float = 2.0) -> bytes:
    """What comes back until the other side ends the connection, or falls silent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(raw)
    received = b""
    with contextlib.suppress(TimeoutError, ConnectionError):
        async with asyncio.timeout(seconds):
            while piece := await reader.read(65536):
                received += piece
    writer.close()
    return received


def test_whoever_comes_when_all_places_are_taken_is_told_so() -> None:
    async def main() -> None:
        refused: list[Refusal] = []
        async with listening(refused, connections=2) as port:
            held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
            reply = await said(port, ONE % b"")
            assert reply.startswith(b"HTTP/1.1 503 ")
            assert reply.lower().count(b"\r\ndate: ") == 1
            assert refused[0] is Refusal.UNAVAILABLE
            for _, writer in held:
                writer.close()

    asyncio.run(main())


def test_a_reply_may_take_longer_than_a_request() -> None:
    async def main() -> None:
        refused: list[Refusal] = []
        async with listening(refused) as port:
            # The second waits for the first, and the first for nobody.
            reply = await said(port, ONE % b"slow" + ONE % b"next?abc", 4 * TIME)
            assert reply.count(b"HTTP/1.1 200 ") == 2
            assert reply.endswith(b"/next 3")
            assert refused == []

    asyncio.run(main())


def test_a_connection_is_dropped_without_a_reply() -> None:
    async def main() -> None:
        async with listening([]) as port:
            assert await said(port, ONE % b"drop") == b""

    asyncio.run(main())


@pytest.mark.parametrize(
    ("raw", "start", "reason"),
    [
        pytest.param(b"", b"HTTP/1.1 408 ", Refusal.MALFORMED, id="silence"),
        pytest.param(ONE % (b"a?" + b"b" * 2000), b"HTTP/1.1 414 ", Refusal.TOO_LARGE, id="target"),
        pytest.param(b"no http\r\n\r\n", b"HTTP/1.1 400 ", Refusal.MALFORMED, id="nonsense"),
        pytest.param(
            b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 11 + b"\r\n",
            b"HTTP/1.1 431 ",
            Refusal.TOO_LARGE,
            id="headers",
        ),
    ],
)
def test_what_is_cut_off_is_counted_once(raw: bytes, start: bytes, reason: Refusal) -> None:
    async def main() -> None:
        refused: list[Refusal] = []
        async with listening(refused, target=1000, header_count=10) as port:
            assert (await said(port, raw)).startswith(start)
            assert refused == [reason]

    asyncio.run(main())


def test_nonsense_behind_a_request_does_not_mix_with_its_reply() -> None:
    async def main() -> None:
        async with listening([]) as port:
            assert await said(port, ONE % b"slow" + b"no http\r\n\r\n", 5 * TIME) == b""

    asyncio.run(main())


def test_a_query_longer_than_64_kib_arrives_whole() -> None:
    async def main() -> None:
        async with listening([]) as port:
            reply = await said(port, ONE % (b"a?" + b"b" * 300_000), TIME / 2)
            assert reply.endswith(b"/a 300000")

    asyncio.run(main())


@pytest.mark.parametrize("at_once", [True, False])
def test_what_follows_a_body_in_pieces_is_no_header(at_once: bool) -> None:
    """A proxy looks at headers alone, and sets those that say who the client is."""

    async def main() -> None:
        head = b"POST /names HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
        tail = b"1\r\na\r\n0\r\nx-forwarded-for: 192.0.2.1\r\nx-acs-action: x\r\n\r\n"
        async with listening([]) as port:
            if at_once:
                reply = await said(port, head + tail, TIME / 2)
            else:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(head)
                await asyncio.sleep(TIME / 4)
                writer.write(tail)
                reply = await reader.read(65536)
                writer.close()
            assert reply.endswith(b"host,transfer-encoding 0")

    asyncio.run(main())
