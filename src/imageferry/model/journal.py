"""A stack's resources after the journal: the record overlaid with what the steps have brought."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from imageferry.model.changes import Action, ChangeKind, ChangeSet, ResourceChange
from imageferry.model.handlers import Context, HandlerAction
from imageferry.model.operations import StepRecord
from imageferry.model.stacks import Resource
from imageferry.model.statuses import ResourceStatus, StepStatus


def relabelled(
    resources: Mapping[str, Resource], changes: Iterable[ResourceChange]
) -> dict[str, Resource]:
    """The resources at the addresses that the moves of a change set give them; no call is needed."""
    moves = [change for change in changes if change.moved_from is not None]
    after = dict(resources)
    taken = [(change.address, after.pop(str(change.moved_from), None)) for change in moves]
    for address, resource in taken:
        if resource is not None:
            after[str(address)] = replace(resource, address=address)
    return after


def _with_wanted(resource: Resource, change: ResourceChange) -> Resource:
    """The resource with the policies and dependencies that the change set wants for it."""
    wanted = change.wanted
    if wanted is None:
        return resource
    return replace(
        resource,
        depends_on=wanted.depends_on,
        deletion_policy=wanted.deletion_policy,
        replacement_policy=wanted.replacement_policy,
        deletes_remains=wanted.deletes_remains,
    )


_CREATE = {
    StepStatus.INTENDED: ResourceStatus.CREATING,
    StepStatus.RUNNING: ResourceStatus.CREATING,
    StepStatus.DONE: ResourceStatus.CREATED,
    StepStatus.FAILED: ResourceStatus.CREATE_FAILED,
}
_UPDATE = {
    StepStatus.INTENDED: ResourceStatus.UPDATING,
    StepStatus.RUNNING: ResourceStatus.UPDATING,
    StepStatus.DONE: ResourceStatus.UPDATED,
    StepStatus.FAILED: ResourceStatus.UPDATE_FAILED,
}
_DELETE = {
    StepStatus.INTENDED: ResourceStatus.DELETING,
    StepStatus.RUNNING: ResourceStatus.DELETING,
    StepStatus.FAILED: ResourceStatus.DELETE_FAILED,
}


def _created(
    record: StepRecord, change: ResourceChange, before: Resource | None, generation: int
) -> Resource:
    wanted = change.wanted
    # Made at once, and not by _with_wanted: each copy is recorded three times.
    return Resource(
        address=record.address,
        type_name=record.type_name,
        status=_CREATE[record.status],
        status_reason=record.reason,
        physical_id=record.physical_id,
        properties=record.properties or {},
        attributes=record.attributes or {},
        context={} if record.status is StepStatus.DONE else record.context,
        leftovers=_together(before.leftovers if before is not None else (), record.leftovers),
        created_at=record.intended_at,
        updated_at=record.ended_at or record.intended_at,
        generation=generation,
        depends_on=() if wanted is None else wanted.depends_on,
        deletion_policy="Delete" if wanted is None else wanted.deletion_policy,
        replacement_policy="Delete" if wanted is None else wanted.replacement_policy,
        deletes_remains=wanted is not None and wanted.deletes_remains,
    )


def _together(former: tuple[Context, ...], later: tuple[Context, ...]) -> tuple[Context, ...]:
    return (*former, *(leftover for leftover in later if leftover not in former))


def _updated(record: StepRecord, change: ResourceChange, before: Resource) -> Resource:
    changed = replace(
        before,
        status=_UPDATE[record.status],
        status_reason=record.reason,
        updated_at=record.ended_at or record.intended_at,
    )
    if record.status is not StepStatus.DONE:
        # The properties stay those that were last reached; the notes say what was begun, by an
        # earlier step as long as this one has none of its own.
        return replace(changed, context=record.context or before.context)
    changed = replace(
        changed,
        physical_id=record.physical_id,
        properties=record.properties if record.properties is not None else before.properties,
        attributes=record.attributes if record.attributes is not None else before.attributes,
        context={},
        leftovers=record.leftovers,
    )
    return _with_wanted(changed, change)


class Standing:
    """What a stack holds as the journal of one change set grows; `now` is by address text.

    A resource that was deleted is gone; one whose deletion left something over stays, as
    DELETE_FAILED. Skipped steps change nothing.
    """

    def __init__(self, resources: Mapping[str, Resource], change_set: ChangeSet) -> None:
        self.now = relabelled(resources, change_set.changes)
        self._changes = {str(change.address): change for change in change_set.changes}
        self._is_rollback = change_set.kind is ChangeKind.ROLLBACK
        self._generations = {key: resource.generation for key, resource in self.now.items()}
        for key, change in self._changes.items():
            if change.action in {Action.NONE, Action.MOVE} and key in self.now:
                self.now[key] = _with_wanted(self.now[key], change)

    def apply(self, record: StepRecord) -> None:
        """Let one record, newer than those before it, take effect."""
        key = str(record.address)
        change = self._changes.get(key)
        if change is None or record.status is StepStatus.SKIPPED:
            return
        before = self.now.get(key)
        match record.action:
            case HandlerAction.CREATE:
                generation = self._generations.get(key, 0) + 1
                self.now[key] = _created(record, change, before, generation)
            case HandlerAction.UPDATE:
                if before is not None:
                    self.now[key] = _updated(record, change, before)
            case HandlerAction.DELETE:
                _apply_delete(self.now, key, record)
            case HandlerAction.CLEAN_UP:
                _apply_clean_up(self.now, key, record, change)
            case HandlerAction.READ:
                return

    def forget_retained(self) -> list[Resource]:
        """Let go of what is removed from the stack, or replaced in it, and kept in the cloud.

        Returns what was removed, so that somebody says where it is.
        """
        kept = []
        for key, change in self._changes.items():
            if change.retained and key in self.now:
                kept.append(self.now.pop(key))
        if self._is_rollback:
            # What a replacement had made and its rollback took back is nothing to be kept.
            return kept
        for key, resource in self.now.items():
            if resource.leftovers and resource.replacement_policy == "Retain":
                self.now[key] = replace(resource, leftovers=())
        return kept


def resources_after(
    resources: Mapping[str, Resource], change_set: ChangeSet, records: Iterable[StepRecord]
) -> dict[str, Resource]:
    """What the stack holds once the given records of one change set stand as they do."""
    standing = Standing(resources, change_set)
    for record in sorted(records, key=lambda record: record.intended_at):
        standing.apply(record)
    return standing.now


def _apply_delete(after: dict[str, Resource], key: str, record: StepRecord) -> None:
    before = after.get(key)
    if before is None:
        return
    if record.status is StepStatus.DONE:
        if not before.leftovers or before.replacement_policy == "Retain":
            del after[key]
            return
        after[key] = replace(
            before,
            status=ResourceStatus.DELETE_FAILED,
            status_reason="deleted, but something it replaced is still left over",
            physical_id=None,
            context={},
        )
        return
    after[key] = replace(
        before,
        status=_DELETE[record.status],
        status_reason=record.reason,
        context=record.context or before.context,
        updated_at=record.ended_at or record.intended_at,
    )


def _apply_clean_up(
    after: dict[str, Resource], key: str, record: StepRecord, change: ResourceChange
) -> None:
    before = after.get(key)
    if before is None or record.status is not StepStatus.DONE:
        return
    gone = (record.properties or {}).get("leftover")
    kept = tuple(leftover for leftover in before.leftovers if leftover != gone)
    is_deleted = change.action is Action.DELETE and before.physical_id is None
    if is_deleted and not kept:
        del after[key]
        return
    after[key] = replace(before, leftovers=kept)
