"""Conditions, Mappings, Rules and Outputs as the other dialect has them."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from imageferry.conversion.conditions import cross_condition
from imageferry.conversion.crossings import Crossing, Elsewhere
from imageferry.conversion.functions import cross
from imageferry.conversion.metadata import without_nulls
from imageferry.conversion.parameters import localised
from imageferry.conversion.parts import (
    Leaf,
    Listing,
    Member,
    Part,
    Style,
    Table,
    call,
    function_name,
    is_flow,
    items,
    listing,
    referred,
    text,
    value_of,
)
from imageferry.conversion.references import instances_of

_LIST_KINDS: Final = frozenset(("text_list", "number_list"))
_LISTS: Final = frozenset(("Fn::Split", "Fn::GetAZs", "Fn::Cidr"))


def cross_conditions(crossing: Crossing, section: Table) -> Table:
    """The section over there."""
    crossing.in_conditions = True
    members = [
        replace(
            member,
            name=crossing.renamed("Conditions", member.name),
            value=cross_condition(crossing, member.value, cross),
        )
        for member in section.members
    ]
    crossing.in_conditions = False
    return replace(section, members=tuple(members))


def cross_mappings(crossing: Crossing, section: Table) -> Table:
    """The section over there."""
    members = []
    for member in section.members:
        value = without_nulls(crossing, member.value)
        if value is not None:
            name = crossing.renamed("Mappings", member.name)
            members.append(replace(member, name=name, value=value))
    return replace(section, members=tuple(members))


def cross_rules(crossing: Crossing, section: Table) -> Table:
    """The section over there: both languages have the same fields."""
    crossing.in_rules = crossing.in_conditions = True
    members = tuple(_rule(crossing, member) for member in section.members)
    crossing.in_rules = crossing.in_conditions = False
    return replace(section, members=members)


def _rule(crossing: Crossing, rule: Member) -> Member:
    if not isinstance(rule.value, Table):
        return rule
    fields = []
    for field in rule.value.members:
        value = field.value
        if field.name == "RuleCondition":
            value = cross_condition(crossing, value, cross)
        elif field.name == "Assertions" and isinstance(value, Listing):
            value = replace(
                value, members=tuple(_assertion(crossing, one) for one in value.members)
            )
        fields.append(replace(field, value=value))
    return replace(rule, value=replace(rule.value, members=tuple(fields)))


def _assertion(crossing: Crossing, assertion: Member) -> Member:
    if not isinstance(assertion.value, Table):
        return assertion
    fields = []
    for field in assertion.value.members:
        value = field.value
        if field.name == "Assert":
            value = cross_condition(crossing, value, cross)
        elif field.name == "AssertDescription":
            value = localised(crossing, value)
        fields.append(replace(field, value=value))
    return replace(assertion, value=replace(assertion.value, members=tuple(fields)))


def cross_outputs(crossing: Crossing, section: Table) -> Table:
    """The section over there, without what another stack must tell."""
    members = []
    for member in section.members:
        if not isinstance(member.value, Table):
            continue
        if _is_hidden(crossing, member.value):
            crossing.warning(
                "IF922",
                f"the output '{member.name}' is left out",
                member.span,
                why=f"'NoEcho' hides its value here, and {crossing.there.title} would show it",
            )
            continue
        said = len(crossing.found)
        try:
            value = _output(crossing, member.name, member.value)
        except Elsewhere as fault:
            crossing.warning(
                "IF922",
                f"the output '{member.name}' is left out"
                + (f" for {crossing.voyage.region}" if crossing.voyage.region else ""),
                member.span,
                why=f"'{fault.name}' is made by another stack"
                + (f", in {fault.region}" if fault.region else ""),
            )
            continue
        if _left_out(crossing, member, said):
            continue
        name = crossing.renamed("Outputs", member.name)
        members.append(replace(member, name=name, value=value))
    return replace(section, members=tuple(members))


def _left_out(crossing: Crossing, member: Member, said: int) -> bool:
    """True where an output cannot be said: nothing hangs on it, so the rest is written."""
    fault = next((one for one in crossing.found[said:] if one.is_error), None)
    if fault is None:
        return False
    del crossing.found[said:]
    crossing.warning(
        "IF922",
        f"the output '{member.name}' is left out: {fault.message}",
        fault.span or member.span,
        why=fault.why,
        remedy=fault.remedy,
    )
    return True


def _is_hidden(crossing: Crossing, fields: Table) -> bool:
    hidden = value_of(fields, "NoEcho")
    return (
        crossing.to_services() and isinstance(hidden, Leaf) and str(hidden.value).lower() == "true"
    )


def _output(crossing: Crossing, name: str, fields: Table) -> Table:
    members = []
    for field in fields.members:
        value = field.value
        match field.name:
            case "Value":
                members.append(replace(field, value=_told(crossing, name, value)))
            case "Description":
                members.append(replace(field, value=localised(crossing, value)))
            case "Condition" if isinstance(value, Leaf):
                if value.value is not None:
                    word = crossing.renamed("Conditions", value.text)
                    members.append(replace(field, value=replace(value, value=word, text=word)))
            case "NoEcho":
                continue
            case word:
                crossing.warning(
                    "IF922",
                    f"'{word}' of the output '{name}' is not carried over",
                    field.span,
                    why=f"an output has no such field in {crossing.there.title}",
                )
    return replace(fields, members=tuple(members))


def _told(crossing: Crossing, name: str, value: Part) -> Part:
    counted = instances_of(crossing, value)
    crossed = cross(crossing, value)
    inner = items(crossed)
    if counted is not None and inner is not None:
        if not inner:
            raise Elsewhere(counted, None, value.span)
        if len(inner) == 1:
            # The list of all regions has become the one value of this region.
            return inner[0]
    return _as_text(crossing, name, crossed) if crossing.to_services() else crossed


def _as_text(crossing: Crossing, name: str, value: Part) -> Part:
    """An output there is text (CloudFormation, outputs: values "must evaluate to a String")."""
    if isinstance(value, Table) and function_name(value) is None:
        crossing.error(
            "IF914",
            f"its value is a map, and an output of {crossing.there.title} is text",
            value.span,
            why="there is no other kind of output there",
            remedy="give each entry an output of its own before you convert",
        )
    elif _gives_list(crossing, value):
        crossing.warning(
            "IF936",
            f"the list of the output '{name}' becomes one text, with commas between",
            value.span,
            why=f"an output of {crossing.there.title} is text",
        )
        pair: list[Part] = [text(",", value.span, Style.SINGLE), value]
        function = call("Fn::Join", listing(pair, value.span, is_flow(value)), value)
        return replace(function, short=crossing.short)
    return value


def _gives_list(crossing: Crossing, value: Part) -> bool:
    """True where an expression over there gives a list, whatever the values are."""
    if isinstance(value, Listing):
        return True
    inner = items(value.members[0].value) if isinstance(value, Table) and value.members else None
    match function_name(value):
        case "Ref":
            declared = next(
                (
                    one
                    for one in crossing.template.parameters.values()
                    if crossing.renamed("Parameters", one.name) == referred(value)
                ),
                None,
            )
            return declared is not None and declared.kind in _LIST_KINDS
        case "Fn::If" if inner is not None:
            return any(_gives_list(crossing, branch) for branch in inner[1:])
        case name:
            return name in _LISTS
