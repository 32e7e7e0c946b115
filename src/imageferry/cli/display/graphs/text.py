"""A sketch as text for a terminal: wave by wave, under each resource what it needs."""

from __future__ import annotations

from typing import Final

from imageferry.cli.display.graphs.sketches import Box, Sketch
from imageferry.cli.display.rendering import Paint, clean, counted, cut, pad, plain, width
from imageferry.drawing.palette import TONES, StatusClass

_WIDEST_TITLE: Final = 40

_COLOURS: Final = {
    TONES[status].sign: colour
    for status, colour in (
        (StatusClass.DONE, "green"),
        (StatusClass.RUNNING, "yellow"),
        (StatusClass.QUEUED, "blue"),
        (StatusClass.FAILED, "red"),
    )
}


def text_lines(sketch: Sketch, columns: int | None = None, paint: Paint = plain) -> list[str]:
    """The drawing; no line is wider than `columns`, where a terminal says so.

    `paint` colours the signs of what is recorded.
    """
    needs: dict[int, list[str]] = {}
    for arrow in sketch.arrows:
        why = f" ({clean(', '.join(arrow.reasons))})" if arrow.reasons else ""
        needs.setdefault(arrow.then, []).append(f"{_name(sketch.boxes[arrow.first])}{why}")
    widest = min(max((width(_name(box)) for box in sketch.boxes), default=0), _WIDEST_TITLE)
    lines: list[str] = []
    wave = 0
    for position, box in enumerate(sketch.boxes):
        if box.is_parameter:
            continue
        if box.wave != wave:
            wave = box.wave
            lines += ["", f"wave {wave}"] if lines else [f"wave {wave}"]
        lines.append(f"  {_sign(box)} {_line(box, widest)}")
        lines += [f"    {branch}" for branch in _branches(needs.get(position, []))]
    lines += _parameter_lines(sketch)
    if sketch.unmade:
        lines += ["", "not made", *(f"    {clean(one)}" for one in sketch.unmade)]
    lines += ["", _tally(sketch)] if lines else [_tally(sketch)]
    lines = lines if columns is None else [cut(line, columns) for line in lines]
    return [_painted(line, paint) for line in lines]


def _painted(line: str, paint: Paint) -> str:
    """The line, its sign in the colour of the status, where it has one."""
    sign = line[2:3]
    if line.startswith("  ") and sign in _COLOURS:
        return f"  {paint(sign, _COLOURS[sign])}{line[3:]}"
    return line


def _sign(box: Box) -> str:
    if box.standing is not None:
        return TONES[box.standing].sign
    return "+" if box.is_certain else "?"


def _name(box: Box) -> str:
    return clean(box.title)


def _line(box: Box, widest: int) -> str:
    parts = [pad(_name(box), widest), clean(box.kind), clean(box.remark)]
    return "  ".join(part for part in parts if part).rstrip()


def _branches(needs: list[str]) -> list[str]:
    """Each need behind a branch, the last one behind a corner."""
    last = len(needs) - 1
    return [f"{'└─' if place == last else '├─'} {need}" for place, need in enumerate(needs)]


def _parameter_lines(sketch: Sketch) -> list[str]:
    found: dict[int, list[str]] = {}
    for arrow in sketch.arrows:
        if sketch.boxes[arrow.first].is_parameter:
            found.setdefault(arrow.first, []).append(_name(sketch.boxes[arrow.then]))
    lines = [
        f"    {_name(sketch.boxes[place])}{_given(sketch.boxes[place])} -> {', '.join(names)}"
        for place, names in found.items()
    ]
    return ["", "parameters", *lines] if lines else []


def _given(box: Box) -> str:
    return f" ({box.remark})" if box.remark else ""


def _tally(sketch: Sketch) -> str:
    drawn = [box for box in sketch.boxes if not box.is_parameter]
    waves = len({box.wave for box in drawn})
    return f"{counted(len(drawn), 'box', 'boxes')} in {counted(waves, 'wave')}"
