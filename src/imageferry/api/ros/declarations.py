"""What a template declares, in ROS's shapes: its parameters, outputs, resources and types."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from imageferry.api.ros.names import HIDDEN, LANGUAGE
from imageferry.control.desk import Desk
from imageferry.control.summaries import summarise
from imageferry.model.diagnostics import TemplateError
from imageferry.model.templates import Parameter, Template
from imageferry.model.values import Json, Value, mask
from imageferry.ports.types import Catalog

VERSIONS: Final[Mapping[str, str]] = {LANGUAGE: "2015-09-01", "cloudformation": "2010-09-09"}
"""The one version of each language (the references of both, template structure)."""

_JSON: Final = b"Json"
_DATA_SOURCE: Final = "DATASOURCE::"


def parameters_declared(template: Template) -> list[Json]:
    """Each declaration, with the parameter's name as ParameterKey."""
    return [_parameter(one) for one in template.parameters.values()]


def _parameter(one: Parameter) -> dict[str, Json]:
    declared: dict[str, Json] = {
        "ParameterKey": one.name,
        "Type": one.type_name,
        "NoEcho": "true" if one.no_echo else "false",
    }
    optional: Mapping[str, Json] = {
        "Description": one.description or None,
        "Label": one.label or None,
        "ConstraintDescription": one.constraint_description or None,
        "AllowedPattern": one.allowed_pattern,
        "MinLength": one.min_length,
        "MaxLength": one.max_length,
        "MinValue": one.min_value,
        "MaxValue": one.max_value,
        "AllowedValues": None
        if one.allowed_values is None
        else [mask(value) for value in one.allowed_values],
    }
    if one.has_default:
        declared["Default"] = HIDDEN if one.no_echo else mask(one.default)
    told = {name: value for name, value in optional.items() if value is not None}
    return {**declared, **told, **dict(one.hints)}


async def list_parameters(
    desk: Desk, source: bytes, region: str, parameters: Mapping[str, Value]
) -> frozenset[str]:
    """Which of the parameters are lists by their type; the others' lists are values of JSON."""
    names = frozenset(name for name, value in parameters.items() if isinstance(value, list | tuple))
    if not names or _JSON not in source:
        return names

    def read() -> frozenset[str]:
        try:
            found = summarise(desk, source, region, parameters, is_strict=False).template
        except TemplateError:
            return frozenset()
        declared = found.parameters.values()
        return names.intersection(one.name for one in declared if one.kind != "json")

    return await desk.asides(source, read)


def outputs_declared(template: Template) -> list[Json]:
    """Each output, as ValidateTemplate has it."""
    return [
        {
            "OutputKey": one.name,
            "Description": one.description or "No description given",
            "Label": one.label,
        }
        for one in template.outputs.values()
    ]


def resources_declared(template: Template) -> list[Json]:
    """Each resource, `Name[*]` for one that is counted."""
    return [
        {
            "LogicalResourceIdPattern": name if one.count is None else f"{name}[*]",
            "ResourcePath": name,
            "ResourceType": one.type_name,
        }
        for name, one in template.resources.items()
    ]


def types_declared(template: Template) -> dict[str, list[Json]]:
    """The types of the resources, and of what only reads."""
    names = dict.fromkeys(one.type_name for one in template.resources.values())
    return {
        "Resources": [name for name in names if not name.startswith(_DATA_SOURCE)],
        "DataSources": [name for name in names if name.startswith(_DATA_SOURCE)],
    }


def identifiers_declared(template: Template, catalog: Catalog) -> list[Json]:
    """By type that can be imported, the names of its identifier and its resources."""
    found: dict[str, list[Json]] = {}
    for name, one in template.resources.items():
        known = catalog.find(one.type_name)
        if known is not None and known.adopter is not None:
            found.setdefault(one.type_name, []).append(name)
    return [
        {"ResourceType": kind, "ResourceIdentifiers": ["ImageId"], "LogicalResourceIds": names}
        for kind, names in found.items()
    ]


def metadata_declared(template: Template) -> dict[str, Json]:
    """The metadata, where it is a map of plain values."""
    metadata = template.metadata
    return dict(metadata) if isinstance(metadata, Mapping) else {}


def as_text(value: Json) -> str:
    """A value as JSON text."""
    return json.dumps(value, ensure_ascii=False)
