"""The actions of resource types, told from the schemas of those that are installed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Final

from imageferry.api.ros.asked import ANY_REGION, Asked, Reply, Row
from imageferry.api.ros.errors import RosError
from imageferry.api.ros.names import LANGUAGE
from imageferry.api.ros.parameters import Field, text
from imageferry.api.ros.type_shapes import template_of, told_attributes, told_properties
from imageferry.model.values import Json
from imageferry.ports.types import Catalog, ResourceType

_ALL: Final = "All"
_RESOURCE: Final = "Resource"
_DATA_SOURCE: Final = "DataSource"
_ROS, _SELF = "ROS", "Self"


def types_of(catalog: Catalog) -> list[ResourceType]:
    """The installed types that a ROS template may name, by name."""
    found = (catalog.find(name) for name in catalog.names())
    return [one for one in found if one is not None and _speaks(one)]


def _speaks(one: ResourceType) -> bool:
    return not one.schema.dialects or LANGUAGE in one.schema.dialects


async def list_resource_types(asked: Asked) -> Reply:
    """ListResourceTypes: built-in types count as ROS's, those of installed packages as the user's."""
    given = asked.given
    kind = given.text("EntityType", _RESOURCE)
    pattern, owner = given.text("ResourceType", "*"), given.text("Provider")
    found = [
        one
        for one in types_of(asked.desk.catalog)
        if kind in {_ALL, _kind(one)}
        and owner in {"", _ALL, _owner(one)}
        and fnmatchcase(one.schema.type_name, pattern)
    ]
    return {
        "ResourceTypes": [one.schema.type_name for one in found],
        "ResourceTypeSummaries": [
            {
                "ResourceType": one.schema.type_name,
                "EntityType": _kind(one),
                "Provider": _owner(one),
                "Description": one.schema.summary,
            }
            for one in found
        ],
    }


async def get_resource_type(asked: Asked) -> Reply:
    """GetResourceType: properties and attributes of a type."""
    one = _found(asked)
    schema = one.schema
    return {
        "ResourceType": schema.type_name,
        "EntityType": _kind(one),
        "Provider": _owner(one),
        "Description": schema.summary,
        "Properties": told_properties(schema),
        "Attributes": told_attributes(schema),
        "SupportDriftDetection": not schema.reads_only,
        "SupportScratchDetection": False,
    }


async def get_resource_type_template(asked: Asked) -> Reply:
    """GetResourceTypeTemplate: a template with one resource of the type."""
    body = template_of(_found(asked).schema)
    return {"TemplateBody": body, "TemplateContent": json.dumps(body, ensure_ascii=False)}


async def list_resource_type_versions(asked: Asked) -> Reply:
    """ListResourceTypeVersions: only modules have versions, and there are none here."""
    _found(asked)
    return {"ResourceTypeVersions": []}


def _found(asked: Asked) -> ResourceType:
    name = asked.given.text("ResourceType")
    found = asked.desk.catalog.find(name)
    if found is None or not _speaks(found) or asked.given.text("VersionId"):
        raise RosError(
            "ResourceTypeNotFound", f"The Resource Type ({name}) could not be found.", 404
        )
    return found


def _kind(one: ResourceType) -> str:
    return _DATA_SOURCE if one.schema.reads_only else _RESOURCE


def _owner(one: ResourceType) -> str:
    return _ROS if one.package is None else _SELF


async def get_feature_details(asked: Asked) -> Reply:
    """GetFeatureDetails: what this engine can do, feature by feature."""
    wanted = asked.given.text("Feature")
    types = types_of(asked.desk.catalog)
    importable = [one.schema.type_name for one in types if one.adopter is not None]
    nothing: list[Json] = []
    features: dict[str, Json] = {
        "DriftDetection": {
            "SupportedResourceTypes": [
                one.schema.type_name for one in types if not one.schema.reads_only
            ]
        },
        "ResourceImport": {
            "SupportedResourceTypes": [
                {"ResourceType": name, "ResourceIdentifiers": ["ImageId"]} for name in importable
            ]
        },
        "TemplateParameterConstraints": {"SupportedResourceTypes": nothing},
        "TemplateScratch": {"SupportedResourceTypes": nothing},
        "ResourceCleaner": {"SupportedResourceTypes": nothing},
        "Terraform": {"SupportedVersions": nothing},
    }
    return {name: told for name, told in features.items() if wanted in {_ALL, name}}


_TYPE: Final = text("ResourceType", needed=True, longest=255)
_OF_ONE: Final[tuple[Field, ...]] = (ANY_REGION, _TYPE, text("VersionId", longest=64))

ROWS: Final[Mapping[str, Row]] = MappingProxyType(
    {
        "ListResourceTypes": Row(
            list_resource_types,
            (
                ANY_REGION,
                text("EntityType", _ALL, _RESOURCE, _DATA_SOURCE, "Module"),
                text("Provider", _ALL, _ROS, _SELF),
                text("ResourceType", longest=255),
            ),
        ),
        "GetResourceType": Row(get_resource_type, _OF_ONE),
        "GetResourceTypeTemplate": Row(get_resource_type_template, _OF_ONE),
        "ListResourceTypeVersions": Row(list_resource_type_versions, (ANY_REGION, _TYPE)),
        "GetFeatureDetails": Row(
            get_feature_details,
            (
                ANY_REGION,
                text(
                    "Feature",
                    _ALL,
                    "Terraform",
                    "ResourceCleaner",
                    "TemplateParameterConstraints",
                    "TemplateScratch",
                    "DriftDetection",
                    "ResourceImport",
                    needed=True,
                ),
            ),
        ),
    }
)
"""The actions of resource types, by name."""
