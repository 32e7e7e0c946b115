"""drawn(sketch, form): a dependency graph as text, DOT or Mermaid."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from imageferry.cli.display.graphs.dot import dot_lines
from imageferry.cli.display.graphs.mermaid import mermaid_lines
from imageferry.cli.display.graphs.sketches import Sketch
from imageferry.cli.display.graphs.text import text_lines

_DRAWING: Final[Mapping[str, Callable[[Sketch, int | None], list[str]]]] = {
    "text": text_lines,
    "dot": lambda sketch, columns: dot_lines(sketch),
    "mermaid": lambda sketch, columns: mermaid_lines(sketch),
}

FORMS: Final = tuple(_DRAWING)
"""What a graph can be drawn as."""


def drawn(sketch: Sketch, form: str, columns: int | None = None) -> list[str]:
    """The lines of a drawing; `columns` is the width of a terminal, None where there is none."""
    return _DRAWING[form](sketch, columns)
