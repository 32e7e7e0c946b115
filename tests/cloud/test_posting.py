"""Notices posted over loopback: what is sent, what counts as taken, and where nothing goes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from imageferry.cloud.outlets import Outlet
from imageferry.cloud.posting import HttpPoster
from imageferry.ports.posting import PostRefused
from tests.cloud.test_fetching import Names, answer, keep_silent, serving

NAME = "hooks.example.com"
HIDDEN = "token=hush-hush"
BODY = '{"Status": "CREATE_COMPLETE", "StackName": "dämon"}'.encode()


def poster(port: int, timeout: float = 10.0, **choices: Any) -> HttpPoster:
    given: dict[str, Any] = {
        "allowed_schemes": ("https", "http"),
        "private_allowed": ("127.0.0.1",),
        "resolve": Names({NAME: [["127.0.0.1"]]}),
        **choices,
    }
    hosts = given.pop("hosts", (f"{NAME}:{port}",))
    return HttpPoster(Outlet(hosts, **given), timeout)


def post(
    reply: bytes, got: list[tuple[str, bytes]] | None = None, url: str = "", **choices: Any
) -> None:
    """Post to a receiver that answers so; raises PostRefused."""
    got = [] if got is None else got

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(
            int(line.partition(":")[2])
            for line in head.lower().splitlines()
            if line.startswith("content-length:")
        )
        got.append((head, await reader.readexactly(length)))
        writer.write(reply)
        await writer.drain()

    async def program() -> None:
        async with serving(talk) as port:
            target = url or f"http://{NAME}:{port}/told?{HIDDEN}"
            await poster(port, **choices).post(target.replace("PORT", str(port)), BODY)

    asyncio.run(program())


def test_what_is_posted_is_json_to_the_address_that_was_checked() -> None:
    got: list[tuple[str, bytes]] = []
    names = Names({NAME: [["127.0.0.1"], ["100.100.100.200"]]})
    post(answer(b"thanks"), got, resolve=names)
    ((head, body),) = got
    assert head.startswith(f"POST /told?{HIDDEN} HTTP/1.1\r\n")
    assert f"\r\nHost: {NAME}:" in head
    assert "\r\nContent-Type: application/json\r\n" in head
    assert body == BODY
    assert names.asked == [NAME]


@pytest.mark.parametrize("status", ["200 OK", "202 Accepted", "204 No Content"])
def test_what_is_answered_beside_the_status_does_not_matter(status: str) -> None:
    reply = answer(b"", status) if "204" in status else answer(b"a" * 500_000, status)
    post(reply)


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        pytest.param(answer(status="404 Not Found"), "status 404", id="not found"),
        pytest.param(answer(status="500 Oh"), "status 500", id="its fault"),
        pytest.param(b"", "broke off", id="nothing"),
        pytest.param(b"SSH-2.0-OpenSSH\r\n\r\n", "no HTTP", id="another protocol"),
    ],
)
def test_what_is_not_taken_is_told(reply: bytes, said: str) -> None:
    with pytest.raises(PostRefused, match=said) as refused:
        post(reply)
    assert NAME in refused.value.message
    assert "hush" not in f"{refused.value} {refused.value.remedy}"


def test_no_redirect_is_followed() -> None:
    got: list[tuple[str, bytes]] = []
    with pytest.raises(PostRefused, match="status 307"):
        post(answer(status="307 Over There", Location=f"http://{NAME}/"), got)
    assert len(got) == 1


def test_the_time_is_bounded() -> None:
    async def program() -> None:
        async with serving(keep_silent) as port:
            await poster(port, timeout=0.05).post(f"http://{NAME}:{port}/", BODY)

    with pytest.raises(PostRefused, match=r"longer than 0\.05 s"):
        asyncio.run(program())


def test_the_second_address_is_tried_where_the_first_is_not_reached() -> None:
    names = Names({NAME: [["127.0.0.2", "127.0.0.1"]]})
    post(answer(), resolve=names, private_allowed=("127.0.0.0/8",))


@pytest.mark.parametrize(
    ("url", "choices", "said"),
    [
        pytest.param("http://other.example.com:PORT/", {}, "host is not allowed", id="a host"),
        pytest.param(f"http://{NAME}/", {}, "host is not allowed", id="a port"),
        pytest.param("http://127.0.0.1:PORT/", {}, "host is not allowed", id="its address"),
        pytest.param("", {"allowed_schemes": ("https",)}, "nothing is posted but by https", id="a scheme"),
        pytest.param("ftp://x/", {}, "by https or http", id="another scheme"),
        pytest.param("oss://bucket/object?RegionId=cn-hangzhou", {}, "https or http", id="a bucket"),
        pytest.param("eventbridge", {}, "https or http", id="no URL"),
        pytest.param(f"http://me:hush@{NAME}:PORT/", {}, "password", id="a password"),
        pytest.param("http://0x7f000001:PORT/", {}, "not everybody reads alike", id="a number"),
        pytest.param("http://a\nb/", {}, "no URL", id="a line break"),
        pytest.param("", {"private_allowed": ()}, "not of the public network", id="loopback"),
        pytest.param(
            "",
            {"resolve": Names({NAME: [["127.0.0.1", "10.0.0.1"]]})},
            "not of the public network",
            id="one of several",
        ),
        pytest.param(
            "",
            {"resolve": Names({NAME: [["100.100.100.200"]]}), "private_allowed": ("0.0.0.0/0",)},
            "not of the public network",
            id="where machines ask for their credentials",
        ),
        pytest.param("", {"resolve": Names({})}, "name is not known", id="an unknown name"),
    ],
)  # fmt: skip
def test_where_nothing_is_posted(url: str, choices: Mapping[str, Any], said: str) -> None:
    got: list[tuple[str, bytes]] = []
    with pytest.raises(PostRefused, match=said) as refused:
        post(answer(), got, url, **choices)
    assert not got
    assert "hush" not in f"{refused.value} {refused.value.remedy}"


def test_an_address_is_checked_without_asking_for_its_name() -> None:
    names = Names({})
    assert poster(8443, resolve=names).check(f"https://{NAME}:8443/a?{HIDDEN}") == f"{NAME}:8443"
    assert (
        poster(1, hosts=("*.example.com",)).check("https://a.b.example.com/x") == "a.b.example.com"
    )
    with pytest.raises(PostRefused, match="not allowed"):
        poster(1, hosts=("*.example.com",)).check("https://example.com/x")
    assert not names.asked


def test_a_pattern_that_is_none_is_told_at_once() -> None:
    with pytest.raises(ValueError, match="no host"):
        Outlet(["https://hooks.example.com/"])
    with pytest.raises(ValueError, match="no address or network"):
        Outlet([NAME], private_allowed=["inside"])
