"""`imageferry plan`: what a deploy would change, or what a template alone would make; nothing done."""

from __future__ import annotations

import os
from collections.abc import Sequence
from shutil import get_terminal_size

import click

from imageferry import settings
from imageferry.assembly.catalogs import open_catalog
from imageferry.cli.display.graphs.graphs import FORMS, drawn
from imageferry.cli.display.graphs.sketches import sketch_of
from imageferry.cli.display.outlook import outlook_json, outlook_lines
from imageferry.cli.exits import ExitCode
from imageferry.cli.flags import (
    Flags,
    Guard,
    Wish,
    during_update_option,
    house_flags,
    lone_template_flags,
    refresh_option,
)
from imageferry.cli.logs import begin
from imageferry.cli.main import load
from imageferry.cli.refusals import misuse
from imageferry.cli.regions import check_region, doubts_of_region
from imageferry.cli.screens import Screen
from imageferry.cli.sources import STANDARD_INPUT
from imageferry.cli.wishes import read_wish
from imageferry.control.outlook import outlook_of
from imageferry.model.outlooks import Outlook

_CHANGES_PRESENT = 2


@click.command(
    "plan",
    epilog="""\b
Examples:
  imageferry plan copy.yml --stack golden --region cn-hangzhou -p ImageId=m-golden0000000000001
  imageferry plan copy.yml -s golden --parameters values.yml --detailed-exitcode --json
  imageferry plan copy.yml
  imageferry plan copy.yml --graph dot | dot -Tsvg > copy.svg

\b
Without --stack no stack, cloud or store is looked at: every resource counts as new, parameters may
be left out, and what follows from them is shown as not known, with the reason. With --stack the
cloud is asked, in a few calls a region, what it would refuse and what is there already: names,
quotas, regions, keys, source images. Nothing is changed by that; --no-look leaves it out.

\b
Symbols:
  +  created       ~  changed in place     -/+  replaced
  -  deleted       >  moved to an index    =    there already: can be adopted
  !  blocked unless --replace, or the cloud would refuse it
  ?  created if a condition holds that is not settled yet
""",
)
@lone_template_flags
@click.option("--replace", is_flag=True, help="Plan as if replacements were allowed.")
@refresh_option
@during_update_option
@click.option("--no-look", is_flag=True, help="Do not ask the cloud what it would refuse.")
@click.option(
    "--detailed-exitcode",
    is_flag=True,
    help="Exit 0 where there is nothing to do, 2 where there are changes, 1 for anything wrong.",
)
@click.option(
    "--allow-unknown-types",
    is_flag=True,
    help="Without --stack: take resource types that are not installed.",
)
@click.option(
    "--graph",
    "form",
    type=click.Choice(FORMS),
    help="Draw what comes before what in the template, instead of the values.",
)
@click.option("--expand", is_flag=True, help="Draw each instance of a counted resource.")
@click.option("--show-parameters", is_flag=True, help="Draw the parameters that are used, too.")
@house_flags
def plan_command(
    wish: Wish,
    replace: bool,
    refresh: bool,
    policy_file_during_update: str | None,
    no_look: bool,
    detailed_exitcode: bool,
    allow_unknown_types: bool,
    form: str | None,
    expand: bool,
    show_parameters: bool,
    flags: Flags,
) -> None:
    """Show what a deploy of TEMPLATE would change, and change nothing.

    Without --stack: what the template alone would make, and how its resources depend on each other.
    """
    speaking = {
        "--replace": replace,
        "--refresh": refresh,
        "--stack-policy-during-update": policy_file_during_update is not None,
        "--cloud": flags.cloud is not None,
    }
    _check_choice(
        wish, form, drawing=expand or show_parameters, of_stacks=[*filter(speaking.get, speaking)]
    )
    if allow_unknown_types and not wish.is_alone:
        raise misuse(
            "IF855",
            "--allow-unknown-types and --stack are given together",
            why="no stack can have resources of types that are not installed",
            remedy="leave one of them out",
        )
    # Under --detailed-exitcode the number 2 means changes, not wrong usage.
    changes_exit = _CHANGES_PRESENT if detailed_exitcode else int(ExitCode.DONE)
    if not wish.is_alone:
        load("stack_plan").plan_stack(
            wish,
            flags,
            replace=replace,
            refresh=refresh,
            guard=Guard(policy_file_during_update=policy_file_during_update),
            looks=not no_look,
            changes_exit=ExitCode(changes_exit),
            wrong_exit=ExitCode.FAILED if detailed_exitcode else ExitCode.DONE,
        )
        return
    screen = begin(flags)
    outlook = _outlook(wish, flags, allow_unknown_types=allow_unknown_types)
    screen.diagnose(doubts_of_region(outlook.region))
    screen.diagnose(outlook.warnings)
    if form is None:
        screen.say(*outlook_lines(outlook, screen.paint))
        screen.give(outlook_json(outlook))
    else:
        _draw(screen, outlook, form, expand=expand, show_parameters=show_parameters)
    changed = bool(outlook.resources)
    click.get_current_context().exit(changes_exit if changed else ExitCode.DONE)


def _check_choice(wish: Wish, form: str | None, *, drawing: bool, of_stacks: Sequence[str]) -> None:
    """Refuse flags that mean nothing together; `of_stacks` are those given that need a stack."""
    if wish.template == STANDARD_INPUT and wish.parameter_file == STANDARD_INPUT:
        raise misuse(
            "IF827",
            "the template and the parameters cannot both be read from standard input",
            remedy="name a file for one of them",
        )
    if form is not None and not wish.is_alone:
        raise misuse(
            "IF850",
            "--graph and --stack are given together",
            why="the graph is that of the template, and no stack is looked at for it",
            remedy="leave --stack out; -p and --parameters say what the template is given",
        )
    if drawing and form is None:
        raise misuse(
            "IF851",
            "--expand and --show-parameters are for a graph, and none is asked for",
            remedy="add --graph text, or leave them out",
        )
    if wish.is_alone and of_stacks:
        raise misuse(
            "IF852",
            f"{of_stacks[0]} is given without --stack",
            why="it speaks of what exists, and without --stack only the template is looked at",
            remedy="add --stack NAME, or leave it out",
        )


def _outlook(wish: Wish, flags: Flags, *, allow_unknown_types: bool) -> Outlook:
    """What the template would make; raises CommandRefused or TemplateError with every fault."""
    named = read_wish(wish, lambda: _region(flags))
    return outlook_of(
        named.template,
        named.template_name,
        named.parameters,
        named.region,
        open_catalog(),
        allow_unknown_types=allow_unknown_types,
    )


def _region(flags: Flags) -> str:
    """The region that was given, if any; raises CommandRefused for what is none."""
    region = settings.resolve({"region": flags.region}, os.environ).region
    if region:
        check_region(region)
    return region


def _draw(
    screen: Screen, outlook: Outlook, form: str, *, expand: bool, show_parameters: bool
) -> None:
    sketch = sketch_of(outlook, expand=expand, with_parameters=show_parameters)
    lines = drawn(sketch, form, get_terminal_size().columns if screen.is_terminal else None)
    screen.say(*lines)
    screen.give({"form": form, "graph": "\n".join(lines) + "\n"})
