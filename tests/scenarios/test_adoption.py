"""Adoption: images that exist come into a stack without being replaced, and nothing is ever lost."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from imageferry.cloud.client import Action as CloudAction
from imageferry.control.requests import ExecutionOptions, OperationHolds, Planned, StackRequest
from imageferry.model.changes import Action
from imageferry.model.diagnostics import TemplateError
from imageferry.model.operations import OnFailure
from imageferry.model.statuses import OperationStatus, ResourceStatus, StackStatus
from tests.scenarios.adoptions import (
    KEY,
    ROS,
    SOURCE,
    TF,
    by_hand,
    carried_out,
    image,
    planned_adoption,
    tags_of,
)
from tests.scenarios.emulated import REGIONS, TROUBLE, Emulated, play


def trouble(sea: Emulated) -> None:
    """The cloud's usual trouble, and lost replies of the calls that an adoption makes."""
    for fault in TROUBLE:
        sea.fault(**fault)
    sea.fault(kind="lost_reply", action="TagResources", skip=1, count=1)
    sea.fault(kind="throttle", action="TagResources", skip=2, count=1)


async def twenty(sea: Emulated) -> dict[str, str]:
    return {
        f"Golden[{number}]": await by_hand(sea, region, f"golden-{number}")
        for number, region in enumerate(REGIONS)
    }


def test_a_stack_is_adopted_from_twenty_existing_images(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        things = await twenty(sea)
        before = {one["image_id"] for one in sea.images()}
        calls = sea.house.voice.client.counts["CopyImage"]
        trouble(sea)
        planned = await planned_adoption(
            sea, ROS, things, parameters={"Destinations": list(REGIONS)}
        )
        assert {one.action for one in planned.change_set.changes} == {Action.ADOPT}
        view = await carried_out(sea, planned)
        assert view.stack.status is StackStatus.CREATED, view.stack.status_reason
        assert view.stack.outputs["Ids"] == list(things.values())
        installation = await sea.house.store.installation()
        for address, thing_id in things.items():
            operation = view.stack.operation_id
            assert tags_of(sea, thing_id)[KEY] == f"{installation}/{operation}/{address}"
        request = StackRequest("demo", "cn-hangzhou", ROS, "t.yml", {"Destinations": list(REGIONS)})
        planned = await sea.house.plane.plan(request)
        assert planned.is_current, planned.change_set.changes
        assert sea.house.voice.client.counts["CopyImage"] == calls
        assert {one["image_id"] for one in sea.images()} == before
        await sea.delete()
        assert sea.copies() == []

    play(tmp_path, program)


PLACE = "cn-beijing"


async def one(sea: Emulated, **more: Any) -> str:
    """One image in the region of the TF stack, as the template wants it unless told otherwise."""
    asked: dict[str, Any] = {"name": "golden", "tags": {"team": "images"}, **more}
    asked.setdefault("DestinationDescription", "carried")
    name = asked.pop("name")
    return await by_hand(sea, PLACE, name, **asked)


def test_what_can_be_edited_is_brought_in_line_by_the_same_operation(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        thing = await one(
            sea, name="old", tags={"team": "x", "more": "1"}, DestinationDescription="other"
        )
        trouble(sea)
        planned = await planned_adoption(sea, TF, {"Golden": thing}, region=PLACE)
        [change] = planned.change_set.changes
        assert [str(one.path[0]) for one in change.properties] == [
            "ImageName",
            "Description",
            "Tags",
        ]
        view = await carried_out(sea, planned)
        assert view.stack.status is StackStatus.CREATED, view.stack.status_reason
        assert view.stack.outputs["Id"] == thing
        assert view.stack.outputs["Ref"] == view.resources[0].resource.physical_id != thing
        tags = tags_of(sea, thing)
        assert image(sea, thing)["name"] == "golden"
        assert (tags["team"], tags["more"]) == ("images", "1")
        assert KEY in tags
        view = await sea.deploy(TF, region=PLACE)
        assert view.stack.outputs["Id"] == thing

    play(tmp_path, program)


REFUSED = {
    "a name that cannot be changed": ({"name": "other"}, "IF840"),
    "an encryption that cannot be changed": ({"Encrypted": True}, "IF840"),
    "another installation's": ({"tags": {KEY: "abcd1234/o/Golden[0]"}}, "IF841"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_taken_in_is_refused_before_the_first_call(
    tmp_path: Path, case: str
) -> None:
    more, code = REFUSED[case]
    template = ROS.replace(
        b"      DestinationImageName", b"      Encrypted: false\n      DestinationImageName"
    )

    async def program(sea: Emulated) -> None:
        asked: dict[str, Any] = {"name": "golden-0", **more}
        thing = await by_hand(sea, PLACE, **asked)
        planned = await planned_adoption(
            sea, template, {"Golden[0]": thing}, parameters={"Destinations": [PLACE]}
        )
        assert [one.code for one in planned.change_set.blocked] == [code]
        with pytest.raises(TemplateError):
            await sea.house.plane.execute(planned, ExecutionOptions())
        assert sea.house.voice.client.counts["TagResources"] == 0

    play(tmp_path, program)


def test_wrong_images_and_addresses_are_all_told_at_once(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        parameters = {"Destinations": [PLACE, "cn-shanghai"]}
        with pytest.raises(TemplateError) as raised:
            await planned_adoption(
                sea, ROS, {"Golden[0]": "m-1", "Golden[1]": "m-1", "Goldn[1]": "m-2"},
                parameters=parameters,
            )  # fmt: skip
        assert [one.code for one in raised.value.diagnostics] == ["IF837", "IF837"]
        assert "did you mean 'Golden[1]'" in str(raised.value.diagnostics[1].remedy)
        there = await by_hand(sea, "cn-shanghai", "golden-1")
        planned = await planned_adoption(
            sea, ROS, {"Golden[0]": "m-nowhere", "Golden[1]": SOURCE}, parameters=parameters
        )
        assert [one.code for one in planned.change_set.blocked] == ["IF838", "IF838"]
        await sea.deploy(ROS, name="other", parameters={"Destinations": [PLACE]})
        taken = await sea.house.plane.view((await sea.house.plane.find("other")).stack_id)
        held = str(taken.resources[0].resource.physical_id)
        planned = await planned_adoption(
            sea, ROS, {"Golden[0]": held, "Golden[1]": there}, parameters=parameters
        )
        assert [one.code for one in planned.change_set.blocked] == ["IF839"]

    play(tmp_path, program)


COPYING = CloudAction("CopyImage", repeatable=False)


def test_a_copy_under_way_is_not_taken_in(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        thing = await one(sea)
        reply = await sea.house.voice.client.call(
            COPYING, "cn-hangzhou",
            {"RegionId": "cn-hangzhou", "ImageId": SOURCE, "DestinationRegionId": PLACE,
             "DestinationImageName": "running"},
        )  # fmt: skip
        running = str(reply["ImageId"])
        planned = await planned_adoption(sea, TF, {"Golden": running}, region=PLACE)
        assert [one.code for one in planned.change_set.blocked] == ["IF838"]
        assert "only an Available image" in planned.change_set.blocked[0].message
        assert image(sea, thing)["status"] == "Available"

    play(tmp_path, program)


BOTH = b"""
AWSTemplateFormatVersion: '2010-09-09'
Resources:
  First:
    Type: TF::Alicloud::ImageCopy
    Properties: {SourceImageId: m-golden0000000000001, SourceRegionId: cn-hangzhou, ImageName: one}
  Second:
    Type: TF::Alicloud::ImageCopy
    DependsOn: First
    Properties: {SourceImageId: m-golden0000000000001, SourceRegionId: cn-hangzhou, ImageName: two}
"""
TAGGED = BOTH.replace(
    b"}\n", b", Description: carried, Tags: [{MapKey: team, MapValue: images}]}\n"
)
FORMER = "abcd1234/b07c3c53-58b6-4b36-9a48-6b6a3d0b1c11/Old"


@pytest.mark.parametrize("by_cancel", [False, True], ids=["a failure", "a cancel"])
@pytest.mark.parametrize("former", [None, FORMER], ids=["untagged", "another's tag"])
def test_turning_back_gives_every_image_back_and_deletes_none(
    tmp_path: Path, by_cancel: bool, former: str | None
) -> None:
    async def program(sea: Emulated) -> None:
        first = await by_hand(sea, PLACE, "one", tags={} if former is None else {KEY: former})
        # It has to be renamed as well, so that its step is not over with one call.
        second = await by_hand(sea, PLACE, "zwei")
        planned = await planned_adoption(
            sea, BOTH, {"First": first, "Second": second}, region=PLACE, taken_over=("abcd1234",)
        )
        sea.calm()
        if by_cancel:
            sea.fault(kind="slow", action="TagResources", skip=1, count=1, seconds=20.0)
            operation = await sea.house.plane.execute(planned, ExecutionOptions())
            running = asyncio.ensure_future(sea.house.worker.run(operation.operation_id))
            await sea.house.clock.sleep(10)
            assert KEY in tags_of(sea, first)
            await sea.house.plane.cancel(await sea.house.plane.find("demo"))
            await running
            view = await sea.house.plane.view(operation.stack_id)
        else:
            sea.fault(
                kind="error", action="TagResources", skip=1, count=1, code="Forbidden.RAM",
                status=403,
            )  # fmt: skip
            view = await carried_out(sea, planned, OnFailure.ROLLBACK)
        assert view.stack.status is StackStatus.CREATE_ROLLED_BACK, view.stack.status_reason
        assert view.resources == ()
        assert image(sea, first)["status"] == "Available"
        assert tags_of(sea, first).get(KEY) == former
        assert tags_of(sea, second) == {}
        assert image(sea, second)["name"] == "zwei"
        assert sea.house.voice.client.counts["DeleteImage"] == 0

    play(tmp_path, program)


@pytest.mark.parametrize("by_cancel", [False, True], ids=["a failure", "a cancel"])
def test_turning_back_sets_back_what_was_brought_in_line(tmp_path: Path, by_cancel: bool) -> None:
    async def program(sea: Emulated) -> None:
        # Of the first the step has ended, of the second it is cut short, and no two look alike.
        first = await by_hand(sea, PLACE, "eins", tags={"team": "x", "more": "1"})
        second = await by_hand(sea, PLACE, "zwei")
        before = {
            thing: (image(sea, thing)["name"], tags_of(sea, thing)) for thing in (first, second)
        }
        planned = await planned_adoption(
            sea, TAGGED, {"First": first, "Second": second}, region=PLACE
        )
        trouble(sea)
        if by_cancel:
            sea.calm()
            sea.fault(kind="slow", action="TagResources", skip=3, count=1, seconds=20.0)
            operation = await sea.house.plane.execute(planned, ExecutionOptions())
            running = asyncio.ensure_future(sea.house.worker.run(operation.operation_id))
            while image(sea, first)["name"] != "one" or KEY not in tags_of(sea, second):
                await sea.house.clock.sleep(1)
            await sea.house.plane.cancel(await sea.house.plane.find("demo"))
            await running
            view = await sea.house.plane.view(operation.stack_id)
        else:
            sea.fault(
                kind="error", action="ModifyImageAttribute", skip=1, count=1, code="Forbidden.RAM",
                status=403,
            )  # fmt: skip
            view = await carried_out(sea, planned, OnFailure.ROLLBACK)
        assert view.stack.status is StackStatus.CREATE_ROLLED_BACK, view.stack.status_reason
        assert sea.house.voice.client.counts["JoinResourceGroup"] == 0
        for thing, was in before.items():
            assert (image(sea, thing)["name"], tags_of(sea, thing)) == was
        told = [event.reason for event in await sea.house.plane.events(view.stack.stack_id, 0, 999)]
        kept = f"{first} keeps the description that was set: the cloud cannot clear one"
        assert any(kept in words for words in told)
        assert sea.house.voice.client.counts["DeleteImage"] == 0

    play(tmp_path, program)


def test_a_failed_adoption_is_held_retried_and_given_back_by_delete(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        first = await by_hand(sea, PLACE, "one")
        second = await by_hand(sea, PLACE, "two")
        things = {"First": first, "Second": second}
        planned = await planned_adoption(sea, BOTH, things, region=PLACE)
        refusal = {"action": "TagResources", "count": 1, "code": "Forbidden.RAM", "status": 403}
        sea.fault(kind="error", skip=1, **refusal)
        view = await carried_out(sea, planned)
        assert view.stack.status is StackStatus.CREATE_FAILED
        assert [one.resource.status for one in view.resources] == [
            ResourceStatus.CREATED,
            ResourceStatus.CREATE_FAILED,
        ]
        again = await sea.house.plane.retry(view.stack)
        assert isinstance(again, Planned)
        assert again.change_set.adoptions == {"Second": second}
        sea.fault(kind="error", **refusal)
        view = await carried_out(sea, again)
        assert view.stack.status is not StackStatus.CREATED
        await sea.delete()
        assert [one["image_id"] for one in sea.copies()] == [second]
        assert tags_of(sea, second) == {}

    play(tmp_path, program, trouble=False)


def test_a_failed_adoption_goes_to_its_end_with_a_retry(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        thing = await one(sea)
        sea.fault(kind="error", action="TagResources", count=1, code="Forbidden.RAM", status=403)
        planned = await planned_adoption(sea, TF, {"Golden": thing}, region=PLACE)
        view = await carried_out(sea, planned)
        assert view.stack.status is StackStatus.CREATE_FAILED
        again = await sea.house.plane.retry(view.stack)
        assert isinstance(again, Planned)
        view = await carried_out(sea, again)
        assert view.stack.status is StackStatus.CREATED, view.stack.status_reason
        assert view.stack.outputs["Id"] == thing
        assert sea.house.voice.client.counts["CopyImage"] == 1  # the one by hand
        assert sea.house.voice.client.counts["DeleteImage"] == 0

    play(tmp_path, program, trouble=False)


def test_a_deploy_after_a_failed_adoption_copies_and_leaves_the_image(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        thing = await by_hand(sea, PLACE, "old", tags={"team": "images"})
        sea.fault(
            kind="error", action="ModifyImageAttribute", count=1, code="Forbidden.RAM", status=403
        )
        planned = await planned_adoption(sea, TF, {"Golden": thing}, region=PLACE)
        view = await carried_out(sea, planned)
        assert view.stack.status is StackStatus.CREATE_FAILED
        assert KEY in tags_of(sea, thing)
        view = await sea.deploy(TF, region=PLACE)
        assert view.stack.status is StackStatus.CREATED, view.stack.status_reason
        assert view.stack.outputs["Id"] != thing
        assert tags_of(sea, thing) == {"team": "images"}
        assert image(sea, thing)["status"] == "Available"

    play(tmp_path, program, trouble=False)


def test_the_same_adoption_while_it_runs_re_attaches_and_a_deploy_does_not(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        thing = await one(sea)
        planned = await planned_adoption(sea, TF, {"Golden": thing}, region=PLACE)
        operation = await sea.house.plane.execute(planned, ExecutionOptions())
        again = await planned_adoption(sea, TF, {"Golden": thing}, region=PLACE)
        assert again.running is not None
        assert again.running.operation_id == operation.operation_id
        with pytest.raises(OperationHolds):
            await sea.house.plane.plan(StackRequest("demo", PLACE, TF, "t.yml"))
        await sea.house.worker.run(operation.operation_id)
        done = await planned_adoption(sea, TF, {"Golden": thing}, region=PLACE)
        assert done.change_set.adoptions == {}
        assert done.is_current

    play(tmp_path, program)


def test_another_process_goes_on_with_an_adoption_whose_process_hangs_in_a_call(
    tmp_path: Path,
) -> None:
    async def program(sea: Emulated) -> None:
        things = {"First": await by_hand(sea, PLACE, "eins"), "Second": await one(sea, name="zwei")}
        planned = await planned_adoption(sea, BOTH, things, region=PLACE)
        operation = await sea.house.plane.execute(planned, ExecutionOptions())
        sea.fault(kind="slow", action="ModifyImageAttribute", count=1, seconds=30.0)
        paused = asyncio.ensure_future(sea.house.worker.run(operation.operation_id))
        await sea.house.clock.sleep(10)
        shown = await sea.house.plane.view(operation.stack_id)
        assert [each.resource.status for each in shown.resources] == [
            ResourceStatus.CREATING,
            ResourceStatus.NOT_STARTED,
        ]
        result = await sea.fresh_worker().run(operation.operation_id)
        assert result.status is OperationStatus.SUCCEEDED
        # It comes back, is not the owner any more, and writes nothing.
        assert (await paused).status is None
        view = await sea.house.plane.view(operation.stack_id)
        assert [each.resource.attributes["Id"] for each in view.resources] == [*things.values()]
        assert [image(sea, thing)["name"] for thing in things.values()] == ["one", "two"]
        assert sea.house.voice.client.counts["CopyImage"] == 2  # those by hand

    play(tmp_path, program)
