"""imageferry: golden images, declared once, carried to every region; the names for authors of types."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, Final

from imageferry.version import VERSION

# Each public name and the room it lives in. A room is loaded when a name of it is first used, so
# that the command line does not pay for what only authors of resource types need.
_PUBLIC: Final[Mapping[str, str]] = {
    "Action": "cloud.client",
    "Adopter": "ports.traces",
    "Against": "model.verdicts",
    "Candidate": "ports.traces",
    "Catalog": "ports.types",
    "Check": "ports.types",
    "Client": "cloud.client",
    "CloudError": "cloud.errors",
    "Comparison": "model.verdicts",
    "Done": "model.handlers",
    "Doubt": "model.forecasts",
    "ErrorCode": "model.handlers",
    "Failed": "model.handlers",
    "Forecast": "model.forecasts",
    "Foresight": "ports.foresight",
    "Handler": "ports.types",
    "HandlerAction": "model.handlers",
    "HandlerRequest": "model.handlers",
    "Inspection": "ports.traces",
    "LINEAGE_KEY": "resource_types.handling.lineages",
    "Objection": "model.forecasts",
    "Outcome": "model.handlers",
    "Pending": "model.handlers",
    "Problem": "model.schemas",
    "Proposal": "model.forecasts",
    "Resource": "model.stacks",
    "ResourceSchema": "model.schemas",
    "ResourceType": "ports.types",
    "Route": "ports.types",
    "Secret": "model.values",
    "Sight": "model.forecasts",
    "Symptom": "model.handlers",
    "TraceTrouble": "ports.traces",
    "TypeOffer": "ports.types",
    "UNKNOWN": "model.values",
    "Value": "model.values",
    "Verdict": "model.verdicts",
    "Verifier": "ports.types",
    "again": "resource_types.handling.faults",
    "changed_notes": "resource_types.handling.notes",
    "failed": "resource_types.handling.faults",
    "flag_of": "resource_types.handling.properties",
    "handler_code": "cloud.errors",
    "listed": "cloud.client",
    "lineage": "resource_types.handling.lineages",
    "noted_lineage": "resource_types.handling.lineages",
    "schema_from_json": "model.schemas",
    "tags_of": "resource_types.handling.properties",
    "text_note": "resource_types.handling.notes",
    "text_of": "resource_types.handling.properties",
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
