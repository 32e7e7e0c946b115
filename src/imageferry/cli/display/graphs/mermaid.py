"""A sketch in Mermaid, which code hosts draw in Markdown; arrows point in the order of making."""

from __future__ import annotations

from typing import Final

from imageferry.cli.display.graphs.sketches import Arrow, Box, Sketch
from imageferry.cli.display.rendering import clean
from imageferry.drawing.palette import TONES, StatusClass

_PLAIN: Final = frozenset(" -_:/,()[]?'")
_NAMED: Final = {'"': "#quot;", "&": "#amp;", "<": "#lt;", ">": "#gt;"}


def mermaid_lines(sketch: Sketch) -> list[str]:
    """The drawing as one flowchart; what may not be made is dashed."""
    doubtful = [f"n{place}" for place, box in enumerate(sketch.boxes) if not box.is_certain]
    lines = [
        "flowchart LR",
        *(f"  n{place}{_box(box)}" for place, box in enumerate(sketch.boxes)),
        *(f"  {_arrow(arrow, sketch)}" for arrow in sketch.arrows),
    ]
    if doubtful:
        lines += [
            "  classDef doubtful stroke-dasharray: 5 5",
            f"  class {','.join(doubtful)} doubtful",
        ]
    return [*lines, *_standings(sketch)]


def _standings(sketch: Sketch) -> list[str]:
    """A class for each status that boxes have."""
    found: dict[StatusClass, list[str]] = {}
    for place, box in enumerate(sketch.boxes):
        if box.standing is not None:
            found.setdefault(box.standing, []).append(f"n{place}")
    lines = []
    for status, names in found.items():
        tone = TONES[status]
        colours = f"fill:{tone.soft.light},stroke:{tone.ink.light},color:{tone.ink.light}"
        lines += [f"  classDef {status} {colours}", f"  class {','.join(names)} {status}"]
    return lines


def _box(box: Box) -> str:
    label = "<br/>".join(_escaped(part) for part in (box.title, box.kind, box.remark) if part)
    return f'(["{label}"])' if box.is_parameter else f'["{label}"]'


def _arrow(arrow: Arrow, sketch: Sketch) -> str:
    certain = sketch.boxes[arrow.first].is_certain and sketch.boxes[arrow.then].is_certain
    line = "-->" if certain else "-.->"
    label = "<br/>".join(map(_escaped, arrow.reasons))
    said = f'|"{label}"|' if label else ""
    return f"n{arrow.first} {line}{said} n{arrow.then}"


def _escaped(text: str) -> str:
    """A text in which Mermaid, HTML and Markdown find nothing to read.

    All but plain letters are written by number, and so is a beginning that could open a list.
    """
    shown = clean(text)
    plain = _PLAIN if shown[:1].isdigit() else _PLAIN | {"."}
    return "".join(
        letter if letter.isalnum() or (place and letter in plain) else _by_number(letter)
        for place, letter in enumerate(shown)
    )


def _by_number(letter: str) -> str:
    return _NAMED.get(letter, f"#{ord(letter)};")
