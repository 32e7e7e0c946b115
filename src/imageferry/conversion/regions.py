"""Which templates are to be written: one for each region that stacks over there stand in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from imageferry.conversion.crossings import Instance, KnownType, Voyage
from imageferry.conversion.parts import Leaf, Part, Table, function_name, plain, value_of
from imageferry.evaluation.errors import EvaluationError
from imageferry.evaluation.evaluator import evaluate
from imageferry.evaluation.scopes import MANNERS, Scope, Unresolved
from imageferry.model.counterparts import Counterpart
from imageferry.model.diagnostics import Diagnostic, error, warning
from imageferry.model.templates import Bindings, ResourceDefinition, Template
from imageferry.model.values import UNKNOWN, Value


def voyages(
    template: Template,
    resources: Table,
    types: Mapping[str, KnownType],
    bindings: Bindings,
    stack_region: str | None,
    found: list[Diagnostic],
) -> tuple[Voyage, ...]:
    """The templates to be written; faults are added to `found`.

    `resources` is the section as parts, `bindings` what is known of the parameters' values,
    `stack_region` the region of the stack here, if it is known.
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
        scope = Scope(bindings, Unresolved(), MANNERS[template.dialect])
        instances += _instances(definition, known.counterpart, scope, stack_region, found)
    together = tuple(instances)
    idle = [one for one in instances if one.is_idle]
    found += [_idle(template, types, one) for one in idle]
    instances = [one for one in instances if not one.is_idle]
    if idle and not instances:
        found.append(_nothing(template))
        return ()
    if (
        not counted
        and not idle
        and len({repr(None if one is None else plain(one)) for one in written}) <= 1
    ):
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
        Voyage(
            region,
            tuple(one for one in instances if one.region == region),
            together,
            is_alone=len(regions) == 1,
        )
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
    definition: ResourceDefinition,
    counterpart: Counterpart,
    scope: Scope,
    stack_region: str | None,
    found: list[Diagnostic],
) -> list[Instance]:
    name = definition.logical_id

    def made(index: int | None) -> Instance:
        inside = replace(scope, index=index)
        role = counterpart.stack_region_there
        region = _region(_settled(definition, role, inside))
        return Instance(
            name, index, region, _is_idle(definition, counterpart, inside, region, stack_region)
        )

    if definition.count is None:
        return [made(None)]
    count = scope.bindings.counts.get(name)
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


def _is_idle(
    definition: ResourceDefinition,
    counterpart: Counterpart,
    scope: Scope,
    region: str | None,
    stack_region: str | None,
) -> bool:
    """True where the copy's two regions are one, and the template says that none is made then."""
    if region is None or _settled(definition, counterpart.in_place, scope) is not True:
        return False
    source = _settled(definition, counterpart.stack_region_here, scope)
    return (_region(source) if source not in (None, "") else stack_region) == region


def _settled(definition: ResourceDefinition, name: str | None, scope: Scope) -> Value:
    """The value of a property; None where it is not written, UNKNOWN where it cannot be told."""
    expression = definition.properties.get(name or "")
    if expression is None:
        return None
    try:
        return evaluate(expression, scope)
    except EvaluationError:
        return UNKNOWN


def _region(value: Value) -> str | None:
    # A region that must not be seen is not written into a template either.
    return value if isinstance(value, str) and value else None


def _idle(template: Template, types: Mapping[str, KnownType], one: Instance) -> Diagnostic:
    name = one.logical_id
    flag = types[name].counterpart.in_place or ""
    definition = template.resources[name]
    return warning(
        "IF936",
        f"'{name}' in {one.region} is left out",
        why=f"the image is there already, and with '{flag}' nothing is made then",
        span=definition.property_spans.get(flag, definition.span),
    )


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
    resources = template.resources.values()
    first = next((one for one in resources if one.count is not None), next(iter(resources)))
    return error(
        "IF930",
        "there is nothing to convert: no resource is made",
        why=f"with the parameters and regions as they are, there is not one '{first.logical_id}'",
        remedy="give other parameters with -p",
        span=first.count.span if first.count and first.count.span else first.span,
    )
