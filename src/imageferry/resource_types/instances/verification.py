"""Verification of an instance: its image, type, network, disks and tags beside what was asked for."""

from __future__ import annotations

from collections import Counter

from imageferry.cloud.errors import CloudError
from imageferry.cloud.instances import disks_of
from imageferry.model.handlers import Done, Failed, HandlerRequest
from imageferry.model.verdicts import Against, Comparison
from imageferry.resource_types.handling.faults import failed
from imageferry.resource_types.handling.verdicts import Look, ReadingVerifier, Where
from imageferry.resource_types.instances.cloud import InstanceCloud
from imageferry.resource_types.instances.reading import read_instance
from imageferry.resource_types.instances.wanted import WantedInstance, read_wanted


def instance_verifier(cloud: InstanceCloud) -> ReadingVerifier:
    """The `ports.Verifier` of instances."""

    async def read(request: HandlerRequest) -> Done | Failed:
        return await read_instance(cloud, read_wanted(request.properties, request.region), request)

    async def data_disks(request: HandlerRequest, done: Done) -> Look | Failed:
        wanted = read_wanted(request.properties, request.region)
        asked = _asked_sizes(wanted)
        if not asked or done.physical_id is None:
            return Look()
        try:
            disks = await disks_of(cloud.client, wanted.region, done.physical_id)
        except CloudError as error:
            return failed(error, request.context)
        return Look((_compared(asked, Counter(one.size for one in disks if not one.is_system)),))

    return ReadingVerifier(
        kind="instance",
        read=read,
        where=lambda request: Where(request.physical_id or "", request.region),
        named={
            "ImageId": "image",
            "InstanceType": "instance type",
            "ZoneId": "zone",
            "VSwitchId": "vswitch",
            "SecurityGroupId": "security group",
            "SecurityGroupIds": "security groups",
            "PrivateIpAddress": "private address",
            "KeyPairName": "key pair",
            "SystemDiskSize": "GiB of the system disk",
            "DeletionProtection": "deletion protection",
        },
        health={"status": "Running"},
        tags="Tags",
        more=data_disks,
    )


def _asked_sizes(wanted: WantedInstance) -> Counter[int]:
    """The GiB of the data disks that are asked for with their sizes."""
    disks = wanted.launch.get("DataDisk") or ()
    sizes = (one.get("Size") for one in disks)
    return Counter(int(size) for size in sizes if size is not None)


def _compared(asked: Counter[int], shown: Counter[int]) -> Comparison:
    """An image brings data disks of its own: more of them than were asked for are no difference."""
    if asked <= shown:
        shown = asked
    return Comparison("data disks", _listed(asked), _listed(shown), Against.ASKED)


def _listed(sizes: Counter[int]) -> str:
    return ", ".join(f"{size} GiB" for size in sorted(sizes.elements())) or "none"
