"""Words for people: values, times and tables as text that is safe to show on a terminal."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from imageferry.model.values import UNKNOWN, Value, mask

Paint = Callable[[str, str], str]
"""Gives a text in a named colour, or as it is where there are no colours."""

_WIDEST_VALUE: Final = 100

# The control characters of ASCII and Latin-1, what turns the direction of writing round or takes
# no room, and halves of surrogate pairs, which no terminal can show.
_HIDDEN: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
_BLANKS: Final = "\t\n\r"


def plain(text: str, colour: str) -> str:
    """The text without any colour: the Paint of files, pipes and tests."""
    return text


def clean(text: str) -> str:
    """The text in one line, with every control character written as its code.

    Names and reasons come from a cloud and from templates of others: what they contain must not
    command the terminal.
    """
    if text.isascii() and text.isprintable():
        return text
    return _HIDDEN.sub(lambda found: " " if found[0] in _BLANKS else _escape(found[0]), text)


def clean_lines(text: str) -> str:
    """As `clean`, but lines and tabs stay."""
    return _HIDDEN.sub(lambda found: found[0] if found[0] in "\t\n" else _escape(found[0]), text)


def _escape(letter: str) -> str:
    code = ord(letter)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def show_value(value: Value, widest: int = _WIDEST_VALUE) -> str:
    """A value as JSON in one line, secrets masked, cut where it is too long."""
    text = clean(_spelled(value))
    return text if len(text) <= widest else text[: widest - 1] + "…"


def _spelled(value: Value) -> str:
    """As JSON, but for what is not known yet: that is no text, wherever it stands."""
    if value is UNKNOWN:
        return str(mask(UNKNOWN))
    if isinstance(value, Mapping):
        entries = (
            f"{json.dumps(str(key), ensure_ascii=False)}: {_spelled(entry)}"
            for key, entry in value.items()
        )
        return f"{{{', '.join(entries)}}}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_spelled, value))}]"
    return json.dumps(mask(value), ensure_ascii=False, default=str)


def show_duration(seconds: float) -> str:
    """Seconds as `8s`, `1m05s` or `2h03m`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole}s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes}m{rest:02d}s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02d}m"


def show_moment(seconds: float) -> str:
    """A time in UTC, to the second, as both services write it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def counted(number: int, noun: str, plural: str = "") -> str:
    """`1 resource`, `2 resources`."""
    return f"{number} {noun}" if number == 1 else f"{number} {plural or noun + 's'}"


def width(text: str) -> int:
    """How many columns of a terminal the text takes: Chinese characters take two."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def pad(text: str, columns: int) -> str:
    """The text, filled up with spaces."""
    return text + " " * max(0, columns - width(text))


def cut(text: str, columns: int) -> str:
    """The text, cut to a number of columns."""
    if width(text) <= columns:
        return text
    kept = ""
    for letter in text:
        if width(kept) + width(letter) + 1 > columns:
            break
        kept += letter
    return kept + "…"


def table(rows: Sequence[Sequence[str]], heading: Sequence[str] = ()) -> list[str]:
    """Rows as lines with their columns aligned; the last column is not filled up."""
    everything = [list(heading), *map(list, rows)] if heading else [list(row) for row in rows]
    if not everything:
        return []
    widths = [max(width(row[column]) for row in everything) for column in range(len(everything[0]))]
    return [
        "  ".join(pad(cell, columns) for cell, columns in zip(row, widths, strict=True)).rstrip()
        for row in everything
    ]


def indented(lines: Sequence[str], by: str = "  ") -> list[str]:
    """Lines, each further in."""
    return [by + line if line else line for line in lines]
