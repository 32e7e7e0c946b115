"""The site's own pages and its log: who is told what, without a key."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest

from imageferry.api.door import Door
from imageferry.api.limits import Limits
from imageferry.api.logs import LogFormat, word
from imageferry.api.metrics import Metrics
from imageferry.api.server import Site, make_site
from tests.api.gates import Place


async def _away() -> str:
    return "the database does not answer"


async def _got(path: str, client: tuple[str, int] | None) -> tuple[int, bytes]:
    """Status and body of a GET from an address."""
    place = Place()
    door = Door(place.gate, MappingProxyType({}))
    site = Site(door, Metrics(), place.time, Limits(), (("database", _away),))  # type: ignore[arg-type]
    sent: list[Mapping[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Mapping[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "scheme": "http",
        "query_string": b"", "headers": [], "client": client, "root_path": "", "state": {},
    }  # fmt: skip
    await make_site(site)(scope, receive, send)  # type: ignore[arg-type]
    return sent[0]["status"], b"".join(one.get("body", b"") for one in sent)


@pytest.mark.parametrize(
    ("client", "status"),
    [
        pytest.param(("127.0.0.1", 1), 200, id="this machine"),
        pytest.param(("10.0.3.4", 1), 200, id="a network of its own"),
        pytest.param(("fd00::1", 1), 200, id="the same in IPv6"),
        pytest.param(("8.8.8.8", 1), 404, id="somebody"),
        pytest.param(("2606:4700::1111", 1), 404, id="somebody in IPv6"),
        pytest.param(("::ffff:8.8.8.8", 1), 404, id="somebody in IPv4 in IPv6"),
        pytest.param(None, 404, id="nobody knows"),
    ],
)
def test_figures_are_for_those_nearby(client: tuple[str, int] | None, status: int) -> None:
    told, body = asyncio.run(_got("/metrics", client))
    assert told == status
    assert (b"imageferry_requests" in body) is (status == 200)
    # A balancer outside may ask whether it is alive and ready.
    assert asyncio.run(_got("/healthz", client))[0] == 200
    told, body = asyncio.run(_got("/readyz", client))
    assert (told, json.loads(body)["reasons"]) == (
        503,
        {"database": "the database does not answer"},
    )


@pytest.mark.parametrize("form", ["json", "text"])
def test_a_fault_is_written_down_by_its_place_and_kind_alone(form: Any) -> None:
    """The messages of faults quote what they could not make sense of: a parameter, a password."""
    try:
        try:
            int("hunter2")
        except ValueError as first:
            raise KeyError("hunter2, too") from first
    except KeyError as fault:
        found = (type(fault), fault, fault.__traceback__)
        record = logging.LogRecord("n", logging.ERROR, "p", 1, "internal fault", (), found)
    said = LogFormat(form).format(record)
    # The lines of the source are shown, which are no secret; this one holds the word.
    assert "ValueError" in said
    assert "KeyError" in said
    assert "test_site.py" in said
    assert "invalid literal" not in said


@pytest.mark.parametrize(
    ("text", "written"),
    [
        pytest.param("DescribeStacks", "DescribeStacks", id="an action"),
        pytest.param("/_emulator/faults", "/_emulator/faults", id="a path"),
        pytest.param("cn-hangzhou", "cn-hangzhou", id="a region"),
        pytest.param("Passw0rd! of somebody", "", id="a secret in the wrong place"),
        pytest.param("x" * 65, "", id="too long for a name"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_only_names_are_written_down(text: str, written: str) -> None:
    assert word(text) == written
