"""places(template): every expression of a template, and what may be said in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from imageferry.evaluation.functions.rows import Place
from imageferry.model.diagnostics import Span
from imageferry.model.expressions import Expression
from imageferry.model.templates import ResourceDefinition, Template


@dataclass(frozen=True, slots=True)
class Site:
    """One expression where it stands.

    `says` names the place in messages. `resource` is the definition that the expression belongs
    to. `sees_resources` is False before any resource exists; `sees_index` is True where the index
    of a counted instance has a value; `takes_calls` is False where only Ref may stand.
    """

    expression: Expression
    place: Place
    says: str
    span: Span
    resource: ResourceDefinition | None = None
    sees_resources: bool = True
    sees_index: bool = False
    takes_calls: bool = True


def sites(template: Template) -> Iterator[Site]:
    """Every expression of the template, in its order."""
    for condition in template.conditions.values():
        yield Site(
            condition.expression,
            Place.CONDITION,
            f"condition '{condition.name}'",
            condition.span,
            sees_resources=False,
        )
    for definition in template.resources.values():
        yield from _of_resource(definition)
    for output in template.outputs.values():
        says = f"output '{output.name}'"
        yield Site(output.value, Place.NORMAL, says, output.span)
        if output.export_name is not None:
            says = f"the export name of output '{output.name}'"
            yield Site(output.export_name, Place.NORMAL, says, output.span, sees_resources=False)


def _of_resource(definition: ResourceDefinition) -> Iterator[Site]:
    name = definition.logical_id
    if definition.count is not None:
        yield Site(
            definition.count,
            Place.COUNT,
            f"'Count' of '{name}'",
            definition.count.span or definition.span,
            definition,
            sees_resources=False,
        )
    policies = (
        ("DeletionPolicy", definition.deletion_policy),
        ("UpdateReplacePolicy", definition.replacement_policy),
    )
    for word, policy in policies:
        if policy is not None:
            yield Site(
                policy,
                Place.NORMAL,
                f"'{word}' of '{name}'",
                policy.span or definition.span,
                definition,
                sees_resources=False,
                takes_calls=False,
            )
    for key, expression in definition.properties.items():
        yield Site(
            expression,
            Place.NORMAL,
            f"'{name}.{key}'",
            definition.property_spans.get(key, definition.span),
            definition,
            sees_index=definition.count is not None,
        )
    if definition.metadata is not None:
        yield Site(
            definition.metadata,
            Place.NORMAL,
            f"'Metadata' of '{name}'",
            definition.metadata.span or definition.span,
            definition,
        )
