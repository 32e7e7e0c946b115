"""The one door: what a plan says, what may be executed, and what is refused in which words."""

from __future__ import annotations

from pathlib import Path

import pytest

from imageferry.control.requests import (
    ExecutionOptions,
    OperationHolds,
    Planned,
    RequestRefused,
    StackNotFound,
    StackRequest,
)
from imageferry.model.changes import ChangeKind
from imageferry.model.diagnostics import TemplateError
from imageferry.model.operations import OnFailure, Operation
from imageferry.model.statuses import OperationStatus, StackStatus
from imageferry.model.values import Secret, Value
from tests.scenarios.things import Things, play
from tests.scenarios.workshop import Handing, Workshop

THINGS = """
ROSTemplateFormatVersion: '2015-09-01'
Description: some things
Parameters:
  Name: {Type: String, Default: a}
  Size: {Type: Number, Default: 1}
  Password: {Type: String, Default: '', NoEcho: true}
Resources:
  One: {Type: ALIYUN::TEST::Thing, Properties: {Name: {Ref: Name}, Size: {Ref: Size}}}
  Two:
    Type: ALIYUN::TEST::Thing
    DependsOn: One
    Properties: {Name: two, Password: {Ref: Password}}
Outputs:
  Id: {Value: {'Fn::GetAtt': [One, Id]}}
"""
OTHER = "AWSTemplateFormatVersion: '2010-09-09'\nResources: {A: {Type: A::B::C}}\n"


def request(
    source: str = THINGS,
    *,
    name: str = "demo",
    region: str = "cn-hangzhou",
    replace: bool | None = None,
    **parameters: Value,
) -> StackRequest:
    return StackRequest(name, region, source.encode(), "t.yml", parameters, replace)


async def opened(shop: Workshop, asked: StackRequest) -> Operation:
    return await shop.plane.execute(await shop.plane.plan(asked), ExecutionOptions())


# --- planning -------------------------------------------------------------------------------------


def test_a_plan_for_a_new_stack_leaves_no_stack_behind(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        planned = await shop.plane.plan(request())
        assert planned.is_new
        assert planned.change_set.kind is ChangeKind.CREATE
        assert planned.stack.status is StackStatus.REVIEWING
        assert await shop.store.change_set(planned.change_set.change_set_id) is not None
        with pytest.raises(StackNotFound):
            await shop.plane.find("demo")
        assert world.calls == []

    play(tmp_path, program)


def test_a_plan_that_is_only_looked_at_is_not_kept(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        planned = await shop.plane.plan(request(), save=False)
        assert await shop.store.change_set(planned.change_set.change_set_id) is None

    play(tmp_path, program)


@pytest.mark.parametrize(
    ("changed", "is_current", "is_empty"),
    [
        pytest.param({}, True, True, id="nothing differs"),
        pytest.param({"Name": "a"}, True, True, id="the default, said aloud"),
        pytest.param({"Password": "x"}, False, False, id="a secret alone"),
        pytest.param({"Name": "b"}, False, False, id="a property"),
    ],
)
def test_whether_there_is_anything_to_do(
    tmp_path: Path, changed: dict[str, Value], is_current: bool, is_empty: bool
) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        await shop.deploy(THINGS)
        planned = await shop.plane.plan(request(**changed))
        assert (planned.is_current, planned.change_set.is_empty) == (is_current, is_empty)
        assert not planned.is_new

    play(tmp_path, program)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("-a", "cannot name a stack"),
        ("", "cannot name a stack"),
        ("a" * 300, "cannot name a stack"),
        ("a b", "cannot name a stack"),
    ],
    ids=["a dash first", "nothing", "too long", "a space"],
)
def test_a_name_that_no_stack_may_have(tmp_path: Path, name: str, says: str) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        with pytest.raises(TemplateError, match=says) as refused:
            await shop.plane.plan(request(name=name))
        assert [d.code for d in refused.value.diagnostics] == ["IF604"]

    play(tmp_path, program)


def test_a_stack_keeps_its_language(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        await shop.deploy(THINGS)
        with pytest.raises(
            RequestRefused, match="ROS template and cannot be updated with"
        ) as refused:
            await shop.plane.plan(request(OTHER))
        assert "another name" in refused.value.remedy

    play(tmp_path, program)


def test_faults_of_template_and_parameters_come_together(tmp_path: Path) -> None:
    source = THINGS.replace("Name: two", "Nome: two")

    async def program(shop: Workshop, world: Things) -> None:
        with pytest.raises(TemplateError) as refused:
            await shop.plane.plan(request(source, Size="large", Colour="red"))
        said = str(refused.value)
        for word in ("Nome", "Size", "Colour"):
            assert word in said

    play(tmp_path, program)


def test_a_parameter_without_default_keeps_its_value(tmp_path: Path) -> None:
    source = THINGS.replace("Name: {Type: String, Default: a}", "Name: {Type: String}")

    async def program(shop: Workshop, world: Things) -> None:
        await shop.deploy(source, Name="kept")
        planned = await shop.plane.plan(request(source))
        assert planned.is_current
        assert planned.change_set.bindings.parameters["Name"] == "kept"

    play(tmp_path, program)


def test_the_fingerprint_tells_wishes_apart_and_no_secret(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        one = await shop.plane.plan(request(Password="correct horse"))
        same = await shop.plane.plan(request(Password="correct horse"))
        replaced = await shop.plane.plan(request(replace=True))
        assert one.fingerprint == same.fingerprint != replaced.fingerprint
        assert "correct horse" not in repr(one)
        assert one.change_set.bindings.parameters["Password"] == Secret("correct horse")

    play(tmp_path, program)


# --- executing ------------------------------------------------------------------------------------


def test_what_is_blocked_opens_no_operation(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        view = await shop.deploy(THINGS)
        planned = await shop.plane.plan(request(Size=2))
        assert [d.code for d in planned.change_set.blocked] == ["IF601"]
        with pytest.raises(TemplateError):
            await shop.plane.execute(planned, ExecutionOptions())
        last = await shop.store.last_operation(view.stack.stack_id)
        assert last is not None
        assert last.operation_id == view.stack.operation_id
        assert (await shop.plane.find("demo")).status is StackStatus.CREATED

    play(tmp_path, program)


def test_an_operation_remembers_how_it_was_asked_for(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        planned = await shop.plane.plan(request())
        options = ExecutionOptions(OnFailure.DELETE, parallel=3, timeout=60.0, client_token="t-1")
        operation = await shop.plane.execute(planned, options)
        kept = await shop.plane.operation(operation.operation_id)
        assert kept == operation
        assert (operation.on_failure, operation.parallel) == (OnFailure.DELETE, 3)
        assert operation.deadline == shop.clock.now() + 60.0
        stack = await shop.plane.find("demo")
        assert (stack.status, stack.operation_id) == (StackStatus.CREATING, operation.operation_id)
        (event,) = await shop.plane.events(stack.stack_id)
        assert event.reason == "create requested: 2 resources"

    play(tmp_path, program)


def test_the_same_token_opens_one_operation(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        options = ExecutionOptions(client_token="once")
        first = await shop.plane.execute(await shop.plane.plan(request()), options)
        await shop.run(first.operation_id)
        again = await shop.plane.execute(await shop.plane.plan(request(Name="b")), options)
        assert again.operation_id == first.operation_id
        assert world.names() == ["a", "two"]

    play(tmp_path, program)


def test_whoever_planned_first_and_comes_second_is_refused(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        planned = await shop.plane.plan(request())
        other = await shop.plane.plan(request(Name="b"))
        operation = await shop.plane.execute(planned, ExecutionOptions())
        with pytest.raises(OperationHolds) as held:
            await shop.plane.execute(other, ExecutionOptions())
        assert held.value.operation.operation_id == operation.operation_id
        assert "holds" in str(held.value)

    play(tmp_path, program)


def test_the_same_wish_attaches_to_what_runs(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        operation = await opened(shop, request())
        same = await shop.plane.plan(request())
        assert same.running is not None
        attached = await shop.plane.execute(same, ExecutionOptions())
        assert attached.operation_id == operation.operation_id
        await shop.plane.cancel(await shop.plane.find("demo"))
        with pytest.raises(OperationHolds):
            await shop.plane.plan(request())

    play(tmp_path, program)


def test_every_execution_is_handed_to_the_dispatcher(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        operation = await opened(shop, request())
        await shop.plane.execute(await shop.plane.plan(request()), ExecutionOptions())
        handing = shop.plane._desk.dispatcher
        assert isinstance(handing, Handing)
        assert handing.submitted == [operation.operation_id] * 2

    play(tmp_path, program)


# --- deleting, cancelling, trying again -----------------------------------------------------------


def test_deleting_attaches_to_a_deletion_and_waits_for_nothing_else(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        await shop.deploy(THINGS)
        stack = await shop.plane.find("demo")
        operation = await shop.plane.execute(
            await shop.plane.plan_delete(stack), ExecutionOptions()
        )
        again = await shop.plane.plan_delete(stack)
        assert again.running is not None
        assert again.running.operation_id == operation.operation_id
        with pytest.raises(OperationHolds):
            await shop.plane.plan(request())

    play(tmp_path, program)


def test_cancelling_what_does_not_run(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        view = await shop.deploy(THINGS)
        with pytest.raises(RequestRefused, match='nothing runs on "demo"') as refused:
            await shop.plane.cancel(view.stack)
        assert "imageferry events -s demo" in refused.value.remedy

    play(tmp_path, program)


async def _parked(shop: Workshop) -> Operation:
    operation = await opened(shop, request())
    entry = await shop.store.enter(operation.operation_id)
    assert entry is not None
    await shop.store.park(operation.operation_id, entry.epoch, "set aside")
    return operation


def test_a_parked_operation_goes_on_when_told(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        operation = await _parked(shop)
        goes_on = await shop.plane.retry(await shop.plane.find("demo"))
        assert isinstance(goes_on, Operation)
        assert goes_on.operation_id == operation.operation_id
        assert (await shop.run(operation.operation_id)).status is OperationStatus.SUCCEEDED

    play(tmp_path, program)


def test_a_parked_operation_turns_back_when_told(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        operation = await _parked(shop)
        await shop.plane.cancel(await shop.plane.find("demo"))
        assert (await shop.run(operation.operation_id)).status is OperationStatus.ROLLED_BACK
        assert world.things == {}

    play(tmp_path, program)


def test_trying_again_plans_what_the_last_operation_wanted(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        view = await shop.deploy(THINGS, Name="b", Password="correct horse", replace=True)
        assert view.stack.status is StackStatus.CREATE_FAILED
        world.failing.clear()
        planned = await shop.plane.retry(view.stack)
        assert isinstance(planned, Planned)
        parameters = planned.change_set.bindings.parameters
        assert parameters["Name"] == "b"
        assert parameters["Password"] == Secret("correct horse")
        assert planned.change_set.replacement_allowed
        await shop.run((await shop.plane.execute(planned, ExecutionOptions())).operation_id)
        assert world.names() == ["b", "two"]

    play(tmp_path, program, Things(failing={"two"}))


def test_trying_a_deletion_again_is_a_deletion(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        await shop.deploy(THINGS)
        world.stuck.add("a")
        view = await shop.delete()
        assert view.stack.status is StackStatus.DELETE_FAILED
        world.stuck.clear()
        planned = await shop.plane.retry(view.stack)
        assert isinstance(planned, Planned)
        assert planned.change_set.kind is ChangeKind.DELETE
        await shop.run((await shop.plane.execute(planned, ExecutionOptions())).operation_id)
        assert world.things == {}

    play(tmp_path, program)


def test_delete_on_failure_takes_along_what_earlier_tries_have_kept(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        view = await shop.deploy(THINGS)
        assert view.stack.status is StackStatus.CREATE_FAILED
        assert world.names() == ["a", "two"]
        view = await shop.deploy(THINGS, on_failure=OnFailure.DELETE)
        assert view.stack.status is StackStatus.DELETED
        assert view.resources == ()
        assert world.things == {}

    play(tmp_path, program, Things(failing={"two"}))


def test_rollback_of_a_second_try_keeps_what_the_first_has_kept(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        await shop.deploy(THINGS)
        view = await shop.deploy(THINGS, on_failure=OnFailure.ROLLBACK)
        assert view.stack.status is StackStatus.CREATE_ROLLED_BACK
        assert world.names() == ["a"]
        assert [str(one.resource.address) for one in view.resources] == ["One"]

    play(tmp_path, program, Things(failing={"two"}))
