"""The Parameters section: declared types, defaults and constraints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from imageferry.dialects.desk import Desk, is_absent, map_of, text_of, words_of
from imageferry.dialects.names import check_name
from imageferry.dialects.syntax.nodes import (
    UNRESOLVED,
    ListNode,
    MapNode,
    Node,
    Scalar,
    descend,
    plain,
)
from imageferry.dialects.syntax.yaml_scalars import BOOLEAN_WORDS
from imageferry.dialects.vocabulary import ParameterType
from imageferry.model.diagnostics import Span
from imageferry.model.templates import Parameter
from imageferry.model.values import Json, Value

# ROS reference, parameters; CloudFormation guide, parameters: what the fields are for. Elsewhere
# the owners say nothing of them, so they are kept.
_KINDS: Final[Mapping[str, frozenset[str]]] = {
    "MinLength": frozenset(("string", "text_list", "json", "stored")),
    "MaxLength": frozenset(("string", "text_list", "json", "stored")),
    "MinValue": frozenset(("number", "number_list", "stored")),
    "MaxValue": frozenset(("number", "number_list", "stored")),
    "AllowedPattern": frozenset(("string", "text_list")),
    "Confirm": frozenset(("string",)),
}
# ROS reference, parameters: what a console is told of a parameter, and the engine does not heed.
_HINTS: Final = (
    "AssociationProperty",
    "AssociationPropertyMetadata",
    "Confirm",
    "Placeholder",
    "ReadOnly",
    "Required",
    "TextArea",
)
_TEXTS: Final = ("Label", "Description", "ConstraintDescription")
_TEXT: Final = ParameterType("string")
_TRUTH: Final = {"true": True, "false": False}


def read_parameters(
    desk: Desk, section: MapNode, labels: Mapping[str, str]
) -> Mapping[str, Parameter]:
    """Every parameter that could be read; faults are noted. `labels` stand elsewhere."""
    parameters = {}
    for name, node in section.entries.items():
        span = section.key_spans[name]
        check_name(desk, name, span, "parameter")
        fields = map_of(desk, node, f"the parameter '{name[:80]}'")
        if fields is not None:
            parameter = _parameter(desk, name, fields, span, labels.get(name, ""))
            if parameter is not None:
                parameters[name] = parameter
    return parameters


def _parameter(desk: Desk, name: str, fields: MapNode, span: Span, label: str) -> Parameter | None:
    _check_fields(desk, name, fields)
    found = _type(desk, name, fields, span)
    if found is None:
        return None
    type_name, parameter_type = found
    _check_effects(desk, name, fields, type_name, parameter_type.kind)
    entries = fields.entries
    default = entries.get("Default")
    allowed = entries.get("AllowedValues")
    pattern = entries.get("AllowedPattern")
    return Parameter(
        name=name,
        type_name=type_name,
        kind=parameter_type.kind,
        span=span,
        has_default=default is not None,
        default=None if default is None else _default(desk, name, default, parameter_type.kind),
        allowed_values=_allowed_values(desk, name, allowed, parameter_type.kind),
        allowed_pattern=None
        if pattern is None or is_absent(pattern)
        else text_of(desk, pattern, f"'AllowedPattern' of '{name}'"),
        min_length=_length(desk, name, fields, "MinLength"),
        max_length=_length(desk, name, fields, "MaxLength"),
        min_value=_bound(desk, name, fields, "MinValue"),
        max_value=_bound(desk, name, fields, "MaxValue"),
        no_echo=read_truth(desk, fields, "NoEcho"),
        constraint_description=_words(desk, fields, "ConstraintDescription"),
        description=_words(desk, fields, "Description"),
        label=_words(desk, fields, "Label") or label,
        default_span=None if default is None else fields.key_spans["Default"],
        pattern_span=None if pattern is None else pattern.span,
        trims_items=parameter_type.trims_items,
        pickers=_pickers(desk, entries.get("AssociationPropertyMetadata")),
        hints=tuple((word, plain(entries[word])) for word in _HINTS if word in entries),
        translations=tuple(
            (word, plain(entries[word]))
            for word in _TEXTS
            if isinstance(entries.get(word), MapNode)
        ),
    )


def _pickers(desk: Desk, node: Node | None) -> frozenset[str]:
    """The parameters that a console's picker is told by their bare names, such as `ZoneId: Zone`."""
    if not isinstance(node, MapNode):
        return frozenset()
    told = (entry for key, entry in node.entries.items() if key != "LocaleKey")
    return frozenset(
        part.text
        for entry in told
        for _, part in descend(entry)
        if isinstance(part, Scalar) and part.text in desk.parameters
    )


def _check_fields(desk: Desk, name: str, fields: MapNode) -> None:
    known = desk.dialect.parameter_fields
    if fields.entries.keys() <= known:
        return
    note = desk.error if desk.dialect.manners.strict_fields else desk.warning
    for field in fields.entries:
        if field not in known:
            note(
                "IF143",
                f"a parameter has no field '{field[:80]}'",
                fields.key_spans[field],
                why=f"it stands in the parameter '{name[:80]}' and has no meaning in "
                f"{desk.dialect.title}",
                remedy=desk.did_you_mean(field, known, "remove it"),
            )


def _check_effects(desk: Desk, name: str, fields: MapNode, type_name: str, kind: str) -> None:
    """Note fields that have no effect on a parameter of this type."""
    for field, kinds in _KINDS.items():
        node = fields.entries.get(field)
        if node is None or is_absent(node):
            continue
        if kind not in kinds:
            why = f"it has no meaning for the type '{type_name[:80]}'"
        elif field == "Confirm" and read_truth(desk, fields, "Confirm"):
            if read_truth(desk, fields, "NoEcho"):
                continue
            why = "only a parameter with 'NoEcho' is asked for twice"
        else:
            continue
        desk.warning(
            "IF161",
            f"'{field}' of the parameter '{name[:80]}' has no effect",
            fields.key_spans[field],
            why=why,
            remedy="remove it, or change the type" if kind not in kinds else "add 'NoEcho: true'",
        )


def _type(desk: Desk, name: str, fields: MapNode, span: Span) -> tuple[str, ParameterType] | None:
    """The type as it is written and as it is read; text where it is none, so that reading goes on."""
    node = fields.entries.get("Type")
    if node is None or is_absent(node):
        desk.error(
            "IF144",
            f"the parameter '{name[:80]}' has no 'Type'",
            span,
            remedy="add 'Type: String', or another type",
        )
        return "String", _TEXT
    type_name = text_of(desk, node, f"'Type' of the parameter '{name[:80]}'")
    if type_name is None:
        return None
    known = desk.dialect.parameter_types.get(type_name)
    if known is None:
        desk.error(
            "IF150",
            f"'{type_name[:80]}' is no type of a parameter",
            node.span,
            why=f"{desk.dialect.title} knows "
            + ", ".join(word for word in desk.dialect.parameter_types if "::" not in word)
            + " and the types of its stores",
            remedy=desk.did_you_mean(type_name, desk.dialect.parameter_types, "use 'String'"),
        )
        return type_name, _TEXT
    return type_name, known


def _default(desk: Desk, name: str, node: Node, kind: str) -> Json:
    if desk.dialect.manners.literal_texts:
        if isinstance(node, Scalar) and not node.tag:
            _warn_boolean_word(desk, node, kind)
            return None if node.value is None else desk.take_as_written(node)
        desk.expected(f"'Default' of '{name[:80]}'", "text", node)
        return None
    refuse_functions(desk, node, f"'Default' of '{name[:80]}'")
    if isinstance(node, Scalar):
        _warn_boolean_word(desk, node, kind)
    return plain(node)


def refuse_functions(desk: Desk, node: Node, what: str) -> None:
    """Note every function inside a part that must be known as it stands."""
    if isinstance(node, Scalar) and not node.tag:
        return
    for _, part in descend(node):
        written = part.tag
        if not written and isinstance(part, MapNode) and len(part.entries) == 1:
            written = next(name for name in part.entries)
            written = written if written == "Ref" or written.startswith("Fn::") else ""
        if written and written != UNRESOLVED:
            desk.error(
                "IF177",
                f"{what} holds the function '{written[:80]}'",
                part.span,
                why="no function may stand there",
                remedy="write the value itself",
            )


def _warn_boolean_word(desk: Desk, node: Scalar, kind: str) -> None:
    if kind == "string" and isinstance(node.value, bool) and node.text in BOOLEAN_WORDS:
        here = (
            f"here it is kept as the text '{node.text}'"
            if desk.dialect.manners.literal_texts
            else f"here it is the boolean {str(node.value).lower()}"
        )
        desk.warning(
            "IF122",
            f"'{node.text}' without quotes stands for text",
            node.span,
            why=f"YAML 1.1 reads it as a boolean; {here}",
            remedy=f"write '{node.text}' in quotes",
        )


def _allowed_values(
    desk: Desk, name: str, node: Node | None, kind: str
) -> tuple[Value, ...] | None:
    if node is None or is_absent(node):
        return None
    if not isinstance(node, ListNode) or node.tag:
        desk.expected(f"'AllowedValues' of '{name[:80]}'", "a list", node)
        return None
    refuse_functions(desk, node, f"'AllowedValues' of '{name[:80]}'")
    values: list[Value] = []
    for value in node.items:
        if isinstance(value, Scalar):
            _warn_boolean_word(desk, value, kind)
            as_written = desk.dialect.manners.literal_texts and value.value is not None
            values.append(desk.take_as_written(value) if as_written else value.value)
        else:
            values.append(plain(value))
    return tuple(values)


def _length(desk: Desk, name: str, fields: MapNode, field: str) -> int | None:
    number = _bound(desk, name, fields, field)
    if number is None or (number >= 0 and number == int(number)):
        return None if number is None else int(number)
    desk.expected(f"'{field}' of '{name[:80]}'", "a whole number", fields.entries[field])
    return None


def _bound(desk: Desk, name: str, fields: MapNode, field: str) -> float | None:
    node = fields.entries.get(field)
    if node is None or is_absent(node):
        return None
    if isinstance(node, Scalar) and not node.tag and not isinstance(node.value, bool):
        if isinstance(node.value, (int, float)):
            return node.value
        number = _number(node.text.strip())
        if number is not None:
            return number
    desk.expected(f"'{field}' of '{name[:80]}'", "a number", node)
    return None


def _number(text: str) -> float | None:
    if len(text) > 40:
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    if number != number or number in (float("inf"), float("-inf")):
        return None
    return int(number) if number == int(number) else number


def read_truth(desk: Desk, fields: MapNode, field: str) -> bool:
    """A field that is true or false, also as text; false where it is absent."""
    node = fields.entries.get(field)
    if node is None or is_absent(node):
        return False
    if isinstance(node, Scalar) and not node.tag:
        if isinstance(node.value, bool):
            return node.value
        truth = _TRUTH.get(node.text.lower())
        if truth is not None:
            return truth
    desk.expected(f"'{field}'", "true or false", node)
    return False


def _words(desk: Desk, fields: MapNode, field: str) -> str:
    node = fields.entries.get(field)
    return "" if node is None else words_of(desk, node, f"'{field}'")
