"""CreateImage and ImportImage: an image made of an instance, of snapshots, or of objects in OSS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from imageferry.cloud.client import Action, Client
from imageferry.cloud.recipes import ImportedDisk, Recipe, SnapshotDisk

CREATE_IMAGE: Final = Action("CreateImage", repeatable=True)
IMPORT_IMAGE: Final = Action("ImportImage", repeatable=True)


@dataclass(frozen=True, slots=True)
class MakeRequest:
    """What CreateImage or ImportImage is asked; which of them, the recipe says. None is not sent."""

    region: str
    recipe: Recipe
    client_token: str
    name: str | None = None
    description: str | None = None
    resource_group_id: str | None = None
    tags: Sequence[tuple[str, str]] = ()


class Begun(NamedTuple):
    """An image whose making has begun; `task_id` where the cloud counts it as a task.

    `request_id` is the cloud's own of the request, empty where it gives none.
    """

    image_id: str
    task_id: str = ""
    request_id: str = ""


def make_parameters(wanted: MakeRequest) -> dict[str, Any]:
    """What the call is told of the image, but for the token."""
    recipe = wanted.recipe
    return {
        "RegionId": wanted.region,
        **_source(recipe),
        "ImageName": wanted.name,
        "Description": wanted.description,
        "ImageFamily": recipe.family,
        "ImageVersion": recipe.version,
        "OSType": recipe.os_type,
        "Platform": recipe.platform,
        "Architecture": recipe.architecture,
        "BootMode": recipe.boot_mode,
        "DetectionStrategy": recipe.detection,
        "LicenseType": recipe.license_type,
        "Features": None if recipe.imds is None else {"ImdsSupport": recipe.imds},
        "ResourceGroupId": wanted.resource_group_id,
        "Tag": [{"Key": key, "Value": value} for key, value in wanted.tags],
    }


def _source(recipe: Recipe) -> dict[str, Any]:
    """What it is made of, by the cloud's own priority."""
    if recipe.is_import:
        return {"DiskDeviceMapping": [_imported(one) for one in recipe.imports]}
    if recipe.instance_id is not None:
        return {"InstanceId": recipe.instance_id}
    if recipe.disks:
        return {"DiskDeviceMapping": [_of_snapshot(one) for one in recipe.disks]}
    return {"SnapshotId": recipe.snapshot_id}


def _of_snapshot(disk: SnapshotDisk) -> dict[str, Any]:
    return {
        "SnapshotId": disk.snapshot_id,
        "Size": disk.size,
        "Device": disk.device,
        "DiskType": disk.kind,
    }


def _imported(disk: ImportedDisk) -> dict[str, Any]:
    return {
        "OSSBucket": disk.bucket,
        "OSSObject": disk.key,
        "Format": disk.form,
        "DiskImageSize": disk.size,
        "Device": disk.device,
    }


async def make_image(client: Client, wanted: MakeRequest) -> Begun:
    """Start making an image; its id is known at once. Raises CloudError."""
    action = IMPORT_IMAGE if wanted.recipe.is_import else CREATE_IMAGE
    parameters = {**make_parameters(wanted), "ClientToken": wanted.client_token}
    reply = await client.call(action, wanted.region, parameters)
    said = (str(reply.get(name) or "") for name in ("TaskId", "RequestId"))
    return Begun(str(reply["ImageId"]), *said)
