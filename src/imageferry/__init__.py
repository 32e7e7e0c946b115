"""imageferry: golden images, declared once, carried to every region; the names for authors of types."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, Final

from imageferry.version import VERSION

# Each public name and the room it lives in. A room is loaded when a name of it is first used, so
# that the command line does not pay for what only authors of resource types need.
_PUBLIC: Final[Mapping[str, str]] = {
    "Catalog": "ports.types",
    "Check": "ports.types",
    "Done": "model.handlers",
    "ErrorCode": "model.handlers",
    "Failed": "model.handlers",
    "Handler": "ports.types",
    "HandlerAction": "model.handlers",
    "HandlerRequest": "model.handlers",
    "Outcome": "model.handlers",
    "Pending": "model.handlers",
    "Problem": "model.schemas",
    "ResourceSchema": "model.schemas",
    "ResourceType": "ports.types",
    "Secret": "model.values",
    "UNKNOWN": "model.values",
    "Value": "model.values",
    "schema_from_json": "model.schemas",
}

__version__ = VERSION
__all__ = ["__version__", *sorted(_PUBLIC)]


def __getattr__(name: str) -> Any:
    """A public name, from the room it lives in."""
    room = _PUBLIC.get(name)
    if room is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{room}"), name)


def __dir__() -> list[str]:
    """The public names."""
    return list(__all__)
