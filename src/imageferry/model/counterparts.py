"""Counterpart: how a resource type of one language says what a type of the other says."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class PropertyCounterpart(NamedTuple):
    """What a property is called over there.

    `members` are the names inside it, or inside each of its items; `needed_members` are those
    (by their name over there) that must stand there, with the value that means the same as nothing.
    """

    name: str
    members: Mapping[str, str] = MappingProxyType({})
    needed_members: Mapping[str, str] = MappingProxyType({})


class Counterpart(NamedTuple):
    """How a type is said in the other language; property names are ours unless said otherwise.

    The two sides put a stack into different regions. `stack_region_here` is the property there
    that says what is the stack's own region here; it is written with that region unless a property
    here became it already, and None where all of that type stands in its stack's region. `stack_region_there` is the property here that says what is the stack's
    own region there, if there is one. `in_place` is the property here that, where it is true, lets
    nothing be made where the two regions are one.

    `properties` are those that are carried over, `lost` those that are not, with the reason.
    `physical_id` is the attribute there that gives what `Ref` gives here, None where nothing does.
    `attributes` maps attributes to those there, `region_attributes` those that are told by the
    property of that name here.
    """

    type_name: str
    properties: Mapping[str, PropertyCounterpart]
    stack_region_here: str | None
    lost: Mapping[str, str] = MappingProxyType({})
    stack_region_there: str | None = None
    in_place: str | None = None
    physical_id: str | None = None
    attributes: Mapping[str, str] = MappingProxyType({})
    region_attributes: frozenset[str] = frozenset()
