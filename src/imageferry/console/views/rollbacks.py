"""Roll back what failed in a stack and was kept, or go on with a rollback that failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.responses import RedirectResponse, Response

from imageferry.console.faults import refusal_faults
from imageferry.console.fields import Fault
from imageferry.console.notices import told_path
from imageferry.console.rendering import render
from imageferry.console.rosters import chosen_parts, preselected, roster_of
from imageferry.console.views.frames import frame, need_way
from imageferry.console.visits import Visit, stack_path
from imageferry.control.requests import ExecutionOptions, Planned, RequestRefused
from imageferry.control.rolling_back import roll_back
from imageferry.model.command_lines import stack_line
from imageferry.model.diagnostics import Diagnostic, TemplateError
from imageferry.model.stacks import Stack
from imageferry.model.statuses import LATE_ROLLBACKS, StackStatus, Verb


async def rolling_back(visit: Visit) -> Mapping[str, object]:
    """What goes back to what it was, and what may be left out of that."""
    stack = await visit.stack()
    _need_ground(visit, stack)
    return await _shown(visit, stack, preselected(visit))


async def rollback(visit: Visit) -> Response:
    """Undo the failed operation that was kept, or the rest of a rollback."""
    stack = await visit.stack()
    _need_ground(visit, stack)
    skip = chosen_parts(visit, "skip", "skips")
    line = ""
    try:
        if stack.status in LATE_ROLLBACKS:
            await roll_back(visit.core, stack, ExecutionOptions())
        else:
            line = _line(stack, skip)
            begun = await visit.plane.continue_rollback(stack, skip)
            if isinstance(begun, Planned):
                await visit.plane.execute(begun, ExecutionOptions())
    except (TemplateError, RequestRefused) as refused:
        return await _refused(visit, stack, *refusal_faults(refused))
    events = stack_path(stack.stack_id, "events")
    return RedirectResponse(told_path(visit, events, "rolling-back", line), 303)


def _need_ground(visit: Visit, stack: Stack) -> None:
    if stack.status not in LATE_ROLLBACKS:
        need_way(visit, stack, Verb.CONTINUE_ROLLBACK)


async def _refused(
    visit: Visit,
    stack: Stack,
    faults: Sequence[Fault],
    diagnostics: Sequence[Diagnostic],
    status: int,
) -> Response:
    chosen = preselected(visit, visit.form.all("skip"))
    return render(
        visit, "rollback", await _shown(visit, stack, chosen, faults, diagnostics), status
    )


async def _shown(
    visit: Visit,
    stack: Stack,
    chosen: frozenset[str],
    faults: Sequence[Fault] = (),
    diagnostics: Sequence[Diagnostic] = (),
) -> dict[str, object]:
    is_continued = stack.status not in LATE_ROLLBACKS
    return {
        **await frame(visit, "", stack),
        "title": f"{stack.name} · {visit.language('Roll back')}",
        "is_continued": is_continued,
        "unmakes": stack.status in {StackStatus.CREATE_FAILED, StackStatus.CREATE_ROLLBACK_FAILED},
        "roster": await roster_of(visit, stack),
        "chosen": chosen,
        "faults": faults,
        "diagnostics": diagnostics,
        "line": _line(stack, tuple(sorted(chosen))) if is_continued else "",
    }


def _line(stack: Stack, skip: Sequence[str]) -> str:
    return stack_line("continue-rollback", stack, skip=tuple(skip)).text
