"""The overview of a stack: what it is, what runs on it, why it failed, and what can be done next."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from imageferry.console.languages import Language
from imageferry.console.statuses import look_of
from imageferry.console.views.change_sets import undecided_of
from imageferry.console.views.frames import frame
from imageferry.console.views.stacks import DIALECTS, drift_of
from imageferry.console.views.standings import Standing, look_at, tally_of
from imageferry.console.visits import Visit, stack_path
from imageferry.control.aftermath import find_aftermath
from imageferry.control.ways import Effect, open_ways
from imageferry.model.command_lines import CommandLine, report_line, stack_line
from imageferry.model.handlers import Context
from imageferry.model.operations import OnFailure, Operation
from imageferry.model.stacks import Stack
from imageferry.model.statuses import OperationStatus, StackStatus, Verb
from imageferry.model.values import mask

_PAGES: Final[Mapping[Verb, str]] = MappingProxyType(
    {
        Verb.DEPLOY: "update",
        Verb.RETRY: "retry",
        Verb.CONTINUE_ROLLBACK: "rollback",
        Verb.CANCEL: "cancel",
        Verb.DELETE: "delete",
    }
)
_MOST_REMAINS: Final = 50


class NextStep(NamedTuple):
    """One thing to do next: its page (empty for who may not), the deed's name, and what it does."""

    path: str
    label: str
    says: str


class Remnant(NamedTuple):
    """What was left over: of which resource or thing, what it is, where, and why."""

    of: str
    ids: tuple[str, ...]
    kind: str
    region: str
    why: str = ""


async def overview(visit: Visit) -> Mapping[str, object]:
    """The values of the page."""
    stack = await visit.stack()
    standing = await look_at(visit, stack)
    operation = standing.operation
    is_run: bool | None = None
    if operation is not None and operation.status is OperationStatus.RUNNING:
        is_run = await visit.core.dispatcher.is_run(operation.operation_id)
    aftermath = await find_aftermath(visit.core, operation)
    remains = [_remnant(one) for one in aftermath.remains]
    return {
        **await frame(visit, "overview", stack),
        "dialect": DIALECTS[stack.dialect],
        "tally": tally_of(standing),
        "operation": operation,
        "operation_look": "" if operation is None else look_of(operation.status),
        "on_failure": "" if operation is None else _on_failure(visit, operation),
        "is_run": is_run,
        "is_open": standing.is_open,
        "cause": aftermath.cause,
        "next_steps": _next_steps(visit, stack, operation, is_run),
        "undecided": [] if standing.is_open else await undecided_of(visit, stack),
        "leftovers": list(_leftovers(standing)),
        "remains": remains[:_MOST_REMAINS],
        "more_remains": max(0, len(remains) - _MOST_REMAINS),
        "drift": drift_of(stack),
        "options": {name: _text(value) for name, value in stack.options.items()},
        "commands": _commands(stack),
        "region_name": _region_name(visit, stack.place.region),
    }


def _on_failure(visit: Visit, operation: Operation) -> str:
    t = visit.language
    match operation.on_failure:
        case OnFailure.KEEP:
            return t("keep what was made")
        case OnFailure.ROLLBACK:
            return t("roll back")
        case OnFailure.DELETE:
            return t("delete the stack")


def _next_steps(
    visit: Visit, stack: Stack, operation: Operation | None, is_run: bool | None
) -> list[NextStep]:
    t = visit.language
    labels = {
        Verb.DEPLOY: t("Update"),
        Verb.RETRY: t("Retry"),
        Verb.CONTINUE_ROLLBACK: t("Continue the rollback"),
        Verb.CANCEL: t("Cancel"),
        Verb.DELETE: t("Delete"),
    }
    says = _effects(t)
    return [
        NextStep(
            stack_path(stack.stack_id, _PAGES[verb]) if visit.may_write else "",
            labels[verb],
            says[effect],
        )
        for verb, effect in open_ways(stack, operation, is_run)
    ]


def _effects(t: Language) -> Mapping[Effect, str]:
    """What each way does, in the words of the pages."""
    return {
        Effect.BRING: t("brings it to a template"),
        Effect.RETRY: t("tries again what is missing"),
        Effect.CONTINUE: t("goes on with the rollback, with or without some resources"),
        Effect.UNDO: t("undoes what runs"),
        Effect.DELETE: t("deletes it"),
        Effect.DELETE_AGAIN: t("tries again; resources may be left in the cloud"),
        Effect.MAKE_AGAIN: t("makes again what is gone"),
        Effect.CREATE_ONCE_MORE: t("makes it once more as it was asked for"),
        Effect.UPDATE_ONCE_MORE: t("tries the same update once more"),
        Effect.FORWARD: t("goes forward again instead"),
        Effect.STOP: t("stops the deletion where it is"),
        Effect.BREAK_OFF: t("breaks the rollback off, once you agree"),
        Effect.GO_ON: t("lets it go on"),
    }


def _leftovers(standing: Standing) -> Iterator[Remnant]:
    """What replacements have left behind and could not delete; the next operation tries again."""
    for view in standing.views:
        for leftover in view.resource.leftovers:
            ids = {
                name.removesuffix("_id"): value
                for name, value in leftover.items()
                if name.endswith("_id") and isinstance(value, str)
            }
            shown = tuple(ids.values()) or (_text(dict(leftover)),)
            region = leftover.get("region")
            yield Remnant(
                str(view.resource.address),
                shown,
                ", ".join(ids),
                region if isinstance(region, str) else "",
            )


def _remnant(remnant: Context) -> Remnant:
    listed = remnant.get("ids")
    ids = tuple(map(str, listed)) if isinstance(listed, list | tuple) else ()
    said = {name: str(remnant.get(name) or "") for name in ("of", "kind", "region", "why")}
    return Remnant(said["of"], ids, said["kind"], said["region"], said["why"])


def _text(value: object) -> str:
    shown = mask(value)  # type: ignore[arg-type]
    return shown if isinstance(shown, str) else json.dumps(shown, ensure_ascii=False, default=str)


def _commands(stack: Stack) -> list[CommandLine]:
    if stack.status is StackStatus.DELETED:
        return [stack_line("show", stack), stack_line("events", stack)]
    return [
        stack_line("show", stack),
        stack_line("events", stack),
        stack_line("drift", stack),
        stack_line("verify", stack),
        report_line(stack),
    ]


def _region_name(visit: Visit, region: str) -> str:
    names = next((one for one in visit.core.regions.published() if one.region == region), None)
    if names is None:
        return ""
    return names.chinese if visit.language.code == "zh" else names.english
