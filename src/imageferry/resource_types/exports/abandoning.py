"""Ending an export that an earlier step has begun: found, cancelled, and seen to its end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from imageferry.cloud.errors import CloudError
from imageferry.cloud.tasks import Task, cancel_task, describe_task
from imageferry.model.handlers import Context, Failed, HandlerRequest, Pending
from imageferry.model.values import Json
from imageferry.resource_types.exports.making import ENDED, NO_TASK, Memory, Phase, find_task
from imageferry.resource_types.exports.wanted import WISH, WantedExport
from imageferry.resource_types.handling.faults import GIVE_UP, again, failed
from imageferry.resource_types.handling.lineages import VISIBILITY
from imageferry.resource_types.handling.looks import SEARCH_LIMIT, look_again, still_looking
from imageferry.resource_types.handling.notes import (
    changed_notes,
    list_note,
    number_note,
    text_note,
)
from imageferry.resource_types.image_copies.cloud import ImageCloud

_IN_DOUBT: Final = frozenset({Phase.EXPORT, Phase.LOOK, Phase.SEARCH})
_RUNNING: Final = frozenset(
    {Phase.WAITING, Phase.CANCEL, Phase.CANCELLED, Phase.ABANDON, Phase.ABANDONING}
)
ABANDONS: Final = frozenset({Phase.SEARCH, Phase.ABANDON, Phase.ABANDONING})
"""The phases of this room."""
_UNCANCELLABLE: Final = frozenset({"CancelTaskFailed", "InvalidTaskId.TaskActionNotSupport"})


@dataclass(frozen=True, slots=True)
class Abandoned:
    """Nothing of an earlier step runs any more; `has_finished` where it came to its end before."""

    has_finished: bool = False


def abandoning_notes(former: Context, base: Context, now: float) -> dict[str, Json] | None:
    """The notes with which an export is ended that a step with notes `former` may have begun.

    None where there can be none.
    """
    phase = former.get("phase")
    task_id = text_note(former, "task_id")
    at = number_note(former, "at", now)
    notes = changed_notes(
        base,
        at=at,
        known=list(list_note(former, "known")) or None,
        **{name: former[name] for name in WISH if name in former},
    )
    if task_id is not None and phase in _RUNNING:
        return {**notes, "phase": Phase.ABANDONING, "task_id": task_id}
    if phase in _IN_DOUBT:
        return {**notes, "phase": Phase.SEARCH, "until": at + VISIBILITY}
    return None


def wished(context: Context, wanted: WantedExport) -> WantedExport:
    """What an earlier step was to export, where its notes say so: the wish may be another by now."""
    image_id, bucket = text_note(context, "image"), text_note(context, "bucket")
    if image_id is None or bucket is None:
        return wanted
    prefix = text_note(context, "prefix")
    return replace(wanted, image_id=image_id, bucket=bucket, prefix=prefix)


async def abandon_export(
    cloud: ImageCloud,
    memory: Memory,
    wanted: WantedExport,
    request: HandlerRequest,
    physical_id: str,
) -> Abandoned | Pending | Failed:
    """Bring the end of an earlier export forward by one call at most, and by an announced one."""
    match request.context.get("phase"):
        case Phase.SEARCH:
            return await _search(cloud, memory, wanted, request, physical_id)
        case Phase.ABANDON:
            return await _cancel(cloud, request, physical_id)
        case _:
            return await _see(cloud, request, physical_id)


async def _search(
    cloud: ImageCloud,
    memory: Memory,
    wanted: WantedExport,
    request: HandlerRequest,
    physical_id: str,
) -> Abandoned | Pending | Failed:
    context, now = request.context, request.now
    until = number_note(context, "until", now)
    try:
        found = await find_task(cloud, memory, wished(context, wanted), request)
    except CloudError as error:
        trouble = now - request.intended_at
        return look_again(cloud.client, error, physical_id, context, trouble, SEARCH_LIMIT)
    if found is not None:
        notes = changed_notes(
            context, phase=Phase.ABANDONING, task_id=found.task_id, until=None, known=None
        )
        return Pending(physical_id, 0.0, context=notes, observes=True, status_says="cancelling")
    if now >= until:
        return Abandoned()
    what = "an export that may have been begun"
    return still_looking(physical_id, until - now, context, what)


async def _see(
    cloud: ImageCloud, request: HandlerRequest, physical_id: str
) -> Abandoned | Pending | Failed:
    """Look whether the task has ended; announce its end where nobody has asked for it."""
    context, now = request.context, request.now
    task_id = text_note(context, "task_id") or ""
    since = number_note(context, "asked", request.intended_at)
    try:
        task = await describe_task(cloud.client, request.region, task_id)
    except CloudError as error:
        born = number_note(context, "at", now)
        if error.code == NO_TASK and now - born >= VISIBILITY:
            return Abandoned()
        if error.code != NO_TASK and (not error.is_passing or now - since > GIVE_UP):
            return failed(error, context)
        return again(cloud.client, error, physical_id, context, now - since, observes=True)
    if not task.is_running:
        return Abandoned(has_finished=task.status == "Finished")
    kept = context.get("uncancellable") is True
    if not kept and ("asked" not in context or now - since > VISIBILITY):
        notes = changed_notes(context, phase=Phase.ABANDON, asked=None)
        return Pending(physical_id, 0.0, context=notes, status_says="cancelling")
    return _waits(task, request, physical_id, now - since, kept=kept)


def _waits(
    task: Task, request: HandlerRequest, physical_id: str, waited: float, *, kept: bool
) -> Pending:
    return Pending(
        physical_id,
        max(0.25, min(75.0 if kept else 15.0, waited / 4)),
        progress=task.progress,
        context=request.context,
        observes=True,
        status_says="waiting for the export to end" if kept else "cancelled",
    )


async def _cancel(cloud: ImageCloud, request: HandlerRequest, physical_id: str) -> Pending | Failed:
    """The announced CancelTask."""
    context, now = request.context, request.now
    task_id = text_note(context, "task_id") or ""
    notes = changed_notes(context, phase=Phase.ABANDONING, asked=now)
    try:
        await cancel_task(cloud.client.confirmed(request.confirm), request.region, task_id)
    except CloudError as error:
        trouble = now - request.intended_at
        if error.is_passing:
            if trouble > GIVE_UP:
                return failed(error, context)
            return again(cloud.client, error, physical_id, context, trouble)
        if error.code in _UNCANCELLABLE:
            words = f"the export {task_id} cannot be cancelled; it is waited for"
            return Pending(
                physical_id,
                1.0,
                context=changed_notes(notes, uncancellable=True),
                observes=True,
                status_says="waiting for the export to end",
                notes=(words,),
            )
        if error.code not in {ENDED, NO_TASK}:
            return failed(error, context)
    return Pending(physical_id, 0.25, context=notes, observes=True, status_says="cancelled")
