"""Nodes to Expressions: functions in long form and as short tags, and the data around them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from imageferry.dialects.desk import Desk, is_absent
from imageferry.dialects.repetition import is_overgrown
from imageferry.dialects.rewriting.function_faults import (
    beside_other_keys,
    misplaced_loop,
    needs_extensions,
    refuse_text,
    unknown_tag,
    warn_always_true,
    wrong_argument,
)
from imageferry.dialects.rewriting.loops import is_loop
from imageferry.dialects.substitution import attribute_of, name_of, parts_of, unresolved_at
from imageferry.dialects.syntax.nodes import UNRESOLVED, ListNode, MapNode, Node, Scalar, plain
from imageferry.dialects.vocabulary import Function, Shape
from imageferry.model.diagnostics import Span
from imageferry.model.expressions import (
    Attribute,
    Call,
    ConditionReference,
    Expression,
    ListOf,
    Literal,
    MapOf,
)
from imageferry.model.values import Value


def read_expression(desk: Desk, node: Node, depth: int = 0) -> Expression:
    """What a node means where functions are allowed; a part without any is one Literal.

    `depth` counts the functions around the node.
    """
    if node.tag:
        return _tagged(desk, node, depth)
    match node:
        case Scalar(value=value, span=span):
            return Literal(value, span)
        case ListNode():
            return _list(desk, node, depth)
        case MapNode():
            return _map(desk, node, depth)


def read_condition(desk: Desk, node: Node, depth: int = 0) -> Expression:
    """What a node means where a condition is expected: bare text is the name of one."""
    match node:
        case Scalar(tag="", value=str()):
            return _named_condition(desk, node)
        case Scalar(tag="!Condition") if "!Condition" in desk.dialect.tags:
            return _named_condition(desk, node)
        case Scalar(tag="", value=bool()):
            return Literal(node.value, node.span)
        case MapNode(tag="", entries={"Condition": inner}) if len(node.entries) == 1:
            if isinstance(inner, Scalar) and isinstance(inner.value, str) and not inner.tag:
                return _named_condition(desk, inner)
            if desk.dialect.manners.reference_expressions:
                warn_always_true(desk, inner, "as the value of 'Condition'")
                return read_condition(desk, inner, depth)
            desk.expected("'Condition'", "the name of a condition", inner)
        case ListNode(tag="", items=(inner,)) if desk.dialect.manners.reference_expressions:
            if not isinstance(inner, Scalar):
                warn_always_true(desk, inner, "inside a list of one")
            return read_condition(desk, inner, depth)
        case _ if node.tag or _function_name(desk, node) is not None:
            return read_expression(desk, node, depth)
        case _:
            desk.error(
                "IF171",
                "a condition is expected here",
                node.span,
                why="it is the name of a condition, or a function that gives true or false",
                remedy="write the name of a condition, or 'Fn::Equals', 'Fn::And', 'Fn::Or' or "
                "'Fn::Not'",
            )
    return Literal(False, node.span)


def read_combined(desk: Desk, node: Node, depth: int = 0) -> Expression:
    """A condition by itself or inside another, where CloudFormation knows names by 'Condition' only."""
    if not desk.dialect.manners.reference_expressions and refuse_text(desk, node):
        return Call("unresolved", read_expression(desk, node, depth), "", node.span)
    return read_condition(desk, node, depth)


def _named_condition(desk: Desk, node: Scalar) -> Expression:
    if desk.is_open and node.text not in desk.conditions:
        return unresolved_at(node.span, "Condition")
    return ConditionReference(node.text, node.span)


def _function_name(desk: Desk, node: Node) -> str | None:
    """The one key of a map that is a function in long form."""
    if not isinstance(node, MapNode) or len(node.entries) != 1:
        return None
    name = next(iter(node.entries))
    return name if name == "Ref" or name.startswith("Fn::") else None


def _tagged(desk: Desk, node: Node, depth: int) -> Expression:
    if node.tag == UNRESOLVED:
        return Call("unresolved", read_expression(desk, _bare(node), depth), "", node.span)
    function = desk.dialect.tags.get(node.tag)
    if function is None:
        return unknown_tag(desk, node)
    if function.shape is Shape.CONDITION:
        return Literal(plain(node), node.span)
    return _call(desk, function, _bare(node), node.span, depth, short=True)


def _bare(node: Node) -> Node:
    """The node without its tag."""
    match node:
        case Scalar():
            return Scalar(node.value, node.text, node.span)
        case ListNode():
            return ListNode(node.items, node.span)
        case MapNode():
            return MapNode(node.entries, node.key_spans, node.span)


def _list(desk: Desk, node: ListNode, depth: int) -> Expression:
    items = [read_expression(desk, item, depth) for item in node.items]
    values = [item.value for item in items if type(item) is Literal]
    if len(values) == len(items):
        return Literal(values, node.span)
    return ListOf(tuple(items), node.span)


def _map(desk: Desk, node: MapNode, depth: int) -> Expression:
    name = _function_name(desk, node)
    if name is not None:
        return _long_form(desk, name, node, depth)
    entries: dict[str, Expression] = {}
    values: dict[str, Value] = {}
    for key, entry in node.entries.items():
        if key.startswith("Fn::"):
            beside_other_keys(desk, key, node.key_spans[key])
        expression = read_expression(desk, entry, depth)
        entries[key] = expression
        if type(expression) is Literal:
            values[key] = expression.value
    if len(values) == len(entries):
        return Literal(values, node.span)
    return MapOf(entries, node.span, node.key_spans)


def _long_form(desk: Desk, name: str, node: MapNode, depth: int) -> Expression:
    function = desk.dialect.functions.get(name)
    if function is not None:
        return _call(desk, function, node.entries[name], node.span, depth, short=False)
    span = node.key_spans[name]
    if not (is_loop(name) and desk.dialect.manners.loops):
        desk.error(
            "IF170",
            f"{desk.dialect.title} has no function '{name[:80]}'",
            span,
            remedy=desk.did_you_mean(name, desk.dialect.functions, "use one that it has"),
        )
    else:
        misplaced_loop(desk, name, span)
    return unresolved_at(node.span, name)


def _call(
    desk: Desk, function: Function, argument: Node, span: Span, depth: int, *, short: bool
) -> Expression:
    depth += 1
    limit = desk.dialect.limits.function_depth
    if limit is not None and depth == limit + 1:
        desk.warning(
            "IF192",
            f"functions are nested more than {limit} deep",
            span,
            why=f"{desk.dialect.title} refuses that",
            remedy="name an inner part as a condition or as a parameter",
        )
    if function.shape is Shape.PLAIN:
        return Call(
            function.canonical, read_expression(desk, argument, depth), function.written, span
        )
    return _SHAPES[function.shape](desk, function, argument, span, depth, short)


def _items(node: Node) -> tuple[Node, ...] | None:
    """The items of a list that is no function."""
    return node.items if isinstance(node, ListNode) and not node.tag else None


def _reference(
    desk: Desk, function: Function, argument: Node, span: Span, depth: int, short: bool
) -> Expression:
    if is_absent(argument):
        return Literal(None, span)
    if isinstance(argument, Scalar) and not argument.tag and not isinstance(argument.value, bool):
        return name_of(desk, argument.text, span)
    if (desk.dialect.manners.reference_expressions or desk.extended) and (
        argument.tag or _function_name(desk, argument) is not None
    ):
        named = read_expression(desk, argument, depth)
        word = "unresolved" if desk.extended and desk.is_open else "ref"
        return Call(word, named, function.written, span)
    return wrong_argument(
        desk, function, argument, "the name of a parameter or resource", "write 'Ref: Name'"
    )


def _attribute(
    desk: Desk, function: Function, argument: Node, span: Span, depth: int, short: bool
) -> Expression:
    dotted = short or desk.dialect.manners.dotted_attribute
    if isinstance(argument, Scalar) and not argument.tag and dotted:
        halves = desk.dialect.split_attribute(argument.text)
        if halves is not None and all(halves):
            return attribute_of(desk, halves[0], halves[1], span)
    items = _items(argument)
    if items is not None and len(items) == 2:
        resource, attribute = (
            _attribute_part(desk, item, depth, first=position == 0)
            for position, item in enumerate(items)
        )
        if resource is not None and attribute is not None:
            return _attribute_in(desk, resource, attribute, span)
    return wrong_argument(
        desk,
        function,
        argument,
        "a list of a resource's name and an attribute's name",
        "write 'Fn::GetAtt: [Resource, Attribute]' or '!GetAtt Resource.Attribute'",
    )


def _attribute_in(
    desk: Desk, resource: Expression, attribute: Expression, span: Span
) -> Expression:
    """An attribute in the list form; of names that are not declared there is more to know."""
    match (resource, attribute):
        case (Literal(value=str() as name), Literal(value=str() as word)):
            if name not in desk.resources or name in desk.left_out:
                found = attribute_of(desk, name, word, span)
                if isinstance(found, Call) or "." in name:
                    return found
        case (Literal(value=str() as name), _) if not (desk.is_open and desk.is_beyond(name)):
            pass
        case _ if desk.is_open:
            return Call("unresolved", ListOf((resource, attribute), span), "Fn::GetAtt", span)
        case _:
            pass
    return Attribute(resource, attribute, span)


def _attribute_part(desk: Desk, node: Node, depth: int, *, first: bool) -> Expression | None:
    if isinstance(node, Scalar) and not node.tag:
        if node.value is None or isinstance(node.value, bool) or not node.text:
            return None
        return Literal(node.text, node.span)
    # CloudFormation, "Fn::GetAtt": the attribute may be a Ref, the resource no function, but
    # with the language extensions.
    if first and not (desk.dialect.manners.reference_expressions or desk.extended):
        return None
    expression = read_expression(desk, node, depth)
    match expression:
        case Call(function="sub", argument=ListOf(items=(Literal(value=str()) as text,))):
            return text
        case Literal():
            return None
        case _:
            return expression


def _substitution(
    desk: Desk, function: Function, argument: Node, span: Span, depth: int, short: bool
) -> Expression:
    lenient = desk.dialect.manners.reference_expressions
    text: Node = argument
    names: Node | None = None
    items = _items(argument)
    if items is not None and 1 <= len(items) <= 2:
        text = items[0]
        names = items[1] if len(items) == 2 else None
    variables = _variables(desk, names, depth)
    if isinstance(text, Scalar) and not text.tag and text.value is not None:
        if variables is not None:
            used: set[str] = set()
            parts = parts_of(desk, text.text, text.span, variables, used)
            _warn_unused(desk, names, used)
            if variables and is_overgrown(desk, parts, span):
                return Literal(None, span)
            if variables and names is not None:
                # It says where the text ends: what stands behind it is a variable's.
                parts = (*parts, Literal("", names.span))
            return Call(function.canonical, ListOf(parts, text.span), function.written, span)
    elif text is not argument and lenient and variables is not None:
        inner = read_expression(desk, text, depth)
        if not isinstance(inner, Literal):
            pair = (inner, MapOf(variables, span))
            return Call("sub_text", ListOf(pair, span), function.written, span)
    return wrong_argument(
        desk,
        function,
        argument,
        "a text, or a list of a text and a map of names",
        "write 'Fn::Sub: \"text with ${Name}\"'",
    )


def _variables(desk: Desk, node: Node | None, depth: int) -> Mapping[str, Expression] | None:
    """The names of Sub's map; None where it is no map."""
    if node is None or is_absent(node):
        return {}
    if not isinstance(node, MapNode) or node.tag or _function_name(desk, node) is not None:
        return None
    return {name: read_expression(desk, entry, depth) for name, entry in node.entries.items()}


def _warn_unused(desk: Desk, names: Node | None, used: set[str]) -> None:
    if not isinstance(names, MapNode):
        return
    for name, span in names.key_spans.items():
        if name in used:
            continue
        if name.startswith("Fn::"):
            # A function that is not indented below the name that it is the value of.
            beside_other_keys(desk, name, span)
        else:
            desk.warning(
                "IF173",
                f"the name '{name[:80]}' is not used in the text",
                span,
                remedy=f"remove it, or write '${{{name[:80]}}}' where it belongs",
            )


def _choice(
    desk: Desk, function: Function, argument: Node, span: Span, depth: int, short: bool
) -> Expression:
    items = _items(argument)
    if items is None or len(items) != 3:
        return wrong_argument(
            desk,
            function,
            argument,
            "a list of three: a condition, the value if it is true, the value if it is false",
            f"write '{function.written}: [Condition, Value, OtherValue]'",
        )
    condition, positive, negative = items
    arguments = (
        read_condition(desk, condition, depth),
        read_expression(desk, positive, depth),
        read_expression(desk, negative, depth),
    )
    return Call(function.canonical, ListOf(arguments, argument.span), function.written, span)


def _conditions(
    desk: Desk, function: Function, argument: Node, span: Span, depth: int, short: bool
) -> Expression:
    items = _items(argument)
    if items is None:
        return wrong_argument(
            desk, function, argument, "a list of conditions", "write the conditions as a list"
        )
    conditions = tuple(read_combined(desk, item, depth) for item in items)
    return Call(function.canonical, ListOf(conditions, argument.span), function.written, span)


def _negation(
    desk: Desk, function: Function, argument: Node, span: Span, depth: int, short: bool
) -> Expression:
    inner = argument
    items = _items(argument)
    if items is not None:
        if len(items) != 1:
            return wrong_argument(desk, function, argument, "one condition", "give it one")
        inner = items[0]
        if desk.dialect.manners.reference_expressions and not isinstance(inner, Scalar):
            warn_always_true(desk, inner, "inside a list of one")
    elif not desk.dialect.manners.reference_expressions:
        return wrong_argument(
            desk, function, argument, "a list of one condition", "put the condition into a list"
        )
    condition = read_combined(desk, inner, depth)
    return Call(function.canonical, ListOf((condition,), argument.span), function.written, span)


def _lookup(
    desk: Desk, function: Function, argument: Node, span: Span, depth: int, short: bool
) -> Expression:
    items = _items(argument) or ()
    if len(items) > 3 and not desk.extended:
        needs_extensions(desk, f"a default in '{function.written}'", items[3].span)
    expression = Call(
        function.canonical, read_expression(desk, argument, depth), function.written, span
    )
    name = items[0] if items else None
    if desk.is_open and isinstance(name, Scalar) and name.text not in desk.mappings:
        return Call("unresolved", expression.argument, function.written, span)
    return expression


def _extension(
    desk: Desk, function: Function, argument: Node, span: Span, depth: int, short: bool
) -> Expression:
    if not desk.extended:
        needs_extensions(desk, f"'{function.written}'", span)
    return Call(function.canonical, read_expression(desk, argument, depth), function.written, span)


_Reader = Callable[[Desk, Function, Node, Span, int, bool], Expression]
_SHAPES: Final[Mapping[Shape, _Reader]] = {
    Shape.REFERENCE: _reference,
    Shape.ATTRIBUTE: _attribute,
    Shape.SUBSTITUTION: _substitution,
    Shape.CHOICE: _choice,
    Shape.CONDITIONS: _conditions,
    Shape.NEGATION: _negation,
    Shape.LOOKUP: _lookup,
    Shape.EXTENSION: _extension,
}
