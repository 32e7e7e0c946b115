"""Rooms for letters in a picture where much is to be written, and points kept from lying on points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

from imageferry.drawing.arcs import Point

_ROUNDS: Final = 24


class Room(NamedTuple):
    """An upright rectangle, in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def shared(self, other: Room) -> float:
        """The area that two rooms have in common."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return across * down if across > 0 and down > 0 else 0.0

    def is_in(self, outer: Room) -> bool:
        """True where nothing of it is outside."""
        return (
            self.left >= outer.left
            and self.top >= outer.top
            and self.right <= outer.right
            and self.bottom <= outer.bottom
        )


def around(middle: Point, wide: float, high: float) -> Room:
    """The room of that size around a point."""
    x, y = middle
    return Room(x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)


def freest(rooms: Sequence[Room], taken: Sequence[Room], outer: Room) -> tuple[int, float]:
    """Which room is the best, the first of equals, and what it shares with those taken.

    One that is not inside is as bad as one that lies on another with all that it has.
    """
    best, least = 0, math.inf
    lefts, tops, rights, bottoms = zip(*rooms, strict=True)
    left, top, right, bottom = min(lefts), min(tops), max(rights), max(bottoms)
    near = [
        other
        for other in taken
        if other[0] < right and other[2] > left and other[1] < bottom and other[3] > top
    ]
    for number, room in enumerate(rooms):
        lost = sum(room.shared(other) for other in near)
        if not room.is_in(outer):
            lost += (room.right - room.left) * (room.bottom - room.top)
        if lost < least:
            best, least = number, lost
        if lost == 0:
            break
    return best, least


def kept_apart(points: Sequence[Point], least: float, outer: Room) -> list[Point]:
    """The points, those nearer to each other than `least` moved aside, inside of `outer`."""
    found = list(points)
    for _ in range(_ROUNDS):
        is_moved = False
        for one in range(len(found)):
            for other in range(one):
                (x, y), (ox, oy) = found[one], found[other]
                across, down = x - ox, y - oy
                if abs(across) >= least or abs(down) >= least:
                    continue
                apart = math.hypot(across, down)
                if apart >= least - 0.1:
                    continue
                # Points on one another part in a direction that their numbers give.
                if apart < 0.01:
                    across, down, apart = math.cos(one * 2.4), math.sin(one * 2.4), 1.0
                    push = least / 2
                else:
                    push = (least - apart) / 2
                across, down = across / apart * push, down / apart * push
                found[one] = _inside((x + across, y + down), outer)
                found[other] = _inside((ox - across, oy - down), outer)
                is_moved = True
        if not is_moved:
            break
    return found


def _inside(point: Point, outer: Room) -> Point:
    return (
        min(max(point[0], outer.left), outer.right),
        min(max(point[1], outer.top), outer.bottom),
    )
