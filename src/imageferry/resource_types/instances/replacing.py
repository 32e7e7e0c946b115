"""A new instance in the place of an old one, and back; what an earlier step has begun goes first."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from imageferry.cloud.errors import CloudError
from imageferry.model.handlers import Context, Done, Failed, HandlerRequest, Pending
from imageferry.resource_types.handling.lineages import origin_notes
from imageferry.resource_types.handling.looks import look_again
from imageferry.resource_types.handling.notes import (
    changed_notes,
    number_note,
    step_key,
    text_note,
)
from imageferry.resource_types.instances.changing import change_instance
from imageferry.resource_types.instances.cloud import InstanceCloud
from imageferry.resource_types.instances.deletion import release
from imageferry.resource_types.instances.making import Making
from imageferry.resource_types.instances.searching import own_lineage
from imageferry.resource_types.instances.waiting import Ready, attributes, make_instance
from imageferry.resource_types.instances.wanted import WantedInstance

_CHANGED_IN_PLACE: Final = frozenset({"Description", "DeletionProtection"})


def identity_of(wanted: WantedInstance) -> str:
    """A digest of what makes the instance: two wishes with the same one are met by one instance.

    Nothing secret is in it: what one logs in with is changed in place.
    """
    made_of = {
        name: value for name, value in wanted.launch.items() if name not in _CHANGED_IN_PLACE
    }
    disk = made_of.get("SystemDisk")
    if isinstance(disk, Mapping):
        made_of["SystemDisk"] = {name: disk[name] for name in disk if name != "Size"}
    text = json.dumps([wanted.family, wanted.inherits_password, made_of], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


async def update_instance(
    cloud: InstanceCloud,
    wanted: WantedInstance,
    before: WantedInstance,
    request: HandlerRequest,
) -> Done | Pending | Failed:
    """Change in place, or put another instance in the place of this one."""
    key = step_key(request.token)
    if request.context.get("step") != key:
        begun = request.unfinished if request.unfinished.get("begun") is True else None
        discard = None if begun is None else dict(begun)
        request = replace(request, context=changed_notes({"step": key, "discard": discard}))
    if isinstance(request.context.get("discard"), Mapping):
        return await _discard(cloud, wanted, request)
    if not request.replaces:
        return _in_its_place(await change_instance(cloud, wanted, before, request), request)
    return await _replace(cloud, wanted, before, request)


async def _discard(
    cloud: InstanceCloud, wanted: WantedInstance, request: HandlerRequest
) -> Pending | Failed:
    """Release the instance that an earlier step has begun to put in the place of this one."""
    context = request.context
    former = context["discard"]
    notes: Context = former if isinstance(former, Mapping) else {}
    nested = replace(request, context=notes, physical_id=None, made_at=request.intended_at)
    outcome = await release(cloud, wanted, nested)
    match outcome:
        case Done(notes=told):
            cleared = changed_notes(context, discard=None)
            return Pending(
                request.physical_id, 0.0, context=cleared, notes=told,
                status_says="what was begun is gone",
            )  # fmt: skip
        case Pending():
            notes_of_both = {**context, "discard": dict(outcome.context)}
            return replace(outcome, physical_id=request.physical_id, context=notes_of_both)
        case Failed():
            # The next step has to go on with it.
            return replace(outcome, context={**outcome.context, "begun": True})


def _in_its_place(
    outcome: Done | Pending | Failed, request: HandlerRequest, *, old_id: str | None = None
) -> Done | Pending | Failed:
    """An ended change with all that is left over; one that was in use before is among it."""
    if not isinstance(outcome, Done):
        return outcome
    kept = [one for one in request.leftovers if one.get("instance_id") != outcome.physical_id]
    if old_id is not None and old_id != outcome.physical_id:
        kept.append({"instance_id": old_id, "identity": request.context.get("identity")})
    return replace(outcome, leftovers=tuple(kept))


async def _replace(
    cloud: InstanceCloud,
    wanted: WantedInstance,
    before: WantedInstance,
    request: HandlerRequest,
) -> Done | Pending | Failed:
    context = changed_notes(request.context, identity=identity_of(before))
    request = replace(request, context=context)
    old_id = request.physical_id
    if "phase" not in context and "swap" not in context:
        found = await _former(cloud, wanted, request)
        if isinstance(found, Pending | Failed):
            return found
        context = changed_notes(context, swap=found)
        request = replace(request, context=context)
    swap = text_note(context, "swap")
    if swap is not None:
        # All of it is compared: it stood aside while the others were changed.
        swapping = replace(request, physical_id=swap, observed=request.observed or {"": None})
        outcome = await change_instance(cloud, wanted, wanted, swapping)
        if isinstance(outcome, Pending):
            return replace(outcome, physical_id=old_id)
        return _in_its_place(outcome, request, old_id=old_id)
    known = [one for one in (old_id, *_ids(request.leftovers)) if one is not None]
    base = {
        "step": context["step"],
        "begun": True,
        "identity": context["identity"],
        **origin_notes(request),
    }
    making = Making(wanted, own_lineage(request, wanted), base, tuple(known))
    launching = request if "phase" in context else replace(request, context={})
    made = await make_instance(cloud, making, launching)
    match made:
        case Ready(instance=instance):
            done = Done(instance.instance_id, attributes(instance))
            return _in_its_place(done, request, old_id=old_id)
        case Pending():
            return replace(made, physical_id=old_id)
        case Failed():
            return made


def _ids(leftovers: tuple[Context, ...]) -> list[str]:
    return [one for one in (text_note(left, "instance_id") for left in leftovers) if one]


async def _former(
    cloud: InstanceCloud, wanted: WantedInstance, request: HandlerRequest
) -> str | Pending | Failed | None:
    """The instance that is left over and is what is wanted now, if it is still there."""
    identity = identity_of(wanted)
    alike = [one for one in request.leftovers if one.get("identity") == identity]
    try:
        for instance_id in reversed(_ids(tuple(alike))):
            if await cloud.loader.look(wanted.region, instance_id) is not None:
                return instance_id
    except CloudError as error:
        since = number_note(request.context, "since", request.now)
        notes = changed_notes(request.context, since=since)
        return look_again(cloud.client, error, request.physical_id, notes, request.now - since)
    return None


async def clean_up_instance(
    cloud: InstanceCloud, wanted: WantedInstance, request: HandlerRequest
) -> Done | Pending | Failed:
    """Release one instance that another has taken the place of."""
    left = text_note(request.leftover or {}, "instance_id")
    if left is None or left == request.physical_id:
        return Done(request.physical_id)
    key = step_key(request.token)
    context = request.context if request.context.get("step") == key else {"instance_id": left}
    outcome = await release(cloud, wanted, replace(request, context=context, physical_id=None))
    match outcome:
        case Done() | Pending():
            return replace(outcome, physical_id=request.physical_id)
        case Failed():
            return outcome
