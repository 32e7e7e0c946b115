"""The home page: what a new user is told, a fan-out from asked to arrived, filters and pages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from imageferry.cli.main import COMMANDS
from imageferry.console.views.home import GROUPS, SOURCE, SOURCE_REGION
from imageferry.emulator import controls
from imageferry.emulator.schema import GOLDEN_IMAGE
from imageferry.model.access import Role
from imageferry.model.statuses import StackStatus
from imageferry.testing import run_virtually
from tests.console.browsing import Browser, Node, Reply, browsing, read_markup

FAN_OUT = {
    "ROSTemplateFormatVersion": "2015-09-01",
    "Resources": {
        name: {
            "Type": "ALIYUN::ECS::CopyImage",
            "Properties": {
                "ImageId": GOLDEN_IMAGE,
                "DestinationRegionId": region,
                "DestinationImageName": {"Ref": "ALIYUN::StackName"},
            },
        }
        for name, region in (
            ("East", "cn-shanghai"),
            ("South", "ap-southeast-1"),
            ("West", "eu-central-1"),
        )
    },
}
BAD = {"kind": "copy_fails", "region": "eu-central-1", "percent": 40, "count": 1}


async def deploy(browser: Browser, name: str, **more: object) -> str:
    """The id of a stack that is being made now."""
    status, made = await browser.apis.ros(
        "CreateStack",
        StackName=name,
        **{"TemplateBody": json.dumps(FAN_OUT), "DisableRollback": "true", **more},
    )
    assert status == 200, made
    return str(made["StackId"])


def cells(page: Node) -> dict[str, str]:
    """What the matrix says, by region: status and note."""
    return {
        one.get("data-label"): one.text for one in page.live("matrix").all("td") if one.all("a")
    }


def totals(page: Node) -> dict[str, int]:
    """How many stacks the line of totals counts, by what a filter calls them."""
    found = {}
    for one in page.live("totals").all("a"):
        name = one.get("href").partition("status=")[2]
        found[name] = int(one.one("strong").text)
    return found


def test_every_status_of_a_stack_is_in_one_group_but_the_one_of_what_is_gone() -> None:
    grouped = [status for statuses in GROUPS.values() for status in statuses]
    assert sorted(status.value for status in grouped) == sorted(
        status.value for status in StackStatus if status is not StackStatus.DELETED
    )


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.READER], ids=["operator", "reader"])
def test_a_new_user_is_told_what_to_do_first(tmp_path: Path, role: Role) -> None:
    async def main() -> None:
        async with browsing(tmp_path, role) as browser:
            page = (await browser.get("/console/")).page
            assert (SOURCE, SOURCE_REGION) == (GOLDEN_IMAGE, "cn-hangzhou")
            assert SOURCE in page.text and SOURCE_REGION in page.text
            links = {one.get("href") for one in page.one("main").all("a")}
            deeds = {"/console/distribute", "/console/create"}
            assert links & deeds == (deeds if role is Role.OPERATOR else set())
            lines = [one.get("data-copy").split() for one in page.all("button", class_="copy")]
            assert [line[:2] for line in lines] == [
                ["imageferry", "deploy"],
                ["imageferry", "distribute"],
            ]
            assert {line[1] for line in lines} <= COMMANDS.keys()
            assert not page.all(data_live="matrix") and not page.all("form", role="search")

    run_virtually(main())


def test_a_fan_out_is_seen_from_asked_to_arrived_and_failed(tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path) as browser:
            controls.add_fault(browser.apis.cloud.world, BAD)
            stack_id = await deploy(browser, "golden")
            await browser.apis.clock.sleep(300)
            page = (await browser.get("/console/")).page
            early = cells(page)
            assert early.keys() == {"cn-shanghai", "ap-southeast-1", "eu-central-1"}
            assert all("copying" in said and "%" in said for said in early.values()), early
            assert "left" in early["cn-shanghai"]
            assert totals(page)["moving"] == 1 and totals(page)[""] == 1
            arcs = page.live("map").all("g", class_="route")
            assert len(arcs) == 3 and all("status-running" in one.get("class") for one in arcs)
            assert len(page.live("news").all("li")) == 3

            async with browser.stream("/console/live/") as stream:
                first = await stream.parts()
                assert read_markup(first["matrix"]).text == page.live("matrix").text
                await browser.apis.clock.sleep(200)
                later = await stream.parts()
                while "matrix" not in later:
                    later = await stream.parts()
                assert later["matrix"] != first["matrix"]

            await browser.apis.clock.sleep(4000)
            shown = await browser.get("/console/")
            page = shown.page
            late = cells(page)
            assert "there" in late["cn-shanghai"] and "m-" in late["cn-shanghai"]
            assert "failed" in late["eu-central-1"] and "CreateFailed" in late["eu-central-1"]
            assert totals(page) == {
                "": 1, "moving": 0, "failed": 1, "there": 0, "undone": 0, "reviewing": 0
            }  # fmt: skip
            path = f"/console/stacks/{stack_id}"
            assert f"{path}/copies/West" in [one.get("href") for one in page.live("news").all("a")]
            assert f"{path}/retry" in shown.links
            for link in (f"{path}/copies/West", f"{path}/copies/East"):
                assert (await browser.get(link)).status == 200
            reader = await browser.as_role(Role.READER)
            assert f"{path}/retry" not in (await reader.get("/console/")).links

            controls.add_fault(browser.apis.cloud.world, BAD)
            undone = await deploy(browser, "undone", DisableRollback="false")
            await browser.apis.clock.sleep(9000)
            page = (await browser.get("/console/")).page
            assert totals(page)["undone"] == 1
            told = [one.get("href") for one in page.live("news").all("a")]
            assert f"/console/stacks/{undone}/events" in told, "nothing of it is left to say so"

    run_virtually(main())


def test_what_is_asked_for_narrows_rows_and_columns(tmp_path: Path) -> None:
    def stacks(reply: Reply) -> list[str]:
        groups = reply.page.live("matrix").all("th", scope="rowgroup")
        return [one.one("a").text for one in groups]

    async def main() -> None:
        async with browsing(tmp_path, speed=1e4) as browser:
            controls.add_fault(browser.apis.cloud.world, BAD)
            await deploy(browser, "with-west")
            await browser.apis.clock.sleep(60)
            await deploy(browser, "whole_east")
            await browser.apis.clock.sleep(600)
            await deploy(browser, "elsewhere", RegionId="cn-beijing")
            await browser.apis.clock.sleep(600)
            get = browser.get
            everything = ["elsewhere", "whole_east", "with-west"]
            assert stacks(await get("/console/")) == everything
            for query, names in {
                "q=EAST": ["whole_east"],
                "q=WITH-": ["with-west"],
                "q=%25": [],
                "q=_": ["whole_east"],
                "status=failed": ["elsewhere", "with-west"],
                "status=there": ["whole_east"],
                "status=nonsense": everything,
                "region=cn-beijing": ["elsewhere"],
                "region=cn-hangzhou&status=there": ["whole_east"],
            }.items():
                reply = await get(f"/console/?{query}")
                assert stacks(reply) == names, query
            narrow = await get("/console/?to=eu-central-1&q=whole")
            assert cells(narrow.page).keys() == {"eu-central-1"}
            chosen = narrow.page.one("select", name="to").one("option", selected="")
            assert chosen.get("value") == "eu-central-1"
            assert "q=whole" in narrow.page.live("totals").one("a").get("href")
            nothing = await get("/console/?q=nobody")
            assert nothing.status == 200 and not nothing.page.all("table")
            assert "No stack is like that" in nothing.text
            beyond = await get("/console/?q=east&page=9", follow=False)
            assert (beyond.status, beyond.location) == (307, "/console/?q=east&page=1")
            assert stacks(await get(beyond.location)) == ["whole_east"]

    run_virtually(main())


def test_stacks_come_twenty_five_to_a_page(tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path) as browser:
            for number in range(27):
                status, made = await browser.apis.ros(
                    "CreateChangeSet",
                    StackName=f"ship-{number:02d}",
                    ChangeSetName="first",
                    ChangeSetType="CREATE",
                    TemplateBody=json.dumps(FAN_OUT),
                )
                assert status == 200, made
            first = (await browser.get("/console/?status=reviewing")).page
            assert len(first.all("tr", class_="group")) == 25
            assert totals(first)["reviewing"] == 27
            following = first.one("a", rel="next").get("href")
            assert "status=reviewing" in following
            last = (await browser.get(following)).page
            assert [one.one("a").text for one in last.all("tr", class_="group")] == [
                "ship-01", "ship-00"
            ]  # fmt: skip
            assert "no image in it" in last.text

    run_virtually(main())


def test_many_copies_of_one_place_are_folded_the_worst_in_sight(tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path) as browser:
            # The seventh wants the name of the first, and is refused.
            names = [f"layer-{number % 6}" for number in range(7)] + ["layer-7"]
            made = {
                "Type": "ALIYUN::ECS::CopyImage",
                "Count": 8,
                "Properties": {
                    "ImageId": GOLDEN_IMAGE,
                    "DestinationRegionId": "cn-shanghai",
                    "DestinationImageName": {"Fn::Select": [{"Ref": "ALIYUN::Index"}, names]},
                },
            }
            many = {**FAN_OUT, "Resources": {"Layer": made}}
            await deploy(browser, "layers", TemplateBody=json.dumps(many), TimeoutInMinutes=300)
            await browser.apis.clock.sleep(9000)
            page = (await browser.get("/console/")).page
            cell = page.live("matrix").one("td", data_label="cn-shanghai")
            folded = cell.one("details")
            every = cell.all("a", class_="cell")
            assert len(every) == 8 and len(folded.all("a", class_="cell")) == 4
            assert ["failed" in one.text for one in every] == [True] + 7 * [False]
            assert every[0].get("title").startswith("Layer[6]: failed")
            assert folded.one("summary").text.startswith("and 4 more")

    run_virtually(main())
