"""CreateChangeSet: what a caller proposes for a stack, as a named change set."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from imageferry.api.cfn.asks import Ask, Reply
from imageferry.api.cfn.changes import plain
from imageferry.api.cfn.courses import standing_word
from imageferry.api.cfn.errors import cannot_be_updated
from imageferry.api.cfn.faults import CfnFault, refused
from imageferry.api.cfn.finding import IN_BRACKETS, no_stack, seek_stack
from imageferry.api.cfn.names import change_set_arn, is_arn, stack_arn
from imageferry.api.cfn.stacks import asked_by
from imageferry.api.cfn.submitting import ON_FAILURE, request_of
from imageferry.control.client_tokens import once
from imageferry.control.named_changes import Naming, propose
from imageferry.control.requests import StackRequest
from imageferry.model.named_changes import Waiting
from imageferry.model.stacks import Stack
from imageferry.model.statuses import StackStatus
from imageferry.model.values import Json, Value, reveal

_UPDATABLE: Final = frozenset(
    {
        StackStatus.CREATED,
        StackStatus.UPDATED,
        StackStatus.UPDATE_ROLLED_BACK,
        StackStatus.CREATE_FAILED,
        StackStatus.UPDATE_FAILED,
    }
)
_GIVEN_BACK: Final = ("OnStackFailure", "IncludeNestedStacks", "ImportExistingResources")
"""What is told again as it was given."""


async def create(ask: Ask) -> Reply:
    """Plan what is asked, and keep it under its name; nothing is done yet."""
    kind = ask.text("ChangeSetType") or "UPDATE"
    name = ask.text("ChangeSetName")
    former = await _former(ask, kind, name)
    _refuse_unsupported(ask, kind)

    async def perform() -> Mapping[str, Json]:
        stack_name = ask.text("StackName") if former is None else former.name
        standing = None if former is None or former.status is StackStatus.REVIEWING else former
        request = await request_of(ask, stack_name, standing, needs_leave=False)
        if kind == "IMPORT":
            request = replace(request, adopt=_imports(ask))
        naming = Naming(
            name,
            kind,
            ask.text("Description"),
            Waiting(ON_FAILURE[ask.text("OnStackFailure") or "ROLLBACK"]),
            _details(ask, request, standing),
            ask.text("ClientToken"),
        )
        named = await propose(ask.plane.desk, request, naming)
        arn = change_set_arn(named.place, named.name, named.change_set_id)
        stack = await ask.plane.desk.store.stack(named.stack_id)
        return {"Id": arn, "StackId": named.stack_id if stack is None else stack_arn(stack)}

    token = ask.text("ClientToken")
    return await once(ask.plane.desk, "CreateChangeSet", token, asked_by(ask), perform)


async def _former(ask: Ask, kind: str, name: str) -> Stack | None:
    """The stack that is there; raises CfnFault where the kind of change set does not go with it."""
    asked = ask.text("StackName")
    found = await seek_stack(ask, asked)
    if found is not None and found.status is StackStatus.DELETED:
        found = None
    is_new = found is None or found.status is StackStatus.REVIEWING
    if found is None and (kind == "UPDATE" or is_arn(asked)):
        raise no_stack(asked, IN_BRACKETS)
    if kind == "UPDATE" and is_new:
        raise no_stack(asked, IN_BRACKETS)
    if kind == "CREATE" and not is_new:
        raise refused(
            f"Stack [{asked}] already exists and cannot be created again with the changeSet"
            f" [{name}]."
        )
    if found is not None and not is_new and found.status not in _UPDATABLE:
        raise cannot_be_updated(found, await standing_word(ask, found))
    return found


def _refuse_unsupported(ask: Ask, kind: str) -> None:
    if ask.given.get("DeploymentMode"):
        raise refused(
            "DeploymentMode is not supported: to set back what has drifted, deploy with"
            " imageferry and --refresh."
        )
    if ask.given.get("ImportExistingResources"):
        raise refused(
            "ImportExistingResources is not supported: name what is to be imported with the"
            " ChangeSetType IMPORT and ResourcesToImport."
        )
    if kind == "IMPORT" and not ask.given.get("ResourcesToImport"):
        raise refused("ResourcesToImport must be specified for a change set of type IMPORT.")
    if kind != "IMPORT" and ask.given.get("ResourcesToImport"):
        raise refused("ResourcesToImport can only be specified with the ChangeSetType IMPORT.")


def _imports(ask: Ask) -> dict[str, str]:
    """The ids of the existing things by logical id; raises CfnFault where one is not said."""
    adopted: dict[str, str] = {}
    for one in ask.given["ResourcesToImport"]:
        identifier: Mapping[str, str] = one["ResourceIdentifier"]
        named = [identifier[key] for key in ("Id", "ImageId") if key in identifier]
        values = named or list(identifier.values())
        if len(values) != 1:
            raise CfnFault(
                "ValidationError",
                f"ResourceIdentifier of {one['LogicalResourceId']} must have one entry, the id of"
                " what exists.",
            )
        adopted[one["LogicalResourceId"]] = values[0]
    return adopted


def _details(ask: Ask, request: StackRequest, standing: Stack | None) -> dict[str, Json]:
    """What is told again, and prints of the former parameters: by those it is seen what changed."""
    details: dict[str, Json] = {name: ask.given[name] for name in _GIVEN_BACK if name in ask.given}
    if standing is not None:
        details["former"] = {name: print_of(value) for name, value in standing.parameters.items()}
    return details


def print_of(value: Value) -> str:
    """A print by which a parameter's value is known again, and not read."""
    text = json.dumps(plain(reveal(value)), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
