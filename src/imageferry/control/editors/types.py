"""Resources in schemas for editors: their attributes, and the properties of each installed type."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from imageferry.control.editors.words import Style, Writing, either, listed, mapped, text, words
from imageferry.evaluation.conversions import FALSE_TEXTS, TRUE_TEXTS
from imageferry.model.schemas import PropertySchema, ResourceSchema, ValueType
from imageferry.model.values import UNKNOWN, Json, mask


def resource_schema(style: Style, types: Sequence[ResourceSchema]) -> Writing:
    """The definition `Resource`, and one `Type: NAME` for the properties of each type."""
    names = [name for one in types for name in (one.type_name, *one.aliases)]
    found: Writing = {
        _definition(one): {**_members(style, one.properties), "description": _about(one)}
        for one in types
    }
    chosen: list[Json] = [_for_type(style, one) for one in types]
    attributes: Writing = {
        name: _ATTRIBUTES.get(name, _anything)(style) for name in style.dialect.resource_attributes
    }
    attributes["Type"] = _type_names(style, names)
    found["Resource"] = {
        "type": "object",
        "properties": attributes,
        "required": ["Type"],
        "additionalProperties": not style.dialect.manners.strict_fields or style.unknown_types,
        **({"allOf": chosen} if chosen else {}),
    }
    return found


def _definition(schema: ResourceSchema) -> str:
    return f"Type: {schema.type_name}"


def _about(schema: ResourceSchema) -> str:
    gives = ", ".join(schema.attributes)
    said = f"{schema.summary} Ref: {schema.physical_id_says}"
    return f"{said} GetAtt: {gives}." if gives else said


def _type_names(style: Style, names: Sequence[str]) -> Writing:
    known: Writing = {"enum": list(names), "description": "The resource type."}
    return either(known, text()) if style.unknown_types else known


def _for_type(style: Style, schema: ResourceSchema) -> Writing:
    """The properties that a type asks for, where a resource is of that type."""
    then: Writing = {"properties": {"Properties": style.nullable(style.ref(_definition(schema)))}}
    if any(one.required for one in schema.properties.values()):
        then = {**then, "required": ["Properties"]}
    names: list[Json] = [schema.type_name, *schema.aliases]
    return {
        "if": {"properties": {"Type": {"enum": names}}, "required": ["Type"]},
        "then": then,
    }


def _anything(style: Style) -> Writing:
    return {}


def _value(style: Style) -> Writing:
    return style.ref("Value")


def _condition(style: Style) -> Writing:
    return {**style.nullable(text()), "description": "The condition under which it is made."}


def _depends_on(style: Style) -> Writing:
    name: Writing = style.nullable(text())
    if style.dialect.manners.reference_expressions:
        # ROS reference, resources: functions that give names.
        name = style.evaluated(text())
    return {
        **style.nullable(either(name, listed(name))),
        "description": "Resources that are made before this one.",
    }


def _policy(allowed: Sequence[str], says: str) -> Callable[[Style], Writing]:
    def written(style: Style) -> Writing:
        return {**style.evaluated({"enum": list(allowed)}), "description": says}

    return written


def _deletion_policy(style: Style) -> Writing:
    says = "What becomes of the resource when it leaves the stack."
    return _policy(style.dialect.deletion_policies, says)(style)


def _replacement_policy(style: Style) -> Writing:
    says = "What becomes of the old resource where a new one takes its place."
    return _policy(style.dialect.replacement_policies, says)(style)


def _count(style: Style) -> Writing:
    number: Writing = either(
        {"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^[0-9]+$"}
    )
    return {**style.evaluated(number), "description": "How many instances are made."}


def _properties(style: Style) -> Writing:
    return style.nullable(mapped(style.ref("Value")))


_ATTRIBUTES: Final[Mapping[str, Callable[[Style], Writing]]] = {
    "Properties": _properties,
    "Condition": _condition,
    "DependsOn": _depends_on,
    "DeletionPolicy": _deletion_policy,
    "UpdateReplacePolicy": _replacement_policy,
    "Count": _count,
    "Metadata": _value,
    "Description": words,
}


def _members(style: Style, members: Mapping[str, PropertySchema]) -> Writing:
    """A map whose entries are known by name; an old word does for the new one."""
    old = {one.old_name_of: name for name, one in members.items() if one.old_name_of is not None}
    required = [name for name, one in members.items() if one.required and name not in old]
    renamed: list[Json] = [
        {"anyOf": [{"required": [name]}, {"required": [old[name]]}]}
        for name, one in members.items()
        if one.required and name in old
    ]
    return {
        "type": "object",
        "properties": {name: property_schema(style, one) for name, one in members.items()},
        **({"required": list(required)} if required else {}),
        **({"allOf": renamed} if renamed else {}),
        **({"patternProperties": style.rewritten} if style.rewritten else {}),
        "additionalProperties": False,
    }


def property_schema(style: Style, schema: PropertySchema) -> Writing:
    """A property: its own form, or a function that gives it; with words and its default."""
    forms = _form(style, schema)
    if schema.empty_is_unset:
        forms = either(forms, {"const": ""})
    written = style.evaluated(forms) if schema.value_type is not ValueType.ANY else forms
    said = " ".join(part for part in (schema.description, schema.constraint) if part)
    return {
        **({"description": said} if said else {}),
        **({"default": mask(schema.default)} if _has_default(schema) else {}),
        **written,
    }


def _has_default(schema: PropertySchema) -> bool:
    return schema.default is not None and schema.default is not UNKNOWN


def _form(style: Style, schema: PropertySchema) -> Writing:
    match schema.value_type:
        case ValueType.STRING:
            return _text(schema)
        case ValueType.BOOLEAN:
            return either(
                {"type": "boolean"}, {"enum": [0, 1]}, {"type": "string", "pattern": _TRUTH}
            )
        case ValueType.INTEGER:
            return either({"type": "integer"}, {"type": "string", "pattern": "^[-+]?[0-9]+$"})
        case ValueType.NUMBER:
            return either({"type": "number"}, {"type": "string", "pattern": "^[-+]?[0-9.]"})
        case ValueType.LIST:
            return _list(style, schema)
        case ValueType.MAP:
            if schema.members is not None:
                return _members(style, schema.members)
            items = schema.items
            return mapped(style.ref("Value") if items is None else property_schema(style, items))
        case ValueType.ANY:
            return style.ref("Value")


def _in_any_case(word: str) -> str:
    return "".join(f"[{letter.upper()}{letter.lower()}]" for letter in word)


_TRUTH: Final = f"^(?:{'|'.join(map(_in_any_case, sorted(TRUE_TEXTS | FALSE_TEXTS)))})$"


def _text(schema: PropertySchema) -> Writing:
    """A text; numbers and booleans become texts. Constraints are of texts alone."""
    if schema.allowed_values is not None:
        return {"enum": mask(list(schema.allowed_values))}
    written: Writing = {"type": ["string", "number", "boolean"]}
    if schema.pattern is not None:
        written["pattern"] = f"^(?:{schema.pattern})$"
    if schema.min_length is not None:
        written["minLength"] = schema.min_length
    if schema.max_length is not None:
        written["maxLength"] = schema.max_length
    return written


def _list(style: Style, schema: PropertySchema) -> Writing:
    items = style.ref("Value") if schema.items is None else property_schema(style, schema.items)
    written = listed(items)
    if schema.min_items is not None:
        written["minItems"] = schema.min_items
    if schema.max_items is not None:
        written["maxItems"] = schema.max_items
    return written
