"""Try again what failed in a stack: all of it, or the parts that are chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.responses import RedirectResponse, Response

from imageferry.console.faults import refusal_faults
from imageferry.console.fields import Fault
from imageferry.console.notices import told_path
from imageferry.console.rendering import render
from imageferry.console.rosters import chosen_parts, is_unfinished, preselected, roster_of
from imageferry.console.views.frames import frame, need_living, need_way
from imageferry.console.visits import Visit, stack_path
from imageferry.control.requests import ExecutionOptions, Leave, RequestRefused
from imageferry.model.command_lines import stack_line
from imageferry.model.diagnostics import Diagnostic, TemplateError
from imageferry.model.operations import OnFailure, Operation
from imageferry.model.stacks import Stack
from imageferry.model.statuses import Verb

_CHOICES = (OnFailure.KEEP, OnFailure.ROLLBACK)


async def retrying(visit: Visit) -> Mapping[str, object]:
    """What failed and why, and what was never begun."""
    stack = await visit.stack()
    need_way(visit, stack, Verb.RETRY)
    return await _shown(visit, stack, preselected(visit))


async def retry(visit: Visit) -> Response:
    """Plan what failed again, and carry it out; what runs already is left to itself."""
    stack = await visit.stack()
    need_living(visit, stack)
    parts = chosen_parts(visit, "part", "parts")
    if visit.form.text("what") == "all":
        parts = ()
    elif not parts:
        said = visit.language("nothing is chosen")
        remedy = visit.language("tick what is to be tried again, or try everything again")
        return await _refused(visit, stack, [Fault("", said, remedy)], (), 400)
    replaces = bool(visit.form.text("replace"))
    on_failure = _on_failure(visit)
    line = _line(stack, parts, on_failure, replaces=replaces)
    try:
        begun = await visit.plane.retry(stack, parts, Leave(replaces=replaces))
        word = "followed"
        if not isinstance(begun, Operation):
            await visit.plane.execute(begun, ExecutionOptions(on_failure))
            word = "retried"
    except (TemplateError, RequestRefused) as refused:
        return await _refused(visit, stack, *refusal_faults(refused))
    events = stack_path(stack.stack_id, "events")
    return RedirectResponse(told_path(visit, events, word, line), 303)


async def _refused(
    visit: Visit,
    stack: Stack,
    faults: Sequence[Fault],
    diagnostics: Sequence[Diagnostic],
    status: int,
) -> Response:
    chosen = preselected(visit, visit.form.all("part"))
    shown = await _shown(visit, stack, chosen, faults, diagnostics)
    return render(visit, "retry", shown, status)


async def _shown(
    visit: Visit,
    stack: Stack,
    chosen: frozenset[str],
    faults: Sequence[Fault] = (),
    diagnostics: Sequence[Diagnostic] = (),
) -> dict[str, object]:
    operation = await visit.core.store.last_operation(stack.stack_id)
    on_failure = _on_failure(visit)
    replaces = bool(visit.form.text("replace"))
    return {
        **await frame(visit, "", stack),
        "title": f"{stack.name} · {visit.language('Retry')}",
        "is_open": operation is not None and operation.status.is_open,
        "reason": "" if operation is None else operation.reason,
        "roster": await roster_of(visit, stack, is_unfinished),
        "chosen": chosen,
        "on_failure": on_failure.value,
        "replaces": replaces,
        "faults": faults,
        "diagnostics": diagnostics,
        "line": _line(stack, tuple(sorted(chosen)), on_failure, replaces=replaces),
    }


def _on_failure(visit: Visit) -> OnFailure:
    given = visit.form.text("on_failure")
    return next((one for one in _CHOICES if one.value == given), OnFailure.KEEP)


def _line(stack: Stack, parts: tuple[str, ...], on_failure: OnFailure, *, replaces: bool) -> str:
    return stack_line(
        "retry", stack, only=parts, on_failure=on_failure.value, replace=replaces
    ).text
