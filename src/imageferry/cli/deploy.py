"""`imageferry deploy`: plan, show, ask, execute, and watch to the end."""

from __future__ import annotations

from typing import Final

import click

from imageferry.cli.display.change_sets import change_count, change_set_lines
from imageferry.cli.display.documents import view_json
from imageferry.cli.display.rendering import clean
from imageferry.cli.endings import carry_out
from imageferry.cli.exits import ExitCode
from imageferry.cli.flags import (
    NO_GUARD,
    Flags,
    Guard,
    Patience,
    Wish,
    guard_flags,
    house_flags,
    look_option,
    parallel_option,
    patience_flags,
    refresh_option,
    remains_option,
    template_flags,
    timeout_option,
    yes_option,
)
from imageferry.cli.policies import read_policy
from imageferry.cli.questions import agrees, need_answerer
from imageferry.cli.refusals import CommandRefused
from imageferry.cli.sessions import Session, need_region, run, settings_of
from imageferry.cli.wishes import read_wish
from imageferry.control.requests import ExecutionOptions, Planned, StackRequest
from imageferry.model.changes import ChangeSet
from imageferry.model.diagnostics import Diagnostic, error
from imageferry.model.forecasts import Lookahead
from imageferry.model.operations import OnFailure, Operation


def stack_request(
    wish: Wish, flags: Flags, *, replace: bool, refresh: bool = False, guard: Guard = NO_GUARD
) -> StackRequest:
    """What the command line asks for; raises CommandRefused with all that is wrong with it."""
    named = read_wish(wish, lambda: need_region(settings_of(flags)))
    return StackRequest(
        stack_name=wish.stack_name,
        region=named.region,
        template=named.template,
        template_name=named.template_name,
        parameters=named.parameters,
        replace=True if replace else None,
        refresh=refresh,
        is_protected=guard.is_protected,
        policy=read_policy(guard.policy_file),
        policy_during_update=read_policy(guard.policy_file_during_update),
    )


@click.command(
    "deploy",
    epilog="""\b
Examples:
  imageferry deploy copy.yml --stack golden --region cn-hangzhou \\
      -p ImageId=m-golden0000000000001 -p DestinationRegionId=ap-southeast-1
  imageferry deploy fan-out.yml -s golden --parameters values.json --yes --json
  imageferry deploy copy.yml -s golden --replace --on-failure rollback --timeout 90m

\b
A stack that exists is updated. A deploy that was interrupted is taken up again by the same
command; no copy is made twice.


Before it asks, it looks ahead as plan does: what the cloud would refuse, what is there already, how
much is to be copied. With --yes it does not, unless --look is given; then a change that the
cloud would refuse ends it before the first call.
""",
)
@template_flags
@yes_option
@click.option(
    "--on-failure",
    type=click.Choice([choice.value for choice in OnFailure]),
    default=OnFailure.KEEP.value,
    show_default=True,
    help="What becomes of what was made, where something fails.",
)
@click.option("--replace", is_flag=True, help="Allow changes that make a new image.")
@refresh_option
@remains_option
@look_option
@guard_flags
@parallel_option
@timeout_option
@patience_flags
@house_flags
def deploy_command(
    wish: Wish,
    yes: bool,
    on_failure: str,
    replace: bool,
    refresh: bool,
    deletes_remains: bool,
    look: bool | None,
    guard: Guard,
    parallel: int | None,
    timeout: float | None,
    patience: Patience,
    flags: Flags,
) -> None:
    """Create the stack that TEMPLATE declares, or update it.

    Shows what will change and asks before anything is done.
    """
    need_answerer(yes=yes, deed="deploy")
    request = stack_request(wish, flags, replace=replace, refresh=refresh, guard=guard)
    options = ExecutionOptions(
        on_failure=OnFailure(on_failure),
        parallel=parallel or 0,
        timeout=timeout,
        deletes_remains=deletes_remains,
    )

    async def deed(session: Session) -> ExitCode:
        session.greet(request.region)
        planned = await session.house.plane.plan(request)
        return await execute_plan(session, planned, options, patience, yes=yes, looks=look)

    run(flags, deed)


async def execute_plan(
    session: Session,
    planned: Planned,
    options: ExecutionOptions,
    patience: Patience,
    *,
    yes: bool,
    looks: bool | None = None,
) -> ExitCode:
    """Show a plan, ask, and carry it out; or re-attach to the operation that does so already.

    `looks`: ask the cloud first what it would refuse; None leaves that to whether a person is asked.
    Under `yes` such a refusal ends it here, otherwise the person decides.
    """
    screen = session.screen
    plane = session.house.plane
    if planned.running is not None:
        operation = await plane.execute(planned, options)
        return await _reattach(session, operation, patience)
    change_set = planned.change_set
    lookahead = Lookahead()
    if not change_set.blocked and (not yes if looks is None else looks):
        lookahead = await plane.look_ahead(planned, deletes_remains=options.deletes_remains)
    lines = change_set_lines(change_set, screen.paint, with_reasons=False, lookahead=lookahead)
    screen.say(*lines)
    if change_set.blocked:
        raise _blocked(change_set)
    if yes and lookahead.refused:
        raise _refused(change_set, lookahead)
    if await _is_settled(session, planned):
        await plane.settle(planned)
        screen.say(f'stack "{clean(change_set.stack_name)}" is as the template wants it')
        screen.give(view_json(await plane.view(planned.stack.stack_id)))
        return ExitCode.DONE
    if not yes and not agrees(screen, _question(change_set, lookahead)):
        screen.warn(["nothing was done"])
        return ExitCode.FAILED
    return await begin_plan(session, planned, options, patience)


async def begin_plan(
    session: Session, planned: Planned, options: ExecutionOptions, patience: Patience
) -> ExitCode:
    """Carry out what was agreed to, or re-attach to the operation that does so already."""
    operation = await session.house.plane.execute(planned, options)
    if operation.change_set_id != planned.change_set.change_set_id or planned.running is not None:
        return await _reattach(session, operation, patience)
    return await carry_out(session, operation, planned.stack, planned.change_set, patience)


def _question(change_set: ChangeSet, lookahead: Lookahead) -> str:
    number = len(lookahead.refused)
    doubt = f", though the cloud would refuse {number} of them" if number else ""
    return f"carry out {change_count(change_set)}{doubt}?"


def _refused(change_set: ChangeSet, lookahead: Lookahead) -> CommandRefused:
    """The end before the first call: every refusal that is certain, and that nothing was done."""
    certain: list[Diagnostic] = [
        diagnostic
        for address in lookahead.refused
        for diagnostic in lookahead.diagnostics[address]
        if diagnostic.is_error
    ]
    return CommandRefused(
        ExitCode.FAILED,
        [
            *certain,
            error(
                "IF859",
                f'the cloud would refuse a part of the stack "{change_set.stack_name}";'
                " nothing was done",
                why="--look was given, and changes that would fail are not begun",
                remedy="mend what is named, or leave --look out to carry out all that can be done",
            ),
        ],
    )


async def _reattach(session: Session, operation: Operation, patience: Patience) -> ExitCode:
    """Follow an operation that does already what is asked for."""
    session.screen.say(
        f"re-attached to operation {operation.operation_id}, which does what is asked for"
    )
    stack = await session.house.plane.find(operation.stack_id)
    kept = await session.house.store.change_set(operation.change_set_id)
    return await carry_out(session, operation, stack, kept, patience)


_FORBIDDEN: Final = "IF831"
_BY_POLICY: Final = "the stack policy forbids it"


def _blocked(change_set: ChangeSet) -> CommandRefused:
    codes = {fault.code for fault in change_set.blocked}
    why = "a property that cannot be edited differs from what exists"
    remedy = "give --replace to make the resource anew, or take the change back"
    if _FORBIDDEN in codes:
        why = _BY_POLICY if len(codes) == 1 else f"{why}, or {_BY_POLICY}"
        remedy = "take the change back, or give --stack-policy-during-update FILE"
    return CommandRefused(
        ExitCode.FAILED,
        [
            *change_set.blocked,
            error(
                "IF812",
                f'stack "{change_set.stack_name}" cannot be changed like this; nothing was done',
                why=why,
                remedy=remedy,
            ),
        ],
    )


async def _is_settled(session: Session, planned: Planned) -> bool:
    """True where carrying the plan out would change nothing, not even what is left over."""
    if not planned.is_current:
        return False
    view = await session.house.plane.view(planned.stack.stack_id)
    return not any(one.resource.leftovers for one in view.resources)
