"""Deeds on one stack: cancel, retry, roll back, adopt, protect, delete; and a distribution."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from imageferry.control.named_changes import named_of
from imageferry.control.requests import StackRequest
from imageferry.emulator import controls
from imageferry.model.access import Role
from imageferry.model.operations import OnFailure
from imageferry.model.statuses import StackStatus
from imageferry.testing import run_virtually
from tests.console.browsing import Browser, Reply, browsing
from tests.console.standing import (
    FAN_OUT,
    approve,
    deployed,
    ended,
    fault,
    images,
    mended,
    standing,
)

_DAMAGED = {"kind": "copy_fails", "action": "CopyImage", "count": None}


def told(folder: Path, story: Callable[[Browser], Awaitable[None]], **given: object) -> None:
    """A story with a browser, in virtual time."""

    async def main() -> None:
        async with browsing(folder, **given) as browser:  # type: ignore[arg-type]
            await story(browser)

    run_virtually(main())


def says(reply: Reply, word: str) -> str:
    """The command line that the notice after a deed shows."""
    query = parse_qs(urlsplit(reply.path).query)
    assert query.get("done") == [word], (reply.path, reply.text[:600])
    return reply.page.one(class_="notice").text


def test_what_runs_is_cancelled_and_the_rollback_broken_off(tmp_path: Path) -> None:
    async def story(browser: Browser) -> None:
        fault(browser, "uncancellable", action="CopyImage", count=None)
        stack = await deployed(browser, waits=False)
        path = f"/console/stacks/{stack.stack_id}/cancel"
        await browser.apis.clock.sleep(30.0)
        page = await browser.get(path)
        assert "cn-shanghai" in page.text and "imageferry cancel" in page.text
        reply = await browser.send(path)
        assert "imageferry cancel --stack fan" in says(reply, "cancelled")
        assert "was told to stop" in (await browser.get(path)).text
        for _ in range(600):
            turning = await browser.get(path)
            if turning.page.all("input", name="break_off"):
                break
            await browser.apis.clock.sleep(0.5)
        assert turning.page.all("input", name="break_off"), turning.text
        broken = await browser.send(path, break_off="on")
        assert "--break-off" in says(broken, "broken-off")
        after = await ended(browser, stack.stack_id)
        assert after.status is StackStatus.CREATE_ROLLBACK_FAILED
        nothing = await browser.get(path)
        assert "Nothing runs" in nothing.text
        assert (await browser.send(path)).status == 409
        back = f"/console/stacks/{stack.stack_id}/rollback"
        asked = await browser.get(back)
        assert asked.page.one("h2").text == "Continue the rollback"
        gone = await browser.send(back, skips="Nobody")
        assert gone.status == 400 and "Nobody" in gone.text
        reply = await browser.send(back)
        assert "imageferry continue-rollback" in says(reply, "rolling-back")
        after = await ended(browser, stack.stack_id)
        assert after.status is StackStatus.CREATE_ROLLED_BACK

    told(tmp_path, story)


def test_a_region_that_failed_is_tried_again_alone(tmp_path: Path) -> None:
    async def story(browser: Browser) -> None:
        fault(browser, "copy_fails", action="CopyImage", region="cn-hangzhou", count=None)
        stack = await deployed(browser)
        assert stack.status is StackStatus.CREATE_FAILED
        mended(browser)
        path = f"/console/stacks/{stack.stack_id}/retry"
        page = (await browser.get(f"{path}?part=Copy%5B1%5D")).page
        chosen = [one.get("value") for one in page.all("input", name="part", checked="")]
        assert chosen == ["Copy[1]"]
        assert "--only 'Copy[1]'" in page.text
        nothing = await browser.send(path, what="chosen")
        assert nothing.status == 400 and "nothing is chosen" in nothing.text
        wrong = await browser.send(path, what="chosen", part="<b>=1+1</b>")
        assert wrong.status == 400 and "<b>=1" not in wrong.source
        reply = await browser.send(path, what="chosen", part="Copy[1]")
        assert "--only 'Copy[1]'" in says(reply, "retried")
        after = await ended(browser, stack.stack_id)
        assert after.status is StackStatus.CREATE_FAILED
        assert "carried" in images(browser, "ap-southeast-1")
        assert "carried" not in images(browser, "cn-shanghai")
        await browser.send(path, what="all", on_failure="rollback")
        after = await ended(browser, stack.stack_id)
        assert after.status is StackStatus.CREATED
        over = await browser.get(path)
        assert over.status == 409

    told(tmp_path, story, speed=1e4)


def test_a_kept_failure_is_rolled_back(tmp_path: Path) -> None:
    async def story(browser: Browser) -> None:
        fault(browser, "copy_fails", action="CopyImage", count=1)
        stack = await deployed(browser)
        assert stack.status is StackStatus.CREATE_FAILED
        path = f"/console/stacks/{stack.stack_id}/rollback"
        page = await browser.get(path)
        assert page.page.one("h2").text == "Roll back"
        assert f"{path}" in page.links
        says(await browser.send(path), "rolling-back")
        after = await ended(browser, stack.stack_id)
        assert after.status is StackStatus.CREATE_ROLLED_BACK
        assert (await browser.send(path)).status == 409

    told(tmp_path, story, speed=1e4)


def test_a_stack_is_deleted_by_its_name_and_what_is_ticked_stays(tmp_path: Path) -> None:
    async def story(browser: Browser) -> None:
        stack = await deployed(browser)
        path = f"/console/stacks/{stack.stack_id}/delete"
        guard = f"/console/stacks/{stack.stack_id}/protect"
        assert "imageferry protect" in says(await browser.send(guard, on="on"), "protected")
        assert "nobody can delete it" in (await browser.get(path)).text
        refused = await browser.send(path, name="fan")
        assert refused.status == 409
        assert "--off" in says(await browser.send(guard), "unprotected")
        page = await browser.get(path)
        assert "2 images in 2 regions" in page.text
        assert page.page.by_id("name").get("data-must-be") == "fan"
        for typed in ("", "Fan", "fan ", "<script>"):
            wrong = await browser.send(path, name=typed, retain="Copy[0]")
            assert wrong.status == 400, typed
            assert wrong.page.by_id("name").get("aria-invalid") == "true"
            ticked = [one.get("value") for one in wrong.page.all("input", checked="")]
            assert ticked == ["Copy[0]"]
        unknown = await browser.send(path, name="fan", retain="Nobody")
        assert unknown.status == 400 and "Nobody" in unknown.text
        assert (await standing(browser, stack.stack_id)).status is StackStatus.CREATED
        reply = await browser.send(path, name="fan", retain="Copy[0]", remains="on")
        line = says(reply, "deleting")
        assert "--retain 'Copy[0]'" in line and "--delete-snapshots" in line
        assert (await ended(browser, stack.stack_id)).status is StackStatus.DELETED
        assert "carried" in images(browser, "cn-shanghai")
        assert "carried" not in images(browser, "ap-southeast-1")
        for deed in ("delete", "update", "retry", "rollback", "adopt"):
            gone = await browser.get(f"/console/stacks/{stack.stack_id}/{deed}")
            assert gone.status == 409, deed

    told(tmp_path, story, speed=1e4)


def test_images_that_exist_are_adopted_by_id_and_by_lineage(tmp_path: Path) -> None:
    async def story(browser: Browser) -> None:
        fault(browser, "error", action="CopyImage", count=None, code="Forbidden")
        stack = await deployed(browser)
        assert stack.status is StackStatus.CREATE_FAILED
        mended(browser)
        path = f"/console/stacks/{stack.stack_id}/adopt"
        page = (await browser.get(path)).page
        names = [one.get("name") for one in page.all("input") if one.get("name")[:6] == "thing."]
        assert names == ["thing.Copy[0]", "thing.Copy[1]"]
        nothing = await browser.send(path, step="propose")
        assert nothing.status == 400 and "no image is named" in nothing.text
        wrong = await browser.send_pairs(path, [("more", "x\n<b>"), ("step", "propose")])
        assert wrong.status == 400 and wrong.page.by_id("more").get("aria-invalid") == "true"
        other = await deployed(browser, name="other", Name="twin", Regions='["cn-shanghai"]')
        there = controls.list_images(browser.apis.cloud.world, "cn-shanghai")
        image_id = next(one["image_id"] for one in there if one["name"] == "twin")
        held = await browser.send_pairs(path, [("thing.Copy[0]", image_id), ("step", "propose")])
        assert "/change-sets/" in held.path
        named = (await named_of(browser.apis.house.plane.desk, stack.stack_id))[0]
        assert (named.kind, named.status.value) == ("IMPORT", "FAILED")
        assert 'is "Copy[0]" of stack "other" already' in named.reason
        unknown = await browser.send_pairs(
            path, [("more", f"Nobody={image_id}"), ("step", "propose")]
        )
        assert unknown.status == 400 and "Nobody" in unknown.text
        sought = await browser.send(path, step="lineage")
        assert "Found by lineage: 0 images" in sought.text
        assert other.status is StackStatus.CREATED

    told(tmp_path, story, speed=1e4)


def test_a_busy_stack_is_left_alone(tmp_path: Path) -> None:
    async def story(browser: Browser) -> None:
        stack = await deployed(browser, waits=False)
        base = f"/console/stacks/{stack.stack_id}"
        for deed in ("update", "adopt", "rollback", "delete"):
            shown = await browser.get(f"{base}/{deed}")
            assert shown.status == 409, deed
        assert (await browser.send(f"{base}/delete", name="fan")).status == 409
        sent = await browser.send(f"{base}/update", template=FAN_OUT.decode(), step="propose")
        assert sent.status == 409
        on = await browser.get(f"{base}/retry")
        assert "let go on" in on.text
        assert "done=followed" in (await browser.send(f"{base}/retry", what="all")).path

    told(tmp_path, story)


def test_an_image_is_distributed_by_ticked_regions(tmp_path: Path) -> None:
    async def story(browser: Browser) -> None:
        blank = await browser.get("/console/distribute?image=m-golden0000000000001&to=cn-shanghai")
        page = blank.page
        assert page.by_id("image").get("value") == "m-golden0000000000001"
        assert [one.get("value") for one in page.all("input", checked="")] == ["cn-shanghai"]
        assert {"China", "Europe"} <= {one.text for one in page.all("legend")}
        for fields, places in _DISTRIBUTIONS:
            wrong = await browser.send("/console/distribute", **fields)
            assert wrong.status == 400, fields
            top = wrong.page.by_id("faults")
            assert [one.get("href")[1:] for one in top.all("a")] == places, top.text
            assert "--" not in top.text
            assert "<i>" not in wrong.source
        reply = await browser.send(
            "/console/distribute",
            **_GOLDEN, to=["cn-shanghai", "eu-central-1"], tags="team=web", name="{name}-x",
            stack="carrier",
        )  # fmt: skip
        assert "Nothing has happened yet" in says(reply, "proposed")
        assert "--to cn-shanghai,eu-central-1" in reply.text
        after = await approve(browser, reply.path.split("/")[3])
        assert (after.name, after.status) == ("carrier", StackStatus.CREATED)
        again = await browser.send(
            "/console/distribute",
            **_GOLDEN, to=["cn-shanghai", "eu-central-1"], tags="team=web", name="{name}-x",
            stack="carrier",
        )  # fmt: skip
        named = (await named_of(browser.apis.house.plane.desk, after.stack_id))[0]
        assert named.is_empty and "/change-sets/" in again.path

    told(tmp_path, story, speed=1e4)


_GOLDEN = {"image": "m-golden0000000000001", "from_": "cn-hangzhou"}
_DISTRIBUTIONS: list[tuple[dict[str, str], list[str]]] = [
    ({}, ["image", "from", "regions-chosen"]),
    ({**_GOLDEN, "to": "cn-hangzhou"}, ["regions-chosen"]),
    ({**_GOLDEN, "to": "cn-nowhere"}, ["regions-chosen"]),
    ({**_GOLDEN, "to": "cn-shanghai", "everywhere": "on"}, ["regions-chosen"]),
    ({**_GOLDEN, "image": "m-none", "to": "cn-shanghai"}, ["image"]),
    ({**_GOLDEN, "image": "<i>no</i>", "to": "cn-shanghai"}, ["image"]),
    ({**_GOLDEN, "to": "cn-shanghai", "tags": "<i>", "keep_last": "0"}, ["tags", "keep_last"]),
    ({**_GOLDEN, "to": "cn-shanghai", "keep_for": "old"}, ["keep_for"]),
    ({**_GOLDEN, "to": "cn-shanghai", "accounts": "me"}, ["accounts"]),
    ({**_GOLDEN, "to": "cn-shanghai", "name": "{nome}"}, ["name", "name"]),
]


def test_retired_copies_leave_no_snapshots_behind_a_distribution(tmp_path: Path) -> None:
    async def story(browser: Browser) -> None:
        reply = await browser.send(
            "/console/distribute", **_GOLDEN, to="cn-shanghai", stack="carrier"
        )
        stack_id = (await approve(browser, reply.path.split("/")[3])).stack_id
        desk = browser.apis.house.plane.desk
        assert (await named_of(desk, stack_id))[0].waiting.deletes_remains
        kept = await browser.send(
            "/console/distribute", **_GOLDEN, to="ap-southeast-1", stack="other",
            keep_snapshots="on",
        )  # fmt: skip
        other = await desk.store.stack_of_uuid(kept.path.split("/")[3])
        assert other is not None
        assert not (await named_of(desk, other.stack_id))[0].waiting.deletes_remains

    told(tmp_path, story, speed=1e4)


def test_notices_are_said_by_nobody_else(tmp_path: Path) -> None:
    async def story(browser: Browser) -> None:
        stack = await deployed(browser)
        path = f"/console/stacks/{stack.stack_id}"
        for query in ("?done=deleting", "?done=deleting&line=rm+-rf&seal=00", "?done=nothing"):
            assert not (await browser.get(path + query)).page.all(class_="notice")
        sent = await browser.send(f"{path}/protect", on="on")
        assert sent.page.all(class_="notice")
        other = await browser.as_role(Role.OPERATOR)
        assert not (await other.get(sent.path)).page.all(class_="notice")

    told(tmp_path, story, speed=1e4)


def test_readers_do_nothing(tmp_path: Path) -> None:
    async def story(browser: Browser) -> None:
        stack = await deployed(browser, on_failure=OnFailure.KEEP)
        reader = await browser.as_role(Role.READER)
        for deed in ("update", "adopt", "rollback", "delete", "cancel", "retry", "protect"):
            path = f"/console/stacks/{stack.stack_id}/{deed}"
            assert (await reader.get(path)).status == 403, deed
            assert (await reader.send(path, name="fan", on="on")).status == 403, deed
        request = StackRequest("fan", "cn-hangzhou", FAN_OUT, "fan.yml")
        assert (await browser.apis.house.plane.plan(request, save=False)).is_current

    told(tmp_path, story, speed=1e4)


def test_a_family_is_distributed_from_what_it_launches(tmp_path: Path) -> None:
    async def story(browser: Browser) -> None:
        first = await browser.send(
            "/console/distribute", **_GOLDEN, to="cn-shanghai", family="web", stack="carrier"
        )
        assert (await approve(browser, first.path.split("/")[3])).status is StackStatus.CREATED
        fields = {"image": "web", "from_": "cn-shanghai", "to": "cn-beijing", "stack": "onward"}
        onward = await browser.send("/console/distribute", **fields)
        assert "/change-sets/" in onward.path, onward.text
        assert (await approve(browser, onward.path.split("/")[3])).status is StackStatus.CREATED
        copies = controls.list_images(browser.apis.cloud.world, "cn-beijing")
        there = controls.list_images(browser.apis.cloud.world, "cn-shanghai")
        source = next(one["image_id"] for one in there if one["family"] == "web")
        assert [one["source_image_id"] for one in copies if one["origin"] == "copy"] == [source]
        nobody = await browser.send("/console/distribute", **{**fields, "image": "ops"})
        assert nobody.status == 400
        assert '"ops" is no image id' in nobody.page.by_id("image-faults").text

    told(tmp_path, story, speed=1e4)


def test_a_stack_that_is_only_proposed_can_be_taken_back(tmp_path: Path) -> None:
    async def story(browser: Browser) -> None:
        made = await browser.send(
            "/console/create", name="idea", region="cn-hangzhou", template=FAN_OUT.decode(),
            step="propose",
        )  # fmt: skip
        path = f"/console/stacks/{made.path.split('/')[3]}/delete"
        assert "only its record goes" in (await browser.get(path)).text
        says(await browser.send(path, name="idea"), "deleting")
        stack = await ended(browser, made.path.split("/")[3])
        assert stack.status is StackStatus.DELETED

    told(tmp_path, story, speed=1e4)


def test_a_failed_part_of_a_stack_is_adopted(tmp_path: Path) -> None:
    async def story(browser: Browser) -> None:
        fault(browser, "error", action="CopyImage", count=None, code="Forbidden")
        stack = await deployed(browser, Regions='["cn-shanghai"]')
        mended(browser)
        other = await deployed(browser, name="other", Regions='["cn-shanghai"]')
        there = controls.list_images(browser.apis.cloud.world, "cn-shanghai")
        image_id = next(one["image_id"] for one in there if one["name"] == "carried")
        gone = f"/console/stacks/{other.stack_id}/delete"
        await browser.send(gone, name="other", retain="Copy[0]")
        await ended(browser, other.stack_id)
        path = f"/console/stacks/{stack.stack_id}/adopt"
        made = await browser.send_pairs(path, [("thing.Copy[0]", image_id), ("step", "propose")])
        assert f"imageferry adopt 'Copy[0]={image_id}' --stack fan" in made.text
        after = await approve(browser, stack.stack_id)
        assert after.status is StackStatus.CREATED
        held = await browser.apis.house.plane.desk.store.resources(stack.stack_id)
        assert [one.physical_id for one in held.values()] == [image_id]

    told(tmp_path, story, speed=1e4)
