"""Exports and imports between stacks: found, unique, and kept for as long as they are used."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from imageferry.control.requests import ExecutionOptions, RequestRefused, StackRequest
from imageferry.model.diagnostics import Diagnostic, TemplateError
from imageferry.model.inquiries import Inquiry, InquiryKind
from imageferry.model.operations import OnFailure
from imageferry.model.stacks import Export
from imageferry.model.statuses import StackStatus
from imageferry.model.values import Secret, Value
from tests.scenarios.things import Things, play
from tests.scenarios.workshop import Workshop

CFN = "AWSTemplateFormatVersion: '2010-09-09'\n"
THING = "Type: ALIYUN::TEST::Thing"

BASE = (
    CFN
    + """
Parameters:
  Name: {Type: String, Default: base}
  Material: {Type: String, Default: iron}
  Export: {Type: String, Default: base-id}
Resources:
  Base:
    Type: ALIYUN::TEST::Thing
    Properties: {Name: !Ref Name, Material: !Ref Material}
Outputs:
  Id: {Value: !Ref Base, Export: {Name: !Ref Export}}
  Core: {Value: !GetAtt Base.Core, Export: {Name: !Sub '${AWS::StackName}-core'}}
"""
)
USER = (
    CFN
    + """
Parameters: {Import: {Type: String, Default: base-id}}
Resources:
  User:
    Type: ALIYUN::TEST::Thing
    Properties: {Name: {'Fn::ImportValue': !Ref Import}}
"""
)
ALONE = CFN + f"Resources: {{User: {{{THING}, Properties: {{Name: alone}}}}}}\n"


def ask(source: str, name: str, region: str = "cn-hangzhou", **parameters: Value) -> StackRequest:
    return StackRequest(name, region, source.encode(), "t.yml", parameters)


async def refused(shop: Workshop, source: str, name: str, **parameters: Value) -> list[Diagnostic]:
    with pytest.raises(TemplateError) as fault:
        await shop.plane.plan(ask(source, name, shop.region, **parameters))
    return [one for one in fault.value.diagnostics if one.is_error]


# --- importing ------------------------------------------------------------------------------------


def test_what_one_stack_exports_another_imports(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        base = (await shop.deploy(BASE, name="base")).stack
        assert base.exports == (
            Export("base-id", "Id", "t-1"),
            Export("base-core", "Core", "iron-core"),
        )
        user = (await shop.deploy(USER, name="user")).stack
        assert user.status is StackStatus.CREATED
        assert world.names() == ["base", "t-1"]
        assert user.asked == (Inquiry(InquiryKind.EXPORT, ("base-id",)),)

    play(tmp_path, program)


def test_an_export_that_nobody_has(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        await shop.deploy(BASE, name="base")
        (fault,) = await refused(shop, USER, "user", Import="base-di")
        assert (fault.code, fault.message) == ("IF365", "no export is called 'base-di'")
        assert fault.remedy == "did you mean 'base-id'?"
        assert fault.span is not None
        assert fault.span.line == 7
        assert world.calls == ["create base"]

    play(tmp_path, program)


def test_an_export_is_seen_in_its_own_region_only(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        await shop.deploy(BASE, name="base")
        shop.region = "cn-beijing"
        (fault,) = await refused(shop, USER, "user")
        assert fault.code == "IF365"
        elsewhere = (await shop.deploy(BASE, name="base")).stack
        assert [export.name for export in elsewhere.exports] == ["base-id", "base-core"]

    play(tmp_path, program)


def test_a_stack_does_not_import_from_itself(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        await shop.deploy(BASE, name="base")
        own = BASE.replace("Name: !Ref Name", "Name: {'Fn::ImportValue': base-id}")
        (fault,) = await refused(shop, own, "base")
        assert fault.code == "IF365"
        assert "this stack's own" in fault.why

    play(tmp_path, program)


def test_an_export_of_a_secret_stays_one(tmp_path: Path) -> None:
    source = BASE.replace("Name: {Type: String,", "Name: {Type: String, NoEcho: true,").replace(
        "Value: !Ref Base,", "Value: !Ref Name,"
    )

    async def program(shop: Workshop, world: Things) -> None:
        base = (await shop.deploy(source, name="base", Name="correct horse")).stack
        assert base.exports[0].value == Secret("correct horse")
        user = await shop.deploy(USER.replace("{Name: {'Fn", "{Password: {'Fn"), name="user")
        properties = user.resources[0].resource.properties
        assert properties["Password"] == Secret("correct horse")
        assert world.things["t-2"]["Password"] == "correct horse"
        await shop.store.close()
        kept = b"".join(one.read_bytes() for one in (tmp_path / "home").iterdir())
        assert b"correct horse" not in kept

    play(tmp_path, program)


def test_a_failed_deploy_exports_nothing_new(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        view = await shop.deploy(BASE, name="base")
        assert view.stack.status is StackStatus.CREATE_FAILED
        assert view.stack.exports == ()
        (fault,) = await refused(shop, USER, "user")
        assert fault.code == "IF365"

    play(tmp_path, program, Things(failing={"base"}))


# --- names ----------------------------------------------------------------------------------------


def test_a_name_is_exported_once_in_a_region(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        await shop.deploy(BASE, name="base")
        (fault,) = await refused(shop, BASE, "other")
        assert fault.code == "IF362"
        assert fault.message == (
            "the output 'Id' cannot be exported as 'base-id', which the stack 'base' exports"
            " already"
        )
        assert fault.span is not None
        assert fault.span.line == 12
        assert world.calls == ["create base"]
        assert (await shop.plane.plan(ask(BASE, "other", Export="other-id"))).is_new

    play(tmp_path, program)


def test_a_name_is_taken_as_soon_as_a_deploy_begins(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        planned = await shop.plane.plan(ask(BASE, "other"))
        await shop.plane.execute(await shop.plane.plan(ask(BASE, "base")), ExecutionOptions())
        (fault,) = await refused(shop, BASE, "third")
        assert fault.code == "IF362"
        # What was planned before is looked at once more when it is executed.
        with pytest.raises(RequestRefused, match="cannot be exported as"):
            await shop.plane.execute(planned, ExecutionOptions())
        assert world.calls == []

    play(tmp_path, program)


def test_of_two_that_begin_at_once_one_gets_the_name(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        planned = [await shop.plane.plan(ask(BASE, name)) for name in ("base", "other")]
        ends = await asyncio.gather(
            *(shop.plane.execute(one, ExecutionOptions()) for one in planned),
            return_exceptions=True,
        )
        assert sorted(type(end).__name__ for end in ends) == ["Operation", "RequestRefused"]
        assert len(await shop.store.open_operations()) == 1

    play(tmp_path, program)


def test_of_a_deletion_and_an_import_at_once_one_is_refused(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        base = (await shop.deploy(BASE, name="base")).stack
        planned = [await shop.plane.plan_delete(base), await shop.plane.plan(ask(USER, "user"))]
        ends = await asyncio.gather(
            *(shop.plane.execute(one, ExecutionOptions()) for one in planned),
            return_exceptions=True,
        )
        assert sorted(type(end).__name__ for end in ends) == ["Operation", "RequestRefused"]

    play(tmp_path, program)


@pytest.mark.parametrize(
    ("outputs", "code", "says"),
    [
        pytest.param(
            "A: {Value: x, Export: {Name: !Ref N}}\n  B: {Value: y, Export: {Name: a}}",
            "IF361",
            "the outputs 'A' and 'B' have the same export name 'a'",
            id="twice",
        ),
        pytest.param(
            "A: {Value: x, Export: {Name: !Ref E}}",
            "IF360",
            "the export name of output 'A' is empty",
            id="empty",
        ),
        pytest.param(
            "A: {Value: x, Export: {Name: !Ref S}}",
            "IF360",
            "the export name of output 'A' comes from a secret",
            id="secret",
        ),
        pytest.param(
            "A: {Value: x, Export: {Name: !Ref L}}",
            "IF360",
            "the export name of output 'A' is a list",
            id="list",
        ),
    ],
)
def test_names_that_are_none(tmp_path: Path, outputs: str, code: str, says: str) -> None:
    source = (
        CFN
        + """
Parameters:
  N: {Type: String, Default: a}
  E: {Type: String, Default: ''}
  S: {Type: String, Default: s, NoEcho: true}
  L: {Type: CommaDelimitedList, Default: 'a,b'}
"""
        + f"Resources: {{User: {{{THING}, Properties: {{Name: one}}}}}}\nOutputs:\n  {outputs}\n"
    )

    async def program(shop: Workshop, world: Things) -> None:
        (fault,) = await refused(shop, source, "base")
        assert (fault.code, fault.message) == (code, says)
        assert fault.span is not None

    play(tmp_path, program)


# --- in use ---------------------------------------------------------------------------------------


def test_a_stack_whose_export_is_in_use_is_not_deleted(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        await shop.deploy(BASE, name="base")
        await shop.deploy(USER, name="user")
        with pytest.raises(RequestRefused) as fault:
            await shop.delete("base")
        (said,) = fault.value.diagnostics
        assert said.code == "IF363"
        assert said.message == "Export base-id cannot be deleted as it is in use by user"
        await shop.delete("user")
        assert (await shop.delete("base")).stack.status is StackStatus.DELETED
        assert world.things == {}

    play(tmp_path, program)


def test_a_deletion_that_was_planned_before_it_was_imported(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        await shop.deploy(BASE, name="base")
        planned = await shop.plane.plan_delete(await shop.plane.find("base"))
        # The importing stack is only being made yet.
        await shop.plane.execute(await shop.plane.plan(ask(USER, "user")), ExecutionOptions())
        with pytest.raises(RequestRefused, match="in use by user"):
            await shop.plane.execute(planned, ExecutionOptions())

    play(tmp_path, program)


@pytest.mark.parametrize(
    ("changed", "code", "says"),
    [
        pytest.param(
            {"Export": "new-id"},
            "IF363",
            "Export base-id cannot be deleted as it is in use by user",
            id="another name",
        ),
        pytest.param(
            {"Material": "gold"},
            "IF364",
            "Export base-core cannot be updated as it is in use by other",
            id="a value known later",
        ),
    ],
)
def test_an_export_in_use_stays_as_it_is(
    tmp_path: Path, changed: dict[str, Value], code: str, says: str
) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        await shop.deploy(BASE, name="base")
        await shop.deploy(USER, name="user")
        await shop.deploy(USER, name="other", Import="base-core")
        calls = list(world.calls)
        (fault,) = await refused(shop, BASE, "base", **changed)
        assert (fault.code, fault.message) == (code, says)
        assert world.calls == calls

    play(tmp_path, program)


def test_an_update_that_leaves_the_export_alone_passes(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        await shop.deploy(BASE, name="base")
        await shop.deploy(USER, name="user")
        assert (await shop.plane.plan(ask(BASE, "base"))).is_current
        view = await shop.deploy(BASE, name="base", Name="renamed")
        assert view.stack.status is StackStatus.UPDATED
        assert [export.value for export in view.stack.exports] == ["t-1", "iron-core"]
        # Once nobody imports it any more, it may change.
        await shop.deploy(ALONE, name="user")
        view = await shop.deploy(BASE, name="base", Export="new-id", Name="renamed")
        assert [export.name for export in view.stack.exports] == ["new-id", "base-core"]

    play(tmp_path, program)


def test_nobody_imports_what_is_being_changed(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        await shop.deploy(BASE, name="base")
        planned = await shop.plane.plan(ask(USER, "user", Import="base-core"))
        changing = await shop.plane.plan(ask(BASE, "base", Material="gold"))
        operation = await shop.plane.execute(changing, ExecutionOptions())
        (fault,) = await refused(shop, USER, "user", Import="base-core")
        assert fault.code == "IF366"
        assert (await shop.plane.plan(ask(USER, "user"))).is_new, "its id is not touched"
        await shop.run(operation.operation_id)
        # It was planned with the value of before.
        with pytest.raises(RequestRefused, match="not what it was"):
            await shop.plane.execute(planned, ExecutionOptions())
        await shop.deploy(USER, name="user", Import="base-core")
        assert world.names() == ["base", "gold-core"]

    play(tmp_path, program)


def test_a_rolled_back_update_imports_what_it_did_before(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        await shop.deploy(BASE, name="base")
        await shop.deploy(USER, name="user")
        world.failing.add("iron-core")
        view = await shop.deploy(
            USER, name="user", Import="base-core", on_failure=OnFailure.ROLLBACK
        )
        assert view.stack.status is StackStatus.UPDATE_ROLLED_BACK
        assert view.stack.asked == (Inquiry(InquiryKind.EXPORT, ("base-id",)),)
        # Where the failure is kept, both may have been used.
        view = await shop.deploy(USER, name="user", Import="base-core")
        assert view.stack.status is StackStatus.UPDATE_FAILED
        assert [inquiry.arguments for inquiry in view.stack.asked] == [("base-id",), ("base-core",)]

    play(tmp_path, program)


def test_nobody_imports_from_what_could_not_be_deleted(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        await shop.deploy(BASE, name="base")
        world.stuck.add("base")
        view = await shop.delete("base")
        assert view.stack.status is StackStatus.DELETE_FAILED
        assert view.stack.exports == ()
        with pytest.raises(TemplateError) as refused:
            await shop.deploy(USER, name="user")
        assert {fault.code for fault in refused.value.diagnostics} == {"IF365"}
        world.stuck.clear()
        again = await shop.deploy(BASE, name="base")
        assert {export.name for export in again.stack.exports} == {"base-id", "base-core"}
        await shop.deploy(USER, name="user")

    play(tmp_path, program)
