"""Sketch: the graph of an outlook as it is to be drawn, counted resources folded where they can be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from imageferry.drawing.palette import StatusClass
from imageferry.model.addresses import ResourceAddress
from imageferry.model.outlooks import Foreseen, Outlook

_MOST_UNFOLDED: Final = 8
"""So many instances of one definition are drawn one by one; more are folded into one box."""

SAME_INDEX: Final = "same index"


@dataclass(frozen=True, slots=True)
class Box:
    """What is drawn for a resource, for many instances of one, or for a parameter.

    `is_certain` is False where it depends on a condition that is not settled. `wave` is 0 for a
    parameter. `standing` is how a resource that is recorded stands; None for what is planned.
    """

    title: str
    kind: str
    remark: str
    wave: int
    is_certain: bool = True
    standing: StatusClass | None = None

    @property
    def is_parameter(self) -> bool:
        """True for a parameter of the template."""
        return self.wave == 0


@dataclass(frozen=True, slots=True)
class Arrow:
    """One thing that comes before another: positions in `Sketch.boxes`, and every reason."""

    first: int
    then: int
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sketch:
    """Boxes in waves and in the order of the template, and arrows in the order of making."""

    title: str
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    unmade: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Pattern:
    """How the instances of one definition need those of another.

    `indexes` are the same for every instance; None where each needs that of its own index.
    `reasons` are None where neither holds.
    """

    indexes: frozenset[int | None] | None
    reasons: tuple[str, ...] | None


def sketch_of(outlook: Outlook, *, expand: bool = False, with_parameters: bool = False) -> Sketch:
    """The graph of an outlook; what is not made is left out and named in `unmade`."""
    groups: dict[str, list[Foreseen]] = {}
    for one in outlook.resources:
        groups.setdefault(one.address.logical_id, []).append(one)
    folded = frozenset[str]() if expand else _foldable(groups)
    boxes: list[Box] = []
    places: dict[ResourceAddress, int] = {}
    whole: dict[str, int] = {}
    for one in outlook.resources:
        name = one.address.logical_id
        if name not in folded:
            places[one.address] = len(boxes)
            boxes.append(_box(one))
        elif name not in whole:
            whole[name] = len(boxes)
            boxes.append(_folded_box(groups[name]))
    arrows: dict[tuple[int, int], dict[str, None]] = {}
    for name, group in groups.items():
        if name in folded:
            _arrows_of_folded(group, folded, whole, places, arrows)
            continue
        for one in group:
            for need in one.needs:
                first = whole.get(need.address.logical_id, places.get(need.address))
                if first is not None:
                    pair = (first, places[one.address])
                    arrows.setdefault(pair, {}).update(dict.fromkeys(need.reasons))
    if with_parameters:
        _add_parameters(outlook, boxes, places, whole, arrows)
    return Sketch(
        title=outlook.template_name,
        boxes=tuple(boxes),
        arrows=tuple(Arrow(*pair, tuple(arrows[pair])) for pair in sorted(arrows)),
        unmade=tuple(
            f"'{one.logical_id}' (condition '{one.condition}' is false)" for one in outlook.unmade
        ),
    )


def route_text(one: Foreseen) -> str:
    """`source -> destination`; an end that is not known yet is `?`."""
    if one.route is None:
        return ""
    ends = ("?" if end is None else end or "(the stack's region)" for end in one.route)
    return " -> ".join(ends)


def _box(one: Foreseen) -> Box:
    title = f"{one.address}[*]" if one.is_open else str(one.address)
    return Box(title, one.type_name, route_text(one), one.wave, one.is_certain)


def _folded_box(group: Sequence[Foreseen]) -> Box:
    first = group[0]
    routes = {route_text(one) for one in group}
    remark = route_text(first) if len(routes) == 1 else f"{len(routes):,} routes"
    title = f"{first.address.logical_id}[0..{len(group) - 1}]"
    return Box(title, first.type_name, remark, first.wave, first.is_certain)


def _foldable(groups: Mapping[str, Sequence[Foreseen]]) -> frozenset[str]:
    """The definitions whose instances may be one box without an arrow saying what is not so."""
    folded = {
        name
        for name, group in groups.items()
        if len(group) > _MOST_UNFOLDED and len({one.wave for one in group}) == 1
    }
    patterns = {name: _patterns(group) for name, group in groups.items()}
    settled = False
    while not settled:
        unfolded = {
            wrong
            for name, needed in patterns.items()
            for other, pattern in needed.items()
            for wrong in _misfits(name, other, pattern, groups, folded)
        }
        folded -= unfolded
        settled = not unfolded
    return frozenset(folded)


def _misfits(
    name: str,
    other: str,
    pattern: _Pattern,
    groups: Mapping[str, Sequence[Foreseen]],
    folded: set[str],
) -> list[str]:
    """Which of two definitions must be drawn instance by instance, as the one needs the other."""
    here = [name] if name in folded else []
    there = [other] if other in folded else []
    if name == other or pattern.reasons is None:
        return here + there
    if pattern.indexes is None:
        return [] if here and there else here + there
    every = {one.address.index for one in groups.get(other, ())}
    return [] if pattern.indexes == every else there


def _patterns(group: Sequence[Foreseen]) -> dict[str, _Pattern]:
    """How the instances of a definition need those of each other one."""
    found = _own_patterns(group[0])
    for position, one in enumerate(group[1:], 1):
        # Instances whose expressions do not differ share their needs, and then all of them do.
        if one.needs is group[0].needs:
            continue
        own = _own_patterns(one)
        for name in {**found, **own}:
            before, now = found.get(name), own.get(name)
            found[name] = _merged(before, now, one.address.index, position)
    return found


def _own_patterns(one: Foreseen) -> dict[str, _Pattern]:
    indexes: dict[str, set[int | None]] = {}
    whys: dict[str, set[tuple[str, ...]]] = {}
    for need in one.needs:
        indexes.setdefault(need.address.logical_id, set()).add(need.address.index)
        whys.setdefault(need.address.logical_id, set()).add(need.reasons)
    return {
        name: _Pattern(frozenset(indexes[name]), next(iter(why)) if len(why) == 1 else None)
        for name, why in whys.items()
    }


def _merged(
    before: _Pattern | None, now: _Pattern | None, index: int | None, position: int
) -> _Pattern:
    broken = _Pattern(frozenset(), None)
    if before is None or now is None or before.reasons is None or now.reasons != before.reasons:
        return broken
    if before.indexes == now.indexes:
        return before
    follows = now.indexes == frozenset([index])
    began = before.indexes is None or (position == 1 and before.indexes == frozenset([0]))
    return _Pattern(None, before.reasons) if follows and began else broken


def _arrows_of_folded(
    group: Sequence[Foreseen],
    folded: frozenset[str],
    whole: Mapping[str, int],
    places: Mapping[ResourceAddress, int],
    arrows: dict[tuple[int, int], dict[str, None]],
) -> None:
    """The arrows to one box of many instances."""
    then = whole[group[0].address.logical_id]
    patterns = _patterns(group)
    for need in group[0].needs:
        name = need.address.logical_id
        first = whole[name] if name in folded else places.get(need.address)
        if first is None:
            continue
        each = patterns[name].indexes is None
        told = [f"{reason}, {SAME_INDEX}" if each else reason for reason in need.reasons]
        arrows.setdefault((first, then), {}).update(dict.fromkeys(told))


def _add_parameters(
    outlook: Outlook,
    boxes: list[Box],
    places: Mapping[ResourceAddress, int],
    whole: Mapping[str, int],
    arrows: dict[tuple[int, int], dict[str, None]],
) -> None:
    """A box for each parameter that a resource mentions, and what it goes to."""
    found: dict[str, int] = {}
    for one in outlook.resources:
        then = whole.get(one.address.logical_id, places.get(one.address))
        for name in one.parameters:
            if name not in found:
                found[name] = len(boxes)
                remark = "not given" if name in outlook.missing else ""
                boxes.append(Box(name, "parameter", remark, 0))
            if then is not None:
                arrows.setdefault((found[name], then), {})
