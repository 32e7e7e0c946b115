"""Statuses as signs, words and colours: one table for console, command line and reports."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple


class StatusClass(StrEnum):
    """How something stands, as far as a picture can tell it; `status-<value>` is its CSS class."""

    DONE = "done"
    RUNNING = "running"
    QUEUED = "queued"
    WAITING = "waiting"
    FAILED = "failed"
    MISSING = "missing"
    DRIFTED = "drifted"
    ORPHAN = "orphan"
    DELETED = "deleted"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"

    @property
    def css(self) -> str:
        """The class that elements of this status have."""
        return f"status-{self.value}"


class Shade(NamedTuple):
    """A colour on a light page and on a dark one, as `#rrggbb`."""

    light: str
    dark: str


class Tone(NamedTuple):
    """A status as people see it: `ink` is for signs, words and strokes, `soft` lies behind them."""

    sign: str
    word: str
    ink: Shade
    soft: Shade


TONES: Final[Mapping[StatusClass, Tone]] = {
    StatusClass.DONE: Tone("✓", "done", Shade("#116329", "#56d364"), Shade("#e0f5e4", "#12301b")),
    StatusClass.RUNNING: Tone(
        "⟳", "running", Shade("#0a50b8", "#79b8ff"), Shade("#deebfc", "#10294a")
    ),
    StatusClass.QUEUED: Tone(
        "⋯", "queued", Shade("#5a3fb5", "#b9a5ff"), Shade("#ece7fb", "#261f47")
    ),
    StatusClass.WAITING: Tone(
        "○", "waiting", Shade("#4a5560", "#b1bac4"), Shade("#eceff3", "#272d35")
    ),
    StatusClass.FAILED: Tone(
        "✕", "failed", Shade("#b3131f", "#ff8f87"), Shade("#fde6e5", "#46191a")
    ),
    StatusClass.MISSING: Tone(
        "∅", "missing", Shade("#8a3f00", "#ffb077"), Shade("#fdeadb", "#43240f")
    ),
    StatusClass.DRIFTED: Tone(
        "≠", "drifted", Shade("#745000", "#eac54f"), Shade("#fbf0cd", "#3a2e0b")
    ),
    StatusClass.ORPHAN: Tone(
        "◇", "orphan", Shade("#8f1f77", "#f59ae0"), Shade("#fbe4f5", "#3f1936")
    ),
    StatusClass.DELETED: Tone(
        "–", "deleted", Shade("#545d67", "#a4adb8"), Shade("#f1f3f5", "#20262d")
    ),
    StatusClass.UNKNOWN: Tone(
        "?", "unknown", Shade("#3f4a58", "#c3cbd4"), Shade("#e8ecf1", "#2b323b")
    ),
    StatusClass.CANCELLED: Tone(
        "↶", "cancelled", Shade("#6b4b3a", "#d8b8a4"), Shade("#f3eae4", "#352a23")
    ),
}
"""Every status class with its sign, its word and its colours."""

GRAVITY: Final[tuple[StatusClass, ...]] = (
    StatusClass.FAILED,
    StatusClass.MISSING,
    StatusClass.DRIFTED,
    StatusClass.RUNNING,
    StatusClass.QUEUED,
    StatusClass.WAITING,
    StatusClass.ORPHAN,
    StatusClass.UNKNOWN,
    StatusClass.CANCELLED,
    StatusClass.DONE,
    StatusClass.DELETED,
)
"""What is told first where several things are drawn as one."""

ALIASES: Final[Mapping[str, StatusClass]] = {
    "there": StatusClass.DONE,
    "copying": StatusClass.RUNNING,
}
"""What pages about images call two of them; their colours have these names as well."""

GROUNDS: Final[Mapping[str, Shade]] = {
    "surface": Shade("#ffffff", "#12161b"),
    "ink": Shade("#1b2127", "#e8ecf0"),
    "quiet": Shade("#525c67", "#a7b0ba"),
    "line": Shade("#78838f", "#7d8894"),
    "land": Shade("#e4e9e4", "#262e36"),
    "grid": Shade("#dfe4e9", "#2c343c"),
}
"""What pictures have beside statuses: page, letters, lesser letters, lines, land, grid lines."""


def gravest(classes: Mapping[StatusClass, int]) -> StatusClass:
    """The status that many things drawn as one are shown in; `classes` counts each."""
    return next((one for one in GRAVITY if classes.get(one)), StatusClass.UNKNOWN)


def contrast(first: str, second: str) -> float:
    """The contrast of two colours `#rrggbb`, from 1 to 21, as WCAG 2 reckons it."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def shades() -> dict[str, Shade]:
    """Every colour by its name: `status-done`, `status-done-soft`, `drawing-ink` and so on."""
    found = {f"drawing-{name}": shade for name, shade in GROUNDS.items()}
    for status, tone in TONES.items():
        found[status.css] = tone.ink
        found[f"{status.css}-soft"] = tone.soft
    for name, status in ALIASES.items():
        found[f"status-{name}"] = TONES[status].ink
        found[f"status-{name}-soft"] = TONES[status].soft
    return found


def custom_properties(root: str = ":root") -> str:
    """The colours as CSS custom properties: light, dark where the reader's system is so.

    `root` is the selector that carries them; `data-theme="light"` or `"dark"` on the same element
    overrules the system.
    """
    light = _properties([(name, shade.light) for name, shade in shades().items()])
    dark = _properties([(name, shade.dark) for name, shade in shades().items()])
    return (
        f"{root} {{\n{light}}}\n"
        f'@media (prefers-color-scheme: dark) {{\n{root}:not([data-theme="light"]) {{\n{dark}}}\n}}\n'
        f'{root}[data-theme="dark"] {{\n{dark}}}\n'
    )


def _properties(pairs: list[tuple[str, str]]) -> str:
    return "".join(f"  --{name}: {colour};\n" for name, colour in pairs)
