"""Small programs on a small cloud: create, fail, roll back, cancel, resume; checked against it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from imageferry.control.requests import (
    ExecutionOptions,
    OperationHolds,
    RequestRefused,
    StackNotFound,
    StackRequest,
)
from imageferry.model.diagnostics import TemplateError
from imageferry.model.operations import OnFailure, Operation
from imageferry.model.statuses import OperationStatus, ResourceStatus, StackStatus
from imageferry.ports.keeping import Batch, Fenced
from imageferry.testing import run_virtually
from tests.scenarios.chains import CHAIN, Crash, CrashingStore, history, ids, statuses
from tests.scenarios.things import ThingCatalog, Things, play
from tests.scenarios.workshop import Workshop, workshop


def test_a_stack_is_created_updated_and_deleted(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        view = await shop.deploy(CHAIN)
        assert view.stack.status is StackStatus.CREATED
        assert view.stack.outputs["Ids"] == ["t-2", "t-3", "t-4"]
        assert world.calls[0] == "create base"
        view = await shop.deploy(CHAIN, Names="a,c")
        assert view.stack.status is StackStatus.UPDATED
        assert ids(view) == {"Base": "t-1", "Each[0]": "t-2", "Each[1]": "t-4"}
        assert [call for call in world.calls if not call.startswith("create")] == ["delete b"]
        told = [event.reason for event in await history(shop, view)]
        assert "moved here from Each[2]" in told
        view = await shop.delete()
        assert view.stack.status is StackStatus.DELETED
        assert view.resources == () and world.things == {}
        assert world.calls[-1] == "delete base"
        with pytest.raises(StackNotFound):
            await shop.plane.find("demo")

    play(tmp_path, program)


def test_planning_what_exists_plans_nothing(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        await shop.deploy(CHAIN)
        request = StackRequest("demo", shop.region, CHAIN.encode(), "t.yml")
        planned = await shop.plane.plan(request, save=False)
        assert planned.is_current and planned.change_set.is_empty

    play(tmp_path, program)


def test_an_output_alone_is_brought_up_to_date(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        await shop.deploy(CHAIN)
        made = list(world.calls)
        view = await shop.deploy(CHAIN.replace("Core: {Value", "Heart: {Value"))
        assert view.stack.outputs["Heart"] == "iron-core" and "Core" not in view.stack.outputs
        assert world.calls == made

    play(tmp_path, program)


def test_keep_finishes_what_can_be_finished(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        view = await shop.deploy(CHAIN)
        assert view.stack.status is StackStatus.CREATE_FAILED
        assert statuses(view) == {
            "Base": ResourceStatus.CREATED,
            "Each[0]": ResourceStatus.CREATED,
            "Each[1]": ResourceStatus.CREATE_FAILED,
            "Each[2]": ResourceStatus.CREATED,
        }
        assert "Each[1]: GeneralServiceException: b is cursed" in view.stack.status_reason
        assert view.stack.outputs["Ids"] == ["t-2", None, "t-4"]
        world.failing.clear()
        again = await shop.plane.retry(view.stack)
        assert not isinstance(again, Operation)
        operation = await shop.plane.execute(again, ExecutionOptions())
        await shop.run(operation.operation_id)
        view = await shop.plane.view(view.stack.stack_id)
        assert view.stack.status is StackStatus.CREATED
        assert world.names() == ["a", "b", "base", "c"]
        assert world.calls.count("create a") == 1 and world.calls.count("create b") == 2

    play(tmp_path, program, Things(failing={"b"}))


def test_what_depends_on_a_failure_is_not_begun(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        view = await shop.deploy(CHAIN)
        assert statuses(view) == {"Base": ResourceStatus.CREATE_FAILED}
        assert world.calls == ["create base"]
        last = (await history(shop, view))[-1]
        assert "Each[0]: not begun, because Base failed" in last.reason

    play(tmp_path, program, Things(failing={"base"}))


def test_rollback_of_a_creation_leaves_nothing(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        view = await shop.deploy(CHAIN, on_failure=OnFailure.ROLLBACK)
        assert view.stack.status is StackStatus.CREATE_ROLLED_BACK
        assert view.resources == () and world.things == {}
        told = [event.status for event in await history(shop, view) if not event.address]
        assert told == [
            StackStatus.CREATING,
            StackStatus.CREATE_ROLLING_BACK,
            StackStatus.CREATE_ROLLED_BACK,
        ]
        world.failing.clear()
        view = await shop.deploy(CHAIN)
        assert view.stack.status is StackStatus.CREATED

    play(tmp_path, program, Things(failing={"b"}))


def test_delete_on_failure_frees_the_name(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        view = await shop.deploy(CHAIN, on_failure=OnFailure.DELETE)
        assert view.stack.status is StackStatus.DELETED and world.things == {}
        with pytest.raises(StackNotFound):
            await shop.plane.find("demo")

    play(tmp_path, program, Things(failing={"b"}))


def test_rollback_of_an_update_restores_what_was(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        before = await shop.deploy(CHAIN)
        world.failing.add("d")
        view = await shop.deploy(
            CHAIN, on_failure=OnFailure.ROLLBACK, Names="a,c,d", Material="wood"
        )
        assert view.stack.status is StackStatus.UPDATE_ROLLED_BACK
        assert ids(view) == ids(before)
        assert world.names() == ["a", "b", "base", "c"]
        assert view.stack.parameters["Names"] == ["a", "b", "c"]
        assert world.things["t-1"]["Material"] == "iron"
        assert {view.resources[0].resource.attributes["Core"]} == {"iron-core"}
        world.failing.clear()
        view = await shop.deploy(CHAIN, Names="a,c,d", Material="wood")
        assert view.stack.status is StackStatus.UPDATED
        assert world.names() == ["a", "base", "c", "d"]

    play(tmp_path, program)


def test_a_renewed_attribute_reaches_its_dependents(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        await shop.deploy(CHAIN)
        view = await shop.deploy(CHAIN, Material="wood")
        assert view.stack.outputs["Core"] == "wood-core"
        assert world.things["t-2"]["Parts"] == ["wood-core"]
        assert len(world.things) == 4

    play(tmp_path, program)


def test_a_replacement_is_refused_until_it_is_allowed(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        await shop.deploy(CHAIN)
        calls = list(world.calls)
        with pytest.raises(TemplateError) as refused:
            await shop.deploy(CHAIN, Size=2)
        assert [d.code for d in refused.value.diagnostics] == ["IF601"] * 3
        assert {d.span.line for d in refused.value.diagnostics if d.span} == {17}
        assert world.calls == calls
        view = await shop.deploy(CHAIN, replace=True, Size=2)
        assert view.stack.status is StackStatus.UPDATED
        assert world.names() == ["a", "b", "base", "c"]
        assert {thing["Size"] for thing in world.things.values() if "Size" in thing} == {2}

    play(tmp_path, program)


LATE = """
ROSTemplateFormatVersion: '2015-09-01'
Parameters: {Material: {Type: String, Default: iron}}
Resources:
  Base: {Type: ALIYUN::TEST::Thing, Properties: {Name: base, Material: {Ref: Material}}}
  Sized:
    Type: ALIYUN::TEST::Thing
    Properties:
      Name: sized
      Size: !Length {'Fn::GetAtt': [Base, Core]}
"""


def test_a_blocked_value_known_only_later_fails_its_step(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        await shop.deploy(LATE)
        view = await shop.deploy(LATE, Material="mahogany")
        assert view.stack.status is StackStatus.UPDATE_FAILED
        assert "NotUpdatable" in view.stack.status_reason
        view = await shop.deploy(LATE, Material="wood")
        assert view.stack.status is StackStatus.UPDATED, "as long as before, so nothing changes"

    play(tmp_path, program)


def test_cancelling_turns_a_creation_back(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        planned = await shop.plane.plan(StackRequest("demo", shop.region, CHAIN.encode(), "t.yml"))
        operation = await shop.plane.execute(planned, ExecutionOptions())
        running = asyncio.ensure_future(shop.worker.run(operation.operation_id))
        await shop.clock.sleep(15)
        await shop.plane.cancel(await shop.plane.find("demo"))
        result = await running
        assert result.status is OperationStatus.ROLLED_BACK
        view = await shop.plane.view(planned.stack.stack_id)
        assert view.stack.status is StackStatus.CREATE_ROLLED_BACK
        assert "cancelled by request" in view.stack.status_reason
        assert world.things == {}
        with pytest.raises(RequestRefused):
            await shop.plane.cancel(view.stack)

    play(tmp_path, program)


def test_a_stack_does_one_thing_at_a_time(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        request = StackRequest("demo", shop.region, CHAIN.encode(), "t.yml")
        operation = await shop.plane.execute(await shop.plane.plan(request), ExecutionOptions())
        other = StackRequest("demo", shop.region, CHAIN.encode(), "t.yml", {"Names": "x"})
        with pytest.raises(OperationHolds) as held:
            await shop.plane.plan(other)
        assert held.value.operation.operation_id == operation.operation_id
        stack = await shop.plane.find("demo")
        with pytest.raises(OperationHolds):
            await shop.plane.plan_delete(stack)
        same = await shop.plane.plan(request)
        assert same.running is not None
        attached = await shop.plane.execute(same, ExecutionOptions())
        assert attached.operation_id == operation.operation_id
        await shop.run(operation.operation_id)
        assert world.calls.count("create a") == 1

    play(tmp_path, program)


def test_the_time_limit_ends_an_operation(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        view = await shop.deploy(CHAIN, timeout=15)
        assert view.stack.status is StackStatus.CREATE_FAILED
        assert "time limit" in view.stack.status_reason
        assert statuses(view)["Each[0]"] is ResourceStatus.CREATE_FAILED
        assert ids(view)["Each[0]"] == "t-2", "the id is kept"
        view = await shop.deploy(CHAIN)
        assert view.stack.status is StackStatus.CREATED
        assert world.names() == ["a", "b", "base", "c"]

    play(tmp_path, program)


def test_a_passing_fault_is_tried_again(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        view = await shop.deploy(CHAIN)
        assert view.stack.status is StackStatus.CREATED
        assert world.flaky == {"a": 0}

    play(tmp_path, program, Things(flaky={"a": 4}))


def test_parallel_limits_what_is_under_way(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        await shop.deploy(CHAIN, parallel=2, Names="a,b,c,d,e")
        assert world.most_at_once == 2

    play(tmp_path, program)


def test_a_failed_deletion_is_kept_and_can_be_repeated(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        await shop.deploy(CHAIN)
        world.stuck.add("b")
        view = await shop.delete()
        assert view.stack.status is StackStatus.DELETE_FAILED
        assert statuses(view) == {
            "Base": ResourceStatus.CREATED,
            "Each[1]": ResourceStatus.DELETE_FAILED,
        }
        world.stuck.clear()
        view = await shop.delete()
        assert view.stack.status is StackStatus.DELETED and world.things == {}

    play(tmp_path, program)


def test_what_is_retained_stays_in_the_cloud(tmp_path: Path) -> None:
    kept = CHAIN.replace("  Base:\n", "  Base:\n    DeletionPolicy: Retain\n")

    async def program(shop: Workshop, world: Things) -> None:
        await shop.deploy(kept)
        view = await shop.delete()
        assert view.stack.status is StackStatus.DELETED
        assert world.names() == ["base"]

    play(tmp_path, program)


def test_a_secret_reaches_the_cloud_and_nothing_else(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        view = await shop.deploy(CHAIN, Password="correct horse")
        assert world.things["t-1"]["Password"] == "correct horse"
        assert "correct horse" not in repr(view) + repr(await history(shop, view))
        assert str(view.stack.outputs["Secret"]) == "****"

    play(tmp_path, program)
    for path in (tmp_path / "home").rglob("*"):
        assert path.is_dir() or b"correct horse" not in path.read_bytes()


@pytest.mark.parametrize("after", [False, True], ids=["before the write", "after the write"])
@pytest.mark.parametrize("seed", ["create", "update", "failing", "delete"])
def test_a_crash_at_any_write_ends_in_the_same_stack(
    tmp_path: Path, seed: str, after: bool
) -> None:
    async def deed(shop: Workshop, world: Things) -> Operation:
        if seed == "delete":
            planned = await shop.plane.plan_delete(await shop.plane.find("demo"))
            return await shop.plane.execute(planned, ExecutionOptions())
        names = "a,c,d" if seed == "update" else "a,b,c"
        request = StackRequest("demo", shop.region, CHAIN.encode(), "t.yml", {"Names": names})
        policy = OnFailure.ROLLBACK if seed == "failing" else OnFailure.KEEP
        return await shop.plane.execute(await shop.plane.plan(request), ExecutionOptions(policy))

    def once(folder: str, crash_at: int) -> tuple[bool, Any]:
        world = Things(failing={"b"} if seed == "failing" else set())
        crashed = False
        outcome: Any = None

        async def main() -> None:
            nonlocal crashed, outcome
            async with workshop(tmp_path / folder, ThingCatalog(world)) as shop:
                if seed in {"update", "delete"}:
                    await shop.deploy(CHAIN)
                operation = await deed(shop, world)
                worker = shop.fresh_worker()
                if crash_at:
                    store = CrashingStore(shop.store, crash_at, after=after)
                    parts = Workshop(
                        shop.plane, worker, store, shop.clock, shop.catalog, shop.entropy
                    )  # type: ignore[arg-type]
                    worker = parts.fresh_worker()
                try:
                    await worker.run(operation.operation_id)
                except Crash:
                    crashed = True
                    await shop.fresh_worker().run(operation.operation_id)
                view = await shop.plane.view(operation.stack_id)
                await history(shop, view)
                outcome = (
                    view.stack.status,
                    statuses(view),
                    world.names(),
                    {name: world.calls.count(name) for name in world.calls if "create" in name},
                )

        run_virtually(main())
        return crashed, outcome

    _, expected = once("whole", 0)
    at = 1
    while True:
        crashed, outcome = once(f"crash-{at}", at)
        if not crashed:
            break
        assert outcome == expected, f"at write {at}"
        at += 1
    assert at > 3, "there were fewer writes than there must be"


def test_an_older_owner_is_fenced(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        request = StackRequest("demo", shop.region, CHAIN.encode(), "t.yml")
        operation = await shop.plane.execute(await shop.plane.plan(request), ExecutionOptions())
        first = asyncio.ensure_future(shop.worker.run(operation.operation_id))
        await shop.clock.sleep(5)
        second = await shop.fresh_worker().run(operation.operation_id)
        assert (await first).status is None
        assert second.status is OperationStatus.SUCCEEDED
        assert world.calls.count("create base") == 1 and len(world.things) == 4
        entry = await shop.store.operation(operation.operation_id)
        assert entry is not None
        with pytest.raises(Fenced):
            await shop.store.flush(operation.operation_id, 1, Batch())

    play(tmp_path, program)


def test_stopping_leaves_the_operation_open_and_goes_on_later(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        request = StackRequest("demo", shop.region, CHAIN.encode(), "t.yml")
        operation = await shop.plane.execute(await shop.plane.plan(request), ExecutionOptions())
        running = asyncio.ensure_future(shop.worker.run(operation.operation_id))
        await shop.clock.sleep(5)
        shop.worker.stop()
        result = await running
        assert result.stopped and result.status is OperationStatus.RUNNING
        result = await shop.fresh_worker().run(operation.operation_id)
        assert result.status is OperationStatus.SUCCEEDED
        assert world.calls.count("create base") == 1

    play(tmp_path, program)


def test_entering_without_end_sets_the_operation_aside(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        request = StackRequest("demo", shop.region, CHAIN.encode(), "t.yml")
        operation = await shop.plane.execute(await shop.plane.plan(request), ExecutionOptions())
        for _ in range(21):
            await shop.store.enter(operation.operation_id)
        result = await shop.worker.run(operation.operation_id)
        assert result.status is OperationStatus.PARKED and "retry or cancel" in result.notes[0]
        stack = await shop.plane.find("demo")
        assert isinstance(await shop.plane.retry(stack), Operation)
        result = await shop.fresh_worker().run(operation.operation_id)
        assert result.status is OperationStatus.SUCCEEDED

    play(tmp_path, program)
