"""Releasing an instance that was made here: found where its id was never said, then waited for."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from imageferry.cloud.errors import CloudError
from imageferry.cloud.instances import delete_instance
from imageferry.model.handlers import Done, ErrorCode, Failed, HandlerRequest, Pending
from imageferry.model.values import Json
from imageferry.resource_types.handling.faults import GIVE_UP, again, failed, says
from imageferry.resource_types.handling.lineages import MOST_TAGS, VISIBILITY, noted_lineage
from imageferry.resource_types.handling.looks import SEARCH_LIMIT, look_again, still_looking
from imageferry.resource_types.handling.notes import (
    changed_notes,
    list_note,
    number_note,
    step_key,
    text_note,
)
from imageferry.resource_types.handling.properties import masked
from imageferry.resource_types.instances.cloud import InstanceCloud
from imageferry.resource_types.instances.phases import Phase, may_have_launched
from imageferry.resource_types.instances.searching import find_instance, named
from imageferry.resource_types.instances.waiting import BUSY, pause_after
from imageferry.resource_types.instances.wanted import WantedInstance

_GONE: Final = "InvalidInstanceId.NotFound"
_DOUBT: Final = 8.0
"""Seconds for which an instance that should be there is looked for: a single look may leave it out."""
_WHY: Final = {
    "InvalidOperation.DeletionProtection": "it is protected from deletion: take the protection off"
    " in the cloud's console, or with ModifyInstanceAttribute, and delete again; before the first"
    " attempt an update to DeletionProtection: false does it",
    "ChargeTypeViolation": "it is prepaid: set SubscriptionDeletionForce to true to end the"
    " subscription with it",
}


async def release(
    cloud: InstanceCloud, wanted: WantedInstance, request: HandlerRequest
) -> Done | Pending | Failed:
    """Bring the removal forward by one call at most, and by none unless it was announced."""
    key = step_key(request.token)
    context = request.context
    if context.get("step") != key or context.get("deletes") is not True:
        notes = _first_notes(request, key)
        if notes is None:
            return Done(request.physical_id)
        request = replace(request, context=notes)
    if request.context.get("phase") == Phase.SEARCH:
        return await _search(cloud, wanted, request)
    return await _remove(cloud, wanted, request)


def _first_notes(request: HandlerRequest, key: str) -> dict[str, Json] | None:
    """What an earlier step's notes and the record say was made; None where there is nothing."""
    former = request.context
    at = number_note(former, "at", number_note(former, "since", request.made_at))
    ids = dict.fromkeys(
        one for one in (text_note(former, "instance_id"), request.physical_id) if one is not None
    )
    base: dict[str, Json] = {
        "step": key,
        "deletes": True,
        "at": request.now,
        "targets": [*list_note(former, "targets"), *ids],
        "born": at if former.get("phase") == Phase.WAITING else None,
        "operation": text_note(former, "operation") or request.operation_id,
        "address": text_note(former, "address") or request.address,
    }
    if may_have_launched(former) or not (ids or former):
        return changed_notes(
            base,
            phase=Phase.SEARCH,
            began=number_note(former, "began", number_note(former, "since", at)),
            until=max(at + VISIBILITY, number_note(former, "until", 0.0)),
        )
    if not base["targets"]:
        return None
    return changed_notes(base, phase=Phase.REMOVING)


async def _search(
    cloud: InstanceCloud, wanted: WantedInstance, request: HandlerRequest
) -> Done | Pending | Failed:
    """The id was never said: find the instance by its lineage, or be sure that there is none."""
    context, now = request.context, request.now
    until = number_note(context, "until", now)
    value = None if len(wanted.tags) >= MOST_TAGS else noted_lineage(request, context)
    try:
        found = await find_instance(cloud, wanted, value, number_note(context, "began", 0.0))
    except CloudError as error:
        trouble = now - request.intended_at
        return look_again(cloud.client, error, request.physical_id, context, trouble, SEARCH_LIMIT)
    targets = list(list_note(context, "targets"))
    if found.mine is not None:
        targets += [one.instance_id for one in (found.mine, *found.twins)]
    elif found.rivals:
        words = f"any of {named(found.rivals)} in {wanted.region} may be it: none is released"
        if not targets:
            return Done(request.physical_id, notes=(words,))
    elif now < until:
        return still_looking(
            request.physical_id, until - now, context, "an instance that may have been begun"
        )
    if not targets:
        return Done(request.physical_id)
    removing = changed_notes(
        context, phase=Phase.REMOVING, targets=list(dict.fromkeys(targets)), until=None, at=now
    )
    return Pending(
        request.physical_id, 0.0, context=removing, observes=True, status_says="releasing"
    )


async def _remove(
    cloud: InstanceCloud, wanted: WantedInstance, request: HandlerRequest
) -> Done | Pending | Failed:
    context, now = request.context, request.now
    asked = list_note(context, "asked")
    since = number_note(context, "at", now)
    target = next(
        (one for one in list_note(context, "targets") if one not in list_note(context, "gone")),
        None,
    )
    if target is None:
        return Done(request.physical_id)
    if context.get("phase") == Phase.REMOVE:
        return await _act(cloud, wanted, request, target)
    try:
        instance = await cloud.loader.look(wanted.region, target)
    except CloudError as error:
        return look_again(cloud.client, error, request.physical_id, context, now - since)
    if instance is not None and target not in asked:
        announced = changed_notes(context, phase=Phase.REMOVE, missing=None)
        return Pending(request.physical_id, 0.0, context=announced, status_says="releasing")
    if instance is not None:
        if now - since > GIVE_UP:
            words = f"the instance {target} in {wanted.region} is {instance.status}, and not gone"
            return Failed(
                ErrorCode.NOT_STABILIZED, words, context=changed_notes(context, asked=None)
            )
        return Pending(
            request.physical_id,
            pause_after(now, now - since),
            context=context,
            observes=True,
            status_says=instance.status,
        )
    missing = number_note(context, "missing", now)
    # Until it must have become visible, not being shown does not mean being gone.
    doubtful = max(number_note(context, "born", 0.0) + VISIBILITY, missing + _DOUBT)
    if target not in asked and now < doubtful:
        return Pending(
            request.physical_id,
            max(0.25, min(15.0, doubtful - now)),
            context=changed_notes(context, missing=missing),
            observes=True,
            status_says="not shown",
        )
    gone = [*list_note(context, "gone"), target]
    if set(list_note(context, "targets")) <= set(gone):
        return Done(request.physical_id)
    following = changed_notes(context, gone=gone, missing=None, at=now)
    return Pending(
        request.physical_id, 0.0, context=following, observes=True, status_says="releasing"
    )


async def _act(
    cloud: InstanceCloud, wanted: WantedInstance, request: HandlerRequest, target: str
) -> Pending | Failed:
    context, now = request.context, request.now
    trouble = now - number_note(context, "at", now)
    try:
        await delete_instance(
            cloud.client, wanted.region, target, ends_subscription=wanted.ends_subscription
        )
    except CloudError as error:
        if error.code != _GONE:
            if (error.is_passing or error.code in BUSY) and trouble <= GIVE_UP:
                return again(cloud.client, error, request.physical_id, context, trouble)
            said = masked(says(error), wanted.secrets)
            if error.code in _WHY:
                said = f"{target} in {wanted.region}: {_WHY[error.code]} ({error.code})"
            return failed(error, context, message=said)
    asked = [*list_note(context, "asked"), target]
    return Pending(
        request.physical_id,
        0.25,
        context=changed_notes(context, phase=Phase.REMOVING, asked=asked, at=now),
        observes=True,
        status_says="releasing",
    )
