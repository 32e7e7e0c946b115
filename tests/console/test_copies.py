"""The page of one copy: on its way, failed, there; verified by a press; what must not be seen of it."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

from imageferry.emulator import controls
from imageferry.model.access import Role
from imageferry.testing import run_virtually
from tests.cli.shop import GOLDEN
from tests.console.browsing import Browser, Node, browsing

REGIONS = ("cn-shanghai", "eu-central-1")
TEMPLATE = {
    "ROSTemplateFormatVersion": "2015-09-01",
    "Parameters": {"Hint": {"Type": "String", "NoEcho": True}},
    "Resources": {
        "Golden": {
            "Type": "ALIYUN::ECS::CopyImage",
            "Count": 2,
            "Properties": {
                "ImageId": GOLDEN,
                "DestinationRegionId": {"Fn::Select": [{"Ref": "ALIYUN::Index"}, list(REGIONS)]},
                "DestinationImageName": "golden",
                "DestinationDescription": {"Ref": "Hint"},
            },
        }
    },
}


async def deployed(browser: Browser, seconds: float) -> str:
    """The path below which the copies of a stack have their pages, so long after it was asked for."""
    fault = {"kind": "copy_fails", "region": "eu-central-1", "percent": 40, "count": 1}
    controls.add_fault(browser.apis.cloud.world, fault)
    status, made = await browser.apis.ros(
        "CreateStack",
        StackName="golden",
        TemplateBody=json.dumps(TEMPLATE),
        DisableRollback="true",
        Parameters=[{"ParameterKey": "Hint", "ParameterValue": "hunter2"}],
    )
    assert status == 200, made
    await browser.apis.clock.sleep(seconds)
    return f"/console/stacks/{made['StackId']}"


def facts(page: Node) -> dict[str, str]:
    """What the page lists, by name."""
    return {
        name.text: value.text
        for part in page.all("dl", class_="facts")
        for name, value in zip(part.all("dt"), part.all("dd"), strict=True)
    }


def test_a_copy_is_told_of_while_it_is_on_its_way(tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path) as browser:
            below = await deployed(browser, 300)
            path = f"{below}/copies/{quote('Golden[0]')}"
            reply = await browser.get(path)
            page = reply.page
            bar = page.live("copy").one("progress")
            assert 0 <= int(bar.get("value")) < 100
            said = page.live("copy").text
            assert "copying" in said and "left" in said
            assert "cn-hangzhou" in said and "cn-shanghai" in said
            told = facts(page)
            assert told["Source image"].startswith(GOLDEN)
            assert told["Image id"].startswith("m-") and told["Client token"]
            assert told["DestinationDescription"] == "****" and "hunter2" not in reply.source
            requests = page.all("tbody")[0].text
            assert "create" in requests and "answered" in requests
            drawn = page.one("svg", class_="timeline")
            assert "in the cloud" in drawn.text and len(drawn.all("g", class_="span")) == 2
            assert not page.all("form", action=f"{path}/verify"), "it is no whole thing yet"
            lines = [one.get("data-copy") for one in page.live("record").all("button")]
            assert any("events" in one and "'Golden[0]'" in one for one in lines), lines

    run_virtually(main())


def test_a_copy_that_failed_says_why_and_what_to_do(tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path, speed=1e3) as browser:
            below = await deployed(browser, 900)
            path = f"{below}/copies/{quote('Golden[1]')}"
            page = (await browser.get(path)).page
            told = page.live("copy")
            cause = told.one("div", class_="refusal")
            assert "CreateFailed" in cause.text and "What to do" in cause.text
            retry = f"{below}/retry?part={quote('Golden[1]')}"
            assert cause.one("a").get("href") == retry
            assert told.one("ol").all("span", class_="status-failed")
            reader = await browser.as_role(Role.READER)
            shown = (await reader.get(path)).page
            assert "CreateFailed" in shown.text and not shown.live("copy").all("a", href=retry)
            chinese = browser.another("zh")
            await chinese.sign_in("emulator", "emulator")
            assert (await chinese.get(path)).status == 200

    run_virtually(main())


def test_a_copy_is_verified_by_a_press_and_that_is_kept(tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path, speed=1e3) as browser:
            below = await deployed(browser, 900)
            path = f"{below}/copies/{quote('Golden[0]')}"
            before = (await browser.get(path)).page
            assert "never compared" in before.by_id("verification").text
            form = before.live("deeds").one("form")
            assert form.get("action").startswith(below)
            reader = await browser.as_role(Role.READER)
            assert not (await reader.get(path)).page.live("deeds").all("form")
            assert (await reader.send(form.get("action"))).status == 403
            assert (await browser.send(form.get("action"), csrf="0" * 64)).status == 403
            assert "never compared" in (await browser.get(path)).text

            after = await browser.send(form.get("action"))
            found = after.page.by_id("verification")
            assert after.status == 200 and after.path.startswith(path.partition("%")[0])
            rows = [one.text for one in found.one("tbody").all("tr")]
            assert any("size" in row and "same" in row for row in rows), rows
            assert "verified" in found.text and facts(after.page)["Size"] == "40 GiB"
            assert [one.action for one in browser.told if one.action == "VerifyCopy"]

    run_virtually(main())


def test_what_there_is_not_is_not_found(tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path, speed=1e3) as browser:
            below = await deployed(browser, 900)
            nowhere = "/console/stacks/11111111-2222-4333-8444-555555555555"
            for path, said in {
                f"{below}/copies/Golden%5B7%5D": "Golden[7]",
                f"{below}/copies/Golden%5B0": "Golden[0",
                f"{below}/copies/%3Cscript%3E": "<script>",
                f"{below}/copies/..%2F..%2Faudit": "audit",
                f"{below}/copies/{'x' * 3000}": "xxx",
                f"{nowhere}/copies/Golden%5B0%5D": "11111111",
            }.items():
                reply = await browser.get(path)
                assert reply.status == 404, (path[:120], reply.status, reply.text[:300])
                assert said in reply.text
            wrong = await browser.send(f"{below}/copies/Golden%5B7%5D/verify")
            assert wrong.status == 404 and "Golden[7]" in wrong.text

    run_virtually(main())
