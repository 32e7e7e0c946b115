"""`imageferry delete`, `cancel` and `retry`: what can be done to a stack that exists."""

from __future__ import annotations

import click

from imageferry.cli.deploy import execute_plan
from imageferry.cli.endings import carry_out
from imageferry.cli.exits import ExitCode
from imageferry.cli.flags import (
    Flags,
    Patience,
    house_flags,
    parallel_option,
    patience_flags,
    stack_option,
    timeout_option,
    yes_option,
)
from imageferry.cli.questions import need_answerer
from imageferry.cli.sessions import Session, run
from imageferry.cli.stacks import find_stack
from imageferry.control.requests import ExecutionOptions, Planned
from imageferry.model.operations import OnFailure, Operation


@click.command(
    "delete",
    epilog="""\b
Examples:
  imageferry delete --stack golden
  imageferry delete --stack golden --region cn-hangzhou --yes --json

\b
Resources whose DeletionPolicy is Retain stay in the cloud. Snapshots that the cloud made for a
copy stay as well; they are named at the end.
""",
)
@stack_option
@yes_option
@parallel_option
@timeout_option
@patience_flags
@house_flags
def delete_command(
    stack_name: str,
    yes: bool,
    parallel: int | None,
    timeout: float | None,
    patience: Patience,
    flags: Flags,
) -> None:
    """Delete a stack and what it made. Shows what goes, and asks."""
    need_answerer(yes=yes, deed="delete")
    options = ExecutionOptions(parallel=parallel or 0, timeout=timeout)

    async def deed(session: Session) -> ExitCode:
        stack = await find_stack(session, stack_name)
        planned = await session.house.plane.plan_delete(stack)
        return await execute_plan(session, planned, options, patience, yes=yes)

    run(flags, deed)


@click.command(
    "cancel",
    epilog="""\b
Examples:
  imageferry cancel --stack golden
  imageferry cancel --stack golden --no-wait
""",
)
@stack_option
@patience_flags
@house_flags
def cancel_command(stack_name: str, patience: Patience, flags: Flags) -> None:
    """Stop a running operation: calls in flight settle, then what it did is undone."""

    async def deed(session: Session) -> ExitCode:
        stack = await find_stack(session, stack_name)
        operation = await session.house.plane.cancel(stack)
        session.screen.say(f"cancelling operation {operation.operation_id}")
        change_set = await session.house.store.change_set(operation.change_set_id)
        return await carry_out(session, operation, stack, change_set, patience, cancelling=True)

    run(flags, deed)


@click.command(
    "retry",
    epilog="""\b
Examples:
  imageferry retry --stack golden
  imageferry retry --stack golden --yes --on-failure rollback
""",
)
@stack_option
@yes_option
@click.option(
    "--on-failure",
    type=click.Choice([choice.value for choice in OnFailure]),
    default=OnFailure.KEEP.value,
    show_default=True,
    help="What becomes of what was made, where something fails again.",
)
@parallel_option
@timeout_option
@patience_flags
@house_flags
def retry_command(
    stack_name: str,
    yes: bool,
    on_failure: str,
    parallel: int | None,
    timeout: float | None,
    patience: Patience,
    flags: Flags,
) -> None:
    """Let a parked operation go on, or plan a failed stack's template again and carry it out."""
    need_answerer(yes=yes, deed="retry")
    options = ExecutionOptions(
        on_failure=OnFailure(on_failure), parallel=parallel or 0, timeout=timeout
    )

    async def deed(session: Session) -> ExitCode:
        stack = await find_stack(session, stack_name)
        begun = await session.house.plane.retry(stack)
        match begun:
            case Planned():
                return await execute_plan(session, begun, options, patience, yes=yes)
            case Operation():
                session.screen.say(f"operation {begun.operation_id} goes on")
                kept = await session.house.store.change_set(begun.change_set_id)
                return await carry_out(session, begun, stack, kept, patience)

    run(flags, deed)
