"""Imports are tasks of the cloud's: why one has failed, and cancelling one whose image is to go."""

from __future__ import annotations

from typing import Final

from imageferry.cloud.client import Client
from imageferry.cloud.errors import CloudError
from imageferry.cloud.tasks import cancel_task, describe_task, tasks_of_image
from imageferry.resource_types.image_copies.cloud import ImageCloud

_IMPORT: Final = "ImportImage"
# ECS reference, CancelTask: the import has ended, or it cannot be cancelled any longer.
_TOO_LATE: Final = frozenset(
    {
        "CancelTaskFailed",
        "InvalidTaskId.IncorrectTaskStatus",
        "InvalidTaskId.NotFound",
        "InvalidTaskId.TaskActionNotSupport",
    }
)


async def why_it_failed(client: Client, region: str, task_id: str) -> str:
    """What the cloud says of a task that has failed; empty where it says nothing."""
    try:
        task = await describe_task(client, region, task_id)
    except CloudError as error:
        return f"the task {task_id} could not be asked why ({error.code})"
    code = f" ({task.fault_code})" if task.fault_code else ""
    return f"{task.fault.rstrip('. ')}{code}" if task.fault else task.fault_code


async def stop_import(cloud: ImageCloud, region: str, image_id: str) -> bool:
    """Cancel the task that imports an image; False where it has ended or cannot be cancelled.

    By one call that changes something, at most. Raises CloudError.
    """
    tasks = await tasks_of_image(cloud.client, region, image_id, _IMPORT)
    running = next((one for one in tasks if one.is_running), None)
    if running is None:
        return False
    try:
        await cancel_task(cloud.client, region, running.task_id)
    except CloudError as error:
        if error.code in _TOO_LATE:
            return False
        raise
    return True
