"""Bent ways between two points of a picture, and where on them something may be written."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from imageferry.drawing.svg import number

Point = tuple[float, float]

_BEND: Final = 0.17
_BEND_BACK: Final = 0.27
"""How far a way goes aside, for its length; those from east to west are bent more than others."""
_LEAST, _MOST = 9.0, 64.0


@dataclass(frozen=True, slots=True)
class Arc:
    """A cubic curve from `start` to `end`."""

    start: Point
    first: Point
    second: Point
    end: Point

    @property
    def d(self) -> str:
        """The curve as the `d` of a path."""
        ends = (self.first, self.second, self.end)
        points = " ".join(f"{number(x)} {number(y)}" for x, y in ends)
        return f"M{number(self.start[0])} {number(self.start[1])}C{points}"

    def at(self, share: float) -> Point:
        """The point at a share of the curve, from 0 to 1."""
        left = 1 - share
        weights = (left**3, 3 * left * left * share, 3 * left * share * share, share**3)
        points = (self.start, self.first, self.second, self.end)
        return (
            sum(weight * x for weight, (x, _) in zip(weights, points, strict=True)),
            sum(weight * y for weight, (_, y) in zip(weights, points, strict=True)),
        )


def arc_between(start: Point, end: Point, height: float) -> Arc:
    """A way bent upward, or downward where it would leave a picture of that height above."""
    across, down = end[0] - start[0], end[1] - start[1]
    length = math.hypot(across, down)
    if length < 1:
        return _loop(start)
    bend = min(max((_BEND if across >= 0 else _BEND_BACK) * length, _LEAST), _MOST) * 4 / 3
    x, y = down / length * bend, -across / length * bend
    if y > 0:
        x, y = -x, -y
    middle = (start[1] + end[1]) / 2
    if middle + 0.75 * y < 10 and middle - 0.75 * y < height - 10:
        x, y = -x, -y
    return Arc(
        start,
        (start[0] + 0.25 * across + x, start[1] + 0.25 * down + y),
        (start[0] + 0.75 * across + x, start[1] + 0.75 * down + y),
        end,
    )


def _loop(at: Point) -> Arc:
    """A way from a place to itself."""
    x, y = at
    return Arc(at, (x - 34, y - 34), (x + 34, y - 34), at)


def head(arc: Arc, room: float) -> str:
    """The `d` of an arrow head that ends `room` pixels before the curve's end."""
    tip, share = arc.end, 1.0
    while share > 0.5 and math.dist(tip, arc.end) < room:
        share -= 0.01
        tip = arc.at(share)
    back = arc.at(max(share - 0.03, 0.0))
    length = math.dist(tip, back) or 1.0
    x, y = (tip[0] - back[0]) / length, (tip[1] - back[1]) / length
    corners = (
        tip,
        (tip[0] - 8 * x + 4 * y, tip[1] - 8 * y - 4 * x),
        (tip[0] - 8 * x - 4 * y, tip[1] - 8 * y + 4 * x),
    )
    return f"M{'L'.join(f'{number(a)} {number(b)}' for a, b in corners)}z"
