"""CreateStack, UpdateStack, DeleteStack, GetStack: what is asked of one stack."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Final

from imageferry.api.ros.asked import Asked, Reply, stack_of
from imageferry.api.ros.declarations import list_parameters
from imageferry.api.ros.dry_runs import dry_run_reply
from imageferry.api.ros.errors import exclusive, refused, stack_not_found
from imageferry.api.ros.names import plain_id, stack_word
from imageferry.api.ros.reasons import trouble_of
from imageferry.api.ros.replies import INTERFACE, outputs_reply, progress_reply, stack_reply
from imageferry.api.ros.template_sources import template_source
from imageferry.api.ros.wishes import action_token, execution_wanted, wanted_stack
from imageferry.control.commands import (
    begun_before,
    changes_nothing,
    create_stack,
    delete_stack,
    plan_update,
)
from imageferry.control.desk import Desk
from imageferry.control.late_refusals import refused_late
from imageferry.control.requests import ExecutionOptions, NothingToDo
from imageferry.control.summaries import summarise
from imageferry.model.diagnostics import TemplateError
from imageferry.model.stacks import Stack
from imageferry.model.statuses import StackStatus
from imageferry.model.templates import Template
from imageferry.model.values import Json

OUTPUT_OPTIONS: Final = ("Enabled", "Disabled")
PROGRESS_OPTIONS: Final = ("Disabled", "EnabledIfCreateStack", "PercentageOnly")
LOG_OPTIONS: Final = ("None", "Stack", "Resource", "All")


async def create(asked: Asked) -> Reply:
    """CreateStack: the stack's id at once; the work goes on."""
    source = await template_source(asked)
    request = await wanted_stack(asked, asked.given.text("StackName"), source)
    execution = execution_wanted(asked, request, is_new=True)
    operation = await create_stack(asked.desk, request, execution)
    return {"StackId": plain_id(operation.stack_id)}


async def update(asked: Asked) -> Reply:
    """UpdateStack: refused where nothing would change; with DryRun only told what parameters do."""
    stack = await stack_of(asked)
    token = asked.given.text("ClientToken")
    kept = action_token(asked, token) if token else None
    if await begun_before(asked.desk, stack.stack_id, kept) is not None:
        return {"StackId": plain_id(stack.stack_id)}
    refuse_unfit(stack)
    source = await template_source(asked)
    request = await wanted_stack(asked, stack.name, source, stack)
    planned = await plan_update(asked.desk, stack, request)
    if asked.given.boolean("DryRun"):
        known = {**stack.parameters, **request.parameters}
        told = await dry_run_reply(asked, source.body, known, replaces=bool(request.replace))
        return {"StackId": plain_id(stack.stack_id), "DryRunResult": told}
    if await changes_nothing(asked.desk, planned, request, by_text=True):
        raise NothingToDo(stack)
    execution = execution_wanted(asked, request, is_new=False)
    operation = await asked.plane.execute(refused_late(planned), execution)
    return {"StackId": plain_id(operation.stack_id)}


def refuse_unfit(stack: Stack) -> None:
    """Raise RosError where a stack cannot be updated as it stands."""
    if stack.status is StackStatus.DELETED:
        raise stack_not_found(plain_id(stack.stack_id))
    if stack.status is StackStatus.REVIEWING:
        raise refused(
            f"Stack {stack.name} in the {stack_word(stack.status)} state cannot be updated:"
            " execute a change set of it"
        )


async def delete(asked: Asked) -> Reply:
    """DeleteStack: goes on after the answer; what was deleted before is no error."""
    stack = await stack_of(asked)
    retain: tuple[str, ...] = asked.given.texts("RetainResources")
    if asked.given.boolean("RetainAllResources"):
        if retain:
            raise exclusive("RetainResources", "RetainAllResources")
        retain = tuple(await asked.store.resources(stack.stack_id))
    execution = ExecutionOptions(parallel=asked.given.integer("Parallelism") or 0)
    await delete_stack(asked.desk, stack, retain, execution)
    return {}


async def get(asked: Asked) -> Reply:
    """GetStack: everything of one stack, a deleted one too."""
    found = await stack_of(asked)
    view = await asked.plane.view(found.stack_id)
    stack = view.stack
    trouble = await trouble_of(asked.store, stack)
    has_outputs = asked.given.text("OutputOption") != "Disabled"
    is_needed = _is_needed(stack, has_outputs)
    template = await template_beside(asked.desk, stack) if is_needed else None
    if template is not None and not stack.description:
        stack = replace(stack, description=template.description)
    region = stack.place.region
    lists = await list_parameters(asked.desk, stack.template, region, stack.parameters)
    reply = stack_reply(stack, trouble, view.resources, lists)
    if has_outputs:
        declared = None if template is None else template.outputs
        reply["Outputs"] = outputs_reply(stack.outputs, declared)
    if template is not None:
        reply |= interface_of(template)
    shown = asked.given.text("ShowResourceProgress", "Disabled")
    if shown != "Disabled":
        only = shown == "PercentageOnly"
        reply["ResourceProgress"] = progress_reply(view.resources, only_percentage=only)
    if asked.given.text("LogOption", "None") != "None":
        logs: Json = {"ResourceLogs": [], "TerraformLogs": []}
        reply["Log"] = logs
    return reply


def interface_of(template: Template) -> dict[str, Json]:
    """Interface: what the template says to consoles, as JSON text; no member where it says nothing."""
    metadata = template.metadata
    interface = metadata.get(INTERFACE) if isinstance(metadata, dict) else None
    if interface is None:
        return {}
    return {"Interface": json.dumps(interface, ensure_ascii=False)}


def _is_needed(stack: Stack, has_outputs: bool) -> bool:
    """Whoever polls a stack whose template has nothing more to say does not pay for it each time."""
    is_described = bool(stack.description) or b"Description" not in stack.template
    has_more = INTERFACE.encode() in stack.template or not is_described
    return has_more or bool(has_outputs and stack.outputs)


def template_of(desk: Desk, stack: Stack) -> Template | None:
    """The template of a stack, with its own parameters; None where it cannot be read any longer."""
    try:
        return summarise(
            desk, stack.template, stack.place.region, stack.parameters, is_strict=False
        ).template
    except TemplateError:
        return None


async def template_beside(desk: Desk, stack: Stack) -> Template | None:
    """What `template_of` gives; a long one is read beside the event loop."""
    return await desk.asides(stack.template, lambda: template_of(desk, stack))
