"""What a rollback leaves behind it: outputs, exports, what was asked; and breaking one off."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from imageferry.control.requests import (
    ExecutionOptions,
    Leave,
    OperationHolds,
    Planned,
    RequestRefused,
    StackRequest,
    StackView,
)
from imageferry.model.diagnostics import TemplateError
from imageferry.model.handlers import HandlerRequest, Outcome, Pending
from imageferry.model.operations import OnFailure, Operation
from imageferry.model.statuses import OperationStatus, ResourceStatus, StackStatus
from imageferry.model.values import Secret, reveal
from imageferry.ports.types import ResourceType
from imageferry.testing import run_virtually
from tests.scenarios.chains import CHAIN, Crash, CrashingStore, history, ids, statuses
from tests.scenarios.things import THING, ThingCatalog, ThingHandler, Things, no_rules, play
from tests.scenarios.workshop import Workshop, workshop

LAST = "  Last: {Type: ALIYUN::TEST::Thing, DependsOn: Each, Properties: {Name: last}}\nOutputs:"
FAILING = CHAIN.replace("Outputs:", LAST)
HARBOUR = """
AWSTemplateFormatVersion: '2010-09-09'
Parameters: {Size: {Type: Number, Default: 1}, End: {Type: String, Default: last}}
Resources:
  Ship: {Type: ALIYUN::TEST::Thing, Properties: {Name: ship, Size: !Ref Size}}
  Last: {Type: ALIYUN::TEST::Thing, DependsOn: Ship, Properties: {Name: !Ref End}}
Outputs:
  Ship: {Value: !GetAtt Ship.Id, Export: {Name: the-ship}}
"""
BUYER = """
AWSTemplateFormatVersion: '2010-09-09'
Parameters: {End: {Type: String, Default: last}}
Resources:
  Cargo: {Type: ALIYUN::TEST::Thing, Properties: {Name: cargo}}
  Last: {Type: ALIYUN::TEST::Thing, DependsOn: Cargo, Properties: {Name: !Ref End}}
"""
IMPORTS = BUYER.replace("Name: cargo}", "Name: !ImportValue the-ship}")


@pytest.mark.parametrize("at", [0, 4, 9, 14, 19], ids=lambda at: f"crash {at}" if at else "whole")
def test_outputs_are_those_of_what_a_rollback_made_again(tmp_path: Path, at: int) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        before = await shop.deploy(CHAIN, Password="hush")
        world.failing.add("last")
        given = {"Size": 2, "Password": "louder"}
        request = StackRequest("demo", shop.region, FAILING.encode(), "t.yml", given, True)
        planned = await shop.plane.plan(request)
        operation = await shop.plane.execute(planned, ExecutionOptions(OnFailure.ROLLBACK))
        if at:
            dying = CrashingStore(shop.store, at, after=at % 2 == 0)
            parts = replace(shop, store=dying)
            with pytest.raises(Crash):
                await parts.fresh_worker().run(operation.operation_id)
        await shop.fresh_worker().run(operation.operation_id)
        view = await shop.plane.view(operation.stack_id)
        assert view.stack.status is StackStatus.UPDATE_ROLLED_BACK
        now = ids(view)
        made = [now[f"Each[{index}]"] for index in range(3)]
        assert view.stack.outputs["Ids"] == made != before.stack.outputs["Ids"]
        assert set(made) <= set(world.things)
        assert view.stack.outputs["Core"] == "iron-core"
        secret = view.stack.outputs["Secret"]
        assert isinstance(secret, Secret) and reveal(secret) == "xhush"
        told = (await history(shop, view))[-1].reason
        assert told.endswith("resources were made again, so that these outputs differ: Ids")

    play(tmp_path, program)


def test_outputs_of_a_stack_that_was_half_made_are_evaluated_as_far_as_it_goes(
    tmp_path: Path,
) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        before = await shop.deploy(CHAIN)
        assert before.stack.status is StackStatus.CREATE_FAILED
        world.failing = {"last"}
        view = await shop.deploy(FAILING, on_failure=OnFailure.ROLLBACK, replace=True, Size=2)
        assert view.stack.status is StackStatus.CREATE_ROLLED_BACK
        now = ids(view)
        assert view.stack.outputs["Ids"] == [now["Each[0]"], None, now["Each[2]"]]
        assert view.stack.outputs != before.stack.outputs

    play(tmp_path, program, Things(failing={"b"}))


def test_an_export_follows_what_was_made_again(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        before = (await shop.deploy(HARBOUR)).stack
        world.failing.add("bad")
        view = await shop.deploy(
            HARBOUR, on_failure=OnFailure.ROLLBACK, replace=True, Size=2, End="bad"
        )
        assert view.stack.status is StackStatus.UPDATE_ROLLED_BACK
        export = view.stack.exports[0]
        assert export.value == ids(view)["Ship"] == view.stack.outputs["Ship"]
        assert export.value != before.exports[0].value

    play(tmp_path, program)


def test_a_rollback_without_anything_made_again_changes_no_output(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        before = await shop.deploy(CHAIN)
        world.failing.add("last")
        view = await shop.deploy(FAILING, on_failure=OnFailure.ROLLBACK, Material="wood")
        assert view.stack.status is StackStatus.UPDATE_ROLLED_BACK
        assert view.stack.outputs == before.stack.outputs
        assert "these outputs differ" not in (await history(shop, view))[-1].reason

    play(tmp_path, program)


async def continued(shop: Workshop, stack_id: str, *skip: str) -> StackView:
    stack = await shop.plane.find(stack_id)
    planned = await shop.plane.continue_rollback(stack, skip)
    assert isinstance(planned, Planned)
    operation = await shop.plane.execute(planned, ExecutionOptions())
    await shop.run(operation.operation_id)
    return await shop.plane.view(operation.stack_id)


@pytest.mark.parametrize("skips", [False, True], ids=["whole", "with a skip"])
def test_a_continued_rollback_asks_what_the_restored_stack_asked(
    tmp_path: Path, skips: bool
) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        await shop.deploy(HARBOUR, name="harbour")
        await shop.deploy(BUYER, name="buyer")
        world.failing = {"bad", "cargo"}
        view = await shop.deploy(IMPORTS, name="buyer", on_failure=OnFailure.ROLLBACK, End="bad")
        assert view.stack.status is StackStatus.UPDATE_ROLLBACK_FAILED
        assert len(view.stack.asked) == 1, "half of it may still be made from that"
        with pytest.raises(RequestRefused, match="in use by buyer"):
            await shop.delete("harbour")
        if not skips:
            world.failing = set()
        done = await continued(shop, view.stack.stack_id, *(["Cargo"] if skips else []))
        assert done.stack.status is StackStatus.UPDATE_ROLLED_BACK
        if skips:
            assert done.stack.asked == view.stack.asked
            return
        assert done.stack.asked == ()
        assert (await shop.delete("harbour")).stack.status is StackStatus.DELETED

    play(tmp_path, program)


# --- breaking off ---------------------------------------------------------------------------------


class Clinging(ThingHandler):
    """What clings is never gone: its deletion waits, and waits."""

    def __init__(self, things: Things, clinging: set[str]) -> None:
        super().__init__(things)
        self.clinging = clinging

    async def delete(self, request: HandlerRequest) -> Outcome:
        thing = self.things.things.get(request.physical_id or "")
        if thing is not None and thing["Name"] in self.clinging:
            return Pending(
                request.physical_id, 15.0, context={"phase": "wait"}, observes=True,
                status_says="waiting",
            )  # fmt: skip
        return await super().delete(request)


class ClingingCatalog(ThingCatalog):
    def __init__(self, things: Things, clinging: set[str]) -> None:
        self._type = ResourceType(THING, no_rules, Clinging(things, clinging))


Clings = Callable[[Workshop, Things, set[str]], Awaitable[None]]


def play_clinging(tmp_path: Path, program: Clings) -> None:
    world, clinging = Things(), {"a", "x"}

    async def main() -> None:
        async with workshop(tmp_path / "home", ClingingCatalog(world, clinging)) as shop:
            await program(shop, world, clinging)

    run_virtually(main())


async def hanging(shop: Workshop, world: Things, *, updates: bool) -> tuple[Operation, Any]:
    """An operation whose rollback hangs, and its run."""
    if updates:
        await shop.deploy(CHAIN)
    world.failing = {"b", "y"}
    names = "a,b,c,x,y" if updates else "a,b,c"
    request = StackRequest("demo", shop.region, CHAIN.encode(), "t.yml", {"Names": names})
    planned = await shop.plane.plan(request)
    operation = await shop.plane.execute(planned, ExecutionOptions(OnFailure.ROLLBACK))
    running = asyncio.ensure_future(shop.worker.run(operation.operation_id))
    await shop.clock.sleep(7200.0)
    assert not running.done()
    return operation, running


BROKEN = [
    pytest.param(False, StackStatus.CREATE_ROLLBACK_FAILED, "Each[0]", id="a creation"),
    pytest.param(True, StackStatus.UPDATE_ROLLBACK_FAILED, "Each[3]", id="an update"),
]


@pytest.mark.parametrize("crashes", [False, True], ids=["at once", "by another process"])
@pytest.mark.parametrize(("updates", "status", "left"), BROKEN)
def test_a_rollback_that_hangs_is_broken_off_and_continued(
    tmp_path: Path, updates: bool, status: StackStatus, left: str, crashes: bool
) -> None:
    async def program(shop: Workshop, world: Things, clinging: set[str]) -> None:
        operation, running = await hanging(shop, world, updates=updates)
        stack = await shop.plane.find("demo")
        turned = await shop.plane.cancel(stack)
        assert turned.rollback_id is not None
        await shop.clock.sleep(60.0)
        assert not running.done(), "who only cancels once more follows it"
        if crashes:
            running.cancel()
            await asyncio.wait([running])
        await shop.plane.cancel(stack, breaks_off=True)
        result = await (shop.fresh_worker().run(operation.operation_id) if crashes else running)
        assert result.status is OperationStatus.ROLLBACK_FAILED
        view = await shop.plane.view(operation.stack_id)
        assert view.stack.status is status
        assert "the rollback was broken off by request" in view.stack.status_reason
        given_up = [one.resource for one in view.resources if one.resource.physical_id]
        failed = {
            str(one.address) for one in given_up if one.status is ResourceStatus.DELETE_FAILED
        }
        assert left in failed and ids(view)[left] in world.things
        told = await history(shop, view)
        assert any(e.address == left and e.status is ResourceStatus.DELETE_FAILED for e in told)
        assert set(world.things) <= set(ids(view).values()), "nothing is lost"
        clinging.clear()
        done = await continued(shop, view.stack.stack_id)
        assert done.stack.status.is_restored
        assert world.names() == (["a", "b", "base", "c"] if updates else [])

    play_clinging(tmp_path, program)


def test_what_was_broken_off_can_be_deleted(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things, clinging: set[str]) -> None:
        operation, running = await hanging(shop, world, updates=False)
        await shop.plane.cancel(await shop.plane.find("demo"), breaks_off=True)
        await running
        clinging.clear()
        assert (await shop.delete()).stack.status is StackStatus.DELETED
        assert world.things == {}
        found = await shop.store.stack(operation.stack_id)
        assert found is not None
        with pytest.raises(RequestRefused, match="nothing runs"):
            await shop.plane.cancel(found, breaks_off=True)

    play_clinging(tmp_path, program)


def test_who_cancelled_what_runs_has_not_broken_its_rollback_off(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things, clinging: set[str]) -> None:
        clinging.clear()
        planned = await shop.plane.plan(StackRequest("demo", shop.region, CHAIN.encode(), "t.yml"))
        operation = await shop.plane.execute(planned, ExecutionOptions())
        running = asyncio.ensure_future(shop.worker.run(operation.operation_id))
        await shop.clock.sleep(5.0)
        # What is not turned back yet is turned back first, whatever was said.
        await shop.plane.cancel(await shop.plane.find("demo"), breaks_off=True)
        assert (await running).status is OperationStatus.ROLLED_BACK
        found = await shop.plane.operation(operation.operation_id)
        assert found is not None and not found.cancel_requested and world.things == {}

    play_clinging(tmp_path, program)


# --- leave, and what protects ---------------------------------------------------------------------


def test_a_retry_may_be_allowed_more_than_what_it_repeats(tmp_path: Path) -> None:
    forbids = '{"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "Update:*", "Resource": "*"}]}'
    allows = forbids.replace("Deny", "Allow")

    async def program(shop: Workshop, world: Things) -> None:
        await shop.deploy(CHAIN)
        world.failing.add("last")
        failing = FAILING.replace("Name: last", "Name: last, Size: !Ref Size")
        failed = await shop.deploy(failing, Size=1)
        assert failed.stack.status is StackStatus.UPDATE_FAILED
        await shop.store.change_stack(failed.stack.stack_id, policy=forbids)
        stack = await shop.plane.find("demo")
        world.failing.clear()
        # What was never whole may be made again under any policy; what is whole may not be touched.
        sized = StackRequest("demo", shop.region, failing.encode(), "t.yml", {"Size": 2})
        assert {one.code for one in (await shop.plane.plan(sized)).change_set.blocked} >= {"IF831"}
        wider = replace(sized, replace=True, policy_during_update=allows)
        world.failing.add("last")
        operation = await shop.plane.execute(await shop.plane.plan(wider), ExecutionOptions())
        with pytest.raises(OperationHolds):
            await shop.plane.retry(stack, ["Base"])
        await shop.run(operation.operation_id)
        world.failing.clear()
        stack = await shop.plane.find("demo")
        assert stack.status is StackStatus.UPDATE_FAILED
        again = await shop.plane.retry(stack, (), Leave(policy_during_update=allows))
        assert isinstance(again, Planned) and not again.change_set.blocked
        assert again.change_set.replacement_allowed
        done = await shop.plane.execute(again, ExecutionOptions())
        await shop.run(done.operation_id)
        assert (await shop.plane.find("demo")).status is StackStatus.UPDATED

    play(tmp_path, program)


def test_a_retry_may_replace_what_the_try_before_it_might_not(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        await shop.deploy(CHAIN)
        world.failing.add("last")
        view = await shop.deploy(FAILING)
        world.failing.clear()
        strict = await shop.plane.retry(view.stack)
        loose = await shop.plane.retry(view.stack, (), Leave(replaces=True))
        assert isinstance(strict, Planned) and isinstance(loose, Planned)
        assert not strict.change_set.replacement_allowed
        assert loose.change_set.replacement_allowed
        running = await shop.plane.execute(strict, ExecutionOptions())
        with pytest.raises(OperationHolds):
            await shop.plane.retry(view.stack, (), Leave(replaces=True))
        await shop.run(running.operation_id)

    play(tmp_path, program)


def test_protection_between_planning_and_opening_is_kept(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        stack = (await shop.deploy(CHAIN)).stack
        request = StackRequest("demo", shop.region, CHAIN.encode(), "t.yml", {"Names": "a,b"})
        planned = await shop.plane.plan(request)
        await shop.plane.protect(stack, is_protected=True)
        await shop.store.change_stack(stack.stack_id, policy='{"Statement": []}')
        operation = await shop.plane.execute(planned, ExecutionOptions())
        found = await shop.plane.find("demo")
        assert found.is_protected and found.policy == '{"Statement": []}'
        await shop.run(operation.operation_id)
        found = await shop.plane.find("demo")
        assert found.is_protected and found.policy == '{"Statement": []}'
        with pytest.raises((RequestRefused, TemplateError)):
            await shop.delete()
        assert statuses(await shop.plane.view(stack.stack_id))

    play(tmp_path, program)
