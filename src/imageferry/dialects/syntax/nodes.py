"""Node: what a YAML or JSON document consists of, each part with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from imageferry.model.diagnostics import Diagnostic, Span, error, warning
from imageferry.model.values import Json

MAX_DEPTH: Final = 100
"""Lists and maps inside each other; the deepest known template has about 20."""


class Unreadable(Exception):
    """The source cannot be read any further; carries the one diagnostic that says why."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        self.diagnostic = diagnostic
        super().__init__(diagnostic.message)


MAX_FAULTS: Final = 10_000
"""After so many faults reading ends: a source that is no template at all may have millions."""


def note(found: list[Diagnostic], diagnostic: Diagnostic) -> None:
    """Add a fault to those found so far; raises Unreadable where there are too many."""
    found.append(diagnostic)
    if len(found) >= MAX_FAULTS:
        raise Unreadable(
            error(
                "IF198",
                f"reading ends here: there are {MAX_FAULTS:,} faults already",
                why="reading on would take long and tell nothing new",
                remedy="mend the first ones, and read it again",
                span=diagnostic.span,
            )
        )


# Nodes live while a source is read and no longer, and there are thousands: to freeze each would
# take twice as long as to make it.
@dataclass(slots=True)
class Scalar:
    """A single value. `text` is as it was written, `value` what it means; `tag` as in `!Ref`."""

    value: bool | int | float | str | None
    text: str
    span: Span
    tag: str = ""


@dataclass(slots=True)
class ListNode:
    """A list."""

    items: tuple[Node, ...]
    span: Span
    tag: str = ""


@dataclass(slots=True)
class MapNode:
    """A map; `key_spans` has the place of each key."""

    entries: Mapping[str, Node]
    key_spans: Mapping[str, Span]
    span: Span
    tag: str = ""


Node = Scalar | ListNode | MapNode

UNRESOLVED: Final = "!\0unresolved"
"""The tag of what has no value here, which a diagnostic has said already; no source can have it."""


def unresolved(node: Node) -> Node:
    """The node, marked as one that has no value here; what it holds is kept for its names."""
    match node:
        case Scalar(tag=""):
            return Scalar(node.value, node.text, node.span, UNRESOLVED)
        case ListNode(tag=""):
            return ListNode(node.items, node.span, UNRESOLVED)
        case MapNode(tag=""):
            return MapNode(node.entries, node.key_spans, node.span, UNRESOLVED)
        case _:
            return ListNode((node,), node.span, UNRESOLVED)


def function_in(node: Node) -> tuple[str, Node] | None:
    """The function that a node is, in its long name, and its argument; short tags as well."""
    match node:
        case MapNode(tag="", entries=entries) if len(entries) == 1:
            name, argument = next(iter(entries.items()))
            return (name, argument) if name == "Ref" or name.startswith("Fn::") else None
        case Scalar(tag=tag) if tag and tag != UNRESOLVED:
            return long_name(tag), Scalar(node.value, node.text, node.span)
        case ListNode(tag=tag) if tag and tag != UNRESOLVED:
            return long_name(tag), ListNode(node.items, node.span)
        case MapNode(tag=tag) if tag and tag != UNRESOLVED:
            return long_name(tag), MapNode(node.entries, node.key_spans, node.span)
        case _:
            return None


def long_name(tag: str) -> str:
    """The name in long form of the function with this short tag."""
    return tag[1:] if tag in ("!Ref", "!Condition") else f"Fn::{tag[1:]}"


def plain(node: Node) -> Json:
    """The node as plain data; a tagged part as the one-key map that its long form would be."""
    content: Json
    match node:
        case Scalar():
            content = node.value
        case ListNode():
            content = [plain(item) for item in node.items]
        case MapNode():
            content = {name: plain(entry) for name, entry in node.entries.items()}
    if not node.tag or node.tag == UNRESOLVED:
        return content
    return {long_name(node.tag): content}


def shape_of(node: Node) -> str:
    """What a node is, in words for a message."""
    match node:
        case Scalar(tag=tag) | ListNode(tag=tag) | MapNode(tag=tag) if tag:
            return f"the function '{tag}'"
        case ListNode():
            return "a list"
        case MapNode():
            return "a map"
        case Scalar(value=None):
            return "nothing (null)"
        case Scalar(value=bool()):
            return f"the boolean '{node.text}'"
        case Scalar(value=str()):
            return "text"
        case _:
            return f"the number {node.text[:40]}"


def descend(node: Node, path: str = "") -> Iterator[tuple[str, Node]]:
    """The node and everything inside it, each with its path as `/Outputs/Id/Value`."""
    yield path, node
    match node:
        case Scalar():
            return
        case ListNode():
            for position, item in enumerate(node.items):
                yield from descend(item, f"{path}/{position}")
        case MapNode():
            for name, entry in node.entries.items():
                yield from descend(entry, f"{path}/{name}")


def duplicate_key(name: str, span: Span, earlier: Span) -> Diagnostic:
    """The warning for a key that stands twice in one map."""
    return warning(
        "IF120",
        f"the key '{name[:80]}' stands here for the second time",
        why=f"it is already on line {earlier.line}, column {earlier.column}, and the last one counts",
        remedy="remove one of them",
        span=span,
    )


def too_deep(span: Span) -> Diagnostic:
    """The error for lists and maps nested beyond MAX_DEPTH."""
    return error(
        "IF107",
        f"lists and maps are nested more than {MAX_DEPTH} deep",
        why="no template needs that, and reading it would not end",
        remedy="flatten the value, or give it as text",
        span=span,
    )
