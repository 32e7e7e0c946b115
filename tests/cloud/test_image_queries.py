"""Searches for images: filters as they are sent, all pages, the newest first, and when to stop."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from imageferry.cloud.errors import CloudError
from imageferry.cloud.image_queries import Found, query_images
from imageferry.wire.http import HttpResponse
from tests.cloud.stubs import CountedClock, Line, client_of, refusal, reply


def image(number: int, made: str = "2026-01-01T00:00:00Z") -> dict[str, Any]:
    return {"ImageId": f"m-{number:03}", "CreationTime": made, "Unheard": {"Of": [number]}}


def page(first: int, count: int, total: int | None) -> HttpResponse:
    images = [image(first + number) for number in range(count)]
    body: dict[str, Any] = {"Images": {"Image": images}}
    return reply(**body) if total is None else reply(**body, TotalCount=total)


def ask(*answers: HttpResponse, most: int = 500, **filters: Any) -> tuple[Found, Line]:
    line = Line(answers)
    client = client_of(line, CountedClock())
    return asyncio.run(query_images(client, "cn-beijing", filters, most=most)), line


def test_the_newest_come_first_and_all_fields_are_passed_on() -> None:
    several = [
        image(1, "2026-01-02T00:00:00Z"),
        image(2, "2026-03-01T00:00:00Z"),
        image(3, "2026-01-02T00:00:00Z"),
        {"ImageId": "m-000"},
    ]
    found, line = ask(
        reply(Images={"Image": [*several, {"ImageName": "no id"}]}, TotalCount=5),
        Status="Available",
        IsPublic=False,
        Tag=[{"Key": "env"}],
    )
    assert [one["ImageId"] for one in found.images] == ["m-002", "m-003", "m-001", "m-000"]
    assert found.images[0] == several[1]
    sent = dict(line.requests[0].query)
    assert {name: sent.get(name) for name in ("Status", "IsPublic", "Tag.1.Key", "ImageName")} == {
        "Status": "Available",
        "IsPublic": "false",
        "Tag.1.Key": "env",
        "ImageName": None,
    }


@pytest.mark.parametrize(
    ("answers", "found", "pages"),
    [
        ([page(0, 0, 0)], 0, ["1"]),
        ([page(0, 100, 150), page(100, 50, 150)], 150, ["1", "2"]),
        ([page(0, 100, None), page(100, 50, None)], 150, ["1", "2"]),
        (
            [page(0, 100, 150), page(100, 51, 151), page(0, 100, 151), page(100, 51, 151)],
            151,
            ["1", "2", "1", "2"],
        ),
    ],
    ids=["none", "two pages", "no total", "one comes while pages are read"],
)
def test_all_pages_are_read(answers: list[HttpResponse], found: int, pages: list[str]) -> None:
    told, line = ask(*answers)
    assert (len(told.images), told.total) == (found, found)
    assert [dict(one.query)["PageNumber"] for one in line.requests] == pages


@pytest.mark.parametrize(
    ("answers", "total"),
    [([page(0, 100, 151)], 151), ([page(0, 100, None), page(100, 100, None)], 200)],
    ids=["told at once", "seen on the way"],
)
def test_too_many_are_only_counted(answers: list[HttpResponse], total: int) -> None:
    told, line = ask(*answers, most=150)
    assert told == Found((), total)
    assert len(line.requests) == len(answers)


def test_a_refusal_is_the_callers() -> None:
    with pytest.raises(CloudError, match="no"):
        ask(refusal("InvalidParamter"))
