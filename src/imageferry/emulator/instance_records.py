"""An instance as it is kept, and what its status is at a moment."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from imageferry.emulator.calls import Call


@dataclass(frozen=True, slots=True)
class InstanceRecord:
    """A row of the table `instances`, in the order of its columns."""

    sequence: int
    instance_id: str
    region: str
    owner: str
    image_id: str
    name: str
    phase: str
    """`starting` (made or started), `running`, `stopping`, `stopped`."""
    phase_at: float
    created_at: float
    resource_group: str
    tags: Mapping[str, str]
    body: Mapping[str, Any]
    """Zone, type, network, disks and what else was asked for."""

    def status(self, now: float, seconds: float) -> str:
        """The status word, for an instance that takes `seconds` to start or stop."""
        if now >= self.phase_at + seconds:
            return "Running" if self.phase in ("starting", "running") else "Stopped"
        if self.phase == "starting":
            is_new = self.phase_at == self.created_at and now < self.phase_at + seconds / 2
            return "Pending" if is_new else "Starting"
        return {"running": "Running", "stopping": "Stopping"}.get(self.phase, "Stopped")

    def shown_tags(self, now: float) -> Mapping[str, str]:
        """Its tags, as far as they are shown yet."""
        return self.tags if now >= self.body.get("tags_visible_at", 0.0) else {}

    def is_shown(self, now: float) -> bool:
        """Whether it is listed yet."""
        return bool(now >= self.body.get("visible_at", 0.0))


def decode_instance(row: Sequence[Any]) -> InstanceRecord:
    """A row as a value."""
    values = (*row[:-2], json.loads(row[-2]), json.loads(row[-1]))
    return InstanceRecord(*values)


COLUMNS = ", ".join(f"instances.{name}" for name in InstanceRecord.__dataclass_fields__)


def find_instance(call: Call, instance_id: str) -> InstanceRecord | None:
    """An instance of the caller's, wherever it is: ids are unique over all regions."""
    row = call.world.row(
        f"SELECT {COLUMNS} FROM instances WHERE instance_id = ? AND owner = ?",  # noqa: S608
        instance_id,
        call.account,
    )
    return decode_instance(row) if row is not None else None


def find_disk(call: Call, disk_id: str) -> tuple[InstanceRecord, Mapping[str, Any]] | None:
    """The instance that has a disk, and the disk."""
    row = call.world.row(
        f"SELECT {COLUMNS} FROM instances WHERE owner = ? AND instr(body, ?) > 0",  # noqa: S608
        call.account,
        json.dumps(disk_id),
    )
    if row is None:
        return None
    instance = decode_instance(row)
    return next(
        ((instance, disk) for disk in instance.body["disks"] if disk["id"] == disk_id), None
    )


def change_body(call: Call, instance: InstanceRecord, **changes: Any) -> None:
    """Keep an instance with some members of its body changed."""
    call.world.sql.execute(
        "UPDATE instances SET body = ? WHERE instance_id = ?",
        (json.dumps({**instance.body, **changes}), instance.instance_id),
    )
