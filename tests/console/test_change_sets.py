"""Change sets in the console: what they would do, and what becomes of whoever decides."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from imageferry.console.visits import stack_path
from imageferry.control.named_changes import changes_of, find_named
from imageferry.emulator import controls
from imageferry.model.access import Role
from imageferry.model.addresses import ResourceAddress
from imageferry.model.named_changes import ExecutionStatus
from imageferry.testing import run_virtually
from tests.api.ros.stories import TWO_COPIES, Talk
from tests.console.browsing import Browser, Node, browsing

SECRET = "hunter22"
SECOND = (
    TWO_COPIES.replace("carried by the suite", "carried by hand").replace(
        "cn-beijing", "eu-central-1"
    )
    + "  More: {Value: x, Description: another}\n"
)
HIDING = TWO_COPIES.replace(
    "  Suffix: {Type: String, Default: one}\n",
    "  Suffix: {Type: String, Default: one}\n  Word: {Type: String, NoEcho: true}\n",
).replace("carried by the suite", "{Ref: Word}")


@dataclass
class Scene:
    """A browser, a caller of the API, and the stack and change set that they look at."""

    browser: Browser
    talk: Talk
    path: str = ""
    change_set_id: str = ""

    async def propose(self, name: str = "widen", **given: Any) -> str:
        """A change set by the API; its page becomes that of the scene."""
        given.setdefault("ReplacementOption", "Enabled")
        made = await self.talk.ask("CreateChangeSet", ChangeSetName=name, **given)
        self.talk.stack = {"StackId": made["StackId"]}
        self.change_set_id = made["ChangeSetId"]
        self.path = f"/console/stacks/{made['StackId']}/change-sets/{self.change_set_id}"
        return self.path

    async def update(self, name: str = "widen", **given: Any) -> str:
        given = {"ChangeSetType": "UPDATE", "TemplateBody": SECOND, **given}
        return await self.propose(name, **self.talk.stack, **given)

    async def execution(self) -> ExecutionStatus:
        named = await find_named(self.browser.apis.house.plane.desk, self.change_set_id)
        assert named is not None
        return named.execution

    @property
    def stack_path(self) -> str:
        return f"/console/stacks/{self.talk.stack['StackId']}"


def played(
    folder: Path, story: Callable[[Scene], Awaitable[None]], role: Role = Role.OPERATOR
) -> None:
    async def main() -> None:
        async with browsing(folder, role, speed=100.0) as browser:
            await story(Scene(browser, Talk(browser.apis)))

    run_virtually(main())


def rows(node: Node) -> list[list[str]]:
    """The texts of the cells of a table, row by row."""
    return [
        [one.text for one in row if one.tag in {"th", "td"}] for row in node.one("tbody").all("tr")
    ]


def test_the_page_says_what_the_command_line_says(tmp_path: Path) -> None:
    async def story(scene: Scene) -> None:
        await scene.talk.create()
        await scene.update(Description="two more", Parameters=_given(Suffix="two"))
        listed = await scene.browser.get(f"{scene.stack_path}/change-sets")
        (row,) = listed.page.one("tbody").all("tr")
        assert "waits for a decision" in row.text and "2 to replace" in row.text
        assert "two more" in row.text
        page = (await scene.browser.get(row.one("a").get("href"))).page
        first, second = page.all("li", class_="change")
        assert "replace First" in first.text and "cn-hangzhou → to cn-shanghai" in first.text
        name, said = rows(first)
        assert name[:3] == ["DestinationImageNameline 10:7", "− first-one", "+ first-two"]
        assert name[3].startswith("the parameter Suffix") and "forces replacement" in name[3]
        assert said[1:3] == ["− carried by the suite", "+ carried by hand"]
        assert said[3].startswith("the template says so")
        assert ["− cn-beijing", "+ eu-central-1"] in [one[1:3] for one in rows(second)]
        (parameter,) = rows(page.one("table", aria_label="Parameters"))
        assert parameter == ["Suffix", "one", "two", "~ changed"]
        assert "imageferry deploy TemplateBody" in page.one("details", class_="commands").text
        template = await scene.browser.get(f"{scene.path}/template")
        diff = rows(template.page.one("table", class_="diff"))
        assert ["11", "", "−", "DestinationDescription: carried by the suite"] in diff
        assert ["", "11", "+", "DestinationDescription: carried by hand"] in diff
        assert "+3 −2 lines" in template.text
        shown = await scene.browser.get(f"{scene.path}/json")
        file = await scene.browser.get(f"{scene.path}/json?format=file")
        assert '"replace": 2' in shown.text and '"replace": 2' in file.source
        assert file.headers["content-type"] == "application/json"
        one_fate = await scene.browser.get(f"{scene.path}?fate=create")
        assert "No resource is changed" in one_fate.text

    played(tmp_path, story)


def _given(**values: str) -> list[dict[str, str]]:
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]


def test_no_secret_is_on_any_page_of_it(tmp_path: Path) -> None:
    async def story(scene: Scene) -> None:
        await scene.talk.create(template=HIDING, Parameters=_given(Word=SECRET))
        body = HIDING + f"# {SECRET} and {SECRET}2\n"
        await scene.update(TemplateBody=body, Parameters=_given(Word=f"{SECRET}2"))
        pages = [
            await scene.browser.get(scene.path + below)
            for below in ("", "/template", "/json", "/json?format=file")
        ]
        pages.append(await scene.browser.send(f"{scene.path}/look"))
        assert all(one.status == 200 for one in pages)
        assert not [one.path for one in pages if SECRET in one.source]
        assert "− ****" in pages[0].text and "+ ****" in pages[0].text
        assert "# **** and ****" in pages[1].text
        parameters = rows(pages[0].page.one("table", aria_label="Parameters"))
        assert parameters[0] == ["Word", "****", "****", "~ changed"]

    played(tmp_path, story)


def test_the_cloud_is_asked_only_when_told_to(tmp_path: Path) -> None:
    async def story(scene: Scene) -> None:
        await scene.talk.create()
        await scene.update(Parameters=_given(Suffix="two"))
        world = scene.browser.apis.cloud.world
        controls.add_fault(world, {"kind": "error", "action": "*", "count": 99, "code": "Busy"})
        for below in ("", "/template", "/json"):
            shown = await scene.browser.get(scene.path + below)
            assert shown.status == 200 and "to copy:" not in shown.text
        (fault,) = controls.list_faults(world)
        assert fault["count"] == 99, "somebody has asked the cloud"
        controls.clear_faults(world)
        told = await scene.browser.send(f"{scene.path}/look")
        assert "the cloud would refuse nothing" in told.text
        assert "to copy: 80 GiB in 2 images to 2 regions" in told.text
        assert "stays and is billed: 1 snapshot" in told.text
        assert all("/look" not in link for link in told.links)

    played(tmp_path, story)


def test_who_approves_is_kept_with_the_comment(tmp_path: Path) -> None:
    async def story(scene: Scene) -> None:
        await scene.talk.create()
        await scene.update()
        browser = scene.browser
        async with browser.stream(scene.path.replace("/console/", "/console/live/")) as stream:
            assert "Approve" in (await stream.parts())["deeds"]
            comment = "looks good\nto <me>"
            begun = await browser.send(f"{scene.path}/approve", comment=comment, on_failure="keep")
            assert (
                "/events?done=approved" in begun.path
                and "What becomes of it is told below" in begun.text
            )
            parts = await stream.parts()
            assert "is being carried out" in parts["standing"]
            assert "Approve" not in parts["deeds"] and "looks good" in parts["deeds"]
        await scene.talk.settled()
        page = await browser.get(scene.path)
        assert "carried out" in page.page.live("standing").text
        assert "to <me>" in page.page.one("blockquote").text
        by = page.page.one("section", aria_label="Decision").text
        assert by.startswith("✓ approved by IFAKOPERATOR")
        operation = await browser.apis.house.plane.desk.store.last_operation(
            scene.talk.stack["StackId"]
        )
        assert operation is not None and operation.on_failure.value == "keep"
        admin = await browser.as_role(Role.ADMIN)
        audit = await admin.get("/console/audit")
        assert "ApproveChangeSet" in audit.text and "looks good to <me>" in audit.text
        # Neither API gives back what was said of it, and both know that it was executed.
        told = await scene.talk.ask("GetChangeSet", ChangeSetId=scene.change_set_id)
        assert told["ExecutionStatus"] == "EXECUTE_COMPLETE" and "looks good" not in str(told)

    played(tmp_path, story)


def test_of_two_who_approve_at_once_one_is_told(tmp_path: Path) -> None:
    async def story(scene: Scene) -> None:
        await scene.talk.create()
        await scene.update()
        other = await scene.browser.as_role(Role.ADMIN)
        for one in (scene.browser, other):
            await one.csrf()
        replies = await asyncio.gather(
            scene.browser.send(f"{scene.path}/approve", comment="mine", follow=False),
            other.send(f"{scene.path}/approve", comment="yours", follow=False),
        )
        assert sorted(one.status for one in replies) == [303, 409]
        refused = next(one for one in replies if one.status == 409)
        assert "was approved by" in refused.text
        winner = "mine" if replies[0].status == 303 else "yours"
        await scene.talk.settled()
        assert (await scene.browser.get(scene.path)).page.one("blockquote").text == winner
        again = await scene.browser.send(f"{scene.path}/approve", comment="once more")
        late = await scene.browser.send(f"{scene.path}/reject", comment="too late")
        assert (again.status, late.status) == (409, 409)

    played(tmp_path, story)


def test_what_is_rejected_is_executed_by_nobody(tmp_path: Path) -> None:
    async def story(scene: Scene) -> None:
        fresh = {"ChangeSetType": "CREATE", "StackName": "fresh", "TemplateBody": TWO_COPIES}
        await scene.propose(**fresh)
        silent = await scene.browser.send(f"{scene.path}/reject", comment="  ")
        assert silent.status == 400 and "needs a comment" in silent.text
        assert await scene.execution() is ExecutionStatus.AVAILABLE
        page = await scene.browser.send(f"{scene.path}/reject", comment="wrong region")
        assert "rejected by IFAKOPERATOR" in page.text
        assert page.page.one("blockquote").text == "wrong region"
        assert page.page.live("standing").text.startswith("↶ rejected")
        assert not page.page.all("button", formaction=f"{scene.path}/reject")
        (removal,) = [one for one in page.page.all("a") if "under review" in one.text]
        assert removal.get("href") == f"{scene.stack_path}/delete"
        refused = await scene.talk.refused("ExecuteChangeSet", ChangeSetId=scene.change_set_id)
        assert "UNAVAILABLE" in str(refused)
        told = await scene.talk.ask("GetChangeSet", ChangeSetId=scene.change_set_id)
        assert told["StatusReason"].endswith(": wrong region")
        again = await scene.browser.send(f"{scene.path}/approve")
        assert again.status == 409 and "was rejected by" in again.text
        gone = await scene.browser.send(f"{scene.path}/delete")
        assert gone.path.startswith(f"{scene.stack_path}/change-sets?done=dropped")
        assert "The change set is deleted." in gone.text
        assert (await scene.browser.get(scene.path)).status == 404

    played(tmp_path, story)


def test_what_is_out_of_date_is_planned_again(tmp_path: Path) -> None:
    async def story(scene: Scene) -> None:
        await scene.talk.create()
        path = await scene.update(name="try-9")
        renamed = _given(Suffix="three")
        await scene.talk.ask(
            "UpdateStack",
            **scene.talk.stack,
            TemplateBody=TWO_COPIES,
            Parameters=renamed,
            ReplacementOption="Enabled",
        )
        await scene.talk.settled()
        page = await scene.browser.get(path)
        assert "out of date" in page.page.live("standing").text
        assert "was changed after this was planned" in page.text
        refused = await scene.browser.send(f"{path}/approve")
        assert refused.status == 409 and "make a new change set" in refused.text
        again = await scene.browser.send(f"{path}/again")
        assert again.page.one("h2").text == "Change set try-10"
        assert "by IFAKOPERATOR" in again.page.one("dl").text
        assert "waits for a decision" in again.page.live("standing").text
        first = again.page.one("li", class_="change")
        assert rows(first)[0][1:3] == ["− first-three", "+ first-one"]

    played(tmp_path, story)


def test_what_is_blocked_can_be_planned_with_replacements(tmp_path: Path) -> None:
    async def story(scene: Scene) -> None:
        await scene.talk.create()
        path = await scene.update(ReplacementOption="Disabled")
        page = await scene.browser.get(path)
        assert "cannot be carried out" in page.page.live("standing").text
        assert "IF601" in page.text and "! blocked First" in page.text
        place = page.page.one("li", class_="change").one("a", class_="place")
        assert place.get("href").startswith(f"{path}/template#line-")
        again = await scene.browser.send(f"{path}/again", replace="yes")
        assert "2 to replace" in again.text and "waits for a decision" in again.text

    played(tmp_path, story)


def test_nobody_decides_without_leave(tmp_path: Path) -> None:
    async def story(scene: Scene) -> None:
        await scene.talk.create()
        await scene.update()
        reader = await scene.browser.as_role(Role.READER)
        shown = await reader.get(scene.path)
        assert shown.status == 200 and not shown.page.one("main").all("form")
        assert "Who has the role operator may approve" in shown.text
        pairs = [("csrf", "wrong"), ("comment", "x")]
        foreign = scene.path.replace(scene.talk.stack["StackId"], await _another(scene))
        assert (await scene.browser.get(foreign)).status == 404
        for deed in ("approve", "reject", "delete", "again", "look"):
            replies = [
                await reader.send(f"{scene.path}/{deed}", comment="x"),
                await scene.browser.send_pairs(f"{scene.path}/{deed}", pairs),
                await scene.browser.another().send_pairs(f"{scene.path}/{deed}", pairs),
                await scene.browser.send(f"{foreign}/{deed}", comment="x"),
            ]
            assert [one.status for one in replies] == [403, 403, 401, 404], deed
            assert await scene.execution() is ExecutionStatus.AVAILABLE, deed

    played(tmp_path, story)


async def _another(scene: Scene) -> str:
    body = "ROSTemplateFormatVersion: '2015-09-01'\nOutputs: {A: {Value: b}}\n"
    made = await scene.talk.ask("CreateStack", StackName="another", TemplateBody=body)
    return str(made["StackId"])


def test_thousands_of_changes_come_page_by_page(tmp_path: Path) -> None:
    async def story(scene: Scene) -> None:
        await scene.talk.create()
        path = await scene.update()
        desk = scene.browser.apis.house.plane.desk
        named = await find_named(desk, scene.change_set_id)
        assert named is not None
        kept = await changes_of(desk, named)
        assert kept is not None
        many = tuple(
            replace(kept.changes[0], address=ResourceAddress("First", place))
            for place in range(2_000)
        )
        await desk.store.save_change_set(replace(kept, changes=many))
        page = await scene.browser.get(f"{path}?page=3")
        assert "page 3 of 40" in page.text and "2,000 to replace" in page.text
        shown = [one.get("id") for one in page.page.all("li", class_="change")]
        assert (shown[0], shown[-1], len(shown)) == ("change-First[100]", "change-First[149]", 50)
        assert f"{path}?page=4#changes" in page.links
        beyond = await scene.browser.get(f"{path}?page=4000")
        assert "page 40 of 40" in beyond.text
        document = await scene.browser.get(f"{path}/json")
        assert "only the file has all of them" in document.text

    played(tmp_path, story)


def test_a_change_set_of_cloudformation_names_the_line_of_its_own_tool(tmp_path: Path) -> None:
    async def story(scene: Scene) -> None:
        body = "Resources:\n  C:\n    Type: TF::Alicloud::ImageCopy\n    Properties:\n"
        body += "      SourceImageId: m-golden0000000000001\n      SourceRegionId: cn-hangzhou\n"
        status, made = await scene.browser.apis.aws(
            "CreateChangeSet",
            StackName="demo",
            ChangeSetName="begin",
            ChangeSetType="CREATE",
            TemplateBody=body,
        )
        assert status == 200, ElementTree.tostring(made)
        (stack,) = await scene.browser.apis.house.plane.stacks(None)
        listed = await scene.browser.get(f"{stack_path(stack.stack_id)}/change-sets")
        page = await scene.browser.get(listed.page.one("tbody").one("a").get("href"))
        assert "cn-hangzhou → to cn-beijing" in page.text
        lines = [one.text for one in page.page.one("details", class_="commands").all("code")]
        assert lines[0] == (
            "aws cloudformation execute-change-set --endpoint-url http://127.0.0.1:8787"
            " --region cn-beijing --stack-name demo --change-set-name begin"
        )
        begun = await scene.browser.send(page.path + "/approve", comment="go")
        assert begun.status == 200 and "/events?done=approved" in begun.path

    played(tmp_path, story)
