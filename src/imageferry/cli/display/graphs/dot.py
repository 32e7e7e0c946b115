"""A sketch in DOT, the language of Graphviz; arrows point in the order of making."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from imageferry.cli.display.graphs.sketches import Arrow, Box, Sketch
from imageferry.cli.display.rendering import clean
from imageferry.drawing.palette import TONES

_DASHED: Final = "style=dashed"


def dot_lines(sketch: Sketch) -> list[str]:
    """The drawing as one digraph; what may not be made is dashed."""
    names = _names(sketch.boxes)
    return [
        f"digraph {_quoted(sketch.title)} {{",
        "  rankdir=LR",
        '  node [shape=box fontname="sans-serif"]',
        '  edge [fontname="sans-serif" fontsize=10]',
        *(f"  {_quoted(names[place])} [{_box(box)}]" for place, box in enumerate(sketch.boxes)),
        *(f"  {_arrow(arrow, names, sketch)}" for arrow in sketch.arrows),
        "}",
    ]


def _names(boxes: Sequence[Box]) -> list[str]:
    """A name for each box, and no two alike: titles of folded resources and of others may be."""
    names: dict[str, None] = {}
    for place, box in enumerate(boxes):
        name = f"parameter {box.title}" if box.is_parameter else box.title
        names[f"{name} ({place})" if name in names else name] = None
    return list(names)


def _box(box: Box) -> str:
    label = "\\n".join(_escaped(part) for part in (box.title, box.kind, box.remark) if part)
    attributes = [f'label="{label}"']
    if box.is_parameter:
        attributes.append("shape=ellipse")
    if not box.is_certain:
        attributes.append(_DASHED)
    if box.standing is not None:
        tone = TONES[box.standing]
        attributes.append(f'style=filled fillcolor="{tone.soft.light}" color="{tone.ink.light}"')
    return " ".join(attributes)


def _arrow(arrow: Arrow, names: Sequence[str], sketch: Sketch) -> str:
    label = "\\n".join(map(_escaped, arrow.reasons))
    attributes = [f'label="{label}"'] if label else []
    if not (sketch.boxes[arrow.first].is_certain and sketch.boxes[arrow.then].is_certain):
        attributes.append(_DASHED)
    said = f" [{' '.join(attributes)}]" if attributes else ""
    return f"{_quoted(names[arrow.first])} -> {_quoted(names[arrow.then])}{said}"


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    """A text inside quotes: Graphviz reads backslashes, and the entities of HTML, even there."""
    return clean(text).replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
