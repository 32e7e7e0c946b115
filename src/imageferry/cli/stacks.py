"""`imageferry list`, `show`, `events` and `outputs`: what there is, and what has happened."""

from __future__ import annotations

import json
from dataclasses import replace

import click

from imageferry.cli.display.documents import events_json, outputs_json, stacks_json, view_json
from imageferry.cli.display.remains import remains_lines
from imageferry.cli.display.rendering import clean_lines
from imageferry.cli.display.views import event_lines, output_lines, stack_rows, view_lines
from imageferry.cli.exits import ExitCode
from imageferry.cli.flags import Flags, house_flags, stack_option
from imageferry.cli.refusals import misuse
from imageferry.cli.screens import beside
from imageferry.cli.sessions import Session, run
from imageferry.control.aftermath import remains_of
from imageferry.control.requests import StackAmbiguous, StackView
from imageferry.model.events import Event
from imageferry.model.handlers import Context
from imageferry.model.stacks import Stack
from imageferry.model.statuses import OperationStatus
from imageferry.model.values import mask
from imageferry.ports.keeping import StoreError

_PAGE = 1000


async def find_stack(session: Session, name: str) -> Stack:
    """The stack of that name or id, and the first line that says where it is."""
    stack = await seek_stack(session, name)
    session.greet(stack.place.region)
    return stack


async def seek_stack(session: Session, name: str) -> Stack:
    """The stack of that name or id: in `--region`, or wherever there is only one of the name.

    The environment's region decides only between several.
    """
    plane = session.house.plane
    try:
        stack = await plane.find(name, session.flagged_region)
    except StackAmbiguous as fault:
        if session.flagged_region or session.settings.region not in fault.regions:
            raise
        stack = await plane.find(name, session.settings.region)
    return stack


@click.command(
    "list",
    epilog="""\b
Examples:
  imageferry list
  imageferry list --region cn-hangzhou --json
""",
)
@click.option("--deleted", is_flag=True, help="Show deleted stacks too.")
@house_flags
def list_command(deleted: bool, flags: Flags) -> None:
    """List the stacks of every region, or of --region."""

    async def deed(session: Session) -> ExitCode:
        session.greet(flags.region or "")
        plane = session.house.plane
        stacks = await plane.stacks(flags.region, with_deleted=deleted)
        session.screen.say(*stack_rows(stacks, session.screen.paint))
        session.screen.give(stacks_json(stacks, plane.place.cloud))
        return ExitCode.DONE

    run(flags, deed)


@click.command(
    "show",
    epilog="""\b
Examples:
  imageferry show --stack golden
  imageferry show --stack golden --json
""",
)
@stack_option
@house_flags
def show_command(stack_name: str, flags: Flags) -> None:
    """Show a stack: its status, parameters, resources, what is left over, and its outputs."""

    async def deed(session: Session) -> ExitCode:
        stack = await find_stack(session, stack_name)
        view = await _attended(session, await session.house.plane.view(stack.stack_id))
        remains: tuple[Context, ...] = ()
        if view.operation is not None and not view.operation.status.is_open:
            remains = remains_of(await session.house.store.records(view.operation.operation_id))
        session.screen.say(*view_lines(view, session.screen.paint))
        session.screen.say(*(["", *remains_lines(remains)] if remains else []))
        session.screen.give(view_json(view, remains))
        return ExitCode.DONE

    run(flags, deed)


async def _attended(session: Session, view: StackView) -> StackView:
    """The view with whether anybody works on its operation, where that can be told."""
    operation = view.operation
    if operation is None or operation.status is not OperationStatus.RUNNING:
        return view
    try:
        is_run = await session.house.dispatcher.is_run(operation.operation_id)
    except StoreError as away:
        session.screen.warn([f"whether anybody works on it cannot be told: {away}"])
        return view
    return replace(view, is_run=is_run)


@click.command(
    "events",
    epilog="""\b
Examples:
  imageferry events --stack golden
  imageferry events --stack golden --last 20 --json
""",
)
@stack_option
@click.option(
    "--last", metavar="N", type=click.IntRange(min=1), help="Only the last so many events."
)
@click.option("--resource", metavar="LOGICAL_ID", help="Only the events of this resource.")
@house_flags
def events_command(stack_name: str, last: int | None, resource: str | None, flags: Flags) -> None:
    """Show a stack's history, oldest first."""

    async def deed(session: Session) -> ExitCode:
        stack = await find_stack(session, stack_name)
        events = await _events(session, stack)
        if resource is not None:
            events = [event for event in events if event.address == resource]
        events = events[-last:] if last else events
        session.screen.say(*event_lines(events, stack, session.screen.paint))
        session.screen.give(events_json(stack, events))
        return ExitCode.DONE

    run(flags, deed)


async def _events(session: Session, stack: Stack) -> list[Event]:
    events: list[Event] = []
    while True:
        after = events[-1].sequence if events else 0
        page = await session.house.plane.events(stack.stack_id, after, _PAGE)
        events += page
        if len(page) < _PAGE:
            return events


@click.command(
    "outputs",
    epilog="""\b
Examples:
  imageferry outputs --stack golden
  imageferry outputs CopyImageIds --stack golden
  imageferry outputs CopyImageIds --stack golden --json
""",
)
@click.argument("name", required=False)
@stack_option
@house_flags
def outputs_command(name: str | None, stack_name: str, flags: Flags) -> None:
    """Show a stack's outputs; with NAME only that one's value, text as it is, the rest as JSON."""

    async def deed(session: Session) -> ExitCode:
        # One output's value stands alone on stdout, so that a script can take it as it is.
        screen = session.screen if name is None else beside(session.screen)
        stack = await find_stack(replace(session, screen=screen), stack_name)
        if name is not None and name not in stack.outputs:
            raise misuse(
                "IF815",
                f'stack "{stack.name}" has no output "{name}"',
                remedy=f"it has {', '.join(stack.outputs)}" if stack.outputs else "it has none",
            )
        if name is None:
            screen.say(*(output_lines(stack) or ["there are no outputs"]))
        else:
            value = mask(stack.outputs[name])
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            session.screen.say(clean_lines(text))
        screen.give(outputs_json(stack, name))
        return ExitCode.DONE

    run(flags, deed)
