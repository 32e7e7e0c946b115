"""What DependsOn gives once its functions are evaluated, and instances that a count leaves out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from imageferry.evaluation.dependencies import dependencies_of, tells_index
from imageferry.evaluation.errors import EvaluationError
from imageferry.evaluation.functions import FUNCTIONS
from imageferry.evaluation.functions.rows import Lazy
from imageferry.evaluation.scopes import MANNERS, Scope, Unresolved
from imageferry.model.addresses import parse_address
from imageferry.model.diagnostics import Diagnostic, Span, error, warning
from imageferry.model.suggestions import Guesses
from imageferry.model.templates import Bindings, ResourceDefinition, Template
from imageferry.validation.cycles import faults_of_cycles
from imageferry.validation.places import sites
from imageferry.validation.references import (
    beyond,
    fault_of_dependency,
    resource_of,
    written_count,
)


def faults_of_instances(template: Template, bindings: Bindings) -> Iterator[Diagnostic]:
    """Instances that are mentioned, and that a count, as it came out, does not make.

    Where a function chooses, what is mentioned may not be chosen: that is a warning.
    """
    if not bindings.counts:
        return
    for site in sites(template):
        if site.resource is not None and site.resource.logical_id in bindings.absent:
            continue
        for mention in site.mentions:
            address = mention.address
            if address is None or mention.name in template.parameters:
                continue
            why = _beyond(template, bindings, mention.name)
            if not why:
                continue
            chooses = any(isinstance(FUNCTIONS.get(call.function), Lazy) for call in site.calls)
            yield (warning if chooses else error)(
                "IF201",
                f"nothing is called '{mention.name}'",
                why=why,
                remedy="let 'Count' make it, or take the reference out",
                span=mention.span or site.span,
            )


_Named = dict[str, Span | None]


def faults_of_dependencies(template: Template, bindings: Bindings) -> Iterator[Diagnostic]:
    """What is wrong with the names in `DependsOn`, as far as they and the counts are known."""
    settled = dict(template.resources)
    guesses = Guesses()
    for name, definition in template.resources.items():
        if not (definition.depends_on or definition.computed_dependencies):
            continue
        if name in bindings.absent:
            continue
        given: _Named = {}
        try:
            given = _named(template, bindings, definition)
        except EvaluationError as fault:
            yield fault.diagnostic
        written = {other for other, _ in definition.depends_on}
        for other, span in given.items():
            place = span or definition.span
            why = _beyond(template, bindings, other)
            if why:
                yield error(
                    "IF204",
                    f"'{name}' depends on '{other}', which is no resource",
                    why=why,
                    remedy="depend on all of them by their name, or take it out",
                    span=place,
                    names=(other, "Resources"),
                )
            elif other not in written:
                yield from fault_of_dependency(template, definition, other, place, guesses)
        if definition.computed_dependencies:
            found = ((other, span or definition.span) for other, span in given.items())
            settled[name] = replace(definition, depends_on=tuple(found))
    if any(one.computed_dependencies for one in settled.values()):
        computed = replace(template, resources=settled)
        yield from faults_of_cycles(computed, list(sites(template)))


def _named(template: Template, bindings: Bindings, definition: ResourceDefinition) -> _Named:
    """Every name that any instance depends on."""
    scope = Scope(bindings, Unresolved(), MANNERS[template.dialect])
    count = bindings.counts.get(definition.logical_id)
    if count is None or not any(map(tells_index, definition.computed_dependencies)):
        return dict(dependencies_of(definition, scope))
    found: _Named = {}
    for index in range(count):
        found.update(dependencies_of(definition, replace(scope, index=index)))
    return found


def _beyond(template: Template, bindings: Bindings, name: str) -> str:
    """Why there is no such instance; nothing where there is, or where all is told already."""
    if name in template.resources or resource_of(template, name) is None:
        return ""
    address = parse_address(name)
    count = bindings.counts.get(address.logical_id)
    if count is None or address.index is None or address.index < count:
        return ""
    if written_count(template.resources[address.logical_id]) is not None:
        return ""
    return beyond(address.logical_id, count)
