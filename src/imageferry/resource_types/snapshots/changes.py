"""Changing a snapshot in place: tags, name, description, retention and group, one call at a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from imageferry.cloud.client import Client
from imageferry.cloud.errors import CloudError
from imageferry.cloud.snapshots import (
    Snapshot,
    modify_snapshot,
    move_snapshot,
    tag_snapshot,
    untag_snapshot,
)
from imageferry.model.handlers import Done, ErrorCode, Failed, HandlerRequest, Pending
from imageferry.resource_types.handling.faults import GIVE_UP, again, failed
from imageferry.resource_types.handling.lineages import LINEAGE_KEY, MOST_TAGS
from imageferry.resource_types.handling.notes import (
    changed_notes,
    list_note,
    number_note,
    text_note,
)
from imageferry.resource_types.handling.properties import masked
from imageferry.resource_types.image_copies.cloud import ImageCloud
from imageferry.resource_types.snapshots.making import Phase
from imageferry.resource_types.snapshots.wanted import WantedSnapshot


@dataclass(frozen=True, slots=True)
class Change:
    """A snapshot as it is, and as it is wanted; `tagged` are keys that an earlier step may have set."""

    region: str
    wanted: WantedSnapshot
    before: WantedSnapshot
    snapshot: Snapshot
    tagged: tuple[str, ...] = ()


async def change_snapshot(
    cloud: ImageCloud,
    wanted: WantedSnapshot,
    before: WantedSnapshot,
    request: HandlerRequest,
    key: str,
) -> Done | Pending | Failed:
    """Bring a snapshot to what is wanted. Each call is announced as `next`; `done` names what has
    been answered for in this step: the cloud may take a while to show it.
    """
    snapshot_id = request.physical_id
    if snapshot_id is None:
        return Failed(ErrorCode.NOT_FOUND, "no snapshot is recorded that could be changed")
    context = request.context if request.context.get("step") == key else {}
    done = list(list_note(context, "done"))
    earlier = (*list_note(context, "tagged"), *list_note(request.unfinished, "tagged"))
    since = number_note(context, "at", request.now)
    try:
        shown = await cloud.snapshots.look(request.region, [snapshot_id])
        if not shown:
            words = f"the snapshot {snapshot_id} is no longer in {request.region}"
            return Failed(ErrorCode.NOT_FOUND, words, context=context)
        change = Change(request.region, wanted, before, shown[0], tuple(dict.fromkeys(earlier)))
        needed = [name for name in _needed(change) if name not in done]
        if needed and text_note(context, "next") == needed[0]:
            await _CALLS[needed[0]](cloud.client.confirmed(request.confirm), change)
            done.append(needed.pop(0))
    except CloudError as error:
        trouble = request.now - since
        if not error.is_passing or trouble > GIVE_UP:
            return failed(error, context)
        return again(cloud.client, error, snapshot_id, context, trouble)
    if needed:
        notes = changed_notes(
            {"step": key, "phase": Phase.ADJUST, "at": request.now},
            done=done, next=needed[0], tagged=_tagged(change) or None,
        )  # fmt: skip
        return Pending(snapshot_id, 0.0, context=notes, status_says=f"changing {needed[0]}")
    return Done(snapshot_id, {"SnapshotId": snapshot_id}, notes=_kept(change))


def _needed(change: Change) -> list[str]:
    """The calls, in order, that bring a snapshot to what is wanted."""
    group = change.wanted.resource_group
    due = {
        "untag": bool(_superfluous(change)),
        "tag": bool(_missing(change)),
        "modify": bool(_modified(change)),
        "group": group is not None and group != change.snapshot.resource_group,
    }
    return [name for name, is_due in due.items() if is_due]


def _superfluous(change: Change) -> list[str]:
    wanted, tags = dict(change.wanted.tags), change.snapshot.tags
    candidates = dict.fromkeys([*(key for key, _ in change.before.tags), *change.tagged])
    keys = [key for key in candidates if key in tags and key not in wanted and key != LINEAGE_KEY]
    if len(wanted) >= MOST_TAGS and LINEAGE_KEY in tags:
        keys.append(LINEAGE_KEY)
    return keys


def _missing(change: Change) -> list[tuple[str, str]]:
    tags = change.snapshot.tags
    return [(key, value) for key, value in change.wanted.tags if tags.get(key) != value]


def _tagged(change: Change) -> list[str]:
    """The keys to note before they are set; one that holds a secret is not written down."""
    known = {key for key, _ in change.before.tags}
    new = [key for key, _ in _missing(change) if key not in known]
    secrets = change.wanted.secrets
    return [key for key in dict.fromkeys([*change.tagged, *new]) if masked(key, secrets) == key]


def _modified(change: Change) -> Mapping[str, str | int]:
    """What ModifySnapshotAttribute is to set; what is not wanted any more cannot be unset there."""
    wanted, snapshot = change.wanted, change.snapshot
    pairs: dict[str, tuple[str | int | None, str | int | None]] = {
        "name": (wanted.name, snapshot.name),
        "description": (wanted.description, snapshot.description),
        "retention_days": (wanted.retention_days, snapshot.retention_days),
    }
    return {
        name: value for name, (value, now) in pairs.items() if value is not None and value != now
    }


def _kept(change: Change) -> tuple[str, ...]:
    """What was taken away and stays all the same: the cloud sets these and clears none of them."""
    wanted, before = change.wanted, change.before
    kept = [
        what
        for what, was, now in (
            ("name", before.name, wanted.name),
            ("description", before.description, wanted.description),
            ("retention", before.retention_days, wanted.retention_days),
        )
        if was is not None and now is None
    ]
    words = (
        f"{change.snapshot.snapshot_id} keeps its old {' and '.join(kept)}: the cloud clears none"
    )
    return (words,) if kept else ()


async def _untag(client: Client, change: Change) -> None:
    keys = _superfluous(change)
    await untag_snapshot(client, change.region, change.snapshot.snapshot_id, keys)


async def _tag(client: Client, change: Change) -> None:
    await tag_snapshot(client, change.region, change.snapshot.snapshot_id, _missing(change))


async def _modify(client: Client, change: Change) -> None:
    new = _modified(change)
    name, description, days = new.get("name"), new.get("description"), new.get("retention_days")
    await modify_snapshot(
        client,
        change.region,
        change.snapshot.snapshot_id,
        name=name if isinstance(name, str) else None,
        description=description if isinstance(description, str) else None,
        retention_days=days if isinstance(days, int) else None,
    )


async def _group(client: Client, change: Change) -> None:
    group = change.wanted.resource_group or ""
    await move_snapshot(client, change.region, change.snapshot.snapshot_id, group)


_CALLS: Final[Mapping[str, Callable[[Client, Change], Awaitable[None]]]] = {
    "untag": _untag,
    "tag": _tag,
    "modify": _modify,
    "group": _group,
}
