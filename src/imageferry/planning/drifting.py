"""compare(schema, properties, observed): recorded properties against the cloud's, every difference."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from imageferry.model.drift import Difference, DifferenceKind
from imageferry.model.schemas import PropertySchema, ResourceSchema, ValueType
from imageferry.model.values import Secret, Value, holds_secret, reveal
from imageferry.planning.differences import comparable, is_same


def compare(
    schema: ResourceSchema, properties: Mapping[str, Value], observed: Mapping[str, Value]
) -> tuple[Difference, ...]:
    """Every difference between what a resource was brought to and what the cloud has, by the schema.

    What is not in `observed` cannot be told. What was left to the cloud (unset, without a default)
    is as the cloud has it; but a list is a list, and what came to an empty one was added. So a
    description that was taken away, whose old text stays, is no difference for ever. What differs
    from a secret is hidden as well.
    """
    found: list[Difference] = []
    for name, property_schema in schema.properties.items():
        if name not in observed:
            continue
        given = properties.get(name)
        wanted = _unless_empty(property_schema, comparable(property_schema, given))
        actual = _unless_empty(property_schema, comparable(property_schema, observed[name]))
        is_list = property_schema.value_type is ValueType.LIST
        if wanted is None and not is_list:
            continue
        hides = holds_secret(given)
        if is_list and not property_schema.ordered:
            found += _entries(name, property_schema, _listed(wanted), _listed(actual), hides=hides)
        elif not is_same(wanted, actual):
            found.append(_difference((name,), wanted, actual, hides=hides))
    return tuple(found)


def _unless_empty(property_schema: PropertySchema, value: Value) -> Value:
    return None if value == "" and property_schema.empty_is_unset else value


def _listed(value: Value) -> Sequence[Value]:
    return value if isinstance(value, (list, tuple)) else ()


def _difference(
    path: tuple[str | int, ...], wanted: Value, actual: Value, *, hides: bool
) -> Difference:
    kind = DifferenceKind.NOT_EQUAL
    if wanted is None:
        kind = DifferenceKind.ADD
    elif actual is None:
        kind = DifferenceKind.REMOVE
    if hides:
        wanted = None if wanted is None else Secret(wanted)
        actual = None if actual is None else Secret(actual)
    return Difference(path, kind, wanted, actual)


def _entries(
    name: str,
    property_schema: PropertySchema,
    wanted: Sequence[Value],
    actual: Sequence[Value],
    *,
    hides: bool,
) -> Iterator[Difference]:
    """The entries of a list without order: each by its own name, where entries have one."""
    key = _naming_member(property_schema)
    before, after = _by_name(key, wanted), _by_name(key, actual)
    for entry, value in before.items():
        if not is_same(value, after.get(entry)):
            yield _difference((name, entry), value, after.get(entry), hides=hides)
    for entry, value in after.items():
        if entry not in before:
            yield _difference((name, entry), None, value, hides=hides)


def _naming_member(property_schema: PropertySchema) -> str | None:
    """The member that tells entries of a list from one another: the first that is required."""
    items = property_schema.items
    if items is None or items.members is None:
        return None
    return next((name for name, member in items.members.items() if member.required), None)


def _by_name(key: str | None, entries: Sequence[Value]) -> dict[str, Value]:
    """Entries by their own name, else by their text; one member beside the name stands alone."""
    found: dict[str, Value] = {}
    for entry in map(reveal, entries):
        if key is None or not isinstance(entry, Mapping):
            found[json.dumps(entry, sort_keys=True, default=str)] = entry
            continue
        rest = [value for name, value in entry.items() if name != key]
        found[str(entry.get(key))] = (rest[0] or "") if rest else ""
    return found
