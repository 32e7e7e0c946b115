"""Rates, network_of: how many requests each key, or each address, may send: token buckets."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv6Address

_LARGEST = 10_000


def network_of(source: str) -> str:
    """Whose address it is: of IPv6 everybody has a network of 64 bits to choose one from."""
    if ":" not in source:
        return source
    try:
        address = IPv6Address(source.partition("%")[0])
    except ValueError:
        return source
    return str(address.ipv4_mapped or IPv6Address(int(address) >> 64 << 64))


@dataclass(slots=True)
class Rates:
    """A bucket for each name, of `burst` requests, filled with `per_second` more.

    A bucket that nobody has touched is full and takes no room. Zero `per_second` is no limit.
    """

    per_second: float
    burst: float
    _buckets: dict[str, tuple[float, float]] = field(default_factory=dict, repr=False)

    def take(self, name: str, moment: float, weight: float = 1.0) -> bool:
        """Take one of a name's requests; False where none is left. `moment` never goes back.

        One of more `weight` than is left is taken all the same, and those after it wait for longer.
        """
        if self.per_second <= 0:
            return True
        left = self._left(name, moment)
        if left < 1:
            return False
        if name not in self._buckets and len(self._buckets) >= _LARGEST:
            self._drop_full(moment)
        self._buckets.pop(name, None)
        self._buckets[name] = (left - weight, moment)
        return True

    def has_some(self, name: str, moment: float) -> bool:
        """Whether `take` would take one."""
        return self.per_second <= 0 or self._left(name, moment) >= 1

    def _left(self, name: str, moment: float) -> float:
        left, since = self._buckets.get(name, (self.burst, moment))
        return min(self.burst, left + (moment - since) * self.per_second)

    def _drop_full(self, moment: float) -> None:
        """Forget those that are full again, and the longest untouched where that is not enough."""
        full = [name for name in self._buckets if self._left(name, moment) >= self.burst]
        for name in full or list(self._buckets)[: _LARGEST // 10]:
            del self._buckets[name]
