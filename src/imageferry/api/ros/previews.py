"""PreviewStack: what creating or updating a stack would do, with nothing kept of it."""

from __future__ import annotations

import json

from imageferry.api.ros.asked import Asked, Reply, stack_of
from imageferry.api.ros.change_replies import preview_reply
from imageferry.api.ros.declarations import list_parameters
from imageferry.api.ros.errors import exclusive, missing
from imageferry.api.ros.replies import parameters_reply, pseudo_reply
from imageferry.api.ros.stacks import refuse_unfit
from imageferry.api.ros.template_sources import template_source
from imageferry.api.ros.wishes import DEFAULT_TIMEOUT, wanted_stack
from imageferry.control.change_sets import create_change_set
from imageferry.control.commands import plan_update, refuse_namesake
from imageferry.control.requests import Planned, StackRequest
from imageferry.model.values import Json


async def preview(asked: Asked) -> Reply:
    """PreviewStack: of a new stack by StackName, of one that exists by StackId."""
    name, stack_id = asked.given.text("StackName"), asked.given.text("StackId")
    if name and stack_id:
        raise exclusive("StackName", "StackId")
    if not name and not stack_id:
        raise missing("StackName", "StackId")
    source = await template_source(asked)
    if stack_id:
        stack = await stack_of(asked)
        refuse_unfit(stack)
        request = await wanted_stack(asked, stack.name, source, stack)
        planned = await plan_update(asked.desk, stack, request)
    else:
        request = await wanted_stack(asked, name, source)
        await refuse_namesake(asked.desk, request)
        planned = await create_change_set(asked.desk, request)
    given, region = planned.change_set.bindings.parameters, planned.stack.place.region
    lists = await list_parameters(asked.desk, request.template, region, given)
    return {"Stack": _reply(planned, request, lists)}


def _reply(planned: Planned, request: StackRequest, lists: frozenset[str]) -> dict[str, Json]:
    change_set, stack, options = planned.change_set, planned.stack, request.options or {}
    pseudo = pseudo_reply(stack.place, "None" if planned.is_new else stack.stack_id, stack.name)
    reply: dict[str, Json] = {
        "StackName": stack.name,
        "RegionId": stack.place.region,
        "Description": change_set.description,
        "TemplateDescription": change_set.description,
        "DisableRollback": bool(options.get("disable_rollback", False)),
        "TimeoutInMinutes": options.get("timeout_minutes", DEFAULT_TIMEOUT),
        "Parameters": parameters_reply(change_set.bindings.parameters, pseudo, lists),
        "Resources": preview_reply(change_set.changes),
    }
    policy = request.policy or stack.policy
    if policy:
        reply["StackPolicyBody"] = json.loads(policy)
    return reply
