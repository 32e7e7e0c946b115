"""Comment: where comments and blank lines stand in YAML text, which its events do not tell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from yaml.events import ScalarEvent


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment with its `#`, or `""` for a blank line.

    `own_line`: no value stands before it on its line. `index` counts characters.
    """

    index: int
    column: int
    text: str
    own_line: bool


_HASH: Final = re.compile(r"(?:^|(?<=\s))#[^\r\n]*", re.MULTILINE)
_ONLY_MARKS: Final = re.compile(r"[\s?-]*\Z")
_BLANK: Final = re.compile(r"(?<=\n)[ \t]*\r?\n")
# Before the scalar itself: its tag and its anchor, and comments between these.
_PROPERTIES: Final = re.compile(r"(?:[!&][^\s]*|\s+|#[^\r\n]*)*")
_HEADER: Final = re.compile(r"[|>][-+0-9]*[ \t]+(#[^\r\n]*)")


def comments_of(text: str, events: Iterable[Any]) -> list[Comment]:
    """Every comment and blank line of a text, in order; `events` are the parser's."""
    found: list[Comment] = []
    start = 0
    for event in events:
        if _is_scalar(event):
            begun = _content(text, event)
            found += _between(text, start, begun)
            start = max(start, event.end_mark.index)
            if event.style in ("|", ">"):
                found += _of_block(text, begun, start)
    found += _between(text, start, len(text))
    return found


def _is_scalar(event: Any) -> bool:
    return isinstance(event, ScalarEvent)


def _content(text: str, event: Any) -> int:
    """Where a scalar begins behind its tag and anchor."""
    begun: int = event.start_mark.index
    if event.tag is None and event.anchor is None:
        return begun
    matched = _PROPERTIES.match(text, begun, event.end_mark.index)
    return begun if matched is None else matched.end()


def _between(text: str, start: int, end: int) -> Iterator[Comment]:
    """The comments where no scalar stands."""
    gap = text[start:end]
    if not gap.strip(" :,-[]{}") and "\n" not in gap:
        return
    places = [match for match in _HASH.finditer(gap) if _is_comment(text, start + match.start())]
    blanks = _blank_lines(text, start, end)
    both = sorted(
        [*((m.start() + start, m[0].rstrip()) for m in places), *((b, "") for b in blanks)]
    )
    for index, words in both:
        line_start = text.rfind("\n", 0, index) + 1
        before = text[line_start:index]
        own_line = not words or _ONLY_MARKS.match(before) is not None
        yield Comment(index, index - line_start, words, own_line)


def _is_comment(text: str, index: int) -> bool:
    return index == 0 or text[index - 1] in " \t\r\n"


def _blank_lines(text: str, start: int, end: int) -> list[int]:
    return [match.start() for match in _BLANK.finditer(text, start, end)]


def _of_block(text: str, start: int, end: int) -> Iterator[Comment]:
    """The comment in the header of a block scalar, and a blank line behind one."""
    header = _HEADER.match(text, start, end)
    if header is not None:
        yield Comment(header.start(1), header.start(1), header[1].rstrip(), False)
    keeps = "+" in text[start : start + 3]
    lines = text[start:end].split("\n")
    if not keeps and end < len(text) and len(lines) > 2 and not lines[-2].strip():
        yield Comment(end - 1, 0, "", True)
