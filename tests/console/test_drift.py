"""Drift in the console: begun by a press, watched, and each value before and after."""

from __future__ import annotations

from pathlib import Path

from imageferry.cloud.client import Action
from imageferry.emulator import controls
from imageferry.model.access import Role
from imageferry.testing import run_virtually
from tests.api.ros.stories import TWO_COPIES, Talk
from tests.console.browsing import Browser, Stream, browsing

SECRET = "hunter22"
HIDING = TWO_COPIES.replace(
    "  Suffix: {Type: String, Default: one}\n",
    "  Suffix: {Type: String, Default: one}\n  Word: {Type: String, NoEcho: true}\n",
).replace("carried by the suite", "{Ref: Word}")


async def news(stream: Stream, block: str, wanted: str) -> str:
    """What a block of a page has become once it says what is waited for, or after many changes."""
    last = ""
    for _ in range(8):
        if wanted in last:
            break
        last = (await stream.parts()).get(block, last)
    return last


async def spoil(browser: Browser) -> None:
    """Somebody changes one image by hand, and deletes the other."""
    client = browser.apis.house.voice.client
    images = {one["name"]: one for one in controls.list_images(browser.apis.cloud.world)}
    first, second = images["first-one"]["image_id"], images["second-one"]["image_id"]
    asked = {"RegionId": "cn-shanghai", "ImageId": first, "Description": "<i>by hand</i>"}
    await client.call(Action("ModifyImageAttribute", repeatable=False), "cn-shanghai", asked)
    gone = {"RegionId": "cn-beijing", "ImageId": second}
    await client.call(Action("DeleteImage", repeatable=False), "cn-beijing", gone)


def test_what_was_changed_by_hand_is_shown_before_and_after(tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path, Role.OPERATOR, speed=100.0) as browser:
            talk = Talk(browser.apis)
            given = [{"ParameterKey": "Word", "ParameterValue": SECRET}]
            path = f"/console/stacks/{await talk.create(template=HIDING, Parameters=given)}/drift"
            before = await browser.get(path)
            assert "Never compared" in before.text and "No resource was compared" in before.text
            await spoil(browser)
            live = path.replace("/console/", "/console/live/")
            async with browser.stream(live) as stream:
                await stream.parts()
                begun = await browser.send(path)
                assert begun.path == path
                assert "Comparing with the cloud" in begun.page.live("standing").text
                assert "disabled" in begun.page.live("deeds").one("button").attributes
                await browser.apis.clock.sleep(30)
                assert "MODIFIED" in await news(stream, "drifts", "MODIFIED")
            page = await browser.get(path)
            assert "2 of 2 compared resources have drifted" in page.text
            first, second = page.page.all("section", class_="change")
            assert first.one("h2").text.startswith("≠ MODIFIED First")
            cells = [one.text for one in first.one("tbody").all("td")]
            assert cells == ["− ****", "+ ****", "is another one"]
            assert SECRET not in page.source and "<i>" not in page.source
            assert second.one("h2").text.startswith("∅ DELETED Second")
            assert "imageferry deploy TemplateBody --stack demo --refresh" in page.text
            only = await browser.get(f"{path}?only=drifted")
            assert len(only.page.all("section", class_="change")) == 2

    run_virtually(main())


def test_who_may_detect_and_when(tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path, Role.OPERATOR, speed=100.0) as browser:
            talk = Talk(browser.apis)
            made = await talk.ask("CreateStack", StackName="demo", TemplateBody=TWO_COPIES)
            path = f"/console/stacks/{made['StackId']}/drift"
            page = await browser.get(path)
            assert "not while the stack is being changed" in page.text
            busy = await browser.send(path)
            assert busy.status == 409 and "wait until that operation has ended" in busy.text
            reader = await browser.as_role(Role.READER)
            assert not (await reader.get(path)).page.one("main").all("form")
            assert (await reader.send(path)).status == 403
            talk.stack = {"StackId": made["StackId"]}
            await talk.settled()
            for _ in range(2):
                await browser.send(path)
            desk = browser.apis.house.plane.desk
            account = desk.place.account_id
            await browser.apis.clock.sleep(30)
            assert desk.documents is not None
            begun = await desk.documents.count("detection", account, parent=made["StackId"])
            assert begun == 1, "a second press must not begin a second comparison"
            page = await browser.get(path)
            assert page.page.live("standing").text.startswith("✓ IN_SYNC")
            assert "What to do" not in page.text

    run_virtually(main())


def test_a_comparison_that_failed_says_why(tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path, Role.OPERATOR, speed=100.0) as browser:
            talk = Talk(browser.apis)
            path = f"/console/stacks/{await talk.create()}/drift"
            fault = {"kind": "error", "action": "DescribeImages", "code": "Forbidden.RAM"}
            controls.add_fault(browser.apis.cloud.world, {**fault, "count": 1000})
            await browser.send(path)
            await browser.apis.clock.sleep(30)
            page = await browser.get(path)
            found = page.page.all("section", class_="change")
            assert len(found) == 2
            assert all("Forbidden.RAM" in one.text for one in found), page.text

    run_virtually(main())
