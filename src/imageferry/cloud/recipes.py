"""Recipe: what an image is made of that is no copy: an instance, snapshots, or objects in OSS."""

from __future__ import annotations

from typing import NamedTuple


class SnapshotDisk(NamedTuple):
    """A disk of an image that is made of snapshots; `size` in GiB. None is not sent."""

    snapshot_id: str | None = None
    size: int | None = None
    device: str | None = None
    kind: str | None = None


class ImportedDisk(NamedTuple):
    """A disk of an image that is imported from an object in OSS; `size` in GiB. None is not sent."""

    bucket: str | None = None
    key: str | None = None
    form: str | None = None
    size: int | None = None
    device: str | None = None


class Recipe(NamedTuple):
    """What CreateImage or ImportImage is told of an image, beside its name and what all images have.

    One of `instance_id`, `disks`, `snapshot_id` and `imports` is given; of several the first of
    these counts. None is not sent, so that the cloud decides.
    """

    instance_id: str | None = None
    snapshot_id: str | None = None
    disks: tuple[SnapshotDisk, ...] = ()
    imports: tuple[ImportedDisk, ...] = ()
    family: str | None = None
    version: str | None = None
    os_type: str | None = None
    platform: str | None = None
    architecture: str | None = None
    boot_mode: str | None = None
    detection: str | None = None
    imds: str | None = None
    license_type: str | None = None

    @property
    def is_import(self) -> bool:
        """True where the image comes from OSS."""
        return bool(self.imports)

    @property
    def brings_snapshots(self) -> bool:
        """True where the cloud makes snapshots for the image; otherwise they were there before."""
        return self.is_import or self.instance_id is not None

    @property
    def says(self) -> str:
        """What it is made of, in a few words."""
        if self.is_import:
            return "the objects in OSS"
        if self.instance_id is not None:
            return f"the instance {self.instance_id}"
        ids = [one.snapshot_id for one in self.disks if one.snapshot_id]
        return f"the snapshot {', '.join(ids or [self.snapshot_id or ''])}"
