"""Forbid that a stack is deleted, or allow it again."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import RedirectResponse, Response

from imageferry.console.notices import told_path
from imageferry.console.views.frames import frame, need_living
from imageferry.console.visits import Visit, stack_path
from imageferry.model.command_lines import stack_line


async def protecting(visit: Visit) -> Mapping[str, object]:
    """Whether the stack is protected, and the other way."""
    stack = await visit.stack()
    need_living(visit, stack)
    return {
        **await frame(visit, "", stack),
        "title": f"{stack.name} · {visit.language('Protection')}",
        "line": stack_line("protect", stack, off=stack.is_protected).text,
    }


async def protect(visit: Visit) -> Response:
    """Protect the stack, or take that back."""
    stack = await visit.stack()
    need_living(visit, stack)
    is_wanted = visit.form.text("on") == "on"
    await visit.plane.protect(stack, is_protected=is_wanted)
    word = "protected" if is_wanted else "unprotected"
    line = stack_line("protect", stack, off=not is_wanted).text
    return RedirectResponse(told_path(visit, stack_path(stack.stack_id), word, line), 303)
