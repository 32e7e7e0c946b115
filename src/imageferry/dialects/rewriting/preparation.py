"""What is done with nodes before they are read: marks, locals and loops, where there are any."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

from imageferry.dialects.desk import Desk
from imageferry.dialects.nulls import check_nulls
from imageferry.dialects.rewriting.beyond import SIGNS, Marked, mark_beyond
from imageferry.dialects.rewriting.collections import Collections
from imageferry.dialects.rewriting.locals import put_locals_in
from imageferry.dialects.rewriting.loops import LOOP, write_out
from imageferry.dialects.rewriting.naming import settle_names
from imageferry.dialects.rewriting.transforms import Transforms
from imageferry.dialects.syntax.nodes import UNRESOLVED, MapNode, Node, Scalar
from imageferry.model.diagnostics import Span
from imageferry.model.values import Value


class Prepared(NamedTuple):
    """The template as it is read, and the desk that knows its names.

    `locals` has the place of each, `transforms` those that are carried out.
    """

    root: MapNode
    desk: Desk
    transforms: tuple[str, ...] = ()
    locals: Mapping[str, Span] = MappingProxyType({})


def prepare(
    desk: Desk,
    root: MapNode,
    text: str,
    transforms: Transforms,
    given: Mapping[str, Value] | None,
    *,
    may_hold_null: bool,
) -> Prepared:
    """The nodes of a template with all that stands for other nodes written out.

    `text` is the source, by which is known what need not be looked for. Raises Unreadable where
    it comes to too much.
    """
    is_open = transforms.are_open
    left_out: frozenset[str] = frozenset()
    if desk.dialect.manners.loops:
        desk = replace(desk, extended=transforms.are_extended)
        if any(sign in text for sign in SIGNS):
            marked = mark_beyond(desk, root)
            root, left_out = marked.root, marked.left_out | _without_value(marked)
            is_open = is_open or marked.makes_names or bool(left_out)
    if may_hold_null and not desk.dialect.manners.nulls:
        # What others write out first may hold null.
        root = check_nulls(desk, root)
    if desk.dialect.manners.loops and LOOP in text:
        desk = replace(desk, is_open=is_open)
        written = write_out(desk, root, _collections(root, given))
        root = written.root
        is_open = is_open or not written.is_whole
        left_out |= _without_value(Marked(root))
    if desk.extended:
        root = settle_names(replace(desk, is_open=is_open), root, _collections(root, given))
    locals_: Mapping[str, Span] = {}
    if "Locals" in root.entries and "Locals" in desk.dialect.sections:
        section = root.entries["Locals"]
        locals_ = section.key_spans if isinstance(section, MapNode) else {}
        parameters = _names(root, "Parameters")
        sighted = replace(desk, parameters=parameters, locals=frozenset(locals_))
        root = put_locals_in(sighted, root)
    is_copied = bool(locals_) or (desk.dialect.manners.loops and LOOP in text)
    named = replace(
        desk,
        told=set() if is_copied else None,
        resources=_names(root, "Resources"),
        parameters=_names(root, "Parameters"),
        conditions=_names(root, "Conditions"),
        mappings=_names(root, "Mappings"),
        locals=frozenset(locals_),
        modules=_modules(root) if "MODULE" in text else frozenset(),
        left_out=left_out,
        is_open=is_open,
    )
    return Prepared(root, named, transforms.carried_out, locals_)


def _names(root: MapNode, word: str) -> frozenset[str]:
    section = root.entries.get(word)
    return frozenset(section.entries) if isinstance(section, MapNode) else frozenset()


def _entries(root: MapNode, word: str) -> Mapping[str, Node]:
    section = root.entries.get(word)
    return section.entries if isinstance(section, MapNode) else {}


def _collections(root: MapNode, given: Mapping[str, Value] | None) -> Collections:
    return Collections(_entries(root, "Parameters"), _entries(root, "Mappings"), given)


def _without_value(marked: Marked) -> frozenset[str]:
    """The resources of which not even the type is known here."""
    return frozenset(
        name
        for name, node in _entries(marked.root, "Resources").items()
        if node.tag == UNRESOLVED or _type_tag(node) == UNRESOLVED
    )


def _type_tag(node: Node) -> str:
    kind = node.entries.get("Type") if isinstance(node, MapNode) else None
    return "" if kind is None else kind.tag


def _modules(root: MapNode) -> frozenset[str]:
    """The resources that a module makes: many, each named after it."""
    return frozenset(
        name
        for name, node in _entries(root, "Resources").items()
        if isinstance(node, MapNode)
        and isinstance(kind := node.entries.get("Type"), Scalar)
        and (kind.text.startswith("MODULE::") or kind.text.endswith("::MODULE"))
    )
