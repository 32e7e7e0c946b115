"""Changing an instance in place, one announced call at a time; it is stopped only where it must be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from imageferry.cloud.errors import CloudError
from imageferry.cloud.instances import Disk, Instance, disks_of, user_data_of
from imageferry.model.handlers import Context, Done, ErrorCode, Failed, HandlerRequest, Pending
from imageferry.model.values import Json
from imageferry.resource_types.handling.faults import GIVE_UP, again, failed, says
from imageferry.resource_types.handling.notes import (
    changed_notes,
    list_note,
    number_note,
    step_key,
    text_note,
)
from imageferry.resource_types.handling.properties import masked
from imageferry.resource_types.instances.calls import CALLS
from imageferry.resource_types.instances.cloud import InstanceCloud
from imageferry.resource_types.instances.differences import Change, missing_tags, needed_calls
from imageferry.resource_types.instances.launch_images import (
    fits,
    is_exact,
    is_shown,
    newest_fitting,
)
from imageferry.resource_types.instances.making import no_such_image
from imageferry.resource_types.instances.phases import Phase
from imageferry.resource_types.instances.waiting import BUSY, LIMIT, attributes, pause_after
from imageferry.resource_types.instances.wanted import WantedInstance, encoded

_GONE: Final = "InvalidInstanceId.NotFound"
_PATIENCE: Final = 20.0
"""Seconds for which an image that is not shown is looked for: a single look may leave it out."""
_AT_NEXT_START: Final = {"password": "the new password", "attach": "the key pair"}


@dataclass(frozen=True, slots=True)
class Seen:
    """What was looked at before deciding: the instance, and its system disk where that matters."""

    instance: Instance
    disk: Disk | None
    user_data: str | None


async def change_instance(
    cloud: InstanceCloud,
    wanted: WantedInstance,
    before: WantedInstance,
    request: HandlerRequest,
) -> Done | Pending | Failed:
    """Bring an instance to what is wanted. What differs is found by looking; what cannot be seen,
    a password, is changed where the wish has changed, once.
    """
    key = step_key(request.token)
    if "phase" not in request.context:
        request = replace(request, context={**request.context, **_first_notes(request, key)})
    context = request.context
    instance_id = request.physical_id or text_note(context, "instance_id")
    if instance_id is None:
        return Failed(ErrorCode.NOT_FOUND, "no instance is recorded that could be changed")
    change = Change(
        wanted,
        before,
        mends=bool(request.observed),
        image=text_note(context, "image"),
        touched=list_note(context, "prior"),
        tagged=list_note(context, "tagged"),
    )
    try:
        seen = await _look(cloud, change, instance_id)
        if seen is None:
            return _gone(wanted, instance_id, context)
        settled = await _settled(cloud, change, seen.instance, request)
        if not isinstance(settled, Change):
            return settled
        change = settled
        return await _go_on(cloud, change, seen, request)
    except CloudError as error:
        return _passing_or_failed(cloud, change, request, instance_id, error)


def _first_notes(request: HandlerRequest, key: str) -> dict[str, Json]:
    """The notes that a step begins with: an earlier one may have changed something, and died."""
    former = request.unfinished
    prior = list(dict.fromkeys([*list_note(former, "prior"), *list_note(former, "touched")]))
    return changed_notes(
        {
            "step": key,
            "phase": Phase.CHANGE,
            "at": request.now,
            "stopped": True if former.get("stopped") is True else None,
            "prior": prior or None,
            "tagged": list(list_note(former, "tagged")) or None,
        }
    )


def _gone(wanted: WantedInstance, instance_id: str, context: Context) -> Failed:
    words = f"the instance {instance_id} is no longer in {wanted.region}; replace the resource"
    return Failed(ErrorCode.NOT_FOUND, words, context=context)


async def _look(cloud: InstanceCloud, change: Change, instance_id: str) -> Seen | None:
    region = change.wanted.region
    instance = await cloud.loader.look(region, instance_id)
    if instance is None:
        return None
    disk = user_data = None
    if change.looks_at_disk:
        disks = await disks_of(cloud.client, region, instance_id)
        disk = next((one for one in disks if one.is_system), None)
    if change.looks_at_user_data:
        user_data = await user_data_of(cloud.client, region, instance_id)
    return Seen(instance, disk, user_data)


async def _settled(
    cloud: InstanceCloud, change: Change, instance: Instance, request: HandlerRequest
) -> Change | Pending | Failed:
    """The change with the image that its pattern means now, noted before anything is stopped."""
    pattern = change.wanted.image
    if not change.changes_image or change.image is not None or pattern is None:
        return change
    if is_exact(pattern):
        return await _exact(cloud, change, instance, request, pattern)
    if change.mends and fits(pattern, instance.image_id):
        return replace(change, image=instance.image_id)
    region = change.wanted.region
    image, others = await newest_fitting(cloud.client, region, pattern)
    shown = masked(pattern, change.wanted.secrets)
    if image is None:
        words = no_such_image(shown, region, others)
        return Failed(ErrorCode.NOT_FOUND, words, context=request.context)
    return Pending(
        instance.instance_id,
        0.0,
        context=changed_notes(request.context, image=image),
        status_says="changing",
        notes=(f'"{shown}" is {image}, the newest public image that fits in {region}',),
    )


async def _exact(
    cloud: InstanceCloud, change: Change, instance: Instance, request: HandlerRequest, image: str
) -> Change | Pending | Failed:
    """The change to an image by its id, which is seen to be there before anything is stopped."""
    context, region, now = request.context, change.wanted.region, request.now
    if image == instance.image_id or context.get("seen_image") is True:
        return replace(change, image=image)
    shown = masked(image, change.wanted.secrets)
    if await is_shown(cloud.client, region, image):
        notes = changed_notes(context, seen_image=True, missing=None)
        return Pending(instance.instance_id, 0.0, context=notes, status_says="changing")
    missing = number_note(context, "missing", now)
    if now - missing >= _PATIENCE:
        words = (
            f"there is no image {shown} in {region} that could be used: {instance.instance_id} is left"
            " as it is; check the id, and that the image is in this region and still shared with you"
        )
        return Failed(ErrorCode.NOT_FOUND, words, context=changed_notes(context, missing=None))
    return Pending(
        instance.instance_id,
        max(0.25, min(5.0, (now - missing) / 4)),
        context=changed_notes(context, missing=missing),
        observes=True,
        status_says=f"looking for {shown}",
    )


async def _go_on(
    cloud: InstanceCloud, change: Change, seen: Seen, request: HandlerRequest
) -> Done | Pending | Failed:
    context, instance = request.context, seen.instance
    done = list(list_note(context, "done"))
    size = seen.disk.size if seen.disk is not None else None
    wanted_size = change.wanted.disk_size
    if size is not None and wanted_size is not None and wanted_size < size and not change.image:
        words = (
            f"the system disk of {instance.instance_id} has {size} GiB, and cannot shrink to"
            f" {wanted_size}; give {size} or more"
        )
        return Failed(ErrorCode.NOT_UPDATABLE, words, context=context)
    user_data = change.wanted.user_data if change.looks_at_user_data else None
    needed = needed_calls(
        change,
        instance,
        size,
        is_other_data=user_data is not None and seen.user_data != encoded(user_data),
        done=done,
        was_stopped=context.get("stopped") is True,
    )
    if not needed:
        if instance.status not in {"Running", "Stopped"}:
            return _wait(request, instance)
        return _finished(change, instance, done)
    following = needed[0]
    if following == "wait":
        return _wait(request, instance)
    if context.get("next") == following and context.get("phase") == Phase.CHANGE:
        await CALLS[following](cloud, change, instance, seen.disk, request.token)
        done.append(following)
        notes = changed_notes(context, done=done, next=None, phase=Phase.SETTLE, at=request.now)
        return Pending(
            instance.instance_id, 0.0, context=notes, observes=True, status_says="changing"
        )
    stops = True if following == "stop" else context.get("stopped")
    touched = list(dict.fromkeys([*list_note(context, "touched"), following]))
    announced = changed_notes(
        context,
        touched=touched,
        tagged=_tagged(change, instance) or None,
        done=done,
        next=following,
        phase=Phase.CHANGE,
        stopped=stops,
        at=request.now,
        waits=None,
    )
    return Pending(
        instance.instance_id, 0.0, context=announced, status_says=_SAYS.get(following, "changing")
    )


def _tagged(change: Change, instance: Instance) -> list[str]:
    """The keys to note before they are set; one that holds a secret is not written down."""
    known = {key for key, _ in change.before.tags}
    new = [key for key, _ in missing_tags(change, instance) if key not in known]
    secrets = change.wanted.secrets
    return [key for key in dict.fromkeys([*change.tagged, *new]) if masked(key, secrets) == key]


_SAYS: Final[Mapping[str, str]] = {
    "stop": "stopping",
    "start": "starting",
    "image": "replacing the system disk",
    "resize": "growing the system disk",
}


def _wait(request: HandlerRequest, instance: Instance) -> Pending | Failed:
    context = request.context
    since = number_note(context, "waits", request.now)
    waited = request.now - since
    if waited > LIMIT:
        words = f"the instance {instance.instance_id} is {instance.status} for too long"
        return Failed(ErrorCode.NOT_STABILIZED, words, context=changed_notes(context, waits=None))
    return Pending(
        instance.instance_id,
        pause_after(request.now, waited),
        context=changed_notes(context, phase=Phase.SETTLE, waits=since),
        observes=True,
        status_says=instance.status,
    )


def _finished(change: Change, instance: Instance, done: list[str]) -> Done:
    notes: list[str] = []
    # A new start has come after the change where the instance was started here.
    held = [_AT_NEXT_START[name] for name in done if name in _AT_NEXT_START]
    if held and "start" not in done and instance.status == "Running":
        notes.append(f"{' and '.join(held)} of {instance.instance_id} holds from its next start on")
    if instance.status == "Stopped":
        notes.append(f"{instance.instance_id} was stopped, and is left so")
    before = change.before.description
    if before is not None and change.wanted.description is None and instance.description:
        notes.append(
            f"{instance.instance_id} keeps its old description: the cloud cannot clear one"
        )
    return Done(instance.instance_id, attributes(instance), notes=tuple(notes))


def _passing_or_failed(
    cloud: InstanceCloud,
    change: Change,
    request: HandlerRequest,
    instance_id: str,
    error: CloudError,
) -> Pending | Failed:
    """The same call again where that may help, for an hour; Failed otherwise."""
    context, trouble = (
        request.context,
        request.now - number_note(request.context, "at", request.now),
    )
    if error.code == _GONE:
        return _gone(change.wanted, instance_id, context)
    if (error.is_passing or error.code in BUSY) and trouble <= GIVE_UP:
        return again(cloud.client, error, instance_id, context, trouble)
    return failed(error, context, message=masked(says(error), change.wanted.secrets))
