"""Updates over callbacks: in place or by another image, refused, taken back; and deletions refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.provider.registry import GOLDEN, Registry, lasting, play
from tests.resource_types.copying import Cloud


def test_an_update_without_an_identifier_is_not_found() -> None:
    async def scenario(cloud: Cloud, registry: Registry) -> None:
        said = await registry.perform("UPDATE", GOLDEN, previous=GOLDEN)
        assert said["errorCode"] == "NotFound"

    play(scenario)


def test_a_change_in_place_calls_what_differs_and_keeps_the_image() -> None:
    async def scenario(cloud: Cloud, registry: Registry) -> None:
        model = await registry.create()
        cloud.changes.clear()
        wanted = {
            **GOLDEN, "ImageName": "renamed", "tfcfnid": model["tfcfnid"], "Id": model["Id"],
            "Tags": [{"MapKey": "z", "MapValue": "1"}, {"MapKey": "app", "MapValue": "db"}],
        }  # fmt: skip
        said = await registry.perform("UPDATE", wanted, previous=model)
        assert {**wanted, "Encrypted": False}.items() <= said["resourceModel"].items()
        assert sorted(set(cloud.changes)) == [
            "ModifyImageAttribute",
            "TagResources",
            "UntagResources",
        ]
        image = cloud.image(model["Id"])
        assert image["name"] == "renamed"
        again = await registry.invoke("READ", said["resourceModel"])
        assert again["resourceModel"] == said["resourceModel"]

    play(scenario)


def test_another_encryption_makes_another_image_behind_the_same_identifier() -> None:
    async def scenario(cloud: Cloud, registry: Registry) -> None:
        model = await registry.create()
        cloud.choose(speed=lasting(3600))
        wanted = {**GOLDEN, "Encrypted": True, "tfcfnid": model["tfcfnid"]}
        said = await registry.perform("UPDATE", wanted, previous=GOLDEN)
        changed = said["resourceModel"]
        assert changed["tfcfnid"] == model["tfcfnid"]
        assert changed["Id"] != model["Id"]
        assert changed["Encrypted"] is True
        (image,) = cloud.images()
        assert (image["image_id"], image["name"]) == (changed["Id"], "golden")
        assert cloud.changes.count("CopyImage") == 2

    play(scenario)


@pytest.mark.parametrize("after", [False, True], ids=["before the call", "behind the call"])
@pytest.mark.parametrize("number", range(1, 5))
def test_a_process_may_die_at_any_call_of_an_update(number: int, after: bool) -> None:
    async def scenario(cloud: Cloud, registry: Registry) -> None:
        model = await registry.create()
        cloud.kill_at, cloud.kill_after = len(cloud.changes) + number, after
        wanted = {**GOLDEN, "Encrypted": True, "tfcfnid": model["tfcfnid"]}
        said = await registry.perform("UPDATE", wanted, previous=GOLDEN)
        assert said["status"] == "SUCCESS", said
        assert registry.deaths == 1
        (image,) = cloud.images()
        assert (image["image_id"], image["name"]) == (said["resourceModel"]["Id"], "golden")

    play(scenario)


KEY = "0c6b1f1e-1d2e-4b52-8a11-5f1a2a3b4c5d"


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"Encrypted": True, "KmsKeyId": KEY}, {"Encrypted": True, "KmsKeyId": KEY}),
        ({"Encrypted": True, "KmsKeyId": "alias/golden"}, {"KmsKeyId": "alias/golden"}),
        ({"Encrypted": True}, {"Encrypted": True}),
    ],
    ids=["by its id", "by an alias", "the service's own"],
)
def test_a_key_stays_and_the_image_with_it(asked: dict[str, Any], told: dict[str, Any]) -> None:
    async def scenario(cloud: Cloud, registry: Registry) -> None:
        model = await registry.create(**asked)
        assert told.items() <= model.items()
        read = await registry.invoke("READ", model)
        assert told.items() <= read["resourceModel"].items()
        wanted = {**GOLDEN, **asked, "ImageName": "other", "tfcfnid": model["tfcfnid"]}
        said = await registry.perform("UPDATE", wanted, previous={**GOLDEN, **asked})
        assert said["resourceModel"]["Id"] == model["Id"], said
        assert cloud.changes.count("CopyImage") == 1

    play(scenario)


def test_another_source_is_told_from_then_on() -> None:
    async def scenario(cloud: Cloud, registry: Registry) -> None:
        model = await registry.create()
        wanted = {
            **GOLDEN, "tfcfnid": model["tfcfnid"], "SourceRegionId": "ap-southeast-1",
            "SourceImageId": "m-golden0000000000002",
        }  # fmt: skip
        await registry.perform("UPDATE", wanted, previous=GOLDEN)
        read = (await registry.invoke("READ", {"tfcfnid": model["tfcfnid"]}))["resourceModel"]
        assert read["SourceImageId"] == "m-golden0000000000002"
        assert read["SourceRegionId"] == "ap-southeast-1"
        assert len(cloud.images()) == 1

    play(scenario)


def test_an_old_image_in_use_fails_nothing_and_goes_with_the_deletion() -> None:
    async def scenario(cloud: Cloud, registry: Registry) -> None:
        model = await registry.create()
        cloud.fault("error", code="ImageUsingByInstance", status=403, action="DeleteImage")
        wanted = {**GOLDEN, "Encrypted": True, "tfcfnid": model["tfcfnid"]}
        said = await registry.perform("UPDATE", wanted, previous=GOLDEN)
        assert said["status"] == "SUCCESS", said
        assert len(cloud.images()) == 2
        read = await registry.invoke("READ", {"tfcfnid": model["tfcfnid"]})
        assert read["resourceModel"]["Id"] == said["resourceModel"]["Id"]
        assert await registry.listed() == [model["tfcfnid"]]
        gone = await registry.perform("DELETE", {"tfcfnid": model["tfcfnid"]})
        assert gone["status"] == "SUCCESS"
        assert cloud.images() == []

    play(scenario)


def test_a_deletion_that_is_refused_says_why_and_may_be_given_again() -> None:
    async def scenario(cloud: Cloud, registry: Registry) -> None:
        model = await registry.create()
        cloud.fault("error", code="ImageUsingByInstance", status=403, action="DeleteImage")
        said = await registry.perform("DELETE", model)
        assert (said["status"], said["errorCode"]) == ("FAILED", "ResourceConflict")
        assert (await registry.perform("DELETE", model))["status"] == "SUCCESS"

    play(scenario)


def test_an_update_that_fails_leaves_the_image_as_it_was() -> None:
    async def scenario(cloud: Cloud, registry: Registry) -> None:
        model = await registry.create()
        cloud.choose(speed=lasting(3600))
        cloud.fault("copy_fails", percent=70)
        wanted = {
            **GOLDEN, "Encrypted": True, "Description": "never", "tfcfnid": model["tfcfnid"],
        }  # fmt: skip
        said = await registry.perform("UPDATE", wanted, previous=GOLDEN)
        assert (said["status"], said["errorCode"]) == ("FAILED", "NotStabilized")
        (image,) = cloud.images()
        assert (image["image_id"], image["name"]) == (model["Id"], "golden")
        # As CloudFormation rolls back: to what was before, though that is what there is.
        back = await registry.perform(
            "UPDATE", {**GOLDEN, "tfcfnid": model["tfcfnid"]}, previous=wanted
        )
        assert back["resourceModel"] == model

    play(scenario)


def test_a_refused_change_in_place_is_taken_back() -> None:
    async def scenario(cloud: Cloud, registry: Registry) -> None:
        model = await registry.create()
        cloud.fault("error", code="InvalidImageName.Malformed", action="ModifyImageAttribute")
        wanted = {
            **GOLDEN, "ImageName": "other", "Tags": [{"MapKey": "new", "MapValue": "1"}],
            "tfcfnid": model["tfcfnid"],
        }  # fmt: skip
        said = await registry.perform("UPDATE", wanted, previous=GOLDEN)
        assert said["errorCode"] == "InvalidRequest"
        read = await registry.invoke("READ", model)
        assert read["resourceModel"] == model

    play(scenario)
