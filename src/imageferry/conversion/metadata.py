"""The Metadata section: the interface of the parameters, and all else as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from imageferry.conversion.crossings import Crossing
from imageferry.conversion.parameters import localised
from imageferry.conversion.parts import Leaf, Listing, Member, Part, Table, table, value_of
from imageferry.model.diagnostics import Span

_INTERFACES: Final = {
    "ros": "ALIYUN::ROS::Interface",
    "cloudformation": "AWS::CloudFormation::Interface",
}


def labels_here(root: Table) -> dict[str, Part]:
    """The labels of parameters that stand in the metadata, by parameter."""
    metadata = value_of(root, "Metadata")
    interface = (
        value_of(metadata, _INTERFACES["cloudformation"]) if isinstance(metadata, Table) else None
    )
    labels = value_of(interface, "ParameterLabels") if isinstance(interface, Table) else None
    found: dict[str, Part] = {}
    for member in labels.members if isinstance(labels, Table) else ():
        words = value_of(member.value, "default") if isinstance(member.value, Table) else None
        if isinstance(words, Leaf) and words.value is not None:
            found[member.name] = words
    return found


def cross_metadata(
    crossing: Crossing, section: Table | None, labels: Mapping[str, Part], kept: frozenset[str]
) -> Table | None:
    """The section over there; None where nothing is left of it.

    `labels` are those to be written (by the names here), `kept` the parameters that there are.
    """
    there = _INTERFACES[crossing.there.name]
    members: list[Member] = []
    interface: Member | None = None
    for member in section.members if section is not None else ():
        if member.name == _INTERFACES[crossing.here.name] and isinstance(member.value, Table):
            interface = member
            entries = _entries(crossing, member.value, kept)
            if crossing.to_services():
                entries += _labels(crossing, labels, kept, member.span)
            if entries:
                value = replace(member.value, members=tuple(entries))
                members.append(replace(member, name=there, value=value))
        else:
            told = without_nulls(crossing, member.value)
            if told is not None:
                members.append(replace(member, value=told))
    if interface is None and crossing.to_services() and labels:
        span = next(iter(labels.values())).span
        entries = _labels(crossing, labels, kept, span)
        if entries:
            members.append(Member(Table(tuple(entries), span), span, there))
    if section is None:
        return Table(tuple(members), members[0].span) if members else None
    return replace(section, members=tuple(members)) if members else None


def _entries(crossing: Crossing, interface: Table, kept: frozenset[str]) -> list[Member]:
    entries = []
    for member in interface.members:
        if member.name == "ParameterGroups" and isinstance(member.value, Listing):
            groups = [_group(crossing, one, kept) for one in member.value.members]
            left = tuple(one for one in groups if one is not None)
            entries.append(replace(member, value=replace(member.value, members=left)))
        elif member.name == "ParameterLabels" and not crossing.to_services():
            continue
        else:
            crossing.warning(
                "IF911",
                f"'{member.name}' of the interface is not carried over",
                member.span,
                why=f"{crossing.there.title} has groups of parameters"
                + (" and their labels only" if crossing.to_services() else " only"),
            )
    return entries


def _group(crossing: Crossing, group: Member, kept: frozenset[str]) -> Member | None:
    if not isinstance(group.value, Table):
        return group
    fields = []
    for field in group.value.members:
        value = field.value
        if field.name == "Parameters" and isinstance(value, Listing):
            named = tuple(
                _named(crossing, one)
                for one in value.members
                if isinstance(one.value, Leaf) and one.value.text in kept
            )
            if not named and value.members:
                return None
            value = replace(value, members=named)
        elif field.name == "Label" and isinstance(value, Table):
            value = replace(
                value,
                members=tuple(
                    replace(one, value=localised(crossing, one.value)) for one in value.members
                ),
            )
        fields.append(replace(field, value=value))
    return replace(group, value=replace(group.value, members=tuple(fields)))


def _named(crossing: Crossing, member: Member) -> Member:
    assert isinstance(member.value, Leaf)
    name = crossing.renamed("Parameters", member.value.text)
    return replace(member, value=replace(member.value, value=name, text=name))


def _labels(
    crossing: Crossing, labels: Mapping[str, Part], kept: frozenset[str], span: Span
) -> list[Member]:
    entries: dict[str, Part] = {
        crossing.renamed("Parameters", name): table({"default": words}, words.span)
        for name, words in labels.items()
        if name in kept
    }
    return [Member(table(entries, span), span, "ParameterLabels")] if entries else []


def without_nulls(crossing: Crossing, part: Part) -> Part | None:
    """Data without null where the other side refuses it; None for null itself."""
    if not crossing.to_services():
        return part
    if isinstance(part, Leaf):
        if part.value is None:
            crossing.warning(
                "IF920", "null is left out", part.span, why=f"{crossing.there.title} has no null"
            )
            return None
        return part
    members = []
    for member in part.members:
        value = without_nulls(crossing, member.value)
        if value is not None:
            members.append(replace(member, value=value))
    return replace(part, members=tuple(members))
