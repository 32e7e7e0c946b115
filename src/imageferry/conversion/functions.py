"""Expressions of one dialect as expressions of the other: functions, references, names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from imageferry.conversion.conditions import cross_choice, cross_condition, cross_equals
from imageferry.conversion.crossings import Crossing
from imageferry.conversion.parts import (
    Leaf,
    Listing,
    Member,
    Part,
    Style,
    Table,
    call,
    function_name,
    items,
    listing,
    table,
    text,
)
from imageferry.conversion.references import (
    cross_attribute,
    cross_name,
    instances_of,
    pick_instance,
    settled,
)
from imageferry.conversion.substitution import cut, joined

# Functions that CloudFormation has only inside rules.
_RULE_ONLY: Final = frozenset(("contains", "each_member_in"))
_EXTENSIONS: Final = frozenset(("length",))


def cross(crossing: Crossing, part: Part) -> Part:
    """A part with functions inside, as the other dialect says it. Raises Elsewhere."""
    name = function_name(part)
    if name is not None and isinstance(part, Table):
        return _function(crossing, name, part)
    match part:
        case Leaf(value=None) if crossing.to_services():
            crossing.note("null is written as 'AWS::NoValue'", part.span)
            return crossing.reference(crossing.pseudo("no_value") or "", part)
        case Leaf():
            return part
        case Listing() | Table():
            return replace(part, members=tuple(_crossed(crossing, one) for one in part.members))


def _crossed(crossing: Crossing, member: Member) -> Member:
    return replace(member, value=cross(crossing, member.value))


def _function(crossing: Crossing, name: str, part: Table) -> Part:
    function = crossing.here.functions.get(name)
    if function is None:
        return _no_counterpart(crossing, name, part)
    special = _SPECIAL.get(function.canonical)
    if special is not None:
        return special(crossing, part)
    other = crossing.words.get(function.canonical)
    if other is None or function.canonical in _NEVER:
        return _no_counterpart(crossing, name, part)
    if function.canonical in _EXTENSIONS and crossing.to_services():
        crossing.extensions = True
    member = part.members[0]
    argument = cross(crossing, member.value)
    return replace(
        call(other.written, argument, part),
        members=(replace(member, name=other.written, value=argument),),
    )


# Alike in name only: the shapes or the stores behind them differ.
_NEVER: Final = frozenset(("get_stack_output", "transform"))


def _no_counterpart(crossing: Crossing, name: str, part: Table) -> Part:
    if _tells_index(crossing, part):
        value = settled(crossing, part)
        if value is not None:
            return value
    crossing.error(
        "IF915",
        f"{crossing.there.title} has nothing like '{name}'",
        part.span,
        why="what it gives cannot be said there",
        remedy="give the value by a parameter, or write it out, before you convert",
    )
    return part


def _reference(crossing: Crossing, part: Table) -> Part:
    argument = part.members[0].value
    if isinstance(argument, Leaf) and argument.value is not None:
        return cross_name(crossing, argument.text, part, cross)
    if isinstance(argument, Leaf):
        return cross(crossing, argument)
    return _other_form(crossing, part, "'Ref' must name something there, not compute the name")


def _other_form(crossing: Crossing, part: Table, why: str) -> Part:
    crossing.error(
        "IF916",
        f"{crossing.there.title} has no such form of '{part.members[0].name}'",
        part.span,
        why=why,
        remedy="write it in a form that both languages have, before you convert",
    )
    return part


def _attribute(crossing: Crossing, part: Table) -> Part:
    pair = items(part.members[0].value)
    if pair is not None and len(pair) == 2:
        first, second = pair
        if isinstance(first, Leaf) and isinstance(second, Leaf):
            return cross_attribute(crossing, first.text, second.text, part, cross)
    return _other_form(crossing, part, "resource and attribute must be two names there")


def _substitution(crossing: Crossing, part: Table) -> Part:
    argument = part.members[0].value
    pair = items(argument)
    words = argument if pair is None else (pair[0] if pair else None)
    names = pair[1] if pair is not None and len(pair) == 2 else None
    absent = names is None or (isinstance(names, Leaf) and names.value is None)
    if not isinstance(words, Leaf) or not (absent or isinstance(names, Table)):
        return _other_form(crossing, part, "the text must stand there as it is")
    variables: dict[str, Part] = {}
    if isinstance(names, Table):
        variables = {one.name: cross(crossing, one.value) for one in names.members}
    given = frozenset(variables)

    def cross_segment(name: str) -> Part:
        dotted = "." in name and name not in crossing.template.resources
        halves = crossing.here.split_attribute(name) if dotted else None
        like = Leaf(name, name, part.span)
        if halves is not None:
            return cross_attribute(crossing, halves[0], halves[1], like, cross)
        return cross_name(crossing, name, like, cross)

    segments = list(cut(words.text, trims=crossing.here.manners.trims_names))
    if crossing.in_conditions and not crossing.to_services():
        return _as_join(crossing, part, segments, variables, cross_segment)
    written = ""
    for is_name, segment in segments:
        if not is_name:
            written += segment
        elif segment in given:
            written += f"${{{segment}}}"
        else:
            _say_flag(crossing, segment, part)
            written += joined(cross_segment(segment), variables, crossing.there)
    told = replace(words, value=written, text=written)
    if not variables:
        return call("Fn::Sub", told, part)
    return call(
        "Fn::Sub", listing([told, table(variables, part.span)], part.span, flow=False), part
    )


def _as_join(
    crossing: Crossing,
    part: Table,
    segments: list[tuple[bool, str]],
    variables: Mapping[str, Part],
    cross_segment: Callable[[str], Part],
) -> Part:
    """ROS reference, functions: conditions cannot hold `Fn::Sub`, but `Fn::Join`."""
    crossing.note("'Fn::Sub' in a condition is written as 'Fn::Join'", part.span)
    parts: list[Part] = []
    for is_name, segment in segments:
        if is_name:
            parts.append(variables.get(segment) or cross_segment(segment))
        else:
            parts.append(text(segment.replace("${!", "${"), part.span))
    pair: list[Part] = [text("", part.span, Style.SINGLE), listing(parts, part.span)]
    return call("Fn::Join", listing(pair, part.span), part)


def _say_flag(crossing: Crossing, name: str, part: Part) -> None:
    if name in crossing.flags and crossing.to_services():
        crossing.warning(
            "IF936",
            f"'${{{name}}}' becomes 'true' or 'false' in the text",
            part.span,
            why="here it becomes 'True' or 'False'",
        )


def _selection(crossing: Crossing, part: Table) -> Part:
    arguments = items(part.members[0].value)
    if arguments is None or len(arguments) < 2:
        return _other_form(crossing, part, "its argument must be a list there")
    index, source = arguments[0], arguments[1]
    picked = pick_instance(crossing, index, source, part, cross)
    if picked is not None:
        return picked
    if _tells_index(crossing, index):
        value = settled(crossing, part)
        if value is not None:
            return value
    if not crossing.to_services():
        return _plain_call(crossing, part)
    if len(arguments) > 2:
        return _other_form(crossing, part, "it takes an index and a list there, and no default")
    if isinstance(index, Leaf) and not str(index.text).isdigit():
        return _other_form(crossing, part, "the index must be 0 or more there, not a name or slice")
    return _plain_call(crossing, part)


def _tells_index(crossing: Crossing, part: Part) -> bool:
    if crossing.index is None:
        return False
    name = function_name(part)
    if name == "Ref" and isinstance(part, Table):
        argument = part.members[0].value
        return isinstance(argument, Leaf) and crossing.here.pseudo.get(argument.text) == "index"
    return not isinstance(part, Leaf) and any(
        _tells_index(crossing, member.value) for member in part.members
    )


def _plain_call(crossing: Crossing, part: Table) -> Part:
    member = part.members[0]
    name = crossing.words[crossing.here.functions[member.name].canonical].written
    return replace(part, members=(replace(member, name=name, value=cross(crossing, member.value)),))


def _mapping(crossing: Crossing, part: Table) -> Part:
    arguments = items(part.members[0].value)
    if arguments is None or len(arguments) != 3:
        return _other_form(crossing, part, "it takes a mapping and two keys there, and no default")
    crossed = _plain_call(crossing, part)
    first = arguments[0]
    if not isinstance(first, Leaf) or not isinstance(crossed, Table):
        return crossed
    argument = crossed.members[0].value
    assert isinstance(argument, Listing)
    name = crossing.renamed("Mappings", first.text)
    named = replace(argument.members[0], value=replace(first, value=name, text=name))
    told = replace(argument, members=(named, *argument.members[1:]))
    return replace(crossed, members=(replace(crossed.members[0], value=told),))


def _zones(crossing: Crossing, part: Table) -> Part:
    """`Fn::GetAZs` of no region is that of the stack here, which is another one there."""
    argument = part.members[0].value
    inner = items(argument)
    if inner is not None and len(inner) == 1:
        argument = inner[0]
    if isinstance(argument, Leaf) and argument.value in ("", None):
        return call(part.members[0].name, crossing.region_here(argument), part)
    return _plain_call(crossing, part)


def _mark(crossing: Crossing, part: Table) -> Part:
    """ROS reference, functions: `Fn::Base64` gives its text as it is."""
    crossing.note("'Fn::Base64' gives its text as it is, which is written there", part.span)
    return cross(crossing, part.members[0].value)


def _in_rules_only(crossing: Crossing, part: Table) -> Part:
    if crossing.to_services() and not crossing.in_rules:
        return _other_form(crossing, part, "it may stand in rules only there")
    return _plain_call(crossing, part)


def _length(crossing: Crossing, part: Table) -> Part:
    if crossing.to_services():
        argument = part.members[0].value
        name = instances_of(crossing, argument)
        if name is not None:
            count = len(crossing.made.get(name, ()))
            return Leaf(count, str(count), part.span)
        crossing.extensions = True
    return _plain_call(crossing, part)


def _choice(crossing: Crossing, part: Table) -> Part:
    return cross_choice(crossing, part, cross)


def _condition(crossing: Crossing, part: Table) -> Part:
    return cross_condition(crossing, part, cross)


def _equals(crossing: Crossing, part: Table) -> Part:
    return cross_equals(crossing, part, cross)


_SPECIAL: Final[Mapping[str, Callable[[Crossing, Table], Part]]] = {
    "ref": _reference,
    "get_att": _attribute,
    "sub": _substitution,
    "select": _selection,
    "find_in_map": _mapping,
    "get_azs": _zones,
    "base64": _mark,
    "contains": _in_rules_only,
    "each_member_in": _in_rules_only,
    "length": _length,
    "if": _choice,
    "and": _condition,
    "or": _condition,
    "not": _condition,
    "condition": _condition,
    "equals": _equals,
}
"""What is done with the functions whose form differs; all others keep theirs."""
