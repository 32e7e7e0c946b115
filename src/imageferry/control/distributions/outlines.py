"""outline(desk, wish): which copies come, which go and which are kept, and the request for it all."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Final

from imageferry.cloud.regions import is_region
from imageferry.control.desk import Desk
from imageferry.control.distributions.documents import read_distribution, ros_template
from imageferry.control.distributions.launching import launching, pointers
from imageferry.control.distributions.past import Held, Past, past_of, regions_held
from imageferry.control.distributions.protections import find_protections
from imageferry.control.distributions.retention import Aged, beyond
from imageferry.control.distributions.versions import (
    TEMPLATE_NAME,
    Copy,
    Distribution,
    Version,
    copy_name,
    family_id,
    logical_id,
)
from imageferry.control.distributions.wishes import (
    DistributionRefused,
    Wish,
    account_faults,
    family_stack_name,
    faults_of,
    name_faults,
    stack_name_of,
    unknown_regions,
    unsharable,
)
from imageferry.control.requests import RequestRefused, StackRequest
from imageferry.model.changes import ChangeKind
from imageferry.model.diagnostics import Diagnostic, error
from imageferry.model.operations import Operation
from imageferry.model.stacks import Stack
from imageferry.ports.images import Images, ImageSight

_ASKED: Final = "cn-hangzhou"
"""Where the regions are asked for, while it is not known whether the source is one."""

_NOT_SHOWN: Final = ("it was kept when this was shown; the same line looks again",)


@dataclass(frozen=True, slots=True)
class Outline:
    """What a distribution comes to.

    `adoption`: first this request, which takes back copies that a deletion could not remove and
    that are to stay; None where there are none. `bringing`: the request without what goes, where
    something comes as well; an outline after it sees who has come to need what is to go.
    `elsewhere` are regions that are no destinations, and whose copies stay as they are; `closed`
    those of all regions that take no copies. `is_resumed`: an operation that is open does it already.
    """

    request: StackRequest
    wanted: Distribution
    arriving: tuple[Copy, ...] = ()
    retiring: tuple[Held, ...] = ()
    kept: tuple[Held, ...] = ()
    elsewhere: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    adoption: StackRequest | None = None
    bringing: StackRequest | None = None
    is_resumed: bool = False


@dataclass(slots=True)
class _Draft:
    """What becomes of a stack's copies, gathered region by region."""

    copies: dict[str, Copy] = field(default_factory=dict)
    arriving: list[Copy] = field(default_factory=list)
    candidates: list[str] = field(default_factory=list)
    faults: list[Diagnostic] = field(default_factory=list)


async def outline(desk: Desk, wish: Wish, *, going: AbstractSet[str] | None = None) -> Outline:
    """What the wish comes to as things stand; a few calls, and nothing is changed.

    `going`: only copies with these logical ids may go, as that is what was shown to somebody before.
    Raises DistributionRefused with everything that is wrong, and whatever the calls raise.
    """
    images = desk.images
    if images is None:
        raise RequestRefused("no cloud is connected that could be asked for images")
    source, regions, closed = await _looked_at(
        images, wish, desk.place.account_id, desk.clock.now()
    )
    version = _version_of(source, desk.clock.now())
    name, stack = await _stack_of(desk, wish, source)
    resumed = None if stack is None else await _resumed(desk, stack, wish)
    if resumed is not None:
        return resumed
    past = Past() if stack is None else await _without_gone(images, await past_of(desk, stack))
    # As it was first brought in: a source that was renamed since makes no other copies.
    version = next((one for one in past.versions if one.image_id == version.image_id), version)
    made = await _outlined(desk, images, wish, name, stack, past, version, regions, going)
    return replace(made, closed=tuple(one for one in closed if one not in made.elsewhere))


def _stack_name(wish: Wish, source: ImageSight) -> str:
    """What the stack is called; empty where nothing can be made of any name."""
    usual = stack_name_of(source.family or source.name)
    return wish.stack_name or family_stack_name(wish.family) or usual


async def _stack_of(desk: Desk, wish: Wish, source: ImageSight) -> tuple[str, Stack | None]:
    """The stack that holds it all, and its name; None while there is none.

    One that was begun without --family, or when that named no stacks, is called after the source:
    it is gone on with.
    """
    place = replace(desk.place, region=wish.source_region)
    name, usual = _stack_name(wish, source), stack_name_of(source.family or source.name)
    found = next(iter(await desk.store.find_stacks(place, name)), None)
    if wish.stack_name or (found is not None and read_distribution(found.template) is not None):
        return name, found
    former = next(iter(await desk.store.find_stacks(place, usual)), None)
    held = None if former is None else read_distribution(former.template)
    if held is not None:
        known = {one.image_id for one in held.versions}
        if held.family in {"", wish.family} or wish.image_id in known:
            return usual, former
    return name, found


def _version_of(source: ImageSight, now: float) -> Version:
    created_at = now if source.created_at is None else source.created_at
    return Version(source.image_id, source.name, float(int(created_at)))


async def _looked_at(
    images: Images, wish: Wish, account: str, now: float
) -> tuple[ImageSight, tuple[str, ...], tuple[str, ...]]:
    """The source as it is, the destinations, and what is none since it is sold out.

    Raises DistributionRefused.
    """
    faults = [*faults_of(wish), *account_faults(wish, account)]
    if any(one.code == "IF960" for one in faults):
        # Without regions nobody can be asked.
        raise DistributionRefused(faults)
    asked = wish.source_region if is_region(wish.source_region) else _ASKED
    known = await images.regions(asked)
    faults += unknown_regions(wish, tuple(known))
    source = None
    if wish.source_region in known:
        source = await images.look(wish.source_region, wish.image_id)
        told = _source_faults(wish, source)
        if source is not None and not told:
            told = [*name_faults(wish, _version_of(source, now))]
        faults += told
    regions = tuple(dict.fromkeys(wish.regions))
    closed: tuple[str, ...] = ()
    if wish.is_everywhere:
        others = [one for one in known if one != wish.source_region]
        regions = tuple(one for one in others if known[one])
        closed = tuple(one for one in others if not known[one])
    faults += unsharable(wish, regions)
    if faults or source is None:
        raise DistributionRefused(faults)
    return source, regions, closed


def _source_faults(wish: Wish, source: ImageSight | None) -> list[Diagnostic]:
    where = f"{wish.image_id} in {wish.source_region}"
    if source is None:
        return [
            error(
                "IF962",
                f"there is no image {where}",
                why="an image is known in its own region only",
                remedy="check the id, and the region of --from",
            )
        ]
    if not source.is_own:
        return [
            error(
                "IF962",
                f"{where} belongs to somebody else",
                why="only the owner of an image can copy it to other regions",
                remedy="let its owner distribute it and share the copies with --share",
            )
        ]
    if not source.is_ready:
        return [
            error(
                "IF962",
                f"{where} is {source.status or 'not usable'}",
                why="only an image that is Available and usable can be copied",
                remedy="wait for it, or make it Available again",
            )
        ]
    if not _stack_name(wish, source):
        return [
            error(
                "IF964",
                f'no name for a stack can be made of "{source.name}"',
                why="a stack's name holds letters, digits, hyphens and underscores",
                remedy="give one with --stack",
            )
        ]
    return []


async def _open_operation(desk: Desk, stack: Stack) -> Operation | None:
    operation = await desk.store.last_operation(stack.stack_id)
    return operation if operation is not None and operation.status.is_open else None


async def _resumed(desk: Desk, stack: Stack, wish: Wish) -> Outline | None:
    """The outline of an open operation that carries the same image: it is gone on with first."""
    operation = await _open_operation(desk, stack)
    change_set = operation and await desk.store.change_set(operation.change_set_id)
    if not change_set or change_set.kind not in {ChangeKind.CREATE, ChangeKind.UPDATE}:
        return None
    wanted = read_distribution(change_set.template)
    if wanted is None or wanted.newest.image_id != wish.image_id:
        return None
    request = StackRequest(
        stack.name,
        wish.source_region,
        change_set.template,
        TEMPLATE_NAME,
        dict(change_set.bindings.parameters),
        replace=change_set.replacement_allowed,
        adopt=dict(change_set.adoptions) or None,
    )
    return Outline(request, wanted, is_resumed=True)


async def _outlined(
    desk: Desk,
    images: Images,
    wish: Wish,
    name: str,
    stack: Stack | None,
    past: Past,
    version: Version,
    regions: Sequence[str],
    going: AbstractSet[str] | None,
) -> Outline:
    versions = (*(one for one in past.versions if one.image_id != version.image_id), version)
    order = {one.image_id: number for number, one in enumerate(versions)}
    held = dict(sorted(past.held.items(), key=lambda pair: order[pair[1].copy.image_id]))
    draft = _drafted(wish, version, regions, held, past.doomed, versions, desk.clock.now())
    if draft.faults:
        raise DistributionRefused(draft.faults)
    arriving = {one.region for one in draft.arriving}
    reasons: Mapping[str, tuple[str, ...]] = {}
    if draft.candidates and stack is not None:
        reasons = await _reasons(desk, images, wish, stack, past, draft)
    if going is not None:
        reasons = {
            key: said if said or key in going else _NOT_SHOWN for key, said in reasons.items()
        }
    kept = [replace(held[key], reasons=reasons[key]) for key in reasons if reasons[key]]
    retiring = [held[key] for key in reasons if not reasons[key]]
    leaving = {one.copy.logical_id for one in retiring}
    copies = {key: one for key, one in draft.copies.items() if key not in leaving}
    there = {one.image_id for one in copies.values()}
    wanted = Distribution(
        wish.source_region,
        tuple(one for one in versions if one.image_id in there),
        tuple(copies.values()),
        wish.accounts,
        wish.family,
    )
    request = _request(wish, name, wanted, past, arriving)
    bringing = None
    if draft.arriving and retiring:
        whole = replace(wanted, versions=versions, copies=tuple(draft.copies.values()))
        bringing = _request(wish, name, whole, past, arriving)
    back = {key: held[key].thing_id for key in sorted(past.doomed) if key in copies}
    return Outline(
        request,
        wanted,
        tuple(draft.arriving),
        tuple(retiring),
        tuple(kept),
        tuple(one for one in regions_held(held) if one not in regions),
        adoption=replace(bringing or request, adopt=back, refresh=False) if back else None,
        bringing=bringing,
    )


def _request(
    wish: Wish, name: str, wanted: Distribution, past: Past, arriving: AbstractSet[str]
) -> StackRequest:
    return StackRequest(
        name,
        wish.source_region,
        ros_template(wanted),
        TEMPLATE_NAME,
        pointers(wanted, past, arriving),
        replace=True if wish.replaces else None,
        refresh=wish.refreshes,
    )


async def _reasons(
    desk: Desk, images: Images, wish: Wish, stack: Stack, past: Past, draft: _Draft
) -> dict[str, tuple[str, ...]]:
    """For each copy that may go, why it is kept; nothing where it goes."""
    held = past.held
    protections = await find_protections(
        desk.store,
        images,
        stack.stack_id,
        {*held, *(f"{key}Share" for key in held), *map(family_id, regions_held(held))},
        {key: (held[key].copy.region, held[key].thing_id) for key in draft.candidates},
        accounts={*past.accounts, *wish.accounts},
        keep_tags=wish.keep_tags,
        family=past.family,
    )
    spared = launching(wish.family, past, {one.region for one in draft.arriving})
    return {
        key: (*reasons, *spared.get(held[key].thing_id, ()))
        for key, reasons in protections.reasons.items()
    }


async def _without_gone(images: Images, past: Past) -> Past:
    """The past without half deleted copies whose images are gone: there is nothing to take back."""
    doomed = sorted(past.doomed)
    looks = await asyncio.gather(
        *(images.look(past.held[key].copy.region, past.held[key].thing_id) for key in doomed)
    )
    gone = {key for key, sight in zip(doomed, looks, strict=True) if sight is None}
    held = {key: one for key, one in past.held.items() if key not in gone}
    return past._replace(held=held, doomed=past.doomed - gone)


def _drafted(
    wish: Wish,
    version: Version,
    regions: Sequence[str],
    held: Mapping[str, Held],
    doomed: frozenset[str],
    versions: Sequence[Version],
    now: float,
) -> _Draft:
    """What comes and what may go; what was begun of older versions and never finished is given up."""
    draft = _Draft({key: one.copy for key, one in held.items()})
    born = {one.image_id: one.created_at for one in versions}
    for region in regions:
        copy = _copy(wish, version, region)
        old = [
            one
            for one in held.values()
            if one.copy.region == region and one.copy.image_id != version.image_id
        ]
        if copy.logical_id not in held:
            draft.arriving.append(copy)
            draft.faults += [
                _same_name(one, copy, wish) for one in old if one.copy.name == copy.name
            ]
        draft.copies.pop(copy.logical_id, None)
        draft.copies[copy.logical_id] = copy
        aged = [Aged(one.copy.logical_id, born[one.copy.image_id]) for one in old]
        going = set(beyond([*aged, Aged(copy.logical_id, version.created_at)], wish.keeping, now))
        draft.candidates += [one.name for one in aged if one.name in going or one.name in doomed]
    return draft


def _copy(wish: Wish, version: Version, region: str) -> Copy:
    key = wish.keys.get(region, "")
    return Copy(
        logical_id(region, version),
        version.image_id,
        region,
        copy_name(wish.name, version),
        wish.description,
        True if key else wish.encrypted,
        key,
        wish.tags,
    )


def _same_name(old: Held, copy: Copy, wish: Wish) -> Diagnostic:
    return error(
        "IF963",
        f'"{copy.name}" in {copy.region} is the name of {old.thing_id} already, a copy of'
        f" {old.copy.image_id}",
        why="images of a region have different names, and the old one goes only after the new one"
        " is there",
        remedy=f'put {{id}} or {{date}} into the name: --name "{wish.name}-{{id}}"',
    )
