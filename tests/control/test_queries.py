"""Stacks as they stand this moment: found by name or id, overlaid with what runs."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from imageferry.control.requests import (
    ExecutionOptions,
    StackAmbiguous,
    StackNotFound,
    StackRequest,
    StackView,
)
from imageferry.model.handlers import HandlerAction
from imageferry.model.journal import resources_after
from imageferry.model.operations import Operation
from imageferry.model.statuses import StackStatus, StepStatus
from imageferry.planning.undoing import plan_undoing
from imageferry.ports.keeping import Batch
from tests.scenarios.things import Things, play
from tests.scenarios.workshop import Workshop

CHAIN = """
ROSTemplateFormatVersion: '2015-09-01'
Parameters: {Names: {Type: CommaDelimitedList, Default: "a,b"}}
Resources:
  Base: {Type: ALIYUN::TEST::Thing, Properties: {Name: base}}
  Each:
    Type: ALIYUN::TEST::Thing
    Count: !Length {Ref: Names}
    DependsOn: Base
    Properties: {Name: !Select [{Ref: 'ALIYUN::Index'}, {Ref: Names}]}
"""


def statuses(view: StackView) -> dict[str, str]:
    return {str(one.resource.address): one.resource.status.name for one in view.resources}


async def opened(shop: Workshop, names: str = "a,b") -> Operation:
    asked = StackRequest("demo", shop.region, CHAIN.encode(), "t.yml", {"Names": names})
    return await shop.plane.execute(await shop.plane.plan(asked), ExecutionOptions())


# --- finding --------------------------------------------------------------------------------------


def test_a_stack_is_found_by_name_and_by_id(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        stack = (await shop.deploy(CHAIN)).stack
        assert await shop.plane.find("demo") == stack
        assert await shop.plane.find(stack.stack_id) == stack
        assert await shop.plane.find("demo", "cn-hangzhou") == stack
        with pytest.raises(StackNotFound, match='no stack "demo" lives in "us-west-1"'):
            await shop.plane.find("demo", "us-west-1")
        with pytest.raises(StackNotFound, match='no stack "other" lives on cloud "emulator"'):
            await shop.plane.find("other")

    play(tmp_path, program)


def test_a_name_in_two_regions_needs_a_region(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        await shop.deploy(CHAIN)
        shop.region = "cn-beijing"
        await shop.deploy(CHAIN)
        with pytest.raises(StackAmbiguous) as found:
            await shop.plane.find("demo")
        assert found.value.regions == ("cn-beijing", "cn-hangzhou")
        assert (await shop.plane.find("demo", "cn-beijing")).place.region == "cn-beijing"
        assert len(await shop.plane.stacks(None)) == 2
        assert len(await shop.plane.stacks("cn-beijing")) == 1

    play(tmp_path, program)


def test_a_deleted_stack_lives_on_in_its_history_alone(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        await shop.deploy(CHAIN)
        gone = (await shop.delete()).stack
        with pytest.raises(StackNotFound):
            await shop.plane.find("demo")
        assert (await shop.plane.find(gone.stack_id)).status is StackStatus.DELETED
        assert await shop.plane.stacks(None) == []
        assert await shop.plane.stacks(None, with_deleted=True) == [gone]
        assert len(await shop.plane.events(gone.stack_id)) > 4
        anew = (await shop.deploy(CHAIN)).stack
        assert anew.stack_id != gone.stack_id

    play(tmp_path, program)


def test_a_view_of_what_never_was(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        with pytest.raises(StackNotFound, match='no stack has the id "nobody"'):
            await shop.plane.view("nobody")
        assert await shop.plane.operation("nobody") is None
        assert await shop.plane.events("nobody") == []

    play(tmp_path, program)


def test_events_are_read_on_from_where_one_stopped(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        stack_id = (await shop.deploy(CHAIN)).stack.stack_id
        everything = await shop.plane.events(stack_id)
        read = []
        after = 0
        while page := await shop.plane.events(stack_id, after, 3):
            assert len(page) <= 3
            read += page
            after = page[-1].sequence
        assert read == everything
        assert [event.sequence for event in read] == list(range(1, len(read) + 1))

    play(tmp_path, program)


# --- what runs ------------------------------------------------------------------------------------


def test_before_anything_ran_all_is_shown_as_not_begun(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        operation = await opened(shop)
        view = await shop.plane.view(operation.stack_id)
        assert view.stack.status is StackStatus.CREATING
        assert statuses(view) == dict.fromkeys(("Base", "Each[0]", "Each[1]"), "NOT_STARTED")
        assert view.operation == operation

    play(tmp_path, program)


def test_what_runs_is_laid_over_the_record(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        operation = await opened(shop)
        running = asyncio.ensure_future(shop.worker.run(operation.operation_id))
        await shop.clock.sleep(15)
        view = await shop.plane.view(operation.stack_id)
        assert statuses(view) == {
            "Base": "CREATED", "Each[0]": "CREATING", "Each[1]": "CREATING",
        }  # fmt: skip
        assert view.resources[1].resource.physical_id == "t-2"
        await running
        view = await shop.plane.view(operation.stack_id)
        assert set(statuses(view).values()) == {"CREATED"}
        assert all(one.progress is None for one in view.resources)

    play(tmp_path, program)


def test_progress_is_shown_while_it_lasts(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        operation = await opened(shop)
        running = asyncio.ensure_future(shop.worker.run(operation.operation_id))
        await shop.clock.sleep(100)
        (base, *_) = (await shop.plane.view(operation.stack_id)).resources
        assert base.progress is not None
        assert base.progress.percent is not None
        assert 0 < base.progress.percent < 100
        await running

    play(tmp_path, program, Things(slow=200.0))


def test_moves_are_seen_at_once_in_an_update(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        await shop.deploy(CHAIN)
        operation = await opened(shop, "b,c")
        view = await shop.plane.view(operation.stack_id)
        ids = {str(one.resource.address): one.resource.physical_id for one in view.resources}
        assert ids["Each[0]"] == "t-3"
        assert statuses(view)["Each[1]"] == "NOT_STARTED"

    play(tmp_path, program)


def test_a_rollback_under_way_is_laid_over_what_it_undoes(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        operation = await opened(shop)
        running = asyncio.ensure_future(shop.worker.run(operation.operation_id))
        await shop.clock.sleep(15)
        shop.worker.stop()
        await running
        entry = await shop.store.enter(operation.operation_id)
        assert entry is not None
        current = resources_after({}, entry.change_set, entry.records)
        rollback = plan_undoing(entry.change_set, "r-1", {}, current, shop.catalog, 1.0)
        gone = next(record for record in entry.records if str(record.address) == "Each[0]")
        gone = replace(
            gone, phase=1, step_id="Each[0]/delete", action=HandlerAction.DELETE,
            status=StepStatus.DONE,
        )  # fmt: skip
        turned = (StackStatus.CREATE_ROLLING_BACK, "somebody said so")
        batch = Batch([gone], rollback=rollback, stack_status=turned)
        await shop.store.flush(operation.operation_id, entry.epoch, batch)
        view = await shop.plane.view(operation.stack_id)
        assert view.stack.status is StackStatus.CREATE_ROLLING_BACK
        assert statuses(view) == {"Base": "CREATED", "Each[1]": "CREATING"}
        await shop.fresh_worker().run(operation.operation_id)
        assert (await shop.plane.view(operation.stack_id)).resources == ()

    play(tmp_path, program)
