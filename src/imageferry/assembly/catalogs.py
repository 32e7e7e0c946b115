"""open_catalog: the installed resource types, for questions that need no cloud."""

from __future__ import annotations

from collections.abc import Sequence

from imageferry.ports.types import Catalog
from imageferry.resource_types.installed import InstalledTypes
from imageferry.resource_types.packages.offers import Offered


def open_catalog() -> Catalog:
    """The installed types, built in or from packages, for questions that need no cloud."""
    return InstalledTypes(installed_offers)


def installed_offers() -> Sequence[Offered]:
    """What installed packages offer; nobody pays for looking who uses built-in types alone."""
    from imageferry.resource_types.packages import entry_points

    return entry_points.installed_offers()
