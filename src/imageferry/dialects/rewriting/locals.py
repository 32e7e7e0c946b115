"""ROS Locals: named parts of a template, put in where `Ref` names them, before it is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from imageferry.dialects.desk import Desk, is_absent, map_of
from imageferry.dialects.rewriting.local_declarations import Local, read_local
from imageferry.dialects.syntax.nodes import (
    MAX_DEPTH,
    ListNode,
    MapNode,
    Node,
    Scalar,
    Unreadable,
    descend,
    function_in,
    too_deep,
    unresolved,
)
from imageferry.graph import Graph
from imageferry.model.diagnostics import Span, error

MAX_NESTED: Final = 5
"""ROS reference, locals: locals inside locals."""

MAX_PUT_IN: Final = 200_000
"""Values that all locals of a template may come to where they are put in."""

_CLOSED: Final = ("DependsOn", "DeletionPolicy", "Metadata", "UpdatePolicy")


class _Settled(NamedTuple):
    """What a local stands for: its node, how many values it holds, and how deep they are nested."""

    node: Node
    size: int
    height: int


@dataclass(slots=True)
class _Locals:
    desk: Desk
    known: Mapping[str, Local]
    settled: dict[str, _Settled] = field(default_factory=dict)
    left: int = MAX_PUT_IN
    size: int = 0
    height: int = 0


def put_locals_in(desk: Desk, root: MapNode) -> MapNode:
    """The template with every local put in where it may be named; all else is noted.

    Raises Unreadable where locals come to too much.
    """
    section = root.entries.get("Locals")
    if section is None or is_absent(section):
        return root
    declared = map_of(desk, section, "the section 'Locals'")
    if declared is None:
        return root
    found = (read_local(desk, declared, name) for name in declared.entries)
    locals_ = _Locals(desk, {local.name: local for local in found})
    _settle(locals_)
    entries = dict(root.entries)
    for word in ("Conditions", "Outputs"):
        if word in entries:
            entries[word] = _put_in(locals_, entries[word], 1)
    resources = entries.get("Resources")
    if isinstance(resources, MapNode):
        definitions = {name: _definition(locals_, node) for name, node in resources.entries.items()}
        entries["Resources"] = replace(resources, entries=definitions)
    if "Rules" in entries:
        entries["Rules"] = _bar(locals_, entries["Rules"], "'Rules'")
    return replace(root, entries=entries)


def _settle(locals_: _Locals) -> None:
    """Settle every local, those first that others name; circles and deep nesting are noted."""
    named = {name: _named_by(locals_, local) for name, local in locals_.known.items()}
    graph = Graph(named)
    depths: dict[str, int] = {}
    for name in graph.order():
        depths[name] = 1 + max((depths[other] for other in named[name]), default=0)
        locals_.settled[name] = _settled(locals_, locals_.known[name], depths[name])
    circle = graph.cycle()
    if circle:
        first = locals_.known[circle[0]]
        locals_.desk.error(
            "IF159",
            f"the local '{first.name[:80]}' needs itself",
            first.span,
            why=" needs ".join(f"'{name[:40]}'" for name in (*circle[:20], circle[0])),
            remedy="take one of the references out",
        )
    for name, local in locals_.known.items():
        locals_.settled.setdefault(name, _nothing(local.span))


def _nothing(span: Span) -> _Settled:
    return _Settled(unresolved(Scalar(None, "", span)), 1, 0)


def _settled(locals_: _Locals, local: Local, depth: int) -> _Settled:
    if local.value is None:
        return _nothing(local.span)
    if depth > MAX_NESTED:
        if depth == MAX_NESTED + 1:
            locals_.desk.error(
                "IF159",
                f"the local '{local.name[:80]}' holds locals nested more than {MAX_NESTED} deep",
                local.span,
                why=f"{locals_.desk.dialect.title} refuses that",
                remedy="write an inner one out",
            )
        return _nothing(local.span)
    locals_.size = locals_.height = 0
    node = _put_in(locals_, local.value, 0, inside=True)
    return _Settled(node, locals_.size, locals_.height)


def _named_by(locals_: _Locals, local: Local) -> frozenset[str]:
    """The locals that one names."""
    calls = () if local.value is None else map(function_in, _parts(local.value))
    others = (_named(locals_, *call) for call in calls if call is not None)
    return frozenset(other.name for other in others if other is not None)


def _parts(node: Node) -> Iterator[Node]:
    return (part for _, part in descend(node))


def _put_in(locals_: _Locals, node: Node, depth: int, *, inside: bool = False) -> Node:
    """The node with locals put in, `depth` levels below what is measured.

    `inside`: it belongs to a local itself.
    """
    locals_.size += 1
    locals_.height = max(locals_.height, depth)
    call = function_in(node)
    if call is not None:
        local = _named(locals_, *call)
        if local is not None:
            return _value(locals_, local, call[0], node.span, depth, inside=inside)
    match node:
        case Scalar(text=text):
            locals_.size += len(text) // 64
            return node
        case ListNode(items=items):
            listed = [_put_in(locals_, entry, depth + 1, inside=inside) for entry in items]
            return replace(node, items=tuple(listed))
        case MapNode(entries=entries):
            mapped = {
                name: _put_in(locals_, entry, depth + 1, inside=inside)
                for name, entry in entries.items()
            }
            return replace(node, entries=mapped)


def _named(locals_: _Locals, function: str, argument: Node) -> Local | None:
    """The local that `Ref` names, or that GetAtt asks for an attribute."""
    match (function, argument):
        case ("Ref", Scalar(tag="", text=text)):
            return locals_.known.get(text)
        case ("Fn::GetAtt", ListNode(items=(Scalar(tag="", text=text), *_))):
            return locals_.known.get(text)
        case ("Fn::GetAtt", Scalar(tag="", text=text)):
            return locals_.known.get(text.rpartition(".")[0])
        case _:
            return None


def _value(
    locals_: _Locals, local: Local, function: str, span: Span, depth: int, *, inside: bool
) -> Node:
    nothing = unresolved(Scalar(None, "", span))
    if local.is_query:
        if not inside:
            locals_.desk.error(
                "IF158",
                f"the data source '{local.name[:80]}' is named outside of 'Locals'",
                span,
                why="only other locals can see it",
                remedy="name a local of the type 'Eval' that takes its value from it",
            )
        return nothing
    if function != "Ref":
        locals_.desk.error(
            "IF158",
            f"'{local.name[:80]}' is a local and has no attributes",
            span,
            why="only a data source has",
            remedy=f"write 'Ref: {local.name[:80]}'",
        )
        return nothing
    settled = locals_.settled[local.name]
    locals_.size += settled.size
    locals_.height = max(locals_.height, depth + settled.height)
    if locals_.height > MAX_DEPTH:
        raise Unreadable(too_deep(span))
    locals_.left -= settled.size
    if locals_.left < 0:
        raise Unreadable(
            error(
                "IF155",
                f"locals make this template larger than {MAX_PUT_IN:,} values",
                why="put in, they repeat each other",
                remedy="name them in fewer places",
                span=span,
            )
        )
    return settled.node


def _definition(locals_: _Locals, node: Node) -> Node:
    if not isinstance(node, MapNode) or node.tag:
        return node
    entries = dict(node.entries)
    for word in entries:
        if word == "Properties":
            entries[word] = _properties(locals_, entries[word], entries.get("Type"))
        elif word == "Count":
            entries[word] = _put_in(locals_, entries[word], 3)
        elif word in _CLOSED:
            entries[word] = _bar(locals_, entries[word], f"'{word}'")
    return replace(node, entries=entries)


def _properties(locals_: _Locals, node: Node, kind: Node | None) -> Node:
    """The properties with locals put in, but for those that are handed on as they stand."""
    if not isinstance(node, MapNode) or function_in(node) is not None:
        return _put_in(locals_, node, 3)
    type_name = kind.text if isinstance(kind, Scalar) else ""
    raw = locals_.desk.dialect.raw_properties
    entries = dict(node.entries)
    for word, entry in entries.items():
        if (type_name, word) not in raw:
            entries[word] = _put_in(locals_, entry, 4)
        elif isinstance(entry, MapNode) and "Locals" in entry.entries:
            # ROS reference, locals.
            locals_.desk.error(
                "IF158",
                f"the template in '{word}' has locals of its own",
                entry.key_spans["Locals"],
                why="a nested template cannot have any where the outer one has",
                remedy="take them out of one of the two, or keep the nested template elsewhere",
            )
    return replace(node, entries=entries)


def _bar(locals_: _Locals, node: Node, where: str) -> Node:
    """The node of a place that cannot name locals; where it does, that is noted."""
    call = function_in(node)
    if call is not None:
        local = _named(locals_, *call)
        if local is not None:
            locals_.desk.error(
                "IF158",
                f"the local '{local.name[:80]}' cannot be named in {where}",
                node.span,
                why="locals are for conditions, properties, 'Count' and outputs",
                remedy="write its value out, or use a parameter",
            )
            return unresolved(Scalar(None, "", node.span))
    match node:
        case Scalar():
            return node
        case ListNode(items=items):
            return replace(node, items=tuple(_bar(locals_, entry, where) for entry in items))
        case MapNode(entries=entries):
            barred = {name: _bar(locals_, entry, where) for name, entry in entries.items()}
            return replace(node, entries=barred)
