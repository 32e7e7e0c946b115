"""Ways out of a failure: part of a retry, a rollback that is continued, what is kept, what protects."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from imageferry.control.requests import (
    ExecutionOptions,
    OperationHolds,
    Planned,
    RequestRefused,
    StackRequest,
    StackView,
)
from imageferry.model.diagnostics import TemplateError
from imageferry.model.operations import OnFailure
from imageferry.model.statuses import OperationStatus, ResourceStatus, StackStatus
from tests.scenarios.chains import CHAIN, Crash, CrashingStore, history, ids, statuses
from tests.scenarios.things import Things, play
from tests.scenarios.workshop import Workshop

PAIRS = """
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Base: {Type: ALIYUN::TEST::Thing, Properties: {Name: base}}
  Left: {Type: ALIYUN::TEST::Thing, Properties: {Name: left, Parts: [{'Fn::GetAtt': [Base, Core]}]}}
  Right: {Type: ALIYUN::TEST::Thing, Properties: {Name: right, Parts: [{'Fn::GetAtt': [Base, Core]}]}}
  Alone: {Type: ALIYUN::TEST::Thing, Properties: {Name: alone}}
"""


async def carried_out(shop: Workshop, begun: object) -> StackView:
    assert isinstance(begun, Planned)
    operation = await shop.plane.execute(begun, ExecutionOptions())
    await shop.run(operation.operation_id)
    return await shop.plane.view(operation.stack_id)


def codes(refused: pytest.ExceptionInfo[TemplateError]) -> list[str]:
    return [fault.code for fault in refused.value.diagnostics if fault.is_error]


def test_a_part_of_a_retry_leaves_the_rest_and_says_so(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        view = await shop.deploy(CHAIN, Names="a,b,c,d")
        assert (
            statuses(view)["Each[1]"] is statuses(view)["Each[3]"] is ResourceStatus.CREATE_FAILED
        )
        world.failing.clear()
        before = ids(view)
        view = await carried_out(shop, await shop.plane.retry(view.stack, ["Each[3]"]))
        assert view.stack.status is StackStatus.CREATE_FAILED, "Each[1] is missing still"
        assert view.stack.status_reason.startswith("left as they are: Each[1]")
        assert statuses(view)["Each[3]"] is ResourceStatus.CREATED
        assert {key: one for key, one in ids(view).items() if key != "Each[3]"} == {
            key: one for key, one in before.items() if key != "Each[3]"
        }
        view = await carried_out(shop, await shop.plane.retry(view.stack, ["Each"]))
        assert view.stack.status is StackStatus.CREATED and view.stack.status_reason == ""
        assert world.names() == ["a", "b", "base", "c", "d"]
        assert world.calls.count("create a") == 1

    play(tmp_path, program, Things(failing={"b", "d"}))


def test_a_part_takes_along_what_it_needs_and_says_so(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        view = await shop.deploy(PAIRS)
        assert statuses(view) == {
            "Base": ResourceStatus.CREATE_FAILED, "Alone": ResourceStatus.CREATE_FAILED
        }  # fmt: skip
        world.failing.clear()
        planned = await shop.plane.retry(view.stack, ["Left"])
        assert isinstance(planned, Planned)
        assert [str(one.address) for one in planned.change_set.changes] == ["Base", "Left"]
        assert {str(one) for one in planned.change_set.left_out} == {"Right", "Alone"}
        told = [one.message for one in planned.change_set.warnings if one.code == "IF828"]
        assert told == ['"Base" is made as well, since "Left" needs it']
        view = await carried_out(shop, planned)
        assert view.stack.status is StackStatus.CREATE_FAILED
        assert world.calls.count("create right") == 0 and "left" in world.names()

    play(tmp_path, program, Things(failing={"base", "alone"}))


def test_the_same_part_is_taken_up_again_and_another_is_refused(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        view = await shop.deploy(CHAIN)
        world.failing.clear()
        planned = await shop.plane.retry(view.stack, ["Each[1]"])
        assert isinstance(planned, Planned)
        operation = await shop.plane.execute(planned, ExecutionOptions())
        assert operation.change_set_id == planned.change_set.change_set_id
        with pytest.raises(OperationHolds):
            await shop.plane.retry(view.stack, ["Base"])
        await shop.run(operation.operation_id)
        assert (await shop.plane.find("demo")).status is StackStatus.CREATED

    play(tmp_path, program, Things(failing={"b"}))


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        pytest.param(["Eech"], "did you mean 'Each'?", id="a name that is not there"),
        pytest.param(["Each[7]", "Each[1]"], "did you mean", id="an instance that is not there"),
    ],
)
def test_an_unknown_part_is_refused_with_what_was_meant(
    tmp_path: Path, parts: list[str], said: str
) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        view = await shop.deploy(CHAIN)
        with pytest.raises(TemplateError) as refused:
            await shop.plane.retry(view.stack, parts)
        assert codes(refused) == ["IF826"] and said in refused.value.diagnostics[0].remedy

    play(tmp_path, program, Things(failing={"b"}))


def test_a_part_with_nothing_to_be_done_is_refused(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        view = await shop.deploy(CHAIN)
        with pytest.raises(RequestRefused, match="nothing is to be done for Base") as refused:
            await shop.plane.retry(view.stack, ["Base"])
        assert "Each[1]" in refused.value.remedy

    play(tmp_path, program, Things(failing={"b"}))


async def stuck_rollback(shop: Workshop, world: Things) -> StackView:
    """A stack whose update failed and whose rollback cannot remove `x`."""
    await shop.deploy(CHAIN)
    world.failing, world.stuck = {"y"}, {"x"}
    view = await shop.deploy(
        CHAIN, on_failure=OnFailure.ROLLBACK, Names="a,b,c,x,y", Material="wood"
    )
    assert view.stack.status is StackStatus.UPDATE_ROLLBACK_FAILED
    return view


def test_a_rollback_is_continued_once_its_cause_is_mended(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        before = ids(await shop.deploy(CHAIN))
        view = await stuck_rollback(shop, world)
        view = await carried_out(shop, await shop.plane.continue_rollback(view.stack))
        assert view.stack.status is StackStatus.UPDATE_ROLLBACK_FAILED, "it is stuck still"
        world.stuck.clear()
        view = await carried_out(shop, await shop.plane.continue_rollback(view.stack))
        assert view.stack.status is StackStatus.UPDATE_ROLLED_BACK
        assert ids(view) == before and world.names() == ["a", "b", "base", "c"]
        assert world.things["t-1"]["Material"] == "iron"
        assert view.stack.parameters["Names"] == ["a", "b", "c"]
        with pytest.raises(RequestRefused, match="no rollback"):
            await shop.plane.continue_rollback(view.stack)

    play(tmp_path, program)


def test_what_is_skipped_stays_recorded_and_goes_with_the_next_deploy(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        view = await stuck_rollback(shop, world)
        stuck = next(
            one.resource
            for one in view.resources
            if one.resource.status is ResourceStatus.DELETE_FAILED
        )
        name = str(stuck.address)
        with pytest.raises(TemplateError) as refused:
            await shop.plane.continue_rollback(view.stack, ["Bass"])
        assert codes(refused) == ["IF826"]
        assert "did you mean 'Base'?" in refused.value.diagnostics[0].remedy
        planned = await shop.plane.continue_rollback(view.stack, [name])
        assert isinstance(planned, Planned)
        assert [one.code for one in planned.change_set.warnings] == ["IF829"]
        view = await carried_out(shop, planned)
        assert view.stack.status is StackStatus.UPDATE_ROLLED_BACK
        assert view.stack.status_reason.startswith(f"left as they are: {name}")
        assert ids(view)[name] == stuck.physical_id and stuck.physical_id in world.things
        first = next(e for e in await history(shop, view) if "left as they are" in e.reason)
        assert name in first.reason
        world.stuck.clear()
        view = await shop.deploy(CHAIN)
        assert view.stack.status is StackStatus.UPDATED
        assert world.names() == ["a", "b", "base", "c"]

    play(tmp_path, program)


@pytest.mark.parametrize("at", range(1, 9))
def test_a_continued_rollback_survives_a_crash(tmp_path: Path, at: int) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        before = ids(await shop.deploy(CHAIN))
        view = await stuck_rollback(shop, world)
        world.stuck.clear()
        planned = await shop.plane.continue_rollback(view.stack)
        assert isinstance(planned, Planned)
        operation = await shop.plane.execute(planned, ExecutionOptions())
        dying = CrashingStore(shop.store, at, after=at % 2 == 0)
        parts = Workshop(shop.plane, shop.worker, dying, shop.clock, shop.catalog, shop.entropy)  # type: ignore[arg-type]
        try:
            await parts.fresh_worker().run(operation.operation_id)
        except Crash:
            same = await shop.plane.continue_rollback(await shop.plane.find("demo"))
            assert not isinstance(same, Planned) and same.operation_id == operation.operation_id
            await shop.fresh_worker().run(operation.operation_id)
        view = await shop.plane.view(view.stack.stack_id)
        assert view.stack.status is StackStatus.UPDATE_ROLLED_BACK and ids(view) == before

    play(tmp_path, program)


def test_the_rollback_of_a_creation_that_was_to_be_removed(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        view = await shop.deploy(CHAIN, on_failure=OnFailure.ROLLBACK)
        assert view.stack.status is StackStatus.CREATE_ROLLBACK_FAILED
        world.stuck.clear()
        view = await carried_out(shop, await shop.plane.continue_rollback(view.stack))
        assert view.stack.status is StackStatus.CREATE_ROLLED_BACK
        assert world.things == {} and view.resources == ()

    play(tmp_path, program, Things(failing={"b"}, stuck={"a"}))


def test_what_is_retained_on_request_is_named_and_forgotten(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        view = await shop.deploy(CHAIN)
        with pytest.raises(TemplateError) as refused:
            await shop.plane.plan_delete(view.stack, ["Baze"])
        assert codes(refused) == ["IF826"]
        view = await carried_out(
            shop, await shop.plane.plan_delete(view.stack, ["Base", "Each[1]"])
        )
        assert view.stack.status is StackStatus.DELETED and view.resources == ()
        assert world.names() == ["b", "base"]
        kept = [e for e in await history(shop, view) if e.status is ResourceStatus.RETAINED]
        assert {(e.address, e.physical_id) for e in kept} == {("Base", "t-1"), ("Each[1]", "t-3")}

    play(tmp_path, program)


def test_a_failed_deletion_is_mended_by_retaining(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        await shop.deploy(CHAIN)
        world.stuck.add("b")
        view = await shop.delete()
        assert view.stack.status is StackStatus.DELETE_FAILED
        planned = await shop.plane.plan_delete(view.stack, ["Each[1]"])
        operation = await shop.plane.execute(planned, ExecutionOptions())
        same = await shop.plane.plan_delete(view.stack, ["Each[1]"])
        assert same.running is not None and same.running.operation_id == operation.operation_id
        with pytest.raises(OperationHolds):
            await shop.plane.plan_delete(view.stack)
        await shop.run(operation.operation_id)
        assert (await shop.plane.view(view.stack.stack_id)).stack.status is StackStatus.DELETED
        assert world.names() == ["b"]

    play(tmp_path, program)


def test_a_broken_off_deletion_still_keeps_what_it_was_to_keep(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        view = await shop.deploy(CHAIN)
        planned = await shop.plane.plan_delete(view.stack, ["Base"])
        operation = await shop.plane.execute(planned, ExecutionOptions())
        await shop.plane.cancel(await shop.plane.find("demo"))
        await shop.run(operation.operation_id)
        stack = await shop.plane.find("demo")
        assert stack.status is StackStatus.DELETE_FAILED
        await carried_out(shop, await shop.plane.retry(stack))
        assert world.names() == ["base"]

    play(tmp_path, program)


KEEPER = """
AWSTemplateFormatVersion: '2010-09-09'
Parameters: {Size: {Type: Number, Default: 1}, Last: {Type: String, Default: other}}
Resources:
  Kept:
    Type: ALIYUN::TEST::Thing
    UpdateReplacePolicy: Retain
    Properties: {Name: kept, Size: {Ref: Size}}
  Other:
    Type: ALIYUN::TEST::Thing
    DependsOn: Kept
    Properties: {Name: {Ref: Last}}
"""


@pytest.mark.parametrize("at", [0, *range(1, 14)], ids=lambda at: f"crash {at}" if at else "whole")
def test_a_rollback_takes_back_what_a_replacement_had_retained(tmp_path: Path, at: int) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        before = ids(await shop.deploy(KEEPER))
        world.failing.add("bad")
        request = StackRequest(
            "demo", shop.region, KEEPER.encode(), "t.yml", {"Size": 2, "Last": "bad"}, True
        )
        operation = await shop.plane.execute(
            await shop.plane.plan(request), ExecutionOptions(OnFailure.ROLLBACK)
        )
        if at:
            dying = CrashingStore(shop.store, at, after=at % 2 == 0)
            parts = Workshop(shop.plane, shop.worker, dying, shop.clock, shop.catalog, shop.entropy)  # type: ignore[arg-type]
            try:
                await parts.fresh_worker().run(operation.operation_id)
            except Crash:
                await shop.fresh_worker().run(operation.operation_id)
        else:
            await shop.run(operation.operation_id)
        view = await shop.plane.view(operation.stack_id)
        assert view.stack.status is StackStatus.UPDATE_ROLLED_BACK
        assert ids(view) == before, "the former one, not another like it"
        assert set(world.things) == set(before.values())
        assert world.things["t-1"]["Size"] == 1 and world.calls.count("create kept") == 2

    play(tmp_path, program)


def test_what_a_replacement_retains_is_named(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        await shop.deploy(KEEPER)
        view = await shop.deploy(KEEPER, replace=True, Size=2)
        assert view.stack.status is StackStatus.UPDATED
        kept = [e for e in await history(shop, view) if e.status is ResourceStatus.RETAINED]
        assert [(e.address, e.physical_id) for e in kept] == [("Kept", "t-1")]
        assert world.names() == ["kept", "kept", "other"]

    play(tmp_path, program)


KINDS_OF_CHANGE = [
    pytest.param({"Material": "wood"}, id="in place and renewed"),
    pytest.param({"Size": 2}, id="replaced"),
    pytest.param({"Names": "b,a,c"}, id="moved"),
    pytest.param({"Names": "a,b,c,d"}, id="created"),
    pytest.param({"Names": "a"}, id="removed"),
    pytest.param({"Names": "c,x", "Material": "wood", "Size": 3}, id="all at once"),
]


@pytest.mark.parametrize("given", KINDS_OF_CHANGE)
def test_a_failed_update_is_restored_whatever_it_changed(
    tmp_path: Path, given: dict[str, object]
) -> None:
    failing = CHAIN.replace(
        "Outputs:",
        "  Last: {Type: ALIYUN::TEST::Thing, DependsOn: Each, Properties: {Name: last}}\nOutputs:",
    )

    async def program(shop: Workshop, world: Things) -> None:
        before = await shop.deploy(CHAIN)
        world.failing.add("last")
        view = await shop.deploy(failing, on_failure=OnFailure.ROLLBACK, replace=True, **given)  # type: ignore[arg-type]
        assert view.stack.status is StackStatus.UPDATE_ROLLED_BACK
        properties = {str(v.resource.address): v.resource.properties for v in view.resources}
        assert properties == {
            str(v.resource.address): v.resource.properties for v in before.resources
        }
        if "Size" not in given:
            assert ids(view) == ids(before)
        assert world.names() == ["a", "b", "base", "c"]
        assert set(world.things) == set(ids(view).values())

    play(tmp_path, program)


@pytest.mark.parametrize("after", [1, 11, 15, 21], ids=lambda after: f"after {after} s")
def test_an_update_cancelled_half_way_is_undone(tmp_path: Path, after: int) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        before = await shop.deploy(CHAIN)
        request = StackRequest(
            "demo", shop.region, CHAIN.encode(), "t.yml", {"Names": "a,c,x,y", "Size": 2}, True
        )
        operation = await shop.plane.execute(await shop.plane.plan(request), ExecutionOptions())
        running = asyncio.ensure_future(shop.worker.run(operation.operation_id))
        await shop.clock.sleep(after)
        stack = await shop.plane.find("demo")
        if not stack.status.is_final:
            await shop.plane.cancel(stack)
        await running
        view = await shop.plane.view(stack.stack_id)
        names = {str(v.resource.properties["Name"]) for v in view.resources}
        if view.stack.status is StackStatus.UPDATE_ROLLED_BACK:
            assert names == {"base", "a", "b", "c"} and world.names() == ["a", "b", "base", "c"]
            assert view.stack.parameters == before.stack.parameters
        else:
            assert view.stack.status is StackStatus.UPDATED, "it was too late to turn back"
            assert world.names() == ["a", "base", "c", "x", "y"]
        assert set(world.things) == set(ids(view).values())

    play(tmp_path, program)


def test_what_turns_back_is_not_turned_again(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        planned = await shop.plane.plan(StackRequest("demo", shop.region, CHAIN.encode(), "t.yml"))
        operation = await shop.plane.execute(planned, ExecutionOptions(OnFailure.ROLLBACK))

        class Dying(CrashingStore):
            async def close_operation(self, *arguments: object) -> None:
                raise Crash

        dying = Dying(shop.store, 1_000_000, after=False)
        parts = Workshop(shop.plane, shop.worker, dying, shop.clock, shop.catalog, shop.entropy)  # type: ignore[arg-type]
        with pytest.raises(Crash):
            await parts.fresh_worker().run(operation.operation_id)
        stack = await shop.plane.find("demo")
        assert stack.status is StackStatus.CREATE_ROLLING_BACK
        found = await shop.plane.cancel(stack)
        assert found.rollback_id is not None and not found.cancel_requested
        result = await shop.fresh_worker().run(operation.operation_id)
        assert result.status is OperationStatus.ROLLED_BACK
        kept = await shop.plane.operation(operation.operation_id)
        assert kept is not None and not kept.cancel_requested

    play(tmp_path, program, Things(failing={"b"}))


def test_a_protected_stack_is_not_deleted(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        view = await shop.deploy(CHAIN)
        early = await shop.plane.plan_delete(view.stack)
        stack = await shop.plane.protect(view.stack, is_protected=True)
        assert stack.is_protected
        for deed in (shop.plane.plan_delete(stack), shop.plane.execute(early, ExecutionOptions())):
            with pytest.raises(RequestRefused) as refused:
                await deed
            assert [fault.code for fault in refused.value.diagnostics] == ["IF830"]
            assert "--off" in refused.value.diagnostics[0].remedy
        view = await shop.deploy(CHAIN, Names="a,b")
        assert view.stack.is_protected, "an update keeps it"
        stack = await shop.plane.protect(stack, is_protected=False)
        assert not stack.is_protected
        assert (await shop.delete()).stack.status is StackStatus.DELETED

    play(tmp_path, program)


def test_protection_that_comes_while_an_operation_runs_stays(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        request = StackRequest("demo", shop.region, CHAIN.encode(), "t.yml")
        operation = await shop.plane.execute(await shop.plane.plan(request), ExecutionOptions())
        running = asyncio.ensure_future(shop.worker.run(operation.operation_id))
        await shop.clock.sleep(5)
        await shop.plane.protect(await shop.plane.find("demo"), is_protected=True)
        await running
        stack = await shop.plane.find("demo")
        assert stack.status is StackStatus.CREATED and stack.is_protected

    play(tmp_path, program)


def test_what_is_to_be_deleted_on_failure_is_not_protected(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        request = StackRequest("demo", shop.region, CHAIN.encode(), "t.yml", is_protected=True)
        planned = await shop.plane.plan(request)
        with pytest.raises(RequestRefused) as refused:
            await shop.plane.execute(planned, ExecutionOptions(OnFailure.DELETE))
        assert [fault.code for fault in refused.value.diagnostics] == ["IF834"]
        assert world.calls == []
        plain = StackRequest("demo", shop.region, CHAIN.encode(), "t.yml")
        operation = await shop.plane.execute(
            await shop.plane.plan(plain), ExecutionOptions(OnFailure.DELETE)
        )
        with pytest.raises(RequestRefused, match="cannot be protected"):
            await shop.plane.protect(await shop.plane.find("demo"), is_protected=True)
        await shop.run(operation.operation_id)
        view = await shop.plane.view(operation.stack_id)
        assert view.stack.status is StackStatus.DELETED

    play(tmp_path, program, Things(failing={"b"}))


NO_REPLACING = """{"Statement": [
  {"Effect": "Allow", "Principal": "*", "Action": "Update:*", "Resource": "*"},
  {"Effect": "Deny", "Principal": "*", "Action": ["Update:Replace", "Update:Delete"],
   "Resource": "LogicalResourceId/Each"}]}"""
ANYTHING = (
    '{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "Update:*", "Resource": "*"}}'
)


def test_a_stack_policy_judges_updates_before_the_first_call(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        def wish(
            policy: str | None = None, during: str | None = None, **given: object
        ) -> StackRequest:
            return StackRequest(
                "demo", shop.region, CHAIN.encode(), "t.yml", given, True,  # type: ignore[arg-type]
                policy=policy, policy_during_update=during,
            )  # fmt: skip

        await carried_out(shop, await shop.plane.plan(wish(NO_REPLACING)))
        calls = list(world.calls)
        for given in ({"Size": 2}, {"Names": "a"}):
            planned = await shop.plane.plan(wish(**given))
            assert {fault.code for fault in planned.change_set.blocked} == {"IF831"}
            with pytest.raises(TemplateError):
                await shop.plane.execute(planned, ExecutionOptions())
        assert world.calls == calls
        view = await carried_out(shop, await shop.plane.plan(wish(Material="wood")))
        assert view.stack.status is StackStatus.UPDATED, "a change in place is allowed"
        view = await carried_out(shop, await shop.plane.plan(wish(during=ANYTHING, Size=2)))
        assert view.stack.status is StackStatus.UPDATED
        planned = await shop.plane.plan(wish(Size=3))
        assert planned.change_set.blocked, "the stack's own policy counts again"
        same = await shop.plane.plan(wish(policy=ANYTHING, Size=2, Material="iron"))
        assert not same.change_set.blocked
        planned = await shop.plane.plan(wish(policy=ANYTHING, Size=2))
        await shop.plane.settle(planned)
        assert not (await shop.plane.plan(wish(Size=3))).change_set.blocked
        assert (await shop.delete()).stack.status is StackStatus.DELETED, "no policy forbids that"

    play(tmp_path, program)


def test_a_plan_that_was_overtaken_is_not_carried_out(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        await shop.deploy(CHAIN)
        request = StackRequest("demo", shop.region, CHAIN.encode(), "t.yml", {"Names": "a"})
        early = await shop.plane.plan(request)
        await shop.deploy(CHAIN, Names="a,b,c,d")
        with pytest.raises(RequestRefused, match="changed after this was planned"):
            await shop.plane.execute(early, ExecutionOptions())
        assert world.names() == ["a", "b", "base", "c", "d"]

    play(tmp_path, program)
