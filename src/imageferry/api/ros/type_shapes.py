"""A resource type's schema as ROS tells it: its properties, its attributes, and a template made of it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from imageferry.model.schemas import (
    AttributeSchema,
    PropertySchema,
    ResourceSchema,
    UpdateBehaviour,
    ValueType,
)
from imageferry.model.values import Json, mask

# The words of Heat, of whose schemas ROS's are.
_WORDS: Final[Mapping[ValueType, str]] = MappingProxyType(
    {
        ValueType.STRING: "string",
        ValueType.BOOLEAN: "boolean",
        ValueType.INTEGER: "integer",
        ValueType.NUMBER: "number",
        ValueType.LIST: "list",
        ValueType.MAP: "map",
        ValueType.ANY: "any",
    }
)
_PARAMETERS: Final[Mapping[ValueType, str]] = MappingProxyType(
    {
        ValueType.STRING: "String",
        ValueType.BOOLEAN: "Boolean",
        ValueType.INTEGER: "Number",
        ValueType.NUMBER: "Number",
        ValueType.LIST: "Json",
        ValueType.MAP: "Json",
        ValueType.ANY: "Json",
    }
)
_CHANGED_IN_PLACE: Final = frozenset({UpdateBehaviour.IN_PLACE, UpdateBehaviour.RENEWS})


def told_properties(schema: ResourceSchema) -> dict[str, Json]:
    """The properties as GetResourceType tells them; old words for others are left out."""
    return {
        name: _property(one) for name, one in schema.properties.items() if one.old_name_of is None
    }


def told_attributes(schema: ResourceSchema) -> dict[str, Json]:
    """The attributes as GetResourceType tells them."""
    return {name: _attribute(one) for name, one in schema.attributes.items()}


def _attribute(one: AttributeSchema) -> dict[str, Json]:
    return {"Description": one.description, "Type": _WORDS[one.value_type]}


def _property(one: PropertySchema) -> dict[str, Json]:
    told: dict[str, Json] = {
        "Type": _WORDS[one.value_type],
        "Required": one.required,
        "UpdateAllowed": one.update in _CHANGED_IN_PLACE,
        # Whoever changes it gets another thing, unless nothing is done at all.
        "Immutable": one.update is UpdateBehaviour.REPLACES,
        "Description": one.description,
        "Constraints": _constraints(one),
    }
    if one.default is not None:
        told["Default"] = mask(one.default)
    if one.members is not None:
        told["Schema"] = {name: _property(member) for name, member in one.members.items()}
    elif one.items is not None:
        told["Schema"] = {"*": _property(one.items)}
    return told


def _constraints(one: PropertySchema) -> list[Json]:
    told: list[Json] = []
    if one.allowed_values is not None:
        told.append({"AllowedValues": [mask(value) for value in one.allowed_values]})
    if one.pattern is not None:
        told.append({"AllowedPattern": one.pattern})
    for least, most in ((one.min_length, one.max_length), (one.min_items, one.max_items)):
        length = {"Min": least, "Max": most}
        known: dict[str, Json] = {
            word: bound for word, bound in length.items() if bound is not None
        }
        if known:
            told.append({"Length": known})
    return told


def template_of(schema: ResourceSchema) -> dict[str, Json]:
    """A template with one resource of the type: a parameter for each property, an output for each attribute."""
    shown = {name: one for name, one in schema.properties.items() if one.old_name_of is None}
    logical_id = schema.type_name.rpartition("::")[2]
    if logical_id in shown:
        # A resource and a parameter cannot share a name.
        logical_id = f"{logical_id}Resource"
    return {
        "ROSTemplateFormatVersion": "2015-09-01",
        "Description": schema.summary,
        "Parameters": {name: _parameter(one) for name, one in shown.items()},
        "Resources": {
            logical_id: {
                "Type": schema.type_name,
                "Properties": {name: {"Ref": name} for name in shown},
            }
        },
        "Outputs": {
            name: {
                "Description": one.description,
                "Value": {"Fn::GetAtt": [logical_id, name]},
            }
            for name, one in schema.attributes.items()
        },
    }


def _parameter(one: PropertySchema) -> dict[str, Json]:
    told: dict[str, Json] = {
        "Type": _PARAMETERS[one.value_type],
        "Description": one.description,
    }
    if not one.required:
        # Null: the property is left out unless somebody gives a value.
        told["Default"] = mask(one.default)
    if one.allowed_values is not None:
        told["AllowedValues"] = [mask(value) for value in one.allowed_values]
    return told
