"""Conditions as the other dialect says them: their names, `Fn::If`, and what gives true or false."""

from __future__ import annotations

from dataclasses import replace

from imageferry.conversion.crossings import Crossing
from imageferry.conversion.parts import (
    Leaf,
    Listing,
    Member,
    Part,
    Table,
    call,
    function_name,
    items,
    listing,
    referred,
    text,
)
from imageferry.conversion.references import Cross

_TRUTHS = {"true": True, "false": False}


def cross_condition(crossing: Crossing, part: Part, cross: Cross) -> Part:
    """What stands where a condition is expected: a name, a function, or true or false."""
    name = condition_name(part)
    if name is not None:
        told = crossing.renamed("Conditions", name)
        if crossing.in_rules and crossing.to_services():
            crossing.error(
                "IF916",
                f"a rule cannot name the condition '{name}' there",
                part.span,
                why=f"rules of {crossing.there.title} stand by themselves",
                remedy="write the condition out in the rule before you convert",
            )
        if crossing.to_services():
            return call("Condition", text(told, part.span), part)
        return text(told, part.span)
    inner = items(part)
    if inner is not None and len(inner) == 1:
        return cross_condition(crossing, inner[0], cross)
    if isinstance(part, Table) and len(part.members) == 1 and part.members[0].name == "Condition":
        return cross_condition(crossing, part.members[0].value, cross)
    if isinstance(part, Leaf) and isinstance(part.value, bool) and crossing.to_services():
        word = "true" if part.value else "false"
        return call(
            "Fn::Equals", listing([text(word, part.span), text("true", part.span)], part.span), part
        )
    match function_name(part):
        case "Fn::And" | "Fn::Or" as word:
            assert isinstance(part, Table)
            return call(word, _each(crossing, part.members[0].value, cross), part)
        case "Fn::Not":
            assert isinstance(part, Table)
            return _negation(crossing, part, cross)
        case "Ref" if referred(part) in crossing.locals:
            return cross_condition(crossing, crossing.locals[referred(part)], cross)
        case "Ref" if crossing.to_services():
            return _truth_of(crossing, part, cross)
        case _:
            return cross(crossing, part)


def condition_name(part: Part) -> str | None:
    """The name of a condition, bare or as `Condition: Name`."""
    match part:
        case Leaf(value=str() as name):
            return name
        case Table(members=(Member(name="Condition", value=Leaf(value=str() as name)),)):
            return name
        case _:
            return None


def _each(crossing: Crossing, argument: Part, cross: Cross) -> Part:
    if not isinstance(argument, Listing):
        return argument
    members = tuple(
        replace(one, value=cross_condition(crossing, one.value, cross)) for one in argument.members
    )
    return replace(argument, members=members)


def _negation(crossing: Crossing, part: Table, cross: Cross) -> Part:
    argument = part.members[0].value
    inner = items(argument)
    told = cross_condition(crossing, inner[0] if inner else argument, cross)
    if not crossing.to_services():
        return call("Fn::Not", told, part)
    if isinstance(argument, Listing):
        member = replace(argument.members[0], value=told)
        return call("Fn::Not", replace(argument, members=(member,)), part)
    return call("Fn::Not", listing([told], part.span), part)


def _truth_of(crossing: Crossing, part: Part, cross: Cross) -> Part:
    """ROS, conditions: `Ref` of a Boolean parameter is a condition; there it must be compared."""
    crossing.note("a parameter as a condition is compared with 'true' there", part.span)
    pair = [cross(crossing, part), text("true", part.span)]
    return call("Fn::Equals", listing(pair, part.span), part)


def cross_choice(crossing: Crossing, part: Table, cross: Cross) -> Part:
    """`Fn::If`: over there its first argument is the name of a condition."""
    argument = part.members[0].value
    if not isinstance(argument, Listing) or len(argument.members) != 3:
        return part
    first, *others = argument.members
    name = condition_name(first.value)
    if name is not None:
        told: Part = text(crossing.renamed("Conditions", name), first.span)
    elif crossing.to_services():
        told = text(_new_condition(crossing, first.value, cross), first.span)
    else:
        told = cross_condition(crossing, first.value, cross)
    members = (
        replace(first, value=told),
        *(replace(one, value=cross(crossing, one.value)) for one in others),
    )
    return call("Fn::If", replace(argument, members=members), part)


def _new_condition(crossing: Crossing, part: Part, cross: Cross) -> str:
    """A named condition for one that is written where it is used."""
    told = cross_condition(crossing, part, cross)
    taken = {*crossing.template.conditions, *(one.name for one in crossing.new_conditions)}
    taken |= set(crossing.names.get("Conditions", {}).values())
    for known in crossing.new_conditions:
        if known.value == told:
            return known.name
    number = 1
    while f"Condition{number}" in taken:
        number += 1
    name = f"Condition{number}"
    crossing.new_conditions.append(Member(told, part.span, name))
    crossing.warning(
        "IF936",
        f"a condition inside 'Fn::If' becomes the condition '{name}'",
        part.span,
        why="there 'Fn::If' names its condition",
    )
    return name


def cross_equals(crossing: Crossing, part: Table, cross: Cross) -> Part:
    """`Fn::Equals`: one compares values, the other their texts."""
    argument = part.members[0].value
    if not isinstance(argument, Listing) or len(argument.members) != 2:
        return part
    first, second = argument.members
    members = (
        replace(first, value=_side(crossing, first.value, second.value, cross)),
        replace(second, value=_side(crossing, second.value, first.value, cross)),
    )
    return call("Fn::Equals", replace(argument, members=members), part)


def _side(crossing: Crossing, part: Part, other: Part, cross: Cross) -> Part:
    name = referred(other)
    if not isinstance(part, Leaf):
        return cross(crossing, part)
    if part.value is None and crossing.to_services():
        crossing.warning(
            "IF920",
            "null is compared as an empty text",
            part.span,
            why=f"{crossing.there.title} has no null",
        )
        return text("", part.span)
    if name in crossing.flags:
        if crossing.to_services() and isinstance(part.value, bool):
            return text("true" if part.value else "false", part.span)
        if not crossing.to_services() and part.value in _TRUTHS:
            truth = _TRUTHS[str(part.value)]
            return replace(part, value=truth, text=str(part.value))
    if not crossing.to_services() and name in crossing.numbers and isinstance(part.value, str):
        number = _number(part.value)
        if number is not None:
            crossing.warning(
                "IF936",
                f"the text '{part.value}' is compared as a number",
                part.span,
                why=f"{crossing.there.title} compares values, and '{name}' is a number there",
            )
            return Leaf(number, part.value, part.span)
    return part


def _number(written: str) -> int | float | None:
    try:
        return int(written) if written.lstrip("-").isdigit() else float(written)
    except ValueError:
        return None
