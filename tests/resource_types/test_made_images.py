"""Images that are made: of an instance, of snapshots, of objects in OSS; their whole lives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from imageferry.cloud.images import Image
from imageferry.emulator.controls import list_images
from imageferry.model.diagnostics import Severity
from imageferry.model.handlers import Done, ErrorCode, Failed, HandlerAction
from imageferry.model.schemas import UpdateBehaviour
from imageferry.model.values import UNKNOWN, Secret, Value
from imageferry.resource_types.catalog import TypeCatalog
from imageferry.resource_types.image_copies.census import ImageCensus
from imageferry.resource_types.image_copies.cloud import connect_images
from imageferry.resource_types.image_copies.watches import Watches, estimate, see
from tests.resource_types.copying import Cloud, Resource, play

CUSTOM = "ALIYUN::ECS::CustomImage"
IMAGE = "TF::Alicloud::Image"
IMPORT = "TF::Alicloud::ImageImport"
REGION = "ap-southeast-1"
INSTANCE = "i-golden0000000000002"
SNAPSHOT = "s-golden0000000000002"
DISK = {"OssBucket": "golden", "OssObject": "golden.raw", "DiskImageSize": 20}
SOURCES: Mapping[str, Mapping[str, Value]] = {
    CUSTOM: {"InstanceId": INSTANCE},
    IMAGE: {"InstanceId": INSTANCE},
    IMPORT: {"DiskDeviceMapping": [DISK]},
}
OTHERS: Mapping[str, Mapping[str, Value]] = {
    CUSTOM: {"SnapshotId": SNAPSHOT},
    IMAGE: {"SnapshotId": SNAPSHOT},
    IMPORT: {"DiskDeviceMapping": [{**DISK, "OssObject": "second.raw"}]},
}
CALLS = {CUSTOM: "CreateImage", IMAGE: "CreateImage", IMPORT: "ImportImage"}
TYPES = pytest.mark.parametrize(
    "type_name", [CUSTOM, IMAGE, IMPORT], ids=["custom image", "image", "import"]
)
CREATED = pytest.mark.parametrize("type_name", [CUSTOM, IMAGE], ids=["custom image", "image"])
AFTER = pytest.mark.parametrize("after", [False, True], ids=["before the call", "after the call"])


def wanted(type_name: str, **more: Value) -> dict[str, Value]:
    return {**SOURCES[type_name], "ImageName": "baked", **more}


def other(type_name: str, **more: Value) -> dict[str, Value]:
    return {**OTHERS[type_name], "ImageName": "baked", **more}


def made(cloud: Cloud) -> list[dict[str, Any]]:
    return [one for one in list_images(cloud.emulator.world) if one["origin"] != "first"]


def resource_of(cloud: Cloud, type_name: str) -> Resource:
    return Resource(cloud, type_name, region=REGION)


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


@TYPES
@pytest.mark.parametrize("number", [1, 2, 3, 4], ids=["make", "aside", "rename", "delete"])
@AFTER
def test_a_crash_at_any_call_of_a_renewal_ends_in_one_image(
    type_name: str, number: int, after: bool
) -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        resource = resource_of(cloud, type_name)
        await resource.create(wanted(type_name))
        old, reference = resource.image_id, resource.physical_id
        cloud.changes.clear()
        cloud.kill_at, cloud.kill_after = number, after
        changed = await resource.update(other(type_name), replaces=type_name == CUSTOM)
        assert isinstance(changed.outcome, Done), changed.outcome
        assert [one["image_id"] for one in resource.leftovers] == [old]
        (cleaned,) = await resource.clean_up()
        assert isinstance(cleaned.outcome, Done)
        assert cloud.kill_at is None, "the crash was not reached"
        (image,) = made(cloud)
        assert image["image_id"] == resource.image_id != old
        assert image["name"] == "baked"
        assert (resource.physical_id == reference) is (type_name != CUSTOM)

    play(type_name, scenario)


@TYPES
def test_a_renewal_is_taken_back_without_making_anything(type_name: str) -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        resource = resource_of(cloud, type_name)
        await resource.create(wanted(type_name))
        old = resource.image_id
        await resource.update(other(type_name), replaces=type_name == CUSTOM)
        cloud.changes.clear()
        back = await resource.update(wanted(type_name), replaces=type_name == CUSTOM)
        assert isinstance(back.outcome, Done)
        assert CALLS[type_name] not in cloud.changes
        assert resource.image_id == old
        assert cloud.image(old)["name"] == "baked"

    play(type_name, scenario)


IN_PLACE: Mapping[str, tuple[str, dict[str, Value], dict[str, Any], list[str]]] = {
    "group of a custom image": (
        CUSTOM, {"ResourceGroupId": "rg-new"}, {}, ["JoinResourceGroup"],
    ),
    "name and description": (
        IMAGE, {"ImageName": "other", "Description": "Other"},
        {"name": "other"}, ["ModifyImageAttribute"],
    ),
    "tags and group": (
        IMAGE, {"Tags": [{"MapKey": "a", "MapValue": "b"}], "ResourceGroupId": "rg-new"},
        {}, ["TagResources", "JoinResourceGroup"],
    ),
    "name of an import": (IMPORT, {"ImageName": "other"}, {"name": "other"}, ["ModifyImageAttribute"]),
}  # fmt: skip


@pytest.mark.parametrize(("type_name", "change", "shows", "calls"), IN_PLACE.values(), ids=IN_PLACE)
def test_what_can_be_edited_is_changed_in_place(
    type_name: str, change: dict[str, Value], shows: dict[str, Any], calls: list[str]
) -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        resource = resource_of(cloud, type_name)
        await resource.create(wanted(type_name))
        old = resource.image_id
        cloud.changes.clear()
        changed = await resource.update(wanted(type_name, **change))
        assert isinstance(changed.outcome, Done)
        assert resource.image_id == old
        assert cloud.changes == calls
        image = cloud.image(old)
        assert {name: image[name] for name in shows} == shows

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


@TYPES
def test_a_failed_renewal_keeps_the_old_image(type_name: str) -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        resource = resource_of(cloud, type_name)
        await resource.create(wanted(type_name))
        old = resource.image_id
        cloud.fault("copy_fails", action=CALLS[type_name], percent=10)
        changed = await resource.update(other(type_name), replaces=type_name == CUSTOM)
        assert isinstance(changed.outcome, Failed)
        (image,) = made(cloud)
        assert (image["image_id"], image["name"]) == (old, "baked")

    play(type_name, scenario)


def test_drift_is_seen_of_what_can_be_changed_outside() -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        resource = resource_of(cloud, CUSTOM)
        properties = wanted(CUSTOM, ImageFamily="web", BootMode="BIOS", Description="An image")
        await resource.create(properties)
        await cloud.call(
            "ModifyImageAttribute", REGION, ImageId=resource.image_id, ImageName="other",
            ImageFamily="api", BootMode="UEFI", Status="Deprecated",
        )  # fmt: skip
        read = await resource.perform(resource.request(HandlerAction.READ, properties))
        assert isinstance(read.outcome, Done)
        observed = read.outcome.observed or {}
        assert {name: observed[name] for name in ("ImageName", "ImageFamily", "BootMode")} == {
            "ImageName": "other",
            "ImageFamily": "api",
            "BootMode": "UEFI",
        }
        assert observed["Description"] == "An image"
        assert [one.actual for one in read.outcome.symptoms] == ["Deprecated"]

    play(CUSTOM, scenario)


@pytest.mark.parametrize(
    ("meanwhile", "family", "calls"),
    [("api", "web", ["ModifyImageAttribute"]), ("web-aside", "web-aside", [])],
    ids=["somebody else", "its own family, which put it aside"],
)
def test_the_family_is_set_back(meanwhile: str, family: str, calls: list[str]) -> None:
    async def scenario(cloud: Cloud, _: Resource) -> None:
        resource = resource_of(cloud, CUSTOM)
        properties = wanted(CUSTOM, ImageFamily="web")
        await resource.create(properties)
        await cloud.call(
            "ModifyImageAttribute", REGION, ImageId=resource.image_id, ImageFamily=meanwhile
        )
        cloud.changes.clear()
        read = await resource.perform(resource.request(HandlerAction.READ, properties))
        assert isinstance(read.outcome, Done)
        shown = (read.outcome.observed or {})["ImageFamily"]
        assert shown == ("api" if calls else "web")
        # Something else has drifted too, which is looked at all the same.
        observed = {"ImageFamily": shown, "Description": None}
        mended = await resource.update(properties, observed=observed)
        assert isinstance(mended.outcome, Done)
        assert cloud.image(resource.image_id)["family"] == family
        assert cloud.changes == calls

    play(CUSTOM, scenario)


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


# --- schemas --------------------------------------------------------------------------------------

IN_PLACE_OF = {
    CUSTOM: {"ResourceGroupId"},
    IMAGE: {"ImageName", "Name", "Description", "ResourceGroupId", "Tags"},
    IMPORT: {"ImageName", "Description"},
}
IGNORED_OF = {CUSTOM: set(), IMAGE: {"Force", "Timeouts"}, IMPORT: {"Timeouts"}}


@TYPES
def test_every_other_property_makes_the_image_anew(type_name: str) -> None:
    found = TypeCatalog(None).find(type_name)
    assert found is not None
    anew = UpdateBehaviour.REPLACES if type_name == CUSTOM else UpdateBehaviour.RENEWS
    expected = dict.fromkeys(found.schema.properties, anew)
    expected |= dict.fromkeys(IN_PLACE_OF[type_name], UpdateBehaviour.IN_PLACE)
    expected |= dict.fromkeys(IGNORED_OF[type_name], UpdateBehaviour.IGNORED)
    assert {name: one.update for name, one in found.schema.properties.items()} == expected


@TYPES
def test_an_image_comes_from_nowhere_and_is_where_it_is_made(type_name: str) -> None:
    found = TypeCatalog(None).find(type_name)
    assert found is not None
    assert found.route(wanted(type_name), REGION) == ("", REGION)
    elsewhere = {"SourceRegionId": UNKNOWN} if type_name == CUSTOM else {}
    there = found.route(wanted(type_name, **elsewhere), REGION)
    assert there == (None if type_name == CUSTOM else ("", REGION))


# --- rules ----------------------------------------------------------------------------------------

RULES: Mapping[str, tuple[str, dict[str, Value], list[str]]] = {
    "one source": (CUSTOM, {"InstanceId": "i-1"}, []),
    "a source that is not known yet": (CUSTOM, {"InstanceId": UNKNOWN}, []),
    "no source": (CUSTOM, {"ImageName": "baked"}, ["IF534 error"]),
    "no source in Terraform's type": (IMAGE, {}, ["IF534 error"]),
    "a snapshot beside an instance": (
        CUSTOM, {"InstanceId": "i-1", "SnapshotId": "s-1"}, ["IF535 warning"],
    ),
    "a snapshot beside an instance in Terraform's type": (
        IMAGE, {"InstanceId": "i-1", "SnapshotId": "s-1"}, ["IF535 error"],
    ),
    "all three": (
        CUSTOM,
        {"InstanceId": "i-1", "SnapshotId": "s-1", "DiskDeviceMapping": [{"SnapshotId": "s-1"}]},
        ["IF535 warning", "IF535 warning"],
    ),
    "an id of something else": (CUSTOM, {"SnapshotId": "m-1"}, ["IF541 warning"]),
    "devices": (
        CUSTOM,
        {"DiskDeviceMapping": [
            {"SnapshotId": "s-1", "Device": "/dev/sda"},
            {"Device": "/dev/xvdb"},
            {"Device": "/dev/vdb"},
            {"Device": "/dev/xvda"},
        ]},
        ["IF536 error"] * 3,
    ),
    "sizes": (
        CUSTOM,
        {"DiskDeviceMapping": [{"SnapshotId": "s-1", "Size": 4}, {"Size": 5}, {"Size": 32769}]},
        ["IF537 error"] * 2,
    ),
    "disks of an ignored mapping": (
        CUSTOM,
        {"InstanceId": "i-1", "DiskDeviceMapping": [{"Size": 1}]},
        ["IF535 warning"],
    ),
    "kinds of disks": (
        IMAGE,
        {"DiskDeviceMapping": [{"DiskType": "data"}, {"DiskType": "system"}]},
        ["IF538 error"] * 3,
    ),
    "an import without objects": (
        IMPORT, {"DiskDeviceMapping": [{"OssBucket": "golden"}, {}]}, ["IF539 error"] * 3,
    ),
    "a bucket's address": (
        IMPORT,
        {"DiskDeviceMapping": [{"OssBucket": "oss://golden", "OssObject": "a.raw"}]},
        ["IF539 error"],
    ),
    "the size of an import": (
        IMPORT, {"DiskDeviceMapping": [{**DISK, "DiskImageSize": 2049}]}, ["IF537 error"],
    ),
    "a platform of another spelling": (
        IMPORT, {"DiskDeviceMapping": [DISK], "Platform": "centos"}, ["IF540 warning"],
    ),
    "a family with a reserved word": (
        CUSTOM, {"InstanceId": "i-1", "ImageFamily": "aliyun-web"}, ["IF524 error"],
    ),
    "a description, a tag, a time": (
        IMAGE,
        {
            "InstanceId": "i-1",
            "Description": "http://a",
            "Tags": [{"MapKey": "acs:a", "MapValue": ""}],
            "Timeouts": {"Create": "soon"},
        },
        ["IF525 error", "IF531 error", "IF532 error"],
    ),
    "a region of another cloud": (
        CUSTOM, {"InstanceId": "i-1", "SourceRegionId": "us-east-2"}, ["IF522 error"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("type_name", "properties", "codes"), RULES.values(), ids=RULES)
def test_rules_that_no_schema_says(
    type_name: str, properties: dict[str, Value], codes: list[str]
) -> None:
    found = TypeCatalog(None).find(type_name)
    assert found is not None
    problems = found.check(properties, REGION)
    words = {Severity.ERROR: "error", Severity.WARNING: "warning"}
    assert sorted(f"{one.code} {words[one.severity]}" for one in problems) == sorted(codes)
    assert all(one.message and one.remedy for one in problems)
