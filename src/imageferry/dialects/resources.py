"""The Resources section: each definition with its properties and attributes."""

from __future__ import annotations

from collections.abc import Mapping

from imageferry.dialects.desk import Desk, condition_name, is_absent, map_of, text_of
from imageferry.dialects.expressions import read_expression
from imageferry.dialects.names import check_name
from imageferry.dialects.rewriting.function_faults import needs_extensions
from imageferry.dialects.syntax.nodes import (
    ListNode,
    MapNode,
    Node,
    Scalar,
    function_in,
    plain,
    shape_of,
)
from imageferry.dialects.vocabulary import Treatment
from imageferry.model.diagnostics import Span
from imageferry.model.expressions import Call, Expression, Literal, Reference
from imageferry.model.templates import ResourceDefinition


def read_resources(desk: Desk, section: MapNode) -> Mapping[str, ResourceDefinition]:
    """Every resource that could be read; faults are noted."""
    resources = {}
    for name, node in section.entries.items():
        span = section.key_spans[name]
        check_name(desk, name, span, "resource")
        attributes = map_of(desk, node, f"the resource '{name[:80]}'")
        if attributes is not None:
            definition = _definition(desk, name, attributes, span)
            if definition is not None and name not in desk.left_out:
                resources[name] = definition
    return resources


def _definition(
    desk: Desk, name: str, attributes: MapNode, span: Span
) -> ResourceDefinition | None:
    entries = attributes.entries
    _check_attributes(desk, name, attributes)
    type_node = entries.get("Type")
    if type_node is None or is_absent(type_node):
        if name in desk.left_out:
            return None
        desk.error(
            "IF144",
            f"the resource '{name[:80]}' has no 'Type'",
            span,
            remedy="add 'Type', such as 'ALIYUN::ECS::CopyImage' or 'TF::Alicloud::ImageCopy'",
        )
        return None
    type_name = text_of(desk, type_node, f"'Type' of the resource '{name[:80]}'")
    if type_name is None:
        return None
    properties, places = _properties(desk, name, type_name, entries.get("Properties"))
    condition = condition_name(desk, entries.get("Condition"), f"'Condition' of '{name[:80]}'")
    return ResourceDefinition(
        logical_id=name,
        type_name=type_name,
        properties=properties,
        span=span,
        type_span=type_node.span,
        condition=condition,
        condition_span=None if condition is None else entries["Condition"].span,
        count=_optional(desk, entries.get("Count")),
        depends_on=_depends_on(desk, name, entries.get("DependsOn")),
        deletion_policy=_policy(
            desk, entries.get("DeletionPolicy"), "DeletionPolicy", desk.dialect.deletion_policies
        ),
        replacement_policy=_policy(
            desk,
            entries.get("UpdateReplacePolicy"),
            "UpdateReplacePolicy",
            desk.dialect.replacement_policies,
        ),
        metadata=_optional(desk, entries.get("Metadata")),
        property_spans=places,
    )


def _check_attributes(desk: Desk, name: str, attributes: MapNode) -> None:
    known = desk.dialect.resource_attributes
    for word in attributes.entries:
        treatment = known.get(word)
        if treatment is Treatment.READ:
            continue
        span = attributes.key_spans[word]
        if treatment is Treatment.KEPT:
            if word.endswith("Policy"):
                if desk.dialect.manners.strict_fields:
                    map_of(desk, attributes.entries[word], f"'{word}' of '{name[:80]}'")
                desk.warning(
                    "IF146",
                    f"'{word}' has no effect here",
                    span,
                    why="no type that imageferry knows gives it a meaning",
                )
            continue
        is_strict = desk.dialect.manners.strict_fields and not desk.is_open
        note = desk.error if is_strict else desk.warning
        note(
            "IF143",
            f"a resource has no attribute '{word[:80]}'",
            span,
            why=f"it stands in the resource '{name[:80]}' and has no meaning in "
            f"{desk.dialect.title}",
            remedy=desk.did_you_mean(
                word, known, "remove it, or move it into 'Properties' if it is a property"
            ),
        )


def _properties(
    desk: Desk, name: str, type_name: str, node: Node | None
) -> tuple[Mapping[str, Expression], Mapping[str, Span]]:
    if node is None or is_absent(node):
        return {}, {}
    properties = map_of(desk, _distributed(desk, node), f"'Properties' of '{name[:80]}'")
    if properties is None:
        return {}, {}
    places = dict(properties.key_spans)
    expressions: dict[str, Expression] = {}
    for key, entry in properties.entries.items():
        if key == "Ref" or key.startswith("Fn::"):
            desk.error(
                "IF177",
                f"'Properties' of '{name[:80]}' holds the function '{key[:80]}'",
                properties.key_spans[key],
                why="the names of the properties must be known as they stand",
                remedy="use the function inside the properties",
            )
            continue
        if (type_name, key) in desk.dialect.raw_properties and not entry.tag:
            expressions[key] = Literal(plain(entry), entry.span)
        else:
            expressions[key] = read_expression(desk, entry)
        _add_places(entry, key, places)
    return expressions, places


def _distributed(desk: Desk, node: Node) -> Node:
    """`Fn::If` between two maps of properties as one map, whose values are chosen one by one."""
    if not desk.dialect.manners.reference_expressions:
        return node
    match function_in(node):
        case ("Fn::If", ListNode(tag="", items=(condition, MapNode() as yes, MapNode() as no))):
            if yes.tag or no.tag:
                return node
            spans = {**no.key_spans, **yes.key_spans}
            entries: dict[str, Node] = {}
            for key, span in spans.items():
                text = f"{desk.dialect.pseudo_prefix}NoValue"
                absent = MapNode({"Ref": Scalar(text, text, span)}, {"Ref": span}, span)
                choice = ListNode(
                    (condition, yes.entries.get(key, absent), no.entries.get(key, absent)), span
                )
                entries[key] = MapNode({"Fn::If": choice}, {"Fn::If": span}, span)
            return MapNode(entries, spans, node.span)
        case _:
            return node


def _add_places(node: Node, path: str, places: dict[str, Span]) -> None:
    """The places inside a property, by paths such as `Tag[0].Key`, so that faults have a line."""
    match node:
        case Scalar():
            return
        case ListNode(items=items):
            for position, inner in enumerate(items):
                key = f"{path}[{position}]"
                places[key] = inner.span
                _add_places(inner, key, places)
        case MapNode(entries=entries, key_spans=key_spans):
            for name, inner in entries.items():
                key = f"{path}.{name}"
                places[key] = key_spans[name]
                _add_places(inner, key, places)


def _optional(desk: Desk, node: Node | None) -> Expression | None:
    return None if node is None or is_absent(node) else read_expression(desk, node)


def _depends_on(desk: Desk, name: str, node: Node | None) -> tuple[tuple[str, Span], ...]:
    if node is None or is_absent(node):
        return ()
    listed = node.items if isinstance(node, ListNode) and not node.tag else (node,)
    names: list[tuple[str, Span]] = []
    for entry in listed:
        if is_absent(entry):
            continue
        if not isinstance(entry, Scalar) or entry.tag or isinstance(entry.value, bool):
            desk.expected(f"'DependsOn' of '{name[:80]}'", "the name of a resource", entry)
        elif entry.text and not (desk.is_open and desk.is_beyond(entry.text)):
            names.append((entry.text, entry.span))
    return tuple(names)


def _policy(
    desk: Desk, node: Node | None, word: str, allowed: tuple[str, ...]
) -> Expression | None:
    if node is None or is_absent(node) or not allowed:
        return None
    expression = read_expression(desk, node)
    match expression:
        case Literal(value=str() as value) if value in allowed:
            return expression
        case Reference() if desk.dialect.manners.reference_expressions:
            return expression
        case Call(function="unresolved"):
            return expression
        case Literal():
            pass
        case _:
            if desk.extended:
                return expression
    match expression:
        case Literal(value=str() as value):
            shown = f"'{value[:40]}'"
            remedy = desk.did_you_mean(value, allowed, "use one of these")
        case _ if desk.dialect.manners.loops and function_in(node) is not None:
            needs_extensions(desk, f"a function as '{word}'", node.span)
            return None
        case _:
            shown = shape_of(node)
            remedy = "write one of these"
    desk.error(
        "IF147",
        f"'{word}' cannot be {shown}",
        node.span,
        why="it may be " + ", ".join(f"'{value}'" for value in allowed),
        remedy=remedy,
    )
    return None
