"""CreateChangeSet, GetChangeSet, ListChangeSets, ExecuteChangeSet, DeleteChangeSet."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Final

from imageferry.api.ros.asked import Asked, Reply, page_of, stack_of
from imageferry.api.ros.change_replies import changes_reply
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
from imageferry.api.ros.wishes import DEFAULT_TIMEOUT, execution_wanted, wanted_stack
from imageferry.control.named_changes import (
    Naming,
    changes_of,
    drop_named,
    execute_named,
    find_named,
    named_of,
    propose,
)
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
            "RequestLimitExceeded", f"Request limit exceeded: a stack has {MOST} change sets at most."
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
        request = _replaced(request, adopt=imported)
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
        ),
    )
    return {"ChangeSetId": named.change_set_id, "StackId": plain_id(named.stack_id)}
