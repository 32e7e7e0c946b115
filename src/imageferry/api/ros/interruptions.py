"""The actions on what runs or has failed: cancel it, go on with a creation, signal a resource."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from imageferry.api.ros.asked import REGION, STACK_ID, TOKEN, Asked, Reply, Row, stack_of
from imageferry.api.ros.dry_runs import dry_run_reply
from imageferry.api.ros.errors import (
    RosError,
    refused,
    resource_not_found,
    stack_not_found,
)
from imageferry.api.ros.names import plain_id, stack_word
from imageferry.api.ros.parameters import boolean, integer, text, texts
from imageferry.api.ros.template_sources import SOURCES, Source, template_source
from imageferry.api.ros.wishes import DEFAULT_TIMEOUT, PARAMETERS, wanted_stack
from imageferry.control.commands import plan_update
from imageferry.control.omissions import without_resources
from imageferry.control.requests import ExecutionOptions, Planned, StackRequest
from imageferry.model.access import Role
from imageferry.model.changes import Action, ChangeKind, ChangeSet
from imageferry.model.diagnostics import TemplateError
from imageferry.model.operations import OnFailure, Operation
from imageferry.model.stacks import Resource, Stack
from imageferry.model.statuses import WAYS, StackStatus, Verb
from imageferry.model.values import Json

_OPERATIONS: Final[Mapping[ChangeKind, str]] = MappingProxyType(
    {
        ChangeKind.CREATE: "CreateStack",
        ChangeKind.UPDATE: "UpdateStack",
        ChangeKind.DELETE: "DeleteStack",
        ChangeKind.ROLLBACK: "RollbackStack",
    }
)
_CANCEL_TYPE: Final = text("CancelType", "Quick", "Safe")
_SOURCE_NAMES: Final = ("TemplateBody", "TemplateURL", "TemplateId")
_CONTINUED: Final = (
    "ParametersAllowedToBeModified",
    "ParametersConditionallyAllowedToBeModified",
    "ParametersNotAllowedToBeModified",
)


async def cancel_update_stack(asked: Asked) -> Reply:
    """CancelUpdateStack: an update that runs turns back."""
    stack, operation = await _running(asked)
    if operation is None or operation.kind is not ChangeKind.UPDATE:
        raise _nothing_runs(stack, "update")
    await asked.plane.cancel(stack)
    return {}


async def cancel_stack_operation(asked: Asked) -> Reply:
    """CancelStackOperation: whatever runs stops; a rollback only where it is to be quick."""
    stack, operation = await _running(asked)
    allowed = asked.given.texts("AllowedStackOperations")
    if operation is None or (allowed and _OPERATIONS[operation.kind] not in allowed):
        raise _nothing_runs(stack, "operation")
    await asked.plane.cancel(stack, breaks_off=asked.given.text("CancelType", "Safe") == "Quick")
    return {}


async def _running(asked: Asked) -> tuple[Stack, Operation | None]:
    stack = await stack_of(asked)
    if stack.status is StackStatus.DELETED:
        raise stack_not_found(plain_id(stack.stack_id))
    operation = await asked.store.last_operation(stack.stack_id)
    return stack, operation if operation is not None and operation.status.is_open else None


def _nothing_runs(stack: Stack, what: str) -> RosError:
    word = stack_word(stack.status)
    return refused(f"Stack {stack.name} in the {word} state has no {what} that could be cancelled")


async def continue_create_stack(asked: Asked) -> Reply:
    """ContinueCreateStack: what failed, or was not reached, is created; what is there stays."""
    stack = await stack_of(asked)
    if stack.status is StackStatus.DELETED:
        raise stack_not_found(plain_id(stack.stack_id))
    ways = WAYS.get(stack.status, {})
    if not stack.status.is_final or ways.get(Verb.RETRY) is not StackStatus.CREATING:
        raise refused(
            f"Stack {stack.name} in the {stack_word(stack.status)} state cannot be continued:"
            " only a creation that has failed can"
        )
    if asked.given.text("Mode", "Recreate") == "Ignore":
        planned = await _without_rest(asked, stack)
    else:
        await _refuse_made(asked, stack)
        planned = await _continuation(asked, stack)
    if asked.given.boolean("DryRun"):
        template, given = planned.change_set.template, planned.change_set.bindings.parameters
        effects = await dry_run_reply(asked, template, given)
        told: Json = {name: effects.get(name, []) for name in _CONTINUED}
        return {"StackId": plain_id(stack.stack_id), "DryRunResult": told}
    parallel = asked.given.integer("Parallelism")
    if parallel is None:
        kept = stack.options.get("parallelism")
        parallel = kept if isinstance(kept, int) else 0
    minutes = stack.options.get("timeout_minutes")
    timeout = 60.0 * (minutes if isinstance(minutes, int) else DEFAULT_TIMEOUT)
    await asked.plane.execute(planned, ExecutionOptions(OnFailure.KEEP, parallel, timeout))
    return {"StackId": plain_id(stack.stack_id)}


async def _continuation(asked: Asked, stack: Stack) -> Planned:
    given = asked.given
    if not any(map(given.text, _SOURCE_NAMES)) and not given.structures("Parameters"):
        again = await asked.plane.retry(stack)
        if isinstance(again, Planned):
            return again
        raise refused(f"Stack {stack.name} is being created already")
    source = Source(stack.template, stack.template_name, {})
    if any(map(given.text, _SOURCE_NAMES)):
        source = await template_source(asked)
    request = await wanted_stack(asked, stack.name, source, stack)
    return await _plan_rest(asked, stack, replace(request, kept=frozenset(stack.parameters)))


async def _without_rest(asked: Asked, stack: Stack) -> Planned:
    """What makes the stack whole without all that is not made: its template forgets them."""
    former = Source(stack.template, stack.template_name, {})
    wanted = await wanted_stack(asked, stack.name, former, stack)
    # ROS reference, ContinueCreateStack: in this mode the parameters stay as they are.
    request = replace(wanted, parameters={}, kept=frozenset(stack.parameters))
    whole = await plan_update(asked.desk, stack, request)
    resources = await asked.store.resources(stack.stack_id)
    made = {one.address.logical_id for one in resources.values() if one.status.is_whole}
    missing = {
        change.address.logical_id
        for change in whole.change_set.changes
        if change.action is not Action.NONE
    }
    if missing & made:
        raise _invalid(f"of {', '.join(sorted(missing & made))} some instances are created already")
    rest = without_resources(stack.template, stack.template_name, stack.parameters, missing)
    return await _plan_rest(asked, stack, replace(request, template=rest))


async def _plan_rest(asked: Asked, stack: Stack, request: StackRequest) -> Planned:
    try:
        planned = await plan_update(asked.desk, stack, request)
    except TemplateError as fault:
        raise _invalid(
            "; ".join(one.message for one in fault.diagnostics if one.is_error)
        ) from fault
    resources = await asked.store.resources(stack.stack_id)
    touched = _touched(planned.change_set, resources)
    if touched:
        raise _invalid(f"{', '.join(touched)} is created already and cannot be changed now")
    return planned


def _touched(change_set: ChangeSet, resources: Mapping[str, Resource]) -> list[str]:
    """The resources that are whole, and would not stay as they are."""
    return [
        str(change.address)
        for change in change_set.changes
        if change.action is not Action.NONE
        and (found := resources.get(str(change.address))) is not None
        and found.status.is_whole
    ]


async def _refuse_made(asked: Asked, stack: Stack) -> None:
    """What failed is created anyway; what was made could only be made anew by replacing it."""
    resources = await asked.store.resources(stack.stack_id)
    for name in asked.given.texts("RecreatingResources"):
        found = [
            one for address, one in resources.items() if name in {address, one.address.logical_id}
        ]
        if any(one.status.is_whole for one in found):
            raise _invalid(f"{name} is created already, and is not created anew")


def _invalid(reason: str) -> RosError:
    return RosError("ContinueCreateStackValidationFailed", f"{reason.rstrip('. ')}.")


async def signal_resource(asked: Asked) -> Reply:
    """SignalResource: no type here waits for signals, and the resource says so."""
    stack = await stack_of(asked)
    name = asked.given.text("LogicalResourceId")
    resources = await asked.store.resources(stack.stack_id)
    known = {*resources, *(one.address.logical_id for one in resources.values())}
    if name not in known:
        raise resource_not_found(name, stack.name)
    raise RosError("ResourceNotAvailable", f"The Resource ({name}) is not available.", 404)


ROWS: Final[Mapping[str, Row]] = MappingProxyType(
    {
        "CancelUpdateStack": Row(
            cancel_update_stack, (REGION, STACK_ID, _CANCEL_TYPE), Role.OPERATOR
        ),
        "CancelStackOperation": Row(
            cancel_stack_operation,
            (REGION, STACK_ID, _CANCEL_TYPE, texts("AllowedStackOperations", most=20)),
            Role.OPERATOR,
        ),
        "ContinueCreateStack": Row(
            continue_create_stack,
            (
                REGION,
                STACK_ID,
                *SOURCES,
                PARAMETERS,
                text("Mode", "Recreate", "Ignore"),
                texts("RecreatingResources"),
                texts("RecreatingOptions"),
                integer("Parallelism", 0, 1_000_000),
                text("RamRoleName", longest=64),
                boolean("DryRun"),
            ),
            Role.OPERATOR,
        ),
        "SignalResource": Row(
            signal_resource,
            (
                REGION,
                STACK_ID,
                TOKEN,
                text("LogicalResourceId", needed=True, longest=255),
                text("Status", "SUCCESS", "FAILURE", "WARNING", needed=True),
                text("UniqueId", needed=True, longest=64),
            ),
            Role.OPERATOR,
        ),
    }
)
"""The actions on what runs or has failed, by name."""
