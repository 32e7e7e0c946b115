"""registry_schema: an installed type as CloudFormation's registry describes one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from imageferry.api.cfn.changes import plain
from imageferry.model.schemas import PropertySchema, ResourceSchema, UpdateBehaviour, ValueType
from imageferry.model.values import Json

_TYPE_NAME: Final = re.compile(r"[A-Za-z0-9]{2,64}::[A-Za-z0-9]{2,64}::[A-Za-z0-9]{2,64}")
"""CloudFormation API reference, RegisterType: TypeName (of resources)."""

# JSON Schema draft-07, which the registry's meta-schema builds on, has other words.
_KINDS: Final[Mapping[ValueType, str]] = {
    ValueType.STRING: "string",
    ValueType.BOOLEAN: "boolean",
    ValueType.INTEGER: "integer",
    ValueType.NUMBER: "number",
    ValueType.LIST: "array",
    ValueType.MAP: "object",
}
_IDENTIFIERS: Final = ("tfcfnid", "Id")
"""The attributes that may be what `Ref` gives, where the schema names none."""


def is_registrable(schema: ResourceSchema) -> bool:
    """True for a type that a CloudFormation template may use under a name of the registry's form."""
    speaks = not schema.dialects or "cloudformation" in schema.dialects
    return speaks and _TYPE_NAME.fullmatch(schema.type_name) is not None


def provisioning_of(schema: ResourceSchema) -> str:
    """FULLY_MUTABLE, IMMUTABLE where every change replaces, NON_PROVISIONABLE where it only reads."""
    if schema.reads_only:
        return "NON_PROVISIONABLE"
    behaviours = {one.update for one in schema.properties.values()}
    can_change = behaviours - {UpdateBehaviour.REPLACES, UpdateBehaviour.IGNORED}
    return "FULLY_MUTABLE" if can_change else "IMMUTABLE"


def registry_schema(schema: ResourceSchema) -> dict[str, Json]:
    """The schema document: properties, attributes as read-only ones, and what a change means."""
    definitions: dict[str, Json] = {}
    properties: dict[str, Json] = {
        name: _property(name, one, definitions) for name, one in schema.properties.items()
    }
    for name, attribute in schema.attributes.items():
        if name not in properties:
            shown: dict[str, Json] = _kind(attribute.value_type)
            if attribute.description:
                shown["description"] = attribute.description
            properties[name] = shown
    document: dict[str, Json] = {
        "typeName": schema.type_name,
        "description": schema.summary,
        "properties": properties,
        "additionalProperties": False,
        "primaryIdentifier": [_pointer(identifier_of(schema))],
    }
    if definitions:
        document["definitions"] = definitions
    document |= _lists(schema)
    tags = next((name for name in ("Tags", "Tag") if name in schema.properties), "")
    document["tagging"] = _tagging(schema, tags)
    kinds = ["read"] if schema.reads_only else ["create", "read", "delete"]
    if provisioning_of(schema) == "FULLY_MUTABLE":
        kinds.append("update")
    document["handlers"] = {kind: {"permissions": []} for kind in kinds}
    return document


def identifier_of(schema: ResourceSchema) -> str:
    """What `Ref` gives; for a type whose physical id is no attribute, what comes nearest."""
    if schema.ref_gives:
        return schema.ref_gives
    known = (*(name for name in _IDENTIFIERS if name in schema.attributes), *schema.attributes)
    return next(iter((*known, *schema.properties)), "")


def _lists(schema: ResourceSchema) -> dict[str, Json]:
    """The lists of the registry's schema; one with nothing in it is left out."""
    own = schema.properties
    lists: dict[str, list[str]] = {
        "required": [name for name, one in own.items() if one.required],
        "readOnlyProperties": [_pointer(name) for name in schema.attributes if name not in own],
        "createOnlyProperties": [
            _pointer(name) for name, one in own.items() if one.update is UpdateBehaviour.REPLACES
        ],
        "writeOnlyProperties": [
            _pointer(name) for name, one in own.items() if one.update is UpdateBehaviour.IGNORED
        ],
        "deprecatedProperties": [
            _pointer(name) for name, one in own.items() if one.old_name_of is not None
        ],
    }
    return {name: entries for name, entries in lists.items() if entries}


def _tagging(schema: ResourceSchema, tags: str) -> dict[str, Json]:
    if not tags:
        return {"taggable": False}
    return {
        "taggable": True,
        "tagOnCreate": True,
        "tagUpdatable": schema.properties[tags].update is UpdateBehaviour.IN_PLACE,
        "cloudFormationSystemTags": False,
        "tagProperty": _pointer(tags),
    }


def _property(name: str, schema: PropertySchema, definitions: dict[str, Json]) -> dict[str, Json]:
    """One property; members of a map stand in the definitions, as the registry asks."""
    if schema.members:
        return _described(schema, {"$ref": _define(name, schema, definitions)})
    shown = _described(schema, _kind(schema.value_type))
    bounds: tuple[tuple[str, Json], ...] = (
        # An empty text counts as not given: a length of nothing is allowed then.
        ("minLength", None if schema.empty_is_unset else schema.min_length),
        ("maxLength", schema.max_length),
        ("minItems", schema.min_items),
        ("maxItems", schema.max_items),
        ("default", plain(schema.default)),
    )
    shown |= {word: value for word, value in bounds if value is not None}
    if schema.pattern is not None and not schema.empty_is_unset:
        shown["pattern"] = f"^(?:{schema.pattern})$"
    if schema.allowed_values is not None:
        shown["enum"] = [plain(value) for value in schema.allowed_values]
    if schema.value_type is ValueType.LIST:
        shown["insertionOrder"] = schema.ordered
        if schema.items is not None:
            shown["items"] = _property(name, schema.items, definitions)
    if schema.value_type is ValueType.MAP:
        shown["additionalProperties"] = True
    return shown


def _define(name: str, schema: PropertySchema, definitions: dict[str, Json]) -> str:
    word = f"{name}Definition"
    members = schema.members or {}
    definition: dict[str, Json] = {
        "type": "object",
        "additionalProperties": False,
        "properties": {one: _property(one, part, definitions) for one, part in members.items()},
    }
    required = [one for one, part in members.items() if part.required]
    if required:
        definition["required"] = required
    definitions[word] = definition
    return f"#/definitions/{word}"


def _kind(value_type: ValueType) -> dict[str, Json]:
    word = _KINDS.get(value_type)
    # A value of any kind is said by naming the kinds that there are.
    return {"type": word} if word else {"type": ["string", "boolean", "number", "array", "object"]}


def _described(schema: PropertySchema, shown: dict[str, Json]) -> dict[str, Json]:
    says = " ".join(part for part in (schema.description, schema.constraint) if part)
    return {**shown, "description": says} if says else shown


def _pointer(name: str) -> str:
    return f"/properties/{name}"
