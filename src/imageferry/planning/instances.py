"""Instance: one draft with its values, and its change against what stands in its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from imageferry.model.addresses import ResourceAddress, render_path
from imageferry.model.changes import (
    Action,
    PropertyChange,
    Replacement,
    ResourceChange,
    Wanted,
)
from imageferry.model.diagnostics import Diagnostic, error
from imageferry.model.expressions import Expression
from imageferry.model.schemas import ResourceSchema, UpdateBehaviour
from imageferry.model.stacks import Resource
from imageferry.model.statuses import ResourceStatus
from imageferry.model.values import Value, mask
from imageferry.planning.differences import differences, renews, replacement_of, shrinks
from imageferry.planning.expansion import Draft
from imageferry.ports.types import Catalog


class Instance(NamedTuple):
    """A draft with its values: conformed, UNKNOWN where known later."""

    draft: Draft
    schema: ResourceSchema
    values: Mapping[str, Value]
    properties: Mapping[str, Expression]


def _wanted(instance: Instance) -> Wanted:
    draft = instance.draft
    return Wanted(
        draft.address,
        draft.definition.type_name,
        instance.properties,
        draft.depends_on,
        draft.deletion_policy,
        draft.replacement_policy,
        draft.definition.span,
        draft.definition.property_spans,
        draft.deletes_remains,
    )


def change_of(
    instance: Instance,
    resource: Resource | None,
    catalog: Catalog,
    *,
    replacement_allowed: bool,
) -> tuple[ResourceChange, bool]:
    """The change of one instance, and whether it renews attributes behind its Ref."""
    wanted = _wanted(instance)
    address, type_name = wanted.address, wanted.type_name
    if resource is None:
        created = tuple(
            PropertyChange((name,), None, value, span=wanted.property_spans.get(name))
            for name, value in instance.values.items()
        )
        return ResourceChange(
            address, type_name, Action.CREATE, properties=created, wanted=wanted
        ), False
    moved_from = None if resource.address == address else resource.address
    change = ResourceChange(
        address,
        type_name,
        Action.NONE if moved_from is None else Action.MOVE,
        wanted=wanted,
        moved_from=moved_from,
        physical_id=resource.physical_id,
    )
    former = catalog.find(resource.type_name)
    if former is None or former.schema is not instance.schema:
        return _type_change(
            change, resource, instance, replacement_allowed=replacement_allowed
        ), False
    changed = differences(
        instance.schema, resource.properties, instance.values, wanted.property_spans
    )
    if not resource.status.is_whole:
        return replace(
            change,
            action=Action.CREATE if resource.physical_id is None else Action.REPLACE,
            replacement=Replacement.NO if resource.physical_id is None else Replacement.YES,
            properties=changed,
            repairs=True,
        ), False
    if not changed:
        if resource.status is ResourceStatus.UPDATE_FAILED:
            return replace(change, action=Action.UPDATE), False
        return change, False
    needs = replacement_of(changed)
    change = replace(change, properties=changed, replacement=needs, action=Action.UPDATE)
    if needs is Replacement.YES:
        change = replace(
            change, action=Action.REPLACE, repairs=not instance.schema.replaced_by_handler
        )
    if needs is Replacement.YES and not replacement_allowed:
        change = replace(change, blocked=_refusals(change, instance.schema))
    if needs is Replacement.NO:
        change = replace(change, blocked=tuple(_too_small(change, instance.schema)))
    return change, renews(instance.schema, changed)


def _type_change(
    change: ResourceChange, resource: Resource, instance: Instance, *, replacement_allowed: bool
) -> ResourceChange:
    change = replace(change, action=Action.REPLACE, replacement=Replacement.YES, repairs=True)
    if replacement_allowed:
        return change
    refusal = error(
        "IF602",
        f'"{change.address}" cannot change its type from "{resource.type_name}"'
        f' to "{change.type_name}" in place',
        why="a resource of another type is another resource",
        remedy="allow replacements (--replace), or give it another logical id",
        span=instance.draft.definition.type_span,
    )
    return replace(change, blocked=(refusal,))


def _refusals(change: ResourceChange, schema: ResourceSchema) -> tuple[Diagnostic, ...]:
    editable = [
        name
        for name, property_schema in schema.properties.items()
        if property_schema.update is not UpdateBehaviour.REPLACES
    ]
    says = f"of its properties only {', '.join(editable)} can be edited" if editable else (
        "none of its properties can be edited"
    )  # fmt: skip
    return tuple(
        error(
            "IF601",
            f'"{render_path(changed.path)}" of "{change.address}" cannot be changed in place',
            why=f"{schema.type_name}: {says}",
            remedy="allow replacements (--replace), or give it its former value back",
            span=changed.span or (change.wanted.span if change.wanted is not None else None),
        )
        for changed in change.properties
        if changed.requires_replacement is Replacement.YES
    )


def _too_small(change: ResourceChange, schema: ResourceSchema) -> Iterator[Diagnostic]:
    for changed in change.properties:
        name = str(changed.path[0])
        if shrinks(schema.properties[name], changed.before, changed.after):
            yield error(
                "IF601",
                f'"{name}" of "{change.address}" cannot become smaller:'
                f" it is {mask(changed.before)}, and {mask(changed.after)} is wanted",
                why=f"{schema.type_name}: it can only grow in place",
                remedy=f"give {mask(changed.before)} or more",
                span=changed.span or (change.wanted.span if change.wanted is not None else None),
            )


def deletion_of(resource: Resource, place: ResourceAddress) -> ResourceChange:
    """The change that removes a resource, told at the place where its instance was."""
    return ResourceChange(
        place,
        resource.type_name,
        Action.DELETE,
        properties=tuple(
            PropertyChange((name,), value, None) for name, value in resource.properties.items()
        ),
        moved_from=None if place == resource.address else resource.address,
        retained=resource.deletion_policy in {"Retain", "RetainExceptOnCreate"},
        physical_id=resource.physical_id,
    )
