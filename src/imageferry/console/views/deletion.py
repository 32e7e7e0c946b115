"""Delete a stack: what goes and what stays, its name typed once more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.responses import RedirectResponse, Response

from imageferry.console.faults import refusal_faults
from imageferry.console.fields import Fault
from imageferry.console.notices import told_path
from imageferry.console.rendering import render
from imageferry.console.rosters import chosen_parts, preselected, roster_of
from imageferry.console.views.frames import frame, need_living, need_way
from imageferry.console.visits import Visit, stack_path
from imageferry.control.requests import ExecutionOptions, RequestRefused
from imageferry.model.command_lines import stack_line
from imageferry.model.diagnostics import Diagnostic, TemplateError
from imageferry.model.stacks import Stack
from imageferry.model.statuses import Verb


async def deleting(visit: Visit) -> Mapping[str, object]:
    """What would go."""
    stack = await visit.stack()
    need_way(visit, stack, Verb.DELETE)
    return await _shown(visit, stack, preselected(visit))


async def delete(visit: Visit) -> Response:
    """Delete what is not to stay; nothing where the typed name is another one."""
    stack = await visit.stack()
    # What is being deleted is followed, and what is gone is said to be gone.
    need_living(visit, stack)
    retain = chosen_parts(visit, "retain", "retains")
    remains = bool(visit.form.text("remains"))
    if visit.form.text("name") != stack.name:
        said = visit.language("what was typed is not the name of the stack")
        remedy = visit.language('type "{name}" to delete it', name=stack.name)
        return await _refused(visit, stack, [Fault("name", said, remedy)], (), 400)
    try:
        planned = await visit.plane.plan_delete(stack, retain)
        await visit.plane.execute(planned, ExecutionOptions(deletes_remains=remains))
    except (TemplateError, RequestRefused) as refused:
        return await _refused(visit, stack, *refusal_faults(refused))
    line = _line(stack, retain, remains=remains)
    events = stack_path(stack.stack_id, "events")
    return RedirectResponse(told_path(visit, events, "deleting", line), 303)


async def _refused(
    visit: Visit,
    stack: Stack,
    faults: Sequence[Fault],
    diagnostics: Sequence[Diagnostic],
    status: int,
) -> Response:
    chosen = preselected(visit, visit.form.all("retain"))
    return render(visit, "delete", await _shown(visit, stack, chosen, faults, diagnostics), status)


async def _shown(
    visit: Visit,
    stack: Stack,
    chosen: frozenset[str],
    faults: Sequence[Fault] = (),
    diagnostics: Sequence[Diagnostic] = (),
) -> dict[str, object]:
    resources = await visit.core.store.resources(stack.stack_id)
    remains = bool(visit.form.text("remains"))
    return {
        **await frame(visit, "", stack),
        "title": f"{stack.name} · {visit.language('Delete')}",
        "roster": await roster_of(visit, stack),
        "staying": sorted(
            str(one.address) for one in resources.values() if one.deletion_policy != "Delete"
        ),
        "chosen": chosen,
        "remains": remains,
        "faults": faults,
        "diagnostics": diagnostics,
        "line": _line(stack, tuple(sorted(chosen)), remains=remains),
    }


def _line(stack: Stack, retain: Sequence[str], *, remains: bool) -> str:
    return stack_line("delete", stack, retain=tuple(retain), delete_snapshots=remains).text
