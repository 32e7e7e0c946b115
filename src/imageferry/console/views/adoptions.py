"""Take images that exist already into a stack, by their ids or by the lineage they carry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.responses import RedirectResponse, Response

from imageferry.console.drafts import naming_of, pair_faults
from imageferry.console.entries import lines_of, pairs_of
from imageferry.console.faults import refusal_faults
from imageferry.console.fields import Fault
from imageferry.console.notices import proposed_path
from imageferry.console.rendering import render
from imageferry.console.rosters import is_unfinished, roster_of
from imageferry.console.views.frames import frame
from imageferry.console.visits import PageRefused, Visit
from imageferry.control.named_changes import propose
from imageferry.control.requests import OperationHolds, RequestRefused, StackRequest
from imageferry.model.command_lines import stack_line
from imageferry.model.diagnostics import Diagnostic, TemplateError
from imageferry.model.named_changes import Waiting
from imageferry.model.operations import OnFailure
from imageferry.model.stacks import Stack
from imageferry.model.statuses import StackStatus

_THING = "thing."


async def adopting(visit: Visit) -> Mapping[str, object]:
    """What the stack wants and does not have."""
    stack = await _standing(visit)
    return await _shown(visit, stack, {}, visit.request_id)


async def adopt(visit: Visit) -> Response:
    """Find images by lineage, or make the change set that takes in those that are named."""
    stack = await _standing(visit)
    once = visit.form.text("once") or visit.request_id
    things = {name: text.strip() for name, text in visit.form.under(_THING).items()}
    things = {name: text for name, text in things.items() if text}
    typed = pairs_of(visit.form.text("more"))
    faults = pair_faults(visit, "more", visit.form.text("more"))
    things = {**typed.found, **things}
    diagnostics: Sequence[Diagnostic] = ()
    status = 400
    request = StackRequest(
        stack.name, stack.place.region, stack.template, stack.template_name, dict(stack.parameters)
    )
    try:
        if visit.form.text("step") == "lineage":
            found = await visit.plane.recover(request)
            taken = {} if found.planned is None else found.planned.change_set.adoptions
            shown = await _shown(visit, stack, {**things, **taken}, once, (), found.doubts)
            return render(visit, "adopt", {**shown, "sought": len(taken)})
        if not things and not faults:
            said = visit.language("no image is named")
            remedy = visit.language("write its id beside the resource, or find it by lineage")
            faults.append(Fault("more", said, remedy))
        if not faults:
            return await _propose(visit, stack, request, things, once)
    except (TemplateError, RequestRefused, OperationHolds) as refused:
        told, diagnostics, status = refusal_faults(refused)
        faults += told
    shown = await _shown(visit, stack, things, once, faults, diagnostics)
    return render(visit, "adopt", shown, status)


async def _propose(
    visit: Visit, stack: Stack, request: StackRequest, things: Mapping[str, str], once: str
) -> Response:
    line = _line(stack, things)
    wanted = StackRequest(
        request.stack_name,
        request.region,
        request.template,
        request.template_name,
        request.parameters,
        adopt=dict(things),
    )
    waiting = Waiting(OnFailure.KEEP)
    naming = naming_of(visit, once, "IMPORT", line, repr(wanted.adopt), waiting)
    named = await propose(visit.core, wanted, naming)
    return RedirectResponse(proposed_path(visit, named), 303)


async def _standing(visit: Visit) -> Stack:
    """The stack, where nothing runs on it and it has a template to go by."""
    stack = await visit.stack()
    t = visit.language
    if stack.status is StackStatus.DELETED:
        raise PageRefused(409, t("the stack is deleted"))
    if not stack.status.is_final:
        raise PageRefused(
            409, t("an operation runs on the stack"), t("wait until it has ended, or cancel it")
        )
    if not stack.template:
        raise PageRefused(409, t("the stack has no template to go by"))
    return stack


async def _shown(
    visit: Visit,
    stack: Stack,
    things: Mapping[str, str],
    once: str,
    faults: Sequence[Fault] = (),
    diagnostics: Sequence[Diagnostic] = (),
) -> dict[str, object]:
    roster = await roster_of(visit, stack, is_unfinished)
    listed = {cell.address for cell in roster.cells}
    others = {name: text for name, text in things.items() if name not in listed}
    more = visit.form.text("more") if faults else lines_of(others)
    return {
        **await frame(visit, "", stack),
        "title": f"{stack.name} · {visit.language('Adopt')}",
        "roster": roster,
        "things": things,
        "more": more,
        "once": once,
        "sought": None,
        "faults": faults,
        "diagnostics": diagnostics,
        "line": _line(stack, things) if things else stack_line("adopt", stack, lineage=True).text,
    }


def _line(stack: Stack, things: Mapping[str, str]) -> str:
    return stack_line("adopt", stack, *(f"{name}={text}" for name, text in things.items())).text
