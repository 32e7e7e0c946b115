"""Examine a template by itself: the question that needs no stack and no cloud."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from imageferry.dialects.reader import read
from imageferry.dialects.vocabulary import BEYOND_CODES
from imageferry.model.diagnostics import Diagnostic, Severity, warning
from imageferry.model.templates import Template
from imageferry.model.values import Value
from imageferry.ports.types import Catalog
from imageferry.validation.validator import validate

_MOST_NAMED: Final = 5
_EXCUSED: Final = BEYOND_CODES | {"IF413"}


@dataclass(frozen=True, slots=True)
class Examination:
    """What validating one source found. `dialect` is None where it could not be told."""

    name: str
    dialect: str | None
    diagnostics: tuple[Diagnostic, ...]

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
    reading = read(source, name, given)
    if reading.template is None:
        found: Iterable[Diagnostic] = reading.diagnostics
        dialect = None
    else:
        dialect = reading.template.dialect
        said = validate(reading.template, catalog, source=source, given=given, region=region)
        found = [*reading.diagnostics, *said]
    if allow_unknown_types:
        found = excused(found, reading.template, catalog)
    return Examination(name, dialect, without_doubles(found))


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
    told = False
    for one in found:
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
        "IF511",
        f"{types} not installed: {listed}{more}",
        why="of resources whose type is not known, the language is checked and no property",
        span=first.span,
    )


def without_doubles(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Each diagnostic once, in the order of their lines."""
    unique = dict.fromkeys(diagnostics)
    return tuple(sorted(unique, key=lambda d: (d.span.line, d.span.column) if d.span else (0, 0)))
