"""Examine a template without its parameters: the question that needs no stack and no cloud."""

from __future__ import annotations

from dataclasses import dataclass

from imageferry.dialects.reader import read
from imageferry.model.diagnostics import Diagnostic
from imageferry.ports.types import Catalog
from imageferry.validation.validator import validate


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


def examine(source: bytes, name: str, catalog: Catalog) -> Examination:
    """Everything that can be said against a template without its parameters."""
    reading = read(source, name)
    if reading.template is None:
        return Examination(name, None, reading.diagnostics)
    found = [*reading.diagnostics, *validate(reading.template, catalog)]
    return Examination(name, reading.template.dialect, without_doubles(found))


def without_doubles(diagnostics: list[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Each diagnostic once, in the order of their lines."""
    unique = dict.fromkeys(diagnostics)
    return tuple(sorted(unique, key=lambda d: (d.span.line, d.span.column) if d.span else (0, 0)))
