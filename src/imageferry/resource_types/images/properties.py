"""Reading what an image is made of: the properties that its types share, as a recipe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from imageferry.cloud.recipes import ImportedDisk, Recipe, SnapshotDisk
from imageferry.model.values import Value
from imageferry.resource_types.handling.properties import number_of, plain, text_of

MADE_OF: Final = ("InstanceId", "DiskDeviceMapping", "SnapshotId")
"""The properties that say what an image is created from; the first that is given counts."""


def created_recipe(properties: Mapping[str, Value], secrets: list[str]) -> Recipe:
    """What CreateImage is told; of several sources only the one that counts.

    Of an instance, what the other properties say of its system disk is told all the same.
    """
    features = plain(properties.get("Features"), secrets)
    imds = features.get("ImdsSupport") if isinstance(features, Mapping) else None
    instance_id = text_of(properties.get("InstanceId"), secrets)
    disks = () if instance_id else tuple(_snapshot_disks(properties, secrets))
    snapshot_id = text_of(properties.get("SnapshotId"), secrets)
    return Recipe(
        instance_id=instance_id,
        disks=disks,
        snapshot_id=None if instance_id or disks else snapshot_id,
        family=text_of(properties.get("ImageFamily"), secrets),
        version=text_of(properties.get("ImageVersion"), secrets),
        platform=text_of(properties.get("Platform"), secrets),
        architecture=text_of(properties.get("Architecture"), secrets),
        boot_mode=text_of(properties.get("BootMode"), secrets),
        detection=text_of(properties.get("DetectionStrategy"), secrets),
        imds=text_of(imds, secrets),
    )


def imported_disks(
    properties: Mapping[str, Value], secrets: list[str], usual_size: int
) -> tuple[ImportedDisk, ...]:
    """The disks of an import; one without a size has the usual one, GiB."""
    return tuple(
        ImportedDisk(
            bucket=text_of(disk.get("OssBucket"), secrets),
            key=text_of(disk.get("OssObject"), secrets),
            form=text_of(disk.get("Format"), secrets),
            size=number_of(disk.get("DiskImageSize"), secrets) or usual_size,
            device=text_of(disk.get("Device"), secrets),
        )
        for disk in _disks(properties, secrets)
    )


def _snapshot_disks(properties: Mapping[str, Value], secrets: list[str]) -> Iterator[SnapshotDisk]:
    for disk in _disks(properties, secrets):
        yield SnapshotDisk(
            snapshot_id=text_of(disk.get("SnapshotId"), secrets),
            size=number_of(disk.get("Size"), secrets),
            device=text_of(disk.get("Device"), secrets),
            kind=text_of(disk.get("DiskType"), secrets),
        )


def _disks(properties: Mapping[str, Value], secrets: list[str]) -> Iterator[Mapping[str, Value]]:
    listed = plain(properties.get("DiskDeviceMapping"), secrets)
    for entry in listed if isinstance(listed, list | tuple) else ():
        disk = plain(entry, secrets)
        if isinstance(disk, Mapping):
            yield disk
