"""How pages that stand alone write times, durations and values; what no page may show is made visible."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any, Final

from markupsafe import Markup

from imageferry.model.values import Value, mask

# What would turn the direction of writing round, take no room or is no character of a page at all.
_HIDDEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)


def moment(seconds: float) -> str:
    """`2026-11-22 19:07:52 UTC`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def stamp(seconds: float) -> str:
    """The same for machines."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def duration(seconds: float) -> str:
    """`8 s`, `1 m 05 s`, `2 h 03 m`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} m {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} m"


def written(value: Value) -> str:
    """A value as text: text as it is, everything else as JSON, secrets masked."""
    shown = mask(value)
    if isinstance(shown, str):
        return shown
    return json.dumps(shown, ensure_ascii=False, indent=2, default=str)


def visible(said: Any) -> Any:
    """What is said as text, with what hides in it written as its code; drawings as they are."""
    if isinstance(said, Markup):
        return said
    text = str(said)
    if text.isascii() and text.isprintable():
        return text
    return _HIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
