"""The style sheets of drawings: with the console's colours, or with their own in a file by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from imageferry.drawing.palette import Shade, StatusClass, custom_properties, shades

FONT: Final = 'system-ui, "Segoe UI", "Noto Sans", "Noto Sans CJK SC", "DejaVu Sans", sans-serif'

# Selectors and what they set without colours.
_SHAPES: Final[Mapping[str, str]] = {
    "svg.drawing": f"font-family: {FONT}; font-size: 12px",
    ".drawing .title": "font-size: 12.5px; font-weight: 600",
    ".drawing .small": "font-size: 11px",
    ".drawing .tiny": "font-size: 10px",
    ".drawing .sign": "font-weight: 700",
    ".drawing .edge, .drawing .leader": "fill: none",
    ".drawing .track, .drawing .part": "fill: none; stroke-linecap: round",
    ".drawing a": "text-decoration: none",
    ".drawing a:focus-visible .box, .drawing a:hover .box": "stroke-width: 2.5",
    ".drawing a:focus-visible .part, .drawing a:hover .part": "stroke-width: 4.5",
}

# Selectors, the property they colour, and the colour's name.
_COLOURS: Final[tuple[tuple[str, str, str], ...]] = (
    (".drawing .ground", "fill", "drawing-surface"),
    (".drawing text", "fill", "drawing-ink"),
    (".drawing .quiet", "fill", "drawing-quiet"),
    (".drawing .edge", "stroke", "drawing-line"),
    (".drawing .head", "fill", "drawing-line"),
    (".drawing .leader", "stroke", "drawing-line"),
    (".drawing .grid", "stroke", "drawing-grid"),
    (".drawing .land", "fill", "drawing-land"),
    (".drawing .halo", "stroke", "drawing-surface"),
    (".drawing .blank", "fill", "drawing-surface"),
    (".drawing .now", "stroke", "drawing-quiet"),
)

# The same for elements of a status: `{}` is its class.
_OF_STATUS: Final[tuple[tuple[str, str, str], ...]] = (
    (".drawing .{} > .box, .drawing .box.{}", "fill", "{}-soft"),
    (".drawing .{} > .box, .drawing .box.{}", "stroke", "{}"),
    (".drawing .{} > .bar, .drawing .bar.{}", "fill", "{}"),
    (".drawing .{} > .state, .drawing .state.{}", "fill", "{}"),
    (".drawing .{} > .track, .drawing .track.{}", "stroke", "{}"),
    (".drawing .{} > .part, .drawing .part.{}", "stroke", "{}"),
)


def _declared(colour: Callable[[str], str]) -> str:
    """The rules that colour, each colour as `colour` writes it by its name."""
    rules = list(_COLOURS)
    for status in StatusClass:
        rules += [
            (selector.replace("{}", status.css), kind, name.replace("{}", status.css))
            for selector, kind, name in _OF_STATUS
        ]
    return "".join(f"{selector} {{ {kind}: {colour(name)} }}\n" for selector, kind, name in rules)


def _shapes() -> str:
    return "".join(f"{selector} {{ {rules} }}\n" for selector, rules in _SHAPES.items())


def page_sheet() -> str:
    """The style sheet of a page that has drawings in it: the colours' names and all rules."""
    return custom_properties() + _shapes() + _declared(lambda name: f"var(--{name})")


def own_sheet() -> str:
    """The style sheet inside a file by itself: colours as they are, dark where the reader's is.

    It names no custom properties, which many programs that show SVG do not know.
    """
    table: Mapping[str, Shade] = shades()
    light = _declared(lambda name: table[name].light)
    dark = _declared(lambda name: table[name].dark)
    return f"{_shapes()}{light}@media (prefers-color-scheme: dark) {{\n{dark}}}\n"
