"""Exports: a call without a token that is made once, its task to the end, and objects that stay."""

from __future__ import annotations

from typing import Any

import pytest

from imageferry.emulator.controls import list_images
from imageferry.model.handlers import Done, ErrorCode, Failed, HandlerAction
from imageferry.model.values import Secret, Value
from imageferry.resource_types.tf.image_export import check
from tests.resource_types.copying import SOURCE, SOURCE_REGION, Cloud, Resource, play

TYPE = "TF::Alicloud::ImageExport"
BUCKET = "golden-images"


def wanted(**more: Value) -> dict[str, Value]:
    return {"ImageId": SOURCE, "OssBucket": BUCKET, "OssPrefix": "base", **more}


def here(cloud: Cloud) -> Resource:
    return Resource(cloud, TYPE, region=SOURCE_REGION)


async def tasks(cloud: Cloud, image_id: str = SOURCE) -> list[dict[str, Any]]:
    reply = await cloud.call("DescribeTasks", SOURCE_REGION, TaskAction="ExportImage", PageSize=100)
    found: list[dict[str, Any]] = reply["TaskSet"]["Task"]
    return [one for one in found if one["ResourceId"] == image_id]


def test_an_export_is_made_read_and_taken_away_while_its_object_stays() -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        resource = here(cloud)
        made = await resource.create(wanted())
        assert isinstance(made.outcome, Done), made.outcome
        assert resource.attributes == {"Id": SOURCE, "tfcfnid": resource.physical_id}
        assert resource.physical_id != SOURCE
        (task,) = await tasks(cloud)
        assert task["TaskStatus"] == "Finished"
        rising = [one.progress for one in made.pendings if one.progress is not None]
        assert rising == sorted(rising)
        assert rising[-1] > 50
        read = await resource.perform(resource.request(HandlerAction.READ, resource.properties))
        assert isinstance(read.outcome, Done)
        assert read.outcome.attributes == resource.attributes
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done)
        assert gone.notes == [
            f'what was exported stays: "base_{SOURCE}_*" in the bucket "{BUCKET}"; delete it there'
            " once nobody needs it"
        ]
        assert cloud.changes == ["ExportImage"]

    play(TYPE, scenario)


def test_an_exported_object_is_imported_with_its_size() -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        await here(cloud).create(wanted())
        disk = {"OSSBucket": BUCKET, "OSSObject": f"base_{SOURCE}_system.raw.tar.gz"}
        reply = await cloud.call(
            "ImportImage", SOURCE_REGION, DiskDeviceMapping=[{**disk, "Format": "RAW"}]
        )
        (image,) = [
            one
            for one in list_images(cloud.emulator.world, SOURCE_REGION)
            if one["image_id"] == reply["ImageId"]
        ]
        assert image["size"] == 40

    play(TYPE, scenario)


@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after the call"])
def test_a_crash_at_the_call_ends_in_one_export(after: bool) -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        resource = here(cloud)
        cloud.kill_at, cloud.kill_after = 1, after
        made = await resource.create(wanted())
        assert isinstance(made.outcome, Done), made.outcome
        assert cloud.kill_at is None, "the crash was not reached"
        assert len(await tasks(cloud)) == 1

    play(TYPE, scenario)


def test_a_lost_reply_is_looked_for_and_not_called_again() -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        resource = here(cloud)
        cloud.fault("lost_reply", action="ExportImage")
        cloud.fault("hidden", action="ExportImage", seconds=40)
        made = await resource.create(wanted())
        assert isinstance(made.outcome, Done), made.outcome
        (task,) = await tasks(cloud)
        assert made.notes == [f"found {task['TaskId']}, the export that was begun before"]
        assert cloud.changes == ["ExportImage"]

    play(TYPE, scenario)


def test_an_earlier_export_of_the_image_is_not_taken_for_the_lost_one() -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        await here(cloud).create(wanted())
        cloud.changes.clear()
        cloud.fault("drop", action="ExportImage", count=1)
        resource = here(cloud)
        resource.steps = 100
        made = await resource.create(wanted(OssPrefix="other"))
        assert isinstance(made.outcome, Done), made.outcome
        assert made.seconds > 300  # it was looked for throughout the time in which it may be hidden
        assert len(await tasks(cloud)) == 2

    play(TYPE, scenario)


def test_somebody_elses_export_is_waited_for() -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        await cloud.call("ExportImage", SOURCE_REGION, ImageId=SOURCE, OSSBucket="theirs")
        made = await here(cloud).create(wanted())
        assert isinstance(made.outcome, Done), made.outcome
        assert any("ImageIsExporting" in one.status_says for one in made.pendings)
        assert [one["TaskStatus"] for one in await tasks(cloud)] == ["Finished", "Finished"]

    play(TYPE, scenario)


def test_an_image_in_the_making_is_waited_for() -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        reply = await cloud.call(
            "CreateImage", SOURCE_REGION, SnapshotId="s-golden0000000000001", ImageName="baked"
        )
        made = await here(cloud).create(wanted(ImageId=reply["ImageId"]))
        assert isinstance(made.outcome, Done), made.outcome
        assert any("IncorrectImageStatus" in one.status_says for one in made.pendings)

    play(TYPE, scenario)


REFUSALS = {
    "no such image": (wanted(ImageId="m-none"), {}, "InvalidImageId.NotFound"),
    "weekly quota": (wanted(), {"weekly_exports": 0}, "WeeklyQuotaExceed.ExportImage"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_is_told_and_leaves_nothing(name: str) -> None:
    properties, settings, code = REFUSALS[name]

    async def scenario(cloud: Cloud, _: Resource) -> None:
        cloud.choose(**settings)
        resource = here(cloud)
        made = await resource.create(properties)
        assert isinstance(made.outcome, Failed)
        assert made.outcome.cloud_code == code
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done)
        assert gone.notes == []
        assert cloud.changes == ["ExportImage"]

    play(TYPE, scenario)


def test_a_failed_task_tells_its_fault() -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        cloud.fault("copy_fails", action="ExportImage", percent=30)
        resource = here(cloud)
        made = await resource.create(wanted())
        assert isinstance(made.outcome, Failed)
        assert (made.outcome.code, made.outcome.cloud_code) == (
            ErrorCode.NOT_STABILIZED,
            "ExportImageFailed",
        )
        assert "has failed at 30%: The task failed at 30%" in made.outcome.message
        assert (await resource.delete()).notes == []

    play(TYPE, scenario)


@pytest.mark.parametrize(
    "after", [None, False, True], ids=["calm", "killed before", "killed after"]
)
def test_at_the_time_limit_the_export_is_cancelled(after: bool | None) -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        cloud.choose(speed=1)
        if after is not None:
            cloud.kill_at, cloud.kill_after = 2, after
        resource = here(cloud)
        made = await resource.create(wanted(Timeouts={"Create": "30s"}))
        assert isinstance(made.outcome, Failed)
        assert made.outcome.code is ErrorCode.NOT_STABILIZED
        assert "was not finished 30 s after it had begun; it was cancelled" in made.outcome.message
        assert 30 <= made.seconds < 40
        assert set(cloud.changes) == {"ExportImage", "CancelTask"}
        (task,) = await tasks(cloud)
        assert task["TaskStatus"] == "Failed"
        cloud.changes.clear()
        assert isinstance((await resource.delete()).outcome, Done)
        assert cloud.changes == []

    play(TYPE, scenario)


@pytest.mark.parametrize(
    "after", [None, False, True], ids=["calm", "killed before", "killed after"]
)
def test_deleting_while_the_export_runs_cancels_it(after: bool | None) -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        cloud.choose(speed=1)
        resource = here(cloud)
        await resource.create(wanted(), until=cloud.clock.now() + 5)
        cloud.changes.clear()
        if after is not None:
            cloud.kill_at, cloud.kill_after = 1, after
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done), gone.outcome
        assert gone.notes == []
        (task,) = await tasks(cloud)
        assert task["TaskStatus"] == "Failed"
        await cloud.call("DeleteImage", SOURCE_REGION, ImageId=SOURCE)

    play(TYPE, scenario)


def test_deleting_finds_and_cancels_what_a_lost_call_began() -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        cloud.choose(speed=1)
        cloud.fault("lost_reply", action="ExportImage")
        cloud.fault("hidden", action="ExportImage", seconds=60)
        resource = here(cloud)
        await resource.create(wanted(), until=cloud.clock.now() + 1)
        assert "task_id" not in resource.context
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done), gone.outcome
        assert cloud.changes == ["ExportImage", "CancelTask"]

    play(TYPE, scenario)


def test_an_export_that_cannot_be_cancelled_is_waited_for_and_told() -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        cloud.choose(speed=1)
        cloud.fault("uncancellable", action="ExportImage")
        resource = here(cloud)
        await resource.create(wanted(), until=cloud.clock.now() + 5)
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done), gone.outcome
        assert [one["TaskStatus"] for one in await tasks(cloud)] == ["Finished"]
        first, second = gone.notes
        assert first.endswith("cannot be cancelled; it is waited for")
        assert second.startswith("what was exported stays:")

    play(TYPE, scenario)


def test_another_prefix_exports_anew_behind_the_same_ref() -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        resource = here(cloud)
        await resource.create(wanted())
        reference = resource.physical_id
        changed = await resource.update(wanted(OssPrefix="next"))
        assert isinstance(changed.outcome, Done), changed.outcome
        assert resource.physical_id == reference
        assert len(await tasks(cloud)) == 2
        assert changed.notes[-1].startswith(f'what was exported stays: "base_{SOURCE}_*"')
        cloud.changes.clear()
        same = await resource.update(wanted(OssPrefix="next", Timeouts={"Create": "1h"}))
        assert isinstance(same.outcome, Done)
        assert cloud.changes == []

    play(TYPE, scenario)


def test_an_update_that_was_left_half_way_is_cancelled_by_the_next_step() -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        cloud.choose(speed=100)
        resource = here(cloud)
        await resource.create(wanted())
        cloud.choose(speed=1)
        await resource.update(wanted(OssPrefix="next"), until=cloud.clock.now() + 5)
        cloud.changes.clear()
        back = await resource.update(wanted())
        assert isinstance(back.outcome, Done), back.outcome
        assert cloud.changes == ["CancelTask"]
        assert [one["TaskStatus"] for one in await tasks(cloud)] == ["Finished", "Failed"]

    play(TYPE, scenario)


def test_an_export_whose_image_is_gone_is_gone() -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        resource = here(cloud)
        await resource.create(wanted())
        await cloud.call("DeleteImage", SOURCE_REGION, ImageId=SOURCE)
        read = await resource.perform(resource.request(HandlerAction.READ, resource.properties))
        assert isinstance(read.outcome, Failed)
        assert read.outcome.code is ErrorCode.NOT_FOUND
        assert isinstance((await resource.delete()).outcome, Done)

    play(TYPE, scenario)


def test_a_secret_bucket_is_not_shown() -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        resource = here(cloud)
        made = await resource.create(wanted(OssBucket=Secret("vault-of-gold")))
        assert isinstance(made.outcome, Done), made.outcome
        gone = await resource.delete()
        shown = repr([made.seen, gone.seen])
        assert "vault-of-gold" not in shown
        assert '"****"' in gone.notes[0]

    play(TYPE, scenario)


CHECKS = {
    "a public image": ({"ImageId": "aliyun_3_x64.vhd"}, ["IF541"]),
    "a limit without unit": ({"Timeouts": {"Create": "20"}}, ["IF532"]),
    "all well": ({"Timeouts": {"Create": "20m"}}, []),
}


@pytest.mark.parametrize("name", CHECKS)
def test_rules_that_no_schema_says(name: str) -> None:
    given, codes = CHECKS[name]
    assert [one.code for one in check({**wanted(), **given}, "cn-hangzhou")] == codes


def test_another_steps_export_is_not_taken_for_the_lost_one() -> None:
    """Where a task does not say which bucket it goes to, this process knows whose it is."""

    async def scenario(cloud: Cloud, _: Resource) -> None:
        first, second = here(cloud), here(cloud)
        second.steps = 100
        cloud.fault("drop", action="ExportImage", count=1)
        await first.create(wanted(), until=cloud.clock.now() + 1)
        made = await second.create(wanted(OssBucket=BUCKET))
        assert isinstance(made.outcome, Done), made.outcome
        went_on = await first.resume(HandlerAction.CREATE)
        assert isinstance(went_on.outcome, Done), went_on.outcome
        assert len(await tasks(cloud)) == 2

    play(TYPE, scenario)
