"""JSON text to nodes with their places."""

from __future__ import annotations

import re
from dataclasses import dataclass
from json.decoder import JSONDecodeError, scanstring  # type: ignore[attr-defined]
from typing import Final

from imageferry.dialects.syntax.nodes import (
    MAX_DEPTH,
    ListNode,
    MapNode,
    Node,
    Scalar,
    Unreadable,
    duplicate_key,
    note,
    too_deep,
)
from imageferry.dialects.syntax.source_text import place
from imageferry.dialects.syntax.yaml_scalars import MAX_DIGITS
from imageferry.model.diagnostics import Diagnostic, Span, error

_BLANK: Final = frozenset(" \t\r\n")
# One blank, and what most values begin with.
_BEGINNINGS: Final = frozenset((' "', " {", " ["))
_BLANKS = re.compile(r"[ \t\r\n]*")
# ECMA-404, "Numbers".
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?P<real>\.[0-9]+)?(?P<power>[eE][-+]?[0-9]+)?")
_WORD = re.compile(r"[-+]?[\w.$]+")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_CONSTANTS: Final = {"true": True, "false": False, "null": None}
_UNFINITE: Final = frozenset(("NaN", "Infinity", "-Infinity", "inf", "-inf"))


@dataclass(slots=True, eq=False)
class _Page:
    """The text, and the line that reading has come to. `escapes`: it may hold surrogates."""

    text: str
    name: str
    escapes: bool
    warnings: list[Diagnostic]
    line: int = 1
    line_start: int = 0


def read_json(text: str, name: str, warnings: list[Diagnostic]) -> Node:
    """The document; raises Unreadable with the first fault."""
    escapes = "\\ud" in text or "\\uD" in text
    page = _Page(text, name, escapes, warnings)
    node, end = _value(page, _skip(page, 0), 1)
    end = _skip(page, end)
    if end < len(text):
        raise _fault(
            page,
            end,
            "text stands after the end of the JSON document",
            "remove it, or check the braces before it",
        )
    return node


def _skip(page: _Page, offset: int) -> int:
    """Past the blanks; lines end only among them, for a JSON text has none inside."""
    if page.text[offset : offset + 1] not in _BLANK:
        return offset
    found = _BLANKS.match(page.text, offset)
    assert found is not None
    end = found.end()
    last = page.text.rfind("\n", offset, end)
    if last >= 0:
        page.line += page.text.count("\n", offset, end)
        page.line_start = last + 1
    return end


# What `Span(…)` does, without the call in between: two are made for each entry of a map.
_place: Final = tuple.__new__


def _span(page: _Page, offset: int) -> Span:
    """A place on the line that reading has come to."""
    return _place(Span, (page.name, page.line, offset - page.line_start + 1))


def _value(page: _Page, offset: int, depth: int) -> tuple[Node, int]:
    """The value that begins at the offset, and where it ends."""
    first = page.text[offset : offset + 1]
    if first == '"':
        span = _span(page, offset)
        content, end = _string(page, offset)
        return Scalar(content, content, span), end
    if first == "{" or first == "[":
        if depth > MAX_DEPTH:
            raise Unreadable(too_deep(_span(page, offset)))
        return (_map if first == "{" else _list)(page, offset, depth)
    return _number_or_word(page, offset)


def _string(page: _Page, offset: int) -> tuple[str, int]:
    try:
        content, end = scanstring(page.text, offset + 1, True)
    except JSONDecodeError as fault:
        said = {
            "Unterminated string starting at": (
                "a text is not closed", "add the closing double quote"),
            "Invalid control character at": (
                "a line break or tab stands inside a text", "write it as '\\n' or '\\t'"),
        }.get(fault.msg, ("an escape after '\\' names no character", "write '\\\\' for a backslash"))  # fmt: skip
        where = offset if fault.msg.startswith("Unterminated") else fault.pos
        raise _fault(page, where, *said) from None
    if page.escapes and _LONE_SURROGATE.search(content):
        raise Unreadable(
            error(
                "IF104",
                "a text holds half of a surrogate pair",
                why="it is no character and cannot be written as UTF-8",
                remedy="write both halves, or the character itself",
                span=_span(page, offset),
            )
        )
    return content, end


def _list(page: _Page, offset: int, depth: int) -> tuple[Node, int]:
    text = page.text
    span = _span(page, offset)
    items: list[Node] = []
    offset = _skip(page, offset + 1)
    if text[offset : offset + 1] == "]":
        return ListNode((), span), offset + 1
    while True:
        item, offset = _value(page, offset, depth + 1)
        items.append(item)
        offset = _skip(page, offset)
        mark = text[offset : offset + 1]
        if mark == "]":
            return ListNode(tuple(items), span), offset + 1
        if mark != ",":
            raise _unfinished(page, offset, "list", "]", span)
        comma, offset = offset, _skip(page, offset + 1)
        if text[offset : offset + 1] == "]":
            raise _trailing_comma(page, comma)


def _map(page: _Page, offset: int, depth: int) -> tuple[Node, int]:
    text = page.text
    span = _span(page, offset)
    entries: dict[str, Node] = {}
    key_spans: dict[str, Span] = {}
    offset = _skip(page, offset + 1)
    if text[offset : offset + 1] == "}":
        return MapNode(entries, key_spans, span), offset + 1
    while True:
        if text[offset : offset + 1] != '"':
            raise _not_a_key(page, offset)
        key_span = _span(page, offset)
        name, offset = _string(page, offset)
        # Most maps have one blank after the colon and none before it.
        if text[offset : offset + 1] != ":":
            offset = _skip(page, offset)
            if text[offset : offset + 1] != ":":
                said = f"a ':' is missing after the key '{name[:80]}'"
                raise _fault(page, offset, said, "add it")
        offset += 2 if text[offset + 1 : offset + 3] in _BEGINNINGS else 1
        node, offset = _value(page, _skip(page, offset), depth + 1)
        if name in entries:
            note(page.warnings, duplicate_key(name, key_span, key_spans[name]))
        entries[name] = node
        key_spans[name] = key_span
        mark = text[offset : offset + 1]
        if mark in _BLANK:
            offset = _skip(page, offset)
            mark = text[offset : offset + 1]
        if mark == "}":
            return MapNode(entries, key_spans, span), offset + 1
        if mark != ",":
            raise _unfinished(page, offset, "map", "}", span)
        comma, offset = offset, _skip(page, offset + 1)
        if text[offset : offset + 1] == "}":
            raise _trailing_comma(page, comma)


def _number_or_word(page: _Page, offset: int) -> tuple[Node, int]:
    text = page.text
    found = _NUMBER.match(text, offset)
    if found is not None and not text[found.end() : found.end() + 1].isalnum():
        return Scalar(_number(page, found), found[0], _span(page, offset)), found.end()
    word_found = _WORD.match(text, offset)
    word = "" if word_found is None else word_found[0]
    if word in _CONSTANTS:
        return Scalar(_CONSTANTS[word], word, _span(page, offset)), offset + len(word)
    if word in _UNFINITE:
        raise Unreadable(_no_number(page, offset, word, "is not a finite number"))
    if offset >= len(text):
        raise _fault(page, offset, "the document ends before it is complete", "close every brace")
    if text[offset] in "/#":
        raise _fault(page, offset, "a comment stands here", "remove it: JSON has no comments")
    if text[offset] == "'":
        raise _fault(page, offset, "a text stands in single quotes", "use double quotes")
    if word:
        raise _fault(page, offset, f"'{word[:40]}' is no JSON value", "write text in double quotes")
    raise _fault(page, offset, f"a value is expected, not '{text[offset]}'", "write the value")


def _number(page: _Page, found: re.Match[str]) -> int | float:
    written = found[0]
    if found["real"] is None and found["power"] is None:
        if len(written) > MAX_DIGITS:
            said = f"has more than {MAX_DIGITS} digits"
            raise Unreadable(_no_number(page, found.start(), written, said))
        return int(written)
    number = float(written)
    if number in (float("inf"), float("-inf")):
        said = "is too large for a number"
        raise Unreadable(_no_number(page, found.start(), written, said))
    return number


def _no_number(page: _Page, offset: int, written: str, said: str) -> Diagnostic:
    return error(
        "IF112",
        f"'{written[:40]}' {said}",
        why="a template holds JSON data, which has finite numbers only",
        remedy="write it in double quotes if text is meant",
        span=_span(page, offset),
    )


def _not_a_key(page: _Page, offset: int) -> Unreadable:
    first = page.text[offset : offset + 1]
    if first == "'":
        return _fault(page, offset, "a key stands in single quotes", "use double quotes")
    if first and first in "/#":
        return _fault(page, offset, "a comment stands here", "remove it: JSON has no comments")
    return _fault(
        page, offset, "a key is expected", 'write keys in double quotes, as in {"Key": "value"}'
    )


def _trailing_comma(page: _Page, offset: int) -> Unreadable:
    return _fault(
        page, offset, "a ',' stands before the end of a list or map", "remove the last ','"
    )


def _unfinished(page: _Page, offset: int, what: str, bracket: str, begun: Span) -> Unreadable:
    if page.text[offset : offset + 1] in ("/", "#"):
        return _fault(page, offset, "a comment stands here", "remove it: JSON has no comments")
    return _fault(
        page,
        offset,
        f"the {what} that begins on line {begun.line} is not continued",
        f"add the missing ',' or '{bracket}'",
    )


def _fault(page: _Page, offset: int, message: str, remedy: str) -> Unreadable:
    return Unreadable(
        error(
            "IF106",
            f"this is not JSON: {message}",
            why="a template that begins with '{' is read as JSON",
            remedy=remedy,
            span=place(page.text, offset, page.name),
        )
    )
