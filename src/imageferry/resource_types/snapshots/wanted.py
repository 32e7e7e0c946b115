"""WantedSnapshot: a snapshot as its type's properties mean it, and their rules that no schema says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from imageferry.model.diagnostics import Severity
from imageferry.model.schemas import Problem
from imageferry.model.values import Secret, Value
from imageferry.resource_types.handling.properties import flag_of, number_of, tags_of, text_of
from imageferry.resource_types.image_copies.rules import description_problems, tag_problems

_USUAL_TIMEOUT: Final = 200
_RESERVED: Final = ("auto", "http://", "https://")

# ROS reference, ALIYUN::ECS::Snapshot: the least and the most, with the unit.
_BOUNDS: Final = {
    "Timeout": (200, 1440, "minutes"),
    "RetentionDays": (1, 65536, "days"),
    "InstantAccessRetentionDays": (1, 65535, "days"),
}


@dataclass(frozen=True, slots=True)
class WantedSnapshot:
    """One snapshot; empty texts are None. `timeout` in seconds, the days None where not given.

    `secrets` are texts of properties that must not be shown.
    """

    disk_id: str
    name: str | None = None
    description: str | None = None
    retention_days: int | None = None
    instant_access: bool | None = None
    instant_days: int | None = None
    resource_group: str | None = None
    tags: tuple[tuple[str, str], ...] = ()
    timeout: float = _USUAL_TIMEOUT * 60.0
    secrets: tuple[str, ...] = ()


def read_wanted(properties: Mapping[str, Value]) -> WantedSnapshot:
    """The snapshot that conformed properties want."""
    secrets: list[str] = []
    return WantedSnapshot(
        disk_id=text_of(properties.get("DiskId"), secrets) or "",
        name=text_of(properties.get("SnapshotName"), secrets),
        description=text_of(properties.get("Description"), secrets),
        retention_days=number_of(properties.get("RetentionDays"), secrets),
        instant_access=flag_of(properties.get("InstantAccess"), secrets),
        instant_days=number_of(properties.get("InstantAccessRetentionDays"), secrets),
        resource_group=text_of(properties.get("ResourceGroupId"), secrets),
        tags=tags_of(properties.get("Tags"), "Key", "Value", secrets),
        timeout=(number_of(properties.get("Timeout"), secrets) or _USUAL_TIMEOUT) * 60.0,
        secrets=tuple(secrets),
    )


# --- rules ----------------------------------------------------------------------------------------


def check_snapshot(properties: Mapping[str, Value]) -> list[Problem]:
    """All problems of a snapshot's conformed properties; what is not known yet passes."""
    return [
        *_disk(properties.get("DiskId")),
        *_name(properties.get("SnapshotName")),
        *description_problems("Description", properties.get("Description")),
        *_numbers(properties),
        *_instant_access(properties),
        *tag_problems("Tags", properties.get("Tags")),
    ]


def _shown(value: Value) -> tuple[Value, str]:
    """A value opened, and as it may be written in a message."""
    if isinstance(value, Secret):
        return value.revealed, "****"
    return value, str(value)


def _disk(value: Value) -> Iterator[Problem]:
    text, shown = _shown(value)
    if isinstance(text, str) and text and not text.startswith("d-"):
        yield Problem(
            "IF541", ("DiskId",), f"'{shown}' does not look like the id of a disk",
            why="a snapshot is made of one disk; ids of disks begin with d-",
            remedy="give the id of the disk, not of its instance or image",
            severity=Severity.WARNING,
        )  # fmt: skip


def _name(value: Value) -> Iterator[Problem]:
    text, shown = _shown(value)
    if isinstance(text, str) and text.startswith(_RESERVED):
        yield Problem(
            "IF580", ("SnapshotName",), f"the snapshot's name '{shown}' begins with a reserved word",
            why="names that begin with auto belong to automatic snapshots, and none may be an address",
            remedy="begin the name with another word",
        )  # fmt: skip


def _numbers(properties: Mapping[str, Value]) -> Iterator[Problem]:
    for prop, (least, most, unit) in _BOUNDS.items():
        number, shown = _shown(properties.get(prop))
        if isinstance(number, int) and not least <= number <= most:
            yield Problem(
                "IF582", (prop,), f"'{prop}' is {shown}, which is out of bounds",
                why=f"the type takes {least} to {most} {unit}",
                remedy=f"give a number from {least} to {most}, or leave '{prop}' out",
            )  # fmt: skip


def _instant_access(properties: Mapping[str, Value]) -> Iterator[Problem]:
    is_instant, _ = _shown(properties.get("InstantAccess"))
    days, _ = _shown(properties.get("InstantAccessRetentionDays"))
    if isinstance(days, int) and is_instant in (None, False):
        yield Problem(
            "IF581", ("InstantAccessRetentionDays",),
            "'InstantAccessRetentionDays' is given, but 'InstantAccess' is not true",
            why="the cloud minds the one only together with the other",
            remedy="set 'InstantAccess' to true, or leave 'InstantAccessRetentionDays' out",
            severity=Severity.WARNING,
        )  # fmt: skip
