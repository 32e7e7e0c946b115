"""What is kept of a family: a step's notes, and the attributes of the resource."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from imageferry.cloud.families import DEPRECATED, newest_first
from imageferry.cloud.images import Image
from imageferry.model.handlers import Context
from imageferry.model.values import Json, Value
from imageferry.resource_types.families.succession import Membership, Owned
from imageferry.resource_types.families.wanted import WantedFamily
from imageferry.resource_types.handling.notes import list_note

_CURRENT: Final = "ImageId"
_FORMER: Final = "FormerImageIds"
_DEPRECATED: Final = "DeprecatedImageIds"
_FOUND: Final = "FoundFamilies"


def recorded_current(attributes: Mapping[str, Value]) -> str | None:
    """The image that was made current last."""
    found = attributes.get(_CURRENT)
    return found if isinstance(found, str) and found else None


def recorded_former(attributes: Mapping[str, Value]) -> tuple[str, ...]:
    """What was current before that, the last one first."""
    return _texts(attributes.get(_FORMER))


def _texts(value: Value) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def recorded_owned(attributes: Mapping[str, Value]) -> Owned:
    """What earlier steps have done to images."""
    found = attributes.get(_FOUND)
    marked = {
        image_id: family
        for image_id, family in (found.items() if isinstance(found, Mapping) else ())
        if isinstance(family, str)
    }
    return Owned(marked, frozenset(_texts(attributes.get(_DEPRECATED))))


def noted_owned(context: Context) -> Owned | None:
    """What this step, and those before it, have done or announced; None where nothing is noted."""
    marked = context.get("marked")
    if not isinstance(marked, Mapping):
        return None
    families = {key: value for key, value in marked.items() if isinstance(value, str)}
    return Owned(families, frozenset(list_note(context, "deprecated")))


def owned_notes(owned: Owned) -> dict[str, Json]:
    """The notes that `noted_owned` reads."""
    return {"marked": dict(owned.marked), "deprecated": sorted(owned.deprecated)}


def kept_owned(owned: Owned, membership: Membership) -> Owned:
    """What is still to be undone one day, as the family stands now."""
    there = {**membership.members, **membership.leaving}
    deprecated = {
        image_id
        for image_id in owned.deprecated
        if image_id in there and there[image_id].status == DEPRECATED
    }
    stay = frozenset(membership.members) | deprecated
    return Owned(
        {key: one for key, one in owned.marked.items() if key in stay}, frozenset(deprecated)
    )


def attributes_of(
    wanted: WantedFamily,
    membership: Membership,
    current: Image,
    owned: Owned,
    former: Sequence[str],
) -> dict[str, Value]:
    """What `Fn::GetAtt` gives of a family that is as it is wanted."""
    members = newest_first(membership.members.values(), wanted.members)
    return {
        "ImageFamily": wanted.family,
        "RegionId": wanted.region,
        _CURRENT: current.image_id,
        "PreviousImageId": former[0] if former else "",
        "ImageIds": [one.image_id for one in members],
        _FORMER: list(former),
        _DEPRECATED: sorted(owned.deprecated),
        _FOUND: dict(sorted(owned.marked.items())),
    }
