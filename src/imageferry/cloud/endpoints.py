"""Endpoints: product and region to scheme and host, by the regional rule or one override."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final

ECS: Final = "ecs"
STS: Final = "sts"

_REGION = re.compile(r"[a-z]{2,}(?:-[a-z0-9]+)+\Z")
_HOST = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?\Z")

# The vendor's clients know these exceptions from the regional rule.
_EXCEPTIONS: Final = {(ECS, "cn-hangzhou"): "ecs-cn-hangzhou.aliyuncs.com"}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where requests go: `https`, `ecs.cn-beijing.aliyuncs.com`."""

    scheme: str
    host: str


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The address of every product and region; `override` takes the place of them all."""

    override: Endpoint | None = None

    def find(self, product: str, region: str) -> Endpoint:
        """The address of a product in a region; raises ValueError for what is no region id."""
        if self.override is not None:
            return self.override
        if not _REGION.match(region):
            raise ValueError(f'"{region}" is not a region id')
        host = _EXCEPTIONS.get((product, region), f"{product}.{region}.aliyuncs.com")
        return Endpoint("https", host)


def is_loopback(host: str) -> bool:
    """True for `localhost` and loopback addresses, with or without a port."""
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    name = name.strip("[]").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def parse_endpoint(text: str, *, plain_allowed: bool = False) -> Endpoint:
    """An override: `127.0.0.1:8080`, `http://localhost:8080`, `https://ecs.example.com`.

    Without a scheme it is http on loopback and https elsewhere. Raises ValueError for a path, for
    what is no host, and for http to another machine unless `plain_allowed` (an emulator's).
    """
    scheme, separator, rest = text.strip().partition("://")
    if not separator:
        scheme, rest = "", text.strip()
    host = rest.rstrip("/")
    if not _HOST.match(host) or scheme not in {"", "http", "https"}:
        raise ValueError(
            f'"{text}" is not an endpoint; write host, host:port, or http(s)://host:port'
        )
    loopback = is_loopback(host)
    if not scheme:
        scheme = "http" if loopback else "https"
    if scheme == "http" and not (loopback or plain_allowed):
        raise ValueError(
            f'"{text}" would send signed requests in clear; use https, or http to this machine only'
        )
    return Endpoint(scheme, host)
