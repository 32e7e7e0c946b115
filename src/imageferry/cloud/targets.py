"""Targets: what an address that a caller gives stands for, and whether it may be asked from here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Final
from urllib.parse import parse_qs, urlsplit

from imageferry.ports.fetching import FetchRefused

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_LONGEST_URL: Final = 5120
_PORTS: Final = {"https": 443, "http": 80}
_GOOD_URL: Final = re.compile(r"[!-~]+")
_NAME: Final = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*"
)
# WHATWG URL, "ends in a number": such a host is an IPv4 address to many programs, in whatever form.
_NUMBER: Final = re.compile(r"(.*\.)?([0-9]+|0x[0-9a-f]*)")
_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_REGION: Final = re.compile(r"[a-z]{2,}(-[a-z0-9]+){1,4}")

# IANA, "IPv4 Special-Purpose Address Registry", and what is multicast or reserved.
_SPECIAL: Final = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.31.196.0/24",
            "192.52.193.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "192.175.48.0/24",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/3",
        ),
    )
)
# IANA, "IPv6 Special-Purpose Address Registry": of all there is only 2000::/3 is given out, and in
# it are protocols' own ranges (Teredo among them), documentation, and IPv4 inside of 6to4.
_GIVEN_OUT: Final = ip_network("2000::/3")
_SPECIAL_6: Final = tuple(
    map(ip_network, ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"))
)
# RFC 6052: what a network without IPv4 writes for it.
_TRANSLATED: Final = ip_network("64:ff9b::/96")

# Where clouds give credentials to machines: never asked, whatever else is allowed.
_CREDENTIALS: Final = frozenset(
    map(ip_address, ("100.100.100.200", "169.254.169.254", "169.254.170.2", "fd00:ec2::254"))
)


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked: `host` is a name in lower case, or an address without brackets.

    `query` may hold secrets: it is never shown.
    """

    scheme: str
    host: str
    port: int
    path: str
    query: str = ""

    @property
    def address(self) -> Address | None:
        """The address, where the host is one."""
        try:
            return ip_address(self.host)
        except ValueError:
            return None

    @property
    def authority(self) -> str:
        """Host and port as the header `Host` has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def wanted(self) -> str:
        """Path and query as they are asked for."""
        return f"{self.path}?{self.query}" if self.query else self.path


@dataclass(frozen=True, slots=True)
class HostRule:
    """Hosts that may be asked: one, or with `*.` before it all below it, or `*` for every one.

    `port` None is the scheme's own.
    """

    host: str
    port: int | None = None

    def admits(self, target: Target) -> bool:
        """True where the target's host and port are meant."""
        if target.port != (self.port or _PORTS[target.scheme]):
            return False
        if self.host == "*":
            return True
        if self.host.startswith("*."):
            return target.address is None and target.host.endswith(self.host[1:])
        return target.host == self.host


def parse_rule(text: str) -> HostRule:
    """A rule such as `templates.example.com`, `*.example.com`, `[2001:db8::1]:8443`.

    Raises ValueError in words.
    """
    host, port = text.strip().lower(), None
    if (found := re.fullmatch(r"(\[[^\]]*\]|[^:\[\]]*):([0-9]{1,5})", host)) is not None:
        host, port = found[1], int(found[2])
        if not 0 < port < 65536:
            raise ValueError(f'"{text}" has no port that there is')
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if bare == "*":
        return HostRule(bare, port)
    name = bare.removeprefix("*.")
    if not (_NAME.fullmatch(name) or _is_address(bare)):
        raise ValueError(
            f'"{text}" is no host; write templates.example.com, *.example.com, '
            "or one with its port after a colon"
        )
    return HostRule(str(ip_address(bare)) if _is_address(bare) else bare, port)


def parse_network(text: str) -> Network:
    """Private addresses that are allowed, such as `10.1.0.0/16`; raises ValueError in words."""
    try:
        return ip_network(text.strip())
    except ValueError:
        raise ValueError(
            f'"{text}" is no address or network; write 10.1.2.3 or 10.1.0.0/16'
        ) from None


def parse_target(url: str, schemes: Sequence[str]) -> Target:
    """What a URL asks for; raises FetchRefused for what is none, or not of the schemes.

    `oss://bucket/object?RegionId=cn-hangzhou` becomes the https address of the object.
    """
    if len(url) > _LONGEST_URL or not _GOOD_URL.fullmatch(url) or "\\" in url:
        raise FetchRefused(
            "the address is no URL, or too long",
            f"write what is no letter, digit or sign of a URL as %XX, and {_LONGEST_URL} "
            "characters at most",
        )
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").lower()
    except ValueError:
        raise FetchRefused("the address is no URL", "check host and port") from None
    scheme = parts.scheme.lower()
    if scheme == "oss":
        return _object(parts.netloc, parts.path, parts.query, schemes)
    _check_scheme(scheme, schemes)
    if "@" in parts.netloc:
        raise FetchRefused(
            "the address holds a user's name or a password",
            "leave out what stands before the @",
            is_forbidden=True,
        )
    if port == 0:
        raise FetchRefused("the address names no port that there is", "leave the port out")
    return Target(
        scheme, _checked_host(host), port or _PORTS[scheme], parts.path or "/", parts.query
    )


def is_reachable(address: Address, private_allowed: Iterable[Network]) -> bool:
    """True for an address of the public network, or a private one that is allowed.

    Never for those where a machine of a cloud asks for its own credentials.
    """
    meant = _inner(address)
    return meant not in _CREDENTIALS and (
        _is_public(meant) or any(meant in network for network in private_allowed)
    )


def _check_scheme(scheme: str, schemes: Sequence[str]) -> None:
    if scheme in schemes and scheme in _PORTS:
        return
    if scheme == "s3":
        remedy = "give its address by https, such as https://bucket.s3.us-east-1.amazonaws.com/key"
    else:
        remedy = f"give an address by {' or '.join(schemes)}"
    shown = scheme if re.fullmatch(r"[a-z][a-z0-9+.-]{0,31}", scheme) else ""
    said = f'addresses by "{shown}"' if shown else "addresses without a scheme"
    raise FetchRefused(f"{said} are not fetched here", remedy, is_forbidden=True)


def _checked_host(host: str) -> str:
    if _is_address(host):
        return str(ip_address(host))
    name = host.removesuffix(".")
    if _NUMBER.fullmatch(name):
        raise FetchRefused(
            "the host is an address in a form that not everybody reads alike",
            "write it as four numbers with dots, or as a name",
            is_forbidden=True,
        )
    if not _NAME.fullmatch(name):
        raise FetchRefused(
            "the host of the address is none",
            "a name has letters, digits, dots and hyphens; write others in their ASCII form (xn--)",
        )
    return name


def _object(bucket: str, path: str, query: str, schemes: Sequence[str]) -> Target:
    """An object of Alibaba Cloud's OSS, as ROS reference, CreateStack, TemplateURL names it."""
    _check_scheme("https", schemes)
    region = (parse_qs(query).get("RegionId") or [""])[-1]
    if not _BUCKET.fullmatch(bucket) or not path.strip("/"):
        raise FetchRefused(
            "the address names no object of OSS",
            "write oss://bucket/object?RegionId=cn-hangzhou",
        )
    if not _REGION.fullmatch(region):
        raise FetchRefused(
            f'the address does not say in which region the bucket "{bucket}" is',
            "add ?RegionId=cn-hangzhou, or give its address by https",
        )
    return Target("https", f"{bucket}.oss-{region}.aliyuncs.com", 443, path)


def _is_address(host: str) -> bool:
    if "%" in host:
        # A zone is one of this machine, and of no public network.
        return False
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _TRANSLATED:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _SPECIAL)
    return address in _GIVEN_OUT and not any(address in network for network in _SPECIAL_6)
