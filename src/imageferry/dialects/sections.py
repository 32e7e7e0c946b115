"""The sections Mappings, Conditions and Outputs."""

from __future__ import annotations

from collections.abc import Mapping

from imageferry.dialects.desk import Desk, condition_name, is_absent, map_of, spelled, words_of
from imageferry.dialects.expressions import read_combined, read_expression
from imageferry.dialects.names import check_name
from imageferry.dialects.parameters import read_truth, refuse_functions
from imageferry.dialects.rewriting.function_faults import misplaced_loop
from imageferry.dialects.rewriting.loops import is_loop
from imageferry.dialects.syntax.nodes import UNRESOLVED, MapNode, Node, function_in, plain
from imageferry.model.diagnostics import Span
from imageferry.model.expressions import Expression
from imageferry.model.templates import Condition, Output
from imageferry.model.values import UNKNOWN, Value


def read_mappings(desk: Desk, section: MapNode) -> Mapping[str, Mapping[str, Mapping[str, Value]]]:
    """Every mapping: two levels of names, then values without functions."""
    mappings = {}
    for name, node in section.entries.items():
        what = f"the mapping '{name[:80]}'"
        if is_loop(name) and desk.dialect.manners.loops:
            misplaced_loop(desk, name, section.key_spans[name])
            continue
        first = map_of(desk, node, what)
        if first is None:
            continue
        refuse_functions(desk, first, what)
        rows: dict[str, Mapping[str, Value]] = {}
        for key, row in first.entries.items():
            second = map_of(desk, row, f"'{key[:80]}' in {what}")
            if second is not None:
                rows[key] = {
                    word: _row_value(desk, value, f"'{word[:80]}' in {what}")
                    for word, value in second.entries.items()
                }
        mappings[name] = rows
    return mappings


def _row_value(desk: Desk, node: Node, what: str) -> Value:
    """A value of a mapping; a dynamic reference, which was noted before, is unknown."""
    if node.tag == UNRESOLVED:
        return UNKNOWN
    if isinstance(node, MapNode) and desk.dialect.manners.strict_fields:
        # CloudFormation refuses it: every attribute of a mapping is a string or a list.
        if function_in(node) is None:
            desk.expected(what, "text or a list", node)
        return UNKNOWN
    return plain(spelled(desk, node))


def read_conditions(desk: Desk, section: MapNode) -> Mapping[str, Condition]:
    """Every condition; in ROS a bare text is another condition's name."""
    conditions = {}
    for name, node in section.entries.items():
        span = section.key_spans[name]
        expression = read_combined(desk, spelled(desk, node))
        conditions[name] = Condition(name, expression, span)
    return conditions


def read_outputs(desk: Desk, section: MapNode) -> Mapping[str, Output]:
    """Every output that could be read; faults are noted."""
    outputs = {}
    for name, node in section.entries.items():
        span = section.key_spans[name]
        if desk.dialect.manners.strict_fields:
            check_name(desk, name, span, "output")
        fields = map_of(desk, node, f"the output '{name[:80]}'")
        if fields is not None:
            output = _output(desk, name, fields, span)
            if output is not None:
                outputs[name] = output
    return outputs


def _output(desk: Desk, name: str, fields: MapNode, span: Span) -> Output | None:
    known = desk.dialect.output_fields
    note = desk.error if desk.dialect.manners.strict_fields else desk.warning
    for field in fields.entries:
        if field not in known:
            note(
                "IF143",
                f"an output has no field '{field[:80]}'",
                fields.key_spans[field],
                why=f"it stands in the output '{name[:80]}' and has no meaning in "
                f"{desk.dialect.title}",
                remedy=desk.did_you_mean(field, known, "remove it"),
            )
    value = fields.entries.get("Value")
    if value is None:
        desk.error(
            "IF144",
            f"the output '{name[:80]}' has no 'Value'",
            span,
            remedy="add 'Value'",
        )
        return None
    condition = condition_name(
        desk, fields.entries.get("Condition"), f"'Condition' of the output '{name[:80]}'"
    )
    description = fields.entries.get("Description")
    label = fields.entries.get("Label")
    return Output(
        name=name,
        value=read_expression(desk, value),
        span=span,
        description="" if description is None else words_of(desk, description, "'Description'"),
        condition=condition,
        no_echo=read_truth(desk, fields, "NoEcho"),
        export_name=_export_name(desk, name, fields),
        label="" if label is None else words_of(desk, label, "'Label'"),
    )


def _export_name(desk: Desk, name: str, fields: MapNode) -> Expression | None:
    node = fields.entries.get("Export")
    if node is None or is_absent(node) or "Export" not in desk.dialect.output_fields:
        return None
    if isinstance(node, MapNode) and not node.tag and set(node.entries) == {"Name"}:
        return read_expression(desk, node.entries["Name"])
    desk.expected(f"'Export' of the output '{name[:80]}'", "a map with the one key 'Name'", node)
    return None
