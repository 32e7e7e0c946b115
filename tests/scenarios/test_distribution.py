"""`distribute` over whole operations: versions in turn, what is retired, what never is, and crashes."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from imageferry.control.distributions.documents import read_distribution
from imageferry.control.distributions.outlines import outline
from imageferry.control.distributions.retention import Keeping
from imageferry.control.distributions.wishes import DistributionRefused, Wish
from imageferry.control.families import find_families, plan_current
from imageferry.control.requests import ExecutionOptions, OperationHolds
from imageferry.model.statuses import StackStatus
from tests.scenarios.emulated import REGIONS, Emulated, play
from tests.scenarios.versions import (
    DAY,
    FEW,
    GOLDEN,
    HOME,
    STRANGER,
    bake,
    call,
    copy_id,
    keep,
    perform,
    publish,
    share,
    stray_snapshots,
    there,
    use,
    wish_of,
)


def test_three_versions_in_turn_in_twenty_regions(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        names = ("web-1", "web-2", "web-3")
        versions: list[str] = []
        for name in names:
            versions.append(await bake(sea, name))
            wish = wish_of(versions[-1], *REGIONS, last=2)
            found, view = await perform(sea, wish)
            assert view.stack.status in {StackStatus.CREATED, StackStatus.UPDATED}
            assert len(found.arriving) == 20
            assert there(sea) == dict.fromkeys(REGIONS, versions[-2:])
            assert stray_snapshots(sea) == []
            assert {one["name"] for one in sea.copies()} <= set(names)
            newest = view.stack.outputs["NewestImageIds"]
            assert newest == {region: copy_id(sea, region, versions[-1]) for region in REGIONS}
            images = sea.copies()
            again, _ = await perform(sea, wish)
            assert not (again.arriving or again.retiring or again.kept)
            assert sea.copies() == images
        assert len(found.retiring) == 20
        view = await sea.delete("web")
        assert sea.copies() == []

    play(tmp_path, program)


async def _launch(sea: Emulated, region: str, image_id: str) -> None:
    await call(sea, "ModifyImageAttribute", region, ImageId=image_id, ImageFamily="web")


async def _name(sea: Emulated, region: str, image_id: str) -> None:
    """Another stack copies the copy on."""
    template = f"""
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Onward:
    Type: ALIYUN::ECS::CopyImage
    Properties: {{ImageId: {image_id}, DestinationRegionId: eu-west-1, DestinationImageName: on}}
"""
    await sea.deploy(template.encode(), name="onward", region=region)


PROTECTING = {
    "cn-shanghai": (use, "used by i-"),
    "cn-beijing": (share, f"shared with {STRANGER}"),
    "cn-shenzhen": (publish, "public"),
    "cn-hongkong": (keep, "tagged imageferry:keep=audit"),
    "us-east-1": (_launch, 'what launches from the family "web"'),
    "us-west-1": (_name, 'used by "Onward" of stack "onward"'),
}


def test_what_is_needed_is_never_retired(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        regions = (*PROTECTING, "cn-chengdu")
        first = await bake(sea, "web-1")
        await perform(sea, wish_of(first, *regions, last=1))
        for region, (protect, _) in PROTECTING.items():
            await protect(sea, region, copy_id(sea, region, first))
        before = {one["image_id"]: one for one in sea.copies()}
        second = await bake(sea, "web-2")
        found, view = await perform(sea, wish_of(second, *regions, last=1))
        assert view.stack.status is StackStatus.UPDATED
        assert [one.copy.region for one in found.retiring] == ["cn-chengdu"]
        told = {one.copy.region: one.reasons for one in found.kept}
        assert told.keys() == PROTECTING.keys()
        for region, (_, says) in PROTECTING.items():
            assert [reason for reason in told[region] if says in reason], told[region]
        after = {one["image_id"]: one for one in sea.copies()}
        gone = before.keys() - after.keys()
        assert {before[one]["region"] for one in gone} == {"cn-chengdu"}
        assert all(after[key] == before[key] for key in before.keys() - gone)
        assert stray_snapshots(sea) == []
        # Once nobody shares it any longer it goes with the next run.
        shared = copy_id(sea, "cn-beijing", first)
        await call(
            sea, "ModifyImageSharePermission", "cn-beijing", ImageId=shared,
            RemoveAccount=[STRANGER],
        )  # fmt: skip
        found, _ = await perform(sea, wish_of(second, *regions, last=1))
        assert [one.thing_id for one in found.retiring] == [shared]
        assert stray_snapshots(sea) == []

    play(tmp_path, program)


def test_what_cannot_be_looked_at_is_kept(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        first = await bake(sea, "web-1")
        await perform(sea, wish_of(first, *FEW, last=1))
        second = await bake(sea, "web-2")
        sea.fault(
            kind="error", action="DescribeInstances", region="cn-beijing", count=None,
            code="Forbidden.RAM", status=403,
        )  # fmt: skip
        found, _ = await perform(sea, wish_of(second, *FEW, last=1))
        (kept,) = found.kept
        assert kept.copy.region == "cn-beijing"
        assert "could not be looked at: DescribeInstances in cn-beijing" in kept.reasons[0]
        assert there(sea) == {"cn-shanghai": [second], "cn-beijing": [first, second]}

    play(tmp_path, program, trouble=False)


def test_a_copy_that_comes_into_use_after_the_plan_is_taken_back(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        first = await bake(sea, "web-1")
        await perform(sea, wish_of(first, *FEW, last=1))
        second = await bake(sea, "web-2")
        wish = wish_of(second, *FEW, last=1)
        plane = sea.house.plane
        found = await outline(plane.desk, wish)
        assert len(found.retiring) == 2
        planned = await plane.plan(found.request)
        used = copy_id(sea, "cn-shanghai", first)
        await use(sea, "cn-shanghai", used)
        operation = await plane.execute(planned, ExecutionOptions(deletes_remains=True))
        await sea.house.worker.run(operation.operation_id)
        assert (await plane.find("web")).status is StackStatus.UPDATE_FAILED
        # The same command once more, at once or tomorrow.
        found, view = await perform(sea, wish)
        assert view.stack.status is StackStatus.UPDATED
        assert found.adoption is not None
        assert [one.thing_id for one in found.kept] == [used]
        assert there(sea) == {"cn-shanghai": [first, second], "cn-beijing": [second]}
        found, _ = await perform(sea, wish)
        assert found.adoption is None
        assert not (found.arriving or found.retiring)

    play(tmp_path, program)


def test_by_age(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        first = await bake(sea, "web-1")
        aged = Keeping(seconds=90 * DAY)
        await perform(sea, replace(wish_of(first, *FEW), keeping=aged))
        second = await bake(sea, "web-2")
        wish = replace(wish_of(second, *FEW), keeping=aged)
        await perform(sea, wish)
        assert there(sea) == {region: [first, second] for region in FEW}
        await sea.house.clock.sleep(100 * DAY)
        found, _ = await perform(sea, wish)
        assert len(found.retiring) == 2
        assert there(sea) == {region: [second] for region in FEW}
        assert stray_snapshots(sea) == []

    play(tmp_path, program)


def test_nothing_goes_before_the_new_one_is_everywhere(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        first = await bake(sea, "web-1")
        await perform(sea, wish_of(first, *FEW, last=1))
        second = await bake(sea, "web-2")
        sea.fault(kind="copy_fails", region="cn-beijing", count=1, percent=50)
        wish = wish_of(second, *FEW, last=1)
        _, view = await perform(sea, wish)
        assert view.stack.status is StackStatus.UPDATE_FAILED
        assert all(first in sources for sources in there(sea).values())
        # What was to go is looked at anew.
        await keep(sea, "cn-shanghai", copy_id(sea, "cn-shanghai", first))
        found, view = await perform(sea, wish)
        assert view.stack.status is StackStatus.UPDATED
        assert [one.copy.region for one in found.retiring] == ["cn-beijing"]
        assert [one.copy.region for one in found.kept] == ["cn-shanghai"]
        assert there(sea) == {"cn-shanghai": [first, second], "cn-beijing": [second]}

    play(tmp_path, program)


def test_a_version_that_came_not_everywhere_is_not_made_up_for(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        first = await bake(sea, "web-1")
        sea.fault(kind="copy_fails", region="cn-beijing", count=1, percent=50)
        await perform(sea, wish_of(first, *FEW, last=2))
        second = await bake(sea, "web-2")
        _, view = await perform(sea, wish_of(second, *FEW, last=2))
        assert view.stack.status in {StackStatus.CREATED, StackStatus.UPDATED}
        assert there(sea) == {"cn-shanghai": [first, second], "cn-beijing": [second]}

    play(tmp_path, program)


def test_going_back_makes_the_older_one_the_newest(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        first, second = await bake(sea, "web-1"), await bake(sea, "web-2")
        await perform(sea, wish_of(first, *FEW, last=2))
        await perform(sea, wish_of(second, *FEW, last=2))
        found, view = await perform(sea, wish_of(first, *FEW, last=2))
        assert not (found.arriving or found.retiring)
        assert view.stack.outputs["NewestImageIds"] == {
            region: copy_id(sea, region, first) for region in FEW
        }
        third = await bake(sea, "web-3")
        found, _ = await perform(sea, wish_of(third, *FEW, last=2))
        assert {one.copy.image_id for one in found.retiring} == {second}

    play(tmp_path, program)


def test_a_region_that_is_left_out_keeps_what_it_has(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        first = await bake(sea, "web-1")
        await perform(sea, wish_of(first, *FEW, last=1))
        second = await bake(sea, "web-2")
        found, view = await perform(sea, wish_of(second, "cn-shanghai", last=1))
        assert found.elsewhere == ("cn-beijing",)
        assert there(sea) == {"cn-shanghai": [second], "cn-beijing": [first]}
        assert view.stack.outputs["NewestImageIds"] == {
            "cn-beijing": copy_id(sea, "cn-beijing", first),
            "cn-shanghai": copy_id(sea, "cn-shanghai", second),
        }

    play(tmp_path, program)


@pytest.mark.parametrize("after", [1.0, 600.0], ids="{:.0f} s".format)
def test_a_crash_and_the_same_command_again(tmp_path: Path, after: float) -> None:
    async def program(sea: Emulated) -> None:
        first = await bake(sea, "web-1")
        await perform(sea, wish_of(first, *FEW, last=1))
        second = await bake(sea, "web-2")
        wish = wish_of(second, *FEW, last=1)
        plane = sea.house.plane
        found = await outline(plane.desk, wish)
        planned = await plane.plan(found.request)
        options = ExecutionOptions(deletes_remains=True)
        operation = await plane.execute(planned, options)
        run = asyncio.ensure_future(sea.house.worker.run(operation.operation_id))
        await sea.house.clock.sleep(after)
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)
        again = await outline(plane.desk, wish)
        other = await outline(plane.desk, replace(wish, image_id=first))
        if (await plane.operation(operation.operation_id)).status.is_open:  # type: ignore[union-attr]
            assert again.is_resumed
            resumed = await plane.plan(again.request)
            assert resumed.running is not None
            assert (await plane.execute(resumed, options)).operation_id == operation.operation_id
            with pytest.raises(OperationHolds):
                await plane.plan(other.request)
            await sea.fresh_worker().run(operation.operation_id)
        _, view = await perform(sea, wish)
        assert view.stack.status is StackStatus.UPDATED
        assert Counter(one["region"] for one in sea.copies()) == dict.fromkeys(FEW, 1)
        assert there(sea) == {region: [second] for region in FEW}
        assert stray_snapshots(sea) == []

    play(tmp_path, program)


async def _refused(sea: Emulated, wish: Wish) -> Sequence[str]:
    calls = len(sea.copies())
    with pytest.raises(DistributionRefused) as refused:
        await outline(sea.house.plane.desk, wish)
    assert len(sea.copies()) == calls
    return [one.code for one in refused.value.diagnostics]


def test_two_versions_of_one_name_are_refused_before_anything(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        first = await bake(sea, "web-1")
        await perform(sea, wish_of(first, *FEW, last=1, name="web"))
        second = await bake(sea, "web-2")
        wish = wish_of(second, *FEW, last=1, name="web")
        assert await _refused(sea, wish) == ["IF963", "IF963"]
        found, _ = await perform(sea, replace(wish, name="web-{id}"))
        assert len(found.retiring) == 2

    play(tmp_path, program)


def test_somebody_elses_stack_is_left_alone(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        await _name(sea, HOME, GOLDEN)
        assert await _refused(sea, replace(wish_of(GOLDEN, *FEW), stack_name="onward")) == ["IF964"]

    play(tmp_path, program)


def test_the_stacks_template_says_it_all(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        first = await bake(sea, "web-1")
        wish = wish_of(first, *FEW, keys={"cn-beijing": "key-1"}, tags=(("team", "web"),))
        found, view = await perform(sea, wish)
        assert read_distribution(view.stack.template) == found.wanted
        keys = {one["region"]: one["kms_key_id"] for one in sea.copies()}
        assert keys == {"cn-shanghai": "", "cn-beijing": "key-1"}
        drift = await sea.house.plane.drift(view.stack)
        assert not [one for one in drift.resources if one.status.is_drift]

    play(tmp_path, program, trouble=False)


def test_a_family_launches_the_newest_until_it_is_rolled_back(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        plane = sea.house.plane
        versions = [await bake(sea, f"web-{number}") for number in (1, 2, 3)]

        async def launched() -> dict[str, str]:
            replies = [
                await call(sea, "DescribeImageFromFamily", one, ImageFamily="web") for one in FEW
            ]
            by_id = {one["image_id"]: one["source_image_id"] for one in sea.copies()}
            return {
                region: by_id[reply["Image"]["ImageId"]]
                for region, reply in zip(FEW, replies, strict=True)
            }

        for number, version in enumerate(versions):
            wish = wish_of(version, *FEW, last=1, family="web")
            found, view = await perform(sea, wish)
            assert view.stack.status in {StackStatus.CREATED, StackStatus.UPDATED}
            assert await launched() == dict.fromkeys(FEW, version)
            # What it would roll back to is kept, and what was before that goes.
            assert there(sea) == dict.fromkeys(FEW, versions[max(0, number - 1) : number + 1])
        assert {one.reasons for one in found.kept} == {('what the family "web" rolls back to',)}
        assert stray_snapshots(sea) == []
        (record,) = await find_families(plane.desk, [view.stack], "web", "cn-beijing")
        planned = await plan_current(plane.desk, [(record, str(record.previous))])
        operation = await plane.execute(planned, ExecutionOptions())
        await sea.house.worker.run(operation.operation_id)
        rolled_back = {"cn-shanghai": versions[2], "cn-beijing": versions[1]}
        assert await launched() == rolled_back
        # The same line does not undo what somebody has rolled back, a newer image does.
        found, view = await perform(sea, wish)
        assert await launched() == rolled_back
        assert not (found.arriving or found.retiring)
        fourth = await bake(sea, "web-4")
        await perform(sea, wish_of(fourth, *FEW, last=1, family="web"))
        assert await launched() == dict.fromkeys(FEW, fourth)
        await perform(sea, wish_of(versions[2], "cn-shanghai", last=1, family="web"))
        assert await launched() == {"cn-shanghai": versions[2], "cn-beijing": fourth}

    play(tmp_path, program)


def test_what_is_half_deleted_and_gone_is_made_anew_where_it_is_wanted_again(
    tmp_path: Path,
) -> None:
    async def program(sea: Emulated) -> None:
        first, second = await bake(sea, "web-1"), await bake(sea, "web-2")
        await perform(sea, wish_of(first, "cn-beijing", last=1))
        old = copy_id(sea, "cn-beijing", first)
        sea.fault(
            kind="error", action="DeleteImage", count=1, code="ImageUsingByInstance", status=403
        )
        _, view = await perform(sea, wish_of(second, "cn-beijing", last=1))
        assert view.stack.status is StackStatus.UPDATE_FAILED
        await call(sea, "DeleteImage", "cn-beijing", ImageId=old)
        found, view = await perform(sea, wish_of(first, "cn-beijing", last=2))
        assert view.stack.status is StackStatus.UPDATED
        assert found.adoption is None
        assert sorted(there(sea)["cn-beijing"]) == sorted([first, second])

    play(tmp_path, program, trouble=False)


def test_what_it_shares_itself_protects_nothing(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        accounts = (STRANGER, "2234567890123456")
        first, second = await bake(sea, "web-1"), await bake(sea, "web-2")
        await perform(sea, wish_of(first, "cn-beijing", last=1, accounts=accounts))
        found, view = await perform(
            sea, wish_of(second, "cn-beijing", last=1, accounts=accounts[:1])
        )
        assert view.stack.status is StackStatus.UPDATED
        assert len(found.retiring) == 1
        assert there(sea) == {"cn-beijing": [second]}
        told = await call(
            sea, "DescribeImageSharePermission", "cn-beijing",
            ImageId=copy_id(sea, "cn-beijing", second),
        )  # fmt: skip
        assert [one["AliyunId"] for one in told["Accounts"]["Account"]] == [STRANGER]
        view = await sea.delete("web")
        assert view.stack.status is StackStatus.DELETED
        assert sea.copies() == []

    play(tmp_path, program)
