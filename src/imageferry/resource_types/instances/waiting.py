"""Waiting for one instance to run, and what it is then: its attributes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from imageferry.cloud.errors import CloudError
from imageferry.cloud.instances import Instance
from imageferry.model.handlers import ErrorCode, Failed, HandlerRequest, Pending
from imageferry.model.values import Value
from imageferry.resource_types.handling.faults import STILL_RUNNING, again, failed
from imageferry.resource_types.handling.lineages import LINEAGE_KEY, VISIBILITY
from imageferry.resource_types.handling.moments import snapped
from imageferry.resource_types.handling.notes import changed_notes, number_note, text_note
from imageferry.resource_types.instances.cloud import InstanceCloud
from imageferry.resource_types.instances.making import Making, look, settle_image, start_launch
from imageferry.resource_types.instances.phases import Phase

# These end by themselves: it is on its way, or an image or snapshot is made of its disks.
BUSY: Final = STILL_RUNNING | {
    "IncorrectInstanceStatus",
    "IncorrectInstanceStatus.Initializing",
    "DiskCreatingSnapshot",
    "IncorrectDiskStatus",
}
LIMIT: Final = 3600.0
"""Seconds within which an instance must have come to the status that is waited for."""
_DENIAL_PATIENCE: Final = 900.0
_DOUBT: Final = 8.0
"""Seconds for which an instance that was there is looked for: a single look may leave it out."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The instance runs."""

    instance: Instance


async def make_instance(
    cloud: InstanceCloud, making: Making, request: HandlerRequest
) -> Ready | Pending | Failed:
    """Bring one instance forward from where the notes say it stands."""
    match request.context.get("phase"):
        case Phase.LOOK:
            until = number_note(request.context, "until", request.now)
            return await look(cloud, making, request, until)
        case Phase.SETTLE:
            return await settle_image(cloud, making, request)
        case Phase.WAITING:
            return await _observe(cloud, making, request)
        case _:
            return await start_launch(cloud, making, request)


def pause_after(now: float, waited: float) -> float:
    """Seconds until the next look: often at first, as most instances take under a minute; one that
    takes long is looked at as rarely as an image. Looks of one region fall on common moments.
    """
    interval = max(min(15.0, waited / 4), min(75.0, waited / 20))
    return snapped(now, max(1.0, interval))


async def _observe(
    cloud: InstanceCloud, making: Making, request: HandlerRequest
) -> Ready | Pending | Failed:
    context, now, region = request.context, request.now, making.wanted.region
    instance_id = text_note(context, "instance_id") or ""
    waited = now - number_note(context, "at", now)
    try:
        instance = await cloud.loader.look(region, instance_id)
    except CloudError as error:
        if not error.is_passing and waited > _DENIAL_PATIENCE:
            return failed(error, context)
        return again(cloud.client, error, instance_id, context, waited, observes=True)
    if instance is not None and instance.status == "Running":
        # Without its tags it would seem to have lost them, to whoever looks at it next.
        is_tagged = making.lineage in {None, instance.tags.get(LINEAGE_KEY)}
        if is_tagged or waited > VISIBILITY:
            return Ready(instance)
    missing = number_note(context, "missing", now) if instance is None else None
    is_gone = missing is not None and context.get("seen") is True and now - missing > _DOUBT
    if instance is None and (is_gone or waited > VISIBILITY):
        words = f"the instance {instance_id} is not in {region}: somebody has released it"
        return Failed(ErrorCode.NOT_STABILIZED, words, context=context)
    status = "not shown yet" if instance is None else instance.status
    if waited > LIMIT:
        words = f"the instance {instance_id} in {region} is {status} after {LIMIT / 60:.0f} min"
        return Failed(ErrorCode.NOT_STABILIZED, words, context=context)
    seen = True if instance is not None or context.get("seen") is True else None
    return Pending(
        instance_id,
        pause_after(now, waited),
        context=changed_notes(context, seen=seen, missing=missing),
        observes=True,
        status_says=status,
    )


def attributes(instance: Instance) -> dict[str, Value]:
    """What `Fn::GetAtt` gives; an address that there is not is an empty text."""
    return {
        "InstanceId": instance.instance_id,
        "HostName": instance.host_name,
        "PrivateIp": next(iter(instance.addresses), ""),
        "PublicIp": next(iter(instance.public), ""),
        "InnerIp": next(iter(instance.inner), ""),
        "ZoneId": instance.zone,
        "PrimaryNetworkInterfaceId": instance.interface,
        "SecurityGroupIds": list(instance.security_groups),
    }
