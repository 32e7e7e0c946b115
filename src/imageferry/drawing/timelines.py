"""A timeline as SVG: what was worked on from when to when, row by row, under one axis of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from imageferry.drawing.lettering import breadth, fitted
from imageferry.drawing.palette import TONES, StatusClass
from imageferry.drawing.pictures import (
    ENGLISH,
    Picture,
    Words,
    framed,
    has_link,
    key_id,
    legend,
    linked,
)
from imageferry.drawing.svg import Attribute, Svg, element, joined, text_at, titled

MOST_ROWS: Final = 200

_MARGIN: Final = 12.0
_ROW: Final = 24.0
_BAR: Final = 15.0
_AXIS: Final = 30.0
_LETTERS: Final = 11.0
_WIDEST_LABEL: Final = 0.3
_LEAST_BAR: Final = 3.0
_BETWEEN_TICKS: Final = 72.0
_STEPS: Final = (
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400,
)  # fmt: skip
_UNITS: Final = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


@dataclass(frozen=True, slots=True)
class TimelineSpan:
    """A stretch of work in seconds from the timeline's beginning; `end` None: it still goes on."""

    start: float
    end: float | None
    status_class: StatusClass
    status_text: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """What was worked on, and when."""

    key: str
    label: str
    spans: tuple[TimelineSpan, ...]
    href: str = ""


@dataclass(frozen=True, slots=True)
class _Scale:
    """From seconds to pixels: `left` is where time begins, `right` where it ends."""

    left: float
    right: float
    seconds: float

    def at(self, second: float) -> float:
        share = min(max(second / self.seconds, 0.0), 1.0)
        return self.left + share * (self.right - self.left)


def draw_timeline(
    rows: Sequence[TimelineRow],
    *,
    now: float,
    title: str,
    description: str = "",
    width: float = 900,
    most_rows: int = MOST_ROWS,
    standalone: bool = False,
    words: Words = ENGLISH,
) -> Picture:
    """The timeline; `now` is in seconds from its beginning, and nothing is drawn after it.

    Rows beyond `most_rows` are counted in one line below.
    """
    shown = rows[:most_rows]
    spans = [span for row in shown for span in row.spans]
    seconds = max([_end(span, now) for span in spans] + [1.0])
    named = max((breadth(row.label[:80], _LETTERS) for row in shown), default=0.0)
    label = min(named, width * _WIDEST_LABEL)
    scale = _Scale(_MARGIN + label + 12, width - _MARGIN - 8, seconds)
    bottom = _AXIS + _ROW * len(shown) + 4
    parts = [_axis(scale, bottom)] if shown else []
    if not shown:
        parts.append(text_at(_MARGIN, _AXIS, words.nothing, "quiet"))
        bottom = _AXIS + 4
    parts += [
        _row(row, _AXIS + _ROW * number, label, scale, now) for number, row in enumerate(shown)
    ]
    if any(span.end is None for span in spans) and now <= seconds:
        parts.append(_now(scale, now, bottom, words))
    left_out = len(rows) - len(shown)
    if left_out:
        parts.append(text_at(_MARGIN, bottom + 14, words.more.format(f"{left_out:,}"), "quiet"))
        bottom += 20
    present = {span.status_class for span in spans}
    key, taken = legend(present, words, _MARGIN, bottom + 20, width - 2 * _MARGIN)
    return framed(
        joined([*parts, key]),
        width,
        bottom + taken + 10,
        kind="timeline",
        title=title,
        description=description or "; ".join(_told(row, now) for row in shown[:100]),
        has_links=any(has_link(row.href) for row in shown),
        standalone=standalone,
    )


def _end(span: TimelineSpan, now: float) -> float:
    return max(now if span.end is None else span.end, span.start)


def _told(row: TimelineRow, now: float) -> str:
    said = ", ".join(_span_words(span, now) for span in row.spans)
    return f"{row.label}: {said}" if said else row.label


def _span_words(span: TimelineSpan, now: float) -> str:
    word = span.status_text or TONES[span.status_class].word
    return f"{word} {tick_words(span.start)} – {tick_words(_end(span, now))}"


def _axis(scale: _Scale, bottom: float) -> Svg:
    parts = []
    for second in ticks(scale.seconds, scale.right - scale.left):
        x = scale.at(second)
        line: dict[str, Attribute] = {"x1": x, "x2": x, "y1": _AXIS - 8, "y2": bottom}
        parts.append(element("line", {"class": "grid", **line}))
        parts.append(text_at(x, _AXIS - 13, tick_words(second), "tiny quiet", "middle"))
    return joined(parts)


def ticks(seconds: float, room: float) -> list[float]:
    """The seconds that an axis of `room` pixels names: round ones, and not too close."""
    most = max(int(room / _BETWEEN_TICKS), 1)
    least = seconds / most
    days = -(-least // 86400) * 86400
    step = next((float(one) for one in _STEPS if one >= least), days)
    return [number * step for number in range(int(seconds / step) + 1)]


def tick_words(seconds: float) -> str:
    """Seconds as at most two units, `1 h 30 min`; the same in every language."""
    left = round(seconds)
    parts: list[str] = []
    for size, unit in _UNITS:
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"


def _row(row: TimelineRow, top: float, label: float, scale: _Scale, now: float) -> Svg:
    middle = top + _ROW / 2
    name = fitted(row.label, label + 4, _LETTERS)
    bars = [_bar(span, middle, scale, now) for span in row.spans]
    line: dict[str, Attribute] = {"x1": scale.left, "x2": scale.right, "y1": middle, "y2": middle}
    group = element(
        "g",
        {"id": key_id("row", row.key), "class": "row", "data-key": row.key},
        titled(_told(row, now)),
        element("line", {"class": "grid", **line}),
        text_at(_MARGIN, middle + 4, name, "small"),
        *bars,
    )
    return linked(row.href, row.label, group)


def _bar(span: TimelineSpan, middle: float, scale: _Scale, now: float) -> Svg:
    """A stretch of work with its sign; where it still goes on it is open to the right."""
    tone = TONES[span.status_class]
    begin = min(scale.at(span.start), scale.right - _LEAST_BAR)
    wide = max(scale.at(_end(span, now)) - begin, _LEAST_BAR)
    place: dict[str, Attribute] = {"x": begin, "y": middle - _BAR / 2, "width": wide}
    inside = [
        titled(span.title or _span_words(span, now)),
        element("rect", {"class": "box", **place, "height": _BAR, "rx": min(4.0, wide / 2)}),
    ]
    text = f"{tone.sign} {span.status_text}".rstrip()
    if wide >= 16:
        said = fitted(text, wide - 6, 10) if wide >= 44 else tone.sign
        inside.append(text_at(begin + 5, middle + 3.6, said, "tiny state"))
    elif begin + wide + 18 < scale.right:
        inside.append(text_at(begin + wide + 4, middle + 3.6, tone.sign, "tiny state"))
    return element("g", {"class": f"span {span.status_class.css}"}, *inside)


def _now(scale: _Scale, now: float, bottom: float, words: Words) -> Svg:
    x = scale.at(now)
    line: dict[str, Attribute] = {"x1": x, "x2": x, "y1": _AXIS - 8, "y2": bottom}
    return joined(
        [
            element("line", {"class": "now", "stroke-dasharray": "3 3", **line}),
            text_at(x + 4, bottom + 10, words.now, "tiny quiet", "end"),
        ]
    )
