"""The addresses that a target stands for, and the URL by which one of them is asked."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import ip_address
from typing import Final

from imageferry.cloud.targets import Address, Target

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a name; raises OSError where it has none."""

MOST_ADDRESSES: Final = 3
"""Addresses of one name that are tried, one after the other."""


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


def url_by(target: Target, host: str) -> str:
    """The target's URL by one of its addresses (or by its name, where a proxy is to find that)."""
    shown = f"[{host}]" if ":" in host else host
    return f"{target.scheme}://{shown}:{target.port}{target.wanted}"
