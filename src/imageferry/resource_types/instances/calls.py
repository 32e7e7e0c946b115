"""CALLS: the one call of each change of an instance, by the name under which it is announced."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from imageferry.cloud.instances import (
    Disk,
    Instance,
    attach_key_pair,
    detach_key_pair,
    modify_instance,
    replace_system_disk,
    resize_disk,
    start_instance,
    stop_instance,
    tag_instance,
    untag_instance,
)
from imageferry.resource_types.instances.cloud import InstanceCloud
from imageferry.resource_types.instances.differences import (
    Change,
    missing_tags,
    new_description,
    new_name,
    new_protection,
    superfluous_tags,
)
from imageferry.resource_types.instances.wanted import encoded

ChangingCall = Callable[[InstanceCloud, Change, Instance, Disk | None, str], Awaitable[None]]
"""Makes one call; the last argument is the step's token. Raises CloudError."""


async def _untag(
    cloud: InstanceCloud, change: Change, instance: Instance, disk: Disk | None, token: str
) -> None:
    keys = superfluous_tags(change, instance)
    await untag_instance(cloud.client, change.wanted.region, instance.instance_id, keys)


async def _tag(
    cloud: InstanceCloud, change: Change, instance: Instance, disk: Disk | None, token: str
) -> None:
    tags = missing_tags(change, instance)
    await tag_instance(cloud.client, change.wanted.region, instance.instance_id, tags)


async def _modify(
    cloud: InstanceCloud, change: Change, instance: Instance, disk: Disk | None, token: str
) -> None:
    changes = {
        "InstanceName": new_name(change, instance),
        "Description": new_description(change, instance),
        "DeletionProtection": new_protection(change, instance),
    }
    await modify_instance(cloud.client, change.wanted.region, instance.instance_id, changes)


async def _password(
    cloud: InstanceCloud, change: Change, instance: Instance, disk: Disk | None, token: str
) -> None:
    changes = {"Password": change.wanted.password}
    await modify_instance(cloud.client, change.wanted.region, instance.instance_id, changes)


async def _user_data(
    cloud: InstanceCloud, change: Change, instance: Instance, disk: Disk | None, token: str
) -> None:
    changes = {"UserData": encoded(change.wanted.user_data or "")}
    await modify_instance(cloud.client, change.wanted.region, instance.instance_id, changes)


async def _attach(
    cloud: InstanceCloud, change: Change, instance: Instance, disk: Disk | None, token: str
) -> None:
    name = change.wanted.key_pair or ""
    await attach_key_pair(cloud.client, change.wanted.region, instance.instance_id, name)


async def _detach(
    cloud: InstanceCloud, change: Change, instance: Instance, disk: Disk | None, token: str
) -> None:
    region = change.wanted.region
    await detach_key_pair(cloud.client, region, instance.instance_id, instance.key_pair)


async def _resize(
    cloud: InstanceCloud, change: Change, instance: Instance, disk: Disk | None, token: str
) -> None:
    if disk is not None and change.wanted.disk_size is not None:
        await resize_disk(
            cloud.client,
            change.wanted.region,
            disk.disk_id,
            change.wanted.disk_size,
            online=instance.status == "Running",
            token=token,
        )


async def _image(
    cloud: InstanceCloud, change: Change, instance: Instance, disk: Disk | None, token: str
) -> None:
    size = change.wanted.disk_size
    if disk is not None and size is not None:
        # A system disk is replaced by one that is no smaller: ECS reference, ReplaceSystemDisk.
        size = max(size, disk.size)
    await replace_system_disk(
        cloud.client,
        change.wanted.region,
        {
            "InstanceId": instance.instance_id,
            "ImageId": change.image,
            "SystemDisk": {"Size": size},
            "UseAdditionalService": change.wanted.uses_additional,
            **change.wanted.login(),
        },
        token,
    )


async def _stop(
    cloud: InstanceCloud, change: Change, instance: Instance, disk: Disk | None, token: str
) -> None:
    await stop_instance(cloud.client, change.wanted.region, instance.instance_id)


async def _start(
    cloud: InstanceCloud, change: Change, instance: Instance, disk: Disk | None, token: str
) -> None:
    await start_instance(cloud.client, change.wanted.region, instance.instance_id)


CALLS: Final[Mapping[str, ChangingCall]] = {
    "untag": _untag,
    "tag": _tag,
    "modify": _modify,
    "detach": _detach,
    "attach": _attach,
    "password": _password,
    "resize": _resize,
    "stop": _stop,
    "user_data": _user_data,
    "image": _image,
    "start": _start,
}
