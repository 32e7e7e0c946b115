"""Verification in the console: begun by a press, kept, and handed out as a signed receipt."""

from __future__ import annotations

import json
from pathlib import Path

from imageferry.assembly.receipts import signer_of_receipt
from imageferry.emulator import controls
from imageferry.model.access import Role
from imageferry.testing import run_virtually
from tests.api.ros.stories import TWO_COPIES, Talk
from tests.console.browsing import browsing
from tests.console.test_drift import news, spoil


def test_what_is_verified_is_signed(tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path, Role.OPERATOR, speed=100.0) as browser:
            talk = Talk(browser.apis)
            path = f"/console/stacks/{await talk.create()}/verify"
            before = await browser.get(path)
            assert "Never verified" in before.text
            assert (await browser.get(f"{path}?format=receipt")).status == 404
            async with browser.stream(path.replace("/console/", "/console/live/")) as stream:
                await stream.parts()
                begun = await browser.send(path)
                assert "Looking at everything" in begun.page.live("standing").text
                await browser.apis.clock.sleep(30)
                wanted = "the last verification"
                assert wanted in await news(stream, "standing", wanted)
            page = await browser.get(path)
            assert "✓ 2 verified" in page.text
            first = page.page.one("tbody").all("tr")[0]
            assert "from m-golden0000000000001, cn-hangzhou" in first.text
            assert "same: usable, size" in first.text
            receipt = await browser.get(f"{path}?format=receipt")
            document = json.loads(receipt.body)
            assert signer_of_receipt(document) is not None
            assert signer_of_receipt({**document, "stack_name": "other"}) is None
            assert document["verdict"] == "verified"
            assert [one["logical_id"] for one in document["resources"]] == ["First", "Second"]
            # The command line verifies the same, and gives the same but for the moment.
            await spoil(browser)
            await browser.send(path)
            await browser.apis.clock.sleep(30)
            page = await browser.get(path)
            assert "∅ 1 missing" in page.text and "✓ 1 verified" in page.text
            assert page.page.one("tbody").all("tr")[0].text.startswith("Second")
            assert json.loads((await browser.get(f"{path}?format=receipt")).body)["verdict"] == (
                "differs"
            )

    run_virtually(main())


def test_what_was_changed_since_says_so(tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path, Role.OPERATOR, speed=100.0) as browser:
            talk = Talk(browser.apis)
            stack_id = await talk.create()
            path = f"/console/stacks/{stack_id}/verify"
            await browser.send(path)
            await browser.apis.clock.sleep(30)
            await browser.apis.clock.sleep(60)
            suffix = [{"ParameterKey": "Suffix", "ParameterValue": "two"}]
            asked = {"TemplateBody": TWO_COPIES, "Parameters": suffix}
            await talk.ask("UpdateStack", **talk.stack, **asked, ReplacementOption="Enabled")
            busy = await browser.send(path)
            assert busy.status == 409, busy.text
            await talk.settled()
            page = await browser.get(path)
            assert page.text.count("changed since") == 2
            reader = await browser.as_role(Role.READER)
            shown = await reader.get(path)
            assert shown.status == 200 and not shown.page.one("main").all("form")
            assert (await reader.send(path)).status == 403
            assert (await browser.send_pairs(path, [("csrf", "wrong")])).status == 403
            fault = {"kind": "error", "action": "DescribeImages", "code": "Forbidden.RAM"}
            controls.add_fault(browser.apis.cloud.world, {**fault, "count": 1000})
            await browser.send(path)
            await browser.apis.clock.sleep(30)
            assert "✕ 2 unknown" in (await browser.get(path)).text

    run_virtually(main())
