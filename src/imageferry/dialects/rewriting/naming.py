"""Names that functions give to `Ref` and `Fn::GetAtt`, settled with the language extensions."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, NamedTuple

from imageferry.dialects.desk import Desk
from imageferry.dialects.rewriting.collections import Collections
from imageferry.dialects.syntax.nodes import (
    UNRESOLVED,
    ListNode,
    MapNode,
    Node,
    Scalar,
    function_in,
)

_SECTIONS: Final = ("Resources", "Outputs")


class _Naming(NamedTuple):
    """A desk whose faults nobody hears, where texts come from, and the names that there are."""

    desk: Desk
    collections: Collections
    known: frozenset[str]


def settle_names(desk: Desk, root: MapNode, collections: Collections) -> MapNode:
    """The template with every name that a function makes of parameters, mappings and texts.

    CloudFormation guide, Ref: such a function "should not contain resource logical identifiers".
    What cannot be settled yet, or names nothing with the defaults, stays as it is written.
    """
    entries = dict(root.entries)
    resources = entries.get("Resources")
    known = frozenset(
        (*collections.parameters, *desk.dialect.pseudo)
        + (tuple(resources.entries) if isinstance(resources, MapNode) else ())
    )
    naming = _Naming(replace(desk, found=[], told=None), collections, known)
    for word in _SECTIONS:
        section = entries.get(word)
        if isinstance(section, MapNode) and not section.tag:
            entries[word] = _settled(naming, section)
    return replace(root, entries=entries)


def _settled(naming: _Naming, node: Node) -> Node:
    match function_in(node):
        case ("Ref", inner) if function_in(inner) is not None:
            return _reference(naming, node, inner)
        case ("Fn::GetAtt", ListNode(items=(resource, attribute))):
            first = _name(naming, resource) or resource
            second = _text(naming, attribute) or attribute
            return ListNode((first, second), node.span, "!GetAtt")
        case _:
            pass
    match node:
        case Scalar():
            return node
        case ListNode(items=items):
            inside = tuple(_settled(naming, one) for one in items)
            same = all(new is old for new, old in zip(inside, items, strict=True))
            return node if same else replace(node, items=inside)
        case MapNode(entries=entries):
            changed = {word: _settled(naming, one) for word, one in entries.items()}
            same = all(changed[word] is entries[word] for word in changed)
            return node if same else replace(node, entries=changed)


def _reference(naming: _Naming, node: Node, inner: Node) -> Node:
    match function_in(inner):
        case ("Fn::If", ListNode(items=(condition, yes, no))):
            # The reference of a choice is the choice of the references.
            branches = tuple(_settled(naming, _referring(one)) for one in (yes, no))
            return ListNode((condition, *branches), node.span, "!If")
        case _:
            name = _name(naming, inner)
            return node if name is None else replace(name, tag="!Ref")


def _referring(node: Node) -> Node:
    if isinstance(node, Scalar) and not node.tag:
        return replace(node, tag="!Ref")
    return MapNode({"Ref": node}, {"Ref": node.span}, node.span)


def _name(naming: _Naming, node: Node) -> Scalar | None:
    """The name that a function gives, where it is one of the template's."""
    name = _text(naming, node)
    return name if name is not None and name.text in naming.known else None


def _text(naming: _Naming, node: Node) -> Scalar | None:
    """The text that a function gives; whoever reads it tells of its faults."""
    if node.tag == UNRESOLVED or function_in(node) is None:
        return None
    naming.desk.found.clear()
    texts = naming.collections.text_of(naming.desk, node)
    if naming.desk.found or texts is None or len(texts) != 1 or not texts[0]:
        return None
    return Scalar(texts[0], texts[0], node.span)
