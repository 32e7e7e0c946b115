"""Regions: the socket through which the core asks what a region has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class RegionNames(NamedTuple):
    """A region, and what it is called in Chinese, English and Japanese."""

    region: str
    chinese: str
    english: str
    japanese: str


class Regions(Protocol):
    """The regions of one cloud and account."""

    async def zones(self, region: str) -> Sequence[str]:
        """The ids of a region's zones, sorted.

        Raises LookupError for a region that does not exist; what else goes wrong with the call is
        raised as it is.
        """
        ...

    def nearest(self, region: str) -> str | None:
        """The region that was probably meant by a word that is none; None where nobody can tell."""
        ...

    def published(self) -> Sequence[RegionNames]:
        """The regions that the cloud tells everybody of, with their names; none is asked for."""
        ...
