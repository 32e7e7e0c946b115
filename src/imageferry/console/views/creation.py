"""Create a stack: its template, then a form made of its parameters, then a change set to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from starlette.responses import RedirectResponse, Response

from imageferry.console.drafts import (
    Draft,
    deploy_line,
    draft_faults,
    draft_fields,
    propose_draft,
    published_regions,
    read_draft,
    stack_request,
)
from imageferry.console.excerpts import excerpts_of
from imageferry.console.faults import refusal_faults
from imageferry.console.fields import Fault, as_fault, with_faults
from imageferry.console.notices import proposed_path
from imageferry.console.parameter_fields import (
    AGAIN,
    PREFIX,
    given_values,
    parameter_faults,
    parameter_groups,
    unequal_secrets,
    worth_typing,
)
from imageferry.console.rendering import render
from imageferry.console.visits import Visit
from imageferry.control.examination import examine
from imageferry.control.requests import OperationHolds, RequestRefused, StackExists
from imageferry.control.summaries import summarised
from imageferry.control.templates import stack_name_fault
from imageferry.model.diagnostics import Diagnostic, TemplateError
from imageferry.model.statuses import StackStatus
from imageferry.model.templates import Template
from imageferry.model.values import Value


async def creating(visit: Visit) -> Mapping[str, object]:
    """The first step, empty."""
    draft = Draft(
        visit.request_id,
        stack_name=visit.query.get("name", "")[:255],
        region=visit.query.get("region", "")[:64],
    )
    return template_step(visit, draft)


async def create(visit: Visit) -> Response:
    """The next step; after the last one the change set, or the form again with all its faults."""
    draft = read_draft(visit)
    if visit.form.text("step") == "template":
        return render(visit, "create", template_step(visit, draft))
    faults = draft_faults(visit, draft) + await _taken(visit, draft)
    template, diagnostics = await examined(visit, draft)
    if template is not None and draft.stack_name:
        unfit = stack_name_fault(template.dialect, draft.stack_name)
        faults += [as_fault(unfit, "name")] if unfit is not None else []
    if faults or template is None:
        return render(visit, "create", template_step(visit, draft, faults, diagnostics), 400)
    values = visit.form.under(PREFIX)
    if visit.form.text("step") != "propose":
        return render(visit, "create", _fields_step(visit, draft, template, values, diagnostics))
    return await _propose(visit, draft, template, values)


async def _propose(
    visit: Visit, draft: Draft, template: Template, values: Mapping[str, str]
) -> Response:
    again = visit.form.under(AGAIN)
    faults = list(unequal_secrets(template, values, again, visit.language))
    diagnostics: Sequence[Diagnostic] = ()
    given = given_values(template, values)
    line = deploy_line(visit, draft, worth_typing(template, given))
    status = 400
    if not faults:
        try:
            request = stack_request(draft, given, None, is_new=True)
            named = await propose_draft(visit, draft, request, "CREATE", line)
            return RedirectResponse(proposed_path(visit, named), 303)
        except StackExists as exists:
            faults = [Fault("name", str(exists), visit.language("choose another name"))]
            return render(visit, "create", template_step(visit, draft, faults), 409)
        except TemplateError as refused:
            faults, diagnostics = parameter_faults(template, refused.diagnostics, visit.language)
        except (RequestRefused, OperationHolds) as refused:
            faults, diagnostics, status = refusal_faults(refused)
    shown = _fields_step(visit, draft, template, values, diagnostics, faults)
    return render(visit, "create", shown, status)


async def _taken(visit: Visit, draft: Draft) -> list[Fault]:
    """A living stack of that name and region; one that is only proposed takes more proposals."""
    if not draft.stack_name or not draft.region:
        return []
    place = replace(visit.plane.place, region=draft.region)
    living = await visit.core.store.find_stacks(place, draft.stack_name)
    if not living or living[0].status is StackStatus.REVIEWING:
        return []
    said = visit.language(
        'a stack named "{name}" lives in {region} already',
        name=draft.stack_name,
        region=draft.region,
    )
    return [Fault("name", said, visit.language("choose another name, or update that one"))]


async def read_source(
    visit: Visit, draft: Draft, given: Mapping[str, Value] | None = None
) -> tuple[Template | None, tuple[Diagnostic, ...]]:
    """The template of a draft and its warnings; None, and what is wrong with it."""
    if not draft.source.strip():
        return None, ()
    try:
        found = await summarised(
            visit.core, draft.source, draft.region, given, name=draft.template_name, is_strict=False
        )
    except TemplateError as refused:
        return None, refused.diagnostics
    return found.template, found.warnings


async def examined(visit: Visit, draft: Draft) -> tuple[Template | None, tuple[Diagnostic, ...]]:
    """The template of a draft as `read_source` gives it, where nothing at all is wrong with it."""
    template, diagnostics = await read_source(visit, draft)
    if template is None:
        return None, diagnostics
    catalog = visit.core.catalog
    said = await visit.core.asides(
        draft.source, lambda: examine(draft.source, draft.template_name, catalog)
    )
    # An error without parameters is one with any.
    return template if said.is_valid else None, said.diagnostics


def template_step(
    visit: Visit,
    draft: Draft,
    faults: Sequence[Fault] = (),
    diagnostics: Sequence[Diagnostic] = (),
) -> dict[str, Any]:
    """The values of the page that asks for the template."""
    return {
        "title": visit.language("Create a stack"),
        "section": "stacks",
        "step": "template",
        "draft": draft,
        "fields": with_faults(draft_fields(visit, draft, is_new=True), faults),
        "faults": faults,
        "diagnostics": diagnostics,
        "excerpts": excerpts_of(draft.template, diagnostics),
        "regions": published_regions(visit),
        "groups": (),
        "line": "",
    }


def _fields_step(
    visit: Visit,
    draft: Draft,
    template: Template,
    values: Mapping[str, str],
    diagnostics: Sequence[Diagnostic] = (),
    faults: Sequence[Fault] = (),
) -> dict[str, Any]:
    """The values of the page that asks for the parameters."""
    given = given_values(template, values)
    return template_step(visit, draft, faults, diagnostics) | {
        "step": "fields",
        "groups": parameter_groups(template, visit.language, values, {}, frozenset(), faults),
        "resources": len(template.resources),
        "description": template.description,
        "line": deploy_line(visit, draft, worth_typing(template, given)),
    }
