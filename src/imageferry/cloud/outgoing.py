"""Requests to addresses that callers give: to the very address that was checked, and no further."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

import aiohttp
from yarl import URL

from imageferry.cloud.targets import Address, Target

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a name; raises OSError where it has none."""

MOST_ADDRESSES: Final = 3
"""Addresses of one name that are tried, one after the other."""

# The second kind has the first ones among its own.
UNTRUSTED: Final = (aiohttp.ClientConnectorCertificateError, aiohttp.ClientConnectorSSLError)
UNREACHED: Final = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)

_CONNECT_TIME: Final = 5.0
_HEADERS: Final = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "imageferry"}


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One request, as it is made to each address of its target. `context` is for TLS alone."""

    method: str
    target: Target
    proxy: str | None
    context: ssl.SSLContext | None
    headers: Mapping[str, str]
    body: bytes | None = None


async def resolve_by_system(host: str, port: int) -> Sequence[str]:
    """The addresses of a name as this machine knows them; raises OSError."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


async def addresses_of(target: Target, resolve: Resolve) -> list[Address]:
    """Every address that a target stands for; raises OSError where its name is not known."""
    if target.address is not None:
        return [target.address]
    try:
        texts = await resolve(target.host, target.port)
        # What is left of a zone is a link-local address, which is refused.
        found = [ip_address(text.partition("%")[0]) for text in texts]
    except (UnicodeError, ValueError) as fault:
        raise OSError("the name is not known") from fault
    if not found:
        raise OSError("the name is not known")
    return found


@asynccontextmanager
async def asked(outgoing: Outgoing, host: str) -> AsyncIterator[aiohttp.ClientResponse]:
    """What a host answers, which is an address unless a proxy is to find that.

    No redirect is followed, no cookie kept, and the connection ends with the answer. Raises what
    aiohttp raises: UNTRUSTED and UNREACHED before anything was sent.
    """
    target = outgoing.target
    shown = f"[{host}]" if ":" in host else host
    url = URL(f"{target.scheme}://{shown}:{target.port}{target.wanted}", encoded=True)
    is_tls = target.scheme == "https"
    async with (
        aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(force_close=True, use_dns_cache=False),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_TIME),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
        ) as session,
        session.request(
            outgoing.method,
            url,
            data=outgoing.body,
            headers={**_HEADERS, **outgoing.headers, "Host": target.authority},
            proxy=outgoing.proxy,
            ssl=outgoing.context if is_tls and outgoing.context is not None else True,
            server_hostname=target.host if is_tls else None,
            allow_redirects=False,
        ) as response,
    ):
        yield response
