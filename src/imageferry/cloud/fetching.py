"""HttpFetcher: texts fetched from addresses that callers give, and from nowhere they must not reach."""

from __future__ import annotations

import asyncio
from typing import Final
from urllib.parse import urljoin

from imageferry.cloud.outlets import NotPublic, Outlet
from imageferry.cloud.targets import Target
from imageferry.cloud.transport import BROKEN_OFF, UNREACHED, UNTRUSTED, Response, asked
from imageferry.ports.fetching import FetchRefused

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS: Final = 3
_DONE: Final = 200
_PIECE: Final = 64 * 1024


class HttpFetcher:
    """Gets what stands at a URL that its outlet allows; called as `ports.fetching.Fetch`.

    Redirects are checked like the first address, three at most. `timeout` bounds a fetch as a
    whole, in seconds.
    """

    def __init__(self, outlet: Outlet, timeout: float = 10.0) -> None:
        self._outlet = outlet
        self._timeout = timeout

    async def __call__(self, url: str, most: int) -> bytes:
        """The bytes at a URL, at most so many; raises FetchRefused."""
        target = self._outlet.target(url)
        try:
            async with asyncio.timeout(self._timeout):
                return await self._follow(target, most)
        except TimeoutError:
            raise FetchRefused(
                f'"{target.authority}" took longer than {self._timeout:g} s',
                "try again, or give the text itself",
            ) from None

    async def _follow(self, target: Target, most: int) -> bytes:
        for _ in range(_MOST_REDIRECTS + 1):
            found = await self._get(target, most)
            if isinstance(found, bytes):
                return found
            target = found
        raise FetchRefused(
            f'"{target.authority}" was reached by more than {_MOST_REDIRECTS} redirects',
            "give the address at which they end",
        )

    async def _get(self, target: Target, most: int) -> bytes | Target:
        """What stands there, or where that says it stands."""
        if not self._outlet.admits(target):
            raise FetchRefused(
                f'nothing is fetched from "{target.authority}" here: the host is not allowed',
                "give the text itself, or have whoever serves allow the host",
                is_forbidden=True,
            )
        for host in await self._hosts(target):
            try:
                async with asked(self._outlet.outgoing("GET", target, host, {})) as response:
                    return await self._read(target, response, most)
            except UNTRUSTED:
                raise _failed(target, "it cannot be trusted") from None
            except UNREACHED:
                continue
            except BROKEN_OFF:
                raise _failed(target, "it broke off, or what it said is no HTTP") from None
        raise _failed(target, "it cannot be reached")

    async def _hosts(self, target: Target) -> list[str]:
        try:
            return await self._outlet.hosts_of(target)
        except OSError:
            raise _failed(target, "its name is not known") from None
        except NotPublic:
            raise FetchRefused(
                f'nothing is fetched from "{target.authority}" here: it stands for an address that '
                "is not of the public network",
                "give the text itself, or put it where everybody may read it",
                is_forbidden=True,
            ) from None

    async def _read(self, target: Target, response: Response, most: int) -> bytes | Target:
        if response.status in _REDIRECTS:
            return self._moved(target, response.headers.get("Location", ""))
        if response.status != _DONE:
            raise _failed(target, f"it answered with status {response.status}")
        encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
        if encoding != "identity":
            raise _failed(target, "it answered in a compressed form, which was not asked for")
        if (response.content_length or 0) > most:
            raise _too_large(target, most)
        found = bytearray()
        async for piece in response.content.iter_chunked(_PIECE):
            found += piece
            if len(found) > most:
                raise _too_large(target, most)
        return bytes(found)

    def _moved(self, target: Target, location: str) -> Target:
        """Where a redirect leads; the caller checks it like any other."""
        if not location:
            raise _failed(target, "it leads on without saying where")
        base = f"{target.scheme}://{target.authority}{target.path}"
        try:
            moved = urljoin(base, location)
        except ValueError:
            raise _failed(target, "it leads on to what is no URL") from None
        try:
            return self._outlet.target(moved)
        except FetchRefused as refused:
            raise FetchRefused(
                f'"{target.authority}" leads on to another address, and {refused.message}',
                refused.remedy,
                is_forbidden=refused.is_forbidden,
            ) from None


def _failed(target: Target, why: str) -> FetchRefused:
    return FetchRefused(
        f'nothing could be fetched from "{target.authority}": {why}',
        "check the address, or give the text itself",
    )


def _too_large(target: Target, most: int) -> FetchRefused:
    return FetchRefused(
        f'what "{target.authority}" gives is larger than {most} bytes',
        "give what is smaller",
    )
