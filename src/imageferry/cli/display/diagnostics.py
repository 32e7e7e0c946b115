"""Diagnostics as text and as JSON: what is wrong, where, why, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterable

from imageferry.cli.display.rendering import Paint, clean, counted, plain
from imageferry.model.diagnostics import Diagnostic, Severity

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow"}


def diagnostic_lines(diagnostic: Diagnostic, paint: Paint = plain) -> list[str]:
    """One diagnostic: `file:line:column: error: what [code]`, then why and how to mend it."""
    place = f"{clean(str(diagnostic.span))}: " if diagnostic.span else ""
    severity = paint(f"{diagnostic.severity.value}:", _COLOURS[diagnostic.severity])
    lines = [f"{place}{severity} {clean(diagnostic.message)} [{diagnostic.code}]"]
    if diagnostic.why:
        lines.append(f"  why:  {clean(diagnostic.why)}")
    if diagnostic.remedy:
        lines.append(f"  mend: {clean(diagnostic.remedy)}")
    return lines


def all_lines(diagnostics: Iterable[Diagnostic], paint: Paint = plain) -> list[str]:
    """Several diagnostics, in the order they were found."""
    return [line for diagnostic in diagnostics for line in diagnostic_lines(diagnostic, paint)]


def tally(diagnostics: Iterable[Diagnostic]) -> str:
    """`2 errors, 1 warning`, or nothing where there is nothing wrong."""
    found = list(diagnostics)
    errors = sum(1 for diagnostic in found if diagnostic.is_error)
    warnings = len(found) - errors
    parts = [counted(errors, "error")] if errors else []
    parts += [counted(warnings, "warning")] if warnings else []
    return ", ".join(parts)
