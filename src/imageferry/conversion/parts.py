"""Part: a document as it was written, with its comments, styles and short tags."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

from imageferry.dialects.syntax.nodes import ListNode, MapNode, Node, Scalar
from imageferry.model.diagnostics import Span
from imageferry.model.values import Json


class Style(Enum):
    """How a scalar was written in YAML; PLAIN also for what comes from JSON."""

    PLAIN = "plain"
    SINGLE = "'"
    DOUBLE = '"'
    LITERAL = "|"
    FOLDED = ">"


@dataclass(frozen=True, slots=True)
class Leaf:
    """A single value; `text` is how it was written, quotes and escapes undone."""

    value: bool | int | float | str | None
    text: str
    span: Span
    style: Style = Style.PLAIN


@dataclass(frozen=True, slots=True)
class Member:
    """An entry of a table (`name` is its key) or of a listing (no name), with its comments.

    `before` are whole lines above it, `""` for a blank one; `beside` stands at the end of its
    line. Comments keep their `#`.
    """

    value: Part
    span: Span
    name: str = ""
    before: tuple[str, ...] = ()
    beside: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """A list; `flow` where it was written in brackets, `after` the comments behind its end."""

    members: tuple[Member, ...]
    span: Span
    flow: bool = False
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A map. `short`: its one member is a function that was written as a short tag."""

    members: tuple[Member, ...]
    span: Span
    flow: bool = False
    after: tuple[str, ...] = ()
    short: bool = False


Part: TypeAlias = "Leaf | Listing | Table"

UNTAGGED: Final = frozenset(("Ref", "Condition"))
"""The functions whose long form has no `Fn::`."""


def find(table: Table, name: str) -> Member | None:
    """The member of that name; of several the last, which is the one that counts."""
    return next((member for member in reversed(table.members) if member.name == name), None)


def value_of(table: Table, name: str) -> Part | None:
    """The value of that name."""
    member = find(table, name)
    return None if member is None else member.value


def function_name(part: Part) -> str | None:
    """The name of a function in long form: the one key of a map, `Ref` or `Fn::…`."""
    if not isinstance(part, Table) or len(part.members) != 1:
        return None
    name = part.members[0].name
    return name if part.short or name == "Ref" or name.startswith("Fn::") else None


def referred(part: Part) -> str:
    """The name that a part refers to, if it is `Ref`."""
    if function_name(part) == "Ref" and isinstance(part, Table):
        argument = part.members[0].value
        return argument.text if isinstance(argument, Leaf) else ""
    return ""


def text(value: str, span: Span, style: Style = Style.PLAIN) -> Leaf:
    """A leaf that holds text."""
    return Leaf(value, value, span, style)


def call(name: str, argument: Part, like: Part) -> Table:
    """A function, short where `like` is, at its place."""
    short = isinstance(like, Table) and like.short
    return Table((Member(argument, like.span, name),), like.span, short=short, flow=is_flow(like))


def listing(items: list[Part], span: Span, flow: bool = True) -> Listing:
    """A list of parts that were not written one by one."""
    return Listing(tuple(Member(part, part.span) for part in items), span, flow)


def table(entries: dict[str, Part], span: Span, flow: bool = False) -> Table:
    """A map of parts that were not written one by one."""
    return Table(tuple(Member(part, part.span, name) for name, part in entries.items()), span, flow)


def is_flow(part: Part) -> bool:
    """True where a part was written on one line, in brackets or as a scalar."""
    return isinstance(part, Leaf) or part.flow


def items(part: Part) -> list[Part] | None:
    """The items of a list; None for all else."""
    return [member.value for member in part.members] if isinstance(part, Listing) else None


def walk(part: Part) -> Iterator[Part]:
    """The part and everything inside it."""
    yield part
    if not isinstance(part, Leaf):
        for member in part.members:
            yield from walk(member.value)


def plain(part: Part) -> Json:
    """The part as plain data, functions in long form."""
    match part:
        case Leaf():
            return part.value
        case Listing(members=members):
            return [plain(member.value) for member in members]
        case Table(members=members):
            return {member.name: plain(member.value) for member in members}


def node_of(part: Part) -> Node:
    """The part as a node of the readers."""
    match part:
        case Leaf():
            return Scalar(part.value, part.text, part.span)
        case Listing(members=members):
            return ListNode(tuple(node_of(member.value) for member in members), part.span)
        case Table(members=members):
            return MapNode(
                {member.name: node_of(member.value) for member in members},
                {member.name: member.span for member in members},
                part.span,
            )


def comments_in(part: Part) -> int:
    """How many lines of comment stand in a part."""
    if isinstance(part, Leaf):
        return 0
    count = sum(1 for line in part.after if line)
    for member in part.members:
        count += sum(1 for line in member.before if line) + bool(member.beside)
        count += comments_in(member.value)
    return count
