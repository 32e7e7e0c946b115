"""Task: what the cloud says of an import or export that runs; DescribeTasks and CancelTask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from imageferry.cloud.client import Action, Client, listed
from imageferry.cloud.texts import percent_of, seconds_of

DESCRIBE_TASKS: Final = Action("DescribeTasks", repeatable=True)
DESCRIBE_TASK_ATTRIBUTE: Final = Action("DescribeTaskAttribute", repeatable=True)
CANCEL_TASK: Final = Action("CancelTask", repeatable=False)
_PAGE: Final = 100
_MOST_PAGES: Final = 20


@dataclass(frozen=True, slots=True)
class Task:
    """One task as the cloud sees it now.

    `status` is Waiting, Processing, Finished or Failed. `progress` is 0 to 100 or None, `created_at`
    seconds since 1970, to the minute. `fault` is why it failed, with its `fault_code`; `related` are
    names and values of what it deals with. A list of tasks tells none of these three.
    """

    task_id: str
    action: str
    status: str
    image_id: str = ""
    progress: int | None = None
    created_at: float | None = None
    fault_code: str = ""
    fault: str = ""
    related: tuple[tuple[str, str], ...] = ()

    @property
    def is_running(self) -> bool:
        """Whether it is neither finished nor failed."""
        return self.status in _RUNNING


_RUNNING: Final = frozenset({"Waiting", "Processing"})


def _decode(entry: Mapping[str, Any]) -> Task:
    progress = entry.get("TaskProcess")
    code, fault = "", ""
    related: list[tuple[str, str]] = []
    for part in listed(entry, "OperationProgressSet", "OperationProgress"):
        code = code or str(part.get("ErrorCode") or "")
        fault = fault or str(part.get("ErrorMsg") or "")
        related += [
            (str(one.get("Name") or ""), str(one.get("Value") or ""))
            for one in listed(part, "RelatedItemSet", "RelatedItem")
        ]
    named = dict(related).get("ImageId", "")
    return Task(
        task_id=str(entry.get("TaskId") or ""),
        action=str(entry.get("TaskAction") or ""),
        status=str(entry.get("TaskStatus") or ""),
        image_id=str(entry.get("ResourceId") or named),
        progress=percent_of(progress) if isinstance(progress, str) else None,
        created_at=seconds_of(str(entry.get("CreationTime") or "")),
        fault_code=code,
        fault=fault,
        related=tuple(related),
    )


async def tasks_of_image(client: Client, region: str, image_id: str, action: str) -> list[Task]:
    """The tasks of one kind that an image has had, all pages. Raises CloudError."""
    found: dict[str, Task] = {}
    for number in range(1, _MOST_PAGES + 1):
        reply = await client.call(
            DESCRIBE_TASKS,
            region,
            {
                "RegionId": region,
                "TaskAction": action,
                "ResourceIds": [image_id],
                "PageNumber": number,
                "PageSize": _PAGE,
            },
        )
        page = [_decode(entry) for entry in listed(reply, "TaskSet", "Task")]
        found |= {task.task_id: task for task in page if task.task_id}
        if len(page) < _PAGE:
            break
    # What a reply names of other images or actions was not asked for.
    return [one for one in found.values() if one.action == action and one.image_id == image_id]


async def describe_task(client: Client, region: str, task_id: str) -> Task:
    """One task with how far it is and why it failed; raises CloudError, also for one unknown."""
    reply = await client.call(
        DESCRIBE_TASK_ATTRIBUTE, region, {"RegionId": region, "TaskId": task_id}
    )
    return _decode({"TaskId": task_id, **reply})


async def cancel_task(client: Client, region: str, task_id: str) -> None:
    """End a running import or export. Raises CloudError."""
    await client.call(CANCEL_TASK, region, {"RegionId": region, "TaskId": task_id})
