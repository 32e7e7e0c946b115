"""Image families over whole operations: three versions in three regions, forward and back, and crashes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pytest

from imageferry.cloud.client import Action
from imageferry.cloud.families import image_from_family
from imageferry.control.requests import ExecutionOptions, RequestRefused, StackRequest, StackView
from imageferry.engine.worker import Worker
from imageferry.model.drift import ResourceDriftStatus, StackDriftStatus
from imageferry.model.families import FamilyRecord
from imageferry.model.statuses import StackStatus
from imageferry.model.verifications import VerificationStatus
from tests.scenarios.chains import Crash, CrashingStore
from tests.scenarios.emulated import Emulated
from tests.scenarios.emulated import play as play_emulated

REGIONS = ("cn-beijing", "cn-shanghai", "ap-southeast-1")
play = partial(play_emulated, speed=300.0)


def template(versions: int, pointer: str = "") -> bytes:
    """So many versions of an image in each region, and a family over those of each."""
    lines = ["ROSTemplateFormatVersion: '2015-09-01'", "Parameters:"]
    lines += [f"  CurrentIn{place}: {{Type: String}}" for place in range(len(REGIONS))]
    lines += ["Resources:"]
    for place, region in enumerate(REGIONS):
        copies = [f"V{number}In{place}" for number in range(1, versions + 1)]
        for number, name in enumerate(copies, 1):
            lines += [
                f"  {name}:",
                "    Type: ALIYUN::ECS::CopyImage",
                "    Properties:",
                "      ImageId: m-golden0000000000001",
                f"      DestinationRegionId: {region}",
                f"      DestinationImageName: web-{number}",
            ]
        lines += [
            f"  WebIn{place}:",
            "    Type: IMAGEFERRY::ECS::ImageFamily",
            "    Properties:",
            "      ImageFamily: web",
            f"      RegionId: {region}",
            f"      ImageIds: [{', '.join(f'!Ref {name}' for name in copies)}]",
            f"      CurrentImageId: {pointer or f'!Ref CurrentIn{place}'}",
        ]
    lines += ["Outputs:"]
    for place in range(len(REGIONS)):
        lines += [f"  Now{place}: {{Value: !GetAtt [WebIn{place}, ImageId]}}"]
    return "\n".join(lines).encode()


async def grown(sea: Emulated, versions: int = 3) -> StackView:
    """The stack after so many versions, each a day after the other, the newest one current."""
    newest = {f"CurrentIn{place}": "" for place in range(len(REGIONS))}
    for number in range(1, versions + 1):
        view = await sea.deploy(template(number), parameters=newest)
        assert view.stack.status in {StackStatus.CREATED, StackStatus.UPDATED}, (
            view.stack.status_reason
        )
        await sea.house.clock.sleep(86_400)
    return view


async def families(sea: Emulated) -> list[FamilyRecord]:
    return await sea.house.plane.families(await sea.house.plane.stacks(None), "web")


async def point(sea: Emulated, images: Mapping[str, int | None]) -> StackView:
    """Make the version of a number current in regions; None rolls back to the one before."""
    chosen = []
    for record in await families(sea):
        if record.region in images:
            number = images[record.region]
            image_id = record.previous if number is None else record.members[-number]
            assert image_id is not None
            chosen.append((record, image_id))
    plane = sea.house.plane
    planned = await plane.plan_current(chosen)
    operation = await plane.execute(planned, ExecutionOptions())
    await sea.house.worker.run(operation.operation_id)
    return await plane.view(operation.stack_id)


async def launching(sea: Emulated) -> list[int]:
    """The version that launches in each region, as the cloud says."""
    found = []
    for region in REGIONS:
        image = await image_from_family(sea.house.voice.client, region, "web")
        assert image is not None
        found.append(int(image.name.removeprefix("web-")))
    return found


def test_forward_and_back_in_three_regions(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        await grown(sea)
        assert await launching(sea) == [3, 3, 3]
        assert [len(one.former) for one in await families(sea)] == [2, 2, 2]
        copies = {one["image_id"] for one in sea.copies()}

        await point(sea, {"cn-shanghai": None})
        assert await launching(sea) == [3, 2, 3]
        await point(sea, {"cn-shanghai": None})
        assert await launching(sea) == [3, 1, 3]
        [shanghai] = [one for one in await families(sea) if one.region == "cn-shanghai"]
        assert shanghai.previous is None
        view = await point(sea, dict.fromkeys(REGIONS, 3))
        assert await launching(sea) == [3, 3, 3]
        [shanghai] = [one for one in await families(sea) if one.region == "cn-shanghai"]
        assert shanghai.former == (shanghai.members[-1],)
        assert set(view.stack.outputs.values()) == {one.members[0] for one in await families(sea)}
        assert {one["image_id"] for one in sea.copies()} == copies
        assert {one["status"] for one in sea.copies()} == {"Available"}

        gone = await sea.delete()
        assert gone.stack.status is StackStatus.DELETED
        assert sea.copies() == []

    play(tmp_path, program)


def test_a_roll_back_is_no_drift_of_the_copies(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        await grown(sea)
        await point(sea, {"cn-beijing": 1})
        plane = sea.house.plane
        stack = await plane.find("demo")
        drift = await plane.drift(stack)
        assert drift.status is StackDriftStatus.IN_SYNC
        said = {str(one.address): one.reason for one in drift.resources if one.reason}
        assert said == dict.fromkeys(("V2In0", "V3In0"), 'Deprecated by "WebIn0"')
        [alone] = (await plane.drift(stack, ["V3In0"])).resources
        assert alone.status is ResourceDriftStatus.IN_SYNC

        verified = await plane.verify(stack)
        held = next(one for one in verified.resources if str(one.address) == "V3In0")
        assert held.status is VerificationStatus.VERIFIED
        assert held.verdict is not None
        assert 'Deprecated by "WebIn0"' in held.verdict.remarks

        client, [beijing] = sea.house.voice.client, (await families(sea))[1:2]
        assert beijing.region == "cn-beijing"
        call = Action("ModifyImageAttribute", repeatable=False)
        newest = {"RegionId": "cn-beijing", "ImageId": beijing.members[0]}
        oldest = {"RegionId": "cn-beijing", "ImageId": beijing.members[-1]}
        await client.call(call, "cn-beijing", {**newest, "Status": "Available"})
        await client.call(call, "cn-beijing", {**oldest, "Status": "Deprecated"})
        found = {
            str(one.address): [difference.path for difference in one.differences]
            for one in (await plane.drift(stack)).resources
            if one.differences
        }
        assert found == {"V1In0": [("status",)], "WebIn0": [("CurrentImageId",)]}

    play(tmp_path, program)


def test_a_refresh_sets_the_family_back_and_copies_nothing(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        from_here = {"CurrentIn0": "", "CurrentIn1": "", "CurrentIn2": ""}
        await grown(sea, 2)
        await point(sea, {"cn-beijing": 1})
        copies = {one["image_id"] for one in sea.copies()}
        record = next(one for one in await families(sea) if one.region == "cn-beijing")
        call = Action("ModifyImageAttribute", repeatable=False)
        newest = {"RegionId": "cn-beijing", "ImageId": record.members[0], "Status": "Available"}
        await sea.house.voice.client.call(call, "cn-beijing", newest)
        assert await launching(sea) == [2, 2, 2]
        plane = sea.house.plane
        asked = {**from_here, "CurrentIn0": record.current}
        planned = await plane.plan(
            StackRequest("demo", "cn-hangzhou", template(2), "t.yml", asked, refresh=True)
        )
        operation = await plane.execute(planned, ExecutionOptions())
        await sea.house.worker.run(operation.operation_id)
        view = await plane.view(operation.stack_id)
        assert view.stack.status is StackStatus.UPDATED
        assert await launching(sea) == [1, 2, 2]
        assert {one["image_id"] for one in sea.copies()} == copies

    play(tmp_path, program)


def test_a_refresh_sets_back_what_was_deprecated_where_the_newest_is_wanted(
    tmp_path: Path,
) -> None:
    async def program(sea: Emulated) -> None:
        await grown(sea, 2)
        record = next(one for one in await families(sea) if one.region == "cn-beijing")
        call = Action("ModifyImageAttribute", repeatable=False)
        away = {"RegionId": "cn-beijing", "ImageId": record.current, "Status": "Deprecated"}
        await sea.house.voice.client.call(call, "cn-beijing", away)
        assert await launching(sea) == [1, 2, 2]
        plane = sea.house.plane
        newest = {"CurrentIn0": "", "CurrentIn1": "", "CurrentIn2": ""}
        planned = await plane.plan(
            StackRequest("demo", "cn-hangzhou", template(2), "t.yml", newest, refresh=True)
        )
        assert [str(one.address) for one in planned.change_set.changes if one.properties] == [
            "WebIn0"
        ]
        told = [one.message for one in planned.change_set.warnings]
        assert told == [], "the family sets back what the copy shows"
        operation = await plane.execute(planned, ExecutionOptions())
        await sea.house.worker.run(operation.operation_id)
        assert await launching(sea) == [2, 2, 2]
        drift = await plane.drift((await plane.view(operation.stack_id)).stack)
        assert drift.status is StackDriftStatus.IN_SYNC

    play(tmp_path, program)


def test_a_parameter_without_a_default_keeps_what_was_rolled_back(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        await grown(sea, 2)
        await point(sea, {"cn-beijing": 1})
        await sea.deploy(template(3))
        assert await launching(sea) == [1, 3, 3]

    play(tmp_path, program)


@pytest.mark.parametrize(
    ("at", "after"),
    [(1, False), (1, True), (2, False), (3, True), (4, False), (5, True), (6, True)],
    ids=lambda one: {True: "after", False: "before"}[one] if isinstance(one, bool) else str(one),
)
def test_a_crash_at_any_write_of_a_roll_back(tmp_path: Path, at: int, *, after: bool) -> None:
    async def program(sea: Emulated) -> None:
        await grown(sea, 2)
        plane, house = sea.house.plane, sea.house
        records = await families(sea)
        planned = await plane.plan_current([(one, one.members[-1]) for one in records])
        operation = await plane.execute(planned, ExecutionOptions())
        store = CrashingStore(house.store, at, after=after)
        dying = Worker(store, house.catalog, house.clock, house.entropy)  # type: ignore[arg-type]
        with pytest.raises(Crash):
            await dying.run(operation.operation_id)
        await sea.fresh_worker().run(operation.operation_id)
        view = await plane.view(operation.stack_id)
        assert view.stack.status is StackStatus.UPDATED, view.stack.status_reason
        assert await launching(sea) == [1, 1, 1]
        assert [one.previous for one in await families(sea)] == [None, None, None]

    play(tmp_path, program)


def test_a_roll_back_that_fails_is_rolled_back(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        await grown(sea, 2)
        sea.fault(
            kind="error", action="ModifyImageAttribute", region="cn-shanghai",
            code="Forbidden.RAM", status=403, count=1,
        )  # fmt: skip
        view = await point(sea, dict.fromkeys(REGIONS, 1))
        assert view.stack.status is StackStatus.UPDATE_FAILED
        assert sorted(await launching(sea)) == [1, 1, 2]
        again = await point(sea, dict.fromkeys(REGIONS, 1))
        assert again.stack.status is StackStatus.UPDATED
        assert await launching(sea) == [1, 1, 1]

    play(tmp_path, program)


def test_a_template_that_says_itself_what_is_current(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        parameters = {f"CurrentIn{place}": "x" for place in range(len(REGIONS))}
        await sea.deploy(template(1, "''"), parameters=parameters)
        records = await families(sea)
        with pytest.raises(RequestRefused) as caught:
            await sea.house.plane.plan_current([(one, one.current) for one in records])
        assert [one.code for one in caught.value.diagnostics] == ["IF974"] * 3
        await sea.deploy(
            template(1, "!Ref CurrentIn0"), parameters={**parameters, "CurrentIn0": ""}
        )
        with pytest.raises(RequestRefused) as caught:
            await sea.house.plane.plan_current([(records[0], "m-other")])
        assert {one.code for one in caught.value.diagnostics} == {"IF974"}

    play(tmp_path, program)
