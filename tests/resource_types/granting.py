"""Shares of an image in the emulated cloud: wished for, granted by somebody else, and looked at."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from imageferry.model.handlers import Done, Failed, HandlerAction
from imageferry.model.values import Value
from imageferry.planning.drifting import compare
from imageferry.resource_types.catalog import TypeCatalog
from tests.resource_types.copying import SOURCE, SOURCE_REGION, Answers, Cloud, Resource
from tests.resource_types.copying import play as play_one

ROS = "ALIYUN::ECS::ImageSharePermission"
TF = "TF::Alicloud::ImageSharePermission"
OWN = "1000000000000001"
ANN, BOB, CID, DAN = (f"100000000000000{number}" for number in range(2, 6))
SHARE = "ModifyImageSharePermission"

Scenario = Callable[[Cloud, Resource], Awaitable[None]]


def play(type_name: str, scenario: Scenario) -> Cloud:
    async def here(cloud: Cloud, resource: Resource) -> None:
        resource.region = SOURCE_REGION
        await scenario(cloud, resource)

    return play_one(type_name, here)


def wish(*accounts: str, **more: Value) -> dict[str, Value]:
    """Properties of the ROS type; what is taken back is so on deleting unless told otherwise."""
    given: dict[str, Value] = {"ImageId": SOURCE, "KeepPermission": False, **more}
    return {**given, "Accounts": list(accounts)} if accounts else given


def of(type_name: str, account: str, image_id: str = SOURCE) -> dict[str, Value]:
    """One account, as either type has it."""
    if type_name == ROS:
        return wish(account, ImageId=image_id)
    return {"ImageId": image_id, "AccountId": account}


def shares(cloud: Cloud, image_id: str = SOURCE) -> list[str]:
    return list(cloud.image(image_id)["shared_with"])


def is_public(cloud: Cloud, image_id: str = SOURCE) -> bool:
    return bool(cloud.image(image_id)["public"])


async def grant(cloud: Cloud, *accounts: str, **more: Any) -> None:
    """Somebody else shares the image, or publishes it."""
    given = {"ImageId": SOURCE, **({"AddAccount": list(accounts)} if accounts else {}), **more}
    await cloud.call(SHARE, SOURCE_REGION, **given)
    cloud.changes.clear()


async def look(resource: Resource) -> Done | Failed:
    answers = await resource.perform(resource.request(HandlerAction.READ, resource.properties))
    assert isinstance(answers.outcome, Done | Failed)
    return answers.outcome


def drifted(resource: Resource, seen: Done) -> list[str]:
    """What `drift` would say of it."""
    found = TypeCatalog(None).find(resource.type_name)
    assert found is not None
    assert seen.observed is not None
    told = compare(found.schema, resource.properties, seen.observed)
    return [f"{one.kind.value} {one.path[0]} {one.actual or one.wanted}" for one in told]


def done(answers: Answers) -> Done:
    assert isinstance(answers.outcome, Done), answers.outcome
    return answers.outcome


def refused(answers: Answers) -> Failed:
    assert isinstance(answers.outcome, Failed), answers.outcome
    return answers.outcome


TYPES = pytest.mark.parametrize("type_name", [ROS, TF], ids=["ros", "tf"])


async def another_image(cloud: Cloud) -> str:
    """A second own image in the region of the first."""
    made = await cloud.call(
        "CopyImage", SOURCE_REGION, ImageId=SOURCE, DestinationRegionId=SOURCE_REGION,
        DestinationImageName="other", Encrypted=True, KMSKeyId="key-1",
    )  # fmt: skip
    cloud.changes.clear()
    return str(made["ImageId"])
