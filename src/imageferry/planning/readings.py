"""What makes nothing and only reads: when it is read, and what the result means for its change."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from imageferry.model.addresses import PropertyPath, parse_address
from imageferry.model.changes import Action, PropertyChange, Reading, ResourceChange
from imageferry.model.expressions import (
    Attribute,
    Call,
    ConditionReference,
    Expression,
    ListOf,
    Literal,
    MapOf,
    Pseudo,
    Reference,
)
from imageferry.model.schemas import ResourceSchema
from imageferry.model.stacks import Resource
from imageferry.model.statuses import ResourceStatus
from imageferry.model.templates import Template
from imageferry.model.values import Value, reveal
from imageferry.planning.differences import is_same, settled
from imageferry.planning.expansion import Draft
from imageferry.ports.types import Catalog

_AS_READ = "as it is read now"
_AS_READ = "as it is read now"
_MOST_SHOWN = 10
_STANDING = {Action.NONE, Action.MOVE}


def with_reading(
    change: ResourceChange,
    schema: ResourceSchema,
    values: Mapping[str, Value],
    resource: Resource | None,
    found: Mapping[str, Value] | None,
    *,
    waits: bool,
) -> ResourceChange:
    """The change of a resource that only reads, by what was `found` for it before planning.

    It `waits` where something that it depends on is about to change: then it is read in its step,
    like one whose properties are not known yet.
    """
    if change.wanted is not None:
        # There is nothing that could stay in the cloud.
        change = replace(change, wanted=replace(change.wanted, deletion_policy="Delete"))
    stands = change.action in _STANDING and resource is not None
    if stands and _is_kept(schema, values):
        return change
    if waits or not settled(values):
        return _read(change, Reading())
    if found is None:
        return _read(change, Reading(is_due=True))
    if stands and resource is not None and is_same(dict(resource.attributes), dict(found)):
        return change
    before = {} if resource is None or change.repairs else resource.attributes
    differing = _differing(schema, before, found)
    change = replace(change, properties=(*change.properties, *differing))
    return _read(change, Reading(found))


def _read(change: ResourceChange, reading: Reading) -> ResourceChange:
    action = Action.UPDATE if change.action in _STANDING else change.action
    return replace(change, action=action, reading=reading)


def _is_kept(schema: ResourceSchema, values: Mapping[str, Value]) -> bool:
    """True where what was found once stays, as the properties say."""
    return bool(schema.kept_by) and all(
        reveal(values.get(name)) == value for name, value in schema.kept_by.items()
    )


def _differing(
    schema: ResourceSchema, before: Mapping[str, Value], after: Mapping[str, Value]
) -> list[PropertyChange]:
    """What was found and is found now: what `Ref` gives where that differs, else each value."""
    name = schema.ref_gives
    if name and not is_same(before.get(name), after.get(name)):
        return [_found((name,), before.get(name), after.get(name))]
    if not before:
        return []
    changes: list[PropertyChange] = []
    for path, old, new in _leaves((), dict(before), dict(after)):
        if len(changes) == _MOST_SHOWN:
            break
        changes.append(_found(path, old, new))
    return changes


def _found(path: PropertyPath, before: Value, after: Value) -> PropertyChange:
    return PropertyChange(path, before, after, remark=_AS_READ)


def _leaves(
    path: PropertyPath, old: Value, new: Value
) -> Iterator[tuple[PropertyPath, Value, Value]]:
    if is_same(old, new):
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in dict.fromkeys((*old, *new)):
            yield from _leaves((*path, name), old.get(name), new.get(name))
    elif isinstance(old, list | tuple) and isinstance(new, list | tuple) and len(old) == len(new):
        for position, (first, second) in enumerate(zip(old, new, strict=True)):
            yield from _leaves((*path, position), first, second)
    else:
        yield path, old, new


def is_news(change: ResourceChange) -> bool:
    """True where a resource stands, and nothing but what was found for it differs."""
    return (
        change.action is Action.UPDATE
        and change.reading is not None
        and change.reading.attributes is not None
        and bool(change.properties)
        and all(changed.remark == _AS_READ for changed in change.properties)
    )


def restored(change: ResourceChange, former: Resource, catalog: Catalog) -> ResourceChange:
    """The change by which a rollback gives a resource that only reads its former result back."""
    found = catalog.find(former.type_name)
    if found is None or not found.schema.reads_only or not former.attributes:
        return change
    return replace(change, reading=Reading(former.attributes))


def needs_restoring(former: Resource, current: Resource, schema: ResourceSchema) -> bool:
    """True of a resource that only reads and has another result than before."""
    return (
        schema.reads_only
        and current.status in {ResourceStatus.UPDATED, ResourceStatus.UPDATE_FAILED}
        and not is_same(dict(former.attributes), dict(current.attributes))
    )


def results_of(template: Template, catalog: Catalog) -> Callable[[Expression], Expression] | None:
    """Writes each `Ref` in an expression that gives a type's attribute as that attribute.

    None where the template has no such type.
    """
    kinds = {definition.type_name for definition in template.resources.values()}
    given = {
        kind: found.schema.ref_gives
        for kind in kinds
        if (found := catalog.find(kind)) is not None and found.schema.ref_gives
    }
    if not given:
        return None
    names = {
        name: given[definition.type_name]
        for name, definition in template.resources.items()
        if definition.type_name in given
    }

    def result(reference: Reference) -> Expression:
        attribute = names.get(reference.name) or names.get(parse_address(reference.name).logical_id)
        if attribute is None or reference.name in template.parameters:
            return reference
        span = reference.span
        return Attribute(Literal(reference.name, span), Literal(attribute, span), span)

    return lambda expression: _written(expression, result)


def with_results(template: Template, catalog: Catalog) -> Template:
    """The template with each `Ref` that gives a type's attribute written as that attribute.

    What a reference gives is then known to everything that evaluates it, at whatever time.
    """
    written = results_of(template, catalog)
    if written is None:
        return template
    return replace(
        template,
        resources={
            name: replace(definition, properties=_all_of(definition.properties, written))
            for name, definition in template.resources.items()
        },
        outputs={
            name: output._replace(value=written(output.value))
            for name, output in template.outputs.items()
        },
    )


def drafts_with_results(
    drafts: Sequence[Draft], written: Callable[[Expression], Expression]
) -> list[Draft]:
    """The drafts with what their computed texts name written so, too: it was not seen before."""
    return [one._replace(properties=_all_of(one.properties, written)) for one in drafts]


def _all_of(
    properties: Mapping[str, Expression], written: Callable[[Expression], Expression]
) -> dict[str, Expression]:
    return {name: written(expression) for name, expression in properties.items()}


def _written(expression: Expression, result: Callable[[Reference], Expression]) -> Expression:
    match expression:
        case Reference():
            return result(expression)
        case Call(argument=argument):
            return replace(expression, argument=_written(argument, result))
        case ListOf(items=items):
            return replace(expression, items=tuple(_written(part, result) for part in items))
        case MapOf(entries=entries):
            written = {name: _written(part, result) for name, part in entries.items()}
            return replace(expression, entries=written)
        case Attribute(resource=resource, attribute=attribute):
            return replace(
                expression,
                resource=_written(resource, result),
                attribute=_written(attribute, result),
            )
        case Literal() | Pseudo() | ConditionReference():
            return expression
