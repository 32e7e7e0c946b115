"""The Resources section: each definition with its properties and attributes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

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
from imageferry.model.expressions import (
    Call,
    Expression,
    ListOf,
    Literal,
    MapOf,
    Pseudo,
    Reference,
)
from imageferry.model.templates import ResourceDefinition

_NESTING: Final = "Aliyun::Serverless::"


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
    depends_on, computed = _depends_on(desk, name, entries.get("DependsOn"))
    return ResourceDefinition(
        logical_id=name,
        type_name=type_name,
        properties=properties,
        span=span,
        type_span=type_node.span,
        condition=condition,
        condition_span=None if condition is None else entries["Condition"].span,
        count=_optional(desk, entries.get("Count")),
        depends_on=depends_on,
        deletion_policy=_policy(
            desk, entries.get("DeletionPolicy"), "DeletionPolicy", desk.dialect.deletion_policies
        ),
        replacement_policy=_policy(
            desk,
            entries.get("UpdateReplacePolicy"),
            "UpdateReplacePolicy",
            desk.dialect.replacement_policies,
        ),
        metadata=_notes(desk, name, "Metadata", entries.get("Metadata")),
        property_spans=places,
        computed_dependencies=computed,
        update_policy=_notes(desk, name, "UpdatePolicy", entries.get("UpdatePolicy")),
        creation_policy=_notes(desk, name, "CreationPolicy", entries.get("CreationPolicy"))
        if "CreationPolicy" in desk.dialect.resource_attributes
        else None,
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
                desk.warning(
                    "IF146",
                    f"'{word}' has no effect here",
                    span,
                    why="no type that imageferry knows gives it a meaning",
                    remedy="take it out, or keep it for the service",
                )
            continue
        if _is_nested(attributes, word):
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


def _is_nested(attributes: MapNode, word: str) -> bool:
    """True for what a transform takes out: a definition inside a definition of its own types.

    ROS guide, serverless transform: functions stand as further keys of their service.
    """
    kinds = [attributes.entries.get("Type")]
    match attributes.entries[word]:
        case MapNode(entries=entries):
            kinds.append(entries.get("Type"))
        case _:
            return False
    return all(isinstance(kind, Scalar) and kind.text.startswith(_NESTING) for kind in kinds)


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
        if entry.tag:
            expressions[key] = read_expression(desk, entry)
        elif type(entry) is Scalar:
            # So are most.
            expressions[key] = Literal(entry.value, entry.span)
        else:
            if (type_name, key) in desk.dialect.raw_properties:
                expressions[key] = Literal(plain(entry), entry.span)
            else:
                expressions[key] = read_expression(desk, entry)
            _add_places(entry, expressions[key], key, places)
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


def _add_places(node: Node, expression: Expression, path: str, places: dict[str, Span]) -> None:
    """The places inside a property, by paths such as `Tag[0].Key`, so that faults have a line.

    Functions, and lists and maps that hold any, know their places themselves.
    """
    match (node, expression):
        case (Scalar(), _):
            return
        case (ListNode(items=items), Literal()):
            for position, inner in enumerate(items):
                key = f"{path}[{position}]"
                places[key] = inner.span
                _add_places(inner, expression, key, places)
        case (MapNode(entries=entries, key_spans=key_spans), Literal()):
            for name, inner in entries.items():
                key = f"{path}.{name}"
                places[key] = key_spans[name]
                _add_places(inner, expression, key, places)
        case (ListNode(tag="", items=items), ListOf(items=parts)):
            for position, (inner, part) in enumerate(zip(items, parts, strict=True)):
                _add_places(inner, part, f"{path}[{position}]", places)
        case (MapNode(tag="", entries=entries), MapOf(entries=parts)):
            for name, part in parts.items():
                _add_places(entries[name], part, f"{path}.{name}", places)
        case _:
            return


def _optional(desk: Desk, node: Node | None) -> Expression | None:
    return None if node is None or is_absent(node) else read_expression(desk, node)


def _depends_on(
    desk: Desk, name: str, node: Node | None
) -> tuple[tuple[tuple[str, Span], ...], tuple[Expression, ...]]:
    """The names that are written, and the functions that give others."""
    if node is None or is_absent(node):
        return (), ()
    listed = node.items if isinstance(node, ListNode) and not node.tag else (node,)
    names: list[tuple[str, Span]] = []
    computed: list[Expression] = []
    for entry in listed:
        if is_absent(entry):
            continue
        if desk.dialect.manners.reference_expressions and function_in(entry) is not None:
            computed.append(read_expression(desk, entry))
        elif not isinstance(entry, Scalar) or entry.tag or isinstance(entry.value, bool):
            desk.expected(f"'DependsOn' of '{name[:80]}'", "the name of a resource", entry)
        elif entry.text:
            other = _module_of(desk, entry.text)
            if not (desk.is_open and desk.is_beyond(other)):
                names.append((other, entry.span))
    return tuple(names), tuple(computed)


def _module_of(desk: Desk, name: str) -> str:
    """The module of what it makes, such as `Module.Resource`; any other name is itself."""
    module = name.partition(".")[0]
    return module if name not in desk.resources and module in desk.modules else name


def _notes(desk: Desk, name: str, word: str, node: Node | None) -> Expression | None:
    """Metadata, or the policy for a creation or an update: a map, or a function that gives one."""
    if node is None or is_absent(node):
        return None
    # ROS reference, resources: a map, or a function; CloudFormation guide, Fn::If: so there.
    if not isinstance(node, MapNode) and function_in(node) is None:
        desk.expected(f"'{word}' of '{name[:80]}'", "a map", node)
        return None
    if function_in(node) is None:
        _check_policy(desk, word, node)
    return read_expression(desk, node)


def _check_policy(desk: Desk, word: str, node: Node) -> None:
    """Note what a policy cannot hold, where the owner says what it can."""
    known = desk.dialect.policy_fields.get(word)
    if known is None or not isinstance(node, MapNode) or desk.is_open:
        return
    for field, span in node.key_spans.items():
        if field not in known:
            desk.warning(
                "IF143",
                f"'{word}' has no field '{field[:80]}'",
                span,
                why="it has " + ", ".join(f"'{one}'" for one in known),
                remedy=desk.did_you_mean(field, known, "remove it"),
            )


def _policy(
    desk: Desk, node: Node | None, word: str, allowed: tuple[str, ...]
) -> Expression | None:
    if node is None or is_absent(node) or not allowed:
        return None
    expression = read_expression(desk, node)
    match expression:
        case Literal(value=str() as value) if value in allowed:
            return expression
        case Reference() | Pseudo(name="no_value") if desk.dialect.manners.reference_expressions:
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
