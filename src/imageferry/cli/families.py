"""Families as commands name them: found in stacks, chosen by region, and looked at in the cloud."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from imageferry.assembly.house import HOME_REGION
from imageferry.cli.display.families import FamilyThere
from imageferry.cli.exits import ExitCode
from imageferry.cli.refusals import CommandRefused, misuse
from imageferry.cli.sessions import Session
from imageferry.cli.stacks import find_stack
from imageferry.cloud.ecs import region_words
from imageferry.cloud.families import OWN, images_of_family, launching, newest_first
from imageferry.cloud.images import Image, ImageLoader, describe_images
from imageferry.model.diagnostics import Diagnostic, error
from imageferry.model.families import FamilyRecord
from imageferry.model.suggestions import did_you_mean

_ALL: Final = '"imageferry family list --all" shows what is in the cloud as well'


async def recorded(
    session: Session, family: str | None, stack_name: str | None, regions: Sequence[str] = ()
) -> list[FamilyRecord]:
    """The families of every stack, or of one; only those of a name, and in regions, where given."""
    plane = session.house.plane
    if stack_name is None:
        stacks = await plane.stacks(None)
        session.greet()
    else:
        stacks = [await find_stack(session, stack_name)]
    found = await plane.families(stacks, family)
    return [one for one in found if not regions or one.region in regions]


async def needed(
    session: Session,
    family: str,
    stack_name: str | None,
    regions: Sequence[str],
    *,
    everywhere: bool,
) -> list[FamilyRecord]:
    """The families of one stack that a deed is about; raises CommandRefused with all that is wrong.

    Without regions there must be only one that the family is in.
    """
    known = await recorded(session, None, stack_name)
    named = [one for one in known if one.family == family]
    if not named:
        raise CommandRefused(ExitCode.NO_SUCH_STACK, [unknown_family(family, known, stack_name)])
    there = list(dict.fromkeys(one.region for one in named))
    absent = [region for region in regions if region not in there]
    if absent:
        remedy = f"it is in {', '.join(there)}"
        faults = [
            error("IF972", f'no stack has the family "{family}" in {region}', remedy=remedy)
            for region in absent
        ]
        raise CommandRefused(ExitCode.NO_SUCH_STACK, faults)
    if not regions and not everywhere and len(there) > 1:
        raise misuse(
            "IF970",
            f'the family "{family}" is in {len(there)} regions: {", ".join(there)}',
            why="each region has its own current image",
            remedy="say --region REGION, or --all-regions",
        )
    meant = [one for one in named if not regions or one.region in regions]
    holders = list(dict.fromkeys(one.stack.name for one in meant))
    if len(holders) > 1:
        raise misuse(
            "IF971",
            f'the family "{family}" is in {len(holders)} stacks: {", ".join(holders)}',
            why="a command changes one stack",
            remedy="say --stack NAME",
        )
    return meant


def unknown_family(
    family: str, known: Sequence[FamilyRecord], stack_name: str | None = None
) -> Diagnostic:
    """What is to be said of a family that no stack has."""
    names = sorted({one.family for one in known})
    where = f'the stack "{stack_name}" does not have' if stack_name else "no stack has"
    remedy = did_you_mean(family, names)
    return error(
        "IF972",
        f'{where} the family "{family}"',
        remedy=remedy or (f"the stacks have {', '.join(names)}; {_ALL}" if names else _ALL),
    )


async def looked_at(session: Session, records: Sequence[FamilyRecord]) -> list[FamilyThere]:
    """Recorded families as the cloud has them, all looked at together. Raises CloudError."""
    client = session.house.voice.client
    loader = ImageLoader(client)

    async def look(record: FamilyRecord) -> FamilyThere:
        images = await images_of_family(client, record.region, record.family)
        found = {one.image_id for one in images}
        aside = [one for one in record.members if one not in found]
        looks = await asyncio.gather(*(loader.look(record.region, one) for one in aside))
        there = [*images, *(one for one in looks if one is not None)]
        return _there(record.family, record.region, there, record)

    return list(await asyncio.gather(*map(look, records)))


def _there(
    family: str, region: str, images: Sequence[Image], record: FamilyRecord | None = None
) -> FamilyThere:
    order = () if record is None else record.members[::-1]
    found = launching(family, images, order)
    ordered = tuple(newest_first(images, order))
    launches = None if found is None else found.image_id
    return FamilyThere(family, region, ordered, launches, record)


async def in_the_cloud(
    session: Session, regions: Sequence[str], family: str | None = None
) -> list[FamilyThere]:
    """Every family of the account's own images in regions, all where none is given.

    Raises CloudError.
    """
    client = session.house.voice.client
    home = session.settings.region or HOME_REGION
    asked = list(regions) or sorted(await region_words(client, home))
    pages = await asyncio.gather(
        *(describe_images(client, region, owner=OWN, family=family) for region in asked)
    )
    found: list[FamilyThere] = []
    for region, images in zip(asked, pages, strict=True):
        names = sorted({one.family for one in images if one.family})
        found += [
            _there(name, region, [one for one in images if one.family == name]) for name in names
        ]
    return sorted(found, key=lambda one: (one.family, one.region))
