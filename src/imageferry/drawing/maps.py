"""The map of the regions as SVG: what is where, and what is on its way from where to where."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from imageferry.drawing.arcs import Point, arc_between
from imageferry.drawing.geography import REGION_COORDINATES
from imageferry.drawing.lettering import breadth, fitted
from imageferry.drawing.palette import GRAVITY, TONES, StatusClass
from imageferry.drawing.pictures import ENGLISH, Picture, Words, framed, has_link, legend, linked
from imageferry.drawing.projection import Window, land_path, window_of
from imageferry.drawing.routes import MapRoute, bundled, draw_route
from imageferry.drawing.spacing import Room, around, freest, kept_apart
from imageferry.drawing.svg import Attribute, Svg, element, joined, letters, number, text_at, titled

_DOT: Final = 6.5
_APART: Final = 14.5
_MARGIN: Final = 12.0
_LETTERS: Final = 11.0
_WIDEST_LABEL: Final = 150.0
_MOST_LISTED: Final = 8
_MOST_WAYS: Final = 120
_PERCENT: Final = re.compile(r"\d+%\Z")
_DIRECTIONS: Final = (
    (1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1),
)  # fmt: skip
_DISTANCES: Final = (10.0, 22.0, 38.0, 56.0, 76.0)
_NOT_BESIDE: Final = (34.0, 20.0)
"""How far around a dot, in pixels, no name stands that is led there from another one."""


@dataclass(frozen=True, slots=True)
class MapPlace:
    """A region on the map; `count` is how many things it stands for, `title` what more is told."""

    region: str
    label: str
    status_class: StatusClass
    count: int = 1
    title: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class _Sheet:
    """Where each region lies, in pixels, and the frame of the map."""

    points: Mapping[str, Point]
    width: float
    height: float

    @property
    def frame(self) -> Room:
        return Room(3, 3, self.width - 3, self.height - 3)


def draw_map(
    places: Sequence[MapPlace],
    routes: Sequence[MapRoute],
    *,
    title: str,
    description: str = "",
    width: float = 800,
    height: float = 400,
    standalone: bool = False,
    has_legend: bool = True,
    words: Words = ENGLISH,
) -> Picture:
    """The map; `height` is that of the land, a legend and what is nowhere on it come below.

    Where the page says by itself what the signs mean, it wants no legend.

    It shows the part of the world in which something is. Regions that are only the end of a route
    get a dot of their own. A route that lies on another one of the same ends is drawn with it.
    """
    shown = _with_ends(places, routes)
    known = [place for place in shown if place.region in REGION_COORDINATES]
    window, points = _laid(tuple(place.region for place in known), width, height)
    sheet = _Sheet(
        {place.region: point for place, point in zip(known, points, strict=True)}, width, height
    )
    taken = [around(point, 2 * _DOT + 2, 2 * _DOT + 2) for point in points]
    bundles = bundled(routes)
    on_map = [one for one in bundles if {one.source, one.destination} <= sheet.points.keys()]
    # The rest would be a tangle; what is under way or has failed comes first.
    on_map.sort(key=lambda one: GRAVITY.index(one.status_class))
    left_out = len(on_map) - _MOST_WAYS
    on_map = on_map[:_MOST_WAYS]
    ways, badges, told = _ways(on_map, sheet, taken)
    ends = {end for one in on_map for end in (one.source, one.destination)}
    ordered = sorted(known, key=lambda place: place.region not in ends)
    labels = _labels(ordered, told, sheet, taken)
    dots = [_dot(place, sheet.points[place.region], words) for place in known]
    present = {one.status_class for one in shown if one.count}
    present |= {one.status_class for one in bundles}
    room = sheet.width - 2 * _MARGIN
    key, taken_by_key = legend(
        present if has_legend else (), words, _MARGIN, height + _MARGIN + 10, room
    )
    below, bottom = _below(shown, bundles, left_out, sheet, height + taken_by_key, words)
    return framed(
        joined([_land(window), *reversed(ways), *badges, *labels, *dots, key, below]),
        width,
        bottom,
        kind="map",
        title=title,
        description=description or _description(shown, routes, words),
        has_links=any(map(has_link, [one.href for one in shown] + [one.href for one in routes])),
        standalone=standalone,
    )


def _ways(
    routes: Sequence[MapRoute], sheet: _Sheet, taken: list[Room]
) -> tuple[list[Svg], list[Svg], dict[str, list[str]]]:
    """The ways, their badges, and by region what is told at its name for want of room."""
    ways: list[Svg] = []
    badges: list[Svg] = []
    told: dict[str, list[str]] = {}
    for one in routes:
        ends = sheet.points[one.source], sheet.points[one.destination]
        way, badge, left_over = draw_route(
            one, arc_between(*ends, sheet.height), taken, sheet.frame, _DOT + 2
        )
        ways.append(way)
        badges.append(badge)
        # Of what is done the dot at its end says enough.
        if left_over and one.status_class is not StatusClass.DONE:
            told.setdefault(one.destination, []).append(left_over)
    return ways, badges, told


def _land(window: Window) -> Svg:
    """The land, cut off where the world begins again."""
    left, wide, high = window.beside, window.width - 2 * window.beside, window.height
    box = f"{number(left)} 0 {number(wide)} {number(high)}"
    return element(
        "svg",
        {"x": left, "width": wide, "height": high, "viewBox": box},
        element("path", {"class": "land", "fill-rule": "evenodd", "d": land_path(window)}),
    )


@lru_cache(maxsize=64)
def _laid(
    regions: tuple[str, ...], width: float, height: float
) -> tuple[Window, tuple[Point, ...]]:
    """What is shown, and where each region's dot is: the same for every picture of the same ones."""
    window = window_of([REGION_COORDINATES[region] for region in regions], width, height)
    inner = Room(_DOT + 4, _DOT + 4, width - _DOT - 4, height - _DOT - 4)
    points = [window.at(REGION_COORDINATES[region]) for region in regions]
    return window, tuple(kept_apart(points, _APART, inner))


def _with_ends(places: Iterable[MapPlace], routes: Iterable[MapRoute]) -> list[MapPlace]:
    """The places, each region once, and those that only routes name."""
    found = {place.region: place for place in reversed(list(places))}
    found = dict(reversed(list(found.items())))
    for route in routes:
        for region in (route.source, route.destination):
            if region not in found:
                found[region] = MapPlace(region, region, StatusClass.UNKNOWN, 0)
    return list(found.values())


def _description(places: Sequence[MapPlace], routes: Sequence[MapRoute], words: Words) -> str:
    named = words.statuses
    said = [f"{one.label}: {named[one.status_class]}" for one in places if one.count]
    said += [
        f"{one.source} → {one.destination}: {one.status_text or named[one.status_class]}"
        for one in routes[:100]
    ]
    return "; ".join(said)


def _dot(place: MapPlace, at: Point, words: Words) -> Svg:
    tone = TONES[place.status_class]
    word = words.statuses[place.status_class]
    told = place.title or (f"{place.label}: {word}" if place.count else place.label)
    inside = [
        titled(told),
        element(
            "circle",
            {"class": "state halo", "cx": at[0], "cy": at[1], "r": _DOT, "stroke-width": 1.5},
        ),
    ]
    if place.count:
        inside.append(text_at(at[0], at[1] + 3.5, tone.sign, "tiny sign blank", "middle"))
    dot = element(
        "g",
        {"class": f"place {place.status_class.css}", "data-region": place.region},
        *inside,
    )
    return linked(place.href, told, dot)


def _labels(
    places: Sequence[MapPlace],
    told: Mapping[str, Sequence[str]],
    sheet: _Sheet,
    taken: list[Room],
) -> list[Svg]:
    """The names of places beside their dots, further off with a line to them, or nowhere.

    What is near goes before what is far, so that no name stands beside the dot of another one.
    """
    left, found = list(places), []
    dots = [around(point, *_NOT_BESIDE) for point in sheet.points.values()]
    for distance in _DISTANCES:
        others = dots if distance > _DISTANCES[0] else []
        waiting = []
        for place in left:
            label = _label(place, told.get(place.region, ()), sheet, taken, others, distance)
            if label:
                found.append(label)
            else:
                waiting.append(place)
        left = waiting
    return found


def _label(
    place: MapPlace,
    told: Sequence[str],
    sheet: _Sheet,
    taken: list[Room],
    others: list[Room],
    distance: float,
) -> Svg:
    """The name of a place so far from its dot, in a room that is added to those taken; or nothing.

    Where there is no room for more, the name alone stands there.
    """
    name = fitted(place.label, _WIDEST_LABEL, _LETTERS)
    more = told[:1] or ([f"×{place.count}"] if place.count > 1 else [])
    for text in dict.fromkeys([" ".join([name, *more]), name]):
        label = _written(text, sheet.points[place.region], sheet, taken, others, distance)
        if label:
            return label
    return Svg("")


def _written(
    text: str, at: Point, sheet: _Sheet, taken: list[Room], others: list[Room], distance: float
) -> Svg:
    x, y = at
    # As wide as it may become: it stays where it is while a percent grows.
    widest = _PERCENT.sub("100%", text)
    grows = widest != text
    half = breadth(widest, _LETTERS) / 2
    middles = [
        (x + across * (distance + half), y + down * (distance + (4 if across else 0)))
        for across, down in _DIRECTIONS
    ]
    rooms = [around(middle, 2 * half + 2, _LETTERS + 3) for middle in middles]
    best, lost = freest(rooms, [*taken, *others], sheet.frame)
    if lost:
        return Svg("")
    room = rooms[best]
    taken.append(room)
    middle = middles[best]
    parts = []
    if distance > _DISTANCES[0]:
        near = (min(max(x, room.left), room.right), min(max(y, room.top), room.bottom))
        line: dict[str, Attribute] = {"x1": x, "y1": y, "x2": near[0], "y2": near[1]}
        parts.append(element("line", {"class": "leader", "stroke-width": 0.8, **line}))
    name: dict[str, Attribute] = {
        "class": "small halo",
        "x": room.left + 1 if grows else middle[0],
        "y": middle[1] + 3.8,
        "text-anchor": None if grows else "middle",
        "stroke-width": 2.5,
        "stroke-linejoin": "round",
        "paint-order": "stroke",
    }
    return joined([*parts, element("text", name, letters(text))])


def _below(
    places: Sequence[MapPlace],
    routes: Sequence[MapRoute],
    left_out: int,
    sheet: _Sheet,
    above: float,
    words: Words,
) -> tuple[Svg, float]:
    """What is not on the map, below what lies `above`; with where the picture ends."""
    y = above + 22
    lines = [
        (one.status_class, one.label)
        for one in places
        if one.region not in sheet.points and one.count
    ]
    lines += [
        (one.status_class, f"{one.source} → {one.destination} {one.status_text}".rstrip())
        for one in routes
        if not {one.source, one.destination} <= sheet.points.keys()
    ]
    parts: list[Svg] = []
    room = sheet.width - 2 * _MARGIN
    if lines:
        parts.append(text_at(_MARGIN, y, words.elsewhere, "small quiet"))
        y += 16
    for status, text in lines[:_MOST_LISTED]:
        tone = TONES[status]
        parts.append(text_at(_MARGIN + 8, y, tone.sign, f"sign state {status.css}"))
        parts.append(text_at(_MARGIN + 24, y, fitted(text, room - 24, _LETTERS), "small"))
        y += 16
    left_out = max(left_out, 0) + max(len(lines) - _MOST_LISTED, 0)
    if left_out:
        more = words.more.format(f"{left_out:,}")
        parts.append(text_at(_MARGIN + 24, y, more, "small quiet"))
        y += 16
    return joined(parts), y - 4 if parts or above > sheet.height else sheet.height
