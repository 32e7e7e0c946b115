"""Regions: the socket through which the core asks what a region has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


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
