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


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value. `text` is as it was written, `value` what it means; `tag` as in `!Ref`."""

    value: bool | int | float | str | None
    text: str
    span: Span
    tag: str = ""


@dataclass(frozen=True, slots=True)
class ListNode:
    """A list."""

    items: tuple[Node, ...]
    span: Span
    tag: str = ""


@dataclass(frozen=True, slots=True)
class MapNode:
    """A map; `key_spans` has the place of each key."""

    entries: Mapping[str, Node]
    key_spans: Mapping[str, Span]
    span: Span
    tag: str = ""


Node = Scalar | ListNode | MapNode


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
    if not node.tag:
        return content
    long_form = node.tag[1:] if node.tag in ("!Ref", "!Condition") else f"Fn::{node.tag[1:]}"
    return {long_form: content}


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
