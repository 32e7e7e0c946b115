"""Parts to YAML and JSON text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from imageferry.conversion.parts import (
    UNTAGGED,
    Leaf,
    Listing,
    Member,
    Part,
    Style,
    Table,
    function_name,
    is_flow,
    items,
    text,
)
from imageferry.conversion.scalar_words import block_lines, json_word, yaml_key, yaml_word
from imageferry.dialects.vocabulary import Dialect

_WIDTH: Final = 100
_LONGEST_KEY: Final = 1000
"""YAML, simple keys: a key on the line of its value has at most 1,024 characters."""


class Spelling(Enum):
    """How functions are written in YAML."""

    AS_WRITTEN = "as they were written"
    SHORT = "as short tags, where there are any"
    LONG = "in their long form"


def write_json(part: Part, indent: str = "") -> str:
    """A part as JSON, two blanks deep at each level; comments have no place there."""
    inner = indent + "  "
    match part:
        case Leaf():
            return json_word(part)
        case Listing(members=()):
            return "[]"
        case Table(members=()):
            return "{}"
        case Listing(members=members):
            lines = [inner + write_json(member.value, inner) for member in members]
            return "[\n" + ",\n".join(lines) + f"\n{indent}]"
        case Table(members=members):
            lines = [
                f"{inner}{json_word(text(member.name, part.span))}: {write_json(member.value, inner)}"
                for member in members
            ]
            return "{\n" + ",\n".join(lines) + f"\n{indent}}}"


@dataclass(frozen=True, slots=True)
class _Hand:
    """How one document is written."""

    dialect: Dialect
    spelling: Spelling


def write_yaml(root: Part, dialect: Dialect, spelling: Spelling = Spelling.AS_WRITTEN) -> str:
    """A document as YAML, with its comments."""
    hand = _Hand(dialect, spelling)
    lines = list(_inside(hand, root, 0)) if not isinstance(root, Leaf) else [yaml_word(root)]
    return "\n".join(lines) + "\n"


def _inside(hand: _Hand, part: Table | Listing, indent: int) -> Iterator[str]:
    """The lines of a collection that stands by itself."""
    margin = " " * indent
    if not part.members:
        yield margin + ("{}" if isinstance(part, Table) else "[]")
    for member in part.members:
        if isinstance(part, Table):
            yield from _lines_above(member.before, margin)
            yield from _entry(hand, member, indent)
        else:
            yield from _listed(hand, member, indent)
    yield from _lines_above(part.after, margin)


def _lines_above(lines: tuple[str, ...], margin: str) -> Iterator[str]:
    for line in lines:
        yield margin + line if line else ""


def _entry(hand: _Hand, member: Member, indent: int) -> Iterator[str]:
    key = yaml_key(member.name)
    margin = " " * indent
    if len(key) > _LONGEST_KEY:
        yield f"{margin}? {key}"
        key = ""
    yield from _value(hand, f"{margin}{key}:", member.value, indent, member.beside)


def _listed(hand: _Hand, member: Member, indent: int) -> Iterator[str]:
    margin = " " * indent
    value = member.value
    if (
        isinstance(value, Leaf)
        or not value.members
        or _short_name(hand, value)
        or _flow(hand, value, indent + 2) is not None
    ):
        yield from _lines_above(member.before, margin)
        yield from _value(hand, f"{margin}-", value, indent, member.beside)
        return
    # The first entry stands on the line of the dash, and its comments above that.
    above = member.before
    if member.beside:
        first = value.members[0]
        if len(value.members) == 1 and isinstance(first.value, Leaf) and not first.beside:
            value = replace(value, members=(replace(first, beside=member.beside),))
        else:
            above = (*above, member.beside)
    yield from _lines_above(above, margin)
    lines = _inside(hand, value, indent + 2)
    for line in lines:
        if line.lstrip()[:1] not in ("", "#"):
            yield f"{margin}- {line[indent + 2 :]}"
            break
        yield line and margin + line.lstrip()
    yield from lines


def _value(
    hand: _Hand, head: str, part: Part, indent: int, beside: str, *, tagged: bool = False
) -> Iterator[str]:
    """The lines of `head` and the value behind it; `tagged` where a short tag ends the head."""
    comment = f" {beside}" if beside else ""
    if isinstance(part, Leaf):
        block = block_lines(part.value, part.style) if isinstance(part.value, str) else None
        if block is None:
            yield f"{head} {yaml_word(part, bracketed=False)}{comment}"
            return
        yield f"{head} {block[0]}{comment}"
        margin = " " * (indent + 2)
        for line in block[1:]:
            yield margin + line if line else ""
        return
    tag = None if tagged else _short_name(hand, part)
    if tag is not None and isinstance(part, Table):
        inner = part.members[0]
        argument = _short_argument(hand, part)
        above = [line for line in (*inner.before, inner.beside) if line]
        beside = " ".join([line for line in (beside, *above) if line])
        yield from _value(hand, f"{head} {tag}", argument, indent, beside, tagged=True)
        return
    flow = _flow(hand, part, len(head) + 1, tagged=tagged)
    if flow is not None:
        yield f"{head} {flow}{comment}"
        return
    yield f"{head}{comment}"
    yield from _inside(hand, part, indent + 2)


def _tag_of(hand: _Hand, name: str) -> str | None:
    function = hand.dialect.functions.get(name)
    if function is not None:
        return function.tag or None
    # A function that is known nowhere keeps the tag that it was written with.
    return f"!{name.removeprefix('Fn::')}" if name.startswith("Fn::") or name in UNTAGGED else None


def _short_name(hand: _Hand, part: Part) -> str | None:
    """The short tag that a function is written with; None where it is written out."""
    if not isinstance(part, Table) or hand.spelling is Spelling.LONG:
        return None
    name = function_name(part)
    if name is None or (hand.spelling is Spelling.AS_WRITTEN and not part.short):
        return None
    if not part.short and name not in hand.dialect.functions:
        return None
    tag = _tag_of(hand, name)
    argument = part.members[0].value
    if isinstance(argument, Leaf) and not isinstance(argument.value, str):
        return None
    if isinstance(argument, Table) and not argument.members:
        return None
    # Two tags cannot stand on one value: of two functions the outer one is written out.
    if function_name(argument) is not None:
        return None
    if part.after or (part.members[0].before and not isinstance(argument, Leaf)):
        return None
    return tag


def _short_argument(hand: _Hand, part: Table) -> Part:
    """The argument behind a short tag: that of GetAtt as one text where it can be cut again."""
    argument = part.members[0].value
    pair = items(argument)
    if part.members[0].name != "Fn::GetAtt" or pair is None or len(pair) != 2:
        return argument
    first, second = pair
    if isinstance(first, Leaf) and isinstance(second, Leaf):
        halves = (first.value, second.value)
        if all(isinstance(half, str) and half for half in halves):
            dotted = f"{first.text}.{second.text}"
            if hand.dialect.split_attribute(dotted) == halves and not _commented(argument):
                return text(dotted, argument.span)
    return argument


def _commented(part: Part) -> bool:
    if isinstance(part, Leaf):
        return False
    return bool(part.after) or any(
        member.before or member.beside or _commented(member.value) for member in part.members
    )


def _flow(hand: _Hand, part: Part, column: int, *, tagged: bool = False) -> str | None:
    """A part on the rest of a line; None where it does not belong or fit there."""
    if isinstance(part, Leaf):
        return yaml_word(part, bracketed=False)
    if not part.members:
        return "{}" if isinstance(part, Table) else "[]"
    if not is_flow(part) or _commented(part):
        return None
    if isinstance(part, Table) and part.short and not tagged and not _short_name(hand, part):
        # What was a tag was in no brackets; its long form is a map of one line or more.
        return None
    written = _in_brackets(hand, part, tagged=tagged)
    if written is None or column + len(written) > _WIDTH:
        return None
    return written


def _in_brackets(hand: _Hand, part: Part, *, tagged: bool = False) -> str | None:
    match part:
        case Leaf(value=str() as value, style=style):
            broken = "\n" in value and style is not Style.DOUBLE
            return None if broken else yaml_word(part)
        case Leaf():
            return yaml_word(part)
        case Listing(members=members):
            inner = [_in_brackets(hand, member.value) for member in members]
            words = [word for word in inner if word is not None]
            return f"[{', '.join(words)}]" if len(words) == len(inner) else None
        case Table():
            tag = None if tagged else _short_name(hand, part)
            if tag is not None:
                argument = _in_brackets(hand, _short_argument(hand, part), tagged=True)
                return None if argument is None else f"{tag} {argument}"
            return _map_in_brackets(hand, part)


def _map_in_brackets(hand: _Hand, part: Table) -> str | None:
    written = []
    for member in part.members:
        word = _in_brackets(hand, member.value)
        key = yaml_key(member.name)
        if word is None or len(key) > _LONGEST_KEY:
            return None
        written.append(f"{key}: {word}")
    return "{" + ", ".join(written) + "}"
