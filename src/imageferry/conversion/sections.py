"""Conditions, Mappings, Rules and Outputs as the other dialect has them."""

from __future__ import annotations

from dataclasses import replace

from imageferry.conversion.conditions import cross_condition
from imageferry.conversion.crossings import Crossing, Elsewhere
from imageferry.conversion.functions import cross
from imageferry.conversion.metadata import without_nulls
from imageferry.conversion.parameters import localised
from imageferry.conversion.parts import Leaf, Listing, Member, Part, Table, items, value_of
from imageferry.conversion.references import instances_of


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
    if counted is None or inner is None:
        return crossed
    if not inner:
        raise Elsewhere(counted, None, value.span)
    # The list of all regions has become the one value of this region.
    return inner[0] if len(inner) == 1 else crossed
