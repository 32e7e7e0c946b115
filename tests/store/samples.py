"""Small stacks, change sets and operations to keep in a store, and what a store is opened with."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from imageferry.model.addresses import ResourceAddress
from imageferry.model.changes import Action, ChangeKind, ChangeSet, ResourceChange, Wanted
from imageferry.model.diagnostics import Span
from imageferry.model.events import Event
from imageferry.model.expressions import Attribute, Literal, Reference
from imageferry.model.handlers import HandlerAction
from imageferry.model.operations import OnFailure, Operation, StepRecord
from imageferry.model.stacks import Place, Resource, Stack
from imageferry.model.statuses import (
    OperationStatus,
    ResourceStatus,
    StackStatus,
    StepStatus,
)
from imageferry.model.templates import Bindings
from imageferry.model.values import Value
from imageferry.ports.keeping import Closing, Entry, Store
from imageferry.store.encryption import AesGcmBox
from imageferry.store.sql_store import SqlStore, open_store

PLACE = Place("emulator", "1000000000000001", "cn-hangzhou")
COPY = "ALIYUN::ECS::CopyImage"
KEY = hashlib.sha256(b"a key for tests").digest()


class CountingEntropy:
    """Ids that follow one another from a seed."""

    def __init__(self, seed: str = "seed") -> None:
        self._seed = seed
        self._count = 0

    def new_id(self) -> str:
        self._count += 1
        digits = hashlib.sha256(f"{self._seed} {self._count}".encode()).hexdigest()
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:32]))

    def nonce(self) -> str:
        return self.new_id().replace("-", "")

    def jitter(self) -> float:
        return 0.5


def url_of(home: Path) -> str:
    return f"sqlite:///{home / 'imageferry.db'}"


def open_at(home: Path, seed: str = "seed", key: bytes = KEY) -> SqlStore:
    return open_url(url_of(home), seed, key)


def open_url(url: str, seed: str = "seed", key: bytes = KEY) -> SqlStore:
    return open_store(url, entropy=CountingEntropy(seed), box=lambda: AesGcmBox(key))


@asynccontextmanager
async def opened(home: Path, seed: str = "seed", key: bytes = KEY) -> AsyncIterator[SqlStore]:
    store = open_at(home, seed, key)
    try:
        yield store
    finally:
        await store.close()


def stack_named(
    name: str = "demo",
    stack_id: str | None = None,
    place: Place = PLACE,
    status: StackStatus = StackStatus.CREATING,
    parameters: Mapping[str, Value] | None = None,
    template: bytes = b"ROSTemplateFormatVersion: '2015-09-01'\n",
) -> Stack:
    return Stack(
        stack_id or f"stack-{name}",
        name,
        place,
        "ros",
        status,
        template=template,
        template_name="demo.yml",
        parameters=parameters or {},
        created_at=1000.0,
        updated_at=1000.0,
    )


def change_set_of(
    stack: Stack,
    change_set_id: str | None = None,
    names: Sequence[str] = ("Tokyo", "Osaka"),
    parameters: Mapping[str, Value] | None = None,
    created_at: float = 1000.0,
    kind: ChangeKind = ChangeKind.CREATE,
) -> ChangeSet:
    span = Span("demo.yml", 7, 5)
    return ChangeSet(
        change_set_id or f"changes-{stack.stack_id}",
        stack.stack_id,
        stack.name,
        kind,
        "ros",
        stack.place.region,
        tuple(
            ResourceChange(
                ResourceAddress(name),
                COPY,
                Action.CREATE,
                wanted=Wanted(
                    ResourceAddress(name),
                    COPY,
                    {
                        "ImageId": Reference("Source", span),
                        "Description": Attribute(Literal("A"), Literal("B"), span),
                    },
                    span=span,
                    property_spans={"ImageId": span},
                ),
            )
            for name in names
        ),
        bindings=Bindings(parameters or {}, {"region": stack.place.region}),
        template=stack.template,
        created_at=created_at,
    )


def operation_on(
    stack: Stack,
    operation_id: str | None = None,
    change_set_id: str | None = None,
    client_token: str | None = None,
) -> Operation:
    return Operation(
        operation_id or f"operation-{stack.stack_id}",
        stack.stack_id,
        ChangeKind.CREATE,
        OperationStatus.RUNNING,
        change_set_id or f"changes-{stack.stack_id}",
        OnFailure.ROLLBACK,
        fingerprint="asked",
        client_token=client_token,
        deadline=9000.5,
        parallel=7,
        started_at=1000.25,
    )


def stack_event(operation: Operation, status: StackStatus, time: float = 1000.0) -> Event:
    return Event(operation.stack_id, operation.operation_id, time, "", "", status)


def copy_event(operation: Operation, name: str, time: float = 1001.0) -> Event:
    return Event(
        operation.stack_id,
        operation.operation_id,
        time,
        name,
        COPY,
        ResourceStatus.CREATED,
        "copied",
        "m-1",
    )


def record_of(name: str, **changes: object) -> StepRecord:
    record = StepRecord(
        0,
        f"create:{name}",
        ResourceAddress(name),
        COPY,
        HandlerAction.CREATE,
        StepStatus.INTENDED,
        f"token-{name}",
        1001.5,
        properties={"ImageId": "m-golden", "Encrypted": False},
        attempts=1,
    )
    return replace(record, **changes)  # type: ignore[arg-type]


def resource_of(name: str, **changes: object) -> Resource:
    resource = Resource(
        ResourceAddress(name),
        COPY,
        ResourceStatus.CREATED,
        physical_id=f"m-{name}",
        properties={"ImageId": "m-golden"},
        attributes={"ImageId": f"m-{name}"},
        created_at=1002.0,
        updated_at=1002.0,
        generation=1,
    )
    return replace(resource, **changes)  # type: ignore[arg-type]


async def begin(
    store: Store, stack: Stack | None = None, operation: Operation | None = None
) -> Entry:
    """Save a change set, open its operation and enter it."""
    stack = stack or stack_named()
    operation = operation or operation_on(stack)
    planned = change_set_of(stack, operation.change_set_id, parameters=stack.parameters)
    await store.save_change_set(planned)
    await store.open_operation(operation, stack, [stack_event(operation, StackStatus.CREATING)])
    entry = await store.enter(operation.operation_id)
    assert entry is not None
    return entry


def ending(
    stack: Stack,
    status: OperationStatus = OperationStatus.SUCCEEDED,
    stack_status: StackStatus = StackStatus.CREATED,
    resources: Sequence[Resource] = (),
    events: Sequence[Event] = (),
) -> Closing:
    return Closing(status, "", 2000.0, replace(stack, status=stack_status), resources, events)
