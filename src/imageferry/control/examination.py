"""Examine a template by itself: the question that needs no stack and no cloud."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final, NamedTuple

from imageferry.dialects.reader import read
from imageferry.dialects.vocabulary import BEYOND_CODES
from imageferry.evaluation.scopes import written_names
from imageferry.model.diagnostics import Diagnostic, Severity, warning
from imageferry.model.reports import ordered
from imageferry.model.templates import Template
from imageferry.model.values import Value
from imageferry.ports.types import Catalog
from imageferry.validation.validator import validate

_MOST_NAMED: Final = 5

ALLOWED: Final = "IF511"
"""The code of the one warning that types are not installed, where that was allowed for."""
_BROKEN: Final = frozenset({"IF950", "IF951", "IF952", "IF954", "IF955", "IF956"})
_EXCUSED: Final = BEYOND_CODES | _BROKEN | {"IF413"}


class Examination(NamedTuple):
    """What validating one source found. `dialect` is None where it could not be told.

    `parameters` are those that the template declares.
    """

    name: str
    dialect: str | None
    diagnostics: tuple[Diagnostic, ...]
    parameters: frozenset[str] = frozenset()

    @property
    def is_valid(self) -> bool:
        """True where there is no error."""
        return not any(diagnostic.is_error for diagnostic in self.diagnostics)


def examine(
    source: bytes,
    name: str,
    catalog: Catalog,
    *,
    allow_unknown_types: bool = False,
    given: Mapping[str, Value] | None = None,
    region: str = "",
) -> Examination:
    """Everything that can be said against a template without a stack.

    `given` are parameters, bound as for a stack in `region`; None where the template is examined
    without them. With `allow_unknown_types` only the language is checked where a type is not
    installed, and what a service does with a template before it runs it is no error.
    """
    place = written_names({"region": region} if region else {})
    reading = read(source, name, {**place, **(given or {})})
    if reading.template is None:
        found: Iterable[Diagnostic] = reading.diagnostics
        dialect, names = None, frozenset[str]()
    else:
        dialect, names = reading.template.dialect, frozenset(reading.template.parameters)
        said = validate(reading.template, catalog, source=source, given=given, region=region)
        found = [*reading.diagnostics, *said]
    if allow_unknown_types:
        found = excused(found, reading.template, catalog)
    return Examination(name, dialect, ordered(found), names)


def excused(
    found: Iterable[Diagnostic], template: Template | None, catalog: Catalog
) -> Iterator[Diagnostic]:
    """The report for a template whose types, or whose service, are not here."""
    unknown = frozenset(
        definition.type_name
        for definition in (template.resources.values() if template is not None else ())
        if catalog.find(definition.type_name) is None
    )
    spans = {
        definition.type_span
        for definition in (template.resources.values() if template is not None else ())
        if definition.type_name in unknown
    }
    owners = sorted(
        ((definition.span.line, definition.span.column), definition.type_name in unknown)
        for definition in (template.resources.values() if template is not None else ())
    )
    told = False
    for one in found:
        if one.code == "IF146" and one.span is not None:
            # What an attribute does is known only of types that are.
            after = bisect_right(owners, ((one.span.line, one.span.column), True))
            if after and owners[after - 1][1]:
                continue
        if one.code == "IF509" and one.span in spans:
            if not told:
                yield _unchecked(one, sorted(unknown))
            told = True
        elif one.code in _EXCUSED and one.is_error:
            yield replace(one, severity=Severity.WARNING)
        else:
            yield one


def _unchecked(first: Diagnostic, names: list[str]) -> Diagnostic:
    """One warning for all types that are not installed, where the first of them stands."""
    listed = ", ".join(names[:_MOST_NAMED])
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    types = "one resource type is" if len(names) == 1 else f"{len(names)} resource types are"
    return warning(
        ALLOWED,
        f"{types} not installed: {listed}{more}",
        why="of resources whose type is not known, the language is checked and no property",
        span=first.span,
    )
