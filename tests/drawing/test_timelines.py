"""Timelines: every stretch of work where its time is, an axis that can be read, and a bound."""

from __future__ import annotations

import pytest

from imageferry.drawing.palette import StatusClass
from imageferry.drawing.pictures import Words
from imageferry.drawing.timelines import (
    TimelineRow,
    TimelineSpan,
    draw_timeline,
    tick_words,
    ticks,
)
from tests.drawing.reading import classes, every, parsed, words


def row(key: str, *spans: TimelineSpan, href: str = "") -> TimelineRow:
    return TimelineRow(key, key, spans, href)


DONE = TimelineSpan(0, 300, StatusClass.DONE, "CREATE_COMPLETE")
OPEN = TimelineSpan(300, None, StatusClass.RUNNING, "43%")


def test_stretches_lie_where_their_time_is() -> None:
    root = parsed(draw_timeline([row("A", DONE), row("B", OPEN)], now=600, title="x").svg)
    spans = every(root, "g", "span")
    assert [classes(one) for one in spans] == [["span", "status-done"], ["span", "status-running"]]
    (first, second) = (every(one, "rect")[0] for one in spans)
    begin, middle = float(first.get("x", 0)), float(second.get("x", 0))
    assert float(first.get("width", 0)) == pytest.approx(middle - begin, abs=0.2)
    assert float(second.get("width", 0)) == pytest.approx(middle - begin, abs=0.2)
    assert float(second.get("y", 0)) > float(first.get("y", 0))
    told = words(root)
    assert "CREATE_COMPLETE 0 s – 5 min" in told and "43% 5 min – 10 min" in told
    assert "✓ CREATE_COMPLETE" in told and "⟳ 43%" in told
    assert "now" in told


def test_nothing_is_open_once_all_has_ended() -> None:
    root = parsed(draw_timeline([row("A", DONE)], now=9000, title="x").svg)
    assert not every(root, "line", "now")
    span = every(root, "rect", "box")[0]
    assert float(span.get("x", 0)) + float(span.get("width", 0)) > 850


ODD = {
    "no rows": [],
    "a row without work": [row("A")],
    "at one moment": [row("A", TimelineSpan(5, 5, StatusClass.FAILED))],
    "backward": [row("A", TimelineSpan(9, 3, StatusClass.FAILED))],
    "before the beginning": [row("A", TimelineSpan(-60, 3, StatusClass.DONE))],
    "a long name": [row("L" * 500, DONE)],
    "days": [row("A", TimelineSpan(0, 40 * 86400, StatusClass.DONE))],
}


@pytest.mark.parametrize("rows", [pytest.param(rows, id=name) for name, rows in ODD.items()])
def test_odd_times_stay_inside(rows: list[TimelineRow]) -> None:
    picture = draw_timeline(rows, now=10, title="x", width=360)
    for one in every(parsed(picture.svg), "rect", "box"):
        x, wide = float(one.get("x", 0)), float(one.get("width", 0))
        assert wide >= 3
        assert x >= 0 and x + wide <= 360


def test_many_rows_are_bounded_and_the_rest_counted() -> None:
    rows = [row(f"Copy[{at}]", DONE, href="/x") for at in range(500)]
    root = parsed(draw_timeline(rows, now=600, title="x", words=Words(more="noch {}")).svg)
    assert len(every(root, "g", "row")) == 200
    assert len(every(root, "a")) == 200
    assert "noch 300" in words(root)


AXES = [
    (10, 900, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
    (600, 700, [0, 120, 240, 360, 480, 600]),
    (0.4, 700, [0]),
    (90_000, 360, [0, 21600, 43200, 64800, 86400]),
    (30 * 86400, 360, [0, 6 * 86400, 12 * 86400, 18 * 86400, 24 * 86400, 30 * 86400]),
]


@pytest.mark.parametrize(("seconds", "room", "expected"), AXES)
def test_ticks_are_round(seconds: float, room: float, expected: list[float]) -> None:
    assert ticks(seconds, room) == expected


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (59, "59 s"), (90, "1 min 30 s"), (5400, "1 h 30 min"), (90061, "1 d 1 h")],
)
def test_ticks_are_said_in_units(seconds: float, said: str) -> None:
    assert tick_words(seconds) == said
