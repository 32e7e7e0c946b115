"""Every built-in type as the contract suite tries it, by its name."""

from __future__ import annotations

from collections.abc import Mapping

from imageferry.testing import Subject
from tests.contract.subjects import copies, disks, exports, images, instances, shares

SUBJECTS: Mapping[str, Subject] = {
    one.type_name: one
    for one in (
        copies.ROS_COPY,
        copies.TRACKED_COPY,
        images.CUSTOM_IMAGE,
        images.TRACKED_IMAGE,
        images.IMPORTED_IMAGE,
        images.FOUND_IMAGES,
        shares.ROS_SHARE,
        shares.TRACKED_SHARE,
        shares.FAMILY,
        instances.INSTANCE,
        disks.SNAPSHOT,
        exports.EXPORT,
    )
}
