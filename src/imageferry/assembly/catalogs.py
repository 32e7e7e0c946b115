"""open_catalog: the installed resource types, for questions that need no cloud."""

from __future__ import annotations

from imageferry.ports import Catalog
from imageferry.resource_types.catalog import TypeCatalog


def open_catalog() -> Catalog:
    """The installed types, for questions that need no cloud."""
    return TypeCatalog(None)
