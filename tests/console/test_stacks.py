"""The list of stacks: what is found by which words, in which order, and how it moves."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode
from uuid import NAMESPACE_URL, uuid5

import pytest

from imageferry.emulator import controls
from imageferry.model.access import Role
from imageferry.model.drift import DriftMark, StackDriftStatus
from imageferry.model.events import stack_event
from imageferry.model.stacks import Place, Stack
from imageferry.model.statuses import StackStatus
from imageferry.testing import run_virtually
from tests.cli.shop import GOLDEN
from tests.console.browsing import Browser, Node, Reply, browsing, read_markup

PATH = "/console/stacks"


def copying(*regions: str) -> str:
    """A ROS template that copies the golden image to each region."""
    resources = {
        f"To{number}": {
            "Type": "ALIYUN::ECS::CopyImage",
            "Properties": {
                "ImageId": GOLDEN,
                "DestinationRegionId": region,
                "DestinationImageName": {"Fn::Sub": "${ALIYUN::StackName}-copy"},
            },
        }
        for number, region in enumerate(regions)
    }
    return json.dumps({"ROSTemplateFormatVersion": "2015-09-01", "Resources": resources})


async def create(browser: Browser, name: str, *regions: str, **more: object) -> str:
    """A stack of that name; it has only begun. Gives its id."""
    status, made = await browser.apis.ros(
        "CreateStack",
        StackName=name,
        TemplateBody=copying(*regions),
        DisableRollback="true",
        **more,
    )
    assert status == 200, made
    return str(made["StackId"])


def deny(browser: Browser, message: str = "not yours") -> None:
    """Let the cloud refuse the next copy, as its second call."""
    fault = {"kind": "error", "action": "CopyImage", "skip": 1, "count": 1}
    said = {"code": "Forbidden.RAM", "message": message, "status": 403}
    controls.add_fault(browser.apis.cloud.world, fault | said)


async def review(browser: Browser, name: str, at: float, dialect: str = "ros", **more: str) -> None:
    """A stack that nothing was made of yet."""
    place = browser.apis.house.plane.place
    region = more.get("region", "cn-hangzhou")
    stack_id = more.get("stack_id", str(uuid5(NAMESPACE_URL, name)))
    stack = Stack(
        stack_id,
        name,
        Place(place.cloud, place.account_id, region),
        dialect,
        StackStatus.REVIEWING,
        created_at=at,
        updated_at=at,
    )
    event = stack_event(stack_id, "", at, StackStatus.REVIEWING, "")
    await browser.apis.house.store.add_stack(stack, [event])


def rows(page: Reply | Node) -> list[list[str]]:
    """What the lines of the list say."""
    node = page.page if isinstance(page, Reply) else page
    return [
        [cell.text for cell in line.parts if isinstance(cell, Node)]
        for body in node.all("tbody")
        for line in body.all("tr")
    ]


def names(page: Reply | Node) -> list[str]:
    return [row[0] for row in rows(page)]


def chips(page: Reply) -> dict[str, str]:
    """The label and the number of each choice of the status."""
    told = {}
    for link in page.page.live("chips").all("a"):
        figure = [one.text for one in link.all("span", class_="figure")]
        sign = [one.text for one in link.all("span", class_="sign")]
        label = link.text.removeprefix(sign[0] if sign else "").removesuffix(
            figure[0] if figure else ""
        )
        told[label.strip()] = figure[0] if figure else ""
    return told


FOUND: dict[str, tuple[dict[str, str], list[str]]] = {
    "all": ({}, ["planned-cfn", "gamma", "beta", "alpha"]),
    "part of a name, in capitals": ({"search": "BET"}, ["beta"]),
    "an id": ({"search": "arn:aws:cloud"}, ["planned-cfn"]),
    "a sign of LIKE": ({"search": "%"}, []),
    "there": ({"status": "there"}, ["alpha"]),
    "failed": ({"status": "failed"}, ["beta"]),
    "under review": ({"status": "review"}, ["planned-cfn"]),
    "deleted": ({"status": "deleted"}, ["gone"]),
    "running": ({"status": "running"}, ["gamma"]),
    "of one region": ({"region": "cn-shanghai"}, ["planned-cfn"]),
    "of one language": ({"language": "cloudformation"}, ["planned-cfn"]),
    "of the other": ({"language": "ros", "status": "there"}, ["alpha"]),
    "of no region": ({"region": "mars"}, []),
    "words that mean nothing": (
        {"status": "<b>", "language": "cobol", "page": "x"},
        ["planned-cfn", "gamma", "beta", "alpha"],
    ),
    "a page that is not there": ({"page": "99"}, []),
}


async def lay(browser: Browser) -> None:
    """One stack of each kind."""
    clock = browser.apis.clock
    await create(browser, "alpha", "cn-shanghai", "cn-beijing")
    gone = await create(browser, "gone", "us-west-1")
    await clock.sleep(3000)
    assert (await browser.apis.ros("DeleteStack", StackId=gone))[0] == 200
    deny(browser)
    await create(browser, "beta", "cn-shanghai", "eu-central-1")
    await clock.sleep(3000)
    await create(browser, "gamma", "cn-qingdao", "cn-beijing")
    await clock.sleep(60)
    identity = "arn:aws:cloudformation:cn-shanghai:1000000000000001:stack/planned-cfn/0"
    await review(
        browser,
        "planned-cfn",
        clock.now(),
        "cloudformation",
        region="cn-shanghai",
        stack_id=identity,
    )


def test_what_is_found(tmp_path: Path) -> None:
    async def program() -> None:
        async with browsing(tmp_path) as browser:
            await lay(browser)
            for said, (query, wanted) in FOUND.items():
                reply = await browser.get(f"{PATH}?{urlencode(query)}")
                assert reply.status == 200, said
                assert names(reply) == wanted, said
            reply = await browser.get(PATH)
            assert chips(reply) == {
                "all": "4",
                "there": "1",
                "running": "1",
                "failed": "1",
                "rolled back": "0",
                "under review": "1",
                "deleted": "1",
            }
            told = {row[0]: row for row in rows(reply)}
            assert told["alpha"][1:5] == [
                "✓ CREATE_COMPLETE",
                "2 of 2",
                "cn-hangzhou ROS",
                "–",
            ]
            assert told["beta"][1:3] == ["✕ CREATE_FAILED", "1 of 2 ✕ 1 failed"]
            assert told["gamma"][1] == "⟳ CREATE_IN_PROGRESS"
            assert told["planned-cfn"][3].endswith(" CloudFormation")
            bar = reply.page.one("progress")
            assert 0 <= int(bar.get("value")) < 100 and "gamma" in bar.get("aria-label")
            # What narrows the list beside the status is in the links of the choices, uncounted.
            narrowed = await browser.get(f"{PATH}?search=a&page=1")
            assert chips(narrowed)["failed"] == ""
            links = [one.get("href") for one in narrowed.page.live("chips").all("a")]
            assert f"{PATH}?search=a&status=failed" in links
            assert (
                "imageferry list --region mars" in (await browser.get(f"{PATH}?region=mars")).text
            )

    run_virtually(program())


def test_pages_marks_and_what_readers_see(tmp_path: Path) -> None:
    async def program() -> None:
        async with browsing(tmp_path, Role.READER) as browser:
            empty = await browser.get(PATH)
            assert "There are no stacks yet." in empty.text
            assert not [one for one in empty.links if "create" in one]
            for number in range(120):
                await review(browser, f"s{number:03}", 1000.0 + number)
            first, last = await browser.get(PATH), await browser.get(f"{PATH}?page=3")
            assert names(first) == [f"s{number:03}" for number in range(119, 69, -1)]
            assert names(last) == [f"s{number:03}" for number in range(19, -1, -1)]
            assert f"{PATH}?page=2" in first.links and f"{PATH}?page=4" not in last.links
            assert "page 3 of 3" in last.text and "120 stacks" in last.text
            store, stack_id = browser.apis.house.store, str(uuid5(NAMESPACE_URL, "s119"))
            mark = DriftMark(StackDriftStatus.DRIFTED, 2000.0, 3, 1)
            await store.save_drift(stack_id, mark)
            await store.change_stack(stack_id, is_protected=True)
            [row] = rows(await browser.get(f"{PATH}?search=s119"))
            assert row[0] == "s119 protected" and row[4] == "≠ DRIFTED"
            operator = await browser.as_role(Role.OPERATOR)
            links = (await operator.get(PATH)).links
            assert "/console/create" in links and "/console/distribute" in links

    run_virtually(program())


def test_the_rows_move(tmp_path: Path) -> None:
    async def program() -> None:
        async with browsing(tmp_path, speed=20.0) as browser:
            await create(browser, "alpha", "cn-shanghai")
            async with browser.stream(
                f"/console/live/stacks?{urlencode({'search': 'alp'})}"
            ) as live:
                seen = []
                for _ in range(200):
                    parts = await live.parts(600.0)
                    if "rows" in parts:
                        [row] = rows(read_markup(parts["rows"]))
                        seen.append(row[1].split()[-1])
                    if seen[-1:] == ["CREATE_COMPLETE"]:
                        break
                assert seen[0] == "CREATE_IN_PROGRESS" and seen[-1] == "CREATE_COMPLETE"
                assert "/console/live" not in parts["rows"] + parts.get("chips", "")

    run_virtually(program())


@pytest.mark.parametrize("dialect", ["ros", "cloudformation"])
def test_a_dialect_is_told_from_tags_that_say_so(tmp_path: Path, dialect: str) -> None:
    async def program() -> None:
        async with browsing(tmp_path) as browser:
            await review(browser, "one", 1.0, dialect)
            other = {"ros": "cloudformation", "cloudformation": "ros"}[dialect]
            store = browser.apis.house.store
            [stack] = await store.find_stacks(None, "one")
            tags = {"dialect": other, "x": f'{{"dialect":"{other}",'}
            await store.change_stack(stack.stack_id, tags=tags)
            assert names(await browser.get(f"{PATH}?language={dialect}")) == ["one"]
            assert names(await browser.get(f"{PATH}?language={other}")) == []
            assert replace(stack, tags=tags) == await store.stack(stack.stack_id)

    run_virtually(program())
