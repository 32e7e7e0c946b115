"""Parameters, conditions and mappings that are declared, and used nowhere in the template."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from imageferry.evaluation.references import MentionKind
from imageferry.model.diagnostics import Diagnostic, Span, warning
from imageferry.model.expressions import Call, Expression, ListOf, Literal
from imageferry.model.suggestions import Guesses
from imageferry.model.templates import Template
from imageferry.validation.places import Site

_COMMENT: Final = re.compile(r"^[ \t]*+#.*$", re.MULTILINE)
# Where a template is only kept (pickers, update policies, what a loop or a local has replaced), its
# text still says what is used there. Nothing is tried twice: the text may be anything.
_OPENS: Final = r"""["']?+\s*+:?+\s*+(?:[\[-]\s*+)?+["']?+"""
_NAME: Final = r"""([^\s"'\[\]{},]++)"""
_VALUES: Final = re.compile(rf"\$\{{([^$}}]{{1,300}})\}}|\bRef{_OPENS}{_NAME}")
_TRUTHS: Final = re.compile(rf"(?:\bCondition|(?:Fn::|!)If){_OPENS}{_NAME}")
_MAPPINGS: Final = re.compile(rf"(?:Fn::|!)FindInMap{_OPENS}{_NAME}")


def faults_of_disuse(
    template: Template, sites: list[Site], source: bytes, guesses: Guesses
) -> Iterator[Diagnostic]:
    """A warning for each declaration that nothing uses; `source` is the template's own text.

    What is only shown to people (groups and labels of parameters) is no use of a parameter.
    """
    if not template.resources:
        return
    idle = _idle(template, sites, guesses)
    if not any(idle):
        return
    text = "" if not source else _COMMENT.sub("", source.decode("utf-8", "replace"))
    values = _first_parts(_found(_VALUES, text)) if idle.parameters else frozenset[str]()
    for name in idle.parameters:
        if name not in values:
            yield _unused(
                "IF217",
                f"parameter '{name}'",
                "no resource, output, condition or rule",
                template.parameters[name].span,
            )
    truths = frozenset(_found(_TRUTHS, text)) if idle.conditions else frozenset[str]()
    for name in idle.conditions:
        if name not in truths:
            yield _unused(
                "IF218",
                f"condition '{name}'",
                "no resource, output, function or other condition",
                template.conditions[name].span,
            )
    mappings = frozenset(_found(_MAPPINGS, text)) if idle.mappings else frozenset[str]()
    for name in idle.mappings:
        if name not in mappings:
            yield _unused(
                "IF219",
                f"mapping '{name}'",
                "no 'Fn::FindInMap'",
                template.mapping_spans.get(name),
            )


def _unused(code: str, named: str, by: str, span: Span | None) -> Diagnostic:
    return warning(
        code,
        f"{named} is never used",
        why=f"{by} of the template mentions it",
        remedy="take it out, or use it where it was meant",
        span=span,
    )


class _Idle(NamedTuple):
    """The names that no expression mentions."""

    parameters: list[str]
    conditions: list[str]
    mappings: list[str]


def _idle(template: Template, sites: list[Site], guesses: Guesses) -> _Idle:
    mentioned = {(one.kind, one.name) for site in sites for one in site.mentions}
    # Who asks a parameter for an attribute, or calls it as a resource, means it all the same.
    asking = (MentionKind.NAME, MentionKind.ATTRIBUTE)
    values = {name for kind, name in mentioned if kind in asking} | template.resources.keys()
    truths = {name for kind, name in mentioned if kind is MentionKind.CONDITION}
    truths.update(one.condition for one in template.resources.values() if one.condition)
    truths.update(one.condition for one in template.outputs.values() if one.condition)
    values.update(*(one.pickers for one in template.parameters.values()))
    parameters = [name for name in template.parameters if name not in values]
    conditions = [name for name in template.conditions if name not in truths]
    mappings = list(template.mappings)
    if parameters:
        parameters = _meant(
            parameters, values, {**template.parameters, **template.resources}, guesses
        )
    if conditions:
        conditions = _meant(conditions, truths, template.conditions, guesses)
    # Some functions name things by a text of their own; a computed name may be any.
    for call in (call for site in sites for call in site.calls):
        match call.function:
            case "ref":
                parameters = []
            case "find_in_map":
                mappings = _without(mappings, _first(call))
            case "value_of":
                parameters = _without(parameters, _first(call))
            case "ref_all" | "value_of_all":
                parameters = _of_other_types(parameters, _first(call), template)
            case _:
                continue
    return _Idle(parameters, conditions, mappings)


def _of_other_types(names: list[str], wanted: str | None, template: Template) -> list[str]:
    if wanted is None:
        return []
    return [name for name in names if template.parameters[name].type_name != wanted]


def _first(call: Call) -> str | None:
    """The first argument where it is written as text; None where it is computed."""
    first: Expression = call.argument
    if isinstance(first, ListOf):
        first = first.items[0] if first.items else Literal("")
    if isinstance(first, Literal):
        value = first.value
        if isinstance(value, (list, tuple)):
            value = value[0] if value else ""
        return str(value)
    return None


def _meant(
    idle: list[str], mentioned: Iterable[str], known: Mapping[str, object], guesses: Guesses
) -> list[str]:
    """The idle names without those that are only misspelt where they are mentioned."""
    meant = {guesses.nearest(name, known) for name in sorted(mentioned) if name not in known}
    return [name for name in idle if name not in meant]


def _without(names: list[str], used: str | None) -> list[str]:
    return [] if used is None else [name for name in names if name != used]


def _found(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    for match in pattern.finditer(text):
        yield next(group for group in match.groups() if group is not None).strip()


def _first_parts(names: Iterable[str]) -> frozenset[str]:
    """The names, and what stands before their first dot."""
    found: set[str] = set()
    for name in names:
        found.update((name, name.partition(".")[0]))
    return frozenset(found)
