"""Resources, and conditions, that need each other, with the way round."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from imageferry.evaluation.references import MentionKind, mentions
from imageferry.graph import Graph
from imageferry.model.diagnostics import Diagnostic, Span, error
from imageferry.model.templates import Template
from imageferry.validation.places import Site
from imageferry.validation.references import resource_of

_MOST: Final = 20
_LONGEST: Final = 12


class _Need(NamedTuple):
    """Why one resource needs another."""

    says: str
    span: Span


def faults_of_cycles(template: Template, sites: list[Site]) -> Iterator[Diagnostic]:
    """One diagnostic for each cycle; what mentions itself is told elsewhere."""
    needs = _needs(template, sites)
    if any(needs.values()):
        for cycle in _cycles({name: set(others) for name, others in needs.items()}):
            yield _resource_cycle(cycle, needs)
    asked = {
        name: {
            mention.name
            for mention in mentions(condition.expression)
            if mention.kind is MentionKind.CONDITION
        }
        for name, condition in template.conditions.items()
    }
    for cycle in _cycles(asked):
        yield condition_cycle(template, cycle)


def condition_cycle(template: Template, cycle: list[str]) -> Diagnostic:
    """The diagnostic of conditions that need each other."""
    return error(
        "IF207",
        f"conditions need each other: {_way(cycle)}",
        remedy="take one of the references out",
        span=template.conditions[cycle[0]].span,
    )


def _way(cycle: list[str]) -> str:
    shown = cycle if len(cycle) <= _LONGEST else [*cycle[:_LONGEST], "…"]
    return " -> ".join([*shown, cycle[0]])


def _cycles(edges: dict[str, set[str]]) -> Iterator[list[str]]:
    """Cycles that share no name."""
    for _ in range(_MOST):
        cycle = Graph(edges).cycle()
        if not cycle:
            return
        yield cycle
        for name in cycle:
            del edges[name]


def _needs(template: Template, sites: list[Site]) -> dict[str, dict[str, _Need]]:
    needs: dict[str, dict[str, _Need]] = {name: {} for name in template.resources}
    for site in sites:
        if site.resource is None or not site.sees_resources:
            continue
        name = site.resource.logical_id
        for mention in site.mentions:
            if mention.kind in (MentionKind.NAME, MentionKind.ATTRIBUTE):
                span = mention.span or site.span
                _add(needs[name], template, name, mention.name, _Need(site.says, span))
    for name, definition in template.resources.items():
        for other, span in definition.depends_on:
            _add(needs[name], template, name, other, _Need(f"'DependsOn' of '{name}'", span))
    return needs


def _add(
    needed: dict[str, _Need], template: Template, name: str, mentioned: str, need: _Need
) -> None:
    if mentioned in template.parameters:
        return
    address = resource_of(template, mentioned)
    if address is not None and address.logical_id != name:
        needed.setdefault(address.logical_id, need)


def _resource_cycle(cycle: list[str], needs: dict[str, dict[str, _Need]]) -> Diagnostic:
    following = [*cycle[1:], cycle[0]]
    ways = [
        f"{needs[name][other].says} names '{other}' on line {needs[name][other].span.line}"
        for name, other in zip(cycle, following, strict=True)
    ]
    return error(
        "IF206",
        f"resources need each other: {_way(cycle)}",
        why="; ".join(ways[:_LONGEST]),
        remedy="take one of these references out",
        span=needs[cycle[0]][following[0]].span,
    )
