"""Shared images of both languages, and image families."""

from __future__ import annotations

import json
from collections.abc import Iterable

from imageferry.model.values import Value
from imageferry.testing import EmulatedCloud, Subject

REGION = "cn-hangzhou"
IMAGE = "m-golden0000000000001"
FIRST, SECOND = "1234567890123456", "6543210987654321"


def shares(cloud: EmulatedCloud) -> Iterable[str]:
    """Each account that an image of the region is shared with."""
    rows = cloud.emulator.world.rows("SELECT image_id, shares FROM images WHERE region = ?", REGION)
    return [f"{image_id}:{account}" for image_id, text in rows for account in json.loads(text)]


async def unshare(cloud: EmulatedCloud, thing: str) -> None:
    image_id, _, account = thing.partition(":")
    await cloud.call(
        "ModifyImageSharePermission", REGION, ImageId=image_id, RemoveAccount=[account]
    )


async def make_another(cloud: EmulatedCloud) -> None:
    """A second image beside the golden one."""
    snapshot = cloud.image(IMAGE)["snapshot_ids"][0]
    await cloud.call("CreateImage", REGION, SnapshotId=snapshot, ImageName="another")
    await cloud.clock.sleep(5.0)


def another(cloud: EmulatedCloud) -> dict[str, Value]:
    found = [one["image_id"] for one in cloud.images(REGION) if one["name"] == "another"]
    return {"ImageId": found[0] if found else IMAGE}


ROS_SHARE = Subject(
    type_name="ALIYUN::ECS::ImageSharePermission",
    region=REGION,
    properties={"ImageId": IMAGE, "Accounts": [FIRST], "KeepPermission": False},
    changes={
        "account": {"Accounts": [SECOND]},
        "publicity": {"IsPublic": True},
        "image": another,
    },
    prepare=make_another,
    things=shares,
    remove=unshare,
    tells_id=False,
    is_setting=True,
)

TRACKED_SHARE = Subject(
    type_name="TF::Alicloud::ImageSharePermission",
    region=REGION,
    properties={"ImageId": IMAGE, "AccountId": FIRST},
    changes={"account": {"AccountId": SECOND}, "image": another},
    prepare=make_another,
    things=shares,
    remove=unshare,
    tells_id=False,
)


def families(cloud: EmulatedCloud) -> Iterable[str]:
    rows = cloud.emulator.world.rows(
        "SELECT DISTINCT family FROM images WHERE region = ? AND family != ''", REGION
    )
    return sorted({str(row[0]) for row in rows} & {"web", "db"})


async def disband(cloud: EmulatedCloud, family: str) -> None:
    for image_id, name in cloud.emulator.world.rows("SELECT image_id, family FROM images"):
        if name == family:
            await cloud.call(
                "ModifyImageAttribute", REGION, ImageId=image_id, ImageFamily="elsewhere"
            )


FAMILY = Subject(
    type_name="IMAGEFERRY::ECS::ImageFamily",
    region=REGION,
    properties={"ImageFamily": "web", "ImageIds": [IMAGE]},
    changes={"name": {"ImageFamily": "db"}, "current": {"CurrentImageId": IMAGE}},
    things=families,
    remove=disband,
    tells_id=False,
    is_setting=True,
)
