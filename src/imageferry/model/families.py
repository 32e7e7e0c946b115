"""FamilyRecord: an image family of a region as a stack's resource has it recorded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from imageferry.model.stacks import Resource, Stack
from imageferry.model.values import Value, reveal

FAMILY_TYPE: Final = "IMAGEFERRY::ECS::ImageFamily"
POINTER: Final = "CurrentImageId"
"""The property that names the image to launch."""


class FamilyRecord(NamedTuple):
    """A family of a region. `members` are image ids, the newest first.

    `current` launches from it, empty where that is not recorded; `former` were current before, the
    last one first, as far as they are still members; `deprecated` are held back for its sake.
    """

    family: str
    region: str
    current: str
    members: tuple[str, ...]
    former: tuple[str, ...]
    deprecated: frozenset[str]
    stack: Stack
    resource: Resource

    @property
    def address(self) -> str:
        """Where it stands in its stack."""
        return str(self.resource.address)

    @property
    def previous(self) -> str | None:
        """What a roll back returns to."""
        return self.former[0] if self.former else None

    @property
    def newest(self) -> str | None:
        """The member that was made last."""
        return self.members[0] if self.members else None


def family_record(stack: Stack, resource: Resource) -> FamilyRecord | None:
    """What a recorded resource tells of a family; None where it is none, or is not made yet."""
    attributes = resource.attributes
    family, region = attributes.get("ImageFamily"), attributes.get("RegionId")
    if resource.type_name != FAMILY_TYPE or not isinstance(family, str):
        return None
    members = _texts(attributes.get("ImageIds"))
    current = attributes.get("ImageId")
    return FamilyRecord(
        family=family,
        region=region if isinstance(region, str) else stack.place.region,
        current=current if isinstance(current, str) else "",
        members=members,
        former=tuple(one for one in _texts(attributes.get("FormerImageIds")) if one in members),
        deprecated=frozenset(_texts(attributes.get("DeprecatedImageIds"))),
        stack=stack,
        resource=resource,
    )


def _texts(value: Value) -> tuple[str, ...]:
    opened = reveal(value)
    listed: Sequence[Value] = opened if isinstance(opened, list | tuple) else ()
    return tuple(one for one in listed if isinstance(one, str))
