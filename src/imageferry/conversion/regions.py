"""Which templates are to be written: one for each region that stacks over there stand in."""

from __future__ import annotations

from collections.abc import Mapping

from imageferry.conversion.crossings import Instance, KnownType, Voyage
from imageferry.conversion.parts import Leaf, Part, Table, function_name, plain, value_of
from imageferry.evaluation.errors import EvaluationError
from imageferry.evaluation.evaluator import evaluate
from imageferry.evaluation.scopes import MANNERS, Scope, Unresolved
from imageferry.model.diagnostics import Diagnostic, error
from imageferry.model.expressions import Expression
from imageferry.model.templates import Bindings, ResourceDefinition, Template


def voyages(
    template: Template,
    resources: Table,
    types: Mapping[str, KnownType],
    bindings: Bindings,
    found: list[Diagnostic],
) -> tuple[Voyage, ...]:
    """The templates to be written; faults are added to `found`.

    `resources` is the section as parts, `bindings` what is known of the parameters' values.
    """
    definitions = {member.name: member.value for member in resources.members}
    instances: list[Instance] = []
    written: list[Part | None] = []
    counted = False
    for name, definition in template.resources.items():
        known = types.get(name)
        if known is None:
            continue
        role = known.counterpart.stack_region_there
        if role is not None:
            written.append(_property(definitions.get(name), role))
        counted = counted or definition.count is not None
        instances += _instances(template, definition, role, bindings, found)
    together = tuple(instances)
    if not counted and len({repr(None if one is None else plain(one)) for one in written}) <= 1:
        region = next((one.region for one in instances if one.region), None)
        return (Voyage(region, together, together, _parameter_of(written, template)),)
    unknown = [one for one in instances if one.region is None]
    if unknown:
        found.extend(_unsettled(template, types, unknown))
        return ()
    regions = list(dict.fromkeys(one.region for one in instances))
    if not regions and not found:
        found.append(_nothing(template))
    return tuple(
        Voyage(region, tuple(one for one in instances if one.region == region), together)
        for region in regions
    )


def _property(definition: Part | None, role: str) -> Part | None:
    properties = value_of(definition, "Properties") if isinstance(definition, Table) else None
    return value_of(properties, role) if isinstance(properties, Table) else None


def _parameter_of(written: list[Part | None], template: Template) -> str | None:
    """The parameter that gives every resource's region, if one does."""
    first = written[0] if written else None
    if first is None or function_name(first) != "Ref" or not isinstance(first, Table):
        return None
    argument = first.members[0].value
    if isinstance(argument, Leaf) and argument.text in template.parameters:
        return argument.text
    return None


def _instances(
    template: Template,
    definition: ResourceDefinition,
    role: str | None,
    bindings: Bindings,
    found: list[Diagnostic],
) -> list[Instance]:
    name = definition.logical_id
    expression = None if role is None else definition.properties.get(role)

    def made(index: int | None) -> Instance:
        scope = Scope(bindings, Unresolved(), MANNERS[template.dialect], index)
        return Instance(name, index, _region(expression, scope))

    if definition.count is None:
        return [made(None)]
    count = bindings.counts.get(name)
    if count is None:
        found.append(
            error(
                "IF930",
                f"how many '{name}' there are cannot be settled",
                why="a counted resource becomes a stack for each region, and 'Count' depends on "
                "values that are not known here",
                remedy="give the parameters that it depends on with -p, or defaults",
                span=definition.count.span or definition.span,
            )
        )
        return []
    return [made(index) for index in range(count)]


def _region(expression: Expression | None, scope: Scope) -> str | None:
    if expression is None:
        return None
    try:
        value = evaluate(expression, scope)
    except EvaluationError:
        return None
    # A region that must not be seen is not written into a template either.
    return value if isinstance(value, str) and value else None


def _unsettled(
    template: Template,
    types: Mapping[str, KnownType],
    unknown: list[Instance],
) -> list[Diagnostic]:
    faults = []
    for name in dict.fromkeys(one.logical_id for one in unknown):
        definition = template.resources[name]
        role = types[name].counterpart.stack_region_there
        if role is None:
            continue
        faults.append(
            error(
                "IF930",
                f"the region of '{name}' cannot be settled",
                why="resources of several regions become a stack for each, and "
                f"'{role}' depends on values that are not known here",
                remedy="give the parameters that it depends on with -p, or defaults",
                span=definition.property_spans.get(role, definition.span),
            )
        )
    return faults


def _nothing(template: Template) -> Diagnostic:
    counted = next(one for one in template.resources.values() if one.count is not None)
    return error(
        "IF930",
        "there is nothing to convert: no resource is made",
        why=f"with the parameters as they are, there is not one '{counted.logical_id}'",
        remedy="give other parameters with -p",
        span=counted.count.span if counted.count and counted.count.span else counted.span,
    )
