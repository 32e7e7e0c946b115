"""Buckets of OSS, as far as images come from them and go to them: names, regions and objects."""

from __future__ import annotations

import re

from imageferry.emulator.calls import Call
from imageferry.emulator.errors import refusal
from imageferry.emulator.task_records import EXPORT, find_tasks

_BUCKET = re.compile(r"[a-z0-9](?:[a-z0-9-]{1,61})[a-z0-9]")


def check_bucket(call: Call, bucket: str) -> str:
    """A bucket; every well-formed one exists, and belongs to the region that first named it.

    That it is another region's is minded only where the world is told so.
    """
    if not _BUCKET.fullmatch(bucket):
        raise refusal("InvalidOSSBucket.NotFound", f"It is {bucket[:80]}.")
    if call.choices.buckets_have_regions:
        first = call.world.row(
            "SELECT region FROM tasks WHERE owner = ? AND (json_extract(details, '$.bucket') = ?"
            " OR EXISTS (SELECT 1 FROM json_each(details, '$.buckets') WHERE value = ?))"
            " ORDER BY sequence",
            call.account,
            bucket,
            bucket,
        )
        if first is not None and first[0] != call.region:
            raise refusal("InvalidOSSBucket.NotMatched", f"{bucket} is in {first[0]}.")
    return bucket


def exported_size(call: Call, bucket: str, name: str) -> int | None:
    """GiB of the disk in an object that an export has left; None for one that came otherwise."""
    sizes = [
        task.details["objects"][name]
        for task in find_tasks(
            call,
            "tasks.action = :action AND json_extract(tasks.details, '$.bucket') = :bucket",
            action=EXPORT,
            bucket=bucket,
        )
        if task.word(call.now) == "Finished" and name in task.details["objects"]
    ]
    # A later export under the same name has written over the earlier one.
    return int(sizes[-1]) if sizes else None
