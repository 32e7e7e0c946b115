"""Named change sets: proposed, looked at, and executed or dropped by whoever comes for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from imageferry.control.change_sets import create_change_set, execute_change_set
from imageferry.control.commands import begun_before, changes_nothing
from imageferry.control.desk import Desk
from imageferry.control.papers import papers_of
from imageferry.control.requests import (
    ChangeSetExists,
    ChangeSetStatusWrong,
    ExecutionOptions,
    OperationHolds,
    Planned,
    RequestRefused,
    StackExists,
    StackNotFound,
    StackRequest,
)
from imageferry.model.changes import ChangeSet
from imageferry.model.events import stack_event
from imageferry.model.named_changes import (
    ExecutionStatus,
    NamedChangeSet,
    ProposalStatus,
    Waiting,
)
from imageferry.model.operations import OnFailure, Operation
from imageferry.model.stacks import Place, Stack
from imageferry.model.statuses import OperationStatus, StackStatus
from imageferry.model.values import Json
from imageferry.ports.documents import Document, DocumentChanged, DocumentExists
from imageferry.ports.keeping import NameTaken

KIND: Final = "change_set"
"""The kind of the documents; each has the id of its stack as its parent."""

_AT_ONCE: Final = 8


@dataclass(frozen=True, slots=True)
class Naming:
    """Under which name a change set waits, and for what: `kind` is CREATE, UPDATE or IMPORT.

    `details` are the caller's own, given back as they came. Who proposes again with the same
    `token` is given what was proposed.
    """

    name: str
    kind: str
    description: str = ""
    waiting: Waiting = field(default_factory=Waiting)
    details: Mapping[str, Json] = field(default_factory=dict)
    token: str = ""


async def propose(desk: Desk, request: StackRequest, naming: Naming) -> NamedChangeSet:
    """Plan what is asked, and keep it under a name. One of kind CREATE makes its stack REVIEWING.

    Where there is nothing to change, or a change is not allowed, it is FAILED and says why. Raises
    StackExists or StackNotFound by its kind, ChangeSetExists, OperationHolds, TemplateError and
    RequestRefused.
    """
    place = replace(desk.place, region=request.region)
    living = await desk.store.find_stacks(place, request.stack_name)
    existing = living[0] if living else None
    proposed = await _proposed_before(desk, naming, existing)
    if proposed is not None:
        return proposed
    _refuse_unfit(request, naming, existing)
    planned = await create_change_set(desk, request)
    if planned.running is not None:
        raise OperationHolds(planned.running, planned.stack)
    stack = planned.stack
    if planned.is_new:
        try:
            stack = await _begun(desk, planned)
        except NameTaken:
            # Another change set has begun the stack just now: this one is for that one, too.
            return await propose(desk, request, naming)
    is_empty = await changes_nothing(desk, planned, request)
    blocked = planned.change_set.blocked
    named = NamedChangeSet(
        change_set_id=desk.entropy.new_id(),
        name=naming.name,
        stack_id=stack.stack_id,
        stack_name=stack.name,
        place=stack.place,
        kind=naming.kind,
        status=ProposalStatus.FAILED if is_empty or blocked else ProposalStatus.CREATE_COMPLETE,
        execution=ExecutionStatus.UNAVAILABLE if is_empty or blocked else ExecutionStatus.AVAILABLE,
        created_at=desk.clock.now(),
        reason="; ".join(one.message for one in blocked),
        is_empty=is_empty,
        description=naming.description,
        planned_id=planned.change_set.change_set_id,
        fingerprint=planned.fingerprint,
        follows=stack.operation_id,
        waiting=naming.waiting,
        is_protected=request.is_protected,
        policy=request.policy,
        tags=request.tags,
        options=request.options,
        details=naming.details,
        token=naming.token,
    )
    await desk.store.save_change_set(planned.change_set)
    try:
        await papers_of(desk).add(_document(desk, named))
    except DocumentExists as clash:
        raise ChangeSetExists(naming.name, stack) from clash
    return named


def _refuse_unfit(request: StackRequest, naming: Naming, existing: Stack | None) -> None:
    is_new = existing is None or existing.status is StackStatus.REVIEWING
    if naming.kind == "CREATE" and existing is not None and not is_new:
        raise StackExists(existing)
    if naming.kind == "UPDATE" and (existing is None or is_new):
        raise StackNotFound(f'no stack "{request.stack_name}" lives in "{request.region}"')


async def _proposed_before(
    desk: Desk, naming: Naming, existing: Stack | None
) -> NamedChangeSet | None:
    """What was proposed with the same token under the name; raises ChangeSetExists for another."""
    if existing is None:
        return None
    account = desk.place.account_id
    clashes = await papers_of(desk).find(
        KIND, account, parent=existing.stack_id, name=naming.name, limit=1
    )
    if not clashes:
        return None
    clash = _named(clashes[0])
    if not naming.token or clash.token != naming.token:
        raise ChangeSetExists(naming.name, existing)
    return await _this_moment(desk, clash)


async def _begun(desk: Desk, planned: Planned) -> Stack:
    """The stack of a first change set: it is under review, and nothing of it is made yet."""
    now = desk.clock.now()
    stack = replace(
        planned.stack,
        parameters={},
        tags=planned.tags or {},
        options=planned.options or {},
        status=StackStatus.REVIEWING,
    )
    begun = stack_event(stack.stack_id, "", now, StackStatus.REVIEWING, "")
    await desk.store.add_stack(stack, [begun])
    return stack


async def find_named(desk: Desk, change_set_id: str) -> NamedChangeSet | None:
    """One named change set of this account, as it stands this moment."""
    found = await papers_of(desk).get(KIND, desk.place.account_id, change_set_id)
    return None if found is None else await _this_moment(desk, _named(found))


async def named_of(desk: Desk, stack_id: str, name: str | None = None) -> list[NamedChangeSet]:
    """The named change sets of a stack, newest first; only that of a name, where one is given."""
    found = await papers_of(desk).find(KIND, desk.place.account_id, parent=stack_id, name=name)
    last = await desk.store.last_operation(stack_id) if found else None
    return [await _of_now(desk, _named(one), last) for one in found]


async def executed_last(desk: Desk, stack_id: str) -> NamedChangeSet | None:
    """The newest change set that was executed on a stack; None where none was.

    Whoever watches a stack asks that again and again, so that what became of each is not looked up.
    """
    offset = 0
    while True:
        found = await papers_of(desk).find(
            KIND, desk.place.account_id, parent=stack_id, offset=offset, limit=_AT_ONCE
        )
        if not found:
            return None
        last = await desk.store.last_operation(stack_id)
        planned = None if last is None else last.change_set_id
        for named in map(_named, found):
            if named.operation_id is not None or named.planned_id == planned:
                return named
        offset += len(found)


async def changes_of(desk: Desk, named: NamedChangeSet) -> ChangeSet | None:
    """What a named change set would do, or has done; None where that is not kept any more."""
    return await desk.store.change_set(named.planned_id)


async def execute_named(
    desk: Desk,
    named: NamedChangeSet,
    on_failure: OnFailure | None = None,
    client_token: str | None = None,
) -> Operation:
    """Execute a named change set; `on_failure` in place of what it was proposed with.

    Raises ChangeSetStatusWrong where it is not AVAILABLE, and what executing raises. Where the same
    client token has executed it already, that is the operation.
    """
    begun = await begun_before(desk, named.stack_id, client_token)
    if begun is not None and begun.change_set_id == named.planned_id:
        return begun
    found = await find_named(desk, named.change_set_id)
    if found is None:
        # Somebody has dropped it since the caller has read it.
        raise ChangeSetStatusWrong(named)
    named = found
    change_set = await changes_of(desk, named)
    stack = await desk.store.stack(named.stack_id)
    if named.execution is not ExecutionStatus.AVAILABLE or change_set is None or stack is None:
        raise ChangeSetStatusWrong(named)
    if stack.operation_id != named.follows:
        # Somebody has worked on the stack since that was looked at.
        raise ChangeSetStatusWrong(named)
    planned = Planned(
        change_set,
        stack,
        False,
        named.fingerprint,
        is_protected=named.is_protected,
        policy=named.policy,
        tags=named.tags,
        options=named.options,
    )
    waiting = named.waiting
    options = ExecutionOptions(
        on_failure or waiting.on_failure,
        waiting.parallel,
        waiting.timeout,
        client_token,
        waiting.deletes_remains,
    )
    return await execute_change_set(desk, planned, options)


async def amend(
    desk: Desk, named: NamedChangeSet, change: Callable[[NamedChangeSet], NamedChangeSet]
) -> NamedChangeSet:
    """Keep a named change set as `change` makes it of what it is this moment, and give it.

    Nobody comes in between: `change` is called again where somebody did. What it raises goes on;
    raises RequestRefused where the change set was dropped.
    """
    papers, account = papers_of(desk), desk.place.account_id
    while True:
        kept = await papers.get(KIND, account, named.change_set_id)
        if kept is None:
            raise RequestRefused(f'the change set "{named.name}" is there no more')
        written = _named(kept)
        now = await _this_moment(desk, written)
        changed = change(now)
        # What was only found out by looking is not written, since it may be otherwise tomorrow.
        is_found_out = changed.execution is now.execution
        execution = written.execution if is_found_out else changed.execution
        body = _document(desk, replace(changed, execution=execution)).body
        try:
            await papers.change(replace(kept, body=body, updated_at=desk.clock.now()))
        except DocumentChanged:
            continue
        return changed


async def drop_named(desk: Desk, named: NamedChangeSet) -> None:
    """Forget a named change set; raises ChangeSetStatusWrong while it is being executed."""
    named = await _this_moment(desk, named)
    if named.execution is ExecutionStatus.EXECUTE_IN_PROGRESS:
        raise ChangeSetStatusWrong(named)
    await papers_of(desk).remove(KIND, desk.place.account_id, named.change_set_id)


async def _this_moment(desk: Desk, named: NamedChangeSet) -> NamedChangeSet:
    return await _of_now(desk, named, await desk.store.last_operation(named.stack_id))


async def _of_now(desk: Desk, named: NamedChangeSet, last: Operation | None) -> NamedChangeSet:
    """The change set with what became of it; `last` is the stack's operation that was opened last."""
    if named.status is not ProposalStatus.CREATE_COMPLETE:
        return named
    if named.operation_id is None and last is not None and last.change_set_id == named.planned_id:
        named = await _noted(desk, named, last)
    if named.operation_id is not None:
        is_last = last is not None and last.operation_id == named.operation_id
        operation = last if is_last else await desk.store.operation(named.operation_id)
        return replace(named, execution=_executed(operation))
    is_same = (None if last is None else last.operation_id) == named.follows
    return named if is_same else replace(named, execution=ExecutionStatus.OBSOLETE)


async def _noted(desk: Desk, named: NamedChangeSet, operation: Operation) -> NamedChangeSet:
    """The change set with the operation that executes it; that is found out when it is looked at."""
    executed = replace(named, operation_id=operation.operation_id)
    papers = papers_of(desk)
    kept = await papers.get(KIND, desk.place.account_id, named.change_set_id)
    if kept is not None:
        # What stands there besides may be newer than what was read here.
        body = {**kept.body, "operation_id": operation.operation_id}
        try:
            await papers.change(replace(kept, body=body, updated_at=desk.clock.now()))
        except DocumentChanged:
            # Somebody else has looked at the same moment, and seen the same.
            return executed
    return executed


def _executed(operation: Operation | None) -> ExecutionStatus:
    if operation is not None and operation.status.is_open:
        return ExecutionStatus.EXECUTE_IN_PROGRESS
    if operation is not None and operation.status is OperationStatus.SUCCEEDED:
        return ExecutionStatus.EXECUTE_COMPLETE
    return ExecutionStatus.EXECUTE_FAILED


# --- as documents -----------------------------------------------------------------------------------


def _document(desk: Desk, named: NamedChangeSet) -> Document:
    place = named.place
    body: dict[str, Json] = {
        "stack_name": named.stack_name,
        "place": [place.cloud, place.account_id, place.region],
        "kind": named.kind,
        "status": named.status.value,
        "execution": named.execution.value,
        "reason": named.reason,
        "is_empty": named.is_empty,
        "description": named.description,
        "planned_id": named.planned_id,
        "fingerprint": named.fingerprint,
        "follows": named.follows,
        "operation_id": named.operation_id,
        "on_failure": named.waiting.on_failure.value,
        "parallel": named.waiting.parallel,
        "timeout": named.waiting.timeout,
        "deletes_remains": named.waiting.deletes_remains,
        "is_protected": named.is_protected,
        "policy": named.policy,
        "tags": None if named.tags is None else dict(named.tags),
        "options": None if named.options is None else dict(named.options),
        "details": dict(named.details),
        "token": named.token,
    }
    return Document(
        KIND,
        desk.place.account_id,
        named.change_set_id,
        body,
        named.created_at,
        desk.clock.now(),
        parent=named.stack_id,
        name=named.name,
    )


def _named(document: Document) -> NamedChangeSet:
    body: Mapping[str, Any] = document.body
    return NamedChangeSet(
        change_set_id=document.document_id,
        name=document.name,
        stack_id=document.parent,
        stack_name=body["stack_name"],
        place=Place(*body["place"]),
        kind=body["kind"],
        status=ProposalStatus(body["status"]),
        execution=ExecutionStatus(body["execution"]),
        created_at=document.created_at,
        reason=body["reason"],
        is_empty=body["is_empty"],
        description=body["description"],
        planned_id=body["planned_id"],
        fingerprint=body["fingerprint"],
        follows=body["follows"],
        operation_id=body["operation_id"],
        waiting=Waiting(
            OnFailure(body["on_failure"]),
            body["parallel"],
            body["timeout"],
            body.get("deletes_remains", False),
        ),
        is_protected=body["is_protected"],
        policy=body["policy"],
        tags=body["tags"],
        options=body["options"],
        details=body["details"],
        token=body.get("token", ""),
    )
