"""Images that are made: of an instance, of snapshots, of objects in OSS; waited for, shown, removed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from imageferry.cloud.images import Image
from imageferry.model.handlers import Done, ErrorCode, Failed, HandlerAction
from imageferry.model.values import Secret, Value
from imageferry.resource_types.image_copies.census import ImageCensus
from imageferry.resource_types.image_copies.cloud import connect_images
from imageferry.resource_types.image_copies.watches import Watches, estimate, see
from tests.resource_types.baking import (
    AFTER,
    CALLS,
    CREATED,
    CUSTOM,
    IMAGE,
    IMPORT,
    INSTANCE,
    REGION,
    SNAPSHOT,
    TYPES,
    made,
    other,
    resource_of,
    wanted,
)
from tests.resource_types.copying import Cloud, Resource, play


@TYPES
def test_an_image_is_made_shown_and_removed(type_name: str) -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        resource = resource_of(cloud, type_name)
        properties = wanted(type_name, Description="An image")
        cloud.choose(speed=1)
        answers = await resource.create(properties)
        assert isinstance(answers.outcome, Done), answers.outcome
        image = cloud.image(resource.image_id)
        assert (image["status"], image["name"], image["region"]) == ("Available", "baked", REGION)
        assert image["tags"]["imageferry:lineage"] == f"inst1234/{resource.operation}/Golden"
        progress = [one.progress or 0 for one in answers.pendings]
        assert progress == sorted(progress)
        assert max(progress) > 0
        read = await resource.perform(resource.request(HandlerAction.READ, properties))
        assert isinstance(read.outcome, Done)
        assert read.outcome.physical_id == resource.physical_id
        assert read.outcome.attributes == resource.attributes
        observed = read.outcome.observed or {}
        assert {
            name for name in properties if observed.get(name, properties[name]) != properties[name]
        } == set()
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done)
        assert made(cloud) == []
        assert cloud.changes == [CALLS[type_name], "DeleteImage"]
        left = [one["snapshot_id"] for one in cloud.snapshots() if not one["image_exists"]]
        assert len(left) == 1
        assert any(left[0] in note for note in gone.outcome.notes)

    play(type_name, scenario)


@TYPES
@AFTER
def test_a_crash_at_any_call_leaves_one_image_and_none(type_name: str, after: bool) -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        for number in (1, 2):
            cloud.changes.clear()
            resource = resource_of(cloud, type_name)
            resource.steps = 10 * number
            cloud.kill_at, cloud.kill_after = number, after
            answers = await resource.create(wanted(type_name))
            assert isinstance(answers.outcome, Done)
            assert len(made(cloud)) == 1
            gone = await resource.delete()
            assert isinstance(gone.outcome, Done)
            assert cloud.kill_at is None, "the crash was not reached"
            assert made(cloud) == []

    play(type_name, scenario)


@TYPES
@pytest.mark.parametrize("kind", ["lost_reply", "cut_body", "drop", "throttle", "unavailable"])
def test_a_call_without_an_answer_makes_one_image(type_name: str, kind: str) -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        resource = resource_of(cloud, type_name)
        cloud.fault(kind, action=CALLS[type_name], count=4)
        cloud.fault("hidden", action=CALLS[type_name], seconds=40)
        cloud.fault("late_tags", action=CALLS[type_name], seconds=60)
        answers = await resource.create(wanted(type_name))
        assert isinstance(answers.outcome, Done)
        assert [one["image_id"] for one in made(cloud)] == [resource.image_id]

    play(type_name, scenario)


@TYPES
def test_a_token_that_the_cloud_has_forgotten_finds_the_image_first(type_name: str) -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        resource = resource_of(cloud, type_name)
        request = resource.request(HandlerAction.CREATE, wanted(type_name))
        found = cloud.catalog.find(type_name)
        assert found is not None
        await found.handler.create(request)
        cloud.choose(token_lifetime_seconds=1)
        await cloud.clock.sleep(3600)
        cloud.restart()
        late = replace(request, uncertain=True, repeated=True)
        answers = await resource.perform(late)
        assert isinstance(answers.outcome, Done)
        assert any("was begun before" in note for note in answers.notes)
        assert len(made(cloud)) == 1

    play(type_name, scenario)


@CREATED
def test_an_instance_that_is_starting_is_waited_for(type_name: str) -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        resource = resource_of(cloud, type_name)
        cloud.choose(instance_seconds=120)
        await cloud.call("StopInstance", REGION, InstanceId=INSTANCE)
        answers = await resource.create(wanted(type_name))
        assert isinstance(answers.outcome, Done)
        said = [one.status_says for one in answers.pendings]
        assert f"waiting for the instance {INSTANCE} (IncorrectInstanceStatus)" in said
        assert cloud.changes.count("CreateImage") > 1
        assert len(made(cloud)) == 1

    play(type_name, scenario)


@CREATED
def test_an_instance_that_never_gets_ready_ends_the_wait(type_name: str) -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        resource = resource_of(cloud, type_name)
        cloud.choose(instance_seconds=100_000)
        await cloud.call("StopInstance", REGION, InstanceId=INSTANCE)
        answers = await resource.create(wanted(type_name))
        assert isinstance(answers.outcome, Failed)
        assert answers.outcome.cloud_code == "IncorrectInstanceStatus"
        assert 1800 < answers.seconds < 3600
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done)
        assert made(cloud) == []

    play(type_name, scenario)


@CREATED
def test_a_snapshot_that_is_being_made_is_waited_for(type_name: str) -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        resource = resource_of(cloud, type_name)
        cloud.choose(speed=1)
        reply = await cloud.call("CreateSnapshot", REGION, DiskId="d-golden0000000000002")
        answers = await resource.create({"SnapshotId": reply["SnapshotId"], "ImageName": "baked"})
        assert isinstance(answers.outcome, Done)
        said = [one.status_says for one in answers.pendings]
        assert any("InvalidSnapshotId.NotReady" in one for one in said)
        gone = await resource.delete(deletes_remains=True, made_at=1.0)
        assert isinstance(gone.outcome, Done)
        assert reply["SnapshotId"] in [one["snapshot_id"] for one in cloud.snapshots()]

    play(type_name, scenario)


@CREATED
@pytest.mark.parametrize("is_given", [False, True], ids=["made with the image", "given to it"])
def test_only_snapshots_that_were_made_with_the_image_go_with_it(
    type_name: str, is_given: bool
) -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        resource = resource_of(cloud, type_name)
        began = cloud.clock.now()
        made_of = other(type_name) if is_given else wanted(type_name)
        await resource.create(made_of, made_at=began)
        (behind,) = cloud.image(resource.image_id)["snapshot_ids"]
        gone = await resource.delete(deletes_remains=True, made_at=began)
        assert isinstance(gone.outcome, Done)
        ids = [one["snapshot_id"] for one in cloud.snapshots()]
        assert (behind in ids) is is_given
        assert SNAPSHOT in ids
        # What was there before the image is not left behind by it, and nobody is told so.
        assert gone.outcome.remains == ()
        assert any(behind in note for note in gone.notes) is not is_given

    play(type_name, scenario)


@CREATED
def test_a_given_snapshot_outlives_a_renewal_that_makes_its_own(type_name: str) -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        resource = resource_of(cloud, type_name)
        began = cloud.clock.now()
        await resource.create(other(type_name), made_at=began)
        more = {"deletes_remains": True, "made_at": began}
        await resource.update(wanted(type_name), replaces=type_name == CUSTOM, **more)
        (cleaned,) = await resource.clean_up(**more)
        assert isinstance(cleaned.outcome, Done)
        await cloud.call("DeleteImage", REGION, ImageId="m-golden0000000000002", Force=True)
        assert SNAPSHOT in [one["snapshot_id"] for one in cloud.snapshots()]
        assert "DeleteSnapshot" not in cloud.changes

    play(type_name, scenario)


@CREATED
def test_an_image_in_the_making_is_deleted_once_it_has_ended(type_name: str) -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        resource = resource_of(cloud, type_name)
        cloud.choose(speed=1)
        cut = await resource.create(wanted(type_name), until=cloud.clock.now() + 20)
        assert not isinstance(cut.outcome, Done)
        cloud.changes.clear()
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done)
        assert cloud.changes == ["DeleteImage", "DeleteImage"]
        assert made(cloud) == []
        assert any("cannot be deleted yet" in note for note in gone.notes)

    play(type_name, scenario)


@pytest.mark.parametrize("can_cancel", [True, False], ids=["cancelled", "waited for"])
def test_an_import_that_runs_is_cancelled_and_deleted(can_cancel: bool) -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        resource = resource_of(cloud, IMPORT)
        cloud.choose(speed=1)
        if not can_cancel:
            cloud.fault("error", action="CancelTask", code="CancelTaskFailed", status=403)
        await resource.create(wanted(IMPORT), until=cloud.clock.now() + 20)
        cloud.changes.clear()
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done)
        more = [] if can_cancel else ["DeleteImage"]
        assert cloud.changes == ["DeleteImage", "CancelTask", *more]
        assert made(cloud) == []
        assert (gone.seconds < 60) is can_cancel

    play(IMPORT, scenario)


@TYPES
def test_an_image_that_fails_says_why_and_is_removed(type_name: str) -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        resource = resource_of(cloud, type_name)
        cloud.fault("copy_fails", action=CALLS[type_name], percent=30)
        answers = await resource.create(wanted(type_name))
        assert isinstance(answers.outcome, Failed)
        assert answers.outcome.code is ErrorCode.NOT_STABILIZED
        assert "has ended as CreateFailed at 30%" in answers.outcome.message
        assert ("ImportImageFailed" in answers.outcome.message) is (type_name == IMPORT)
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done)
        assert made(cloud) == []

    play(type_name, scenario)


@pytest.mark.parametrize("type_name", [IMAGE, IMPORT], ids=["image", "import"])
def test_an_image_that_takes_too_long_fails_and_is_removed_in_the_end(type_name: str) -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        resource = resource_of(cloud, type_name)
        cloud.choose(speed=1)
        answers = await resource.create(wanted(type_name, Timeouts={"Create": "30s"}))
        assert isinstance(answers.outcome, Failed)
        assert "was not ready 30 s after" in answers.outcome.message
        assert cloud.changes == [CALLS[type_name]]
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done)
        assert made(cloud) == []

    play(type_name, scenario)


def test_everything_that_is_asked_for_reaches_the_cloud() -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        resource = Resource(cloud, CUSTOM, region="cn-hangzhou")
        properties: dict[str, Value] = {
            "SourceRegionId": REGION,
            "DiskDeviceMapping": [
                {"SnapshotId": SNAPSHOT, "Size": 60, "Device": "/dev/xvda", "DiskType": "system"},
                {"Size": 100, "Device": "/dev/xvdb"},
            ],
            "ImageName": "baked",
            "ImageFamily": "web",
            "ImageVersion": "2",
            "Architecture": "i386",
            "Platform": "CentOS",
            "BootMode": "UEFI",
            "DetectionStrategy": "Standard",
            "Features": {"ImdsSupport": "v2"},
            "ResourceGroupId": "rg-1",
            "Tag": [{"Key": "team", "Value": "images"}],
        }
        answers = await resource.create(properties)
        assert isinstance(answers.outcome, Done)
        assert resource.attributes["SourceRegionId"] == REGION
        reply = await cloud.call("DescribeImages", REGION, ImageId=resource.image_id)
        (image,) = reply["Images"]["Image"]
        asked = {
            name: properties[name]
            for name in (
                "ImageFamily",
                "ImageVersion",
                "Architecture",
                "Platform",
                "BootMode",
                "ResourceGroupId",
            )
        }
        assert {name: image[name] for name in asked} == asked
        assert image["Features"]["ImdsSupport"] == "v2"
        assert image["DetectionOptions"]["Status"] == "Finished"
        disks = image["DiskDeviceMappings"]["DiskDeviceMapping"]
        assert [(one["Device"], one["Size"], one["Type"]) for one in disks] == [
            ("/dev/xvda", "60", "system"),
            ("/dev/xvdb", "100", "data"),
        ]

    play(CUSTOM, scenario)


def test_a_lost_image_is_found_among_the_orphans() -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        resource = resource_of(cloud, CUSTOM)
        await resource.create(wanted(CUSTOM))
        census = ImageCensus(connect_images(cloud.client))
        (trace,) = await census.traces(REGION)
        assert (trace.thing_id, trace.address) == (resource.image_id, "Golden")
        assert trace.is_whole

    play(CUSTOM, scenario)


def test_a_secret_is_in_no_answer() -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        resource = resource_of(cloud, CUSTOM)
        cloud.choose(instance_seconds=60)
        await cloud.call("StopInstance", REGION, InstanceId=INSTANCE)
        answers = await resource.create(wanted(CUSTOM, InstanceId=Secret(INSTANCE)))
        assert isinstance(answers.outcome, Done)
        assert not any(INSTANCE in repr(one) for one in answers.seen)

    play(CUSTOM, scenario)


def test_what_is_made_takes_no_turn_and_has_a_pace_of_its_own() -> None:
    watches = Watches()
    for image_id, is_made, seconds in (("m-made", True, 60.0), ("m-copy", False, 600.0)):
        watch = watches.watch(image_id, 0.0)
        watch.is_made = is_made
        image = Image(image_id, "", "Creating", progress=0, size=10, is_copied=not is_made)
        see(watches, watch, REGION, image, 0.0)
        estimate(watches, watch, REGION, image, 0.0)
        watches.learn(REGION, image, seconds)
    assert list(watches.queue(REGION).ends) == ["m-copy"]
    pace = {
        image_id: watches.expected(REGION, Image(image_id, "", "Creating", size=10))
        for image_id in ("m-made", "m-copy")
    }
    assert pace == {"m-made": 60.0, "m-copy": 600.0}
