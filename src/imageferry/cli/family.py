"""`imageferry family`: image families by region: list, show, promote and roll back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

import click

from imageferry.cli.deploy import execute_plan
from imageferry.cli.display.families import (
    family_lines,
    family_rows,
    list_json,
    show_json,
    strayed,
)
from imageferry.cli.display.rendering import clean
from imageferry.cli.exits import ExitCode
from imageferry.cli.families import in_the_cloud, looked_at, needed, recorded, unknown_family
from imageferry.cli.flags import (
    Flags,
    Patience,
    cloud_option,
    patience_flags,
    screen_flags,
    yes_option,
)
from imageferry.cli.questions import need_answerer
from imageferry.cli.refusals import CommandRefused, misuse
from imageferry.cli.regions import check_region
from imageferry.cli.sessions import Session, run
from imageferry.control.requests import ExecutionOptions
from imageferry.model.diagnostics import Diagnostic, error, warning
from imageferry.model.families import FamilyRecord

_REGIONS: Final = click.option(
    "--region", "regions", metavar="REGION", multiple=True, help="Only there; may be repeated."
)
_STACK: Final = click.option("--stack", "-s", "stack_name", metavar="NAME", help="Only of it.")
_EVERYWHERE: Final = click.option(
    "--all-regions", "everywhere", is_flag=True, help="In every region that the family is in."
)
Deed = Callable[..., Any]


@click.group("family")
def family_command() -> None:
    """Show image families, and decide which image launches from each.

    A family of a stack is a resource of the type IMAGEFERRY::ECS::ImageFamily.
    """


@family_command.command(
    "list",
    short_help="List the families of every region.",
    epilog="""\b
Examples:
  imageferry family list
  imageferry family list --stack golden --json
  imageferry family list --all --region cn-hangzhou
""",
)
@_STACK
@_REGIONS
@click.option(
    "--all", "with_strangers", is_flag=True, help="Also those in the cloud that no stack has."
)
@cloud_option
@screen_flags
def list_command(
    stack_name: str | None,
    regions: tuple[str, ...],
    with_strangers: bool,
    cloud: str | None,
    flags: Flags,
) -> None:
    """List the families of stacks: what is current in each region, and what a roll back returns to.

    With --all the cloud is asked as well, in every region or in those given.
    """
    _check(regions)
    if with_strangers and stack_name is not None:
        raise misuse(
            "IF970",
            "--all and --stack exclude each other",
            why="what no stack has is not of that stack either",
            remedy="leave one of them out",
        )

    async def deed(session: Session) -> ExitCode:
        records = await recorded(session, None, stack_name, regions)
        known = {(one.family, one.region) for one in records}
        found = await in_the_cloud(session, regions) if with_strangers else []
        strangers = [one for one in found if (one.family, one.region) not in known]
        session.screen.say(*family_rows(records, strangers, session.screen.paint))
        session.screen.give(list_json(records, strangers))
        return ExitCode.DONE

    run(replace(flags, cloud=cloud), deed)


@family_command.command(
    "show",
    short_help="Show the images of a family, region by region.",
    epilog="""\b
Examples:
  imageferry family show web
  imageferry family show web --region cn-hangzhou --json

\b
With --region a family that no stack has is shown as well, as the cloud has it.
""",
)
@click.argument("family", metavar="FAMILY")
@_STACK
@_REGIONS
@cloud_option
@screen_flags
def show_command(
    family: str, stack_name: str | None, regions: tuple[str, ...], cloud: str | None, flags: Flags
) -> None:
    """Show the images of FAMILY as the cloud has them: status, age, and which one is current."""
    _check(regions)

    async def deed(session: Session) -> ExitCode:
        known = await recorded(session, None, stack_name)
        records = [one for one in known if one.family == family]
        records = [one for one in records if not regions or one.region in regions]
        there = await looked_at(session, records)
        rest = sorted(set(regions) - {one.region for one in records})
        if rest and stack_name is None:
            there += await in_the_cloud(session, rest, family)
        if not there:
            raise CommandRefused(
                ExitCode.NO_SUCH_STACK, [unknown_family(family, known, stack_name)]
            )
        there.sort(key=lambda one: one.region)
        session.screen.say(*family_lines(there, session.house.clock.now(), session.screen.paint))
        session.screen.diagnose(
            [
                warning(
                    "IF973",
                    f'in {one.region} the family "{family}" launches {one.launches or "nothing"},'
                    f' and "{one.record.stack.name}" has made {one.record.current} current',
                    remedy=f"imageferry drift --stack {one.record.stack.name}",
                )
                for one in there
                if one.record is not None and strayed(one)
            ]
        )
        session.screen.give(show_json(family, there))
        return ExitCode.DONE

    run(replace(flags, cloud=cloud), deed)


def _deed_options(function: Deed) -> Deed:
    """What promote and rollback have in common."""
    for option in reversed(
        (_STACK, _REGIONS, _EVERYWHERE, yes_option, patience_flags, cloud_option)
    ):
        function = option(function)
    return screen_flags(function)


@family_command.command(
    "promote",
    short_help="Make an image current in a region.",
    epilog="""\b
Examples:
  imageferry family promote web --region cn-hangzhou
  imageferry family promote web --region cn-hangzhou --image m-golden0000000000001
  imageferry family promote web --all-regions --yes

\b
It is an update of the stack that has the family: only the parameter changes that its template gives
as CurrentImageId. Newer images of the family are deprecated meanwhile, and come back with it.
""",
)
@click.argument("family", metavar="FAMILY")
@click.option("--image", "image_id", metavar="IMAGE_ID", help="Which one; else the newest.")
@_deed_options
def promote_command(
    family: str,
    image_id: str | None,
    stack_name: str | None,
    regions: tuple[str, ...],
    everywhere: bool,
    yes: bool,
    patience: Patience,
    cloud: str | None,
    flags: Flags,
) -> None:
    """Make the newest image of FAMILY, or --image, the one that launches from it."""
    if image_id is not None and (everywhere or len(regions) > 1):
        raise misuse(
            "IF970",
            "--image names one image, and several regions are meant",
            why="an image lives in one region",
            remedy="give one --region",
        )

    def choose(records: Sequence[FamilyRecord], session: Session) -> list[tuple[FamilyRecord, str]]:
        return [(one, _member(one, image_id)) for one in records]

    _point(
        "family promote", family, choose, stack_name, regions, cloud, flags, patience,
        everywhere=everywhere, yes=yes,
    )  # fmt: skip


@family_command.command(
    "rollback",
    short_help="Make the image current that was so before.",
    epilog="""\b
Examples:
  imageferry family rollback web --region cn-hangzhou
  imageferry family rollback web --all-regions --yes

\b
Given again, it goes further back. What is newer is deprecated: it still launches by its id, and not
from the family. "imageferry family promote" goes forward again.
""",
)
@click.argument("family", metavar="FAMILY")
@_deed_options
def rollback_command(
    family: str,
    stack_name: str | None,
    regions: tuple[str, ...],
    everywhere: bool,
    yes: bool,
    patience: Patience,
    cloud: str | None,
    flags: Flags,
) -> None:
    """Make the image of FAMILY that was current before launch from it again."""

    def choose(records: Sequence[FamilyRecord], session: Session) -> list[tuple[FamilyRecord, str]]:
        found = [(one, one.previous) for one in records]
        faults = [_no_way_back(one) for one, previous in found if previous is None]
        meant = [(one, previous) for one, previous in found if previous is not None]
        if faults and not (everywhere and meant):
            raise CommandRefused(ExitCode.FAILED, faults)
        session.screen.diagnose([warning(one.code, one.message, why=one.why) for one in faults])
        return meant

    _point(
        "family rollback", family, choose, stack_name, regions, cloud, flags, patience,
        everywhere=everywhere, yes=yes,
    )  # fmt: skip


def _point(
    deed_name: str,
    family: str,
    choose: Callable[[Sequence[FamilyRecord], Session], list[tuple[FamilyRecord, str]]],
    stack_name: str | None,
    regions: tuple[str, ...],
    cloud: str | None,
    flags: Flags,
    patience: Patience,
    *,
    everywhere: bool,
    yes: bool,
) -> None:
    """Plan the update that makes the chosen images current, show it, ask, and carry it out."""
    _check(regions)
    if everywhere and regions:
        raise misuse(
            "IF970",
            "--all-regions and --region exclude each other",
            remedy="leave one of them out",
        )
    need_answerer(yes=yes, deed=deed_name)

    async def deed(session: Session) -> ExitCode:
        records = await needed(session, family, stack_name, regions, everywhere=everywhere)
        images = choose(records, session)
        session.screen.say(
            *(
                f"{clean(one.region)}: {clean(one.current) or 'nothing'} -> {clean(image_id)}"
                for one, image_id in images
            )
        )
        planned = await session.house.plane.plan_current(images)
        return await execute_plan(
            session, planned, ExecutionOptions(), patience, yes=yes, looks=False
        )

    run(replace(flags, cloud=cloud), deed)


def _check(regions: Sequence[str]) -> None:
    for region in regions:
        check_region(region)


def _member(record: FamilyRecord, image_id: str | None) -> str:
    """The image that is meant; raises CommandRefused for one that is none of the family's."""
    chosen = image_id or record.newest
    if chosen is None or chosen not in record.members:
        said = f"{chosen} is no image" if chosen else "there is no image"
        listed = ", ".join(record.members) or "none"
        raise misuse(
            "IF973",
            f'{said} of the family "{record.family}" in {record.region}',
            why=f"its images there are {listed}",
            remedy=f'name one of them, or add it to ImageIds of "{record.address}" and deploy',
        )
    return chosen


def _no_way_back(record: FamilyRecord) -> Diagnostic:
    return error(
        "IF973",
        f'the family "{record.family}" in {record.region} cannot be rolled back any further',
        why=f"nothing that is still in it was current before {record.current or 'now'}",
        remedy=f"name an image: imageferry family promote {record.family}"
        f" --region {record.region} --image IMAGE_ID",
    )
