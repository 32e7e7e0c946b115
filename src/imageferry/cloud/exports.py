"""ExportImage: a custom image to objects in a bucket of OSS; the call has no token."""

from __future__ import annotations

from typing import Final

from imageferry.cloud.client import Action, Client

EXPORT_IMAGE: Final = Action("ExportImage", repeatable=False)


async def export_image(
    client: Client, region: str, image_id: str, bucket: str, prefix: str | None
) -> str:
    """Begin to export an image to a bucket of its region; the task's id. Raises CloudError."""
    reply = await client.call(
        EXPORT_IMAGE,
        region,
        {"RegionId": region, "ImageId": image_id, "OSSBucket": bucket, "OSSPrefix": prefix},
    )
    # Older pages of the reference call it ExportTaskId.
    return str(reply.get("TaskId") or reply["ExportTaskId"])
