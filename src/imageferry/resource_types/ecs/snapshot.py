"""ALIYUN::ECS::Snapshot: a snapshot of a disk in the stack's region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from imageferry.model.schemas import Problem
from imageferry.model.values import Value
from imageferry.resource_types.snapshots.wanted import check_snapshot

TYPE_NAME: Final = "ALIYUN::ECS::Snapshot"
SCHEMA: Final = "ecs/snapshot.schema.json"


def check(properties: Mapping[str, Value], region: str) -> Sequence[Problem]:
    """What the API documents and no schema says, at the path of each property."""
    return check_snapshot(properties)
