"""parameter_effects: what an update may do to each parameter of a template, without any stack."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from imageferry.evaluation.references import Mention, MentionKind, mentions
from imageferry.model.expressions import Expression
from imageferry.model.schemas import ResourceSchema, UpdateBehaviour
from imageferry.model.templates import ResourceDefinition, Template
from imageferry.ports.types import Catalog


class Effects(NamedTuple):
    """The parameters of a template by what another value of them would do, each in one list.

    `replacing` are those of which some property that cannot be changed in place is made;
    `conditional` those whose new value decides: what exists depends on them, or a number that may
    only grow; `uncertain` those of resources whose type is not known here; `free` all others.
    """

    free: tuple[str, ...]
    conditional: tuple[str, ...]
    uncertain: tuple[str, ...]
    replacing: tuple[str, ...]


def parameter_effects(template: Template, catalog: Catalog) -> Effects:
    """What an update with another value of each parameter would do to the resources."""
    replacing: set[str] = set()
    conditional: set[str] = set()
    uncertain: set[str] = set()
    for definition in template.resources.values():
        found = catalog.find(definition.type_name)
        for name, expression in definition.properties.items():
            named, deciding = _parameters(template, [expression])
            if found is None:
                uncertain |= named | deciding
                continue
            match _behaviour(found.schema, name):
                case UpdateBehaviour.REPLACES:
                    replacing |= named | deciding
                case UpdateBehaviour.IN_PLACE if found.schema.properties[name].grows_only:
                    conditional |= named | deciding
                case _:
                    pass
        named, deciding = _parameters(template, list(_of_existence(template, definition)))
        conditional |= named | deciding
    ranks = (replacing, uncertain - replacing, conditional - replacing - uncertain)
    bound = replacing | uncertain | conditional
    order = list(template.parameters)
    listed = [tuple(name for name in order if name in rank) for rank in ranks]
    return Effects(
        free=tuple(name for name in order if name not in bound),
        conditional=listed[2],
        uncertain=listed[1],
        replacing=listed[0],
    )


def _behaviour(schema: ResourceSchema, name: str) -> UpdateBehaviour:
    found = schema.properties.get(name)
    return UpdateBehaviour.IGNORED if found is None else found.update


def _of_existence(template: Template, definition: ResourceDefinition) -> Iterator[Expression]:
    """What decides whether a resource exists, and how many of it."""
    condition = template.conditions.get(definition.condition or "")
    if condition is not None:
        yield condition.expression
    if definition.count is not None:
        yield definition.count


def _parameters(template: Template, expressions: Sequence[Expression]) -> tuple[set[str], set[str]]:
    """The parameters named in expressions, and those that the conditions in them depend on."""
    named: set[str] = set()
    deciding: set[str] = set()
    asked: set[str] = set()
    pending: list[tuple[Mention, bool]] = [
        (mention, False) for expression in expressions for mention in mentions(expression)
    ]
    while pending:
        mention, decides = pending.pop()
        if mention.kind is MentionKind.NAME and mention.name in template.parameters:
            (deciding if decides else named).add(mention.name)
        condition = template.conditions.get(mention.name)
        is_new = mention.kind is MentionKind.CONDITION and mention.name not in asked
        if is_new and condition is not None:
            asked.add(mention.name)
            pending += [(inner, True) for inner in mentions(condition.expression)]
    return named, deciding
