"""Shares of an image: every page of accounts, and what is sent to change them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from imageferry.cloud.errors import CloudError
from imageferry.cloud.shares import accounts_sharing, modify_shares
from imageferry.wire.http import HttpResponse
from tests.cloud.stubs import Line, client_of, refusal, reply


def page(first: int, last: int, **more: Any) -> HttpResponse:
    accounts = [{"AliyunId": f"{number:016d}"} for number in range(first, last)]
    return reply(Accounts={"Account": accounts}, **more)


PAGES = [
    pytest.param([page(0, 0)], 0, 1, id="nobody"),
    pytest.param([reply()], 0, 1, id="nothing said"),
    pytest.param([page(0, 3, TotalCount=3)], 3, 1, id="one page"),
    pytest.param([page(0, 100, TotalCount=100)], 100, 1, id="a full page that is all"),
    pytest.param([page(0, 100), page(100, 120)], 120, 2, id="two pages without a total"),
    pytest.param(
        [page(0, 100, TotalCount=130), page(99, 130, TotalCount=131)], 130, 2,
        id="an account that moved from page to page counts once",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("answers", "number", "calls"), PAGES)
def test_all_accounts_are_read(answers: list[HttpResponse], number: int, calls: int) -> None:
    line = Line(answers)
    found = asyncio.run(accounts_sharing(client_of(line), "cn-beijing", "m-1"))
    assert len(found) == len(set(found)) == number
    pages = [dict(request.query)["PageNumber"] for request in line.requests]
    assert pages == [str(one + 1) for one in range(calls)]


def test_only_what_changes_is_sent() -> None:
    line = Line([reply()])
    client = client_of(line)
    many = [f"{number:016d}" for number in range(12)]
    asyncio.run(modify_shares(client, "cn-beijing", "m-1", added=many))
    asyncio.run(modify_shares(client, "cn-beijing", "m-1", removed=many[:1]))
    asyncio.run(modify_shares(client, "cn-beijing", "m-1", is_public=False))
    first, second, third = (dict(request.query) for request in line.requests)
    # The cloud would pass over the eleventh without a word.
    assert sum(name.startswith("AddAccount.") for name in first) == 10
    assert second["RemoveAccount.1"] == many[0]
    assert not any(name.startswith(("AddAccount", "IsPublic")) for name in second)
    assert third["IsPublic"].lower() == "false"
    assert not any("Account" in name for name in third)


def test_a_call_without_a_token_is_not_sent_twice() -> None:
    line = Line([refusal("InternalError", 500), reply()])
    with pytest.raises(CloudError) as caught:
        asyncio.run(modify_shares(client_of(line), "cn-beijing", "m-1", is_public=True))
    assert caught.value.may_have_worked
    assert len(line.requests) == 1
