"""imageferry: golden images, declared once, carried to every region; the names for scripts and authors of types."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, Final

from imageferry.version import VERSION

# Each public name and the room it lives in. A room is loaded when a name of it is first used, so
# that the command line does not pay for what only scripts and authors of resource types need.
_PUBLIC: Final[Mapping[str, str]] = {
    "Action": "cloud.client",
    "Adopter": "ports.traces",
    "Against": "model.verdicts",
    "AsyncEngine": "scripting.engine",
    "AsyncRun": "scripting.running",
    "AuthError": "scripting.faults",
    "Candidate": "ports.traces",
    "Catalog": "ports.types",
    "Check": "ports.types",
    "Client": "cloud.client",
    "CloudError": "cloud.errors",
    "CloudUnreachable": "scripting.faults",
    "Comparison": "model.verdicts",
    "DeployError": "scripting.faults",
    "Done": "model.handlers",
    "Doubt": "model.forecasts",
    "DriftReport": "scripting.values",
    "DriftedProperty": "scripting.values",
    "DriftedResource": "scripting.values",
    "Ending": "scripting.values",
    "Engine": "scripting.blocking",
    "EngineError": "scripting.faults",
    "ErrorCode": "model.handlers",
    "Failed": "model.handlers",
    "Failure": "scripting.values",
    "Forecast": "model.forecasts",
    "Foresight": "ports.foresight",
    "Handler": "ports.types",
    "HandlerAction": "model.handlers",
    "HandlerRequest": "model.handlers",
    "Inspection": "ports.traces",
    "LINEAGE_KEY": "resource_types.handling.lineages",
    "LockedError": "scripting.faults",
    "Objection": "model.forecasts",
    "Outcome": "model.handlers",
    "PartialFailure": "scripting.faults",
    "Pending": "model.handlers",
    "Plan": "scripting.values",
    "PlannedChange": "scripting.values",
    "Problem": "model.schemas",
    "PropertyPlan": "scripting.values",
    "Proposal": "model.forecasts",
    "QuotaError": "scripting.faults",
    "RegionResult": "scripting.values",
    "RequestError": "scripting.faults",
    "Resource": "model.stacks",
    "ResourceReport": "scripting.values",
    "ResourceSchema": "model.schemas",
    "ResourceType": "ports.types",
    "Result": "scripting.values",
    "Route": "ports.types",
    "Run": "scripting.blocking",
    "Secret": "model.values",
    "SettingError": "scripting.faults",
    "Sight": "model.forecasts",
    "StackEvent": "scripting.values",
    "StackNotFound": "scripting.faults",
    "StackReport": "scripting.values",
    "StorageError": "scripting.faults",
    "Symptom": "model.handlers",
    "TemplateError": "scripting.faults",
    "TraceTrouble": "ports.traces",
    "TypeOffer": "ports.types",
    "UNKNOWN": "model.values",
    "UnknownOutcome": "scripting.faults",
    "Value": "model.values",
    "Verdict": "model.verdicts",
    "Verifier": "ports.types",
    "again": "resource_types.handling.faults",
    "changed_notes": "resource_types.handling.notes",
    "failed": "resource_types.handling.faults",
    "flag_of": "resource_types.handling.properties",
    "handler_code": "cloud.errors",
    "lineage": "resource_types.handling.lineages",
    "listed": "cloud.client",
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
