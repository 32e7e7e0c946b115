"""Orphans: found by their lineage, removed only where nobody can miss them; records made good by it."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from imageferry.cloud.client import Action
from imageferry.control.orphans import Belonging, Orphan, Sighting, removable
from imageferry.control.requests import ExecutionOptions, OperationHolds, StackRequest
from imageferry.model.operations import OnFailure
from imageferry.model.statuses import OperationStatus, StackStatus
from imageferry.store.databases import open_database
from imageferry.store.upkeep import prune
from imageferry.testing import run_virtually
from tests.scenarios.adoptions import (
    KEY,
    ROS,
    TF,
    by_hand,
    carried_out,
    image,
    planned_adoption,
    tags_of,
)
from tests.scenarios.emulated import TROUBLE, Emulated, emulated, play

PLACE = "cn-beijing"
UNKNOWN = "11111111-2222-4333-8444-555555555555"
COPYING = Action("CopyImage", repeatable=False)
SHARING = Action("ModifyImageSharePermission", repeatable=False)
FROM = b"""
AWSTemplateFormatVersion: '2010-09-09'
Resources:
  Golden:
    Type: TF::Alicloud::ImageCopy
    Properties: {SourceImageId: SOURCE, SourceRegionId: cn-beijing, Encrypted: true, ImageName: mine}
"""
EXTRA = b"""  Extra:
    Type: ALIYUN::ECS::CopyImage
    Properties: {ImageId: m-golden0000000000001, DestinationRegionId: us-west-1}
"""
DESTINATIONS: Mapping[str, Any] = {"Destinations": [PLACE, "cn-shanghai", "us-west-1"]}


def trouble(sea: Emulated) -> None:
    for fault in TROUBLE:
        sea.fault(**fault)
    sea.fault(kind="lost_reply", action="DeleteImage", count=1)
    sea.fault(kind="throttle", action="CancelCopyImage", count=1)


async def sighted(sea: Emulated, *regions: str, others: bool = False) -> Sighting:
    return await sea.house.plane.orphans(regions, 300.0, others=others)


async def gone(
    sea: Emulated, orphans: tuple[Orphan, ...], *, unrecorded: bool = False
) -> list[bool]:
    chosen = [one for one in orphans if removable(one, unrecorded=unrecorded)]
    return [one.is_gone for one in await sea.house.plane.remove_orphans(chosen, 300.0)]


async def ended_operation(sea: Emulated) -> str:
    """An operation that this database knows, and that is over."""
    view = await sea.deploy(ROS, name="other", parameters={"Destinations": ["cn-chengdu"]})
    return str(view.stack.operation_id)


def test_what_is_in_a_stack_or_in_an_open_operation_is_no_orphan(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        plane = sea.house.plane
        request = StackRequest("demo", "cn-hangzhou", ROS, "t.yml", DESTINATIONS)
        operation = await plane.execute(await plane.plan(request), ExecutionOptions())
        running = asyncio.ensure_future(sea.house.worker.run(operation.operation_id))
        for _ in range(12):
            await sea.house.clock.sleep(60)
            found = await sighted(sea)
            # An id whose reply was lost may be shown before it is recorded: never for removal.
            assert {one.belonging for one in found.orphans} <= {Belonging.OPEN}
            assert await gone(sea, found.orphans, unrecorded=True) == []
        await running
        assert (await sighted(sea)).orphans == ()

    play(tmp_path, program)


def test_an_orphan_is_told_cancelled_or_deleted_and_others_stay(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        installation = await sea.house.store.installation()

        async def begun(region: str, name: str, mark: str) -> str:
            return await by_hand(sea, region, name, tags={KEY: mark}, wait=False)

        unknown = await begun(PLACE, "unknown", f"{installation}/{UNKNOWN}/X")
        foreign = await begun(PLACE, "foreign", f"abcd1234/{UNKNOWN}/Golden")
        operation = await ended_operation(sea)
        whole = await begun(PLACE, "whole", f"{installation}/{operation}/Golden[7]")
        # It waits in the region's queue, and is still being copied when the others are whole.
        for number in range(7):
            await begun("us-west-1", f"queued-{number}", f"abcd1234/{UNKNOWN}/Q{number}")
        running = await begun("us-west-1", "running", f"{installation}/{operation}/Golden[8]")
        await sea.house.clock.sleep(2700)
        later = await begun(PLACE, "later", f"{installation}/{operation}/Golden[7]")
        fresh = await begun("us-west-1", "fresh", f"{installation}/{UNKNOWN}/Golden[9]")
        assert image(sea, whole)["status"] == "Available"
        assert image(sea, running)["status"] != "Available"
        trouble(sea)
        ours = {whole, unknown, running, fresh, later}
        assert {one.trace.thing_id for one in (await sighted(sea)).orphans} == ours
        found = await sighted(sea, others=True)
        told = {one.trace.thing_id: one for one in found.orphans}
        assert {key: told[key].belonging for key in (*ours, foreign)} == {
            whole: Belonging.ORPHAN,
            running: Belonging.ORPHAN,
            unknown: Belonging.UNRECORDED,
            fresh: Belonging.RECENT,
            later: Belonging.LATER,
            foreign: Belonging.FOREIGN,
        }
        assert (told[whole].stack_name, told[whole].trace.address) == ("other", "Golden[7]")
        assert await gone(sea, found.orphans) == [True, True]
        assert sea.house.voice.client.counts["CancelCopyImage"] >= 1
        left = {one["image_id"] for one in sea.copies()}
        assert not {whole, running} & left
        assert {foreign, unknown, fresh, later} <= left
        found = await sighted(sea, PLACE)
        assert await gone(sea, found.orphans, unrecorded=True) == [True]
        assert unknown not in {one["image_id"] for one in sea.copies()}

    play(tmp_path, program)


def test_a_region_that_does_not_answer_hides_no_other(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        operation = await ended_operation(sea)
        installation = await sea.house.store.installation()
        thing = await by_hand(
            sea, PLACE, "whole", tags={KEY: f"{installation}/{operation}/Golden[7]"}
        )
        sea.fault(
            kind="error", action="DescribeImages", region="us-west-1", count=None,
            code="Forbidden.RAM", status=403,
        )  # fmt: skip
        found = await sighted(sea)
        assert [(one.region, one.kind) for one in found.troubles] == [("us-west-1", "image")]
        assert [one.trace.thing_id for one in found.orphans] == [thing]

    play(tmp_path, program, trouble=False)


def test_what_somebody_uses_or_has_let_go_of_stays(tmp_path: Path) -> None:
    retained = ROS.replace(b"    Count:", b"    DeletionPolicy: Retain\n    Count:")

    async def program(sea: Emulated) -> None:
        view = await sea.deploy(retained, parameters={"Destinations": [PLACE]})
        kept = str(view.resources[0].resource.physical_id)
        operation = str(view.stack.operation_id)
        await sea.delete()
        installation = await sea.house.store.installation()
        shared, source = [
            await by_hand(
                sea, PLACE, name, tags={KEY: f"{installation}/{operation}/{name}"}, wait=False
            )
            for name in ("shared", "source")
        ]
        await sea.house.clock.sleep(4 * 3600)
        await sea.house.voice.client.call(
            SHARING, PLACE, {"RegionId": PLACE, "ImageId": shared, "AddAccount": ["123456789"]}
        )
        await sea.deploy(FROM.replace(b"SOURCE", source.encode()), name="user", region=PLACE)
        found = await sighted(sea)
        assert {one.trace.thing_id: one.belonging for one in found.orphans} == {
            kept: Belonging.LET_GO,
            shared: Belonging.ORPHAN,
            source: Belonging.SOURCE,
        }
        chosen = [one for one in found.orphans if removable(one, unrecorded=True)]
        [parting] = await sea.house.plane.remove_orphans(chosen, 300.0)
        assert not parting.is_gone
        assert "shared with 123456789" in parting.said[0]
        assert {kept, shared, source} <= {one["image_id"] for one in sea.copies()}

    play(tmp_path, program, trouble=False)


def test_what_came_into_a_stack_since_it_was_shown_is_not_deleted(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        operation = await ended_operation(sea)
        installation = await sea.house.store.installation()
        thing = await by_hand(
            sea, PLACE, "golden-0", tags={KEY: f"{installation}/{operation}/Golden[7]"}
        )
        found = await sighted(sea)
        planned = await planned_adoption(
            sea, ROS, {"Golden[0]": thing}, parameters={"Destinations": [PLACE]}
        )
        await carried_out(sea, planned)
        [parting] = await sea.house.plane.remove_orphans(found.orphans, 300.0)
        assert not parting.is_gone
        assert 'by now it is "Golden[0]" of stack "demo"' in parting.said[0]
        assert image(sea, thing)["status"] == "Available"

    play(tmp_path, program)


def test_an_older_home_is_made_good_by_lineage(tmp_path: Path) -> None:
    home, backup = tmp_path / "home", tmp_path / "backup"

    async def before() -> None:
        async with emulated(home) as sea:
            await sea.deploy(ROS, parameters={"Destinations": [PLACE]})

    async def later() -> list[str]:
        async with emulated(home, seed=2) as sea:
            view = await sea.deploy(ROS, parameters=DESTINATIONS)
            assert view.stack.status is StackStatus.UPDATED, view.stack.status_reason
            return [str(one.resource.physical_id) for one in view.resources]

    async def restored(ids: list[str]) -> None:
        async with emulated(home, seed=3) as sea:
            await sea.house.clock.sleep(24 * 3600)
            found = await sighted(sea)
            assert {one.trace.thing_id for one in found.orphans} == set(ids[1:])
            assert {one.belonging for one in found.orphans} == {Belonging.UNRECORDED}
            assert await gone(sea, found.orphans) == []
            calls = sea.house.voice.client.counts["CopyImage"]
            request = StackRequest("demo", "cn-hangzhou", ROS, "t.yml", DESTINATIONS)
            recovery = await sea.house.plane.recover(request)
            assert recovery.planned is not None
            assert (recovery.doubts, recovery.missing) == ((), ())
            view = await carried_out(sea, recovery.planned)
            assert view.stack.outputs["Ids"] == ids
            assert (await sea.house.plane.plan(request)).is_current
            assert sea.house.voice.client.counts["CopyImage"] == calls
            assert (await sighted(sea)).orphans == ()

    run_virtually(before())
    backup.mkdir()
    for path in home.glob("imageferry.db*"):
        shutil.copy(path, backup)
    ids = run_virtually(later())
    for path in home.glob("imageferry.db*"):
        path.unlink()
    for path in backup.iterdir():
        shutil.copy(path, home)
    run_virtually(restored(ids))


def test_a_lost_home_is_made_good_by_lineage_once_the_old_one_is_named(tmp_path: Path) -> None:
    home = tmp_path / "home"

    async def before() -> tuple[str, list[str]]:
        async with emulated(home) as sea:
            view = await sea.deploy(ROS, parameters=DESTINATIONS)
            ids = [str(one.resource.physical_id) for one in view.resources]
            return await sea.house.store.installation(), ids

    async def after(lost: str, ids: list[str]) -> None:
        async with emulated(home, seed=2) as sea:
            await sea.house.clock.sleep(24 * 3600)
            assert (await sighted(sea)).orphans == ()
            others = (await sighted(sea, others=True)).orphans
            assert {one.trace.thing_id for one in others} == set(ids)
            assert await gone(sea, others, unrecorded=True) == []
            request = StackRequest("demo", "cn-hangzhou", ROS, "t.yml", DESTINATIONS)
            recovery = await sea.house.plane.recover(request)
            assert recovery.planned is None
            assert len(recovery.missing) == 3
            taking = StackRequest(
                "demo", "cn-hangzhou", ROS, "t.yml", DESTINATIONS, taken_over=(lost,)
            )
            recovery = await sea.house.plane.recover(taking)
            assert recovery.planned is not None
            view = await carried_out(sea, recovery.planned)
            assert view.stack.outputs["Ids"] == ids
            ours = await sea.house.store.installation()
            assert all(tags_of(sea, one)[KEY].startswith(f"{ours}/") for one in ids)
            await sea.delete()
            assert sea.copies() == []

    lost, ids = run_virtually(before())
    for path in home.glob("imageferry.db*"):
        path.unlink()
    run_virtually(after(lost, ids))


def test_two_images_for_one_address_are_told_and_neither_is_taken(tmp_path: Path) -> None:
    template = ROS.replace(b"      DestinationImageName: !Sub 'golden-${ALIYUN::Index}'\n", b"")

    async def program(sea: Emulated) -> None:
        installation = await sea.house.store.installation()
        two = [
            await by_hand(sea, PLACE, name, tags={KEY: f"{installation}/{UNKNOWN}/Golden[0]"})
            for name in ("a1", "b1")
        ]
        single = await by_hand(
            sea, "cn-shanghai", "c1", tags={KEY: f"{installation}/{UNKNOWN}/Golden[1]"}
        )
        request = StackRequest("demo", "cn-hangzhou", template, "t.yml", DESTINATIONS)
        recovery = await sea.house.plane.recover(request)
        assert recovery.planned is not None
        assert recovery.planned.change_set.adoptions == {"Golden[1]": single}
        assert recovery.missing == ("Golden[0]", "Golden[2]")
        [doubt] = recovery.doubts
        assert doubt.code == "IF843"
        assert all(one in doubt.message for one in two)

    play(tmp_path, program)


def test_what_is_not_as_it_is_wanted_is_told_and_not_taken(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        installation = await sea.house.store.installation()
        thing = await by_hand(sea, PLACE, "another", tags={KEY: f"{installation}/{UNKNOWN}/Golden"})
        recovery = await sea.house.plane.recover(StackRequest("demo", PLACE, TF, "t.yml"))
        assert recovery.planned is None
        assert recovery.missing == ("Golden",)
        assert [(one.code, thing in one.message) for one in recovery.doubts] == [("IF843", True)]

    play(tmp_path, program)


def test_a_recovery_that_was_broken_off_goes_on_and_another_operation_is_left_alone(
    tmp_path: Path,
) -> None:
    async def program(sea: Emulated) -> None:
        installation = await sea.house.store.installation()
        thing = await by_hand(
            sea, PLACE, "golden-0", tags={KEY: f"{installation}/{UNKNOWN}/Golden[0]"}
        )
        parameters: Mapping[str, Any] = {"Destinations": [PLACE]}
        request = StackRequest("demo", "cn-hangzhou", ROS, "t.yml", parameters)
        recovery = await sea.house.plane.recover(request)
        assert recovery.planned is not None
        operation = await sea.house.plane.execute(recovery.planned, ExecutionOptions())
        again = await sea.house.plane.recover(request)
        assert again.planned is not None
        assert again.planned.running is not None
        assert again.planned.running.operation_id == operation.operation_id
        result = await sea.house.worker.run(operation.operation_id)
        assert result.status is OperationStatus.SUCCEEDED
        view = await sea.house.plane.view(operation.stack_id)
        assert view.resources[0].resource.physical_id == thing
        wider = StackRequest("demo", "cn-hangzhou", ROS, "t.yml", DESTINATIONS)
        await sea.house.plane.execute(await sea.house.plane.plan(wider), ExecutionOptions())
        with pytest.raises(OperationHolds):
            await sea.house.plane.recover(wider)

    play(tmp_path, program)


def test_an_older_home_takes_in_what_has_replaced_its_image_behind_the_same_ref(
    tmp_path: Path,
) -> None:
    home, backup = tmp_path / "home", tmp_path / "backup"
    renewed = TF.replace(b"      Description: carried\n", b"      Encrypted: true\n")

    async def deployed(template: bytes, seed: int) -> tuple[str, str]:
        async with emulated(home, seed=seed) as sea:
            view = await sea.deploy(template, region=PLACE)
            assert view.stack.status in {StackStatus.CREATED, StackStatus.UPDATED}
            return str(view.stack.outputs["Ref"]), str(view.stack.outputs["Id"])

    async def restored(reference: str, thing: str) -> None:
        async with emulated(home, seed=3) as sea:
            await sea.house.clock.sleep(24 * 3600)
            request = StackRequest("demo", PLACE, renewed, "t.yml")
            recovery = await sea.house.plane.recover(request)
            assert recovery.planned is not None, (recovery.doubts, recovery.missing)
            view = await carried_out(sea, recovery.planned)
            assert view.stack.status is StackStatus.UPDATED, view.stack.status_reason
            assert view.stack.outputs == {"Ref": reference, "Id": thing}
            assert (await sea.house.plane.plan(request)).is_current
            assert [one["image_id"] for one in sea.copies()] == [thing]

    first, _ = run_virtually(deployed(TF, 1))
    backup.mkdir()
    for path in home.glob("imageferry.db*"):
        shutil.copy(path, backup)
    reference, thing = run_virtually(deployed(renewed, 2))
    assert reference == first
    for path in home.glob("imageferry.db*"):
        path.unlink()
    for path in backup.iterdir():
        shutil.copy(path, home)
    run_virtually(restored(reference, thing))


def test_what_was_let_go_of_is_not_deleted_once_its_journal_is_pruned(tmp_path: Path) -> None:
    retained = ROS.replace(b"    Count:", b"    DeletionPolicy: Retain\n    Count:")

    async def program(sea: Emulated) -> None:
        view = await sea.deploy(retained, parameters={"Destinations": [PLACE]})
        kept = str(view.resources[0].resource.physical_id)
        more = retained.replace(b"Outputs:", EXTRA + b"Outputs:")
        await sea.deploy(more, parameters={"Destinations": []})
        [orphan] = (await sighted(sea)).orphans
        assert (orphan.trace.thing_id, orphan.belonging) == (kept, Belonging.LET_GO)
        database = open_database(sea.settings.database_url)
        assert prune(database, sea.house.clock.now() + 1).journals == 1
        [orphan] = (await sighted(sea)).orphans
        # The history of the stack still tells it.
        assert (orphan.trace.thing_id, orphan.belonging) == (kept, Belonging.LET_GO)
        await sea.deploy(more, parameters={"Destinations": ["cn-shanghai"]})
        assert prune(database, sea.house.clock.now() + 1, events=True).events > 0
        database.close()
        [orphan] = (await sighted(sea)).orphans
        assert (orphan.trace.thing_id, orphan.belonging) == (kept, Belonging.UNRECORDED)
        assert await gone(sea, (orphan,)) == []

    play(tmp_path, program)


def test_what_was_to_be_turned_back_and_is_retained_stays(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        sea.fault(
            kind="error", action="CopyImage", region="cn-hangzhou", code="QuotaExceed.Image",
            status=403, skip=2, count=1,
        )  # fmt: skip
        sea.fault(
            kind="error", action="CancelCopyImage", code="Forbidden.RAM", status=403,
            count=1,
        )  # fmt: skip
        view = await sea.deploy(ROS, on_failure=OnFailure.ROLLBACK, parameters=DESTINATIONS)
        assert view.stack.status is StackStatus.CREATE_ROLLBACK_FAILED
        kept = next(
            one for one in view.resources if str(one.resource.physical_id) in _ids(sea, PLACE)
        )
        installation = await sea.house.store.installation()
        mark = f"{installation}/{view.stack.operation_id}/{kept.resource.address}"
        plane = sea.house.plane
        planned = await plane.plan_delete(
            await plane.find("demo"), retain=[str(kept.resource.address)]
        )
        operation = await plane.execute(planned, ExecutionOptions())
        await sea.house.worker.run(operation.operation_id)
        # What another reply that was lost has left is for an address of another name, and goes.
        other = await by_hand(
            sea, PLACE, "other", tags={KEY: f"{installation}/{view.stack.operation_id}/Else"}
        )
        twin = await by_hand(sea, PLACE, "twin", tags={KEY: mark})
        found = await sighted(sea)
        told = {one.trace.thing_id: one.belonging for one in found.orphans}
        assert told == {
            str(kept.resource.physical_id): Belonging.LET_GO,
            other: Belonging.ORPHAN,
            twin: Belonging.LET_GO,
        }
        chosen = [one for one in found.orphans if removable(one, unrecorded=True)]
        assert [one.is_gone for one in await plane.remove_orphans(chosen, 300.0)] == [True]
        assert {one["image_id"] for one in sea.copies()} == {
            str(kept.resource.physical_id), twin,
        }  # fmt: skip

    play(tmp_path, program, trouble=False)


def _ids(sea: Emulated, region: str) -> set[str]:
    return {one["image_id"] for one in sea.copies() if one["region"] == region}


def test_what_another_operation_retains_later_says_nothing_of_what_its_own_left(
    tmp_path: Path,
) -> None:
    """A copy too many of an operation that itself let go of the address is an orphan all the same."""
    retained = ROS.replace(b"    Count:", b"    DeletionPolicy: Retain\n    Count:")

    async def program(sea: Emulated) -> None:
        await sea.deploy(retained, parameters={"Destinations": [PLACE]})
        view = await sea.deploy(retained, parameters={"Destinations": []})
        mark = f"{await sea.house.store.installation()}/{view.stack.operation_id}/Golden[0]"
        twin = await by_hand(sea, PLACE, "twin", tags={KEY: mark})
        told = {one.trace.thing_id: one.belonging for one in (await sighted(sea)).orphans}
        assert sorted(belonging.value for belonging in told.values()) == ["let go", "unrecorded"]
        assert told[twin] is not Belonging.LET_GO

    play(tmp_path, program, trouble=False)
