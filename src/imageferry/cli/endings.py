"""How an operation ended: what is said about it, and with which code the command exits."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from imageferry.assembly.house import is_shared
from imageferry.cli.display.documents import stack_word, view_json
from imageferry.cli.display.progress import remarks_of
from imageferry.cli.display.remains import ids_of, remains_lines
from imageferry.cli.display.rendering import clean, counted, indented, show_duration
from imageferry.cli.display.views import colour_of, output_lines
from imageferry.cli.display.ways import remedy_of, way_lines
from imageferry.cli.exits import ExitCode
from imageferry.cli.flags import Patience
from imageferry.cli.following import Ending, follow
from imageferry.cli.retained import retained_by, retained_json, retained_lines
from imageferry.cli.sessions import Session
from imageferry.control.aftermath import remains_of
from imageferry.control.requests import StackView
from imageferry.model.changes import ChangeKind, ChangeSet
from imageferry.model.diagnostics import Diagnostic, error
from imageferry.model.events import Event
from imageferry.model.handlers import Context, ErrorCode, HandlerAction
from imageferry.model.operations import Operation, StepRecord
from imageferry.model.stacks import Stack
from imageferry.model.statuses import OperationStatus, ResourceStatus, StepStatus

_NOT_AUTHORISED: Final = frozenset(
    {ErrorCode.ACCESS_DENIED.value, ErrorCode.INVALID_CREDENTIALS.value}
)
_WHOLE: Final = frozenset({ResourceStatus.CREATED, ResourceStatus.UPDATED})
_MADE: Final = frozenset({HandlerAction.CREATE, HandlerAction.UPDATE, HandlerAction.DELETE})


def exit_code(operation: Operation, records: Sequence[StepRecord]) -> ExitCode:
    """The exit code of a command whose operation has come to an end.

    What was made and kept although something failed is "partly done"; where nothing is kept, the
    cloud's refusal to authorise is told from other failures.
    """
    if operation.status is OperationStatus.SUCCEEDED:
        return ExitCode.DONE
    failed = [one for one in records if one.status is StepStatus.FAILED]
    is_kept = operation.status is OperationStatus.FAILED and any(
        one.status is StepStatus.DONE and one.phase == 0 and one.action in _MADE for one in records
    )
    if is_kept:
        return ExitCode.PARTLY_DONE
    if any(one.error_code in _NOT_AUTHORISED for one in failed):
        return ExitCode.NOT_AUTHORISED
    return ExitCode.FAILED


def failures(stack_name: str, records: Sequence[StepRecord]) -> list[Diagnostic]:
    """One diagnostic for each step that failed, the first failure first."""
    failed = [one for one in records if one.status is StepStatus.FAILED]
    failed.sort(key=lambda one: (one.phase, one.ended_at or 0.0))
    return [
        error(
            "IF701",
            f"{stack_name}/{one.address}: {one.action.value}: {one.reason or 'failed'}",
            why=", ".join(
                said
                for part, said in (
                    (one.error_code, one.error_code),
                    (one.request_id, f"request id {one.request_id}"),
                )
                # The reason of a handler may tell them already.
                if part and part not in one.reason
            ),
        )
        for one in failed
    ]


async def carry_out(
    session: Session,
    operation: Operation,
    stack: Stack,
    change_set: ChangeSet | None,
    patience: Patience,
    *,
    wanted: AbstractSet[OperationStatus] = frozenset(),
) -> ExitCode:
    """Follow an open operation, say how it ended, and give the exit code.

    `wanted` are the ends that a command which cancels has asked for: they are its success.
    """
    screen = session.screen
    if patience.no_wait:
        await _leave_to_workers(session, operation)
        screen.give(view_json(await session.house.plane.view(stack.stack_id)))
        return ExitCode.DONE
    ending, rows = await follow(session, operation, stack, change_set, patience.wait_timeout)
    view = await session.house.plane.view(stack.stack_id)
    remains: tuple[Context, ...] = ()
    kept: list[Event] = []
    match ending:
        case Ending.INTERRUPTED | Ending.TIMED_OUT:
            screen.say(*remarks_of(rows))
            code = _left(session, ending, view, operation)
        case Ending.PARKED:
            screen.say(*remarks_of(rows))
            code = await _parked(session, view, operation)
        case Ending.ENDED:
            records = await session.house.store.records(operation.operation_id)
            remains = remains_of(records)
            screen.say(*remarks_of(rows, ids_of(remains)))
            code = await _ended(session, view, operation, records, wanted, change_set)
            screen.say(*remains_lines(remains))
            kept = await retained_by(session, operation, change_set)
            screen.say(*retained_lines(kept))
    screen.give({**view_json(view, remains), "retained": retained_json(kept)})
    return code


async def _leave_to_workers(session: Session, operation: Operation) -> None:
    """Say who will run it; a warning where nobody would."""
    where = "database" if is_shared(session.settings) else "home"
    crew = await session.house.dispatcher.crew()
    if crew.number:
        session.screen.say(
            f"operation {operation.operation_id} is left to the workers of this {where}"
        )
        return
    session.screen.warn(
        [
            f"operation {operation.operation_id} is recorded and nobody runs it: no worker"
            f" lives on this {where}",
            '  to run it: "imageferry worker", or the same command again without --no-wait',
        ]
    )


def _left(session: Session, ending: Ending, view: StackView, operation: Operation) -> ExitCode:
    name = clean(view.stack.name)
    interrupted = ending is Ending.INTERRUPTED
    said = "interrupted" if interrupted else "stopped watching"
    turns_back = _turns_back(view.operation or operation)
    on = "to go on with the undoing" if turns_back else "to re-attach"
    way = f"to undo it:   imageferry cancel --stack {name}"
    if turns_back:
        way = f"to break it off: imageferry cancel --stack {name} --break-off"
    elif operation.kind is ChangeKind.DELETE:
        way = f"to stop it where it is: imageferry cancel --stack {name}"
    session.screen.warn(
        [
            f"{said}: operation {operation.operation_id} stays open; copies in the cloud go on",
            f"  {on}: give the same command again, or imageferry retry --stack {name}",
            f"  {way}",
        ]
    )
    return ExitCode.INTERRUPTED if interrupted else ExitCode.STOPPED_WATCHING


def _turns_back(operation: Operation) -> bool:
    """True where an operation undoes something, or has been asked to."""
    if operation.kind is ChangeKind.DELETE:
        return False
    is_undoing = operation.kind is ChangeKind.ROLLBACK or operation.rollback_id is not None
    return is_undoing or operation.cancel_requested


async def _parked(session: Session, view: StackView, operation: Operation) -> ExitCode:
    name = clean(view.stack.name)
    found = await session.house.plane.operation(operation.operation_id) or operation
    session.screen.diagnose(
        [
            error(
                "IF702",
                f"operation {operation.operation_id} is parked: {found.reason}",
                why="it was begun again and again without getting on",
                remedy=f'"imageferry retry --stack {name}" lets it go on,'
                f' "imageferry cancel --stack {name}" undoes it',
            )
        ]
    )
    return ExitCode.FAILED


async def _ended(
    session: Session,
    view: StackView,
    operation: Operation,
    records: Sequence[StepRecord],
    wanted: AbstractSet[OperationStatus],
    change_set: ChangeSet | None,
) -> ExitCode:
    screen = session.screen
    found = await session.house.plane.operation(operation.operation_id) or operation
    stack = view.stack
    code = exit_code(found, records)
    word = stack_word(stack.status, stack.dialect)
    took = show_duration((found.ended_at or found.started_at) - found.started_at)
    if code is ExitCode.DONE:
        screen.say(
            f'stack "{clean(stack.name)}" is {screen.paint(word, colour_of(word))} after {took}'
        )
        if stack.outputs and found.kind is not ChangeKind.DELETE:
            screen.say("outputs:", *indented(output_lines(stack)))
        return code
    if found.status in wanted:
        screen.say(
            f'stack "{clean(stack.name)}" is {screen.paint(word, colour_of(word))} after {took}',
            "what can be done:",
            *indented(way_lines(view)),
        )
        return ExitCode.DONE
    told = failures(clean(stack.name), records)
    why = [] if told else [found.reason or stack.status_reason]
    if code is ExitCode.PARTLY_DONE and found.kind is not ChangeKind.DELETE:
        why.insert(0, _usable(view, change_set))
    told.append(
        error(
            "IF703",
            f'stack "{clean(stack.name)}" is {word} after {took}',
            why="; ".join(why),
            remedy=remedy_of(stack, has_cause=not found.cancel_requested),
        )
    )
    screen.diagnose(told)
    return code


def _usable(view: StackView, change_set: ChangeSet | None) -> str:
    """How much of the stack is there, of all that it has or should have; some was never begun."""
    whole = sum(one.resource.status in _WHOLE for one in view.resources)
    addresses = {str(one.resource.address) for one in view.resources}
    if change_set is not None:
        addresses |= {str(one.address) for one in change_set.changes if one.wanted is not None}
    return f"{whole} of {counted(len(addresses), 'resource')} can be used"
