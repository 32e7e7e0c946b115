"""foresee(template, bindings): what a template alone would make, value by value, wave by wave."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from imageferry.evaluation.conformance import conform
from imageferry.evaluation.errors import EvaluationError
from imageferry.evaluation.evaluator import evaluate
from imageferry.evaluation.folding import specialise
from imageferry.evaluation.references import MentionKind, mentions
from imageferry.evaluation.scopes import MANNERS, Scope, Unresolved
from imageferry.graph import Graph
from imageferry.model.addresses import ResourceAddress, parse_address
from imageferry.model.diagnostics import Diagnostic, TemplateError
from imageferry.model.expressions import Expression, Literal
from imageferry.model.outlooks import Foreseen, Gap, Need, Outlook, Prospect, Unmade
from imageferry.model.schemas import ResourceSchema, ValueType
from imageferry.model.templates import Bindings, Output, Template
from imageferry.model.values import UNKNOWN, Secret, Value, is_known
from imageferry.planning.expansion import Draft, expand
from imageferry.planning.gaps import Unsettled, condition_reasons, gaps, reasons
from imageferry.ports.types import Catalog, Route

# Stands for a text that is known later while a type tells its route; no region is called that.
_LATER = "\0"


@dataclass(slots=True)
class _Subject:
    """What is looked at, and the faults that are found on the way."""

    template: Template
    bindings: Bindings
    catalog: Catalog
    region: str
    faults: list[Diagnostic]

    def place(self, index: int | None = None) -> Unsettled:
        scope = Scope(self.bindings, Unresolved(), MANNERS[self.template.dialect], index)
        return Unsettled(scope, self.template.conditions)


def foresee(template: Template, bindings: Bindings, catalog: Catalog) -> Outlook:
    """Every resource that the template would make, with what is known of it.

    Parameters without a value are UNKNOWN in the bindings, conditions that are not settled are left
    out of them, and so are counts. Raises TemplateError where a value cannot be evaluated.
    """
    region = bindings.pseudo.get("region")
    subject = _Subject(template, bindings, catalog, region if isinstance(region, str) else "", [])
    try:
        groups = expand(template, bindings, MANNERS[template.dialect])
    except EvaluationError as refused:
        raise TemplateError([refused.diagnostic]) from None
    found = [one for drafts in groups for one in _group(drafts, subject)]
    outputs = tuple(_outputs(subject))
    if subject.faults:
        raise TemplateError(subject.faults)
    return Outlook(
        template_name=template.source_name,
        dialect=template.dialect,
        description=template.description,
        region=subject.region,
        parameters=bindings.parameters,
        missing=tuple(name for name, value in bindings.parameters.items() if value is UNKNOWN),
        conditions={name: bindings.conditions.get(name) for name in template.conditions},
        resources=tuple(_in_waves(found, list(template.resources))),
        unmade=tuple(
            Unmade(name, definition.type_name, definition.condition or "")
            for name, definition in template.resources.items()
            if name in bindings.absent
        ),
        outputs=outputs,
    )


def _group(drafts: Sequence[Draft], subject: _Subject) -> Iterator[Foreseen]:
    """The instances of one definition; what all of them share is evaluated once."""
    definition = drafts[0].definition
    kind = subject.catalog.find(definition.type_name)
    place = subject.place()
    is_open = definition.count is not None and definition.logical_id not in subject.bindings.counts
    count_reasons: tuple[str, ...] = ()
    if is_open and definition.count is not None:
        count_reasons = reasons(definition.count, place)
    condition_says: tuple[str, ...] = ()
    if definition.condition is not None:
        condition_says = condition_reasons(definition.condition, place)
    shared: dict[str, tuple[Value, tuple[Gap, ...]]] = {}
    needs: tuple[Need, ...] = ()
    named: tuple[str, ...] = ()
    before: Draft | None = None
    for draft in drafts:
        if before is None or draft.properties is not before.properties:
            needs, named = _needs(draft, subject), tuple(_parameters(draft, subject))
        before = draft
        properties = _properties(draft, subject, None if kind is None else kind.schema, shared)
        yield Foreseen(
            address=draft.address,
            type_name=definition.type_name,
            properties=properties,
            needs=needs,
            wave=1,
            route=None
            if kind is None
            else _route(kind.route, kind.schema, properties, subject.region),
            condition=definition.condition,
            condition_reasons=condition_says,
            is_open=is_open,
            count_reasons=count_reasons,
            parameters=named,
            span=definition.span,
        )


def _properties(
    draft: Draft,
    subject: _Subject,
    schema: ResourceSchema | None,
    shared: dict[str, tuple[Value, tuple[Gap, ...]]],
) -> tuple[Prospect, ...]:
    place = subject.place(draft.address.index)
    values: dict[str, Value] = {}
    found: dict[str, tuple[Gap, ...]] = {}
    for name, expression in draft.properties.items():
        if name in shared:
            values[name], found[name] = shared[name]
            continue
        try:
            value = evaluate(expression, place.scope)
        except EvaluationError as refused:
            subject.faults.append(refused.diagnostic)
            continue
        values[name], found[name] = value, _gaps(name, expression, value, place)
        if name in draft.shared:
            shared[name] = values[name], found[name]
    spans = draft.definition.property_spans
    if schema is None:
        return tuple(
            Prospect(name, value, found[name], spans.get(name)) for name, value in values.items()
        )
    written = {
        one.old_name_of: name
        for name, one in schema.properties.items()
        if one.old_name_of is not None and name in values
    }
    return tuple(
        Prospect(name, value, found.get(source, ()), spans.get(source))
        for name, value in conform(schema, values).values.items()
        for source in [name if name in values else written.get(name, name)]
    )


def _gaps(name: str, expression: Expression, value: Value, place: Unsettled) -> tuple[Gap, ...]:
    return () if is_known(value) else tuple(gaps(expression, place, (name,)))


def _needs(draft: Draft, subject: _Subject) -> tuple[Need, ...]:
    """What comes before the draft, in the order it is mentioned, with every reason."""
    known = dict[ResourceAddress, dict[str, None]]((address, {}) for address in draft.depends_on)
    by_name: dict[str, list[ResourceAddress]] = {}
    for address in draft.depends_on:
        by_name.setdefault(address.logical_id, []).append(address)
    for name, reason in _mentioned(draft):
        address = parse_address(name)
        for one in [address] if address in known else by_name.get(name, []):
            known[one][reason] = None
    # What is mentioned nowhere was named by a function in DependsOn.
    return tuple(Need(address, tuple(why) or ("DependsOn",)) for address, why in known.items())


def _mentioned(draft: Draft) -> Iterator[tuple[str, str]]:
    for expression in _expressions(draft):
        for mention in mentions(expression):
            if mention.kind is MentionKind.NAME:
                yield mention.name, "Ref"
            elif mention.kind is MentionKind.ATTRIBUTE:
                yield mention.name, f"GetAtt {mention.attribute or '…'}"
    for name, _ in draft.definition.depends_on:
        yield name, "DependsOn"


def _expressions(draft: Draft) -> Iterator[Expression]:
    yield from (part for part in draft.properties.values() if not isinstance(part, Literal))
    for notes in (draft.definition.metadata, draft.definition.update_policy):
        if notes is not None:
            yield notes


def _parameters(draft: Draft, subject: _Subject) -> Iterator[str]:
    """The parameters that a draft mentions, each once, in its properties or by its count."""
    expressions = [*_expressions(draft)]
    if draft.definition.count is not None:
        expressions.append(draft.definition.count)
    names = (
        mention.name
        for expression in expressions
        for mention in mentions(expression)
        if mention.kind is MentionKind.NAME and mention.name in subject.bindings.parameters
    )
    yield from dict.fromkeys(names)


def _route(
    route: Route, schema: ResourceSchema, properties: Sequence[Prospect], region: str
) -> tuple[str | None, str | None] | None:
    """Where it comes from and goes to; an end that is a text known later is None."""
    values: dict[str, Value] = {}
    for one in properties:
        if is_known(one.value):
            values[one.name] = one.value
        elif schema.properties[one.name].value_type is ValueType.STRING:
            values[one.name] = _LATER
    ends = route(values, region)
    if ends is None:
        return None
    source, destination = (None if end == _LATER else end for end in ends)
    return source, destination


def _outputs(subject: _Subject) -> Iterator[Prospect]:
    for output in subject.template.outputs.values():
        truth = subject.bindings.conditions.get(output.condition or "", None)
        if output.condition is not None and truth is False:
            continue
        if output.condition is not None and truth is None:
            why = condition_reasons(output.condition, subject.place())
            yield Prospect(output.name, UNKNOWN, (Gap((), why),), output.span)
            continue
        yield from _output(output, subject)


def _output(output: Output, subject: _Subject) -> Iterator[Prospect]:
    place = subject.place()
    try:
        expression = specialise(
            output.value, subject.bindings, None, MANNERS[subject.template.dialect]
        )
        value = evaluate(expression, place.scope)
    except EvaluationError as refused:
        subject.faults.append(refused.diagnostic)
        return
    found = () if is_known(value) else tuple(gaps(expression, place))
    if output.no_echo and value is not UNKNOWN and not isinstance(value, Secret):
        value = Secret(value)
    yield Prospect(output.name, value, found, output.span)


def _in_waves(found: Sequence[Foreseen], names: Sequence[str]) -> list[Foreseen]:
    """The resources with their waves, sorted by them and by the template's order."""
    edges: Mapping[ResourceAddress, list[ResourceAddress]] = {
        one.address: [need.address for need in one.needs] for one in found
    }
    graph = Graph(edges)
    waves: dict[ResourceAddress, int] = {}
    for address in graph.order():
        waves[address] = 1 + max((waves[need] for need in graph.before[address]), default=0)
    place = {name: position for position, name in enumerate(names)}
    return sorted(
        (replace(one, wave=waves[one.address]) for one in found),
        key=lambda one: (one.wave, place[one.address.logical_id], one.address.index or 0),
    )
