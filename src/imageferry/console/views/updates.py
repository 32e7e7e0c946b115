"""Update a stack: its parameters and template as they are, changed, then a change set to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import RedirectResponse, Response

from imageferry.console.drafts import (
    Draft,
    deploy_line,
    draft_faults,
    draft_fields,
    draft_of,
    propose_draft,
    published_regions,
    read_draft,
    stack_request,
)
from imageferry.console.excerpts import excerpts_of
from imageferry.console.faults import refusal_faults
from imageferry.console.fields import Fault, with_faults
from imageferry.console.notices import proposed_path
from imageferry.console.parameter_fields import (
    AGAIN,
    KEEP,
    PREFIX,
    given_values,
    hidden_parameters,
    parameter_faults,
    parameter_groups,
    unequal_secrets,
    worth_typing,
)
from imageferry.console.rendering import render
from imageferry.console.views.creation import examined, read_source
from imageferry.console.views.frames import frame, need_way
from imageferry.console.visits import Visit
from imageferry.control.requests import OperationHolds, RequestRefused
from imageferry.model.diagnostics import Diagnostic, TemplateError
from imageferry.model.stacks import Stack
from imageferry.model.statuses import StackStatus, Verb
from imageferry.model.templates import Template
from imageferry.model.values import Secret


async def updating(visit: Visit) -> Mapping[str, object]:
    """The parameters of the stack as they are; the template where it cannot be read any longer."""
    stack = await visit.stack()
    need_way(visit, stack, Verb.DEPLOY)
    draft = draft_of(visit, stack)
    template, diagnostics = await read_source(visit, draft, stack.parameters)
    if template is None or visit.query.get("step") == "template":
        return await _template_step(visit, stack, draft, (), diagnostics)
    kept = frozenset(name for name, one in stack.parameters.items() if isinstance(one, Secret))
    return await _fields_step(visit, stack, draft, template, {}, kept)


async def update(visit: Visit) -> Response:
    """The next step; after the last one the change set, or the form again with all its faults."""
    stack = await visit.stack()
    need_way(visit, stack, Verb.DEPLOY)
    draft = read_draft(visit, stack)
    step = visit.form.text("step")
    if step == "template":
        return render(visit, "update", await _template_step(visit, stack, draft))
    values = visit.form.under(PREFIX)
    kept = frozenset(visit.form.under(KEEP)) & frozenset(stack.parameters)
    faults = draft_faults(visit, draft)
    template, diagnostics = await read_source(visit, draft, stack.parameters)
    if template is not None and step != "propose":
        checked, diagnostics = await examined(visit, draft)
        template = None if checked is None else template
    if template is None or (faults and step != "propose"):
        shown = await _template_step(visit, stack, draft, faults, diagnostics)
        return render(visit, "update", shown, 400)
    if step != "propose":
        kept = frozenset(name for name, one in stack.parameters.items() if isinstance(one, Secret))
        shown = await _fields_step(visit, stack, draft, template, values, kept, diagnostics)
        return render(visit, "update", shown)
    again = {**visit.form.under(AGAIN), **dict.fromkeys(kept, "")}
    typed = {**values, **dict.fromkeys(kept, "")}
    faults += unequal_secrets(template, typed, again, visit.language)
    if faults:
        shown = await _fields_step(visit, stack, draft, template, values, kept, (), faults)
        return render(visit, "update", shown, 400)
    return await _propose(visit, stack, draft, template, values, kept)


async def _propose(
    visit: Visit,
    stack: Stack,
    draft: Draft,
    template: Template,
    values: Mapping[str, str],
    kept: frozenset[str],
) -> Response:
    given = _given(template, values, kept)
    line = deploy_line(visit, draft, worth_typing(template, given))
    try:
        # Nobody is asked for what is hidden: that stays as well.
        staying = kept | (hidden_parameters(template) & stack.parameters.keys())
        request = stack_request(draft, given, staying, is_new=False)
        kind = "CREATE" if stack.status is StackStatus.REVIEWING else "UPDATE"
        named = await propose_draft(visit, draft, request, kind, line)
    except TemplateError as refused:
        faults, rest = parameter_faults(template, refused.diagnostics, visit.language)
        diagnostics, status = tuple(rest), 400
    except (RequestRefused, OperationHolds) as refused:
        faults, diagnostics, status = refusal_faults(refused)
    else:
        return RedirectResponse(proposed_path(visit, named), 303)
    shown = await _fields_step(visit, stack, draft, template, values, kept, diagnostics, faults)
    return render(visit, "update", shown, status)


def _given(template: Template, values: Mapping[str, str], kept: frozenset[str]) -> dict[str, str]:
    typed = {name: text for name, text in values.items() if name not in kept}
    return given_values(template, typed)


async def _template_step(
    visit: Visit,
    stack: Stack,
    draft: Draft,
    faults: Sequence[Fault] = (),
    diagnostics: Sequence[Diagnostic] = (),
) -> dict[str, Any]:
    return {
        **await frame(visit, "", stack),
        "title": f"{stack.name} · {visit.language('Update')}",
        "step": "template",
        "draft": draft,
        "fields": with_faults(draft_fields(visit, draft, is_new=False), faults),
        "faults": faults,
        "diagnostics": diagnostics,
        "excerpts": excerpts_of(draft.template, diagnostics),
        "regions": published_regions(visit),
        "groups": (),
        "line": "",
    }


async def _fields_step(
    visit: Visit,
    stack: Stack,
    draft: Draft,
    template: Template,
    values: Mapping[str, str],
    kept: frozenset[str],
    diagnostics: Sequence[Diagnostic] = (),
    faults: Sequence[Fault] = (),
) -> dict[str, Any]:
    groups = parameter_groups(template, visit.language, values, stack.parameters, kept, faults)
    shown = {one.name.removeprefix(PREFIX): one.value for group in groups for one in group.fields}
    declared = template.parameters
    secrets = {name: text for name, text in values.items() if name in declared and text}
    given = _given(template, {**shown, **secrets}, kept)
    return await _template_step(visit, stack, draft, faults, diagnostics) | {
        "step": "fields",
        "groups": groups,
        "resources": len(template.resources),
        "line": deploy_line(visit, draft, worth_typing(template, given)),
    }
