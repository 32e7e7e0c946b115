"""The part of the world that a map shows, and where a place lies on it: Miller's cylinder."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from imageferry.drawing.geography import Coordinates
from imageferry.drawing.land import LAKES, LAND, Outline
from imageferry.drawing.svg import number

_FULL: Final = 360.0
_SOUTH, _NORTH = -60.0, 83.5
_NARROWEST: Final = 64.0
"""No map shows fewer degrees from west to east: a single place would be in the middle of nothing."""
_MARGIN: Final = 0.14
_LEAST_MARGIN: Final = 7.0
_PACIFIC, _ATLANTIC = -169.0, -30.0
"""Where the world is best cut open: through Bering Strait, or through the Atlantic."""


def _north(latitude: float) -> float:
    """How far above the equator a latitude is drawn, in degrees of longitude there."""
    turned = math.radians(min(max(latitude, -85.0), 85.0))
    return math.degrees(1.25 * math.log(math.tan(math.pi / 4 + 0.4 * turned)))


@dataclass(frozen=True, slots=True)
class Window:
    """What is shown: from `west` (degrees) and `top` (as `_north` has it), `scale` pixels a degree."""

    west: float
    top: float
    scale: float
    width: float
    height: float

    @property
    def beside(self) -> float:
        """The pixels on either side in which the world would begin again."""
        return max((self.width - _FULL * self.scale) / 2, 0.0)

    def at(self, place: Coordinates) -> tuple[float, float]:
        """The pixels of a place, from the upper left corner."""
        east = (place.longitude - self.west) % _FULL
        return east * self.scale, (self.top - _north(place.latitude)) * self.scale


def window_of(places: Iterable[Coordinates], width: float, height: float) -> Window:
    """The part of the world that has all places, with room around them; the world for none."""
    found = list(places)
    west, span = _stretch([place.longitude for place in found])
    norths = [_north(place.latitude) for place in found] or [_north(_SOUTH), _north(_NORTH)]
    wide = max(span + 2 * max(_MARGIN * span, _LEAST_MARGIN), _NARROWEST)
    tall = max(norths) - min(norths)
    # What goes from place to place bends upward, so there is more room above.
    above = max(0.2 * tall, 0.08 * wide, _LEAST_MARGIN)
    below = max(_MARGIN * tall, _LEAST_MARGIN)
    high = tall + above + below
    wide = max(wide, high * width / height)
    if wide >= 0.8 * _FULL:
        return _world(west, span, min(norths) - below, max(norths) + above, width, height)
    high = wide * height / width
    scale = width / wide
    top = min(max(norths) + above + (high - tall - above - below) / 2, _north(_NORTH))
    top = max(top, _north(_SOUTH) + high)
    return Window(_turned(west - (wide - span) / 2), top, scale, width, height)


def _world(
    west: float, span: float, lowest: float, highest: float, width: float, height: float
) -> Window:
    """All of it, cut open where nothing lies, best in an ocean; ice is cut off where it must be.

    `lowest` and `highest` are what has to be seen, as `_north` has it.
    """
    all_of_it = _north(_NORTH) - _north(_SOUTH)
    scale = width / _FULL
    if height / scale < highest - lowest:
        scale = height / min(all_of_it, highest - lowest)
    high = height / scale
    gap_from, gap = west + span, _FULL - span
    fitting = [
        cut for cut in (_PACIFIC, _ATLANTIC) if (cut - gap_from) % _FULL < gap or gap >= _FULL
    ]
    cut = fitting[0] if fitting else gap_from + gap / 2
    spare = (width / scale - _FULL) / 2
    top = (_north(_NORTH) + _north(_SOUTH) + high) / 2
    top = min(max(top, highest), lowest + high)
    return Window(_turned(cut - spare), top, scale, width, height)


def _stretch(longitudes: Sequence[float]) -> tuple[float, float]:
    """Where the shortest stretch begins that has all longitudes, and how long it is."""
    if not longitudes:
        return _PACIFIC, _FULL
    ordered = sorted({longitude % _FULL for longitude in longitudes})
    gaps = [
        ((following - one) % _FULL or _FULL, following)
        for one, following in zip(ordered, [*ordered[1:], ordered[0]], strict=True)
    ]
    widest, begin = max(gaps)
    return _turned(begin), _FULL - widest


def _turned(longitude: float) -> float:
    """The same longitude from -180 on, less than 180."""
    return (longitude + 180.0) % _FULL - 180.0


@lru_cache(maxsize=32)
def land_path(window: Window) -> str:
    """The land that a window shows, as the `d` of one path; lakes are holes in it."""
    return "".join(
        _shape(outline, window, turn)
        for outline in (*LAND, *LAKES)
        for turn in (-_FULL, 0.0, _FULL)
        if _is_seen(outline, window, turn)
    )


def _is_seen(outline: Outline, window: Window, turn: float) -> bool:
    easts = [east + turn for _, east in outline]
    if max(easts) < window.west or min(easts) > window.west + window.width / window.scale:
        return False
    norths = [_north(north) for north, _ in outline]
    return max(norths) > window.top - window.height / window.scale and min(norths) < window.top


def _shape(outline: Outline, window: Window, turn: float) -> str:
    corners = (
        f"{number((east + turn - window.west) * window.scale)} "
        f"{number((window.top - _north(north)) * window.scale)}"
        for north, east in outline
    )
    return f"M{'L'.join(corners)}z"
