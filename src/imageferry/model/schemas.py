"""ResourceSchema: a type's properties and attributes, and what a change of each one means."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Any, NamedTuple

from imageferry.model.addresses import PropertyPath
from imageferry.model.diagnostics import Severity
from imageferry.model.values import Value


class ValueType(Enum):
    """The type of a property's value."""

    # Members are one of a kind; the hash of Enum goes the long way, by the name.
    __hash__ = object.__hash__

    STRING = "String"
    BOOLEAN = "Boolean"
    INTEGER = "Integer"
    NUMBER = "Number"
    LIST = "List"
    MAP = "Map"
    ANY = "Any"


class UpdateBehaviour(Enum):
    """What a changed property means for the resource that exists.

    IN_PLACE changes it; RENEWS makes a new thing behind the same physical id (the schema's
    `renewed_attributes` change); REPLACES makes a new physical id; IGNORED calls nothing.
    """

    IN_PLACE = "in_place"
    RENEWS = "renews"
    REPLACES = "replaces"
    IGNORED = "ignored"


class PropertySchema(NamedTuple):
    """One property, or the members of a list or map.

    `empty_is_unset`: an empty string counts as not given. `pattern` must match the whole value
    and is said in words by `pattern_says`. `updatable_to_nothing` is False where the cloud keeps
    the old value when the property is removed. `old_name_of` names the property that this one is
    an old word for. `ordered` is False for a list whose order means nothing. `restorable`: what was
    changed outside is set back in place, whatever a change in the template would take. `change_says`:
    what a change in place brings with it, for whoever reads the plan. `grows_only`: a number that the
    cloud makes larger in place, and never smaller.
    """

    value_type: ValueType
    required: bool = False
    update: UpdateBehaviour = UpdateBehaviour.REPLACES
    description: str = ""
    default: Value = None
    empty_is_unset: bool = False
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    pattern_says: str = ""
    min_items: int | None = None
    max_items: int | None = None
    allowed_values: tuple[Value, ...] | None = None
    items: PropertySchema | None = None
    members: Mapping[str, PropertySchema] | None = None
    updatable_to_nothing: bool = True
    old_name_of: str | None = None
    constraint: str = ""
    ordered: bool = True
    restorable: bool = False
    change_says: str = ""
    grows_only: bool = False


class AttributeSchema(NamedTuple):
    """A value that `Fn::GetAtt` gives.

    `explains` is a symptom, such as `status: Deprecated`, that things of other resources have because
    this one wants it so: the attribute lists their ids, and they have not drifted. `restores` is one
    that an update which sets this resource back takes from the things that the attribute names.
    """

    value_type: ValueType
    description: str = ""
    explains: str = ""
    restores: str = ""


class ResourceSchema(NamedTuple):
    """A resource type as its users see it.

    `physical_id_says` tells what `Ref` gives. `renewed_attributes` are the attributes that change
    when a RENEWS property changes. `replaced_by_handler`: the handler's `update` carries out a
    replacement itself (asked by `HandlerRequest.replaces`); otherwise the engine creates the new
    one and deletes the old one. `reads_only`: it makes nothing, and what it finds are its attributes;
    `kept_by` are property values under which what was found once stays. `ref_gives` names the
    attribute that `Ref` gives where that is not the physical id.
    """

    type_name: str
    summary: str
    properties: Mapping[str, PropertySchema]
    attributes: Mapping[str, AttributeSchema]
    physical_id_says: str
    renewed_attributes: tuple[str, ...] = ()
    replaced_by_handler: bool = False
    aliases: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    dialects: tuple[str, ...] = ()
    parts: Mapping[str, str] = MappingProxyType({})
    reads_only: bool = False
    kept_by: Mapping[str, Value] = MappingProxyType({})
    ref_gives: str = ""


class Problem(NamedTuple):
    """Something wrong with a resource's properties, at a path; the reader knows the line."""

    code: str
    path: PropertyPath
    message: str
    why: str = ""
    remedy: str = ""
    severity: Severity = Severity.ERROR


def _property_from_json(document: Mapping[str, Any]) -> PropertySchema:
    known = {
        "type", "required", "update", "description", "default", "emptyIsUnset", "minLength",
        "maxLength", "pattern", "patternSays", "minItems", "maxItems", "allowedValues", "items",
        "members", "updatableToNothing", "oldNameOf", "constraint",
        "ordered", "restorable", "changeSays", "growsOnly",
    }  # fmt: skip
    unknown = set(document) - known
    if unknown:
        raise ValueError(f"a property schema has unknown keys {sorted(unknown)}")
    allowed = document.get("allowedValues")
    items = document.get("items")
    members = document.get("members")
    return PropertySchema(
        value_type=ValueType(document["type"]),
        required=document.get("required", False),
        update=UpdateBehaviour(document.get("update", "replaces")),
        description=document.get("description", ""),
        default=document.get("default"),
        empty_is_unset=document.get("emptyIsUnset", False),
        min_length=document.get("minLength"),
        max_length=document.get("maxLength"),
        pattern=document.get("pattern"),
        pattern_says=document.get("patternSays", ""),
        min_items=document.get("minItems"),
        max_items=document.get("maxItems"),
        allowed_values=None if allowed is None else tuple(allowed),
        items=None if items is None else _property_from_json(items),
        members=None
        if members is None
        else {name: _property_from_json(member) for name, member in members.items()},
        updatable_to_nothing=document.get("updatableToNothing", True),
        old_name_of=document.get("oldNameOf"),
        constraint=document.get("constraint", ""),
        ordered=document.get("ordered", True),
        restorable=document.get("restorable", False),
        change_says=document.get("changeSays", ""),
        grows_only=document.get("growsOnly", False),
    )


def schema_from_json(document: Mapping[str, Any]) -> ResourceSchema:
    """A schema file's content as a ResourceSchema; raises KeyError or ValueError for a wrong one."""
    return ResourceSchema(
        type_name=document["typeName"],
        summary=document["summary"],
        properties={
            name: _property_from_json(entry) for name, entry in document["properties"].items()
        },
        attributes={
            name: AttributeSchema(
                ValueType(entry["type"]),
                entry.get("description", ""),
                entry.get("explains", ""),
                entry.get("restores", ""),
            )
            for name, entry in document["attributes"].items()
        },
        physical_id_says=document["physicalIdSays"],
        renewed_attributes=tuple(document.get("renewedAttributes", ())),
        replaced_by_handler=document.get("replacedByHandler", False),
        aliases=tuple(document.get("aliases", ())),
        notes=tuple(document.get("notes", ())),
        dialects=tuple(document.get("dialects", ())),
        parts=dict(document.get("parts", {})),
        reads_only=document.get("readsOnly", False),
        kept_by=dict(document.get("keptBy", {})),
        ref_gives=document.get("refGives", ""),
    )
