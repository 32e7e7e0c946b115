"""`imageferry adopt`: take images that exist into a stack, by their ids or by their lineage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import click

from imageferry.cli.deploy import begin_plan
from imageferry.cli.display.change_sets import change_set_lines
from imageferry.cli.display.documents import view_json
from imageferry.cli.display.rendering import clean, counted
from imageferry.cli.exits import ExitCode
from imageferry.cli.flags import (
    Flags,
    Patience,
    Wish,
    house_flags,
    parallel_option,
    parameters_option,
    patience_flags,
    timeout_option,
    yes_option,
)
from imageferry.cli.parameters import read_parameters
from imageferry.cli.questions import agrees, need_answerer
from imageferry.cli.refusals import CommandRefused, misuse
from imageferry.cli.sessions import Session, need_region, run, settings_of
from imageferry.cli.stacks import find_stack
from imageferry.cli.wishes import read_wish
from imageferry.control.recovery import Recovery
from imageferry.control.requests import ExecutionOptions, Planned, StackRequest
from imageferry.model.diagnostics import Diagnostic, error, warning
from imageferry.model.operations import OnFailure

_MOST_NAMED: Final = 20


@dataclass(frozen=True, slots=True)
class Adoption:
    """What the command line wants taken in; `template` is empty where the stack's own counts."""

    template: str
    things: Mapping[str, str]
    by_lineage: bool
    installations: tuple[str, ...]


@click.command(
    "adopt",
    epilog="""\b
Examples:
  imageferry adopt copy.yml Golden=m-bp1example0001 --stack golden --region cn-hangzhou
  imageferry adopt fan-out.yml --from images.yml -s golden --parameters values.json --yes
  imageferry adopt fan-out.yml --lineage -s golden -p Destinations='["cn-beijing"]'
  imageferry adopt fan-out.yml --lineage --installation 1a2b3c4d -s golden

\b
Nothing is copied and nothing is replaced: what the template wants beyond what is taken in is left
to a deploy. Without TEMPLATE the stack's own counts. What was taken in belongs to the stack:
deleting the stack deletes it, unless its DeletionPolicy is Retain.
""",
)
@click.argument("words", nargs=-1, metavar="[TEMPLATE] [LOGICAL_ID=IMAGE_ID]...")
@click.option("--stack", "-s", "stack_name", metavar="NAME", required=True, help="The stack.")
@click.option(
    "--from",
    "from_file",
    metavar="FILE",
    type=click.Path(dir_okay=False, allow_dash=True),
    help="Image ids by logical id: a JSON or YAML map.",
)
@click.option(
    "--lineage", "by_lineage", is_flag=True, help="Find the images by the lineage they carry."
)
@click.option(
    "--installation",
    "installations",
    metavar="ID",
    multiple=True,
    help="Also images of this other installation, which is lost or gives them up.",
)
@click.option(
    "-p",
    "pairs",
    multiple=True,
    metavar="KEY=VALUE",
    help="A parameter; JSON text where its type is Json. May be repeated.",
)
@parameters_option
@yes_option
@click.option(
    "--on-failure",
    type=click.Choice([OnFailure.KEEP.value, OnFailure.ROLLBACK.value]),
    default=OnFailure.KEEP.value,
    show_default=True,
    help="Whether what was taken in is given back, where something fails.",
)
@parallel_option
@timeout_option
@patience_flags
@house_flags
def adopt_command(
    words: tuple[str, ...],
    stack_name: str,
    from_file: str | None,
    by_lineage: bool,
    installations: tuple[str, ...],
    pairs: tuple[str, ...],
    parameter_file: str | None,
    yes: bool,
    on_failure: str,
    parallel: int | None,
    timeout: float | None,
    patience: Patience,
    flags: Flags,
) -> None:
    """Take images that exist already into a stack, without replacing them.

    Each is looked at and compared with what the template wants; shows what was found, and asks.
    """
    need_answerer(yes=yes, deed="adopt")
    adoption = _read(words, from_file, by_lineage, installations)
    wish = Wish(adoption.template, stack_name, pairs, parameter_file)
    options = ExecutionOptions(OnFailure(on_failure), parallel=parallel or 0, timeout=timeout)
    given = None
    if adoption.template:
        named = read_wish(wish, lambda: need_region(settings_of(flags)))
        given = StackRequest(
            stack_name, named.region, named.template, named.template_name, named.parameters
        )

    async def deed(session: Session) -> ExitCode:
        request = given or await _recorded(session, wish)
        request = replace(request, taken_over=adoption.installations)
        session.greet(request.region)
        if not adoption.by_lineage:
            planned = await session.house.plane.plan(replace(request, adopt=adoption.things))
            return await _carry_out(session, planned, options, patience, yes=yes)
        found = await session.house.plane.recover(request)
        return await _recover(session, found, request, options, patience, yes=yes)

    run(flags, deed)


# --- what is asked for ----------------------------------------------------------------------------


def _read(
    words: Sequence[str],
    from_file: str | None,
    by_lineage: bool,
    installations: tuple[str, ...],
) -> Adoption:
    """The words apart: at most one template, and images by logical id; raises CommandRefused."""
    faults: list[Diagnostic] = []
    things: dict[str, str] = {}
    templates: list[str] = []
    for key, value in (read_parameters((), from_file) if from_file else {}).items():
        if isinstance(value, str) and value:
            things[key] = value
        else:
            faults.append(error("IF844", f'"{key}" in "{from_file}" is not the id of an image'))
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or "/" in key:
            templates.append(word)
        elif not key or not value:
            faults.append(error("IF844", f'"{word}" lacks a logical id or the id of an image'))
        elif key in things:
            faults.append(error("IF844", f'"{key}" is given twice', remedy="give it once"))
        else:
            things[key] = value
    if len(templates) > 1:
        faults.append(error("IF844", f"{' and '.join(templates)} cannot both be the template"))
    if by_lineage and things:
        faults.append(
            error(
                "IF844",
                "--lineage finds the images by itself, and some are named as well",
                remedy="give either --lineage, or the images that are meant",
            )
        )
    if not by_lineage and not things and not faults:
        faults.append(
            error(
                "IF844",
                "no image is named",
                remedy="give LOGICAL_ID=IMAGE_ID, a map with --from FILE, or --lineage",
            )
        )
    if faults:
        raise CommandRefused(ExitCode.WRONG_USAGE, faults)
    return Adoption("".join(templates[:1]), things, by_lineage, installations)


async def _recorded(session: Session, wish: Wish) -> StackRequest:
    """The template and parameters that the stack has; those that are given count instead."""
    stack = await find_stack(session, wish.stack_name)
    if not stack.template:
        raise misuse(
            "IF844",
            f'stack "{stack.name}" has no template to go by',
            remedy="name the template",
        )
    given = read_parameters(wish.pairs, wish.parameter_file)
    return StackRequest(
        stack.name,
        stack.place.region,
        stack.template,
        stack.template_name,
        {**stack.parameters, **given},
    )


# --- what is done ---------------------------------------------------------------------------------


async def _carry_out(
    session: Session,
    planned: Planned,
    options: ExecutionOptions,
    patience: Patience,
    *,
    yes: bool,
) -> ExitCode:
    """Show the adoption, ask, and carry it out; refused where anything cannot be taken in."""
    screen, change_set = session.screen, planned.change_set
    name = clean(change_set.stack_name)
    if planned.running is not None:
        return await begin_plan(session, planned, options, patience)
    screen.say(*change_set_lines(change_set, screen.paint, with_reasons=False))
    if change_set.blocked:
        raise CommandRefused(
            ExitCode.FAILED,
            [
                *change_set.blocked,
                error("IF838", f'not everything can be taken into "{name}"; nothing was done'),
            ],
        )
    number = len(change_set.adoptions)
    if not number:
        screen.say(f'all of it is in stack "{name}" already')
        screen.give(view_json(await session.house.plane.view(planned.stack.stack_id)))
        return ExitCode.DONE
    things = counted(number, "image")
    screen.say(f'from then on they belong to "{name}": deleting it deletes them')
    if not yes and not agrees(screen, f"take in {things}?"):
        screen.warn(["nothing was done"])
        return ExitCode.FAILED
    return await begin_plan(session, planned, options, patience)


async def _recover(
    session: Session,
    found: Recovery,
    request: StackRequest,
    options: ExecutionOptions,
    patience: Patience,
    *,
    yes: bool,
) -> ExitCode:
    """Say what was found by lineage and what was not, and take in what is beyond doubt."""
    screen = session.screen
    screen.diagnose(found.doubts)
    if found.missing:
        named = ", ".join(clean(key) for key in found.missing[:_MOST_NAMED])
        more = len(found.missing) - _MOST_NAMED
        screen.diagnose(
            [
                warning(
                    "IF843",
                    f"nothing is taken in for {named}" + (f" and {more} more" if more > 0 else ""),
                    why="no image carries their lineage beyond doubt",
                    remedy="name their images, or deploy the template to copy them",
                )
            ]
        )
    if found.planned is None:
        screen.say(
            "nothing is to be taken in"
            if found.missing
            else f'stack "{clean(request.stack_name)}" lacks nothing that the template wants'
        )
        screen.give({"stack_name": request.stack_name, "missing": list(found.missing)})
        return ExitCode.FAILED if found.missing else ExitCode.DONE
    code = await _carry_out(session, found.planned, options, patience, yes=yes)
    return ExitCode.PARTLY_DONE if code is ExitCode.DONE and found.missing else code
