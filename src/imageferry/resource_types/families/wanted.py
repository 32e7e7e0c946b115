"""WantedFamily: an image family of a region as a template means it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from imageferry.model.schemas import Problem
from imageferry.model.values import Secret, Value
from imageferry.resource_types.handling.asides import aside
from imageferry.resource_types.handling.properties import plain, text_of
from imageferry.resource_types.image_copies.rules import name_problems, region_problems


@dataclass(frozen=True, slots=True)
class WantedFamily:
    """A family of a region. `listed` are image ids, `current` the one that is to launch.

    None stands for the newest member. `secrets` are texts not to be shown.
    """

    family: str
    region: str
    listed: tuple[str, ...]
    current: str | None = None
    secrets: tuple[str, ...] = ()

    @property
    def members(self) -> tuple[str, ...]:
        """Every image of the family, each once: what is current is one of them, listed or not."""
        named = () if self.current is None else (self.current,)
        return tuple(dict.fromkeys((*self.listed, *named)))

    @property
    def aside(self) -> str:
        """The family of those that are taken out of this one: the cloud cannot clear a family."""
        return aside(self.family)

    @property
    def physical_id(self) -> str:
        """What stands for the family: its region and its name."""
        return f"{self.region}/{self.family}"


def read_wanted(properties: Mapping[str, Value], region: str) -> WantedFamily:
    """The family that conformed properties want, in the stack's region by default."""
    secrets: list[str] = []
    current = text_of(properties.get("CurrentImageId"), secrets)
    listed = plain(properties.get("ImageIds"), secrets)
    ids = [
        text_of(entry, secrets) for entry in (listed if isinstance(listed, list | tuple) else ())
    ]
    return WantedFamily(
        family=text_of(properties.get("ImageFamily"), secrets) or "",
        region=text_of(properties.get("RegionId"), secrets) or region,
        listed=tuple(one for one in ids if one is not None),
        current=current,
        secrets=tuple(secrets),
    )


def check(properties: Mapping[str, Value], region: str) -> Sequence[Problem]:
    """What no schema says of a family; what is not known yet passes."""
    problems: list[Problem] = []
    family, where = properties.get("ImageFamily"), properties.get("RegionId")
    if isinstance(family, str | Secret):
        problems += name_problems("ImageFamily", family)
    if isinstance(where, str | Secret):
        problems += region_problems("RegionId", where)
    return problems
