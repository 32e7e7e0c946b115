"""SVG elements as text, everything in them escaped: letters, attributes, what XML forbids."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NewType

Svg = NewType("Svg", str)
"""Text that is SVG already; whatever else goes into a picture goes through `letters`."""

NAMESPACE: Final = "http://www.w3.org/2000/svg"

# What XML 1.0 does not allow, what would turn the direction of writing round, and halves of
# surrogate pairs, which no encoding takes.
_FORBIDDEN: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_SPECIAL: Final = re.compile("[&<>\"'\t\n\r]")
_NAMED: Final = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
    "\t": "&#9;",
    "\n": "&#10;",
    "\r": "&#13;",
}
_INSTEAD: Final = "\N{REPLACEMENT CHARACTER}"

Attribute = str | int | float | None
"""A value of an attribute; None leaves the attribute out."""


def letters(text: str) -> Svg:
    """Any text as the content of an element or of an attribute."""
    if text.isalnum():
        return Svg(text)
    if not text.isascii() or not text.isprintable():
        text = _FORBIDDEN.sub(_INSTEAD, text)
    return Svg(_SPECIAL.sub(lambda found: _NAMED[found[0]], text))


def element(name: str, attributes: dict[str, Attribute], *inside: Svg) -> Svg:
    """One element; `name` and the attributes' names are our own words and stay as they are."""
    said = "".join(
        f' {key}="{_value(value)}"' for key, value in attributes.items() if value is not None
    )
    return Svg(f"<{name}{said}>{''.join(inside)}</{name}>" if inside else f"<{name}{said}/>")


def _value(value: str | int | float) -> str:
    return letters(value) if isinstance(value, str) else number(value)


def number(value: float) -> str:
    """A length or a place in a picture, to a tenth of a pixel."""
    return str(value) if isinstance(value, int) else f"{value:.1f}".removesuffix(".0")


def joined(parts: Iterable[Svg]) -> Svg:
    """Several elements, one after the other."""
    return Svg("".join(parts))


def text_at(x: float, y: float, text: str, css: str, anchor: str | None = None) -> Svg:
    """A line of letters; `y` is its base line, `anchor` `middle` or `end` where it is not `start`."""
    return element("text", {"x": x, "y": y, "class": css, "text-anchor": anchor}, letters(text))


def titled(text: str) -> Svg:
    """What is shown where a pointer rests, and told to who listens; nothing for no text."""
    return element("title", {}, letters(text)) if text else Svg("")
