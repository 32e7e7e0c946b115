"""Paces: the socket behind which processes share how fast the cloud may be called."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from imageferry.model.paces import Demand, Grant


class Paces(Protocol):
    """The pace of every key (account, region, action) that is limited.

    Raises StoreError where what is shared cannot be reached.
    """

    async def lease(self, key: str, demand: Demand, now: float) -> Grant:
        """Calls for one second, as `model.paces.lent` decides (`now` in seconds since 1970)."""
        ...

    async def known(self) -> Collection[str]:
        """The keys that somebody has found to be limited."""
        ...
