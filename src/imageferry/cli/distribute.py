"""`imageferry distribute`: an image to many regions in one line, and an end for old versions of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Final

import click

from imageferry.cli.display.change_sets import change_set_lines
from imageferry.cli.display.distributions import outline_json, outline_lines
from imageferry.cli.durations import seconds_of
from imageferry.cli.exits import ExitCode
from imageferry.cli.flags import (
    Deed,
    Flags,
    Patience,
    cloud_option,
    gathered,
    look_option,
    parallel_option,
    patience_flags,
    refresh_option,
    screen_flags,
    timeout_option,
    yes_option,
)
from imageferry.cli.questions import need_answerer
from imageferry.cli.refusals import CommandRefused
from imageferry.cli.screens import beside
from imageferry.cli.sessions import Session, run
from imageferry.cli.turns import Asking, distribute, outlined
from imageferry.control.distributions.documents import cfn_template
from imageferry.control.distributions.retention import Keeping
from imageferry.control.distributions.wishes import KEEP_TAG, Wish, faults_of
from imageferry.control.requests import ExecutionOptions
from imageferry.model.diagnostics import Diagnostic, error
from imageferry.model.forecasts import Lookahead
from imageferry.model.operations import OnFailure
from imageferry.model.plan_json import change_set_json

_DAYS: Final = re.compile(r"(\d{1,5})([dw])\Z")
_SECONDS: Final = {"d": 86400.0, "w": 604800.0}
_BARE: Final = re.compile(r"\d+\Z")


def _age(context: click.Context, parameter: click.Parameter, text: str | None) -> float | None:
    """A click callback: `90d`, `2w` or a duration, in seconds."""
    if text is None:
        return None
    found = _DAYS.match(text.strip().lower())
    # A bare number would be seconds, and whoever writes 90 means days.
    seconds = None if _BARE.match(text.strip()) else seconds_of(text.strip().lower())
    if found is not None:
        seconds = int(found[1]) * _SECONDS[found[2]]
    if not seconds:
        raise click.BadParameter(
            f'"{text}" is no age above zero; write 90d, 2w, 36h', ctx=context, param=parameter
        )
    return seconds


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for, as it was typed; ages in seconds."""

    image_id: str
    source_region: str
    regions: tuple[str, ...]
    all_regions: bool
    name: str
    description: str
    tags: tuple[str, ...]
    keys: tuple[str, ...]
    encrypt: bool
    accounts: tuple[str, ...]
    family: str | None
    keep_last: int | None
    keep_for: float | None
    keep_tags: tuple[str, ...]
    stack_name: str | None


_ASKED: Final = (
    click.argument("image_id", metavar="IMAGE"),
    click.option("--from", "source_region", metavar="REGION", required=True, help="Where it is."),
    click.option(
        "--to",
        "regions",
        metavar="REGION[,REGION]",
        multiple=True,
        help="Where to; may be repeated.",
    ),
    click.option(
        "--all-regions", is_flag=True, help="To every region of the account but the source."
    ),
    click.option(
        "--name",
        metavar="NAME",
        default="{name}",
        show_default=True,
        help="The copies' name; {name}, {id} and {date} are those of the source.",
    ),
    click.option("--description", metavar="TEXT", default="", help="The copies' description."),
    click.option(
        "--tag", "tags", metavar="KEY=VALUE", multiple=True, help="A tag; may be repeated."
    ),
    click.option(
        "--key",
        "keys",
        metavar="REGION=KEY",
        multiple=True,
        help="Encrypt with this key there; may be repeated.",
    ),
    click.option("--encrypt", is_flag=True, help="Encrypt every copy."),
    click.option(
        "--share",
        "accounts",
        metavar="ACCOUNT",
        multiple=True,
        help="Share every copy with this account; may be repeated.",
    ),
    click.option("--family", metavar="NAME", help="Put the copies into this image family."),
    click.option(
        "--keep-last", type=int, metavar="N", help="Retire all but the N newest, by region."
    ),
    click.option(
        "--keep-for", metavar="AGE", callback=_age, help="Retire what is older, such as 90d or 2w."
    ),
    click.option(
        "--keep-tag",
        "keep_tags",
        metavar="KEY[=VALUE]",
        multiple=True,
        help=f"Copies with this tag stay; {KEEP_TAG} by default.",
    ),
    click.option(
        "--stack",
        "-s",
        "stack_name",
        metavar="NAME",
        help="The stack that holds it all; by default it is called after --family, or the image.",
    ),
)


def _asked(function: Deed) -> Deed:
    """The options that say what is to be where, handed over as `asked`."""
    names = tuple(field.name for field in fields(Asked))
    return gathered(function, _ASKED, names, lambda **given: {"asked": Asked(**given)})


@click.command(
    "distribute",
    epilog="""\b
Examples:
  imageferry distribute m-golden0000000000001 --from cn-hangzhou --to cn-shanghai,ap-southeast-1
  imageferry distribute m-golden0000000000001 --from cn-hangzhou --all-regions --keep-last 3 --yes
  imageferry distribute m-golden0000000000001 --from cn-hangzhou --to cn-shanghai \\
      --key cn-shanghai=key-shanghai --keep-last 2 --keep-for 90d --dry-run
  imageferry distribute m-golden0000000000001 --from cn-hangzhou --to cn-shanghai --print-template

\b
One stack in the source region holds all versions of one golden image. The same line again
changes nothing, or tries again what failed; with a newer image it brings that one in
and, once it is in every region, retires what --keep-last and --keep-for both leave over.

\b
Never retired: the newest of a region, and copies that are used by instances or by other stacks,
shared with other accounts than --share says, public, what launches from an image family, or
tagged imageferry:keep (or as --keep-tag says). Each is named, with the reason.
""",
)
@_asked
@click.option(
    "--keep-snapshots", is_flag=True, help="Leave the snapshots of retired copies, and name them."
)
@click.option(
    "--print-template",
    "language",
    is_flag=False,
    flag_value="ros",
    type=click.Choice(["ros", "cloudformation"]),
    help="Print the template, and do nothing; the one for ROS is what is deployed.",
)
@click.option("--dry-run", is_flag=True, help="Show what would come and go, and do nothing.")
@click.option("--replace", is_flag=True, help="Make the newest copies anew where options differ.")
@refresh_option
@look_option
@yes_option
@click.option(
    "--on-failure",
    type=click.Choice([choice.value for choice in OnFailure]),
    default=OnFailure.KEEP.value,
    show_default=True,
    help="What becomes of what was made, where something fails.",
)
@parallel_option
@timeout_option
@patience_flags
@cloud_option
@screen_flags
def distribute_command(
    asked: Asked,
    keep_snapshots: bool,
    language: str | None,
    dry_run: bool,
    replace: bool,
    refresh: bool,
    look: bool | None,
    yes: bool,
    on_failure: str,
    parallel: int | None,
    timeout: float | None,
    patience: Patience,
    cloud: str | None,
    flags: Flags,
) -> None:
    """Carry IMAGE to other regions, and retire old versions of it there.

    Shows what comes and what goes, and asks before anything is done.
    """
    wish = _wish(asked, replaces=replace, refreshes=refresh)
    if not dry_run and language is None:
        need_answerer(yes=yes, deed="distribute")
    options = ExecutionOptions(
        on_failure=OnFailure(on_failure),
        parallel=parallel or 0,
        timeout=timeout,
        deletes_remains=not keep_snapshots,
    )

    async def deed(session: Session) -> ExitCode:
        if language is not None:
            return await _print(session, wish, language)
        session.greet(wish.source_region)
        if dry_run:
            return await _show(session, wish, options, looks=look)
        return await distribute(session, wish, options, patience, Asking(yes, look))

    run(_placed(flags, cloud, wish.source_region), deed)


def _wish(asked: Asked, *, replaces: bool, refreshes: bool) -> Wish:
    """The wish that the options make; raises CommandRefused with all that is wrong with it."""
    faults: list[Diagnostic] = []
    wish = Wish(
        image_id=asked.image_id.strip(),
        source_region=asked.source_region.strip(),
        regions=_listed(asked.regions),
        is_everywhere=asked.all_regions,
        stack_name=asked.stack_name or "",
        name=asked.name,
        description=asked.description,
        encrypted=True if asked.encrypt else None,
        keys=dict(_pairs(asked.keys, "--key", faults)),
        accounts=_listed(asked.accounts),
        family=asked.family or "",
        tags=tuple(_pairs(asked.tags, "--tag", faults, may_be_bare=True)),
        keeping=Keeping(asked.keep_last, asked.keep_for),
        keep_tags=_keep_tags(asked.keep_tags, faults),
        replaces=replaces,
        refreshes=refreshes,
    )
    for flag, given in (("--family", asked.family), ("--stack", asked.stack_name)):
        if given is not None and not given.strip():
            faults.append(_empty(flag))
    faults += faults_of(wish)
    if faults:
        raise CommandRefused(ExitCode.WRONG_USAGE, faults)
    return wish


def _placed(flags: Flags, cloud: str | None, region: str) -> Flags:
    return replace(flags, cloud=cloud, region=region)


def _listed(given: Sequence[str]) -> tuple[str, ...]:
    """Words that are given one by one, or several between commas."""
    words = (word.strip() for text in given for word in text.split(","))
    return tuple(dict.fromkeys(filter(None, words)))


def _pairs(
    given: Sequence[str], flag: str, faults: list[Diagnostic], *, may_be_bare: bool = False
) -> list[tuple[str, str]]:
    """`KEY=VALUE` each, every key once; what is not so is told."""
    found: dict[str, str] = {}
    for text in given:
        name, _, value = (part.strip() for part in text.partition("="))
        if not name or (not value and not may_be_bare):
            faults.append(
                error(
                    "IF961",
                    f'{flag} "{text}" is no pair',
                    why="a name, = and a value are expected",
                    remedy=f"write {flag} NAME=VALUE",
                )
            )
        elif found.setdefault(name, value) != value:
            faults.append(
                error("IF961", f'{flag} gives "{name}" twice', why="it can have one value only")
            )
    return list(found.items())


def _keep_tags(
    given: Sequence[str], faults: list[Diagnostic]
) -> tuple[tuple[str, str | None], ...]:
    if not given:
        return ((KEEP_TAG, None),)
    parted = [text.partition("=") for text in given]
    faults += [_empty("--keep-tag") for name, _, _ in parted if not name.strip()]
    return tuple((name, value if equals else None) for name, equals, value in parted)


def _empty(flag: str) -> Diagnostic:
    return error(
        "IF961",
        f"{flag} is given and names nothing",
        why="so it is where a variable is empty",
        remedy="leave it out, or give a name",
    )


async def _print(session: Session, wish: Wish, language: str) -> ExitCode:
    """The template, and nothing else, on stdout."""
    found = await outlined(session, wish)
    template = found.request.template if language == "ros" else cfn_template(found.wanted)
    screen = session.screen
    said = beside(screen)
    said.say(*outline_lines(found, said.paint))
    if screen.as_json:
        document = {"dialect": language, "template": template.decode()}
        screen.give({**document, "distribution": outline_json(found)})
    else:
        screen.say(template.decode().rstrip("\n"))
    return ExitCode.DONE


async def _show(
    session: Session, wish: Wish, options: ExecutionOptions, *, looks: bool | None
) -> ExitCode:
    """What would come and go, and nothing done."""
    found = await outlined(session, wish)
    screen, plane = session.screen, session.house.plane
    screen.say(*outline_lines(found, screen.paint), "")
    adopted = None if found.adoption is None else found.adoption.adopt
    request = replace(found.request, adopt=adopted)
    planned = await plane.plan(request, save=False)
    change_set = planned.change_set
    lookahead = Lookahead()
    if looks and planned.running is None and not change_set.blocked:
        lookahead = await plane.look_ahead(planned, deletes_remains=options.deletes_remains)
    lines = change_set_lines(change_set, screen.paint, lookahead=lookahead)
    screen.say(*lines, "nothing was done")
    shown = change_set_json(change_set, plane.place.cloud, lookahead)
    screen.give({"distribution": outline_json(found), "change_set": shown})
    return ExitCode.FAILED if change_set.blocked else ExitCode.DONE
