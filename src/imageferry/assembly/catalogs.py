"""open_catalog: the installed resource types, for questions that need no cloud."""

from __future__ import annotations

from imageferry.ports.types import Catalog
from imageferry.resource_types.installed import InstalledTypes


def open_catalog() -> Catalog:
    """The installed types, for questions that need no cloud."""
    return InstalledTypes()
