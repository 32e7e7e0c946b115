"""What is said of functions that are unknown, misplaced, or have the wrong argument."""

from __future__ import annotations

from imageferry.dialects.desk import Desk
from imageferry.dialects.nodes import MapNode, Node
from imageferry.dialects.vocabulary import Function, Shape
from imageferry.model.diagnostics import Span
from imageferry.model.expressions import Literal


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


def unknown_tag(desk: Desk, node: Node) -> Literal:
    """Note a short tag that the language does not have."""
    long_form = "Fn::" + node.tag[1:]
    if long_form in desk.dialect.functions:
        remedy = f"write it in its long form, '{long_form}: …'"
    elif node.tag == "!Condition":
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
    return Literal(None, node.span)


def wrong_argument(desk: Desk, function: Function, node: Node, wanted: str, remedy: str) -> Literal:
    """Note an argument of the wrong shape."""
    if node.tag and node.tag not in desk.dialect.tags:
        return unknown_tag(desk, node)
    desk.error(
        "IF171",
        f"'{function.written}' has the wrong argument",
        node.span,
        why=f"it takes {wanted}",
        remedy=remedy,
    )
    return Literal(None, node.span)


def beside_other_keys(desk: Desk, key: str, span: Span) -> None:
    """Note a function's name in a map that has other keys."""
    function = desk.dialect.functions.get(key)
    if (function is not None and function.shape is Shape.REFUSED) or is_loop(key):
        refuse_rewriting(desk, key, span)
        return
    desk.warning(
        "IF175",
        f"'{key[:80]}' stands beside other keys, so it is plain text here",
        span,
        why="a function is a map with exactly one key",
        remedy="check the indentation, or move the function into a map of its own",
    )


def is_loop(key: str) -> bool:
    """True for `Fn::ForEach::Name`."""
    return key.startswith("Fn::ForEach::")


def refuse_rewriting(desk: Desk, written: str, span: Span) -> None:
    """Note a function that rewrites the template."""
    desk.error(
        "IF178",
        f"'{written[:80]}' is not carried out in this version",
        span,
        why="it rewrites the template itself",
        remedy="write out what it would produce",
    )
