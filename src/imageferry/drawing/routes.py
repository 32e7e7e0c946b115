"""A copy on its way across the map: the way, the part that is done, and a badge that says how it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from imageferry.drawing.arcs import Arc, head
from imageferry.drawing.lettering import breadth
from imageferry.drawing.palette import TONES, StatusClass, gravest
from imageferry.drawing.pictures import key_id, linked
from imageferry.drawing.spacing import Room, around, freest
from imageferry.drawing.svg import Svg, element, letters, titled

_MOST_TOLD: Final = 12
_BADGE: Final = 16.0
_ON_THE_WAY: Final = (0.5, 0.58, 0.42, 0.66, 0.34, 0.74, 0.26, 0.82)
_NEAR_THE_END: Final = (0.76, 0.7, 0.64, 0.82, 0.56, 0.48, 0.4, 0.32)


class MapRoute(NamedTuple):
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
    return first._replace(
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
) -> tuple[Svg, Svg]:
    """The way and its badge; the badge's room is added to those taken.

    `room` is how far before the end of the arc its head stops.
    """
    percent = _percent(route)
    css = route.status_class.css
    told = route.title or _told(route)
    parts = [
        titled(told),
        element("path", {"class": "track", "d": arc.d, "stroke-width": 2, "opacity": 0.45}),
    ]
    if percent:
        parts.append(
            element(
                "path",
                {
                    "class": "part",
                    "d": arc.d,
                    "stroke-width": 3,
                    "pathLength": 100,
                    "stroke-dasharray": f"{percent:.0f} 200",
                },
            )
        )
    parts.append(element("path", {"class": "state", "d": head(arc, room)}))
    way = element("g", {"class": f"route {css}"}, *parts)
    badge = element(
        "g",
        {"class": f"badge {css}", "id": key_id("route", route.key), "data-key": route.key},
        *_badge(route, arc, taken, frame),
        titled(told),
    )
    return way, linked(route.href, told, badge)


def _badge(route: MapRoute, arc: Arc, taken: list[Room], frame: Room) -> list[Svg]:
    """Sign and percent on a plate, where there is most room along the way."""
    sign = TONES[route.status_class].sign
    more = [route.status_text.split(" ")[0]] if route.status_text.startswith("×") else []
    runs = route.status_class in {StatusClass.RUNNING, StatusClass.QUEUED}
    if runs and route.percent is not None:
        more.append(f"{route.percent:.0f}%")
    text = " ".join(["", *more])
    wide = _BADGE if not more else breadth(sign + text, 10.5) + 12
    spots = [arc.at(share) for share in (_ON_THE_WAY if runs else _NEAR_THE_END)]
    rooms = [around(spot, wide, _BADGE) for spot in spots]
    best, _ = freest(rooms, taken, frame)
    taken.append(rooms[best])
    x, y = spots[best]
    plate = {"class": "box", "x": x - wide / 2, "y": y - _BADGE / 2, "width": wide}
    return [
        element("rect", {**plate, "height": _BADGE, "rx": _BADGE / 2}),
        element(
            "text",
            {"class": "tiny state", "x": x, "y": y + 3.6, "text-anchor": "middle"},
            element("tspan", {"class": "sign"}, letters(sign)),
            letters(text),
        ),
    ]
