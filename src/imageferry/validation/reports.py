"""ordered(diagnostics): a report in the order of the lines, nothing told twice."""

from __future__ import annotations

from collections.abc import Iterable

from imageferry.model.diagnostics import Diagnostic


def ordered(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Each diagnostic once, by line and column; those without a place come first."""
    return tuple(sorted(dict.fromkeys(diagnostics), key=_place))


def _place(diagnostic: Diagnostic) -> tuple[int, int, str]:
    span = diagnostic.span
    return (0, 0, diagnostic.code) if span is None else (span.line, span.column, diagnostic.code)
