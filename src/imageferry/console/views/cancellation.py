"""Cancel what runs on a stack, or break off a rollback."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import RedirectResponse, Response

from imageferry.console.notices import told_path
from imageferry.console.rosters import roster_of
from imageferry.console.views.frames import frame
from imageferry.console.visits import Visit, stack_path
from imageferry.model.command_lines import stack_line


async def cancelling(visit: Visit) -> Mapping[str, object]:
    """What runs, and what becomes of it."""
    stack = await visit.stack()
    operation = await visit.core.store.last_operation(stack.stack_id)
    is_open = operation is not None and operation.status.is_open
    turns_back = operation is not None and is_open and operation.rollback_id is not None
    found = await roster_of(visit, stack, lambda cell: cell.status.is_moving)
    return {
        **await frame(visit, "", stack),
        "title": f"{stack.name} · {visit.language('Cancel')}",
        "operation": operation if is_open else None,
        "turns_back": turns_back,
        "stops": operation is not None and operation.cancel_requested and not turns_back,
        "roster": found,
        "line": stack_line("cancel", stack, break_off=turns_back).text,
    }


async def cancel(visit: Visit) -> Response:
    """Tell the operation to turn back, or a rollback to stop where it is."""
    stack = await visit.stack()
    breaks_off = bool(visit.form.text("break_off"))
    operation = await visit.plane.cancel(stack, breaks_off=breaks_off)
    is_broken_off = breaks_off and operation.rollback_id is not None
    word = "broken-off" if is_broken_off else "cancelled"
    line = stack_line("cancel", stack, break_off=is_broken_off).text
    return RedirectResponse(told_path(visit, stack_path(stack.stack_id, "events"), word, line), 303)
