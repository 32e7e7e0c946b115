"""Conditions and Count: definitions to the instances that shall be, and their dependencies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from imageferry.evaluation.dependencies import dependencies_of, tells_index
from imageferry.evaluation.directives import directives_of
from imageferry.evaluation.evaluator import evaluate
from imageferry.evaluation.folding import may_fold, specialise
from imageferry.evaluation.references import Contents, MentionKind, contents
from imageferry.evaluation.scopes import Manners, Scope, Unresolved
from imageferry.graph import Graph
from imageferry.model.addresses import ResourceAddress, parse_address
from imageferry.model.expressions import Expression, Literal
from imageferry.model.templates import Bindings, ResourceDefinition, Template


class Draft(NamedTuple):
    """One instance of a definition, before anything is compared.

    `shared` are the properties whose value is the same for every instance of the definition.
    """

    address: ResourceAddress
    definition: ResourceDefinition
    properties: Mapping[str, Expression]
    depends_on: tuple[ResourceAddress, ...]
    deletion_policy: str
    replacement_policy: str
    shared: frozenset[str]
    deletes_remains: bool = False


def expand(template: Template, bindings: Bindings, manners: Manners) -> list[list[Draft]]:
    """The instances of each definition that is present, definitions after what they mention."""
    present = {
        name: definition
        for name, definition in template.resources.items()
        if name not in bindings.absent
    }
    groups = {
        name: _instances(definition, bindings, present, manners)
        for name, definition in present.items()
    }
    order = Graph(
        {
            name: {address.logical_id for draft in drafts for address in draft.depends_on}
            for name, drafts in groups.items()
        }
    ).order()
    return [groups[name] for name in order if groups[name]]


def _instances(
    definition: ResourceDefinition,
    bindings: Bindings,
    present: Mapping[str, ResourceDefinition],
    manners: Manners,
) -> list[Draft]:
    scope = Scope(bindings, Unresolved(), manners)
    deletion = _policy(definition.deletion_policy, scope)
    replacement = _policy(definition.replacement_policy, scope)
    deletes_remains = directives_of(definition, scope).deletes_remains
    indexes: Iterable[int | None] = (None,)
    if definition.logical_id in bindings.counts:
        indexes = range(bindings.counts[definition.logical_id])
    inside = _inside(definition.properties)
    folding = {name for name, held in inside.items() if may_fold(held, bindings)}
    shared: frozenset[str] = frozenset()
    if definition.count is not None:
        shared = frozenset(
            name
            for name, expression in definition.properties.items()
            if name not in folding and not tells_index(expression)
        )
    drafts = []
    differ = bool(folding) or any(map(tells_index, definition.computed_dependencies))
    dependencies: tuple[ResourceAddress, ...] | None = None
    for index in indexes:
        properties = definition.properties
        if folding:
            properties = {
                name: specialise(expression, bindings, index, manners)
                if name in folding
                else expression
                for name, expression in properties.items()
            }
        if differ or dependencies is None:
            here = scope if index is None else replace(scope, index=index)
            if folding:
                inside = _inside(properties)
            dependencies = _dependencies(definition, inside.values(), here, present)
        drafts.append(
            Draft(
                ResourceAddress(definition.logical_id, index),
                definition,
                properties,
                dependencies,
                deletion,
                replacement,
                shared,
                deletes_remains,
            )
        )
    return drafts


def _inside(properties: Mapping[str, Expression]) -> dict[str, Contents]:
    """What each property holds that is more than plain data."""
    return {
        name: contents(expression)
        for name, expression in properties.items()
        if not isinstance(expression, Literal)
    }


def _policy(expression: Expression | None, scope: Scope) -> str:
    value = None if expression is None else evaluate(expression, scope)
    return value if isinstance(value, str) and value else "Delete"


def _dependencies(
    definition: ResourceDefinition,
    inside: Iterable[Contents],
    scope: Scope,
    present: Mapping[str, ResourceDefinition],
) -> tuple[ResourceAddress, ...]:
    found: dict[ResourceAddress, None] = {}
    names = [name for name, _ in dependencies_of(definition, scope)]
    notes = (definition.metadata, definition.update_policy)
    for held in (*inside, *(contents(part) for part in notes if part is not None)):
        names += [
            mention.name
            for mention in held.mentions
            if mention.kind is MentionKind.NAME or mention.kind is MentionKind.ATTRIBUTE
        ]
    for name in names:
        address = ResourceAddress(name) if name in present else parse_address(name)
        if address.logical_id not in present:
            continue
        count = scope.bindings.counts.get(address.logical_id)
        if count is not None and address.index is None:
            found.update((ResourceAddress(address.logical_id, i), None) for i in range(count))
        else:
            found[address] = None
    return tuple(found)
