"""What plans of exports ask the cloud: ExportImage as a dry run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from imageferry.cloud.client import Client
from imageferry.cloud.tasks import cancel_task
from imageferry.model.forecasts import Objection
from imageferry.resource_types.exports.wanted import read_wanted
from imageferry.resource_types.rehearsing.lookups import Named
from imageferry.resource_types.rehearsing.rehearsals import Attempt, Intended, Rehearsal

_PROPERTIES: Final = {"OSSPrefix": "OssPrefix", "OSSBucket": "OssBucket", "Image": "ImageId"}


def foresight(client: Client) -> Rehearsal:
    """The `Foresight` of exports."""

    async def attempt(intended: Intended) -> Attempt | Objection | None:
        wanted, region = read_wanted(intended.known), intended.proposal.region

        async def undo(reply: Mapping[str, Any]) -> str:
            task_id = str(reply.get("TaskId") or reply.get("ExportTaskId") or "")
            await cancel_task(client, region, task_id)
            return f"the task {task_id} in {region} was cancelled"

        parameters = {
            "RegionId": region,
            "ImageId": wanted.image_id,
            "OSSBucket": wanted.bucket,
            "OSSPrefix": wanted.prefix,
        }
        image = Named("image", region, wanted.image_id, "ImageId")
        return Attempt(
            "ExportImage", region, parameters, _PROPERTIES, undo, wanted.secrets, named=(image,)
        )

    return Rehearsal(client, attempt, ("ImageId", "OssBucket", "OssPrefix"), calls=12)
