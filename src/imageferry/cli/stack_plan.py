"""A plan against a stack: the change set of a deploy, shown and not carried out."""

from __future__ import annotations

from imageferry.cli.deploy import stack_request
from imageferry.cli.display.change_sets import change_set_lines
from imageferry.cli.exits import ExitCode
from imageferry.cli.flags import Flags, Guard, Wish
from imageferry.cli.sessions import Session, run
from imageferry.model.forecasts import Lookahead
from imageferry.model.plan_json import change_set_json


def plan_stack(
    wish: Wish,
    flags: Flags,
    *,
    replace: bool,
    refresh: bool,
    guard: Guard,
    looks: bool,
    changes_exit: ExitCode,
    wrong_exit: ExitCode,
) -> None:
    """Show what a deploy would change, and with `looks` what the cloud would say of it.

    Exits with `changes_exit` where that is anything, `wrong_exit` where the cloud would refuse it.
    """
    request = stack_request(wish, flags, replace=replace, refresh=refresh, guard=guard)

    async def deed(session: Session) -> ExitCode:
        screen = session.screen
        session.greet(request.region)
        planned = await session.house.plane.plan(request, save=False)
        change_set = planned.change_set
        lookahead = Lookahead()
        if looks and planned.running is None:
            lookahead = await session.house.plane.look_ahead(planned)
        screen.say(*change_set_lines(change_set, screen.paint, lookahead=lookahead))
        if planned.running is not None:
            screen.say(f"operation {planned.running.operation_id} carries this out already")
        screen.give(change_set_json(change_set, session.house.plane.place.cloud, lookahead))
        changed = not change_set.is_empty or bool(change_set.blocked)
        if lookahead.refused:
            return wrong_exit
        return changes_exit if changed else ExitCode.DONE

    run(flags, deed)
