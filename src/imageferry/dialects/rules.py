"""The section Rules: assertions that the parameters must meet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from imageferry.dialects.desk import Desk, is_absent, map_of, spelled, words_of
from imageferry.dialects.expressions import read_condition
from imageferry.dialects.names import check_name
from imageferry.dialects.syntax.nodes import ListNode, MapNode, Node, Scalar
from imageferry.model.diagnostics import Span
from imageferry.model.expressions import Expression, Literal
from imageferry.model.templates import Assertion, Rule

MAX_ASSERTIONS: Final = 100
"""ROS reference, rules: assertions of one rule."""

_RULE_FIELDS: Final = ("RuleCondition", "Assertions")
_ASSERTION_FIELDS: Final = ("Assert", "AssertDescription")


def read_rules(desk: Desk, section: MapNode) -> Mapping[str, Rule]:
    """Every rule that could be read; faults are noted."""
    rules = {}
    for name, node in section.entries.items():
        span = section.key_spans[name]
        if desk.dialect.manners.strict_fields:
            check_name(desk, name, span, "rule")
        fields = map_of(desk, node, f"the rule '{name[:80]}'")
        if fields is not None:
            rules[name] = _rule(desk, name, fields, span)
    return rules


def _rule(desk: Desk, name: str, fields: MapNode, span: Span) -> Rule:
    _check_fields(desk, fields, _RULE_FIELDS, "a rule")
    condition = fields.entries.get("RuleCondition")
    return Rule(
        name,
        _assertions(desk, name, fields, span),
        span,
        None if condition is None or is_absent(condition) else _truth(desk, condition),
    )


def _assertions(desk: Desk, name: str, fields: MapNode, span: Span) -> tuple[Assertion, ...]:
    node = fields.entries.get("Assertions")
    if node is None or is_absent(node):
        desk.error(
            "IF156",
            f"the rule '{name[:80]}' has no 'Assertions'",
            span,
            why="they are what a rule says",
            remedy="add 'Assertions' with at least one 'Assert'",
        )
        return ()
    if not isinstance(node, ListNode) or node.tag:
        desk.expected(f"'Assertions' of the rule '{name[:80]}'", "a list", node)
        return ()
    if len(node.items) > MAX_ASSERTIONS:
        desk.error(
            "IF156",
            f"the rule '{name[:80]}' has {len(node.items):,} assertions",
            node.span,
            why=f"a rule may have {MAX_ASSERTIONS} at most",
            remedy="divide it into several rules",
        )
    found = (_assertion(desk, name, entry) for entry in node.items[:MAX_ASSERTIONS])
    return tuple(assertion for assertion in found if assertion is not None)


def _assertion(desk: Desk, name: str, node: Node) -> Assertion | None:
    fields = map_of(desk, node, f"an assertion of the rule '{name[:80]}'")
    if fields is None:
        return None
    _check_fields(desk, fields, _ASSERTION_FIELDS, "an assertion")
    asserted = fields.entries.get("Assert")
    if asserted is None or is_absent(asserted):
        desk.error(
            "IF156",
            f"an assertion of the rule '{name[:80]}' has no 'Assert'",
            fields.span,
            why="it says what must be true",
            remedy="add 'Assert'",
        )
        return None
    words = fields.entries.get("AssertDescription")
    return Assertion(
        _truth(desk, asserted),
        asserted.span,
        "" if words is None else words_of(desk, words, "'AssertDescription'"),
    )


def _truth(desk: Desk, node: Node) -> Expression:
    """A condition; in CloudFormation a rule cannot name one of the section 'Conditions'."""
    if desk.dialect.manners.strict_fields and isinstance(node, Scalar) and not node.tag:
        desk.expected("what a rule checks", "a function that gives true or false", node)
        return Literal(True, node.span)
    return read_condition(desk, spelled(desk, node))


def _check_fields(desk: Desk, fields: MapNode, known: tuple[str, ...], what: str) -> None:
    # Published templates of the owner have assertions with misspelt descriptions.
    is_strict = desk.dialect.manners.strict_fields and known is not _ASSERTION_FIELDS
    note = desk.error if is_strict else desk.warning
    for field, span in fields.key_spans.items():
        if field not in known:
            note(
                "IF143",
                f"{what} has no field '{field[:80]}'",
                span,
                why="it has " + " and ".join(f"'{word}'" for word in known),
                remedy=desk.did_you_mean(field, known, "remove it"),
            )
