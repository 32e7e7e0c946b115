"""`distribute` in turns: what comes first, a second look at who needs the old ones, then what goes."""

from __future__ import annotations

from pathlib import Path

from imageferry.control.distributions.outlines import outline
from imageferry.model.drift import StackDriftStatus
from imageferry.model.statuses import StackStatus
from tests.scenarios.emulated import Emulated, play
from tests.scenarios.versions import (
    FEW,
    STRANGER,
    again,
    bake,
    call,
    carry_out,
    copy_id,
    keep,
    perform,
    publish,
    share,
    stray_snapshots,
    there,
    use,
    view_of,
    wish_of,
)

MEDDLING = {
    "cn-shanghai": (use, "used by i-"),
    "cn-beijing": (share, f"shared with {STRANGER}"),
    "cn-shenzhen": (publish, "public"),
    "cn-hongkong": (keep, "tagged imageferry:keep=audit"),
}
REGIONS = (*MEDDLING, "cn-chengdu")


def test_what_is_needed_while_the_new_ones_come_does_not_go(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        first = await bake(sea, "web-1")
        await perform(sea, wish_of(first, *REGIONS, last=1))
        old = {region: copy_id(sea, region, first) for region in REGIONS}
        wish = wish_of(await bake(sea, "web-2"), *REGIONS, last=1)
        told = await outline(sea.house.plane.desk, wish)
        assert [one.thing_id for one in told.retiring] == list(old.values())
        await carry_out(sea, told.bringing)
        assert all(len(sources) == 2 for sources in there(sea).values())
        for region, (meddle, _) in MEDDLING.items():
            await meddle(sea, region, old[region])
        found = await again(sea, wish, told)
        assert found.bringing is None
        assert [one.thing_id for one in found.retiring] == [old["cn-chengdu"]]
        reasons = {one.copy.region: one.reasons[0] for one in found.kept}
        for region, (_, says) in MEDDLING.items():
            assert reasons[region].startswith(says)
        await carry_out(sea, found.request)
        assert (await view_of(sea)).stack.status is StackStatus.UPDATED
        left = {one["image_id"] for one in sea.copies()}
        assert set(old.values()) - left == {old["cn-chengdu"]}
        assert stray_snapshots(sea) == []

    play(tmp_path, program)


def test_what_falls_free_while_the_new_ones_come_waits_for_the_next_run(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        first = await bake(sea, "web-1")
        await perform(sea, wish_of(first, *FEW, last=1))
        shared = copy_id(sea, "cn-beijing", first)
        await share(sea, "cn-beijing", shared)
        wish = wish_of(await bake(sea, "web-2"), *FEW, last=1)
        told = await outline(sea.house.plane.desk, wish)
        assert [one.thing_id for one in told.kept] == [shared]
        await carry_out(sea, told.bringing)
        await call(
            sea, "ModifyImageSharePermission", "cn-beijing", ImageId=shared,
            RemoveAccount=[STRANGER],
        )  # fmt: skip
        found = await again(sea, wish, told)
        (kept,) = found.kept
        assert "kept when this was shown" in kept.reasons[0]
        await carry_out(sea, found.request)
        assert shared in {one["image_id"] for one in sea.copies()}
        found, _ = await perform(sea, wish)
        assert [one.thing_id for one in found.retiring] == [shared]

    play(tmp_path, program)


def test_the_tag_that_keeps_a_copy_is_no_drift(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        first = await bake(sea, "web-1")
        _, view = await perform(sea, wish_of(first, *FEW, last=1))
        tagged = copy_id(sea, "cn-beijing", first)
        await keep(sea, "cn-beijing", tagged)
        drift = await sea.house.plane.drift(view.stack)
        assert drift.status is StackDriftStatus.IN_SYNC
        await perform(sea, wish_of(first, *FEW, last=1, refreshes=True))
        found, _ = await perform(sea, wish_of(await bake(sea, "web-2"), *FEW, last=1))
        assert [one.thing_id for one in found.kept] == [tagged]

    play(tmp_path, program)
