"""Bytes to text: size, encoding, characters that no template may hold."""

from __future__ import annotations

import codecs
import re
from typing import Final

from imageferry.dialects.syntax.nodes import Unreadable
from imageferry.model.diagnostics import Diagnostic, Span, error

MAX_SOURCE_BYTES: Final = 4 * 1024 * 1024
"""Larger sources are refused unread; who reads a file need not read more than one byte above."""

_WIDE_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
# YAML 1.1, "printable characters": these are outside; JSON forbids only the first of them.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff]")


def decode(source: bytes, name: str) -> str:
    """The text of a template; raises Unreadable for what is too large or not UTF-8 text."""
    if len(source) > MAX_SOURCE_BYTES:
        raise Unreadable(
            error(
                "IF101",
                f"the template has {len(source):,} bytes, more than {MAX_SOURCE_BYTES:,}",
                why="templates of this size are refused before they are read",
                remedy="split it into several stacks, or use 'Count' for resources that are alike",
                span=Span(name, 1, 1),
            )
        )
    _refuse_wide(source, name)
    try:
        text = source.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise Unreadable(_not_utf8(source, fault, name)) from None
    found = _FORBIDDEN.search(text)
    if found is not None:
        raise Unreadable(
            error(
                "IF104",
                f"the template holds the character U+{ord(found[0]):04X}",
                why="control characters and byte order marks may not stand in a template",
                remedy="remove it, or write it as an escape in double quotes",
                span=place(text, found.start(), name),
            )
        )
    if not text.strip():
        raise Unreadable(
            error(
                "IF102",
                "the template is empty",
                remedy="write at least a version key and 'Resources'",
                span=Span(name, 1, 1),
            )
        )
    return text


def place(text: str, offset: int, name: str) -> Span:
    """The line and column of a character."""
    line = text.count("\n", 0, offset) + 1
    return Span(name, line, offset - text.rfind("\n", 0, offset))


def _refuse_wide(source: bytes, name: str) -> None:
    encoding = next((word for mark, word in _WIDE_MARKS if source.startswith(mark)), "")
    # Without a mark, plain letters in UTF-16 have a zero for every other byte.
    if not encoding and b"\0" in source[:4]:
        encoding = "UTF-16 or UTF-32"
    if encoding:
        raise Unreadable(
            error(
                "IF103",
                f"the template is encoded in {encoding}",
                why="templates are UTF-8 text",
                remedy="save the file as UTF-8",
                span=Span(name, 1, 1),
            )
        )


def _not_utf8(source: bytes, fault: UnicodeDecodeError, name: str) -> Diagnostic:
    before = source[: fault.start].decode("utf-8", "replace")
    byte = source[fault.start]
    return error(
        "IF103",
        f"byte 0x{byte:02X} is not UTF-8",
        why=f"in Latin-1 it would be '{chr(byte)}'" if byte >= 0xA0 else "templates are UTF-8 text",
        remedy="save the file as UTF-8",
        span=place(before, len(before), name),
    )
