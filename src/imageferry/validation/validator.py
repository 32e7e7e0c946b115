"""validate(template, catalog), validate_bound(…): every check, one report in the order of lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import replace
from typing import Final

from imageferry.evaluation.conversions import kind_of
from imageferry.evaluation.directives import directives_of, says_directives
from imageferry.evaluation.errors import EvaluationError
from imageferry.evaluation.evaluator import evaluate
from imageferry.evaluation.functions import FUNCTIONS
from imageferry.evaluation.functions.rows import Lazy
from imageferry.evaluation.references import MentionKind
from imageferry.evaluation.scopes import MANNERS, Scope, Unresolved
from imageferry.model.diagnostics import Diagnostic, Severity, error, warning
from imageferry.model.expressions import Expression
from imageferry.model.inquiries import Inquiry
from imageferry.model.reports import Findings, ordered
from imageferry.model.suggestions import Guesses
from imageferry.model.templates import Bindings, ResourceDefinition, Template
from imageferry.model.values import NO_VALUE, UNKNOWN, Value, reveal
from imageferry.ports.types import Catalog
from imageferry.validation.absence import Absence, absences
from imageferry.validation.alternatives import faults_of_alternatives
from imageferry.validation.bindings import Bound, bind, settle_conditions, settle_counts
from imageferry.validation.calls import faults_of_calls
from imageferry.validation.contexts import faults_of_contexts
from imageferry.validation.cycles import faults_of_cycles
from imageferry.validation.declarations import faults_of_parameters
from imageferry.validation.dependencies import faults_of_dependencies, faults_of_instances
from imageferry.validation.disuse import faults_of_disuse
from imageferry.validation.exports import faults_of_exports
from imageferry.validation.parameters import bind_parameters
from imageferry.validation.places import Site, sites
from imageferry.validation.properties import (
    faults_of_properties,
    placed,
    settled_value,
    unknown_types,
    words_for_text,
)
from imageferry.validation.references import faults_of_names
from imageferry.validation.results import faults_of_outputs, faults_of_results
from imageferry.validation.rules import settle_rules

_POLICIES: Final = frozenset({"Delete", "Retain", "RetainExceptOnCreate", "Snapshot"})
_REPLACEMENT_POLICIES: Final = frozenset({"Delete", "Retain", "Snapshot"})

# ROS documentation, limits; CloudFormation guide, quotas. They hold for the expanded template.
_OWNERS_LIMITS: Final[Mapping[str, int]] = {"ros": 300, "cloudformation": 500}


def validate(
    template: Template,
    catalog: Catalog,
    *,
    source: bytes | None = None,
    given: Mapping[str, Value] | None = None,
    region: str = "",
) -> tuple[Diagnostic, ...]:
    """What can be said without a stack: all faults, by line.

    Without parameters, what is wrong only with their defaults is a warning, since other values may
    be given; `given` parameters, if only none, are bound. `region` is the one of the stack to be.
    `source` is the template's text, where unused declarations shall be told.
    """
    everywhere = list(sites(template))
    guesses = Guesses()
    found = _written(template, everywhere, catalog, guesses)
    by_default = Findings(are_copied=_holds_copies(template))
    sound: frozenset[str] = frozenset()
    if given is None and template.parameters:
        defaults = bind_parameters(_optional_part(template), {}).values
        values = {**dict.fromkeys(template.parameters, UNKNOWN), **defaults}
        asking = _asking(everywhere, defaults)
        by_default.take(_evaluated(template, values, catalog, asking, region))
        if not by_default:
            sound = asking - _choosing(everywhere)
    _take_unbound(found, template, catalog, sound, region)
    if given is not None:
        found.take_new(_with_values(template, catalog, given, region))
    found.take_new(map(_by_default, by_default))
    if source is not None:
        found.take(faults_of_disuse(template, everywhere, source, guesses))
    return ordered(_without_echoes(found))


def _with_values(
    template: Template, catalog: Catalog, given: Mapping[str, Value], region: str
) -> Iterator[Diagnostic]:
    """What is wrong with the given parameters; what only a stack has is not known."""
    parameters = bind_parameters(template, given)
    yield from parameters.diagnostics
    values = {**dict.fromkeys(template.parameters, UNKNOWN), **parameters.values}
    pseudo: dict[str, Value] = {"region": region} if region else {}
    found: list[Diagnostic] = []
    bindings = Bindings(values, pseudo, mappings=template.mappings)
    conditions = settle_conditions(template, bindings, found)
    bindings = replace(bindings, conditions=conditions)
    found += settle_rules(template, bindings)
    bindings = settle_counts(template, bindings, found)
    missing = list(absences(template, sites(template), bindings))
    yield from (*found, *(one.diagnostic for one in missing))
    # The index of what is not counted yet is not known either.
    bindings = replace(bindings, pseudo={**pseudo, "index": UNKNOWN})
    sound = _without(template, missing)
    yield from faults_of_properties(template, bindings, catalog, region, sound)
    yield from faults_of_dependencies(template, bindings)
    yield from faults_of_instances(template, bindings)
    yield from _policies(template, bindings)
    yield from _outputs(template, bindings)
    yield from _owners_limit(template, bindings)


def validate_given(
    template: Template,
    catalog: Catalog,
    given: Mapping[str, Value],
    pseudo: Mapping[str, Value],
    previous: Mapping[str, Value] | None = None,
    answers: Mapping[Inquiry, Value] | None = None,
    *,
    partly: bool = False,
) -> Bound:
    """Everything at once for a template with its parameters: bindings, and each fault told once.

    The arguments are those of `bind`; the stack's region is the pseudo parameter `region`.
    """
    found = _written(template, list(sites(template)), catalog, Guesses())
    bound = bind(template, given, pseudo, previous, answers, partly=partly)
    # What cannot be settled follows from what is mentioned too early, where that is told.
    echoes = {"IF315"} & found.codes()
    unheard = [one for one in bound.diagnostics if one.code not in echoes]
    found.take_new(unheard, beside_errors=True)
    if bound.bindings is None:
        _take_unbound(found, template, catalog)
    else:
        region = pseudo.get("region")
        text = region if isinstance(region, str) else ""
        found.take_new(validate_bound(template, bound.bindings, catalog, text))
    report = ordered(_without_echoes(found))
    refused = any(diagnostic.is_error for diagnostic in report)
    return Bound(None if refused else bound.bindings, report)


def _written(
    template: Template, everywhere: list[Site], catalog: Catalog, guesses: Guesses
) -> Findings:
    """What is wrong as it is written, whatever the values may be."""
    found = Findings(are_copied=_holds_copies(template))
    found.take(unknown_types(template, catalog))
    found.take(words_for_text(template, catalog))
    found.take(faults_of_parameters(template))
    found.take(faults_of_names(template, everywhere, catalog, guesses))
    found.take(faults_of_cycles(template, everywhere))
    found.take(faults_of_contexts(template, everywhere))
    found.take_new(faults_of_calls(template, everywhere, catalog, guesses))
    found.take(faults_of_results(template, catalog))
    found.take(faults_of_outputs(template, catalog))
    found.take(faults_of_exports(template))
    return found


def _holds_copies(template: Template) -> bool:
    """True where a loop has made several things of the same lines."""
    for named in (template.resources, template.outputs, template.conditions):
        if len({one.span for one in named.values()}) < len(named):
            return True
    return False


def _take_unbound(
    found: Findings,
    template: Template,
    catalog: Catalog,
    sound: frozenset[str] = frozenset(),
    region: str = "",
) -> None:
    """Add what evaluation finds with every parameter unknown, and has not been told.

    `sound` are resources in which it can find nothing.
    """
    unknown = dict.fromkeys(template.parameters, UNKNOWN)
    only = template.resources.keys() - sound
    found.take_new(_evaluated(template, unknown, catalog, only, region))
    found.take_new(faults_of_alternatives(template, catalog))


def _optional_part(template: Template) -> Template:
    """The template with only those parameters that have a default."""
    optional = {name: one for name, one in template.parameters.items() if one.has_default}
    return replace(template, parameters=optional)


def _asking(everywhere: list[Site], defaults: Mapping[str, Value]) -> frozenset[str]:
    """The resources whose values may follow from a default, by a parameter or a condition."""
    return frozenset(
        site.resource.logical_id
        for site in everywhere
        if site.resource is not None
        and any(
            mention.name in defaults or mention.kind is MentionKind.CONDITION
            for mention in site.mentions
        )
    )


def _choosing(everywhere: list[Site]) -> frozenset[str]:
    """The resources with a function that does not look at all of its arguments.

    Everywhere else what is right with known values is right with unknown ones, which pass.
    """
    return frozenset(
        site.resource.logical_id
        for site in everywhere
        if site.resource is not None
        and any(isinstance(FUNCTIONS.get(call.function), Lazy) for call in site.calls)
    )


def _by_default(fault: Diagnostic) -> Diagnostic:
    why = "so it is with the defaults of the parameters"
    return replace(
        fault, severity=Severity.WARNING, why=f"{fault.why}; {why}" if fault.why else why
    )


def _without_echoes(found: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """Leave out what follows from a name that is already told at the same place."""
    faults = tuple(found)
    unknown = {fault.span for fault in faults if fault.code in ("IF201", "IF202", "IF203")}
    early = {fault.span for fault in faults if fault.code == "IF315"}
    for fault in faults:
        if fault.code in ("IF309", "IF502") and fault.span in unknown:
            continue
        if fault.code == "IF304" and fault.span in early:
            continue
        yield fault


def _evaluated(
    template: Template,
    values: Mapping[str, Value],
    catalog: Catalog,
    only: Set[str] | None = None,
    region: str = "",
) -> Iterator[Diagnostic]:
    """What evaluation finds, with UNKNOWN for whatever has no value."""
    pseudo: dict[str, Value] = {"index": UNKNOWN, "region": region or UNKNOWN}
    bindings = Bindings(values, pseudo, mappings=template.mappings)
    found: list[Diagnostic] = []
    conditions = settle_conditions(template, bindings, found)
    bindings = replace(bindings, conditions=conditions)
    found += settle_rules(template, bindings)
    bindings = settle_counts(template, bindings, found)
    missing = list(absences(template, sites(template), bindings))
    found += (one.diagnostic for one in missing)
    if missing:
        only = _without(template, missing) & (template.resources.keys() if only is None else only)
    found += faults_of_dependencies(template, bindings)
    found += faults_of_instances(template, bindings)
    found += _policies(template, bindings)
    # A template's own checks are made whatever the conditions may become.
    bindings = replace(bindings, counts={}, absent=frozenset())
    yield from found
    yield from faults_of_properties(template, bindings, catalog, region, only)
    yield from _outputs(template, bindings)


def _outputs(template: Template, bindings: Bindings) -> Iterator[Diagnostic]:
    scope = Scope(bindings, Unresolved(), MANNERS[template.dialect])
    for output in template.outputs.values():
        if output.condition is not None and not bindings.conditions.get(output.condition, True):
            continue
        for expression in (output.value, output.export_name):
            if expression is None:
                continue
            try:
                settled_value(expression, scope)
            except EvaluationError as fault:
                yield placed(fault.diagnostic, output.span)


def validate_bound(
    template: Template, bindings: Bindings, catalog: Catalog, region: str
) -> tuple[Diagnostic, ...]:
    """What can be said once every parameter has its value: all faults, by line.

    `region` is the stack's. Values that only exist later pass.
    """
    found = Findings(are_copied=_holds_copies(template))
    found.take(unknown_types(template, catalog))
    missing = list(absences(template, sites(template), bindings))
    found.take(one.diagnostic for one in missing)
    sound = _without(template, missing)
    found.take(faults_of_properties(template, bindings, catalog, region, sound))
    found.take(faults_of_dependencies(template, bindings))
    found.take(faults_of_instances(template, bindings))
    found.take(_policies(template, bindings))
    found.take(_outputs(template, bindings))
    found.take(_owners_limit(template, bindings))
    return ordered(found)


def _without(template: Template, missing: list[Absence]) -> Set[str]:
    """The resources that do not mention what does not exist: in the others all else follows."""
    return template.resources.keys() - {one.logical_id for one in missing}


def _policies(template: Template, bindings: Bindings) -> Iterator[Diagnostic]:
    for definition in template.resources.values():
        if definition.logical_id in bindings.absent:
            continue
        for word, policy, known in (
            ("DeletionPolicy", definition.deletion_policy, _POLICIES),
            ("UpdateReplacePolicy", definition.replacement_policy, _REPLACEMENT_POLICIES),
        ):
            if policy is not None:
                yield from _policy(template, bindings, definition, word, policy, known)
        if says_directives(definition):
            try:
                directives_of(definition, Scope(bindings, Unresolved(), MANNERS[template.dialect]))
            except EvaluationError as fault:
                yield placed(fault.diagnostic, definition.span)


def _policy(
    template: Template,
    bindings: Bindings,
    definition: ResourceDefinition,
    word: str,
    policy: Expression,
    known: Set[str],
) -> Iterator[Diagnostic]:
    scope = Scope(bindings, Unresolved(), MANNERS[template.dialect])
    try:
        value = evaluate(policy, scope)
    except EvaluationError as fault:
        yield placed(fault.diagnostic, definition.span)
        return
    if value is None or value is UNKNOWN or value is NO_VALUE:
        return
    given = reveal(value)
    if not isinstance(given, str) or given not in known:
        shown = f"'{value[:40]}'" if isinstance(value, str) else kind_of(value)
        yield error(
            "IF316",
            f"'{word}' of '{definition.logical_id}' cannot be {shown}",
            why="it must be 'Delete' or 'Retain'",
            span=policy.span or definition.span,
        )


def _owners_limit(template: Template, bindings: Bindings) -> Iterator[Diagnostic]:
    total = sum(
        bindings.counts.get(name, 1) for name in template.resources if name not in bindings.absent
    )
    most = _OWNERS_LIMITS[template.dialect]
    # The reader has told of a template that is too long as it is written.
    if total > most >= len(template.resources):
        yield warning(
            "IF191",
            f"the template makes {total:,} resources once 'Count' is expanded",
            why=f"its service accepts {most:,} at most; they are made here",
            remedy="split the template if it is also used there",
            span=next(iter(template.resources.values())).span,
        )
