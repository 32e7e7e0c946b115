"""Changes of images that are made: in place or anew, taken back, and what has drifted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from imageferry.model.handlers import Done, Failed, HandlerAction
from imageferry.model.values import Value
from tests.resource_types.baking import (
    AFTER,
    CALLS,
    CUSTOM,
    IMAGE,
    IMPORT,
    REGION,
    TYPES,
    made,
    other,
    resource_of,
    wanted,
)
from tests.resource_types.copying import Cloud, Resource, play


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
