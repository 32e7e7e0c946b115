"""What is said of functions that are unknown, misplaced, or have the wrong argument."""

from __future__ import annotations

from typing import Final

from imageferry.dialects.desk import Desk
from imageferry.dialects.rewriting.transforms import EXTENSIONS
from imageferry.dialects.syntax.nodes import (
    UNRESOLVED,
    ListNode,
    MapNode,
    Node,
    Scalar,
    function_in,
)
from imageferry.dialects.vocabulary import Function
from imageferry.model.diagnostics import Span
from imageferry.model.expressions import Call, Expression, Literal

_OF_TEXT: Final = frozenset(
    ("Ref", "Fn::FindInMap", "Fn::Join", "Fn::Length", "Fn::Select", "Fn::Split", "Fn::Sub",
     "Fn::ToJsonString")
)  # fmt: skip


def refuse_text(desk: Desk, node: Node) -> bool:
    """Note text, and what gives text, where CloudFormation wants a condition; True for such."""
    call = function_in(node)
    is_text = isinstance(node, Scalar) and not node.tag and isinstance(node.value, str)
    if not is_text and (call is None or call[0] not in _OF_TEXT):
        return False
    name = node.text if isinstance(node, Scalar) and node.text in desk.conditions else ""
    desk.error(
        "IF171",
        f"a condition is expected here, not {'text' if call is None else repr(call[0])}",
        node.span,
        why="conditions are boolean operations on parameters and other conditions",
        remedy=f"write '{{Condition: {name[:80]}}}'" if name else "compare with 'Fn::Equals'",
    )
    return True


def warn_always_true(desk: Desk, node: Node, where: str) -> None:
    """Note an expression where ROS expects a name and does not evaluate it."""
    if isinstance(node, MapNode) and "Condition" in node.entries:
        return
    desk.warning(
        "IF176",
        f"an expression stands {where}",
        node.span,
        why=f"{desk.dialect.title} itself is known to take it for true always; here it is evaluated",
        remedy="write the expression bare, or name it in 'Conditions'",
    )


def unknown_tag(desk: Desk, node: Node) -> Expression:
    """Note a short tag that the language does not have."""
    if node.tag == "!Condition":
        remedy = "write the name of the condition alone"
    else:
        remedy = desk.did_you_mean(
            node.tag.replace("!Fn::", "!"),
            desk.dialect.tags,
            "remove it, or quote the value if a leading '!' is meant",
        )
    desk.error(
        "IF170",
        f"{desk.dialect.title} has no short tag '{node.tag[:80]}'",
        node.span,
        remedy=remedy,
    )
    return Call("unresolved", Literal(None, node.span), node.tag, node.span)


def wrong_argument(
    desk: Desk, function: Function, node: Node, wanted: str, remedy: str
) -> Expression:
    """Note an argument of the wrong shape; of what has no value here, enough was said."""
    parts = node.items if isinstance(node, ListNode) else ()
    told = Call("unresolved", Literal(None, node.span), function.written, node.span)
    if any(part.tag == UNRESOLVED for part in (node, *parts)):
        return told
    if node.tag and node.tag not in desk.dialect.tags:
        return unknown_tag(desk, node)
    desk.error(
        "IF171",
        f"'{function.written}' has the wrong argument",
        node.span,
        why=f"it takes {wanted}",
        remedy=remedy,
    )
    return told


def beside_other_keys(desk: Desk, key: str, span: Span) -> None:
    """Note a function's name in a map that has other keys."""
    desk.warning(
        "IF175",
        f"'{key[:80]}' stands beside other keys, so it is plain text here",
        span,
        why="a function is a map with exactly one key",
        remedy="check the indentation, or move the function into a map of its own",
    )


def misplaced_loop(desk: Desk, key: str, span: Span) -> None:
    """Note a loop where none is carried out."""
    desk.error(
        "IF153",
        f"the loop '{key[:80]}' cannot stand here",
        span,
        why="loops make conditions, resources and outputs, and parts of them",
        remedy="write out what it would make",
    )


def needs_extensions(desk: Desk, what: str, span: Span) -> None:
    """Note what only the language extensions know."""
    desk.error(
        "IF152",
        f"{what} needs the language extensions",
        span,
        why="without them CloudFormation refuses it",
        remedy=f"add the line 'Transform: {EXTENSIONS}'",
    )
