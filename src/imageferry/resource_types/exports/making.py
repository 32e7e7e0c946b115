"""Making one export: ExportImage, which has no token, its task watched to the end, or cancelled."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from imageferry.cloud.errors import CloudError
from imageferry.cloud.exports import export_image
from imageferry.cloud.tasks import Task, cancel_task, describe_task, tasks_of_image
from imageferry.model.handlers import Context, ErrorCode, Failed, HandlerRequest, Pending
from imageferry.resource_types.exports.wanted import WantedExport
from imageferry.resource_types.handling.faults import CONFLICTS, GIVE_UP, again, failed, says
from imageferry.resource_types.handling.lineages import VISIBILITY
from imageferry.resource_types.handling.notes import (
    changed_notes,
    list_note,
    number_note,
    text_note,
)
from imageferry.resource_types.handling.properties import masked
from imageferry.resource_types.image_copies.cloud import ImageCloud

EXPORT_IMAGE: Final = "ExportImage"


class Phase(StrEnum):
    """Where a step stands; EXPORT and CANCEL announce a call, the others only look.

    ABANDON is CANCEL for what an earlier step had begun.
    """

    PLAN = "plan"
    EXPORT = "export"
    LOOK = "look"
    WAITING = "waiting"
    CANCEL = "cancel"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    SEARCH = "search"
    ABANDON = "abandon"
    ABANDONING = "abandoning"


# The cloud exports an image once at a time, and a few images at once; all of it ends by itself.
_BUSY: Final = CONFLICTS | {
    "ImageIsExporting",
    "ConcurrentQuotaExceed.ExportImage",
    "OperationDenied.ImageCopying",
}
_NOT_READY: Final = "IncorrectImageStatus"
_UNFINISHED: Final = frozenset({"Creating", "Waiting"})
NO_TASK: Final = "InvalidTaskId.NotFound"
ENDED: Final = "InvalidTaskId.IncorrectTaskStatus"
_BUSY_PATIENCE: Final = 6 * 3600.0
"""Seconds for which it is waited for others' exports, where the template sets no limit."""
_DENIAL_PATIENCE: Final = 900.0
_BEFORE: Final = 960.0
"""Seconds by which a task may seem older than our call: clocks differ, and minutes are cut."""
_SHORTEST: Final = 0.25
_LONGEST: Final = 75.0


@dataclass(frozen=True, slots=True)
class Memory:
    """What this very process knows of its steps, by their tokens.

    `announced` are those whose call it has announced; `tasks` tells whose a task is, so that no step
    takes another one's for its own: a task need not say which bucket it goes to.
    """

    announced: set[str] = field(default_factory=set)
    tasks: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Making:
    """One export: what is wanted, the physical id of all answers, and the notes that they carry."""

    wanted: WantedExport
    physical_id: str
    base: Context
    memory: Memory


@dataclass(frozen=True, slots=True)
class Exported:
    """The objects are in the bucket."""

    task_id: str
    notes: tuple[str, ...] = ()


async def make_export(
    cloud: ImageCloud, making: Making, request: HandlerRequest
) -> Exported | Pending | Failed:
    """Bring one export forward from where the notes say it stands."""
    match request.context.get("phase"):
        case Phase.EXPORT:
            return await _export(cloud, making, request)
        case Phase.LOOK:
            return await _look(cloud, making, request)
        case Phase.WAITING | Phase.CANCEL | Phase.CANCELLED:
            return await _observe(cloud, making, request)
        case _:
            return await _plan(cloud, making, request)


# --- beginning ------------------------------------------------------------------------------------


async def _plan(cloud: ImageCloud, making: Making, request: HandlerRequest) -> Pending | Failed:
    """Note which exports of the image there are already, and announce the call.

    It has no token: should its answer be lost, what was not there before is what it has begun.
    """
    context, now = request.context, request.now
    since = number_note(context, "since", now)
    notes = changed_notes(making.base, phase=Phase.PLAN, since=since)
    try:
        known = await tasks_of_image(
            cloud.client, request.region, making.wanted.image_id, EXPORT_IMAGE
        )
    except CloudError as error:
        if not error.is_passing or now - since > GIVE_UP:
            return failed(error, changed_notes(making.base, phase=Phase.REFUSED))
        return again(cloud.client, error, making.physical_id, notes, now - since, observes=True)
    young = [
        task.task_id
        for task in known
        if task.is_running or task.created_at is None or task.created_at >= now - _BEFORE
    ]
    making.memory.announced.add(request.token)
    notes = changed_notes(making.base, phase=Phase.EXPORT, at=now, since=since, known=young or None)
    return Pending(making.physical_id, 0.0, context=notes, status_says="exporting")


async def _export(cloud: ImageCloud, making: Making, request: HandlerRequest) -> Pending | Failed:
    """The announced ExportImage, unless an earlier process may have made it already."""
    wanted, now = making.wanted, request.now
    if request.repeated and request.token not in making.memory.announced:
        # Of what another process has announced, nobody knows whether it was sent.
        return await _look(cloud, making, request)
    making.memory.announced.discard(request.token)
    client = cloud.client.confirmed(request.confirm)
    try:
        task_id = await export_image(
            client, request.region, wanted.image_id, wanted.bucket, wanted.prefix
        )
    except CloudError as error:
        return await _not_begun(cloud, making, request, error)
    return _begun(making, request, task_id, now)


def _begun(
    making: Making, request: HandlerRequest, task_id: str, now: float, *notes: str
) -> Pending:
    making.memory.tasks[task_id] = request.token
    return Pending(
        making.physical_id,
        _SHORTEST,
        progress=0,
        context=changed_notes(making.base, phase=Phase.WAITING, task_id=task_id, at=now),
        observes=True,
        status_says="the export has begun",
        notes=notes,
    )


async def _not_begun(
    cloud: ImageCloud, making: Making, request: HandlerRequest, error: CloudError
) -> Pending | Failed:
    context, now = request.context, request.now
    since = number_note(context, "since", now)
    trouble = now - since
    if error.may_have_worked:
        return _looking(making, request, now + VISIBILITY)
    planned = changed_notes(making.base, phase=Phase.PLAN, since=since)
    if error.is_passing:
        if trouble > GIVE_UP:
            return failed(error, changed_notes(making.base, phase=Phase.REFUSED))
        return again(cloud.client, error, making.physical_id, planned, trouble, observes=True)
    limit = making.wanted.create_timeout or _BUSY_PATIENCE
    if trouble <= limit and await _ends_by_itself(cloud, making, request, error):
        pending = again(cloud.client, error, making.physical_id, planned, trouble, observes=True)
        return replace(pending, status_says=f"waiting to export ({error.code})")
    words = masked(says(error), making.wanted.secrets)
    return failed(error, changed_notes(making.base, phase=Phase.REFUSED), message=words)


async def _ends_by_itself(
    cloud: ImageCloud, making: Making, request: HandlerRequest, error: CloudError
) -> bool:
    """True for a refusal that somebody else's export, or the image's own making, explains."""
    if error.code in _BUSY:
        return True
    if error.code != _NOT_READY:
        return False
    try:
        image = await cloud.loader.look(request.region, making.wanted.image_id)
    except CloudError as denied:
        return denied.is_passing
    return image is not None and image.status in _UNFINISHED


# --- looking for a task whose id was never told ---------------------------------------------------


def _looking(making: Making, request: HandlerRequest, until: float) -> Pending:
    context = request.context
    return Pending(
        making.physical_id,
        max(_SHORTEST, min(15.0, (request.now - number_note(context, "at", request.now)) / 4)),
        context=changed_notes(
            making.base,
            phase=Phase.LOOK,
            at=number_note(context, "at", request.now),
            since=number_note(context, "since", request.now),
            known=list(list_note(context, "known")) or None,
            until=until,
        ),
        observes=True,
        status_says="looking for an export that may have been begun",
    )


async def _look(cloud: ImageCloud, making: Making, request: HandlerRequest) -> Pending | Failed:
    """Look for the export that may run already; call again only when there is none for long."""
    context, now = request.context, request.now
    at = number_note(context, "at", now)
    until = number_note(context, "until", max(request.visible_by, now, at + VISIBILITY))
    try:
        found = await find_task(cloud, making.memory, making.wanted, request)
    except CloudError as error:
        if not error.is_passing or now - until > GIVE_UP:
            return failed(error, context)
        notes = _looking(making, request, until).context
        return again(cloud.client, error, making.physical_id, notes, now - at, observes=True)
    if found is not None:
        told = f"found {found.task_id}, the export that was begun before"
        return _begun(making, request, found.task_id, at, told)
    if now < until:
        return _looking(making, request, until)
    planned = changed_notes(making.base, phase=Phase.PLAN, since=number_note(context, "since", at))
    return Pending(making.physical_id, 0.0, context=planned, observes=True, status_says="not found")


async def find_task(
    cloud: ImageCloud, memory: Memory, wanted: WantedExport, request: HandlerRequest
) -> Task | None:
    """The export that an announced call has begun: one that was not there before; raises CloudError.

    One that names another bucket is somebody else's, and so is another step's of this process.
    """
    context = request.context
    known, at = set(list_note(context, "known")), number_note(context, "at", request.now)
    tasks = await tasks_of_image(cloud.client, request.region, wanted.image_id, EXPORT_IMAGE)
    new = [
        task
        for task in tasks
        if task.task_id not in known
        and memory.tasks.get(task.task_id, request.token) == request.token
        and (task.created_at is None or task.created_at >= at - _BEFORE)
    ]
    for task in sorted(new, key=lambda task: task.created_at or 0.0, reverse=True):
        shown = await describe_task(cloud.client, request.region, task.task_id)
        if is_to_bucket(shown, wanted):
            return shown
    return None


def is_to_bucket(task: Task, wanted: WantedExport) -> bool:
    """False where a task says that it goes to another bucket, or to objects of other names."""
    named = dict(task.related)
    bucket, key = named.get("OSSBucket"), named.get("OSSObject")
    head = f"{wanted.prefix}_{wanted.image_id}" if wanted.prefix else wanted.image_id
    return bucket in {None, wanted.bucket} and (key is None or key.startswith(head))


# --- waiting --------------------------------------------------------------------------------------


async def _observe(
    cloud: ImageCloud, making: Making, request: HandlerRequest
) -> Exported | Pending | Failed:
    """Look at the task; at the time limit it is cancelled."""
    context, now, region = request.context, request.now, request.region
    task_id = text_note(context, "task_id") or ""
    elapsed = now - number_note(context, "at", now)
    try:
        task = await describe_task(cloud.client, region, task_id)
    except CloudError as error:
        if error.code == NO_TASK and elapsed < VISIBILITY:
            return _not_shown(making, request, elapsed)
        if not error.is_passing and (error.code == NO_TASK or elapsed > _DENIAL_PATIENCE):
            return failed(error, context)
        return again(cloud.client, error, making.physical_id, context, elapsed, observes=True)
    if task.status == "Finished":
        return Exported(task_id)
    if not task.is_running:
        return _ended_badly(making, request, task)
    if context.get("phase") == Phase.CANCEL:
        return await _cancel(cloud, making, request, task)
    return _goes_on(making, request, task, elapsed)


def _not_shown(making: Making, request: HandlerRequest, elapsed: float) -> Pending:
    return Pending(
        making.physical_id,
        max(_SHORTEST, min(15.0, elapsed / 4)),
        context=request.context,
        observes=True,
        status_says="not shown yet",
    )


def _ended_badly(making: Making, request: HandlerRequest, task: Task) -> Failed:
    wanted, region = making.wanted, request.region
    where = f"the export {task.task_id} of {wanted.image_id} in {region}"
    ended = changed_notes(making.base, phase=Phase.REFUSED)
    if request.context.get("phase") in {Phase.CANCEL, Phase.CANCELLED}:
        limit = wanted.create_timeout or 0.0
        words = f"{where} was not finished {limit:g} s after it had begun; it was cancelled"
        return Failed(ErrorCode.NOT_STABILIZED, words, context=ended)
    progress = "" if task.progress is None else f" at {task.progress}%"
    fault = f"{task.fault.rstrip('. ')} ({task.fault_code})" if task.fault_code else task.fault
    words = masked(f"{where} has failed{progress}{fault and f': {fault}'}", wanted.secrets)
    code = task.fault_code or task.status
    return Failed(ErrorCode.NOT_STABILIZED, words, context=ended, cloud_code=code)


def _goes_on(
    making: Making, request: HandlerRequest, task: Task, elapsed: float
) -> Pending | Failed:
    """The task runs: wait, or announce its end where the time limit has passed."""
    context, now, limit = request.context, request.now, making.wanted.create_timeout
    progress = "" if task.progress is None else f" {task.progress}%"
    if context.get("phase") == Phase.CANCELLED:
        asked = now - number_note(context, "asked", now)
        if asked > VISIBILITY:
            words = f"the export {task.task_id} was cancelled, and is {task.status} all the same"
            notes = changed_notes(context, phase=Phase.WAITING)
            return Failed(ErrorCode.NOT_STABILIZED, words, context=notes)
        pause = max(_SHORTEST, min(15.0, asked / 4))
        says_cancelled = "cancelled at the time limit"
        return Pending(
            making.physical_id, pause, context=context, observes=True, status_says=says_cancelled
        )
    if limit is not None and elapsed >= limit:
        return Pending(
            making.physical_id,
            0.0,
            progress=task.progress,
            context=changed_notes(context, phase=Phase.CANCEL),
            status_says="the time limit has passed; cancelling",
        )
    remaining = elapsed * (100 - task.progress) / task.progress if task.progress else None
    pause = _SHORTEST + (elapsed if remaining is None else remaining) / 4
    if limit is not None:
        pause = min(pause, max(_SHORTEST, limit - elapsed))
    return Pending(
        making.physical_id,
        max(_SHORTEST, min(_LONGEST, pause)),
        progress=task.progress,
        context=context,
        observes=True,
        status_says=f"{task.status}{progress}",
        remaining=remaining,
    )


async def _cancel(
    cloud: ImageCloud, making: Making, request: HandlerRequest, task: Task
) -> Pending | Failed:
    """The announced CancelTask at the time limit."""
    context, now = request.context, request.now
    trouble = now - number_note(context, "at", now) - (making.wanted.create_timeout or 0.0)
    try:
        client = cloud.client.confirmed(request.confirm)
        await cancel_task(client, request.region, task.task_id)
    except CloudError as error:
        if error.is_passing and trouble <= GIVE_UP:
            return again(cloud.client, error, making.physical_id, context, trouble)
        if error.code not in {ENDED, NO_TASK}:
            words = (
                f"the export {task.task_id} of {making.wanted.image_id} was not finished"
                f" {making.wanted.create_timeout or 0.0:g} s after it had begun, and could not be"
                f" cancelled: {says(error)}"
            )
            return failed(error, changed_notes(context, phase=Phase.WAITING), message=words)
    return Pending(
        making.physical_id,
        _SHORTEST,
        progress=task.progress,
        context=changed_notes(context, phase=Phase.CANCELLED, asked=now),
        observes=True,
        status_says="cancelled at the time limit",
    )
