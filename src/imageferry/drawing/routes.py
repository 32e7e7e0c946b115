"""A copy on its way across the map: the way, the part that is done, and a badge that says how it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from imageferry.drawing.arcs import Arc, Point, head
from imageferry.drawing.lettering import breadth
from imageferry.drawing.palette import TONES, StatusClass, gravest
from imageferry.drawing.pictures import key_id, linked
from imageferry.drawing.spacing import Room, around, freest
from imageferry.drawing.svg import Attribute, Svg, element, letters, titled

_MOST_TOLD: Final = 12
_BADGE: Final = 16.0
_ON_THE_WAY: Final = (0.5, 0.58, 0.42, 0.66, 0.34, 0.74, 0.26, 0.82)
_NEAR_THE_END: Final = (0.76, 0.7, 0.64, 0.82, 0.56, 0.48, 0.4, 0.32)


@dataclass(frozen=True, slots=True)
class MapRoute:
    """A copy from region to region. `percent` from 0 to 100, None where nobody knows.

    `title` is what a pointer is told; `key` names it for whoever brings the picture up to date.
    """

    key: str
    source: str
    destination: str
    percent: float | None
    status_class: StatusClass
    status_text: str
    title: str = ""
    href: str = ""


def bundled(routes: Iterable[MapRoute]) -> list[MapRoute]:
    """The routes, those of the same ends as one: the gravest status, the middle of their percents."""
    groups: dict[tuple[str, str], list[MapRoute]] = {}
    for route in routes:
        groups.setdefault((route.source, route.destination), []).append(route)
    return [group[0] if len(group) == 1 else _bundle(group) for group in groups.values()]


def _bundle(group: Sequence[MapRoute]) -> MapRoute:
    counts = Counter(route.status_class for route in group)
    worst = gravest(counts)
    first = next(route for route in group if route.status_class is worst)
    told = [route.title or _told(route) for route in group[:_MOST_TOLD]]
    told += ["…"] if len(group) > _MOST_TOLD else []
    links = {route.href for route in group}
    return replace(
        first,
        percent=sum(map(_percent, group)) / len(group),
        status_text=f"×{len(group)} {first.status_text}".rstrip(),
        title="\n".join(told),
        href=first.href if len(links) == 1 else "",
    )


def _percent(route: MapRoute) -> float:
    if route.status_class is StatusClass.DONE:
        return 100.0
    return min(max(route.percent or 0.0, 0.0), 100.0)


def _told(route: MapRoute) -> str:
    said = route.status_text or TONES[route.status_class].word
    return f"{route.source} → {route.destination}: {said}"


def draw_route(
    route: MapRoute, arc: Arc, taken: list[Room], frame: Room, room: float
) -> tuple[Svg, Svg, str]:
    """The way, its badge, and what is to be told at its end, where there is no room for one.

    Badges are drawn when all ways are, so that none lies below a way. The badge's room is added to those taken; `room` is how far before the end of the arc its head
    stops.
    """
    percent = _percent(route)
    told = route.title or _told(route)
    track: dict[str, Attribute] = {"class": "track", "d": arc.d, "stroke-width": 2}
    parts = [titled(told), element("path", {**track, "opacity": 0.45})]
    if percent:
        done: dict[str, Attribute] = {"pathLength": 100, "stroke-dasharray": f"{percent:.0f} 200"}
        part: dict[str, Attribute] = {"class": "part", "d": arc.d, "stroke-width": 3}
        parts.append(element("path", {**part, **done}))
    parts.append(element("path", {"class": "state", "d": head(arc, room)}))
    badge, left_over = _badge(route, arc, taken, frame)
    way = element(
        "g",
        {
            "id": key_id("route", route.key),
            "class": f"route {route.status_class.css}",
            "data-key": route.key,
        },
        *parts,
    )
    plate = element(
        "g", {"class": f"badge {route.status_class.css}", "pointer-events": "none"}, *badge
    )
    return linked(route.href, told, way), plate if badge else Svg(""), left_over


def _badge(route: MapRoute, arc: Arc, taken: list[Room], frame: Room) -> tuple[list[Svg], str]:
    """Sign and percent on a plate, where there is room along the way, or the sign alone.

    Without room for either, sign and percent are given back as words.
    """
    sign = TONES[route.status_class].sign
    runs = route.status_class is StatusClass.RUNNING
    more = [route.status_text.split(" ")[0]] if route.status_text.startswith("×") else []
    widest = [*more]
    if runs and route.percent is not None:
        more.append(f"{route.percent:.0f}%")
        # As wide as it may become: it stays where it is while the number grows.
        widest.append("100%")
    spots = [arc.at(share) for share in (_ON_THE_WAY if runs else _NEAR_THE_END)]
    texts = list(dict.fromkeys([(" ".join(["", *more]), " ".join(["", *widest])), ("", "")]))
    for text, longest in texts:
        wide = breadth(sign + longest, 10.5) + 11 if longest else _BADGE
        rooms = [around(spot, wide, _BADGE) for spot in spots]
        best, lost = freest(rooms, taken, frame)
        if not lost:
            taken.append(rooms[best])
            return _plate(sign, text, spots[best], wide), "" if text else " ".join(more)
    return [], " ".join([sign, *more])


def _plate(sign: str, text: str, at: Point, wide: float) -> list[Svg]:
    x, y = at
    plate: dict[str, Attribute] = {"class": "box", "x": x - wide / 2, "y": y - _BADGE / 2}
    return [
        element("rect", {**plate, "width": wide, "height": _BADGE, "rx": _BADGE / 2}),
        element(
            "text",
            {"class": "tiny state", "x": x, "y": y + 3.6, "text-anchor": "middle"},
            element("tspan", {"class": "sign"}, letters(sign)),
            letters(text),
        ),
    ]
