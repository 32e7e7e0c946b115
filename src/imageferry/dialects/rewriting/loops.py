"""`Fn::ForEach`: loops written out on nodes, before anything else is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from imageferry.dialects.desk import Desk
from imageferry.dialects.limits import MAX_RESOURCES, too_many_resources
from imageferry.dialects.rewriting.collections import Collections
from imageferry.dialects.rewriting.function_faults import needs_extensions
from imageferry.dialects.syntax.nodes import (
    UNRESOLVED,
    ListNode,
    MapNode,
    Node,
    Scalar,
    Unreadable,
    function_in,
    unresolved,
)
from imageferry.model.diagnostics import Span, error

LOOP: Final = "Fn::ForEach::"

MAX_WRITTEN_OUT: Final = 500_000
"""Values that all loops of a template may come to."""

_SECTIONS: Final = ("Conditions", "Resources", "Outputs")
_NAMING: Final = frozenset(("Ref", "Condition", "Fn::GetAtt", "Fn::Sub"))
_NAMED: Final = frozenset(("Type", "Condition", "DependsOn"))


class WrittenOut(NamedTuple):
    """The template without loops. `is_whole` is False where one could not run."""

    root: MapNode
    is_whole: bool


@dataclass(slots=True)
class _Loops:
    desk: Desk
    collections: Collections
    names: dict[str, Span] = field(default_factory=dict)
    told: set[Span] = field(default_factory=set)
    left: int = MAX_WRITTEN_OUT
    is_whole: bool = True


def is_loop(key: str) -> bool:
    """True for `Fn::ForEach::Name`."""
    return key.startswith(LOOP)


def write_out(desk: Desk, root: MapNode, collections: Collections) -> WrittenOut:
    """Every loop by its products; their places are those of the loop's body.

    A loop over something that has no value yet stays as it is written, once: its names hold the
    `${Identifier}`, its values are unknown. Raises Unreadable where loops come to too much.
    """
    loops = _Loops(desk, collections)
    entries = dict(root.entries)
    for word in _SECTIONS:
        section = entries.get(word)
        if isinstance(section, MapNode) and not section.tag:
            entries[word] = written = _expand(loops, section, {})
            if word == "Resources" and isinstance(written, MapNode):
                _refuse_many(written, len(section.entries), root.key_spans[word])
    return WrittenOut(replace(root, entries=entries), loops.is_whole)


def _refuse_many(resources: MapNode, before: int, span: Span) -> None:
    """Raise Unreadable where loops make more resources than any stack may have."""
    number = len(resources.entries)
    if number > MAX_RESOURCES and number > before:
        raise Unreadable(too_many_resources(number, span))


def _expand(loops: _Loops, node: Node, items: Mapping[str, str]) -> Node:
    """The node with the loops inside it written out, and the items of those around it put in."""
    match node:
        case Scalar():
            if not items:
                return node
            _spend(loops, node, len(node.text))
            return _filled_scalar(loops, node, items)
        case ListNode():
            if items:
                _spend(loops, node)
            inside = tuple(_expand(loops, entry, items) for entry in node.items)
            return replace(node, items=inside)
        case MapNode():
            if not items:
                return _expand_map(loops, node, items)
            _spend(loops, node)
            return _item_of(node, items) or _folded(_expand_map(loops, node, items))


def _expand_map(loops: _Loops, node: MapNode, items: Mapping[str, str]) -> MapNode:
    entries: dict[str, Node] = {}
    spans: dict[str, Span] = {}
    for key, entry in node.entries.items():
        span = node.key_spans[key]
        if is_loop(key):
            _run(loops, key, entry, span, items, entries, spans)
            continue
        name = _filled(loops, key, items, node)
        _add(loops, name, _expand(loops, entry, items), span, entries, spans)
    return MapNode(entries, spans, node.span, node.tag)


def _add(
    loops: _Loops,
    key: str,
    entry: Node,
    span: Span,
    entries: dict[str, Node],
    spans: dict[str, Span],
) -> None:
    if key in entries:
        earlier = spans[key]
        _fault(
            loops,
            f"'{key[:80]}' is made a second time",
            span,
            f"it is made already on line {earlier.line}, column {earlier.column}",
            "let every name hold the identifiers of all loops around it",
        )
        return
    entries[key] = entry
    spans[key] = span


def _run(
    loops: _Loops,
    key: str,
    node: Node,
    span: Span,
    items: Mapping[str, str],
    entries: dict[str, Node],
    spans: dict[str, Span],
) -> None:
    """Add what one loop produces."""
    _check_name(loops, key, span)
    parts = node.items if isinstance(node, ListNode) and not node.tag else ()
    match parts:
        case (Scalar(tag="", value=str()) as identifier, over, MapNode(tag="") as body) if (
            identifier.text.isalnum()
        ):
            pass
        case _:
            _fault(
                loops,
                f"the loop '{key[:80]}' is not well formed",
                node.span,
                "it takes a list of three: an identifier of letters and digits, a collection, "
                "and a map with what is made for each item",
                f"write '{LOOP}Name: [Identifier, [A, B], {{\"Name${{Identifier}}\": …}}]'",
            )
            return
    _check_body(loops, key, identifier.text, body)
    filled = _expand(loops, over, items) if items else over
    found = loops.collections.items_of(loops.desk, key, filled)
    if found.values is None:
        loops.is_whole = False
        # Loops over the same parameter make the same names, whatever they call the item.
        match function_in(filled):
            case ("Ref", Scalar(text=text)):
                item = f"${{{text}:Item}}"
            case _:
                item = f"${{{identifier.text}}}"
        around = {**items, identifier.text: item}
        _stand_in(loops, identifier.text, body, around, entries, spans)
        return
    for value in found.values:
        _spend(loops, body, len(value))
        made = _expand_map(loops, body, {**items, identifier.text: value})
        for name, entry in made.entries.items():
            _add(loops, name, entry, made.key_spans[name], entries, spans)


def _stand_in(
    loops: _Loops,
    identifier: str,
    body: MapNode,
    items: Mapping[str, str],
    entries: dict[str, Node],
    spans: dict[str, Span],
) -> None:
    """Add the body once, for an item that is not known."""
    entered = {
        name: _without_values(entry, identifier, naming=False)
        for name, entry in body.entries.items()
    }
    made = _expand_map(loops, replace(body, entries=entered), items)
    for name, entry in made.entries.items():
        _add(loops, name, entry, made.key_spans[name], entries, spans)


def _without_values(node: Node, identifier: str, *, naming: bool) -> Node:
    """The node, where what waits for an item has no value; names keep it as written."""
    match function_in(node):
        case ("Ref", Scalar(text=text)) if text == identifier:
            return Scalar(None, "", node.span, UNRESOLVED)
        case (name, _) if name in _NAMING:
            naming = True
        case _:
            pass
    match node:
        case Scalar(text=text):
            waits = f"${{{identifier}}}" in text or f"&{{{identifier}}}" in text
            return unresolved(node) if waits and not naming else node
        case ListNode(items=items):
            inside = tuple(_without_values(entry, identifier, naming=naming) for entry in items)
            return replace(node, items=inside)
        case MapNode(entries=entries):
            return replace(
                node,
                entries={
                    name: _without_values(entry, identifier, naming=naming or name in _NAMED)
                    for name, entry in entries.items()
                },
            )


def _item_of(node: MapNode, items: Mapping[str, str]) -> Scalar | None:
    """The item that `{Ref: Identifier}` stands for."""
    if node.tag or len(node.entries) != 1:
        return None
    name = node.entries.get("Ref")
    if isinstance(name, Scalar) and not name.tag and name.text in items:
        return Scalar(items[name.text], items[name.text], node.span)
    return None


def _filled_scalar(loops: _Loops, node: Scalar, items: Mapping[str, str]) -> Scalar:
    if node.tag == "!Ref" and node.text in items:
        return Scalar(items[node.text], items[node.text], node.span)
    if "{" not in node.text:
        return node
    text = _filled(loops, node.text, items, node)
    value = text if isinstance(node.value, str) else node.value
    if node.tag == "!Sub" and "${" not in text:
        return Scalar(value, text, node.span)
    return Scalar(value, text, node.span, node.tag)


def _folded(node: Node) -> Node:
    """A Sub without any name left is its text: it may name a resource then."""
    match node:
        case MapNode(tag="", entries={"Fn::Sub": Scalar(tag="", text=text) as inner}) if (
            len(node.entries) == 1 and "${" not in text
        ):
            return Scalar(inner.value, text, node.span)
        case _:
            return node


def _filled(loops: _Loops, text: str, items: Mapping[str, str], node: Node) -> str:
    """The text with the items put in; `&{Identifier}` leaves out what no name may have."""
    if "{" not in text:
        return text
    for identifier, value in items.items():
        mark = f"${{{identifier}}}"
        if mark in text:
            _spend(loops, node, text.count(mark) * len(value))
            text = text.replace(mark, value)
        mark = f"&{{{identifier}}}"
        if mark in text:
            _spend(loops, node, text.count(mark) * len(value))
            text = text.replace(mark, value if value.startswith("${") else _letters(value))
    return text


def _letters(value: str) -> str:
    return "".join(letter for letter in value if letter.isascii() and letter.isalnum())


def _check_name(loops: _Loops, key: str, span: Span) -> None:
    name = key[len(LOOP) :]
    earlier = loops.names.setdefault(name, span)
    if not loops.desk.extended and not loops.names.keys() - {name}:
        needs_extensions(loops.desk, "a loop", span)
    if earlier != span:
        # CloudFormation guide, Fn::ForEach: "unique within the template"; it is not said to check.
        if span not in loops.told:
            loops.told.add(span)
            loops.desk.warning(
                "IF153",
                f"there is a second loop called '{name[:80]}'",
                span,
                why=f"the first is on line {earlier.line}, column {earlier.column}",
                remedy="give each loop of the template a name of its own",
            )
    elif not name:
        _fault(loops, "a loop has no name", span, "", f"write '{LOOP}Name'")
    elif name in loops.desk.resources:
        _fault(
            loops,
            f"the loop '{name[:80]}' has the name of a resource",
            span,
            "the names of loops and resources must differ",
            "rename the loop",
        )


def _check_body(loops: _Loops, key: str, identifier: str, body: MapNode) -> None:
    marks = (f"${{{identifier}}}", f"&{{{identifier}}}")
    if not body.entries:
        _fault(loops, f"the loop '{key[:80]}' makes nothing", body.span, "", "give it a body")
    for name, span in body.key_spans.items():
        if not is_loop(name) and not any(mark in name for mark in marks):
            _fault(
                loops,
                f"'{name[:80]}' does not hold the loop's identifier '{identifier[:80]}'",
                span,
                "each item would make the same name",
                f"put '${{{identifier}}}' into the name",
            )


def _fault(loops: _Loops, message: str, span: Span, why: str, remedy: str) -> None:
    """Note a fault of a loop, once a place: inner loops run many times."""
    if span not in loops.told:
        loops.told.add(span)
        loops.desk.error("IF153", message, span, why=why, remedy=remedy)


def _spend(loops: _Loops, node: Node, length: int = 0) -> None:
    """Count one more value with a text of that length, before it is made."""
    loops.left -= 1 + length // 64
    if loops.left < 0:
        raise Unreadable(
            error(
                "IF155",
                f"loops make this template larger than {MAX_WRITTEN_OUT:,} values",
                why="written out, they repeat each other",
                remedy="let them run over fewer items, or divide the template",
                span=node.span,
            )
        )
