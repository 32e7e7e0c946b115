"""CreateChangeSet, GetChangeSet, ListChangeSets, ExecuteChangeSet, DeleteChangeSet."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Final

from imageferry.api.ros.asked import Asked, Reply, page_of, stack_of
from imageferry.api.ros.change_replies import changes_reply
from imageferry.api.ros.declarations import list_parameters
from imageferry.api.ros.errors import (
    RosError,
    change_set_not_found,
    exclusive,
    invalid,
    missing,
    refused,
)
from imageferry.api.ros.names import moment, plain_id
from imageferry.api.ros.replies import parameters_reply, tags_reply
from imageferry.api.ros.template_sources import template_source
from imageferry.api.ros.wishes import (
    DEFAULT_TIMEOUT,
    action_token,
    execution_wanted,
    wanted_stack,
)
from imageferry.control.named_changes import (
    Naming,
    changes_of,
    drop_named,
    execute_named,
    find_named,
    named_of,
    propose,
)
from imageferry.control.requests import StackRequest
from imageferry.control.summaries import summarise
from imageferry.model.changes import ChangeSet
from imageferry.model.named_changes import (
    ExecutionStatus,
    NamedChangeSet,
    ProposalStatus,
    Waiting,
)
from imageferry.model.stacks import Stack
from imageferry.model.values import Json

MOST: Final = 20
"""Change sets of one stack (ROS reference, limits)."""

TYPES: Final = ("CREATE", "UPDATE", "IMPORT")

_STATUS_WORDS: Final[Mapping[ProposalStatus, str]] = {
    **{status: status.value for status in ProposalStatus},
    ProposalStatus.FAILED: "CREATE_FAILED",
}
_ID: Final = re.compile(r"[A-Za-z0-9][\w.:/-]{0,255}", re.ASCII)
_UNCHANGED: Final = "Update the completely same stack is not supported."
_DROPPABLE: Final = frozenset(
    {ExecutionStatus.UNAVAILABLE, ExecutionStatus.AVAILABLE, ExecutionStatus.OBSOLETE}
)


async def create(asked: Asked) -> Reply:
    """CreateChangeSet: of a new stack by StackName, of one that exists by StackId."""
    given = asked.given
    kind = given.text("ChangeSetType", "UPDATE")
    stack = await _stack_meant(asked, kind)
    if stack is not None and len(await named_of(asked.desk, stack.stack_id)) >= MOST:
        raise RosError(
            "RequestLimitExceeded",
            f"Request limit exceeded: a stack has {MOST} change sets at most.",
        )
    source = await template_source(asked)
    name = given.text("StackName") if stack is None else stack.name
    former = None if kind == "CREATE" else stack
    request = await wanted_stack(asked, name, source, former)
    imported = _imports(asked)
    if imported and kind != "IMPORT":
        raise invalid("ResourcesToImport", "it is for change sets of the type IMPORT")
    if kind == "IMPORT":
        if not imported:
            raise missing("ResourcesToImport")
        _check_types(asked, request)
        request = replace(request, adopt=imported)
    execution = execution_wanted(asked, request, is_new=former is None)
    waiting = Waiting(execution.on_failure, execution.parallel, execution.timeout)
    known = {} if former is None else former.parameters
    changed = [key for key, value in request.parameters.items() if known.get(key) != value]
    named = await propose(
        asked.desk,
        request,
        Naming(
            given.text("ChangeSetName"),
            kind,
            given.text("Description"),
            waiting,
            {"changed_parameters": changed},
            given.text("ClientToken"),
        ),
    )
    return {"ChangeSetId": named.change_set_id, "StackId": plain_id(named.stack_id)}


async def _stack_meant(asked: Asked, kind: str) -> Stack | None:
    """The stack that a change set is for, None for one that is not there yet."""
    given = asked.given
    name, stack_id = given.text("StackName"), given.text("StackId")
    if name and stack_id:
        raise exclusive("StackName", "StackId")
    if kind == "CREATE" and not name:
        raise missing("StackName")
    if kind == "UPDATE" and not stack_id:
        raise missing("StackId")
    if not name and not stack_id:
        raise missing("StackName", "StackId")
    return await stack_of(asked) if stack_id else None


def _check_types(asked: Asked, request: StackRequest) -> None:
    """Refuse what is to be imported as something else than the template says that it is."""
    read = summarise(
        asked.desk, request.template, request.region, request.parameters, is_strict=False
    )
    for number, one in enumerate(asked.given.structures("ResourcesToImport"), start=1):
        known = read.template.resources.get(one["LogicalResourceId"].partition("[")[0])
        said = one.get("ResourceType")
        if known is not None and said and said != known.type_name:
            raise invalid(
                f"ResourcesToImport.{number}.ResourceType",
                f"{one['LogicalResourceId']} of the template is of the type {known.type_name}",
            )


def _imports(asked: Asked) -> dict[str, str]:
    """The ids of existing things by logical id (ROS reference, ResourcesToImport)."""
    found: dict[str, str] = {}
    for number, one in enumerate(asked.given.structures("ResourcesToImport"), start=1):
        place = f"ResourcesToImport.{number}"
        try:
            identifier = json.loads(one["ResourceIdentifier"])
        except (ValueError, RecursionError):
            identifier = None
        if not isinstance(identifier, dict) or len(identifier) != 1:
            raise invalid(
                f"{place}.ResourceIdentifier", 'it must be JSON such as {"ImageId": "m-…"}'
            )
        (value,) = identifier.values()
        if not isinstance(value, str) or _ID.fullmatch(value) is None:
            raise invalid(f"{place}.ResourceIdentifier", "its value must be an id")
        if found.setdefault(one["LogicalResourceId"], value) != value:
            raise invalid(f"{place}.LogicalResourceId", "it is named twice")
    return found


async def get(asked: Asked) -> Reply:
    """GetChangeSet: what it would do, or has done."""
    named = await named_meant(asked)
    change_set = await changes_of(asked.desk, named)
    reply = _reply(named)
    options = named.options or {}
    reply |= {
        "DisableRollback": bool(options.get("disable_rollback", False)),
        "TimeoutInMinutes": options.get("timeout_minutes", DEFAULT_TIMEOUT),
        "Parameters": [],
        "Changes": [],
    }
    if change_set is not None:
        given = change_set.bindings.parameters
        lists = await list_parameters(asked.desk, change_set.template, named.place.region, given)
        reply["Parameters"] = parameters_reply(given, lists=lists)
        reply["Changes"] = changes_reply(change_set, _changed_parameters(named))
        if asked.given.boolean("ShowTemplate"):
            reply["TemplateBody"] = template_text(change_set)
    return reply


def template_text(change_set: ChangeSet) -> str:
    """The template of a change set, as it was given."""
    return change_set.template.decode("utf-8", "replace")


def _changed_parameters(named: NamedChangeSet) -> frozenset[str]:
    kept = named.details.get("changed_parameters")
    return frozenset(str(name) for name in kept) if isinstance(kept, list) else frozenset()


async def named_meant(asked: Asked) -> NamedChangeSet:
    """The change set that ChangeSetId means; raises RosError (ChangeSetNotFound)."""
    wanted = asked.given.text("ChangeSetId")
    named = await find_named(asked.desk, wanted)
    if named is None or (asked.region and named.place.region != asked.region):
        raise change_set_not_found(wanted)
    return named


def _reply(named: NamedChangeSet) -> dict[str, Json]:
    return {
        "ChangeSetId": named.change_set_id,
        "ChangeSetName": named.name,
        "ChangeSetType": named.kind,
        "StackId": plain_id(named.stack_id),
        "StackName": named.stack_name,
        "RegionId": named.place.region,
        "Status": _STATUS_WORDS[named.status],
        "StatusReason": _UNCHANGED if named.is_empty else named.reason,
        "ExecutionStatus": named.execution.value,
        "Description": named.description,
        "CreateTime": moment(named.created_at),
        "ResourceGroupId": (named.options or {}).get("resource_group_id", ""),
        "Tags": tags_reply(named.tags or {}),
    }


async def list_all(asked: Asked) -> Reply:
    """ListChangeSets: those of a stack, newest first, with filters by id, name and both statuses."""
    given = asked.given
    stack = await stack_of(asked)
    number, size = page_of(given)
    names = given.texts("ChangeSetName")
    wanted = given.text("ChangeSetId")
    chosen = [
        reply
        for reply in map(_reply, await named_of(asked.desk, stack.stack_id))
        if (not wanted or reply["ChangeSetId"] == wanted)
        and (not names or any(fnmatchcase(str(reply["ChangeSetName"]), name) for name in names))
        and _is_among(reply["Status"], given.texts("Status"))
        and _is_among(reply["ExecutionStatus"], given.texts("ExecutionStatus"))
    ]
    offset = (number - 1) * size
    page: list[Json] = [*chosen[offset : offset + size]]
    return {"PageNumber": number, "PageSize": size, "TotalCount": len(chosen), "ChangeSets": page}


def _is_among(word: Json, wanted: tuple[str, ...]) -> bool:
    return not wanted or word in wanted


async def execute(asked: Asked) -> Reply:
    """ExecuteChangeSet: the stack's other change sets go, since they were made for what it was."""
    named = await named_meant(asked)
    token = asked.given.text("ClientToken")
    kept = f"{action_token(asked, token)}:{named.change_set_id}" if token else None
    await execute_named(asked.desk, named, client_token=kept)
    for other in await named_of(asked.desk, named.stack_id):
        if other.change_set_id != named.change_set_id and other.operation_id is None:
            await drop_named(asked.desk, other)
    return {}


async def delete(asked: Asked) -> Reply:
    """DeleteChangeSet: of one that was not executed."""
    named = await named_meant(asked)
    if named.execution not in _DROPPABLE:
        raise refused(
            f"ChangeSet {named.name} in the {named.execution.value} execution state cannot be deleted"
        )
    await drop_named(asked.desk, named)
    return {}
