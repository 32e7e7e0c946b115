"""`imageferry delete`, `cancel`, `retry`, `continue-rollback`, `protect`: deeds on what exists."""

from __future__ import annotations

import sys
from typing import Final

import click

from imageferry.cli.deploy import execute_plan
from imageferry.cli.display.documents import view_json
from imageferry.cli.display.rendering import clean
from imageferry.cli.endings import carry_out
from imageferry.cli.exits import ExitCode
from imageferry.cli.flags import (
    Flags,
    Patience,
    during_update_option,
    house_flags,
    parallel_option,
    patience_flags,
    remains_option,
    stack_option,
    timeout_option,
    yes_option,
)
from imageferry.cli.policies import read_policy
from imageferry.cli.questions import agrees, need_answerer
from imageferry.cli.sessions import Session, run
from imageferry.cli.stacks import find_stack
from imageferry.control.requests import ExecutionOptions, Leave, Planned
from imageferry.model.operations import OnFailure, Operation
from imageferry.model.stacks import Stack
from imageferry.model.statuses import OperationStatus


@click.command(
    "delete",
    epilog="""\b
Examples:
  imageferry delete --stack golden
  imageferry delete --stack golden --region cn-hangzhou --yes --json
  imageferry delete --stack golden --retain Base --retain 'Copy[3]'

\b
What is named with --retain stays in the cloud, and so does what has the DeletionPolicy Retain; it
is named at the end, and can be adopted again. Snapshots that the cloud made for a copy stay as
well, and are named at the end; --delete-snapshots deletes those that nothing else uses.
""",
)
@stack_option
@yes_option
@click.option(
    "--retain",
    multiple=True,
    metavar="LOGICAL_ID",
    help="Leave this resource in the cloud. May be repeated.",
)
@remains_option
@parallel_option
@timeout_option
@patience_flags
@house_flags
def delete_command(
    stack_name: str,
    yes: bool,
    retain: tuple[str, ...],
    deletes_remains: bool,
    parallel: int | None,
    timeout: float | None,
    patience: Patience,
    flags: Flags,
) -> None:
    """Delete a stack and what it made. Shows what goes, and asks."""
    need_answerer(yes=yes, deed="delete")
    options = ExecutionOptions(
        parallel=parallel or 0, timeout=timeout, deletes_remains=deletes_remains
    )

    async def deed(session: Session) -> ExitCode:
        stack = await find_stack(session, stack_name)
        planned = await session.house.plane.plan_delete(stack, retain)
        return await execute_plan(session, planned, options, patience, yes=yes)

    run(flags, deed)


@click.command(
    "cancel",
    epilog="""\b
Examples:
  imageferry cancel --stack golden
  imageferry cancel --stack golden --no-wait
  imageferry cancel --stack golden --break-off

\b
What is being undone already is not turned again; the command follows it. At a terminal it asks
whether to break that off, and --break-off says so where nobody can be asked: what is not undone yet
stays as it is, and continue-rollback, deploy or delete go on from there.
""",
)
@stack_option
@click.option(
    "--break-off",
    "breaks_off",
    is_flag=True,
    help="Give up an undoing that is under way, without asking.",
)
@patience_flags
@house_flags
def cancel_command(stack_name: str, breaks_off: bool, patience: Patience, flags: Flags) -> None:
    """Stop a running operation: calls in flight settle, then what it did is undone."""

    async def deed(session: Session) -> ExitCode:
        stack = await find_stack(session, stack_name)
        ends = breaks_off or await _agrees_to_break_off(session, stack)
        operation = await session.house.plane.cancel(stack, breaks_off=ends)
        operation_id, wanted = operation.operation_id, _UNDONE
        if operation.rollback_id is None:
            session.screen.say(f"cancelling operation {operation_id}")
        elif ends:
            session.screen.say(f"breaking off the rollback of operation {operation_id}")
            wanted = _BROKEN_OFF
        else:
            session.screen.say(
                f"operation {operation_id} is being undone already, and goes on with that",
                f"  to break it off: imageferry cancel --stack {clean(stack.name)} --break-off",
            )
        change_set = await session.house.store.change_set(operation.change_set_id)
        return await carry_out(session, operation, stack, change_set, patience, wanted=wanted)

    run(flags, deed)


_UNDONE: Final = frozenset({OperationStatus.ROLLED_BACK, OperationStatus.FAILED})
_BROKEN_OFF: Final = frozenset({OperationStatus.ROLLED_BACK, OperationStatus.ROLLBACK_FAILED})


async def _agrees_to_break_off(session: Session, stack: Stack) -> bool:
    """Ask whether an undoing that runs is to be given up; no where there is none, or no terminal."""
    operation = await session.house.store.last_operation(stack.stack_id)
    if operation is None or not operation.status.is_open or operation.rollback_id is None:
        return False
    if not sys.stdin.isatty():
        return False
    session.screen.say(
        f"operation {operation.operation_id} is being undone already. Breaking that off leaves what"
        " is not undone yet as it is; continue-rollback, deploy or delete go on from there"
    )
    return agrees(session.screen, "break it off?")


@click.command(
    "retry",
    epilog="""\b
Examples:
  imageferry retry --stack golden
  imageferry retry --stack golden --yes --on-failure rollback
  imageferry retry --stack golden --only 'Copy[3]' --only Base
  imageferry retry --stack golden --replace

\b
--only touches the resources that are named, and what they need that is not there yet. As long as
something else is still to be done the stack stays failed (exit 4).
""",
)
@stack_option
@yes_option
@click.option(
    "--only",
    multiple=True,
    metavar="LOGICAL_ID",
    help="Touch only this resource, and what it needs. May be repeated.",
)
@click.option(
    "--on-failure",
    type=click.Choice([choice.value for choice in OnFailure]),
    default=OnFailure.KEEP.value,
    show_default=True,
    help="What becomes of what was made, where something fails again.",
)
@click.option("--replace", is_flag=True, help="Allow changes that make a new image.")
@during_update_option
@remains_option
@parallel_option
@timeout_option
@patience_flags
@house_flags
def retry_command(
    stack_name: str,
    yes: bool,
    only: tuple[str, ...],
    on_failure: str,
    replace: bool,
    policy_file_during_update: str | None,
    deletes_remains: bool,
    parallel: int | None,
    timeout: float | None,
    patience: Patience,
    flags: Flags,
) -> None:
    """Let an operation go on that stopped, or plan a failed stack's template again and carry it out."""
    need_answerer(yes=yes, deed="retry")
    leave = Leave(replace, read_policy(policy_file_during_update))
    options = ExecutionOptions(
        on_failure=OnFailure(on_failure),
        parallel=parallel or 0,
        timeout=timeout,
        deletes_remains=deletes_remains,
    )

    async def deed(session: Session) -> ExitCode:
        stack = await find_stack(session, stack_name)
        begun = await session.house.plane.retry(stack, only, leave)
        return await _carry_on(session, stack, begun, options, patience, yes=yes)

    run(flags, deed)


async def _carry_on(
    session: Session,
    stack: Stack,
    begun: Planned | Operation,
    options: ExecutionOptions,
    patience: Patience,
    *,
    yes: bool,
    looks: bool | None = None,
) -> ExitCode:
    """Carry a plan out, or follow the operation that is open already."""
    match begun:
        case Planned():
            return await execute_plan(session, begun, options, patience, yes=yes, looks=looks)
        case Operation():
            session.screen.say(f"operation {begun.operation_id} goes on")
            kept = await session.house.store.change_set(begun.change_set_id)
            return await carry_out(session, begun, stack, kept, patience)


@click.command(
    "continue-rollback",
    epilog="""\b
Examples:
  imageferry continue-rollback --stack golden
  imageferry continue-rollback --stack golden --skip 'Copy[3]' --yes

\b
What is skipped stays as it is, in the cloud and in the record: the next deploy or delete tries
again what is still to be done there.
""",
)
@stack_option
@yes_option
@click.option(
    "--skip",
    multiple=True,
    metavar="LOGICAL_ID",
    help="Leave this resource as it is. May be repeated.",
)
@parallel_option
@timeout_option
@patience_flags
@house_flags
def continue_rollback_command(
    stack_name: str,
    yes: bool,
    skip: tuple[str, ...],
    parallel: int | None,
    timeout: float | None,
    patience: Patience,
    flags: Flags,
) -> None:
    """Go on with a rollback that failed, until the stack is what it was before."""
    need_answerer(yes=yes, deed="continue-rollback")
    options = ExecutionOptions(parallel=parallel or 0, timeout=timeout)

    async def deed(session: Session) -> ExitCode:
        stack = await find_stack(session, stack_name)
        begun = await session.house.plane.continue_rollback(stack, skip)
        return await _carry_on(session, stack, begun, options, patience, yes=yes, looks=False)

    run(flags, deed)


@click.command(
    "protect",
    epilog="""\b
Examples:
  imageferry protect --stack golden
  imageferry protect --stack golden --off
""",
)
@stack_option
@click.option("--off", is_flag=True, help="Allow again that the stack is deleted.")
@house_flags
def protect_command(stack_name: str, off: bool, flags: Flags) -> None:
    """Forbid that a stack is deleted; its resources may still be changed."""

    async def deed(session: Session) -> ExitCode:
        plane = session.house.plane
        stack = await plane.protect(await find_stack(session, stack_name), is_protected=not off)
        says = "can be deleted again" if off else "is protected: it cannot be deleted"
        session.screen.say(f'stack "{clean(stack.name)}" {says}')
        session.screen.give(view_json(await plane.view(stack.stack_id)))
        return ExitCode.DONE

    run(flags, deed)
