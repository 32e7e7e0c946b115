"""Null in CloudFormation: refused, but where it stands for no region."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from imageferry.dialects.desk import Desk, is_absent
from imageferry.dialects.syntax.nodes import ListNode, MapNode, Node, Scalar

_NO_REGION: Final = "Fn::GetAZs"


def check_nulls(desk: Desk, root: MapNode) -> MapNode:
    """The template with every null noted; the null of GetAZs becomes the empty text it stands for.

    Converters write `!GetAZs` without a region as null, and such templates are about.
    """
    _walk(desk, root, "")
    return replace(root, entries={name: _mended(node) for name, node in root.entries.items()})


def _walk(desk: Desk, node: Node, path: str) -> None:
    match node:
        case Scalar():
            if is_absent(node):
                _note(desk, node, path)
        case ListNode(items=items):
            for position, entry in enumerate(items):
                _walk(desk, entry, f"{path}/{position}")
        case MapNode(entries=entries):
            for name, entry in entries.items():
                _walk(desk, entry, f"{path}/{name}")


def _note(desk: Desk, node: Scalar, path: str) -> None:
    message = f"null stands at '{path[1:201]}'"
    words = f"[{path[:200]}] 'null' values are not allowed in templates"
    if path.endswith("/" + _NO_REGION):
        desk.warning(
            "IF136",
            message,
            node.span,
            why=f"it counts as the stack's own region here; CloudFormation says: {words}",
            remedy='write an empty text, ""',
        )
        return
    desk.error(
        "IF136",
        message,
        node.span,
        why=f"{desk.dialect.title} says: {words}",
        remedy=f"remove the key, or use 'Ref: {desk.dialect.pseudo_prefix}NoValue'",
    )


def _mended(node: Node) -> Node:
    match node:
        case Scalar():
            return node
        case ListNode(items=items):
            changed = tuple(map(_mended, items))
            same = all(new is old for new, old in zip(changed, items, strict=True))
            return node if same else replace(node, items=changed)
        case MapNode(entries=entries):
            if len(entries) == 1 and _NO_REGION in entries and is_absent(entries[_NO_REGION]):
                return replace(node, entries={_NO_REGION: Scalar("", "", entries[_NO_REGION].span)})
            mended = {name: _mended(entry) for name, entry in entries.items()}
            same = all(mended[name] is entries[name] for name in mended)
            return node if same else replace(node, entries=mended)
