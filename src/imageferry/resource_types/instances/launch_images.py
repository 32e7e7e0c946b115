"""Which image an instance is started from: an id, or the newest of the cloud's that fit a pattern."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping
from typing import Final

from imageferry.cloud.client import Client
from imageferry.cloud.errors import CloudError
from imageferry.cloud.images import Image, describe_images, page_of_images
from imageferry.model.suggestions import nearest
from imageferry.model.values import Json

_FILE: Final = ".vhd"
_CUSTOM: Final = re.compile(r"m-[A-Za-z0-9]+")
_DAY: Final = re.compile(r"_(\d{8})(?:_|\.vhd$)")
_OTHER_WORDS: Final = (("windows", "win"), ("alibaba", "aliyun"))
"""Words that people write, and those that the ids begin with."""
_MOST_SHOWN: Final = 5


def is_exact(image: str) -> bool:
    """True for an image's own id; anything else is a pattern of the ids of public images."""
    if "*" in image:
        return False
    return image.endswith(_FILE) or _CUSTOM.fullmatch(image) is not None


def fits(pattern: str, image_id: str) -> bool:
    """Whether an id begins as the pattern does, without regard to case; `*` stands for any text."""
    if is_exact(pattern):
        return pattern == image_id
    text = pattern.lower()
    for word, beginning in _OTHER_WORDS:
        if text.startswith(word):
            text = beginning + text.removeprefix(word)
    text = text.replace("[", "[[]").replace("?", "[?]")
    return fnmatch.fnmatchcase(image_id.lower(), f"{text.rstrip('*')}*")


async def newest_fitting(client: Client, region: str, pattern: str) -> tuple[str | None, list[str]]:
    """The id of the newest usable public image that fits, and some ids of the others there are.

    Images for 64-bit x86 go first, unless the pattern names another architecture. Raises CloudError.
    """
    shown = await describe_images(client, region, owner="system")
    there = [one for one in shown if one.status == "Available" and one.is_usable]
    fitting = [one for one in there if fits(pattern, one.image_id)]
    if not fitting:
        return None, _alike(pattern, [one.image_id for one in there])
    best = max(fitting, key=lambda one: _rank(pattern, one))
    return best.image_id, [one.image_id for one in fitting if one is not best]


# ECS reference, DescribeImages: without an owner nothing of the marketplace is shown, and what
# others have published only where it is asked for.
_WHEREVER: Final[tuple[Mapping[str, Json], ...]] = (
    {},
    {"ImageOwnerAlias": "others", "IsPublic": True},
    {"ImageOwnerAlias": "marketplace"},
)


async def is_shown(client: Client, region: str, image_id: str) -> bool:
    """Whether a region shows an image, whoever owns it; true where nobody may look. Raises CloudError."""
    try:
        for filters in _WHEREVER:
            page, _ = await page_of_images(client, region, ids=[image_id], filters=filters)
            if page:
                return True
    except CloudError as error:
        if error.is_passing:
            raise
        return True
    return False


def _alike(pattern: str, ids: list[str]) -> list[str]:
    """A few ids: those most like a pattern that none fits."""
    head = pattern.lower().split("_")[0].strip("*")
    family = nearest(head, {one.split("_")[0] for one in ids}) or head
    alike = [one for one in ids if family and one.lower().startswith(family)]
    return (alike or ids)[:_MOST_SHOWN]


def _rank(pattern: str, image: Image) -> tuple[bool, str, float, str]:
    image_id = image.image_id.lower()
    is_usual = "_arm64_" not in image_id and not re.search(r"_(?:32|x86)_", image_id)
    names_architecture = any(word in pattern.lower() for word in ("arm", "_32", "*32"))
    day = _DAY.search(image_id)
    return (
        is_usual or names_architecture,
        day[1] if day else "",
        image.created_at or 0.0,
        image.image_id,
    )
