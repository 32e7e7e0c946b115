"""Before and after to PropertyChanges, and what they mean for the resource that exists."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from imageferry.model.changes import Action, PropertyChange, Replacement, ResourceChange
from imageferry.model.diagnostics import Span
from imageferry.model.schemas import PropertySchema, ResourceSchema, UpdateBehaviour
from imageferry.model.values import UNKNOWN, Value, is_known, reveal


def comparable(property_schema: PropertySchema | None, value: Value) -> Value:
    """The value in the form in which two equal ones are equal: opened, order only where it counts."""
    plain = reveal(value)
    if property_schema is None:
        return plain
    if plain is None:
        return reveal(property_schema.default)
    if not property_schema.ordered and isinstance(plain, list):
        return sorted(plain, key=lambda entry: json.dumps(entry, sort_keys=True))
    return plain


def is_same(first: Value, second: Value) -> bool:
    """True for equal values; a boolean is no number, though Python counts True as 1."""
    if first is second:
        return True
    if isinstance(first, bool) or isinstance(second, bool) or first != second:
        return isinstance(first, bool) and isinstance(second, bool) and first == second
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        return all(is_same(entry, second[name]) for name, entry in first.items())
    if isinstance(first, (list, tuple)) and isinstance(second, (list, tuple)):
        return all(map(is_same, first, second))
    return True


def _numbered(value: Value) -> Value:
    """The value with 1.0 written as 1, since they are the same number."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {name: _numbered(entry) for name, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_numbered(entry) for entry in value]
    return value


def signature(schema: ResourceSchema, properties: Mapping[str, Value]) -> str:
    """A text that is equal for two sets of known properties between which nothing changes."""
    compared = {
        name: _numbered(comparable(property_schema, properties.get(name)))
        for name, property_schema in schema.properties.items()
        if property_schema.update is not UpdateBehaviour.IGNORED
    }
    return json.dumps(
        {name: value for name, value in compared.items() if value is not None}, sort_keys=True
    )


def differences(
    schema: ResourceSchema,
    before: Mapping[str, Value],
    after: Mapping[str, Value],
    spans: Mapping[str, Span] | None = None,
) -> tuple[PropertyChange, ...]:
    """Every property that changes, in the schema's order; UNKNOWN counts as a possible change."""
    changes = []
    for name, property_schema in schema.properties.items():
        old, new = before.get(name), after.get(name)
        if is_same(old, new):
            continue
        if is_known(new) and is_same(
            comparable(property_schema, old), comparable(property_schema, new)
        ):
            continue
        changes.append(_change(schema, name, old, new, (spans or {}).get(name)))
    if replacement_of(tuple(changes)) is Replacement.YES:
        return tuple(changes)
    return tuple(_told(schema, change) for change in changes)


def _told(schema: ResourceSchema, change: PropertyChange) -> PropertyChange:
    """The change with what it brings with it, where it is made in place."""
    property_schema = schema.properties[str(change.path[0])]
    says = property_schema.change_says
    if not says or change.remark or property_schema.update is not UpdateBehaviour.IN_PLACE:
        return change
    return replace(change, remark=says)


def _change(
    schema: ResourceSchema, name: str, old: Value, new: Value, span: Span | None
) -> PropertyChange:
    property_schema = schema.properties[name]
    requires = Replacement.NO
    remark = ""
    match property_schema.update:
        case UpdateBehaviour.REPLACES:
            requires = Replacement.YES if is_known(new) else Replacement.MAYBE
        case UpdateBehaviour.RENEWS:
            renewed = ", ".join(schema.renewed_attributes)
            remark = f"made anew behind the same Ref; {renewed} will be new"
        case UpdateBehaviour.IGNORED:
            remark = "only recorded, nothing is called"
        case UpdateBehaviour.IN_PLACE:
            if new is None and not property_schema.updatable_to_nothing:
                remark = "the cloud cannot clear it: its old text stays there"
    return PropertyChange((name,), old, new, requires, remark, span)


def shrinks(property_schema: PropertySchema, before: Value, after: Value) -> bool:
    """True where a number would become smaller that can only grow; what is not known may grow."""
    old, new = reveal(before), reveal(after)
    if not (isinstance(old, int | float) and isinstance(new, int | float)):
        return False
    return property_schema.grows_only and new < old


def replacement_of(changes: tuple[PropertyChange, ...]) -> Replacement:
    """The strongest need among changes."""
    needs = {change.requires_replacement for change in changes}
    if Replacement.YES in needs:
        return Replacement.YES
    return Replacement.MAYBE if Replacement.MAYBE in needs else Replacement.NO


def with_differences(change: ResourceChange, changes: tuple[PropertyChange, ...]) -> ResourceChange:
    """The same change, done by updating, or by replacing where one of the differences needs that."""
    replaces = replacement_of(changes) is Replacement.YES
    return replace(
        change,
        action=Action.REPLACE if replaces else Action.UPDATE,
        replacement=Replacement.YES if replaces else Replacement.NO,
        properties=changes,
    )


def renews(schema: ResourceSchema, changes: tuple[PropertyChange, ...]) -> bool:
    """True where a change may bring new values of the schema's renewed attributes."""
    return any(
        schema.properties[str(change.path[0])].update is UpdateBehaviour.RENEWS
        for change in changes
    )


def settled(after: Mapping[str, Value]) -> bool:
    """True where every property is known."""
    return UNKNOWN not in after.values() and all(is_known(value) for value in after.values())
