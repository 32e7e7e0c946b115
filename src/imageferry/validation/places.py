"""sites(template): every expression of a template, what it mentions, and what may be said in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from imageferry.evaluation.functions.rows import Place
from imageferry.evaluation.references import Mention, contents
from imageferry.model.diagnostics import Span
from imageferry.model.expressions import (
    Attribute,
    Call,
    Expression,
    Literal,
)
from imageferry.model.templates import ResourceDefinition, Rule, Template


class Site(NamedTuple):
    """One expression where it stands.

    `says` names the place in messages. `resource` is the definition that the expression belongs
    to. `sees_resources` is False before any resource exists; `sees_index` is True where the index
    of a counted instance has a value; `takes_calls` is False where only Ref may stand;
    `takes_lists` is False where a counted resource cannot stand for all of its instances.
    `mentions`, `calls` and `attributes` (each `Fn::GetAtt`) are found once for all who ask.
    """

    expression: Expression
    place: Place
    says: str
    span: Span
    mentions: Sequence[Mention] = ()
    calls: Sequence[Call] = ()
    attributes: Sequence[Attribute] = ()
    resource: ResourceDefinition | None = None
    sees_resources: bool = True
    sees_index: bool = False
    takes_calls: bool = True
    takes_lists: bool = True


def sites(template: Template) -> Iterator[Site]:
    """Every expression of the template that is more than plain data, in its order."""
    for condition in template.conditions.values():
        says = f"condition '{condition.name}'"
        yield _early(condition.expression, Place.CONDITION, says, condition.span)
    for rule in template.rules.values():
        yield from _of_rule(rule)
    for definition in template.resources.values():
        yield from _of_resource(definition)
    for output in template.outputs.values():
        says = f"output '{output.name}'"
        yield Site(output.value, Place.NORMAL, says, output.span, *contents(output.value))
        if output.export_name is not None:
            says = f"the export name of output '{output.name}'"
            yield _early(output.export_name, Place.NORMAL, says, output.span)


def _early(
    expression: Expression,
    place: Place,
    says: str,
    span: Span,
    resource: ResourceDefinition | None = None,
    *,
    takes_calls: bool = True,
) -> Site:
    """What is settled before any resource exists."""
    found = contents(expression)
    return Site(expression, place, says, span, *found, resource, False, False, takes_calls)


def _of_rule(rule: Rule) -> Iterator[Site]:
    says = f"rule '{rule.name}'"
    if rule.condition is not None:
        yield _early(rule.condition, Place.RULE, says, rule.condition.span or rule.span)
    for assertion in rule.assertions:
        yield _early(assertion.expression, Place.RULE, says, assertion.span)


def _of_resource(definition: ResourceDefinition) -> Iterator[Site]:
    name = definition.logical_id
    count = definition.count
    if count is not None:
        span = count.span or definition.span
        yield _early(count, Place.COUNT, f"'Count' of '{name}'", span, definition)
    policies = (
        ("DeletionPolicy", definition.deletion_policy),
        ("UpdateReplacePolicy", definition.replacement_policy),
    )
    for word, policy in policies:
        if policy is not None:
            span = policy.span or definition.span
            says = f"'{word}' of '{name}'"
            yield _early(policy, Place.NORMAL, says, span, definition, takes_calls=False)
    for key, expression in definition.properties.items():
        # Most properties are plain text.
        if type(expression) is not Literal:
            span = definition.property_spans.get(key, definition.span)
            yield Site(
                expression,
                Place.NORMAL,
                f"'{name}.{key}'",
                span,
                *contents(expression),
                definition,
                True,
                count is not None,
            )
    yield from _of_notes(definition)


def _of_notes(definition: ResourceDefinition) -> Iterator[Site]:
    """What a definition says beside its properties."""
    name = definition.logical_id
    # ROS reference, count: only properties and outputs hold the list of a resource's instances.
    for word, notes in (
        ("Metadata", definition.metadata),
        ("UpdatePolicy", definition.update_policy),
        ("CreationPolicy", definition.creation_policy),
    ):
        if notes is not None and type(notes) is not Literal:
            span = notes.span or definition.span
            says = f"'{word}' of '{name}'"
            site = Site(notes, Place.NORMAL, says, span, *contents(notes), definition)
            yield site._replace(takes_lists=False)
    for expression in definition.computed_dependencies:
        says = f"'DependsOn' of '{name}'"
        span = expression.span or definition.span
        site = _early(expression, Place.NORMAL, says, span, definition)
        yield site._replace(sees_index=definition.count is not None)
