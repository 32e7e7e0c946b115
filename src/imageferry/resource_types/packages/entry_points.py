"""The entry points of installed packages: which resource types they offer, looked up once."""

from __future__ import annotations

from functools import lru_cache
from importlib import metadata
from typing import Final

from imageferry.ports.types import Package
from imageferry.resource_types.packages.offers import Offered

GROUP: Final = "imageferry.resource_types"
"""The group of entry points: the name is a type's name, the value `package.module:OFFER`."""


@lru_cache(maxsize=1)
def installed_offers() -> tuple[Offered, ...]:
    """Every entry point of the group, by type name and package; none is loaded."""
    found = []
    for entry in metadata.entry_points(group=GROUP):
        said = f"{entry.name} = {entry.value}"
        package = Package("an unknown package", "", said)
        if entry.dist is not None:
            package = Package(entry.dist.name, entry.dist.version, said)
        found.append(Offered(entry.name, package, entry.load))
    return tuple(sorted(found, key=lambda one: (one.type_name, one.package)))
