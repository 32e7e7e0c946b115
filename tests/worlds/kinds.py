"""Things of a world, of every kind: images, instances, snapshots, exports; and who is let in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from imageferry.emulator import controls
from imageferry.emulator.world import World

THEIRS = "1111222233334444"
"""An account with which others have shared the first images before anything is done."""
OURS = ("1234567890123456", "6543210987654321")


class Kind(Enum):
    """What is made, and what holds for an image and makes nothing."""

    IMAGE = "image"
    INSTANCE = "instance"
    SNAPSHOT = "snapshot"
    EXPORT = "export"
    SHARE = "share"
    FAMILY = "family"
    QUERY = "query"


KIND_OF = {
    "ALIYUN::ECS::CopyImage": Kind.IMAGE,
    "ALIYUN::ECS::CustomImage": Kind.IMAGE,
    "ALIYUN::ECS::Instance": Kind.INSTANCE,
    "ALIYUN::ECS::Snapshot": Kind.SNAPSHOT,
    "ALIYUN::ECS::ImageSharePermission": Kind.SHARE,
    "IMAGEFERRY::ECS::ImageFamily": Kind.FAMILY,
    "DATASOURCE::ECS::Images": Kind.QUERY,
    "TF::Alicloud::ImageCopy": Kind.IMAGE,
    "TF::Alicloud::Image": Kind.IMAGE,
    "TF::Alicloud::ImageImport": Kind.IMAGE,
    "TF::Alicloud::ImageExport": Kind.EXPORT,
    "TF::Alicloud::ImageSharePermission": Kind.SHARE,
}

MAKERS: Mapping[str, str] = {
    "CopyImage": "ImageId",
    "CreateImage": "ImageId",
    "ImportImage": "ImageId",
    "CreateSnapshot": "SnapshotId",
    "RunInstances": "InstanceIdSets",
}
"""Actions that make something under a token, and where their reply has its id."""


@dataclass(frozen=True)
class Thing:
    """One thing that is there; of an export only while its task has not failed."""

    kind: Kind
    thing_id: str
    region: str
    status: str
    tags: Mapping[str, str]
    about: Mapping[str, Any]


def made_id(action: str, reply: Mapping[str, Any]) -> str:
    """The id in the reply of one that makes."""
    found: Any = reply[MAKERS[action]]
    return str(found["InstanceIdSet"][0]) if isinstance(found, dict) else str(found)


def things(world: World) -> dict[str, Thing]:
    """Whatever is there and is not an image, by id."""
    return {one.thing_id: one for one in _things(world)}


def _things(world: World) -> Iterator[Thing]:
    now = world.now()
    with world.reading():
        instances = world.rows(
            "SELECT instance_id, region, phase, name, tags, image_id FROM instances"
        )
        snapshots = world.rows(
            "SELECT snapshot_id, region, ready_at, name, tags, fails_at FROM snapshots"
            " WHERE image_id IS NULL"
        )
        tasks = world.rows(
            "SELECT task_id, region, image_id, details, created_at, ends_at FROM tasks"
            " WHERE action = 'ExportImage' AND cancelled_at IS NULL"
            " AND (fails_at IS NULL OR fails_at > ?)",
            now,
        )
    for thing_id, region, phase, name, tags, image in instances:
        about = {"name": name, "image": image}
        yield Thing(Kind.INSTANCE, thing_id, region, phase, json.loads(tags), about)
    for thing_id, region, ready_at, name, tags, fails_at in snapshots:
        status = "progressing" if now < ready_at else "accomplished"
        if fails_at is not None and fails_at <= now:
            status = "failed"
        yield Thing(Kind.SNAPSHOT, thing_id, region, status, json.loads(tags), {"name": name})
    for thing_id, region, image, details, created_at, ends_at in tasks:
        told = json.loads(details)
        about = {
            "image": image,
            "bucket": told["bucket"],
            "objects": sorted(told["objects"]),
            "created": created_at,
        }
        status = "running" if now < ends_at else "finished"
        yield Thing(Kind.EXPORT, thing_id, region, status, {}, about)


def shared_with(world: World) -> dict[str, set[str]]:
    """The accounts that each image is shared with, by image."""
    return {
        one["image_id"]: {*one["shared_with"], *(["public"] if one["public"] else [])}
        for one in controls.list_images(world)
    }


def launches(world: World, region: str, family: str) -> str | None:
    """The image that launches from a family: the newest Available one."""
    with world.reading():
        rows = world.rows(
            "SELECT image_id FROM images WHERE region = ? AND family = ?"
            " AND word != 'Deprecated' ORDER BY CAST(created_at AS INTEGER) DESC, sequence DESC",
            region,
            family,
        )
    there = {one["image_id"] for one in controls.list_images(world) if one["status"] == "Available"}
    return next((str(row[0]) for row in rows if row[0] in there), None)
