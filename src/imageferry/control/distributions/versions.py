"""Version, Copy, Distribution: the versions of one golden image and where each is to be; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

TEMPLATE_NAME: Final = "distribution"
"""What the template of a distribution's stack is called, as it is in no file."""

_SHORT_ID: Final = 8
_DATE: Final = "%Y%m%d"


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a golden image: its source. `created_at` in seconds since 1970."""

    image_id: str
    name: str
    created_at: float

    @property
    def short_id(self) -> str:
        """The last eight letters and digits of its id."""
        return "".join(filter(str.isalnum, self.image_id))[-_SHORT_ID:]

    @property
    def date(self) -> str:
        """The day of its creation, `20261122`."""
        return datetime.fromtimestamp(self.created_at, UTC).strftime(_DATE)

    @property
    def mark(self) -> str:
        """What tells it in logical ids: its day and the end of its id."""
        return f"V{self.date}{self.short_id[:1].upper()}{self.short_id[1:]}"


@dataclass(frozen=True, slots=True)
class Copy:
    """One version in one region, as it was asked for; `image_id` is that of its source.

    `encrypted` is None where the account's own setting decides.
    """

    logical_id: str
    image_id: str
    region: str
    name: str
    description: str = ""
    encrypted: bool | None = None
    key_id: str = ""
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Distribution:
    """All versions of one golden image, oldest first, and every copy; `accounts` may use them.

    `family` is the image family that the copies of each region are in; empty for none.
    """

    source_region: str
    versions: tuple[Version, ...]
    copies: tuple[Copy, ...]
    accounts: tuple[str, ...] = ()
    family: str = ""

    @property
    def newest(self) -> Version:
        """The version that was asked for last."""
        return self.versions[-1]

    def in_region(self, region: str) -> tuple[Copy, ...]:
        """The copies of a region, oldest version first."""
        order = {one.image_id: number for number, one in enumerate(self.versions)}
        found = [one for one in self.copies if one.region == region]
        return tuple(sorted(found, key=lambda one: order[one.image_id]))


def logical_id(region: str, version: Version) -> str:
    """The name of a copy in the template: `CnShanghaiV20261122Ab12cd34`."""
    return region_word(region) + version.mark


def region_word(region: str) -> str:
    """A region as logical ids begin with it: `CnShanghai`."""
    return "".join(part.capitalize() for part in region.split("-"))


def family_id(region: str) -> str:
    """The name of a region's image family in the template."""
    return f"{region_word(region)}Family"


def pointer(region: str) -> str:
    """The parameter that says which image launches from a region's family; empty for the newest."""
    return f"{region_word(region)}Current"


def day_of(name: str) -> float | None:
    """When the version was made that a logical id tells of, to the day; None where it tells none."""
    _, found, mark = name.rpartition("V")
    try:
        return datetime.strptime(mark[:8], _DATE).replace(tzinfo=UTC).timestamp() if found else None
    except ValueError:
        return None


def copy_name(pattern: str, version: Version) -> str:
    """The name that a pattern with `{name}`, `{id}` and `{date}` gives the copies of a version."""
    words = {"{name}": version.name, "{id}": version.short_id, "{date}": version.date}
    for word, value in words.items():
        pattern = pattern.replace(word, value)
    return pattern


def regions_of(copies: Sequence[Copy]) -> tuple[str, ...]:
    """The regions of copies, each once."""
    return tuple(dict.fromkeys(one.region for one in copies))
