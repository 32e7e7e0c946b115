"""The transport against servers of the test's own on loopback."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from imageferry.cloud.errors import NotSent, NotTrusted
from imageferry.cloud.transport import HttpTransport
from imageferry.wire.alibaba_signing import canonical_query
from imageferry.wire.http import HttpRequest
from tests.cloud.certificates import certificate

Answering = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def served(answering: Answering) -> AsyncIterator[str]:
    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        try:
            await answering(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.close()
        for writer in writers:
            writer.close()
        await server.wait_closed()


QUERY = (("Name", "web 01*~/镜像"), ("Empty", ""), ("Plus", "a+b=c&d"))


def test_the_query_travels_as_it_was_signed_on_one_connection() -> None:
    heads: list[bytes] = []
    connections: list[int] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(1)
        while True:
            heads.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(b"HTTP/1.1 200 OK\r\nX-Acs-Some: 1\r\nContent-Length: 2\r\n\r\n{}")
            await writer.drain()

    async def run() -> None:
        async with served(answer) as host, HttpTransport({}) as transport:
            request = HttpRequest("POST", "http", host, "/", QUERY, {"x-acs-action": "X"})
            for _ in range(3):
                response = await transport.send(request)
                assert (response.status, response.body) == (200, b"{}")
                assert response.headers["x-acs-some"] == "1"
            for head in heads:
                lines = head.decode().split("\r\n")
                assert lines[0] == f"POST /?{canonical_query(QUERY)} HTTP/1.1"
                names = [line.partition(":")[0].lower() for line in lines[1:] if line]
                assert [line for line in lines if line.lower() == f"host: {host}"]
                assert names.count("host") == 1
                assert "x-acs-action" in names

    asyncio.run(run())
    assert len(heads) == 3
    assert len(connections) == 1


@pytest.mark.parametrize(
    "partial",
    [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}", b"garbage\r\n\r\n"],
    ids=["nothing", "half a body", "no http"],
)
def test_a_reply_that_breaks_off_is_an_os_error(partial: bytes) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(partial)
        await writer.drain()

    async def run() -> None:
        async with served(answer) as host, HttpTransport({}) as transport:
            with pytest.raises(OSError) as caught:
                await transport.send(HttpRequest("POST", "http", host, "/"))
            assert not isinstance(caught.value, NotSent)

    asyncio.run(run())


def test_a_closed_port_means_that_nothing_was_sent() -> None:
    async def run() -> None:
        async with served(lambda reader, writer: asyncio.sleep(0)) as host:
            pass
        async with HttpTransport({}) as transport:
            with pytest.raises(NotSent, match="cannot be reached"):
                await transport.send(HttpRequest("POST", "http", host, "/"))

    asyncio.run(run())


# --- TLS ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_certificates_are_verified_and_a_bundle_can_be_named(tmp_path: Path, variable: str) -> None:
    public, private = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
        await writer.drain()

    async def run() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
        host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        request = HttpRequest("POST", "https", host, "/")
        try:
            async with HttpTransport({variable: str(public)}) as trusting:
                assert (await trusting.send(request)).status == 200
            async with HttpTransport({}) as strict:
                with pytest.raises(NotTrusted, match="SSL_CERT_FILE"):
                    await strict.send(request)
        finally:
            server.close()

    asyncio.run(run())


def test_what_is_confirmed_is_confirmed_between_connection_and_first_byte() -> None:
    heads: list[bytes] = []
    connections: list[int] = []
    seen: list[tuple[int, int]] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(1)
        while True:
            heads.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            await writer.drain()

    async def mine() -> None:
        # Time for the server to read what had been sent before, if anything had.
        await asyncio.sleep(0.05)
        seen.append((len(connections), len(heads)))

    async def lost() -> None:
        raise LookupError

    async def run() -> None:
        async with served(answer) as host, HttpTransport({}) as transport:
            request = HttpRequest("POST", "http", host, "/")
            careful = replace(request, confirm=mine)
            for one in (careful, request, careful):
                assert (await transport.send(one)).body == b"{}"
            assert seen == [(1, 0), (1, 2)]
            with pytest.raises(LookupError):
                await transport.send(replace(request, confirm=lost))
            assert (await transport.send(request)).body == b"{}"
            assert len(heads) == 4

    asyncio.run(run())
