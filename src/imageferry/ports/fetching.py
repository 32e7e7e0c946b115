"""Fetch: the socket through which templates and policies are fetched from addresses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable


class FetchRefused(Exception):
    """What stands at an address is not fetched, or could not be.

    `message` says what and why, without secrets of the address. `is_forbidden`: scheme, host or
    the address it stands for are not allowed here; otherwise it did not answer as it should.
    """

    def __init__(self, message: str, remedy: str = "", *, is_forbidden: bool = False) -> None:
        self.message = message
        self.remedy = remedy
        self.is_forbidden = is_forbidden
        super().__init__(message)


Fetch = Callable[[str, int], Awaitable[bytes]]
"""The bytes at a URL, at most so many; raises FetchRefused."""
