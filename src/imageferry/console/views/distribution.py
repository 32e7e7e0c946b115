"""Distribute an image: what is asked for, as a change set of the stack that holds all its copies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from starlette.responses import RedirectResponse, Response

from imageferry.console.continents import continents_of
from imageferry.console.distribution_wishes import (
    Asked,
    as_faults,
    asked_faults,
    asked_fields,
    distribute_line,
    read_asked,
    wish_of,
)
from imageferry.console.drafts import naming_of, published_regions
from imageferry.console.faults import refusal_faults
from imageferry.console.fields import Fault, with_faults
from imageferry.console.notices import proposed_path, told_path
from imageferry.console.rendering import render
from imageferry.console.visits import Visit, stack_path
from imageferry.control.distributions.outlines import Outline, outline
from imageferry.control.distributions.wishes import DistributionRefused
from imageferry.control.matrix import read_matrix
from imageferry.control.named_changes import propose
from imageferry.control.requests import OperationHolds, RequestRefused
from imageferry.model.diagnostics import Diagnostic, TemplateError
from imageferry.model.named_changes import Waiting
from imageferry.model.operations import OnFailure
from imageferry.model.stacks import StackQuery
from imageferry.model.statuses import StackStatus

_STACKS_LOOKED_AT = 25
_MOST_PROPOSED = 100


async def distributing(visit: Visit) -> Mapping[str, object]:
    """The form, with the image that the path names."""
    asked = Asked(
        visit.request_id,
        image=visit.query.get("image", "")[:128],
        source_region=visit.query.get("from", "")[:64],
        regions=tuple(visit.query.getlist("to")),
    )
    return await _shown(visit, asked)


async def distribute(visit: Visit) -> Response:
    """The change set that brings the image to the regions, or the form again with all its faults."""
    asked = read_asked(visit)
    faults = asked_faults(visit, asked)
    diagnostics: Sequence[Diagnostic] = ()
    status = 400
    if not faults:
        asked = await _with_image(visit, asked, faults)
    if not faults:
        try:
            return await _propose(visit, asked, await outline(visit.core, wish_of(asked)))
        except DistributionRefused as refused:
            faults = as_faults(refused.diagnostics, visit.language)
        except TemplateError as refused:
            diagnostics = refused.diagnostics
        except (RequestRefused, OperationHolds) as refused:
            faults, diagnostics, status = refusal_faults(refused)
    shown = await _shown(visit, read_asked(visit), faults, diagnostics)
    return render(visit, "distribute", shown, status)


async def _propose(visit: Visit, asked: Asked, found: Outline) -> Response:
    line = distribute_line(visit, asked)
    request = found.adoption or found.request
    place = replace(visit.plane.place, region=request.region)
    living = await visit.core.store.find_stacks(place, request.stack_name)
    if found.is_resumed and living:
        events = stack_path(living[0].stack_id, "events")
        return RedirectResponse(told_path(visit, events, "followed", line), 303)
    is_new = not living or living[0].status is StackStatus.REVIEWING
    waiting = Waiting(OnFailure.KEEP, deletes_remains=not asked.keeps_snapshots)
    kind = "CREATE" if is_new else "UPDATE"
    naming = naming_of(visit, asked.once, kind, line, repr((request, waiting)), waiting)
    named = await propose(visit.core, request, replace(naming, description=_said(found)))
    return RedirectResponse(proposed_path(visit, named), 303)


def _said(found: Outline) -> str:
    """What a plan alone does not tell: which old copies stay, and why."""
    kept = [
        f"{one.thing_id} in {one.copy.region} stays: {'; '.join(one.reasons)}" for one in found.kept
    ]
    closed = [f"{region} takes no copies" for region in found.closed]
    return ". ".join([*kept[:10], *closed])[:1_000]


async def _with_image(visit: Visit, asked: Asked, faults: list[Fault]) -> Asked:
    """The same with the id of the image that a family launches, where a family is named."""
    if asked.image.startswith("m-"):
        return asked
    stacks = await visit.plane.stacks(None)
    records = await visit.plane.families(stacks, asked.image, asked.source_region)
    current = [one.current for one in records if one.current]
    if current:
        return replace(asked, image=current[0])
    t = visit.language
    said = t('"{name}" is no image id, and no family of {region} that a stack has is called so',
             name=asked.image[:80], region=asked.source_region)  # fmt: skip
    faults.append(Fault("image", said, t("give the id of an image: m-…")))
    return asked


async def _shown(
    visit: Visit,
    asked: Asked,
    faults: Sequence[Fault] = (),
    diagnostics: Sequence[Diagnostic] = (),
) -> dict[str, object]:
    regions = published_regions(visit)
    names = dict(regions)
    extra = [one for one in asked.regions if one not in names][:_MOST_PROPOSED]
    first, rest = asked_fields(visit, asked)
    return {
        "title": visit.language("Distribute an image"),
        "section": "stacks",
        "asked": asked,
        "first": with_faults(first, faults),
        "rest": with_faults(rest, faults),
        "is_wide": any(asked.beside) or any(fault.place for fault in faults),
        "regions": regions,
        "continents": continents_of(regions),
        "unknown": extra,
        "images": await _known_images(visit),
        "faults": faults,
        "diagnostics": diagnostics,
        "line": distribute_line(visit, asked) if asked.image else "",
    }


async def _known_images(visit: Visit) -> list[tuple[str, str]]:
    """Images that the newest stacks carry, to choose from: the id, and what it is."""
    query = StackQuery(visit.plane.place)
    matrix = await read_matrix(visit.core, query, 0, _STACKS_LOOKED_AT, visit.desk.live)
    found: dict[str, str] = {}
    for row in matrix.rows:
        for line in row.lines:
            if line.source_id:
                found.setdefault(line.source_id, f"{line.label} · {line.source_region}")
    return list(found.items())[:_MOST_PROPOSED]
