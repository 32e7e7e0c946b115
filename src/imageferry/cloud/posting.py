"""HttpPoster: notices posted to addresses that callers give, and to nowhere they must not reach."""

from __future__ import annotations

import asyncio
from typing import Final

from imageferry.cloud.outlets import NotPublic, Outlet
from imageferry.cloud.targets import Target
from imageferry.cloud.transport import BROKEN_OFF, UNREACHED, UNTRUSTED, asked
from imageferry.ports.fetching import FetchRefused
from imageferry.ports.posting import PostRefused

_TAKEN: Final = range(200, 300)
_HEADERS: Final = {"Content-Type": "application/json"}


class HttpPoster:
    """Posts JSON to what its outlet allows; used as `ports.posting.Poster`.

    A redirect is followed nowhere: what is posted was meant for the address that was checked.
    What comes back is not read, but for its status. `timeout` bounds a post as a whole, in seconds.
    """

    def __init__(self, outlet: Outlet, timeout: float = 10.0) -> None:
        self._outlet = outlet
        self._timeout = timeout

    def check(self, url: str) -> str:
        """Host and port as they may be shown; raises PostRefused where nothing is posted there."""
        return self._target(url).authority

    async def post(self, url: str, body: bytes) -> None:
        """Post it once; raises PostRefused unless it was taken (any status from 200 to 299)."""
        target = self._target(url)
        try:
            async with asyncio.timeout(self._timeout):
                await self._posted(target, body)
        except TimeoutError:
            raise _failed(target, f"it took longer than {self._timeout:g} s") from None

    def _target(self, url: str) -> Target:
        scheme, colon, _ = url.partition(":")
        if not colon or scheme.lower() not in self._outlet.schemes:
            allowed = " or ".join(self._outlet.schemes)
            raise PostRefused(
                f"nothing is posted but by {allowed} here", f"give an address by {allowed}"
            )
        try:
            target = self._outlet.target(url)
        except FetchRefused as refused:
            raise PostRefused(refused.message, refused.remedy) from None
        if not self._outlet.admits(target):
            raise PostRefused(
                f'nothing is posted to "{target.authority}" here: the host is not allowed',
                "have whoever serves allow it by --notify-host",
            )
        return target

    async def _posted(self, target: Target, body: bytes) -> None:
        for host in await self._hosts(target):
            outgoing = self._outlet.outgoing("POST", target, host, _HEADERS, body)
            try:
                async with asked(outgoing) as response:
                    status = response.status
            except UNTRUSTED:
                raise _failed(target, "it cannot be trusted") from None
            except UNREACHED:
                continue
            except BROKEN_OFF:
                raise _failed(target, "it broke off, or what it said is no HTTP") from None
            if status not in _TAKEN:
                raise _failed(target, f"it answered with status {status}")
            return
        raise _failed(target, "it cannot be reached")

    async def _hosts(self, target: Target) -> list[str]:
        try:
            return await self._outlet.hosts_of(target)
        except OSError:
            raise _failed(target, "its name is not known") from None
        except NotPublic:
            raise PostRefused(
                f'nothing is posted to "{target.authority}" here: it stands for an address that '
                "is not of the public network",
                "have whoever serves allow that by --notify-private",
            ) from None


def _failed(target: Target, why: str) -> PostRefused:
    return PostRefused(f'nothing was taken by "{target.authority}": {why}', "check the address")
