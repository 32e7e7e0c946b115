"""The page of orphans: looked for by a press, removed only when chosen and the word is typed."""

from __future__ import annotations

import json
from pathlib import Path

from imageferry.cloud.client import Action
from imageferry.emulator import controls
from imageferry.model.access import Role
from imageferry.testing import run_virtually
from tests.cli.shop import GOLDEN
from tests.console.browsing import Browser, Node, browsing

LINEAGE = "imageferry:lineage"
UNKNOWN = "11111111-2222-4333-8444-555555555555"
TEMPLATE = {
    "ROSTemplateFormatVersion": "2015-09-01",
    "Resources": {
        "Golden": {
            "Type": "ALIYUN::ECS::CopyImage",
            "Properties": {
                "ImageId": GOLDEN,
                "DestinationRegionId": "cn-shanghai",
                "DestinationImageName": "golden",
            },
        }
    },
}


async def left_behind(browser: Browser) -> dict[str, str]:
    """Two images that are in no record: of an operation that has ended, and of one nobody knows."""
    apis = browser.apis
    status, made = await apis.ros(
        "CreateStack", StackName="golden", TemplateBody=json.dumps(TEMPLATE)
    )
    assert status == 200, made
    await apis.clock.sleep(60)
    stack = await apis.house.plane.find("golden")
    installation = await apis.house.store.installation()
    found = {}
    for name, region, operation in (
        ("ended", "us-west-1", str(stack.operation_id)),
        ("unknown", "cn-beijing", UNKNOWN),
    ):
        reply = await apis.house.voice.client.call(
            Action("CopyImage", repeatable=False),
            "cn-hangzhou",
            {
                "RegionId": "cn-hangzhou",
                "ImageId": GOLDEN,
                "DestinationRegionId": region,
                "DestinationImageName": f"left-{name}",
                "Tag": [{"Key": LINEAGE, "Value": f"{installation}/{operation}/Gone"}],
            },
        )
        found[name] = str(reply["ImageId"])
    await apis.clock.sleep(4000)
    return found


def things(page: Node) -> dict[str, str]:
    """What the page offers to remove: the image's id by what the form calls it."""
    return {
        one.get("value").rpartition(" ")[2]: one.get("value")
        for one in page.all("input", name="thing")
    }


def test_nobody_has_looked_and_a_reader_cannot(tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path, Role.READER) as browser:
            reply = await browser.get("/console/orphans")
            assert "Nobody has looked yet" in reply.text
            main_part = reply.page.one("main")
            assert not main_part.all("form") and not main_part.all("table")
            for path in ("/console/orphans", "/console/orphans/look"):
                refused = await browser.send(path, thing="cn-beijing image m-1", confirm="delete")
                assert refused.status == 403
            assert "Nobody has looked yet" in (await browser.get("/console/orphans")).text

    run_virtually(main())


def test_orphans_are_looked_for_and_those_that_are_chosen_removed(tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path, speed=100.0) as browser:
            left = await left_behind(browser)
            seen = await browser.send("/console/orphans/look")
            assert seen.status == 200 and seen.path == "/console/orphans"
            offered = things(seen.page)
            assert offered.keys() == set(left.values())
            assert "golden" in seen.text and "Last looked at" in seen.text
            home = (await browser.get("/console/")).page
            assert "1 orphan" in home.live("matrix").text
            assert "2 orphans" in home.live("news").text
            one_region = await browser.get("/console/orphans?region=us-west-1")
            assert things(one_region.page).keys() == {left["ended"]}

            ended, unknown = offered[left["ended"]], offered[left["unknown"]]
            cases = {
                "nothing chosen": ({"confirm": "delete"}, "Choose what"),
                "no word": ({"thing": ended}, "Type the word"),
                "another word": ({"thing": ended, "confirm": "Delete!"}, "Type the word"),
                "of nobody's": ({"thing": [ended, unknown], "confirm": "delete"}, "tick the box"),
                "never seen": (
                    {"thing": "cn-hangzhou image " + GOLDEN, "confirm": "delete"},
                    "not seen lately",
                ),
            }
            for name, (fields, said) in cases.items():
                reply = await browser.send("/console/orphans", **fields)
                assert reply.status == 400, name
                assert said in reply.page.by_id("fault").text, name
                assert things(reply.page).keys() == set(left.values()), name
            kept = await browser.send("/console/orphans", thing=ended, confirm="")
            ticked = [one.get("value") for one in kept.page.all("input", checked="")]
            assert ended in ticked

            gone = await browser.send("/console/orphans", thing=ended, confirm="delete")
            assert gone.status == 200 and "gone" in gone.page.one("ul", class_="told").text
            assert things(gone.page).keys() == {left["unknown"]}
            last = await browser.send(
                "/console/orphans", thing=unknown, confirm="delete", unrecorded="yes"
            )
            assert "gone" in last.page.one("ul", class_="told").text
            again = await browser.send("/console/orphans/look")
            assert "Nothing was left behind" in again.text
            acted = [one.action for one in browser.told if one.action.endswith("Orphans")]
            assert "LookForOrphans" in acted and "RemoveOrphans" in acted

    run_virtually(main())


def test_what_could_not_be_asked_about_is_told(tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path) as browser:
            controls.add_fault(
                browser.apis.cloud.world,
                {
                    "kind": "error",
                    "action": "DescribeImages",
                    "region": "cn-beijing",
                    "code": "Forbidden.RAM",
                    "status": 403,
                    "message": "<b>not you</b>",
                    "count": None,
                },
            )
            seen = await browser.send("/console/orphans/look")
            told = seen.page.one("div", class_="refusal").text
            assert "cn-beijing" in told and "Forbidden.RAM" in told
            assert not seen.page.all("b")

    run_virtually(main())
