"""The turns of a distribution: what was open, what comes, what goes, and what could not go after all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from imageferry.cli.deploy import execute_plan
from imageferry.cli.display.distributions import outline_json, outline_lines
from imageferry.cli.exits import ExitCode
from imageferry.cli.flags import Patience
from imageferry.cli.refusals import CommandRefused
from imageferry.cli.screens import gathering
from imageferry.cli.sessions import Session
from imageferry.control.distributions.outlines import Outline, outline
from imageferry.control.distributions.wishes import DistributionRefused, Wish
from imageferry.control.requests import ExecutionOptions, StackRequest
from imageferry.model.handlers import HandlerAction
from imageferry.model.operations import Operation
from imageferry.model.statuses import StepStatus
from imageferry.model.values import Json

_TURNS: Final = 5
"""How often it is planned at most: after what was open, for what comes, for what goes, and after
deletions were refused, once more than that."""


class Asking(NamedTuple):
    """Whether nobody is asked, and whether the cloud is asked first (None: where somebody is)."""

    yes: bool
    looks: bool | None


async def outlined(session: Session, wish: Wish, told: Sequence[Outline] = ()) -> Outline:
    """What the wish comes to; of what may go only that which was `told` before, if anything was.

    Raises CommandRefused with everything that is wrong.
    """
    shown = next((one for one in told if not one.is_resumed), None)
    going = None
    if shown is not None:
        going = frozenset(one.copy.logical_id for one in shown.retiring)
    try:
        return await outline(session.house.plane.desk, wish, going=going)
    except DistributionRefused as refused:
        raise CommandRefused(ExitCode.WRONG_USAGE, refused.diagnostics) from refused


async def distribute(
    session: Session, wish: Wish, options: ExecutionOptions, patience: Patience, asking: Asking
) -> ExitCode:
    """Bring the stack to what is wished, in as many operations as that takes.

    What comes is an operation of its own where something goes as well: whoever needs an old copy
    meanwhile is seen before that goes. Where nobody waits for it, it is one.
    """
    screen = session.screen
    code = ExitCode.FAILED
    document: Json = None
    told: list[Outline] = []
    operations = 0
    found = await outlined(session, wish)
    for turn in range(_TURNS):
        screen.say(*([""] if turn else []), *outline_lines(found, screen.paint), "")
        told.append(found)
        bringing = None if patience.no_wait else found.bringing
        operation: Operation | None = None
        for request in filter(None, (found.adoption, bringing or found.request)):
            inner, given = gathering(screen)
            aside = replace(session, screen=inner)
            wanting = Asking(asking.yes or turn > 0, asking.looks and not turn)
            code, operation = await _carry_out(aside, request, options, patience, wanting)
            operations += operation is not None
            document = given() or document
            if code is not ExitCode.DONE:
                break
        is_done = code is ExitCode.DONE
        goes_on = found.is_resumed or bringing is not None
        if patience.no_wait or (is_done and not goes_on):
            break
        if not is_done and not await _only_deletions_failed(session, operation):
            break
        found = await outlined(session, wish, told)
        if not goes_on and found.adoption is None:
            # Nobody can tell why it could not go: the next run tries again.
            told.append(found)
            break
    if operations > 1 and code in {ExitCode.FAILED, ExitCode.NOT_AUTHORISED}:
        code = ExitCode.PARTLY_DONE
    shown = document if isinstance(document, dict) else {}
    screen.give({**shown, "distribution": outline_json(_summed(told))})
    return code


def _summed(told: Sequence[Outline]) -> Outline:
    """The last outline, with all that came and went in the turns before it."""
    last = told[-1]
    arriving = {one.logical_id: one for each in told for one in each.arriving}
    retiring = {one.copy.logical_id: one for each in told for one in each.retiring}
    for one in last.kept:
        retiring.pop(one.copy.logical_id, None)
    return replace(last, arriving=tuple(arriving.values()), retiring=tuple(retiring.values()))


async def _carry_out(
    session: Session,
    request: StackRequest,
    options: ExecutionOptions,
    patience: Patience,
    asking: Asking,
) -> tuple[ExitCode, Operation | None]:
    """The exit code, and the operation that came of it; None where nothing was begun."""
    house = session.house
    planned = await house.plane.plan(request)
    code = await execute_plan(
        session, planned, options, patience, yes=asking.yes, looks=asking.looks
    )
    operation = await house.store.last_operation(planned.stack.stack_id)
    is_its = operation and operation.change_set_id == planned.change_set.change_set_id
    return code, operation if is_its else None


async def _only_deletions_failed(session: Session, operation: Operation | None) -> bool:
    """True where all that failed of an operation is the deletion of copies."""
    if operation is None or operation.status.is_open:
        return False
    records = await session.house.store.records(operation.operation_id)
    failed = [one for one in records if one.status is StepStatus.FAILED]
    return bool(failed) and all(one.action is HandlerAction.DELETE for one in failed)
