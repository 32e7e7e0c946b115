"""Texts fetched over loopback: bounds, redirects, names that stand for what is not allowed."""

from __future__ import annotations

import asyncio
import gzip
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cryptography import x509

from imageferry.cloud.fetching import HttpFetcher
from imageferry.cloud.outlets import Outlet
from imageferry.ports.fetching import FetchRefused
from tests.cloud.certificates import certificate

NAME = "templates.example.com"
TEXT = b"ROSTemplateFormatVersion: '2015-09-01'\n"
HIDDEN = "Signature=hush-hush"
MOST = 1000

Reply = Callable[[str], bytes]
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(talk: Talk, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A server on loopback, every connection closed in the end."""
    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        try:
            await talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in writers:
            writer.close()
        await server.wait_closed()
        # What was closed has to be heard of by the loop.
        await asyncio.sleep(0)


@asynccontextmanager
async def served(
    reply: Reply, asked: list[str], context: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    """A server that answers each head with what `reply` gives for it."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        asked.append(head)
        writer.write(reply(head))
        await writer.drain()

    async with serving(talk, context) as port:
        yield port


def answer(body: bytes = TEXT, status: str = "200 OK", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Names:
    """A resolver with answers of its own, each list used once and the last for ever."""

    def __init__(self, answers: Mapping[str, Sequence[Sequence[str]]]) -> None:
        self.answers = {name: list(lists) for name, lists in answers.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        lists = self.answers.get(host)
        if lists is None:
            raise OSError("no such name")
        return lists.pop(0) if len(lists) > 1 else lists[0]


def fetcher(port: int, *hosts: str, timeout: float = 10.0, **choices: object) -> HttpFetcher:
    given = {
        "allowed_schemes": ("https", "http"),
        "private_allowed": ("127.0.0.1",),
        "resolve": Names({NAME: [["127.0.0.1"]]}),
        **choices,
    }
    rules = [f"{host}:{port}" for host in hosts or (NAME,)]
    return HttpFetcher(Outlet(rules, **given), timeout)  # type: ignore[arg-type]


def fetched(reply: Reply, path: str = "/t.yml", *hosts: str, **choices: object) -> bytes:
    """What is fetched of a server with these answers; raises FetchRefused."""
    return run(reply, [], path, *hosts, **choices)


def run(
    reply: Reply, asked: list[str], path: str = "/t.yml", *hosts: str, **choices: object
) -> bytes:
    async def program() -> bytes:
        async with served(reply, asked) as port:
            fetch = fetcher(port, *hosts, **choices)
            return await fetch(f"http://{NAME}:{port}{path}", MOST)

    return asyncio.run(program())


def test_a_text_is_fetched_by_the_address_that_was_checked() -> None:
    asked: list[str] = []
    names = Names({NAME: [["127.0.0.1"], ["100.100.100.200"]]})
    assert run(lambda _: answer(), asked, f"/a%2Fb?{HIDDEN}", resolve=names) == TEXT
    # Asked once: no other answer can come between the check and the connection.
    assert names.asked == [NAME]
    (head,) = asked
    assert head.startswith(f"GET /a%2Fb?{HIDDEN} HTTP/1.1\r\n")
    assert f"\r\nHost: {NAME}:" in head
    assert "\r\nAccept-Encoding: identity\r\n" in head


def test_the_second_address_is_tried_where_the_first_does_not_answer() -> None:
    names = Names({NAME: [["127.0.0.2", "127.0.0.1"]]})
    allowed = ("127.0.0.0/8",)
    assert fetched(lambda _: answer(), resolve=names, private_allowed=allowed) == TEXT


def chunked(body: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    pieces = [body[first : first + 100] for first in range(0, len(body), 100)]
    return head + b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        pytest.param(answer(status="404 Not Found"), "status 404", id="not found"),
        pytest.param(answer(status="403 Forbidden"), "status 403", id="not admitted"),
        pytest.param(answer(status="206 Partial Content"), "status 206", id="a part"),
        pytest.param(answer(b"a" * (MOST + 1)), "larger than 1000 bytes", id="too large"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n",
            "larger than 1000 bytes",
            id="10 GB announced",
        ),
        pytest.param(chunked(b"a" * 100_000), "larger than 1000 bytes", id="many pieces"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\n\r\n" + b"a" * 100_000, "larger than 1000 bytes", id="no length"
        ),
        pytest.param(
            answer(gzip.compress(b"a" * 100_000), Content_Encoding="gzip"),
            "compressed form",
            id="a bomb",
        ),
        pytest.param(answer(b"abc")[:-2], "broke off", id="cut short"),
        pytest.param(b"SSH-2.0-OpenSSH\r\n\r\n", "no HTTP", id="another protocol"),
        pytest.param(b"", "broke off", id="nothing"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", "no HTTP", id="a long head"
        ),
    ],
)
def test_what_does_not_answer_as_it_should_is_told(reply: bytes, said: str) -> None:
    with pytest.raises(FetchRefused) as refused:
        fetched(lambda _: reply, f"/t.yml?{HIDDEN}")
    assert said in refused.value.message
    assert NAME in refused.value.message
    assert not refused.value.is_forbidden
    assert "hush" not in f"{refused.value} {refused.value.remedy}"


def test_as_much_as_is_allowed_is_fetched() -> None:
    assert fetched(lambda _: answer(b"a" * MOST)) == b"a" * MOST
    assert fetched(lambda _: chunked(b"a" * MOST) + b"0\r\n\r\n") == b"a" * MOST


async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Say a little for ever, and nothing whole."""
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while not writer.is_closing():
        writer.write(b"X: a\r\n")
        await writer.drain()
        await asyncio.sleep(0.02)


async def keep_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Take everything, and say nothing."""
    await reader.read()


@pytest.mark.parametrize("talk", [drip, keep_silent], ids=["a head without end", "silence"])
def test_the_time_is_bounded(talk: Talk) -> None:
    async def program() -> None:
        async with serving(talk) as port:
            with pytest.raises(FetchRefused, match=r"took longer than 0\.2 s") as refused:
                await fetcher(port, timeout=0.2)(f"http://{NAME}:{port}/?{HIDDEN}", MOST)
        assert "hush" not in str(refused.value)

    asyncio.run(program())


@pytest.mark.parametrize(
    "found",
    [
        ["127.0.0.1"],
        ["100.100.100.200"],
        ["169.254.169.254"],
        ["10.0.0.1"],
        ["::1"],
        ["::ffff:169.254.169.254"],
        ["64:ff9b::6464:64c8"],
        ["fe80::1%eth0"],
        ["8.8.8.8", "192.168.0.1"],
    ],
    ids=" ".join,
)
def test_a_name_that_stands_for_what_is_not_public_is_not_asked(found: list[str]) -> None:
    asked: list[str] = []
    with pytest.raises(FetchRefused, match="not of the public network") as refused:
        run(lambda _: answer(), asked, resolve=Names({NAME: [found]}), private_allowed=())
    assert refused.value.is_forbidden
    assert asked == []


@pytest.mark.parametrize("found", [None, [], ["no address"]], ids=["unknown", "empty", "nonsense"])
def test_a_name_without_an_address_is_told(found: list[str] | None) -> None:
    names = Names({} if found is None else {NAME: [found]})
    with pytest.raises(FetchRefused, match="its name is not known") as refused:
        fetched(lambda _: answer(), resolve=names)
    assert not refused.value.is_forbidden


def test_nothing_is_allowed_by_default() -> None:
    names = Names({NAME: [["8.8.8.8"]]})
    fetch = HttpFetcher(Outlet((), resolve=names))
    for url in (f"https://{NAME}/", "https://8.8.8.8/", "oss://golden/t?RegionId=cn-hangzhou"):
        with pytest.raises(FetchRefused, match="the host is not allowed"):
            asyncio.run(fetch(url, MOST))
    assert names.asked == []


def test_oss_is_another_bucket_for_every_name() -> None:
    names = Names({"golden.oss-cn-hangzhou.aliyuncs.com": [["10.0.0.1"]]})
    fetch = HttpFetcher(Outlet(["golden.oss-cn-hangzhou.aliyuncs.com"], resolve=names))
    with pytest.raises(FetchRefused, match="the host is not allowed") as refused:
        asyncio.run(fetch("oss://other/t?RegionId=cn-hangzhou", MOST))
    assert refused.value.is_forbidden
    with pytest.raises(FetchRefused, match="not of the public network") as refused:
        asyncio.run(fetch("oss://golden/t?RegionId=cn-hangzhou", MOST))
    assert refused.value.is_forbidden
    assert "10.0.0.1" not in refused.value.message


def steps(*locations: str) -> Reply:
    """Each path `/N` leads on to the Nth location; what is after them is the text."""

    def reply(head: str) -> bytes:
        number = head.split()[1].strip("/").partition("?")[0]
        if not number.isdigit() or int(number) >= len(locations):
            return answer()
        port = head.partition("Host: ")[2].split("\r\n")[0].rpartition(":")[2]
        location = locations[int(number)].replace("PORT", port)
        return answer(b"", "302 Found", Location=location)

    return reply


def test_redirects_are_followed_three_times() -> None:
    asked: list[str] = []
    leads = steps("/1", f"http://{NAME}:PORT/2", "3")
    assert run(leads, asked, f"/0?{HIDDEN}") == TEXT
    assert [head.split()[1] for head in asked] == [f"/0?{HIDDEN}", "/1", "/2", "/3"]
    with pytest.raises(FetchRefused, match="more than 3 redirects"):
        fetched(steps("/1", "/2", "/3", "/4"), "/0")


@pytest.mark.parametrize(
    ("location", "said", "is_forbidden"),
    [
        ("http://127.0.0.1:PORT/", "the host is not allowed", True),
        ("http://100.100.100.200/", "the host is not allowed", True),
        ("http://inside.example.com:PORT/", "not of the public network", True),
        ("http://[::ffff:a9fe:a9fe]/", "the host is not allowed", True),
        ("http://2852039166/", "not everybody reads alike", True),
        ("file:///etc/passwd", 'by "file"', True),
        ("//other.example.com/", "the host is not allowed", True),
        (f"http://me:hush-hush@{NAME}:PORT/", "user's name", True),
        ("http://[::1", "no URL", False),
        ("", "without saying where", False),
    ],
)
def test_a_redirect_is_checked_anew(location: str, said: str, is_forbidden: bool) -> None:
    asked: list[str] = []
    names = Names({NAME: [["127.0.0.1"]], "inside.example.com": [["10.0.0.1"]]})
    with pytest.raises(FetchRefused) as refused:
        run(steps(location), asked, "/0", NAME, "inside.example.com", resolve=names)
    assert said in refused.value.message
    assert refused.value.is_forbidden is is_forbidden
    assert "hush" not in refused.value.message
    assert len(asked) == 1


def test_a_name_that_changes_between_redirects_is_looked_at_each_time() -> None:
    names = Names({NAME: [["127.0.0.1"], ["169.254.169.254"]]})
    with pytest.raises(FetchRefused, match="not of the public network"):
        fetched(steps("/1"), "/0", resolve=names)


def test_through_a_proxy_the_proxy_is_asked_by_the_name() -> None:
    asked: list[str] = []

    async def program() -> bytes:
        async with served(lambda _: answer(), asked) as port:
            environ = {"http_proxy": f"http://127.0.0.1:{port}"}
            fetch = HttpFetcher(Outlet([NAME], ("http",), (), environ, Names({})))
            with pytest.raises(FetchRefused, match="the host is not allowed"):
                await fetch("http://other.example.com/", MOST)
            return await fetch(f"http://{NAME}/t.yml", MOST)

    assert asyncio.run(program()) == TEXT
    assert [head.split()[1] for head in asked] == [f"http://{NAME}/t.yml"]


@pytest.mark.parametrize("is_trusted", [True, False], ids=["trusted", "not trusted"])
def test_certificates_are_checked_by_the_name(is_trusted: bool, tmp_path: Path) -> None:
    names = x509.DNSName(NAME if is_trusted else "other.example.com")
    public, private = certificate(tmp_path, names)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)

    async def program() -> bytes:
        async with served(lambda _: answer(), [], context) as port:
            fetch = fetcher(port, environ={"SSL_CERT_FILE": str(public)})
            return await fetch(f"https://{NAME}:{port}/", MOST)

    if is_trusted:
        assert asyncio.run(program()) == TEXT
    else:
        with pytest.raises(FetchRefused, match="cannot be trusted"):
            asyncio.run(program())
