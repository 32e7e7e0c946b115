"""A home with a fleet in it: `python bench/fleets.py HOME [STACKS]`, 1,000 stacks of 20 resources by default.

For whatever is measured, or looked at, on many stacks: `imageferry list`, the console's pages, reports.
It takes seconds, and the home must be empty. Stacks are planned for real, a few of them, and the rest are
written beside them in one transaction: what they "made" is in the record alone, and in no cloud. So nothing
should be compared with the cloud, and no operation goes on by itself: the open ones are parked.

Of every 50 stacks one is being made (parked, with progress), two have failed, one has drifted, one is
being deleted (parked); the others stand as they should. Stacks are called `fleet-0000` and so on, and live in
three regions; each has 16 copies of one image, three image families and a share. As a room:
`fill(home, stacks)` gives their ids, and `settings_of(home)` what `open_house` takes.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from imageferry.assembly.house import House, open_house
from imageferry.control.requests import StackRequest
from imageferry.model.changes import ChangeKind, ChangeSet
from imageferry.model.drift import DriftMark, StackDriftStatus
from imageferry.model.events import Event, stack_event
from imageferry.model.expressions import Literal
from imageferry.model.families import FAMILY_TYPE
from imageferry.model.handlers import HandlerAction
from imageferry.model.journal import resources_after
from imageferry.model.operations import OnFailure, Operation, StepProgress, StepRecord
from imageferry.model.stacks import Resource, Stack
from imageferry.model.statuses import OperationStatus, ResourceStatus, StackStatus, StepStatus
from imageferry.settings import Settings, resolve
from imageferry.store import change_sets, journal, stacks
from imageferry.store.codec import dumps
from imageferry.store.codec_journal import encode_record
from imageferry.store.events import append_events
from imageferry.store.secrets import LazyBox, SecretBox, Vault
from imageferry.store.sql_store import SqlStore
from imageferry.store.tables import JOURNAL, first_key

STACKS: Final = 1000
HOMES: Final = ("cn-hangzhou", "cn-shanghai", "ap-southeast-1")
REGIONS: Final = (
    "cn-beijing", "cn-qingdao", "cn-zhangjiakou", "cn-huhehaote", "cn-shenzhen", "cn-chengdu",
    "cn-hongkong", "ap-northeast-1", "ap-northeast-2", "ap-southeast-2", "ap-southeast-3",
    "ap-southeast-5", "us-west-1", "us-east-1", "eu-central-1", "eu-west-1", "me-east-1",
    "cn-guangzhou", "cn-nanjing", "cn-heyuan",
)  # fmt: skip
COPIES: Final = 16
FAMILIES: Final = 3
ROUND: Final = 50
_CAUSE: Final = (
    "ServiceLimitExceeded: CopyImage in cn-beijing: the quota of images is used up"
    " (QuotaExceed.Image) [request 6EF60BEC-0242-43AF-BB20-270359FB54A7]"
)


@dataclass(frozen=True, slots=True)
class Fate:
    """How a stack of the fleet stands: its status, and how its last operation stands."""

    stack: StackStatus
    operation: OperationStatus
    kind: ChangeKind = ChangeKind.CREATE
    drift: StackDriftStatus | None = None


_STANDS: Final = Fate(StackStatus.CREATED, OperationStatus.SUCCEEDED)
FATES: Final[Mapping[int, Fate]] = {
    3: Fate(StackStatus.CREATING, OperationStatus.PARKED),
    11: Fate(StackStatus.CREATE_FAILED, OperationStatus.FAILED),
    19: replace(_STANDS, drift=StackDriftStatus.DRIFTED),
    23: Fate(StackStatus.DELETING, OperationStatus.PARKED, ChangeKind.DELETE),
    37: Fate(StackStatus.CREATE_FAILED, OperationStatus.FAILED),
}
"""By place among fifty; all others stand as they should."""


def settings_of(home: Path) -> Settings:
    """The settings of a home on the emulator inside the process."""
    return resolve({"home": str(home), "cloud": "emulator", "region": HOMES[0]}, {})


async def fill(home: Path, count: int = STACKS) -> list[str]:
    """Fill an empty home, and give the ids of its stacks, oldest first."""
    async with open_house(settings_of(home)) as house:
        shapes = [await _planned(house, number) for number in range(min(count, len(REGIONS)))]
        now = house.clock.now()
        store = house.store
        if not isinstance(store, SqlStore):
            raise TypeError("a fleet is written into a database of ours alone")
        box = LazyBox(_no_secrets)

        def write(connection: Connection) -> list[str]:
            return [
                _write(connection, box, shapes[number % len(shapes)], number, now)
                for number in range(count)
            ]

        return await store.lanes.write(write)


def _no_secrets() -> SecretBox:
    raise TypeError("a fleet keeps no secrets")


def template_of(number: int) -> bytes:
    """A golden image to sixteen regions, a family in three of them, and one share."""
    regions = [REGIONS[(number + step) % len(REGIONS)] for step in range(COPIES)]
    lines = ["ROSTemplateFormatVersion: '2015-09-01'", "Description: One ship of a fleet"]
    lines += ["Parameters: {Team: {Type: String, Default: platform}}", "Resources:"]
    for region in regions:
        lines += [
            f"  {_word(region)}:",
            "    Type: ALIYUN::ECS::CopyImage",
            "    Properties:",
            "      ImageId: m-golden0000000000001",
            "      SourceRegionId: cn-hangzhou",
            f"      DestinationRegionId: {region}",
            "      DestinationImageName: web-2026-11",
            "      Tag: [{Key: team, Value: {Ref: Team}}]",
        ]
    for region in regions[:FAMILIES]:
        lines += [
            f"  {_word(region)}Family:",
            f"    Type: {FAMILY_TYPE}",
            "    Properties:",
            "      ImageFamily: web",
            f"      RegionId: {region}",
            f"      ImageIds: [{{Ref: {_word(region)}}}]",
        ]
    lines += [
        "  Share:",
        "    Type: ALIYUN::ECS::ImageSharePermission",
        f"    Properties: {{ImageId: {{Ref: {_word(regions[0])}}}, RegionId: {regions[0]},"
        " Accounts: ['1234567890123456']}",
        "Outputs:",
        f"  First: {{Value: {{Ref: {_word(regions[0])}}}}}",
    ]
    return ("\n".join(lines) + "\n").encode()


def _word(region: str) -> str:
    return "".join(part.capitalize() for part in region.split("-"))


async def _planned(house: House, number: int) -> tuple[ChangeSet, Stack]:
    request = StackRequest(
        f"shape-{number}", HOMES[number % len(HOMES)], template_of(number), "fleet.ros.yml"
    )
    planned = await house.plane.plan(request, save=False)
    return planned.change_set, planned.stack


def _digits(*parts: object) -> str:
    return hashlib.sha256(" ".join(map(str, parts)).encode()).hexdigest()[:17]


def _id(kind: str, number: int) -> str:
    digits = hashlib.sha256(f"{kind} {number}".encode()).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:32]}"


def _write(
    connection: Connection,
    box: LazyBox,
    shape: tuple[ChangeSet, Stack],
    number: int,
    now: float,
) -> str:
    at = now - 4000.0 + number
    fate = FATES.get(number % ROUND, _STANDS)
    stack_id, name = _id("stack", number), f"fleet-{number:04d}"
    change_set = replace(
        shape[0],
        change_set_id=_id("change set", number),
        stack_id=stack_id,
        stack_name=name,
        created_at=at,
    )
    operation = Operation(
        _id("operation", number), stack_id, fate.kind, fate.operation,
        change_set.change_set_id, OnFailure.KEEP, started_at=at, epoch=1,
        ended_at=None if fate.operation.is_open else at + 700,
        reason="the quota is used up" if fate.operation is OperationStatus.FAILED else "",
    )  # fmt: skip
    records = list(_records(change_set, fate, at))
    made = resources_after({}, change_set, records)
    if fate.kind is ChangeKind.DELETE:
        records = list(_deletions(made, at))
    drift = None if fate.drift is None else DriftMark(fate.drift, at + 900, 1, len(made))
    stack = replace(
        shape[1],
        stack_id=stack_id,
        name=name,
        status=fate.stack,
        created_at=at,
        updated_at=at + 700,
        operation_id=operation.operation_id,
        drift=drift,
        outputs={"First": f"m-{_digits(number, 'first')}"},
    )
    vault = Vault(connection, box, stack_id)
    stack_number = stacks.save_stack(connection, vault, stack)
    change_sets.save_change_set(connection, box, change_set, spent=True)
    operation_number = journal.insert_operation(connection, operation)
    _keep_journal(connection, vault, operation_number, records)
    recorded = () if fate.stack is StackStatus.CREATING else tuple(made.values())
    stacks.replace_resources(connection, vault.writer(), stack_number, recorded)
    if fate.operation.is_open:
        journal.save_progress(connection, operation_number, _progress(records), now)
    events = list(_events(stack, operation, records, fate, at))
    append_events(connection, stack_number, (operation_number, operation.operation_id), events, 0)
    return stack_id


def _records(change_set: ChangeSet, fate: Fate, at: float) -> Iterator[StepRecord]:
    """The journal of the making: all of it done, the last step of it failed, or half of it under way."""
    halfway = len(change_set.changes) // 2
    for place, change in enumerate(change_set.changes):
        if change.wanted is None:
            continue
        status = StepStatus.DONE
        if fate.operation is OperationStatus.FAILED and place == 0:
            status = StepStatus.FAILED
        elif fate.stack is StackStatus.CREATING and place >= halfway:
            if place > halfway + 3:
                return
            status = StepStatus.RUNNING
        address = str(change.address)
        image_id = f"m-{_digits(change_set.stack_id, address)}"
        properties = {
            key: part.value if isinstance(part, Literal) else [image_id]
            for key, part in change.wanted.properties.items()
        }
        has_failed, is_done = status is StepStatus.FAILED, status is StepStatus.DONE
        attributes = {"ImageId": image_id, "ImageIds": [image_id]}
        if change.type_name == FAMILY_TYPE:
            attributes |= {key: properties[key] for key in ("ImageFamily", "RegionId")}
        yield StepRecord(
            0, f"{address}/create", change.address, change.type_name, HandlerAction.CREATE, status,
            _digits(change_set.stack_id, address, "token"), at + place,
            physical_id=None if has_failed else image_id,
            properties=properties,
            attributes=attributes if is_done else None,
            attempts=1,
            reason=_CAUSE if has_failed else "",
            error_code="ServiceLimitExceeded" if has_failed else "",
            ended_at=None if status is StepStatus.RUNNING else at + 600 + place,
        )  # fmt: skip


def _deletions(made: Mapping[str, Resource], at: float) -> Iterator[StepRecord]:
    for place, resource in enumerate(list(made.values())[:4]):
        yield StepRecord(
            0, f"{resource.address}/delete", resource.address, resource.type_name,
            HandlerAction.DELETE, StepStatus.RUNNING, _digits(at, place), at + place,
            physical_id=resource.physical_id,
        )  # fmt: skip


def _keep_journal(
    connection: Connection, vault: Vault, number: int, records: Sequence[StepRecord]
) -> None:
    writer = vault.writer()
    said = [encode_record(writer, record, None) for record in records]
    row = {"key": first_key(number) + 1, "body": dumps([one for one in said if one is not None])}
    connection.execute(JOURNAL.insert(), row)


def _progress(records: Sequence[StepRecord]) -> list[StepProgress]:
    running = [record for record in records if record.status is StepStatus.RUNNING]
    return [
        StepProgress(
            str(record.address), 20 * place, "Creating" if place else "Waiting", 900.0 - 60 * place,
            None if place else (1, 2),
        )
        if record.action is HandlerAction.CREATE
        else StepProgress(str(record.address), None, "deleting")
        for place, record in enumerate(running)
    ]  # fmt: skip


def _events(
    stack: Stack, operation: Operation, records: Sequence[StepRecord], fate: Fate, at: float
) -> Iterator[Event]:
    begun = StackStatus.DELETING if fate.kind is ChangeKind.DELETE else StackStatus.CREATING
    ids = (stack.stack_id, operation.operation_id)
    yield stack_event(*ids, at, begun, "")
    ended = {
        StepStatus.DONE: ResourceStatus.CREATED,
        StepStatus.FAILED: ResourceStatus.CREATE_FAILED,
    }
    for record in records:
        status = ResourceStatus.CREATING
        if record.action is HandlerAction.DELETE:
            status = ResourceStatus.DELETING
        place = (str(record.address), record.type_name)
        yield Event(*ids, record.intended_at, *place, status, "", record.physical_id)
        if record.status in ended:
            yield Event(
                *ids, record.ended_at or at, *place, ended[record.status], record.reason,
                record.physical_id,
            )  # fmt: skip
    if not operation.status.is_open:
        yield stack_event(*ids, at + 700, stack.status, operation.reason)


def main(arguments: Sequence[str]) -> None:
    """Fill the home that is named, and say what came of it."""
    home = Path(arguments[0])
    count = int(arguments[1]) if len(arguments) > 1 else STACKS
    began = time.perf_counter()
    made = asyncio.run(fill(home, count))
    print(f"{len(made)} stacks in {home}, {time.perf_counter() - began:.1f} s")


if __name__ == "__main__":
    main(sys.argv[1:])
