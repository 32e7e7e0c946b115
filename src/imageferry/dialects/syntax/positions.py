"""Positions, Trail: where the names inside a text of the source stand."""

from __future__ import annotations

from functools import cached_property

from imageferry.model.diagnostics import Span

# YAML 1.1 ends lines at these as well: then lines are counted otherwise than here.
_OTHER_ENDS = ("\x85", "\u2028", "\u2029")


class Positions:
    """The lines of a source, found out when they are first asked for."""

    def __init__(self, source: str) -> None:
        self._source = source

    @cached_property
    def lines(self) -> list[str]:
        """The lines as spans count them; none where they cannot be counted."""
        source = self._source
        is_odd = any(end in source for end in _OTHER_ENDS) or (
            "\r" in source and source.count("\r") != source.count("\r\n")
        )
        return [] if is_odd else source.split("\n")


class Trail:
    """Goes through one text from its beginning, and finds each name where it stands in the source.

    What cannot be found (behind escapes, in folded lines, in what a loop has put together) has the
    place of the text. Takes time in proportion to the text, however often it is asked.
    """

    __slots__ = ("_column", "_counted", "_line", "_lines", "_rest", "_span", "_text")

    def __init__(self, positions: Positions | None, text: str, span: Span) -> None:
        self._lines = [] if positions is None else positions.lines
        self._text = text
        self._span = span
        # How far the text has been followed, and where that is in the source, counted from 0.
        self._counted = 0
        self._rest = 0
        self._line = span.line - 1
        self._column = span.column - 1

    def find(self, start: int, end: int) -> Span:
        """The place of the part of the text from `start` to `end`, which lies after the last one."""
        if not self._lines:
            return self._span
        text = self._text
        ends = text.count("\n", self._counted, start)
        first = self._rest
        line, column = self._line, self._column
        if ends:
            first = text.rfind("\n", 0, start) + 1
        words = text[first:end]
        found = -1
        if line < len(self._lines):
            found = self._lines[line].find(words, column)
        # What begins with a sign or a tag may go on below it.
        further = ends if self._rest else ends + 1
        if found < 0 and further and line + further < len(self._lines):
            line += further
            found = self._lines[line].find(words)
        self._counted = start
        if found < 0:
            self._lines = []
            return self._span
        self._line, self._column, self._rest = line, found + len(words), end
        return Span(self._span.source, line + 1, found + start - first + 1)
