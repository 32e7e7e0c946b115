"""Single values as words of YAML and JSON that both languages read alike."""

from __future__ import annotations

import json
import re
from typing import Final

from imageferry.conversion.parts import Leaf, Style
from imageferry.dialects.syntax.yaml_scalars import BOOLEAN_WORDS, NULL_WORDS, resolve

_SHARED_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?\Z")
_PLAIN: Final = re.compile(
    r"[A-Za-z_/$\u00a1-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]"
    r"[A-Za-z0-9_./:;$%+=()@*!?'\"<>|&~^\\# \u00a1-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd-]*\Z"
)
# Outside of brackets the marks of lists and maps are characters like others, behind the first.
_PLAIN_IN_BLOCK: Final = re.compile(
    r"(?:[A-Za-z_/$\u00a1-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]|[0-9]+ [A-Za-z])"
    r"[A-Za-z0-9_./:;$%+=()@*!?'\"<>|&~^\\# ,\[\]{}"
    r"\u00a1-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd-]*\Z"
)
# Words that a reader of another YAML version may take for a boolean or null.
_TAKEN: Final = BOOLEAN_WORDS | NULL_WORDS | frozenset(("y", "Y", "n", "N", "=", "<<"))
_UNPRINTABLE: Final = re.compile(
    "[^\\t\\n\\x20-\\x7e\\xa0-\\u2027\\u202a-\\ud7ff\\ue000-\\ufefe\\uff00-\\ufffd"
    "\\U00010000-\\U0010ffff]"
)
_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}


def number_text(leaf: Leaf) -> str:
    """A number as YAML and JSON both write it, as it was written where that may be."""
    if _SHARED_NUMBER.match(leaf.text):
        return leaf.text
    value = leaf.value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    written = repr(value)
    # YAML 1.1 demands a point in a number with an exponent, and a sign behind its 'e'.
    mantissa, exponent, power = written.partition("e")
    if exponent and "." not in mantissa:
        mantissa += ".0"
    sign = "" if power.startswith(("-", "+")) or not power else "+"
    return f"{mantissa}{exponent}{sign}{power}"


def json_word(leaf: Leaf) -> str:
    """A value in JSON."""
    match leaf.value:
        case None:
            return "null"
        case str() as value:
            return _UNPRINTABLE.sub(_escaped, json.dumps(value, ensure_ascii=False))
        case bool() as value:
            return "true" if value else "false"
        case _:
            return number_text(leaf)


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


def yaml_word(leaf: Leaf, *, bracketed: bool = True) -> str:
    """A value in YAML, on one line; `bracketed` where it stands inside brackets."""
    match leaf.value:
        case None:
            return "null"
        case str() as value:
            return _yaml_text(value, leaf.style, bracketed=bracketed)
        case bool() as value:
            return "true" if value else "false"
        case _:
            return number_text(leaf)


def yaml_key(name: str) -> str:
    """A key in YAML."""
    return _yaml_text(name, Style.PLAIN, bracketed=True)


def _yaml_text(value: str, style: Style, *, bracketed: bool) -> str:
    if style is Style.DOUBLE or _UNPRINTABLE.search(value) or "\n" in value:
        return _double_quoted(value)
    if style is not Style.SINGLE and is_plain(value, bracketed=bracketed):
        return value
    return "'" + value.replace("'", "''") + "'"


def is_plain(value: str, *, bracketed: bool = True) -> bool:
    """True where text needs no quotes, in any version of YAML; `bracketed`: inside brackets too."""
    return (
        (_PLAIN if bracketed else _PLAIN_IN_BLOCK).match(value) is not None
        and value not in _TAKEN
        and isinstance(resolve(value), str)
        and not value.endswith((" ", ":"))
        and ": " not in value
        and " #" not in value
    )


def _double_quoted(value: str) -> str:
    def escaped(match: re.Match[str]) -> str:
        code = ord(match[0])
        return _ESCAPES.get(match[0]) or (f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")

    return '"' + re.sub(f'["\\\\\\n\\t]|{_UNPRINTABLE.pattern}', escaped, value) + '"'


def block_lines(value: str, style: Style) -> list[str] | None:
    """The header of a block scalar and its lines without indentation; None where it cannot be one.

    Text of several lines becomes one, and text that was written so.
    """
    bare = value.rstrip("\n")
    lines = bare.split("\n")
    several = len(lines) > 1 or (value != bare and style in (Style.LITERAL, Style.FOLDED))
    wide = style in (Style.LITERAL, Style.FOLDED) and len(bare) > 60
    if style is Style.DOUBLE and not several:
        return None
    if not bare.strip() or not (several or wide) or _UNPRINTABLE.search(value):
        return None
    if any(line != line.rstrip(" \t") for line in lines) or bare[0] in "\n\t":
        return None
    ends = len(value) - len(bare)
    chomping = "-" if ends == 0 else "" if ends == 1 else "+"
    indicator = "2" if bare[0] == " " else ""
    folded = _folded(lines) if style is Style.FOLDED and not indicator else None
    if folded is not None:
        return [f">{chomping}", *folded, *[""] * (ends - 1)]
    return [f"|{indicator}{chomping}", *lines, *[""] * (ends - 1)]


def _folded(lines: list[str], width: int = 90) -> list[str] | None:
    """One long line cut at single blanks; None where more than one line would be folded."""
    if len(lines) != 1 or "  " in lines[0]:
        return None
    written = [""]
    for word in lines[0].split(" "):
        if written[-1] and len(written[-1]) + len(word) >= width:
            written.append(word)
        else:
            written[-1] += f" {word}" if written[-1] else word
    return written
