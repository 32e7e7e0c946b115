"""Outlet: which of the addresses that callers give may be asked from here, and by which way."""

from __future__ import annotations

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
from imageferry.cloud.targets import Target, is_reachable, parse_network, parse_rule, parse_target
from imageferry.cloud.transport import Outgoing, find_proxy, trusted


class NotPublic(Exception):
    """A host stands for an address that is not of the public network, nor allowed."""


class Outlet:
    """Hosts, schemes and private addresses that are allowed, and how what is allowed is reached.

    Nothing is allowed that is not in `allowed_hosts`: `templates.example.com`, `*.example.com`, `*`
    for every host; each for the scheme's own port, unless one stands after a colon. A host that
    stands for an address outside of the public network is refused, unless that is in
    `private_allowed` (addresses and networks). The connection is made to the very address that was
    checked. Proxies and certificates are chosen by `environ`, as for calls to the cloud; through a
    proxy it is the proxy that finds the address of a name. Raises ValueError for a host or network
    that is none.
    """

    def __init__(
        self,
        allowed_hosts: Iterable[str],
        allowed_schemes: Sequence[str] = ("https",),
        private_allowed: Iterable[str] = (),
        environ: Mapping[str, str] | None = None,
        resolve: Resolve = resolve_by_system,
    ) -> None:
        self.schemes: Final = tuple(scheme.lower() for scheme in allowed_schemes)
        self._rules = tuple(parse_rule(text) for text in allowed_hosts)
        self._private = tuple(parse_network(text) for text in private_allowed)
        self._environ = environ or {}
        self._resolve = resolve
        self._context: ssl.SSLContext | None = None

    def target(self, url: str) -> Target:
        """What a URL asks for; raises FetchRefused for what is none, or of another scheme."""
        return parse_target(url, self.schemes)

    def admits(self, target: Target) -> bool:
        """True where the host is one of those allowed."""
        return any(rule.admits(target) for rule in self._rules)

    async def hosts_of(self, target: Target) -> list[str]:
        """By what it is asked, to be tried in turn: its addresses, every one of them checked.

        Through a proxy it is the name. Raises OSError where that is not known, and NotPublic.
        """
        if target.address is None and self._proxy(target) is not None:
            return [target.host]
        found = await addresses_of(target, self._resolve)
        if not all(is_reachable(address, self._private) for address in found):
            raise NotPublic(target.authority)
        return [str(address) for address in found[:MOST_ADDRESSES]]

    def outgoing(
        self,
        method: str,
        target: Target,
        host: str,
        headers: Mapping[str, str],
        body: bytes | None = None,
    ) -> Outgoing:
        """A request to a target by one of its hosts."""
        is_tls = target.scheme == "https"
        return Outgoing(
            method,
            url_by(target, host),
            target.authority,
            target.host if is_tls else None,
            self._proxy(target),
            self._trusted() if is_tls else None,
            headers,
            body,
        )

    def _proxy(self, target: Target) -> str | None:
        return find_proxy(self._environ, target.scheme, target.authority)

    def _trusted(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = trusted(self._environ)
        return self._context
