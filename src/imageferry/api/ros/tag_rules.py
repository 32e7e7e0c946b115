"""Tags: how many there may be, which of them are meant, and how they are told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from imageferry.api.ros.parameters import Structure
from imageferry.model.values import Json

MOST_TAGS: Final = 20
"""ROS reference, TagResources."""


def has_tags(tags: Mapping[str, str], wanted: Iterable[Structure]) -> bool:
    """True where each wanted tag is there, with its value where one is named."""
    return all(
        one["Key"] in tags and one.get("Value", tags[one["Key"]]) == tags[one["Key"]]
        for one in wanted
    )


def told_tags(tags: Mapping[str, str]) -> list[Json]:
    """The tags as ROS tells them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]
