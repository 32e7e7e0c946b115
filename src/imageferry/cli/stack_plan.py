"""A plan against a stack: the change set of a deploy, shown and not carried out."""

from __future__ import annotations

from imageferry.cli.change_sets import change_set_json, change_set_lines
from imageferry.cli.deploy import stack_request
from imageferry.cli.exits import ExitCode
from imageferry.cli.flags import Flags, Wish
from imageferry.cli.sessions import Session, run


def plan_stack(wish: Wish, flags: Flags, *, replace: bool, changes_exit: int) -> None:
    """Show what a deploy would change; exits with `changes_exit` where that is anything."""
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
        return ExitCode(changes_exit) if changed else ExitCode.DONE

    run(flags, deed)
