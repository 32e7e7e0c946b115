"""Reading an instance: its properties as the cloud has them, and what else is wrong with it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from imageferry.cloud.errors import CloudError
from imageferry.cloud.instances import Instance, disks_of, user_data_of
from imageferry.model.handlers import Context, Done, ErrorCode, Failed, HandlerRequest, Symptom
from imageferry.model.values import Value, holds_secret
from imageferry.resource_types.handling.faults import failed
from imageferry.resource_types.handling.lineages import LINEAGE_KEY
from imageferry.resource_types.handling.notes import text_note
from imageferry.resource_types.instances.cloud import InstanceCloud
from imageferry.resource_types.instances.launch_images import fits
from imageferry.resource_types.instances.waiting import attributes
from imageferry.resource_types.instances.wanted import WantedInstance, encoded

_SYSTEM_TAGS: Final = ("acs:", "aliyun")
_HEALTHY: Final = "Running"


async def read_instance(
    cloud: InstanceCloud, wanted: WantedInstance, request: HandlerRequest
) -> Done | Failed:
    """Look at an instance: one page of a region's instances for any number.

    Its system disk and user data are asked for only where the template says something of them.
    """
    instance_id = request.physical_id or text_note(request.context, "instance_id")
    if instance_id is None:
        return Failed(ErrorCode.NOT_FOUND, "no instance is recorded")
    region = wanted.region
    try:
        instance, leftovers = await asyncio.gather(
            cloud.loader.look(region, instance_id), _still_there(cloud, region, request.leftovers)
        )
        if instance is None:
            words = f"the instance {instance_id} is not in {region}"
            return Failed(ErrorCode.NOT_FOUND, words)
        observed = observed_properties(wanted, instance, request.properties)
        if wanted.disk_size is not None:
            disks = await disks_of(cloud.client, region, instance_id)
            observed["SystemDiskSize"] = next((one.size for one in disks if one.is_system), None)
        if wanted.user_data is not None and not holds_secret(request.properties.get("UserData")):
            shown = await user_data_of(cloud.client, region, instance_id)
            same = shown == encoded(wanted.user_data)
            observed["UserData"] = wanted.user_data if same else "(changed)"
    except CloudError as error:
        return failed(error, request.context)
    return Done(
        instance_id,
        attributes(instance),
        leftovers=leftovers,
        observed=observed,
        symptoms=symptoms(instance),
    )


async def _still_there(
    cloud: InstanceCloud, region: str, leftovers: Sequence[Context]
) -> tuple[Context, ...]:
    """The left over instances that exist; what cannot be looked up counts as there."""

    async def is_there(leftover: Context) -> bool:
        instance_id = text_note(leftover, "instance_id")
        return instance_id is None or await cloud.loader.look(region, instance_id) is not None

    answers = await asyncio.gather(*map(is_there, leftovers))
    return tuple(one for one, there in zip(leftovers, answers, strict=True) if there)


def observed_properties(
    wanted: WantedInstance, instance: Instance, given: Mapping[str, Value]
) -> dict[str, Value]:
    """What the cloud says of an instance, in the type's words; None for what is not set there.

    What it cannot tell is left out: passwords, prices, periods. An image that a pattern fits is what
    that pattern means. Our own tag and the system's tags are nobody's property.
    """
    groups = list(instance.security_groups)
    image = wanted.image
    meant = image if image is not None and fits(image, instance.image_id) else instance.image_id
    observed: dict[str, Value] = {
        "InstanceType": instance.instance_type or None,
        "InstanceName": instance.name or None,
        "HostName": instance.host_name or None,
        "Description": instance.description or None,
        "KeyPairName": instance.key_pair or None,
        "ZoneId": instance.zone or None,
        "VSwitchId": instance.vswitch or None,
        "PrivateIpAddress": next(iter(instance.addresses), None),
        "DeletionProtection": instance.is_protected,
        "Tags": [
            {"Key": key, "Value": value}
            for key, value in instance.tags.items()
            if key != LINEAGE_KEY and not key.startswith(_SYSTEM_TAGS)
        ],
    }
    if image is not None:
        observed["ImageId"] = meant or None
    if instance.resource_group:
        observed["ResourceGroupId"] = instance.resource_group
    if given.get("SecurityGroupIds") is not None:
        observed["SecurityGroupIds"] = groups
    elif len(groups) == 1:
        observed["SecurityGroupId"] = groups[0]
    return observed


def symptoms(instance: Instance) -> tuple[Symptom, ...]:
    """What is wrong with an instance beside its properties: it does not run."""
    if instance.status == _HEALTHY:
        return ()
    return (Symptom("status", _HEALTHY, instance.status),)
