"""`imageferry plan`: what a deploy would change, at its lines, and nothing done."""

from __future__ import annotations

import click

from imageferry.cli.change_sets import change_set_json, change_set_lines
from imageferry.cli.deploy import stack_request
from imageferry.cli.exits import ExitCode
from imageferry.cli.flags import Flags, Wish, house_flags, template_flags
from imageferry.cli.sessions import Session, run

_CHANGES_PRESENT = 2


@click.command(
    "plan",
    epilog="""\b
Examples:
  imageferry plan copy.yml --stack golden --region cn-hangzhou -p ImageId=m-golden0000000000001
  imageferry plan copy.yml -s golden --parameters values.yml --detailed-exitcode --json

\b
Symbols:
  +  created       ~  changed in place     -/+  replaced
  -  deleted       >  moved to an index    !    blocked unless --replace
""",
)
@template_flags
@click.option("--replace", is_flag=True, help="Plan as if replacements were allowed.")
@click.option(
    "--detailed-exitcode",
    is_flag=True,
    help="Exit 0 where there is nothing to do, 2 where there are changes, 1 for anything wrong.",
)
@house_flags
def plan_command(
    wish: Wish,
    replace: bool,
    detailed_exitcode: bool,
    flags: Flags,
) -> None:
    """Show what a deploy of TEMPLATE would change, and change nothing."""
    request = stack_request(wish, flags, replace=replace)

    async def deed(session: Session) -> ExitCode:
        screen = session.screen
        session.greet(request.region)
        planned = await session.house.plane.plan(request, save=False)
        change_set = planned.change_set
        screen.say(*change_set_lines(change_set, screen.paint))
        if planned.running is not None:
            screen.say(f"operation {planned.running.operation_id} carries this out already")
        screen.give(change_set_json(change_set, session.house.plane.place.cloud))
        changed = not change_set.is_empty or bool(change_set.blocked)
        return _changes(changed, detailed_exitcode)

    run(flags, deed)


def _changes(changed: bool, detailed: bool) -> ExitCode:
    # Under --detailed-exitcode the number 2 means changes, not wrong usage.
    return ExitCode(_CHANGES_PRESENT) if changed and detailed else ExitCode.DONE
