"""Snapshots of disks."""

from __future__ import annotations

from collections.abc import Iterable

from imageferry.testing import EmulatedCloud, Subject
from tests.contract.subjects.copies import tags

REGION = "ap-southeast-1"
DISK = "d-golden0000000000002"


def snapshots(cloud: EmulatedCloud) -> Iterable[str]:
    return [one["snapshot_id"] for one in cloud.snapshots() if one["region"] == REGION]


async def delete(cloud: EmulatedCloud, snapshot_id: str) -> None:
    await cloud.call("DeleteSnapshot", REGION, SnapshotId=snapshot_id)


def hide_snapshots(cloud: EmulatedCloud) -> None:
    cloud.fault("hidden", seconds=40.0, action="CreateSnapshot")
    cloud.fault("late_tags", seconds=90.0, action="CreateSnapshot")


SNAPSHOT = Subject(
    type_name="ALIYUN::ECS::Snapshot",
    region=REGION,
    properties={
        "DiskId": DISK,
        "SnapshotName": "nightly",
        "Description": "made every night",
        "RetentionDays": 30,
        "Tags": tags("Key", "Value", env="test"),
    },
    changes={
        "name and description": {"SnapshotName": "weekly", "Description": "made every week"},
        "retention": {"RetentionDays": 60},
        "group": {"ResourceGroupId": "rg-acfm3mdeanzwhcq"},
        "tags": {"Tags": tags("Key", "Value", team="a")},
        "instant access": {"InstantAccess": True},
        "limit": {"Timeout": 300},
    },
    things=snapshots,
    remove=delete,
    late=hide_snapshots,
    secrets=("Description",),
)
