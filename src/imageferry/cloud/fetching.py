"""HttpFetcher: texts fetched from addresses that callers give, and from nowhere they must not reach."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from urllib.parse import urljoin

from imageferry.cloud.addresses import (
    MOST_ADDRESSES,
    Resolve,
    addresses_of,
    resolve_by_system,
    url_by,
)
from imageferry.cloud.targets import (
    Address,
    Target,
    check_address,
    check_host,
    parse_network,
    parse_rule,
    parse_target,
)
from imageferry.cloud.transport import (
    BROKEN_OFF,
    UNREACHED,
    UNTRUSTED,
    Outgoing,
    Response,
    asked,
    find_proxy,
    trusted,
)
from imageferry.ports.fetching import FetchRefused

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS: Final = 3
_DONE: Final = 200
_PIECE: Final = 64 * 1024


class HttpFetcher:
    """Gets what stands at a URL; called as `ports.fetching.Fetch`.

    Nothing is allowed that is not in `allowed_hosts`: `templates.example.com`, `*.example.com`, `*`
    for every host; each for the scheme's own port, unless one stands after a colon. A host that
    stands for an address outside of the public network is refused, unless that is in
    `private_allowed` (addresses and networks). The connection is made to the very address that was
    checked. Redirects are checked like the first address, three at most. `timeout` bounds a fetch as
    a whole, in seconds. Proxies and certificates are chosen by `environ`, as for calls to the cloud;
    through a proxy it is the proxy that finds the address of a name. Raises ValueError for a host or
    network that is none.
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

    async def __call__(self, url: str, most: int) -> bytes:
        """The bytes at a URL, at most so many; raises FetchRefused."""
        target = parse_target(url, self._schemes)
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
        check_host(target, self._rules)
        proxy = find_proxy(self._environ, target.scheme, target.authority)
        if proxy is not None and target.address is None:
            hosts = [target.host]
        else:
            hosts = [str(address) for address in await self._addresses(target)]
        for host in hosts:
            try:
                return await self._ask(target, host, most, proxy)
            except UNTRUSTED:
                raise _failed(target, "it cannot be trusted") from None
            except UNREACHED:
                continue
        raise _failed(target, "it cannot be reached")

    async def _addresses(self, target: Target) -> Sequence[Address]:
        """The addresses of a host, every one of them checked."""
        try:
            found = await addresses_of(target, self._resolve)
        except OSError:
            raise _failed(target, "its name is not known") from None
        for address in found:
            check_address(target, address, self._private)
        return found[:MOST_ADDRESSES]

    async def _ask(self, target: Target, host: str, most: int, proxy: str | None) -> bytes | Target:
        """One request to a host, which is an address unless a proxy is to find that."""
        is_tls = target.scheme == "https"
        outgoing = Outgoing(
            "GET",
            url_by(target, host),
            target.authority,
            target.host if is_tls else None,
            proxy,
            self._trusted() if is_tls else None,
            {},
        )
        try:
            async with asked(outgoing) as response:
                return await self._read(target, response, most)
        except (*UNTRUSTED, *UNREACHED):
            raise
        except BROKEN_OFF:
            raise _failed(target, "it broke off, or what it said is no HTTP") from None

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
            return parse_target(moved, self._schemes)
        except FetchRefused as refused:
            raise FetchRefused(
                f'"{target.authority}" leads on to another address, and {refused.message}',
                refused.remedy,
                is_forbidden=refused.is_forbidden,
            ) from None

    def _trusted(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = trusted(self._environ)
        return self._context


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
