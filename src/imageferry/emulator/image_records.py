"""An image as it is kept: rows to values and back, who sees it, and its quotas."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from imageferry.emulator.calls import Call
from imageferry.emulator.errors import refusal
from imageferry.emulator.progress import Span, status

SYSTEM = "system"
EVERYWHERE = "*"


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """A row of the table `images`, field by field in the order of the columns."""

    image_id: str
    region: str
    owner: str
    origin: str
    """`first`, `copy`, `create` or `import`."""
    name: str
    description: str
    family: str
    version: str
    word: str
    """`Deprecated` or `UnAvailable`, else empty: the status follows from the clock."""
    size: int
    created_at: float
    starts_at: float
    ends_at: float
    fails_at: float | None
    seconds: float
    queue_region: str | None
    usable_delay: float
    visible_at: float
    tags_visible_at: float
    source_image_id: str | None
    source_region: str | None
    can_cancel: int
    encrypted: int
    kms_key_id: str
    resource_group: str
    system: Mapping[str, Any]
    is_public: int
    disks: Sequence[Mapping[str, Any]]
    tags: Mapping[str, str] = field(default_factory=dict)
    shares: Mapping[str, str] = field(default_factory=dict)

    @property
    def span(self) -> Span:
        """When its making starts and ends."""
        return Span(self.starts_at, self.ends_at, self.fails_at)

    def status(self, now: float) -> str:
        """The status word that Describe shows."""
        return self.word or status(self.span, now)

    def is_usable(self, now: float) -> bool:
        """Whether an instance can be launched from it."""
        return (
            self.status(now) in ("Available", "Deprecated")
            and now >= self.ends_at + self.usable_delay
        )

    def is_in_making(self, now: float) -> bool:
        """Whether it is Waiting or Creating."""
        return now < self.ends_at


COLUMNS = ", ".join(f"images.{name}" for name in ImageRecord.__dataclass_fields__)
_INSERT = (
    f"INSERT INTO images ({COLUMNS.replace('images.', '')})"  # noqa: S608 - names of fields
    f" VALUES ({', '.join('?' * len(ImageRecord.__dataclass_fields__))})"
)
STATUS_SQL = (
    "CASE WHEN images.word != '' THEN images.word WHEN images.starts_at > :now THEN 'Waiting'"
    " WHEN images.ends_at > :now THEN 'Creating'"
    " WHEN images.fails_at IS NOT NULL THEN 'CreateFailed' ELSE 'Available' END"
)


@lru_cache(maxsize=2048)
def decode_image(row: tuple[Any, ...]) -> ImageRecord:
    """A row, in the order of `COLUMNS`, as a value; a row that has not changed is the same value."""
    system, is_public, disks, tags, shares = row[-5:]
    values = (
        *row[:-5],
        _system_words(system),
        is_public,
        json.loads(disks),
        json.loads(tags) if tags != "{}" else {},
        json.loads(shares) if shares != "{}" else {},
    )
    return ImageRecord(*values)


@lru_cache(maxsize=256)
def _system_words(text: str) -> Mapping[str, Any]:
    # Copies share the words of their source, so a page of images holds few different ones.
    words: Mapping[str, Any] = json.loads(text)
    return words


def add_image(call: Call, image: ImageRecord) -> None:
    """Keep a new image."""
    values = [getattr(image, name) for name in ImageRecord.__dataclass_fields__]
    call.world.sql.execute(
        _INSERT,
        [
            json.dumps(value) if isinstance(value, dict | list | tuple) else value
            for value in values
        ],
    )


def change_image(call: Call, image_id: str, **changes: object) -> None:
    """Change columns of an image."""
    columns = ", ".join(f"{name} = ?" for name in changes)
    call.world.sql.execute(
        f"UPDATE images SET {columns} WHERE image_id = ?",  # noqa: S608 - names of fields
        (*(json.dumps(v) if isinstance(v, dict) else v for v in changes.values()), image_id),
    )


def find_image(call: Call, image_id: str, region: str) -> ImageRecord | None:
    """The image if it is in the region and the caller may see it: own, shared, or public."""
    row = call.world.row(
        f"SELECT {COLUMNS} FROM images WHERE image_id = ? AND +region IN (?, '{EVERYWHERE}')",  # noqa: S608
        image_id,
        region,
    )
    if row is None:
        return _other_system_image(image_id)
    image = decode_image(row)
    is_shared = bool(image.is_public) or call.account in image.shares
    is_seen = image.owner in (call.account, SYSTEM) or is_shared
    return image if is_seen and call.now >= image.visible_at else None


# System images have file-like ids; those outside the table are taken as they are written.
_SYSTEM_ID = re.compile(r"[a-z][A-Za-z0-9_.-]*_(\d{1,4})G_[A-Za-z0-9_.-]*\.vhd")


def _other_system_image(image_id: str) -> ImageRecord | None:
    found = _SYSTEM_ID.fullmatch(image_id)
    if found is None:
        return None
    is_windows = image_id.startswith("win")
    system = {
        "os_name": image_id.split("_x64")[0].replace("_", " "),
        "os_type": "windows" if is_windows else "linux",
        "platform": "Windows" if is_windows else "Others Linux",
        "architecture": "arm64" if "arm64" in image_id else "x86_64",
        "boot_mode": "BIOS",
    }
    return ImageRecord(
        image_id, EVERYWHERE, SYSTEM, "first", image_id, "", "", "", "", int(found[1]), 0, 0, 0,
        None, 0, None, 0, 0, 0, None, None, 0, 0, "", "", system, 1, (),
    )  # fmt: skip


def own_image(call: Call, image_id: str, region: str) -> ImageRecord:
    """The caller's own image; 404 InvalidImageId.NotFound for all others."""
    image = find_image(call, image_id, region)
    if image is None or image.owner != call.account:
        raise refusal("InvalidImageId.NotFound", f"It is {image_id}.")
    return image


def check_name_is_free(call: Call, name: str, region: str, except_id: str = "") -> None:
    """A name is unique in account and region; Waiting, Creating and failed images hold theirs."""
    taken = call.world.row(
        "SELECT 1 FROM images WHERE region = ? AND owner = ? AND name = ? AND image_id != ?",
        region,
        call.account,
        name,
        except_id,
    )
    if taken is not None:
        raise refusal("InvalidImageName.Duplicated", f"It is {name}.")


def check_quotas(call: Call, region: str, new_snapshots: int) -> None:
    """Room for one more image, and for its snapshots."""
    choices = call.choices
    # The highest row number bounds every count and costs one look; counting costs one per row.
    highest = call.world.row(
        "SELECT (SELECT MAX(sequence) FROM images), (SELECT MAX(sequence) FROM snapshots)"
    )
    if (
        highest is not None
        and (highest[0] or 0) < choices.image_quota
        and (highest[1] or 0) + new_snapshots <= choices.snapshot_quota
    ):
        return
    if _count(call, "images", region) >= choices.image_quota:
        raise refusal("QuotaExceed.Image")
    check_snapshot_quota(call, region, new_snapshots)


def check_snapshot_quota(call: Call, region: str, new_snapshots: int) -> None:
    """Room for more snapshots."""
    if _count(call, "snapshots", region) + new_snapshots > call.choices.snapshot_quota:
        raise refusal("QuotaExceed.Snapshot")


def _count(call: Call, table: str, region: str) -> int:
    counted = call.world.row(
        f"SELECT COUNT(*) FROM {table} WHERE region = ? AND owner = ?",  # noqa: S608
        region,
        call.account,
    )
    return int(counted[0]) if counted is not None else 0
