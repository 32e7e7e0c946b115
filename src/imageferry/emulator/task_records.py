"""A task as it is kept: imports and exports of images, how far each is, and who has begun it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from imageferry.emulator.calls import Call
from imageferry.emulator.progress import Span, percent, status

IMPORT, EXPORT = "ImportImage", "ExportImage"
_WORDS = {
    "Waiting": "Waiting",
    "Creating": "Processing",
    "Available": "Finished",
    "CreateFailed": "Failed",
}


@dataclass(frozen=True, slots=True)
class TaskRecord:
    """A row of the table `tasks`, in the order of its columns; of an import the image's span."""

    task_id: str
    action: str
    image_id: str
    region: str
    owner: str
    created_at: float
    starts_at: float
    ends_at: float
    fails_at: float | None
    cancelled_at: float | None
    can_cancel: int
    visible_at: float
    details: Mapping[str, Any]
    """`buckets` of an import; `bucket`, `format` and the sizes of `objects` by name of an export."""

    @property
    def span(self) -> Span:
        """When it starts and ends."""
        return Span(self.starts_at, self.ends_at, self.fails_at)

    def word(self, now: float) -> str:
        """The status word that Describe shows."""
        return "Failed" if self.cancelled_at is not None else _WORDS[status(self.span, now)]

    def is_running(self, now: float) -> bool:
        """Whether it is neither finished, nor failed, nor cancelled."""
        return self.word(now) in ("Waiting", "Processing")

    def percent(self, now: float) -> int:
        """Progress, which stays where it was when the task was cancelled."""
        return percent(self.span, now if self.cancelled_at is None else self.cancelled_at)

    def finished_at(self) -> float:
        """When it ended, one way or the other."""
        return self.ends_at if self.cancelled_at is None else self.cancelled_at


# An import goes as its image goes, for as long as there is one.
_SELECT = (
    "SELECT tasks.task_id, tasks.action, tasks.image_id, tasks.region, tasks.owner,"
    " tasks.created_at, COALESCE(made.starts_at, tasks.starts_at),"
    " COALESCE(made.ends_at, tasks.ends_at), COALESCE(made.fails_at, tasks.fails_at),"
    " tasks.cancelled_at, tasks.can_cancel, tasks.visible_at, tasks.details FROM tasks"
    " LEFT JOIN images AS made"
    " ON made.image_id = tasks.image_id AND tasks.action = 'ImportImage'"
)


def find_tasks(call: Call, where: str, **values: object) -> list[TaskRecord]:
    """The caller's tasks that fit, in the order of their making; `where` is SQL of this package."""
    rows = call.world.sql.execute(
        f"{_SELECT} WHERE tasks.owner = :owner AND {where} ORDER BY tasks.sequence",
        {**values, "owner": call.account},
    )
    return [_decode(row) for row in rows]


def _decode(row: Sequence[Any]) -> TaskRecord:
    values = (*row[:-1], json.loads(row[-1]))
    return TaskRecord(*values)


def add_task(
    call: Call,
    action: str,
    image_id: str,
    span: Span,
    seconds: float,
    details: Mapping[str, Any],
) -> str:
    """Keep a new task; its id. Faults may hide it for a while, or keep it from being cancelled."""
    hidden = call.fault("hidden")
    task_id = call.world.new_id("t", call.region)
    call.world.sql.execute(
        "INSERT INTO tasks (task_id, action, image_id, region, owner, created_at, starts_at,"
        " ends_at, fails_at, seconds, cancelled_at, can_cancel, visible_at, details)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, ?, ?, ?)",
        (
            task_id,
            action,
            image_id,
            call.region,
            call.account,
            call.now,
            span.starts_at,
            span.ends_at,
            span.fails_at,
            seconds,
            int(call.fault("uncancellable") is None),
            call.now + hidden.details["seconds"] if hidden else 0,
            json.dumps(details),
        ),
    )
    return task_id


def add_import(call: Call, image_id: str, ends_at: float, buckets: Sequence[str]) -> str:
    """Keep the task of an import that makes an image; its id."""
    span = Span(call.now, ends_at)
    # The image is what goes at the world's speed.
    return add_task(call, IMPORT, image_id, span, 0.0, {"buckets": sorted(set(buckets))})


def running_exports(call: Call, region: str) -> list[TaskRecord]:
    """The exports of a region that have not ended."""
    found = find_tasks(
        call,
        "tasks.region = :region AND tasks.action = :action AND tasks.ends_at > :now"
        " AND tasks.cancelled_at IS NULL",
        region=region,
        action=EXPORT,
        now=call.now,
    )
    return [task for task in found if task.is_running(call.now)]


def is_being_exported(call: Call, image_id: str) -> bool:
    """Whether an export of an image runs."""
    row = call.world.row(
        "SELECT 1 FROM tasks WHERE image_id = ? AND action = ? AND ends_at > ?"
        " AND cancelled_at IS NULL",
        image_id,
        EXPORT,
        call.now,
    )
    return row is not None
