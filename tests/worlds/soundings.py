"""The invariants, looked at from outside: the cloud's tables, the record, the events, the files."""

from __future__ import annotations

import re
import sqlite3
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from imageferry.control.requests import StackView
from imageferry.model.events import Event
from imageferry.model.operations import Operation
from imageferry.model.stacks import Resource
from imageferry.model.statuses import OperationStatus, ResourceStatus, StackStatus
from tests.worlds.kinds import KIND_OF, Kind, Thing
from tests.worlds.ships import LINEAGE, Logbook, Started
from tests.worlds.voyages import Leg, Voyage

FINAL = frozenset(
    {
        StackStatus.CREATED, StackStatus.CREATE_FAILED, StackStatus.CREATE_ROLLED_BACK,
        StackStatus.CREATE_ROLLBACK_FAILED, StackStatus.UPDATED, StackStatus.UPDATE_FAILED,
        StackStatus.UPDATE_ROLLED_BACK, StackStatus.UPDATE_ROLLBACK_FAILED, StackStatus.DELETED,
        StackStatus.DELETE_FAILED,
    }
)  # fmt: skip
NAME = "voyage"
_IDS = {
    Kind.IMAGE: re.compile(r"\bm-[0-9a-z]+"),
    Kind.INSTANCE: re.compile(r"\bi-[0-9a-z]+"),
    Kind.SNAPSHOT: re.compile(r"\bs-[0-9a-z]+"),
    Kind.EXPORT: re.compile(r"\bt-[0-9a-z]+"),
}
_WELL = frozenset({"Available", "Deprecated"})
_HELD = ("SnapshotCreatedImage", "ImageUseShared", "ImageIsPublic", "ImageIsExporting")
_LOST = frozenset({"copy", "create", "export", "launch", "look", "search"})
"""Phases of a step that may have made something without knowing its id."""


@dataclass(frozen=True)
class Soundings:
    """All that can be seen after an operation has ended."""

    voyage: Voyage
    view: StackView
    events: list[Event]
    operation: Operation
    installation: str
    log: Logbook
    images: list[dict[str, Any]]
    others: list[dict[str, Any]]
    others_before: list[dict[str, Any]]
    things_before: list[Thing]
    words: list[str]
    pages: bytes
    meddled: set[str]
    things: Mapping[str, Thing]
    exports_before: frozenset[str]
    """Those that were there before the operation."""
    shares: Mapping[str, set[str]]
    launching: Mapping[str, str | None]
    """What launches from each family that is a resource, by its address."""

    @property
    def resources(self) -> list[Resource]:
        return [one.resource for one in self.view.resources]

    def living(self) -> dict[str, dict[str, Any]]:
        """Our images that are there, by id."""
        return {one["image_id"]: one for one in self.images if one["image_id"] in self.log.started}

    def living_things(self) -> dict[str, Thing]:
        """What else of ours is there, by id."""
        return {
            thing_id: one for thing_id, one in self.things.items() if thing_id in self.log.started
        }


def faults_of_leg(seen: Soundings, leg: Leg) -> list[str]:
    """What is wrong after one operation; nothing where all is well."""
    found = [*seen.log.wrongs]
    seen.log.wrongs.clear()
    found += _one_copy_an_intent(seen)
    found += _others_are_untouched(seen)
    found += _the_end_is_final(seen, leg)
    found += _no_secret_shows(seen)
    found += _events_are_whole(seen)
    return found


def may_stay(voyage: Voyage, started: Started) -> bool:
    """True where somebody let go of a copy on purpose, or, where it has no tag to tell, may have."""
    if not started.lineage:
        return bool(voyage.retained)
    return started.address.split("[")[0] in voyage.retained


def recorded_ids(resource: Resource) -> set[str]:
    """The ids that the record of a resource names as its own."""
    pattern = _IDS.get(KIND_OF[resource.type_name])
    if pattern is None:
        return set()
    own = [resource.physical_id, *resource.attributes.values()]
    return set(pattern.findall(f"{own} {resource.context} {resource.leftovers}"))


def current_image(resource: Resource) -> str | None:
    named = resource.attributes.get("Id") or resource.attributes.get("ImageId")
    return named if isinstance(named, str) else None


def _one_copy_an_intent(seen: Soundings) -> Iterator[str]:
    """I1: no address holds two copies but for what is noted as replaced or unfinished."""
    living = seen.living()
    lineages = Counter(one["tags"].get(LINEAGE) for one in living.values())
    for mark, number in lineages.items():
        if mark and number > 1:
            yield f"I1: {number} copies live of {mark}"
    for resource in seen.resources:
        if resource.status not in {ResourceStatus.CREATED, ResourceStatus.UPDATED}:
            continue
        if KIND_OF[resource.type_name] is not Kind.IMAGE:
            continue
        image_id = current_image(resource)
        if image_id is None:
            yield f"I1: {resource.address} is finished and has no image"
        elif image_id.startswith("m-golden"):
            continue
        elif image_id not in living and image_id not in seen.meddled:
            yield f"I1: {resource.address} is finished, and its image {image_id} is not there"
        elif image_id in living and living[image_id]["status"] not in _WELL:
            yield f"I1: {resource.address} is finished, and {image_id} is not Available"


def unexplained(seen: Soundings) -> dict[str, Mapping[str, str]]:
    """I2: what lives and is neither in the record, nor to be found from it, nor retained.

    The tags of each, by its id. An export that is finished is nothing that lives.
    """
    recorded: set[str] = set()
    sought: set[str] = set()
    is_export_sought = False
    for resource in seen.resources:
        recorded |= recorded_ids(resource)
        is_lost = resource.context.get("phase") in _LOST or resource.context.get("lost")
        operation = resource.context.get("operation")
        if is_lost and isinstance(operation, str):
            address = resource.context.get("address") or resource.address
            sought.add(f"{seen.installation}/{operation}/{address}")
        is_export_sought |= bool(is_lost) and KIND_OF[resource.type_name] is Kind.EXPORT
    living = {image_id: image["tags"] for image_id, image in seen.living().items()}
    for thing_id, thing in seen.living_things().items():
        if thing.kind is not Kind.EXPORT or (thing.status == "running" and not is_export_sought):
            living[thing_id] = thing.tags
    found = {}
    for thing_id, tags in living.items():
        started = seen.log.started[thing_id]
        if thing_id in recorded or may_stay(seen.voyage, started):
            continue
        if started.lineage in sought or (not started.lineage and sought):
            continue
        found[thing_id] = tags
    return found


def _others_are_untouched(seen: Soundings) -> Iterator[str]:
    """I3: whatever was not made here is as it was."""
    if seen.others != seen.others_before:
        yield f"I3: others' images changed: {seen.others_before} -> {seen.others}"
    there = [one for one in seen.things.values() if one.thing_id not in seen.log.started]
    theirs = [one for one in there if one.kind is not Kind.EXPORT]
    if theirs != seen.things_before:
        yield f"I3: others' things changed: {seen.things_before} -> {theirs}"


def _the_end_is_final(seen: Soundings, leg: Leg) -> Iterator[str]:
    """I4: an operation that ended left its stack in a final status, with a reason if it is bad."""
    status = seen.view.stack.status
    if seen.operation.status.is_open:
        yield f"I4: the operation is {seen.operation.status}"
    if status not in FINAL:
        yield f"I4: the stack is {status}"
    if seen.operation.status is not OperationStatus.SUCCEEDED and not seen.view.stack.status_reason:
        yield f"I4: {status} has no reason"
    for resource in seen.resources:
        if resource.status in {
            ResourceStatus.CREATING, ResourceStatus.UPDATING, ResourceStatus.DELETING,
        }:  # fmt: skip
            yield f"I4: {resource.address} is {resource.status} in a stack that is {status}"
    if status is StackStatus.DELETED and seen.resources:
        yield f"I4: a deleted stack still has {[str(one.address) for one in seen.resources]}"
    is_plain = leg.is_calm and leg.cancel_at is None and leg.deed == "delete"
    if is_plain and status is not StackStatus.DELETED and not is_held(seen):
        yield f"I4: a delete in calm weather ended as {status}: {seen.view.stack.status_reason}"


def is_held(seen: Soundings) -> bool:
    """Whether the cloud keeps something for the sake of what was retained on purpose, or shared by
    a call that came too late for anybody to know of it.
    """
    reason = seen.view.stack.status_reason
    return bool(seen.voyage.retained or seen.log.late) and any(code in reason for code in _HELD)


def _no_secret_shows(seen: Soundings) -> Iterator[str]:
    """I5: no event, record, reason, log or database page has the secret in clear."""
    secret = seen.voyage.secret
    places = {
        "an event": repr(seen.events),
        "the view": repr(seen.view),
        "the operation": repr(seen.operation),
        "the log": "\n".join(seen.words),
    }
    for place, text in places.items():
        if secret in text:
            at = text.index(secret)
            yield f"I5: the secret is in {place}: {text[max(0, at - 200) : at + 60]}"
    if secret.encode() in seen.pages:
        yield "I5: the secret is in a page of the database"
    for table, text in _packed(seen.pages):
        if secret.encode() in text:
            yield f"I5: the secret is in the table {table}, compressed"


def _packed(pages: bytes) -> Iterator[tuple[str, bytes]]:
    """The compressed texts of the database."""
    connection = sqlite3.connect(":memory:")
    try:
        # SQLite documentation, "Database File Format": bytes 18 and 19 say that there is a WAL,
        # and in memory there is none.
        connection.deserialize(pages[:18] + b"\x01\x01" + pages[20:])
        for table in ("change_set_bodies", "stack_bodies"):
            for row in connection.execute(f"SELECT * FROM {table}"):
                for value in row:
                    if isinstance(value, bytes):
                        for body in (value, value[1:]):
                            try:
                                yield table, zlib.decompress(body)
                            except zlib.error:
                                continue
    finally:
        connection.close()


def _events_are_whole(seen: Soundings) -> Iterator[str]:
    """I6: numbered from 1 without a gap, and no later one is older."""
    numbers = [event.sequence for event in seen.events]
    if numbers != list(range(1, len(numbers) + 1)):
        yield f"I6: the events are numbered {numbers}"
    was_set = any(leg.jumps is not None for leg in seen.voyage.legs)
    for earlier, later in pairwise(seen.events if not was_set else []):
        if later.time < earlier.time - 1e-6:
            yield f"I6: event {later.sequence} is older than the one before: {earlier} {later}"
    last = seen.events[-1]
    if last.address or last.status is not seen.view.stack.status:
        yield f"I6: the last event is {last}, and the stack is {seen.view.stack.status}"


def faults_of_expectations(seen: Soundings, leg: Leg) -> Iterator[str]:
    """What a scenario said would be, and is not."""
    found: dict[str, object] = {
        "status": seen.view.stack.status.name,
        "operation": seen.operation.status.name,
        "copies": len(seen.living()),
    }
    for subject, wanted in leg.expects:
        if found[subject] != wanted:
            yield f"expected: {subject} {wanted}, and it is {found[subject]}"


def faults_of_calls(
    calls: Mapping[tuple[str, str], int], started: int, took: float, leg: Leg
) -> Iterator[str]:
    """I7: what a leg has cost, beside its length in seconds and the copies that it started."""
    hours = max(1.0, took / 3600)
    most = 80 * hours if leg.is_calm else (180 + 60 * len(leg.fates)) * hours
    # Whoever waits for another copy's end looks twice a try; each copy's end is watched closely.
    most += (
        40
        + 25 * started
        + 3 * sum(number for (_, action), number in calls.items() if action == "CopyImage")
    )
    for (region, action), number in calls.items():
        if action == "DescribeImages" and number > most:
            yield f"I7: {number} polls of {region} in {took:.0f} s, where {most:.0f} are allowed"
