"""A whole picture: its frame, its name and description for who listens, its style where it is alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from hashlib import blake2s
from types import MappingProxyType
from typing import Final, NamedTuple

from imageferry.drawing.lettering import breadth
from imageferry.drawing.palette import GRAVITY, TONES, StatusClass
from imageferry.drawing.styles import own_sheet
from imageferry.drawing.svg import NAMESPACE, Svg, element, letters, text_at

_LENGTH_OF_ID: Final = 6


_STATUSES: Final[Mapping[StatusClass, str]] = MappingProxyType(
    {status: tone.word for status, tone in TONES.items()}
)


class Words(NamedTuple):
    """What pictures say themselves; a reader of another language is given others.

    `more` has `{}` where a number stands; `statuses` are what a legend says.
    """

    more: str = "… and {} more"
    elsewhere: str = "not on the map:"
    now: str = "now"
    nothing: str = "there is nothing to draw"
    statuses: Mapping[StatusClass, str] = _STATUSES


ENGLISH: Final = Words()


class Picture(NamedTuple):
    """A drawing and its size in pixels; `svg` goes into a page, or into a file, as it is."""

    svg: str
    width: float
    height: float


def key_id(kind: str, key: str) -> str:
    """The id of what stands for a key in a picture: the same key has always the same."""
    told = blake2s(key.encode("utf-8", "replace"), digest_size=_LENGTH_OF_ID).hexdigest()
    return f"{kind}-{told}"


def framed(
    inside: Svg,
    width: float,
    height: float,
    *,
    kind: str,
    title: str,
    description: str,
    has_links: bool,
    standalone: bool,
) -> Picture:
    """The picture around its elements.

    What has links is a group, as those inside an image are nothing to who listens. `standalone`
    gives a file by itself: XML, a page colour, a style of its own.
    """
    name, about = key_id(f"{kind}-title", title), key_id(f"{kind}-about", title)
    parts = [
        element("title", {"id": name}, letters(title)),
        element("desc", {"id": about}, letters(description)),
    ]
    if standalone:
        parts.append(element("style", {}, Svg(own_sheet().replace("&", "&amp;").replace("<", ""))))
    parts.append(element("rect", {"class": "ground", "width": width, "height": height}))
    svg = element(
        "svg",
        {
            "xmlns": NAMESPACE,
            "class": f"drawing {kind}",
            "width": width,
            "height": height,
            "viewBox": f"0 0 {round(width, 1):g} {round(height, 1):g}",
            "role": "group" if has_links else "img",
            "aria-labelledby": name,
            "aria-describedby": about,
        },
        *parts,
        inside,
    )
    head = '<?xml version="1.0" encoding="UTF-8"?>\n' if standalone else ""
    return Picture(f"{head}{svg}\n" if standalone else svg, width, height)


def linked(href: str, label: str, inside: Svg) -> Svg:
    """The elements as a link with a name, or as they are where there is no address."""
    if not _is_safe(href):
        return inside
    return element("a", {"href": href, "aria-label": label}, inside)


def _is_safe(href: str) -> bool:
    """True for addresses of this site and of the web; nothing that runs a script is a link."""
    if href.startswith(("https://", "http://", "#", "?")):
        return True
    return href.startswith("/") and not href.startswith(("//", "/\\"))


def has_link(href: str) -> bool:
    """True where `linked` would make a link of it."""
    return _is_safe(href)


def legend(
    present: Collection[StatusClass], words: Words, x: float, y: float, room: float
) -> tuple[Svg, float]:
    """Signs and words of the statuses in a picture, in rows; with the height that they take."""
    parts: list[Svg] = []
    left, line = x, y
    for status in GRAVITY:
        if status not in present:
            continue
        word = words.statuses[status]
        step = 30 + breadth(word, 11)
        if left > x and left + step > x + room:
            left, line = x, line + 18
        parts.append(text_at(left, line, TONES[status].sign, f"sign state {status.css}"))
        parts.append(text_at(left + 16, line, word, "small quiet"))
        left += step
    return Svg("".join(parts)), line - y + 18 if present else 0.0
