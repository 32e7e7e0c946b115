"""HttpPoster: notices posted to addresses that callers give, and to nowhere they must not reach."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from imageferry.cloud.addresses import (
    MOST_ADDRESSES,
    Resolve,
    addresses_of,
    resolve_by_system,
    url_by,
)
from imageferry.cloud.targets import (
    Target,
    is_reachable,
    parse_network,
    parse_rule,
    parse_target,
)
from imageferry.cloud.transport import (
    BROKEN_OFF,
    UNREACHED,
    UNTRUSTED,
    Outgoing,
    asked,
    find_proxy,
    trusted,
)
from imageferry.ports.fetching import FetchRefused
from imageferry.ports.posting import PostRefused

_TAKEN: Final = range(200, 300)
_HEADERS: Final = {"Content-Type": "application/json"}


class HttpPoster:
    """Posts JSON; used as `ports.posting.Poster`.

    Hosts, schemes, private addresses and proxies are chosen and checked as `cloud.fetching` does
    it. A redirect is followed nowhere: what is posted was meant for the address that was checked.
    What comes back is not read, but for its status. `timeout` bounds a post as a whole, in seconds.
    Raises ValueError for a host or network that is none.
    """

    def __init__(
        self,
        allowed_hosts: Iterable[str],
        allowed_schemes: Sequence[str] = ("https",),
        private_allowed: Iterable[str] = (),
        timeout: float = 10.0,
        environ: Mapping[str, str] | None = None,
        resolve: Resolve = resolve_by_system,
    ) -> None:
        self._rules = tuple(parse_rule(text) for text in allowed_hosts)
        self._schemes = tuple(scheme.lower() for scheme in allowed_schemes)
        self._private = tuple(parse_network(text) for text in private_allowed)
        self._timeout = timeout
        self._environ = environ or {}
        self._resolve = resolve
        self._context: ssl.SSLContext | None = None

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
        if not colon or scheme.lower() not in self._schemes:
            allowed = " or ".join(self._schemes)
            raise PostRefused(
                f"nothing is posted but by {allowed} here", f"give an address by {allowed}"
            )
        try:
            target = parse_target(url, self._schemes)
        except FetchRefused as refused:
            raise PostRefused(refused.message, refused.remedy) from None
        if not any(rule.admits(target) for rule in self._rules):
            raise PostRefused(
                f'nothing is posted to "{target.authority}" here: the host is not allowed',
                "have whoever serves allow it by --notify-host",
            )
        return target

    async def _posted(self, target: Target, body: bytes) -> None:
        proxy = find_proxy(self._environ, target.scheme, target.authority)
        if proxy is not None and target.address is None:
            hosts = [target.host]
        else:
            hosts = await self._hosts(target)
        context = self._trusted() if target.scheme == "https" else None
        server_name = target.host if target.scheme == "https" else None
        for host in hosts:
            url = url_by(target, host)
            outgoing = Outgoing(
                "POST", url, target.authority, server_name, proxy, context, _HEADERS, body
            )
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
        """The addresses of a target, every one of them checked."""
        try:
            found = await addresses_of(target, self._resolve)
        except OSError:
            raise _failed(target, "its name is not known") from None
        if not all(is_reachable(address, self._private) for address in found):
            raise PostRefused(
                f'nothing is posted to "{target.authority}" here: it stands for an address that '
                "is not of the public network",
                "have whoever serves allow that by --notify-private",
            )
        return [str(address) for address in found[:MOST_ADDRESSES]]

    def _trusted(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = trusted(self._environ)
        return self._context


def _failed(target: Target, why: str) -> PostRefused:
    return PostRefused(f'nothing was taken by "{target.authority}": {why}', "check the address")
