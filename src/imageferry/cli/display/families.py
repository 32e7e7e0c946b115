"""Image families as people see them, and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from imageferry.cli.display.rendering import (
    Paint,
    clean,
    plain,
    show_duration,
    show_moment,
    table,
)
from imageferry.cloud.images import Image
from imageferry.model.families import FamilyRecord
from imageferry.model.values import Json

_NONE: Final = "-"
_LIST: Final = ("FAMILY", "REGION", "CURRENT", "BACK TO", "IMAGES", "STACK")
_SHOW: Final = ("REGION", "IMAGE", "NAME", "STATUS", "AGE", "")


class FamilyThere(NamedTuple):
    """A family of a region as the cloud has it, and as a stack has it recorded, where one does.

    `images` are the newest first; `launches` is the one that launches from it, None where none can.
    """

    family: str
    region: str
    images: tuple[Image, ...]
    launches: str | None
    record: FamilyRecord | None = None


def family_rows(
    records: Sequence[FamilyRecord], strangers: Sequence[FamilyThere] = (), paint: Paint = plain
) -> list[str]:
    """One line a family and region: those of stacks, and those that no stack has."""
    rows = [
        (
            clean(one.family),
            clean(one.region),
            clean(one.current) or _NONE,
            clean(one.previous or _NONE),
            str(len(one.members)),
            clean(one.stack.name),
        )
        for one in records
    ]
    rows += [
        (
            clean(one.family),
            clean(one.region),
            clean(one.launches or _NONE),
            _NONE,
            str(len(one.images)),
            _NONE,
        )
        for one in strangers
    ]
    if not rows:
        return ["there are no families"]
    heading, *lines = table(sorted(rows), _LIST)
    return [paint(heading, "bold"), *lines]


def family_lines(families: Sequence[FamilyThere], now: float, paint: Paint = plain) -> list[str]:
    """One line an image, region by region, the newest first, with what it is to the family."""
    rows = [
        (
            clean(one.region) if place == 0 else "",
            clean(image.image_id),
            clean(image.name) or _NONE,
            clean(image.status) or _NONE,
            _NONE if image.created_at is None else show_duration(now - image.created_at),
            _role(one, image),
        )
        for one in families
        for place, image in enumerate(one.images)
    ]
    if not rows:
        return ["no image is in it"]
    heading, *lines = table(rows, _SHOW)
    return [paint(heading, "bold"), *lines]


def _role(there: FamilyThere, image: Image) -> str:
    record = there.record
    if image.image_id == there.launches:
        return "current"
    if record is None:
        return ""
    if image.image_id not in record.members:
        return "none of the stack's"
    if image.image_id == record.previous:
        return "back to this"
    if image.image_id in record.deprecated:
        return "held back"
    return "" if image.family == there.family else "aside"


def strayed(there: FamilyThere) -> bool:
    """Whether another image launches from a family than its stack has made current."""
    return there.record is not None and there.launches != there.record.current


def list_json(records: Sequence[FamilyRecord], strangers: Sequence[FamilyThere]) -> dict[str, Json]:
    """The object of `family list --json`."""
    recorded: list[Json] = [_record_json(one) for one in records]
    return {
        "families": [*recorded, *(_there_json(one) for one in strangers)],
    }


def _record_json(record: FamilyRecord) -> dict[str, Json]:
    return {
        "family": record.family,
        "region": record.region,
        "current": record.current or None,
        "previous": record.previous,
        "former": list(record.former),
        "image_ids": list(record.members),
        "stack_name": record.stack.name,
        "stack_id": record.stack.stack_id,
        "logical_id": record.address,
    }


def _there_json(there: FamilyThere) -> dict[str, Json]:
    return {
        "family": there.family,
        "region": there.region,
        "current": there.launches,
        "previous": None,
        "former": [],
        "image_ids": [one.image_id for one in there.images],
        "stack_name": None,
        "stack_id": None,
        "logical_id": None,
    }


def show_json(family: str, families: Sequence[FamilyThere]) -> dict[str, Json]:
    """The object of `family show --json`: what is recorded, and what the cloud says."""
    return {"family": family, "regions": [_region_json(one) for one in families]}


def _region_json(there: FamilyThere) -> dict[str, Json]:
    known = _there_json(there) if there.record is None else _record_json(there.record)
    return {
        **known,
        "launches": there.launches,
        "images": [
            {
                "image_id": image.image_id,
                "name": image.name,
                "status": image.status,
                "created_at": None if image.created_at is None else show_moment(image.created_at),
                "role": _role(there, image) or None,
            }
            for image in there.images
        ],
    }
