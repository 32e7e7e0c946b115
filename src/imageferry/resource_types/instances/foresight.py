"""What plans of instances ask the cloud: RunInstances as a dry run, with the image that it would be."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from imageferry.cloud.client import Client
from imageferry.cloud.instances import delete_instance
from imageferry.model.forecasts import Doubt, Objection
from imageferry.resource_types.handling.lineages import MOST_TAGS
from imageferry.resource_types.handling.properties import masked
from imageferry.resource_types.instances.launch_images import is_exact, newest_fitting
from imageferry.resource_types.instances.making import Making, launch_parameters
from imageferry.resource_types.instances.wanted import read_wanted
from imageferry.resource_types.rehearsing.lookups import Named
from imageferry.resource_types.rehearsing.rehearsals import Attempt, Intended, Rehearsal

_PROPERTIES: Final = {
    "ImageId": "ImageId",
    "ImageNotSupport": "ImageId",
    "ImageNotValid": "ImageId",
    "InstanceType": "InstanceType",
    "NoStock": "InstanceType",
    "SecurityGroup": "SecurityGroupId",
    "VSwitch": "VSwitchId",
    "ZoneId": "ZoneId",
    "Password": "Password",
    "KeyPair": "KeyPairName",
    "SystemDisk": "SystemDiskSize",
    "DataDisk": "DiskMappings",
    "PrivateIp": "PrivateIpAddress",
    "HostName": "HostName",
    "InstanceName": "InstanceName",
    "Tag": "Tags",
}


def foresight(client: Client) -> Rehearsal:
    """The `Foresight` of instances, for one plan: each pattern of images is looked up once."""
    fitting: dict[tuple[str, str], asyncio.Task[tuple[str | None, list[str]]]] = {}

    async def meant(region: str, pattern: str) -> str | None:
        if (region, pattern) not in fitting:
            look = newest_fitting(client, region, pattern)
            fitting[region, pattern] = asyncio.create_task(look)
        image, _ = await fitting[region, pattern]
        return image

    async def attempt(intended: Intended) -> Attempt | Objection | None:
        wanted = read_wanted(intended.known, intended.proposal.region)
        region, image = wanted.region, wanted.image
        if image is not None and not is_exact(image):
            image = await meant(region, image)
            if image is None:
                return _no_image(masked(wanted.image or "", wanted.secrets), region)
        mark = intended.lineage if len(wanted.tags) < MOST_TAGS else None

        async def undo(reply: Mapping[str, Any]) -> str:
            ids = reply["InstanceIdSets"]["InstanceIdSet"]
            for instance_id in ids:
                await delete_instance(client, region, instance_id)
            return f"{', '.join(ids)} in {region} was launched, and released again"

        parameters = {
            **launch_parameters(Making(wanted, mark, {}), image),
            "RegionId": region,
            "Amount": 1,
        }
        named = (Named("image", region, image, "ImageId"),) if image is not None else ()
        return Attempt("RunInstances", region, parameters, _PROPERTIES, undo, wanted.secrets, named)

    needs = (*dict.fromkeys(_PROPERTIES.values()), "ImageFamily", "SecurityGroupIds", "UserData")
    return Rehearsal(client, attempt, needs, calls=8, spent=lambda: len(fitting))


def _no_image(pattern: str, region: str) -> Objection:
    return Objection(
        Doubt.REFUSED,
        f'no public image in {region} fits "{pattern}"',
        why="what is no image's id is a pattern of the ids of public images",
        remedy="correct it, or give the id of an image",
        property_name="ImageId",
        cloud_code="InvalidImageId.NotFound",
    )
