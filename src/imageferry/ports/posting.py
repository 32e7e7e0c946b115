"""Poster: the socket through which notices are posted to the addresses that callers give."""

from __future__ import annotations

from typing import Protocol


class PostRefused(Exception):
    """Nothing is posted to an address, or it was not taken there.

    `message` says what and why, without secrets of the address.
    """

    def __init__(self, message: str, remedy: str = "") -> None:
        self.message = message
        self.remedy = remedy
        super().__init__(message)


class Poster(Protocol):
    """Posts JSON to addresses that are allowed."""

    def check(self, url: str) -> str:
        """Host and port as they may be shown; raises PostRefused where nothing is posted there."""
        ...

    async def post(self, url: str, body: bytes) -> None:
        """Post it once; raises PostRefused unless it was taken (any status from 200 to 299)."""
        ...
