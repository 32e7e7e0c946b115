"""DescribeTasks, DescribeTaskAttribute and CancelTask: how imports and exports go, and their end."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

from imageferry.emulator.calls import Call, Reply, cloud_minute
from imageferry.emulator.errors import refusal
from imageferry.emulator.image_records import find_image
from imageferry.emulator.images import remove_image
from imageferry.emulator.snapshot_records import remove_image_snapshots
from imageferry.emulator.task_records import IMPORT, TaskRecord, find_tasks

_MAX_TASKS = 100
_ACTIONS = ("ImportImage", "ExportImage", "RedeployInstance", "ModifyDiskSpec", "ArchiveSnapshot")
_STATUSES = ("Waiting", "Processing", "Finished", "Failed")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?Z")
_FAILURES = {"ImportImage": "ImportImageFailed", "ExportImage": "ExportImageFailed"}
_CANCELLED = "TaskCancelled"


def describe_tasks(call: Call) -> Reply:
    """Tasks of a region, by id, status, action, image and time."""
    number, size = call.page()
    ids = [text for text in call.text("TaskIds").split(",") if text]
    images = call.texts("ResourceIds")
    if len(ids) > _MAX_TASKS or len(images) > _MAX_TASKS:
        raise refusal("InvalidParameter", "TaskIds and ResourceIds hold 100 ids at most.")
    word = _one_of(call, "TaskStatus", _STATUSES)
    found = find_tasks(
        call,
        "tasks.region = :region AND tasks.visible_at <= :now"
        " AND (:ids = '[]' OR tasks.task_id IN (SELECT value FROM json_each(:ids)))"
        " AND (:images = '[]' OR tasks.image_id IN (SELECT value FROM json_each(:images)))"
        " AND :action IN ('', tasks.action)"
        " AND tasks.created_at >= :since AND tasks.created_at < :until",
        region=call.region,
        now=call.now,
        ids=json.dumps(ids),
        images=json.dumps(images),
        action=_one_of(call, "TaskAction", _ACTIONS),
        since=_moment(call, "StartTime", 0.0),
        until=_moment(call, "EndTime", float("inf")),
    )
    replies = [_reply(task, call.now) for task in found if word in ("", task.word(call.now))]
    return {
        "RegionId": call.region,
        "PageNumber": number,
        "PageSize": size,
        "TotalCount": len(replies),
        "TaskSet": {"Task": replies[(number - 1) * size : number * size]},
    }


def _one_of(call: Call, name: str, words: tuple[str, ...]) -> str:
    text = call.text(name)
    if text and text not in words:
        raise refusal("InvalidParameter", f"{name} is one of {', '.join(words)}.")
    return text


def _moment(call: Call, name: str, default: float) -> float:
    text = call.text(name)
    if not text:
        return default
    try:
        if _TIME.fullmatch(text):
            return datetime.fromisoformat(text).astimezone(UTC).timestamp()
    except ValueError:
        pass  # a day or an hour that no calendar has is refused as well
    raise refusal("InvalidParameter", f"{name} is written as yyyy-MM-ddTHH:mmZ.")


def _reply(task: TaskRecord, now: float) -> Reply:
    running = task.is_running(now)
    reply = {
        "TaskId": task.task_id,
        "TaskAction": task.action,
        "TaskStatus": task.word(now),
        "SupportCancel": "true" if running and task.can_cancel else "false",
        "ResourceId": task.image_id,
        "CreationTime": cloud_minute(task.created_at),
    }
    return reply if running else {**reply, "FinishedTime": cloud_minute(task.finished_at())}


def describe_task_attribute(call: Call) -> Reply:
    """One task, with how far it is and why it failed."""
    task = _task(call)
    reply, word = _reply(task, call.now), task.word(call.now)
    code, message = _failure(task) if word == "Failed" else ("", "")
    return {
        **reply,
        "RegionId": task.region,
        "TaskProcess": f"{task.percent(call.now)}%",
        "TotalCount": 1,
        "SuccessCount": int(word == "Finished"),
        "FailedCount": int(word == "Failed"),
        "OperationProgressSet": {
            "OperationProgress": [
                {
                    "OperationStatus": word,
                    "ErrorCode": code,
                    "ErrorMsg": message,
                    "RelatedItemSet": {"RelatedItem": _related(task)},
                }
            ]
        },
    }


def _failure(task: TaskRecord) -> tuple[str, str]:
    if task.cancelled_at is not None:
        return _CANCELLED, "The task was cancelled."
    return _FAILURES[task.action], f"The task failed at {task.fails_at:g}%."


def _related(task: TaskRecord) -> list[dict[str, str]]:
    pairs = [("ImageId", task.image_id)]
    if "bucket" in task.details:
        pairs.append(("OSSBucket", task.details["bucket"]))
        pairs += [("OSSObject", name) for name in task.details["objects"]]
    return [{"Name": name, "Value": value} for name, value in pairs]


def _task(call: Call) -> TaskRecord:
    found = find_tasks(
        call,
        "tasks.task_id = :id AND tasks.region = :region AND tasks.visible_at <= :now",
        id=call.needed("TaskId"),
        region=call.region,
        now=call.now,
    )
    if not found:
        raise refusal("InvalidTaskId.NotFound")
    return found[0]


def cancel_task(call: Call) -> Reply:
    """End a running import or export: an image half made goes, objects half written as well."""
    task = _task(call)
    if not task.is_running(call.now):
        raise refusal("InvalidTaskId.IncorrectTaskStatus")
    if not task.can_cancel:
        raise refusal("CancelTaskFailed")
    call.world.sql.execute(
        "UPDATE tasks SET cancelled_at = ?, starts_at = ?, ends_at = ? WHERE task_id = ?",
        (call.now, task.starts_at, task.ends_at, task.task_id),
    )
    image = find_image(call, task.image_id, task.region) if task.action == IMPORT else None
    if image is not None:
        remove_image(call, image)
        remove_image_snapshots(call, image)
    return {}
