"""Exports of images to buckets."""

from __future__ import annotations

from collections.abc import Iterable

from imageferry.testing import EmulatedCloud, Subject

REGION = "cn-hangzhou"


def exports(cloud: EmulatedCloud) -> Iterable[str]:
    """The exports that run or came to their end; what was cancelled has left nothing."""
    rows = cloud.emulator.world.rows(
        "SELECT task_id FROM tasks WHERE action = 'ExportImage' AND cancelled_at IS NULL"
        " AND fails_at IS NULL"
    )
    return [str(row[0]) for row in rows]


async def nobody_removes(cloud: EmulatedCloud, task_id: str) -> None:
    raise AssertionError(f"what the export {task_id} has left is in no hands of ECS")


def hide_tasks(cloud: EmulatedCloud) -> None:
    cloud.fault("hidden", seconds=40.0, action="ExportImage")


EXPORT = Subject(
    type_name="TF::Alicloud::ImageExport",
    region=REGION,
    properties={
        "ImageId": "m-golden0000000000001",
        "OssBucket": "golden-images",
        "OssPrefix": "base",
    },
    changes={
        "prefix": {"OssPrefix": "other"},
        "bucket and no prefix": {"OssBucket": "other-images", "OssPrefix": None},
        "limit": {"Timeouts": {"Create": "2h"}},
    },
    things=exports,
    remove=nobody_removes,
    late=hide_tasks,
    secrets=("OssBucket", "OssPrefix"),
    stays=True,
)
