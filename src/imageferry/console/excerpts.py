"""excerpts_of: the lines of a template that diagnostics speak of, with the lines around each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from imageferry.model.diagnostics import Diagnostic

_AROUND: Final = 2
_MOST: Final = 40
_LONGEST: Final = 400


class Line(NamedTuple):
    """One line of a template; `is_meant`: a diagnostic speaks of it."""

    number: int
    text: str
    is_meant: bool


def excerpts_of(source: str, diagnostics: Sequence[Diagnostic]) -> list[list[Line]]:
    """Runs of lines, each around one or more places; of very many places the first."""
    lines = source.split("\n")
    meant = {one.span.line for one in diagnostics if one.span is not None}
    meant = set(sorted(number for number in meant if 0 < number <= len(lines))[:_MOST])
    shown = sorted(
        {
            number
            for place in meant
            for number in range(max(1, place - _AROUND), min(len(lines), place + _AROUND) + 1)
        }
    )
    runs: list[list[Line]] = []
    for number in shown:
        text = lines[number - 1]
        cut = text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
        line = Line(number, cut, number in meant)
        if runs and runs[-1][-1].number == number - 1:
            runs[-1].append(line)
        else:
            runs.append([line])
    return runs
