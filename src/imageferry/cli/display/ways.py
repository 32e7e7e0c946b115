"""The ways out of where a stack stands: the commands that come next, from the table of statuses."""

from __future__ import annotations

from typing import NamedTuple

from imageferry.cli.display.rendering import clean
from imageferry.control.distributions.versions import TEMPLATE_NAME
from imageferry.control.requests import StackView
from imageferry.control.ways import open_ways
from imageferry.model.operations import Operation
from imageferry.model.stacks import Stack
from imageferry.model.statuses import Verb


class Way(NamedTuple):
    """One command, and what it does from here."""

    verb: Verb
    command: str
    says: str


def ways_out(
    stack: Stack, operation: Operation | None = None, is_run: bool | None = None
) -> list[Way]:
    """What may be asked of a stack from here, the nearest way first, as commands."""
    return [
        Way(verb, _command(stack, verb), effect.value)
        for verb, effect in open_ways(stack, operation, is_run)
    ]


def _command(stack: Stack, verb: Verb) -> str:
    if verb is Verb.DEPLOY:
        return deploying(stack)
    return f"imageferry {verb.value} --stack {clean(stack.name)}"


def deploying(stack: Stack) -> str:
    """The command that brings a stack to a template: one that was distributed is in no file."""
    name = clean(stack.name)
    if stack.template_name != TEMPLATE_NAME:
        return f"imageferry deploy TEMPLATE --stack {name}"
    return f"imageferry distribute IMAGE --from {clean(stack.place.region)} --to … --stack {name}"


def way_lines(view: StackView) -> list[str]:
    """The ways out as `show` lists them."""
    ways = ways_out(view.stack, view.operation, view.is_run)
    columns = max((len(way.command) for way in ways), default=0)
    return [f"{way.command.ljust(columns)}  {way.says}" for way in ways]


def remedy_of(stack: Stack, *, has_cause: bool = True) -> str:
    """The ways out in one sentence, for the end of a command that failed, or was cancelled."""
    ways = ways_out(stack)
    if not ways:
        return ""
    first, *others = ways
    begin = "mend the cause, then " if has_cause else ""
    said = f'{begin}"{first.command}" {first.says}'
    return "; or ".join([said, *(f'"{way.command}"' for way in others)])
