"""The Resources section as the other dialect has it: types, properties, attributes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from imageferry.conversion.crossings import Crossing, Elsewhere, Instance
from imageferry.conversion.functions import cross
from imageferry.conversion.metadata import without_nulls
from imageferry.conversion.parts import (
    Leaf,
    Listing,
    Member,
    Part,
    Table,
    function_name,
    listing,
    plain,
    referred,
    text,
)
from imageferry.conversion.references import name_there, property_of, written_out
from imageferry.dialects.vocabulary import Dialect
from imageferry.model.addresses import parse_address
from imageferry.model.counterparts import Counterpart, PropertyCounterpart

_LOST_ATTRIBUTES: Final[Mapping[str, str]] = {
    "Description": "a resource has no description there",
    "Version": "it belongs to types that are not carried over",
    "UpdatePolicy": "it has no meaning for these types",
    "CreationPolicy": "it has no meaning for these types",
}


def cross_resources(crossing: Crossing, section: Table) -> Table:
    """The section over there, with the instances of the voyage."""
    members: list[Member] = []
    for member in section.members:
        if member.name not in crossing.types or not isinstance(member.value, Table):
            continue
        before = member.before
        for one in crossing.made.get(member.name, ()):
            if one in crossing.aboard:
                crossing.index = one.index
                value = _resource(crossing, one, member.value)
                crossing.index = None
                name = name_there(crossing, one)
                members.append(replace(member, name=name, value=value, before=before))
                before = ()
    return replace(section, members=tuple(members))


def _resource(crossing: Crossing, one: Instance, definition: Table) -> Table:
    members: list[Member] = []
    for member in definition.members:
        try:
            told = _attribute(crossing, one, member)
        except Elsewhere as fault:
            _say_elsewhere(crossing, fault)
            continue
        if told is not None:
            members.append(told)
    if not any(member.name == "Properties" for member in members):
        added = _stack_region(crossing, one, definition)
        if added is not None:
            inner = Table((added,), definition.span)
            members.append(Member(inner, definition.span, "Properties"))
    return replace(definition, members=tuple(members))


def _say_elsewhere(crossing: Crossing, fault: Elsewhere) -> None:
    crossing.error(
        "IF931",
        f"'{fault.name}' is made in another region, hence by another stack",
        fault.span,
        why="a stack over there cannot refer to what another one makes"
        + (f" in {fault.region}" if fault.region else ""),
        remedy="give the value by a parameter before you convert",
    )


def _attribute(crossing: Crossing, one: Instance, member: Member) -> Member | None:
    value = member.value
    if isinstance(value, Leaf) and value.value is None:
        return None
    match member.name:
        case "Type":
            name = crossing.types[one.logical_id].counterpart.type_name
            return replace(
                member,
                value=replace(value, value=name, text=name) if isinstance(value, Leaf) else value,
            )
        case "Properties" if isinstance(value, Table):
            return replace(member, value=_properties(crossing, one, value))
        case "Condition" if isinstance(value, Leaf):
            name = crossing.renamed("Conditions", value.text)
            return replace(member, value=replace(value, value=name, text=name))
        case "DependsOn":
            names = _dependencies(crossing, member)
            return None if names is None else replace(member, value=names)
        case "DeletionPolicy":
            policy = _deletion_policy(crossing, member)
            return None if policy is None else replace(member, value=policy)
        case "UpdateReplacePolicy":
            return _replacement_policy(crossing, member)
        case "Metadata":
            kept = without_nulls(crossing, value)
            return None if kept is None else replace(member, value=cross(crossing, kept))
        case "Count":
            return None
        case word:
            crossing.warning(
                "IF911",
                f"'{word}' of '{one.logical_id}' is not carried over",
                member.span,
                why=_LOST_ATTRIBUTES.get(word, "the other language has no such attribute"),
            )
            return None


def _properties(crossing: Crossing, one: Instance, properties: Table) -> Table:
    counterpart = crossing.types[one.logical_id].counterpart
    members: list[Member] = []
    for member in properties.members:
        told = _property(crossing, one, counterpart, member)
        if told is not None and not any(known.name == told.name for known in members):
            members.append(told)
    here = counterpart.stack_region_here
    # A type of both languages names its region with one word: as the stack's it is left out there.
    is_left_out = here == counterpart.stack_region_there and any(
        member.name == here for member in properties.members
    )
    if not is_left_out and not any(known.name == here for known in members):
        added = _stack_region(crossing, one, properties)
        if added is not None:
            members.append(added)
    return replace(properties, members=tuple(members))


def _stack_region(crossing: Crossing, one: Instance, like: Table) -> Member | None:
    name = crossing.types[one.logical_id].counterpart.stack_region_here
    if name is None:
        return None
    anchor = Leaf("", "", like.span)
    return Member(crossing.region_here(anchor), like.span, name)


def _property(
    crossing: Crossing, one: Instance, counterpart: Counterpart, member: Member
) -> Member | None:
    name = member.name
    value = member.value
    if isinstance(value, Leaf) and value.value is None and crossing.to_services():
        return None
    if name == counterpart.stack_region_there:
        _say_region(crossing, one, member)
        return None
    told = counterpart.properties.get(name)
    if told is None:
        crossing.warning(
            "IF911",
            f"the property '{name}' of '{one.logical_id}' is not carried over",
            member.span,
            why=counterpart.lost.get(name, f"{counterpart.type_name} has no such property"),
        )
        return None
    if (
        told.name == counterpart.stack_region_here
        and property_of(crossing, one.logical_id, name) is None
    ):
        return None
    if told.name == counterpart.stack_region_here:
        _must_be_given(crossing, value)
    if any(
        known.name == told.name and key != name for key, known in counterpart.properties.items()
    ):
        crossing.note(f"'{name}' is '{told.name}' there", member.span)
    whole = written_out(crossing, value)
    if whole is not None:
        return replace(member, name=told.name, value=_with_members(whole, told))
    crossed = cross(crossing, _with_members(value, told))
    if _is_nothing(crossing.there, crossed) and not _is_nothing(crossing.here, value):
        # What this instance has no value for need not be said.
        return None
    return replace(member, name=told.name, value=crossed)


def _is_nothing(dialect: Dialect, part: Part) -> bool:
    return dialect.pseudo.get(referred(part)) == "no_value"


def _must_be_given(crossing: Crossing, part: Part) -> None:
    """A region that is empty here is that of the stack; over there it must be said."""
    name = referred(part)
    declared = crossing.template.parameters.get(name)
    if declared is not None and declared.has_default and declared.default in (None, ""):
        crossing.never_empty.add(name)


def _say_region(crossing: Crossing, one: Instance, member: Member) -> None:
    if not crossing.voyage.is_alone:
        # Which region each of several templates is for is told of them all.
        return
    written = member.value
    region = crossing.voyage.region
    shown = f"'{written.text}'" if isinstance(written, Leaf) else f"what '{member.name}' gives"
    crossing.warn_once(
        "IF933",
        f"{shown} becomes the region of the stack there",
        member.span,
        why=f"the stack of a {crossing.types[one.logical_id].counterpart.type_name} stands in the "
        "region that the image is copied to, or made in",
        remedy=f"deploy it with --region {region}"
        if region
        else "deploy it with --region and the region that it gives",
    )


def _with_members(part: Part, told: PropertyCounterpart) -> Part:
    """The property with the names inside it as they are there, through lists and `Fn::If`."""
    if not told.members or isinstance(part, Leaf):
        return part
    if isinstance(part, Listing):
        members = tuple(replace(one, value=_with_members(one.value, told)) for one in part.members)
        return replace(part, members=members)
    if function_name(part) == "Fn::If":
        argument = part.members[0].value
        if isinstance(argument, Listing):
            first, *others = argument.members
            branches = [replace(one, value=_with_members(one.value, told)) for one in others]
            inner = replace(argument, members=(first, *branches))
            return replace(part, members=(replace(part.members[0], value=inner),))
    if function_name(part) is not None:
        return part
    renamed = [replace(one, name=told.members.get(one.name, one.name)) for one in part.members]
    renamed = [one for one in renamed if not _is_null(one.value)]
    known = {one.name for one in renamed}
    for name, value in told.needed_members.items():
        if name not in known:
            renamed.append(Member(text(value, part.span), part.span, name))
    return replace(part, members=tuple(renamed))


def _is_null(part: Part) -> bool:
    return isinstance(part, Leaf) and part.value is None


def _dependencies(crossing: Crossing, member: Member) -> Part | None:
    value = member.value
    single = isinstance(value, Leaf)
    entries = [one.value for one in value.members] if isinstance(value, Listing) else [value]
    written = []
    for entry in entries:
        if isinstance(entry, Leaf):
            written.append(entry)
        else:
            crossing.warning(
                "IF911",
                "a function in 'DependsOn' is not carried over",
                entry.span,
                why="CloudFormation takes nothing but names there",
            )
    names: list[Part] = []
    for leaf in written:
        found = [
            one
            for one in crossing.made.get(_logical_id(crossing, leaf.text), ())
            if one in crossing.aboard
            and leaf.text in (one.logical_id, f"{one.logical_id}[{one.index}]")
        ]
        names += [text(name_there(crossing, one), leaf.span) for one in found]
        if not found and leaf.text:
            crossing.warning(
                "IF911",
                f"'DependsOn: {leaf.text[:80]}' is not carried over",
                leaf.span,
                why="that resource is made by another stack",
            )
    if not names:
        return None
    if single and len(names) == 1:
        return names[0]
    if isinstance(value, Listing) and len(names) == len(value.members):
        pairs = zip(value.members, names, strict=True)
        return replace(value, members=tuple(replace(one, value=name) for one, name in pairs))
    return listing(names, value.span)


def _logical_id(crossing: Crossing, name: str) -> str:
    return name if name in crossing.made else parse_address(name).logical_id


def _deletion_policy(crossing: Crossing, member: Member) -> Part | None:
    value = member.value
    if function_name(value) is not None:
        if crossing.to_services():
            crossing.extensions = True
        elif function_name(value) != "Ref":
            crossing.error(
                "IF916",
                "'DeletionPolicy' may be a word or 'Ref' of a parameter there",
                member.span,
                why=f"{crossing.there.title} takes no other function",
                remedy="write the word before you convert",
            )
        return cross(crossing, value)
    if not isinstance(value, Leaf) or value.text in crossing.there.deletion_policies:
        return value
    kept = "Retain" if value.text.startswith("Retain") else None
    crossing.warning(
        "IF924",
        f"'DeletionPolicy: {value.text}' becomes '{kept}'"
        if kept
        else f"'DeletionPolicy: {value.text}' is not carried over",
        member.span,
        why=f"{crossing.there.title} knows "
        + ", ".join(crossing.there.deletion_policies)
        + ("; a resource whose creation is rolled back is kept, too" if kept else ""),
    )
    return None if kept is None else replace(value, value=kept, text=kept)


def _replacement_policy(crossing: Crossing, member: Member) -> Member | None:
    if plain(member.value) != "Delete":
        crossing.warning(
            "IF924",
            "'UpdateReplacePolicy' is not carried over",
            member.span,
            why=f"{crossing.there.title} has no such attribute: what a replacement leaves behind "
            "is deleted",
        )
    return None
