"""The Parameters section as the other dialect has it: types, fields, defaults, labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from imageferry.conversion.crossings import Crossing, KnownType
from imageferry.conversion.names import mentioned
from imageferry.conversion.parameter_values import cross_allowed, cross_default
from imageferry.conversion.parts import (
    Leaf,
    Member,
    Part,
    Style,
    Table,
    function_name,
    items,
    listing,
    referred,
    table,
    text,
    value_of,
)
from imageferry.dialects.vocabulary import Dialect
from imageferry.model.diagnostics import Span
from imageferry.model.schemas import ValueType
from imageferry.model.templates import Template

_TRUTHS: Final = ("true", "false")
"""The values of a Boolean where there is no such type."""

_TYPES_THERE: Final[Mapping[tuple[str, str], str]] = {
    ("cloudformation", "string"): "String",
    ("cloudformation", "number"): "Number",
    ("cloudformation", "boolean"): "String",
    ("cloudformation", "json"): "String",
    ("cloudformation", "text_list"): "CommaDelimitedList",
    ("ros", "string"): "String",
    ("ros", "number"): "Number",
    ("ros", "text_list"): "CommaDelimitedList",
    ("ros", "number_list"): "CommaDelimitedList",
}
"""The type of a parameter by the language and the kind of its values."""

_TEXTS: Final = frozenset(("Description", "ConstraintDescription"))
_FIELD_LOST: Final[Mapping[str, str]] = {
    "Confirm": "nobody is asked twice there",
    "Placeholder": "there is no hint inside a field there",
    "AssociationProperty": "there are no pickers for values there",
    "AssociationPropertyMetadata": "there are no pickers for values there",
    "Required": "a parameter without a default must be given there",
    "ReadOnly": "every parameter can be given there",
    "TextArea": "fields have no form there",
}


def flags_of(
    template: Template, root: Table, types: Mapping[str, KnownType], here: Dialect
) -> frozenset[str]:
    """The parameters that are Boolean in ROS and `true` or `false` in CloudFormation.

    From CloudFormation only those of which nothing but that is used: compared with one of the
    two words, or standing where a Boolean belongs.
    """
    if here.manners.nulls:
        return frozenset(one.name for one in template.parameters.values() if one.kind == "boolean")
    wanted = {
        one.name
        for one in template.parameters.values()
        if one.kind == "string"
        and one.allowed_values is not None
        and sorted(map(str, one.allowed_values), reverse=True) == list(_TRUTHS)
        and one.allowed_pattern is None
        and one.min_length is None
        and one.max_length is None
    }
    if not wanted:
        return frozenset()
    sections = [one for one in root.members if one.name not in ("Parameters", "Metadata")]
    every = mentioned(replace(root, members=tuple(sections)), here)
    good = _compared(root) + _in_boolean_places(root, types)
    return frozenset(name for name in wanted if every[name] == good[name])


def _compared(part: Part) -> Counter[str]:
    found: Counter[str] = Counter()
    pending: list[Part] = [part]
    while pending:
        current = pending.pop()
        if isinstance(current, Leaf):
            continue
        pending += [member.value for member in current.members]
        if function_name(current) == "Fn::Equals":
            pair = items(current.members[0].value) or []
            for one, other in (pair, pair[::-1]) if len(pair) == 2 else ():
                name = referred(one)
                if name and isinstance(other, Leaf) and other.text in _TRUTHS:
                    found[name] += 1
    return found


def _in_boolean_places(root: Table, types: Mapping[str, KnownType]) -> Counter[str]:
    found: Counter[str] = Counter()
    resources = value_of(root, "Resources")
    for member in resources.members if isinstance(resources, Table) else ():
        known = types.get(member.name)
        properties = (
            value_of(member.value, "Properties") if isinstance(member.value, Table) else None
        )
        if known is None or not isinstance(properties, Table):
            continue
        for one in properties.members:
            schema = known.schema.properties.get(one.name)
            name = referred(one.value)
            if name and schema is not None and schema.value_type is ValueType.BOOLEAN:
                found[name] += 1
    return found


def cross_parameters(
    crossing: Crossing, section: Table, labels: dict[str, Part], used_here: Counter[str]
) -> Table:
    """The section over there.

    `labels` are those of the metadata going to ROS, and gathers those of fields going away from
    it; `used_here` tells who was referred to.
    """
    members = []
    for member in section.members:
        name = member.name
        declared = crossing.template.parameters.get(name)
        if declared is None or not isinstance(member.value, Table):
            continue
        if name == crossing.voyage.region_parameter:
            crossing.warning(
                "IF935",
                f"the parameter '{name}' is not needed there",
                member.span,
                why="its value is the region of the stack there, and stands for it everywhere",
                remedy="deploy the stack in that region",
            )
            continue
        if used_here[name] and name not in crossing.mentioned:
            crossing.warning(
                "IF935",
                f"the parameter '{name}' is not needed there",
                member.span,
                why="nothing that is carried over refers to it any more",
            )
            continue
        value = _fields(crossing, name, member.value, labels)
        members.append(replace(member, name=crossing.renamed("Parameters", name), value=value))
    if crossing.region_asked:
        members.append(_region_parameter(crossing, section.span))
    return replace(section, members=tuple(members))


def _region_parameter(crossing: Crossing, span: Span) -> Member:
    # Said in the words of who reads the template there.
    words = (
        "The region that the images come from"
        if crossing.to_services()
        else "The region that the images are copied to"
    )
    crossing.warning(
        "IF932",
        f"there is a new parameter '{crossing.region_name}'",
        span,
        why="the region of the stack here must be said there, and is not known",
        remedy="give it when you deploy, or convert with --region",
    )
    fields: dict[str, Part] = {
        "Type": text("String", span),
        "Description": text(words, span),
    }
    return Member(table(fields, span), span, crossing.region_name)


def _fields(crossing: Crossing, name: str, fields: Table, labels: dict[str, Part]) -> Table:
    type_name = _type(crossing, name, fields)
    known = crossing.there.parameter_fields
    members: list[Member] = []
    for member in fields.members:
        word = member.name
        if word == "Type":
            members.append(replace(member, value=_retold(member.value, type_name)))
        elif word == "Label" and crossing.to_services():
            labels[name] = localised(crossing, member.value)
        elif word not in known or word in _FIELD_LOST:
            _lost(crossing, name, member)
        elif word in _TEXTS:
            members.append(replace(member, value=localised(crossing, member.value)))
        elif isinstance(member.value, Leaf) and member.value.value is None and word != "Default":
            continue
        elif word == "Default" and name in crossing.never_empty:
            members += _stack_region(crossing, name, member)
        elif word == "Default":
            members.append(replace(member, value=cross_default(crossing, name, member.value)))
        elif word == "AllowedValues":
            if not (name in crossing.flags and not crossing.to_services()):
                members.append(replace(member, value=cross_allowed(crossing, name, member.value)))
        else:
            members.append(member)
    span = fields.span
    bounded = any(one.name == "AllowedValues" for one in members)
    if name in crossing.flags and crossing.to_services() and not bounded:
        declared = crossing.template.parameters[name]
        empty = declared.has_default and declared.default is None
        words = (*_TRUTHS, "") if empty else _TRUTHS
        both: list[Part] = [text(word, span, Style.SINGLE) for word in words]
        members.append(Member(listing(both, span), span, "AllowedValues"))
    if not crossing.to_services() and name in labels:
        members.append(Member(labels[name], labels[name].span, "Label"))
    _say_type(crossing, name, type_name, fields)
    return replace(fields, members=tuple(members))


def _stack_region(crossing: Crossing, name: str, member: Member) -> list[Member]:
    """The default of a parameter whose being empty meant the region of the stack here."""
    region = crossing.stack_region
    crossing.warning(
        "IF936",
        f"the default of '{name}' becomes '{region}'"
        if region
        else f"'{name}' loses its default, and must be given",
        member.span,
        why="empty means the region of the stack here, which has to be named there",
        remedy="" if region else "give it when you deploy, or convert with --region",
    )
    return [replace(member, value=text(region, member.span))] if region else []


def _type(crossing: Crossing, name: str, fields: Table) -> str:
    declared = crossing.template.parameters[name]
    if name in crossing.flags and not crossing.to_services():
        return "Boolean"
    found = _TYPES_THERE.get((crossing.there.name, declared.kind))
    if found is not None:
        return found
    crossing.error(
        "IF914",
        f"the parameter '{name}' takes its value from a store that {crossing.there.title} has not",
        fields.span,
        why=f"its type is '{declared.type_name}'",
        remedy="declare it as String before you convert, with 'NoEcho: true' if it is secret",
    )
    return "String"


def _say_type(crossing: Crossing, name: str, there: str, fields: Table) -> None:
    here = crossing.template.parameters[name].type_name
    known = crossing.template.parameters[name].kind
    if here == there or known == "stored":
        return
    if name in crossing.flags:
        crossing.note(f"'{name}' of type {here} is of type {there} there", fields.span)
        return
    crossing.warning(
        "IF913",
        f"the parameter '{name}' of type {here} is of type {there} there",
        fields.span,
        why="it is not checked for what that type asks"
        if known != "json"
        else "its value is the text of the JSON there",
    )


def _retold(part: Part, word: str) -> Part:
    return replace(part, value=word, text=word) if isinstance(part, Leaf) else part


def _lost(crossing: Crossing, name: str, member: Member) -> None:
    if isinstance(member.value, Leaf) and member.value.value is None:
        return
    crossing.warning(
        "IF912",
        f"'{member.name}' of the parameter '{name}' is not carried over",
        member.span,
        why=_FIELD_LOST.get(member.name, f"{crossing.there.title} has no such field"),
    )


def localised(crossing: Crossing, part: Part) -> Part:
    """One text of several languages, English first, where the other side has one only."""
    if not isinstance(part, Table) or not crossing.to_services():
        if isinstance(part, Leaf) and part.value is None and crossing.to_services():
            return text("", part.span)
        return part
    chosen = value_of(part, "en") or (part.members[0].value if part.members else None)
    others = [one.name for one in part.members if one.value is not chosen]
    if others:
        crossing.warning(
            "IF919",
            "only one of the languages of this text is carried over",
            part.span,
            why=f"{crossing.there.title} has one text; left out: {', '.join(others)[:80]}",
        )
    if isinstance(chosen, Leaf) and chosen.value is not None:
        return replace(chosen, value=chosen.text)
    return text("", part.span)
