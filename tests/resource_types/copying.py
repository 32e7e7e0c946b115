"""A small engine for one resource: it commits notes, repeats, and may die between any two calls."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from imageferry.cloud.client import Action, Client
from imageferry.cloud.credentials import emulator_credentials
from imageferry.cloud.endpoints import Endpoints, parse_endpoint
from imageferry.emulator.app import Emulator
from imageferry.emulator.controls import add_fault, change_settings, list_images, list_snapshots
from imageferry.engine.asking import discreet
from imageferry.model.handlers import (
    Context,
    Done,
    Failed,
    HandlerAction,
    HandlerRequest,
    Outcome,
    Pending,
)
from imageferry.model.hiding import hidden_texts
from imageferry.model.values import Value
from imageferry.resource_types.catalog import TypeCatalog
from imageferry.testing import SeededEntropy, VirtualClock, run_virtually
from imageferry.wire.http import HttpRequest, HttpResponse

ROS = "ALIYUN::ECS::CopyImage"
TF = "TF::Alicloud::ImageCopy"
SOURCE = "m-golden0000000000001"
SOURCE_REGION = "cn-hangzhou"
REGION = "cn-beijing"
CHANGING = frozenset(
    {
        "CopyImage",
        "CancelCopyImage",
        "CreateImage",
        "ImportImage",
        "CancelTask",
        "DeleteImage",
        "ModifyImageAttribute",
        "ModifyImageSharePermission",
        "TagResources",
        "UntagResources",
        "JoinResourceGroup",
        "DeleteSnapshot",
        "RunInstances",
        "StartInstance",
        "StopInstance",
        "DeleteInstance",
        "ModifyInstanceAttribute",
        "ReplaceSystemDisk",
        "ResizeDisk",
        "AttachKeyPair",
        "DetachKeyPair",
        "CreateSnapshot",
        "ModifySnapshotAttribute",
        "ExportImage",
    }
)

_NAMES = {
    "source": {ROS: "ImageId", TF: "SourceImageId"},
    "source_region": {ROS: "SourceRegionId", TF: "SourceRegionId"},
    "region": {ROS: "DestinationRegionId"},
    "name": {ROS: "DestinationImageName", TF: "ImageName"},
    "description": {ROS: "DestinationDescription", TF: "Description"},
    "encrypted": {ROS: "Encrypted", TF: "Encrypted"},
    "key": {ROS: "KMSKeyId", TF: "KmsKeyId"},
    "group": {ROS: "ResourceGroupId"},
    "same_region": {ROS: "AllowCopyInSameRegion"},
    "force": {TF: "Force"},
    "timeouts": {TF: "Timeouts"},
}


def properties(
    type_name: str, *, tags: Mapping[str, str] | None = None, **given: Value
) -> dict[str, Value]:
    """Properties of either type from words that both share."""
    words = {"source": SOURCE, "source_region": SOURCE_REGION, "region": REGION, **given}
    found = {
        _NAMES[word][type_name]: value
        for word, value in words.items()
        if type_name in _NAMES[word] and value is not None
    }
    if tags:
        key, value = ("Key", "Value") if type_name == ROS else ("MapKey", "MapValue")
        found["Tag" if type_name == ROS else "Tags"] = [
            {key: name, value: content} for name, content in tags.items()
        ]
    return found


class Killed(Exception):
    """The process died at a call."""


@dataclass
class Cloud:
    """An emulated cloud in virtual time, whose line can be cut at any changing call."""

    clock: VirtualClock = field(default_factory=VirtualClock)
    entropy: SeededEntropy = field(default_factory=SeededEntropy)
    changes: list[str] = field(default_factory=list)
    sent: list[HttpRequest] = field(default_factory=list)
    kill_at: int | None = None
    kill_after: bool = False

    def __post_init__(self) -> None:
        seeds = SeededEntropy(7)
        self.emulator = Emulator(
            ":memory:",
            now=self.clock.now,
            entropy=lambda count: bytes.fromhex((seeds.nonce() * 4)[: 2 * count]),
            sleep=self.clock.sleep,
        )
        self.restart()

    def restart(self) -> None:
        """A new process: nothing in memory but what the cloud and the record hold."""
        self.client = Client(
            self.send,
            emulator_credentials(),
            Endpoints(parse_endpoint("emulator.localhost")),
            self.clock,
            self.entropy,
            {},
        )
        self.catalog = TypeCatalog(self.client)

    async def send(self, request: HttpRequest) -> HttpResponse:
        action = request.headers["x-acs-action"]
        self.sent.append(request)
        if action in CHANGING:
            self.changes.append(action)
            dies = self.kill_at is not None and len(self.changes) == self.kill_at
            if dies and not self.kill_after:
                raise Killed(action)
            response = await self.emulator.handle(request)
            if dies:
                raise Killed(action)
            return response
        return await self.emulator.handle(request)

    def fault(self, kind: str, **details: Any) -> None:
        add_fault(self.emulator.world, {"kind": kind, **details})

    def choose(self, **settings: Any) -> None:
        change_settings(self.emulator.world, settings)

    def images(self, region: str = REGION) -> list[dict[str, Any]]:
        """The images that copies have made in a region."""
        return [one for one in list_images(self.emulator.world, region) if one["origin"] == "copy"]

    def image(self, image_id: str) -> dict[str, Any]:
        return next(one for one in list_images(self.emulator.world) if one["image_id"] == image_id)

    def snapshots(self) -> list[dict[str, Any]]:
        return list_snapshots(self.emulator.world)

    async def call(self, action: str, region: str = REGION, **parameters: Any) -> dict[str, Any]:
        """One call by somebody else."""
        return await self.client.call(
            Action(action, repeatable=False), region, {"RegionId": region, **parameters}
        )

    async def somebody_copies(self, name: str, **more: Any) -> None:
        """Somebody else copies our source image to our region under a name."""
        await self.call(
            "CopyImage",
            SOURCE_REGION,
            ImageId=SOURCE,
            DestinationRegionId=REGION,
            DestinationImageName=name,
            **more,
        )


@dataclass
class Answers:
    """How a step ended, and everything that was answered on the way."""

    outcome: Outcome
    seen: list[Outcome]
    seconds: float

    @property
    def pendings(self) -> list[Pending]:
        return [one for one in self.seen if isinstance(one, Pending)]

    @property
    def notes(self) -> list[str]:
        found = [note for one in self.pendings for note in one.notes]
        return found + list(getattr(self.outcome, "notes", ()))


class Resource:
    """The record of one resource, and steps on it as the engine makes them."""

    def __init__(self, cloud: Cloud, type_name: str, *, region: str | None = None) -> None:
        self.cloud = cloud
        self.type_name = type_name
        self.region = region or (SOURCE_REGION if type_name == ROS else REGION)
        self.physical_id: str | None = None
        self.properties: Mapping[str, Value] = {}
        self.attributes: Mapping[str, Value] = {}
        self.context: Context = {}
        self.leftovers: tuple[Context, ...] = ()
        self.steps = 0
        self.operation = "5e1c7a52-0000-4000-8000-000000000001"

    @property
    def image_id(self) -> str:
        return str(self.attributes.get("ImageId") or self.attributes["Id"])

    def request(
        self, action: HandlerAction, wanted: Mapping[str, Value], **more: Any
    ) -> HandlerRequest:
        self.steps += 1
        now = self.cloud.clock.now()
        return HandlerRequest(
            action=action,
            type_name=self.type_name,
            address="Golden",
            stack_id="stack-1",
            stack_name="images",
            region=self.region,
            installation="inst1234",
            operation_id=self.operation,
            token=f"if0000000000000000000000000000{self.steps:08x}",
            now=now,
            intended_at=now,
            physical_id=None if action is HandlerAction.CREATE else self.physical_id,
            properties=wanted,
            previous=self.properties,
            attributes=self.attributes,
            unfinished=self.context if action is HandlerAction.UPDATE else {},
            leftovers=self.leftovers,
            **more,
        )

    async def perform(
        self, request: HandlerRequest, *, limit: int = 5000, until: float | None = None
    ) -> Answers:
        """Ask until the end, waiting as asked; after a kill, ask again in a new process."""
        cloud, seen, began = self.cloud, [], self.cloud.clock.now()
        for _ in range(limit):
            found = cloud.catalog.find(self.type_name)
            assert found is not None
            before = len(cloud.changes)
            request = replace(request, now=cloud.clock.now(), visible_by=began + 300)
            try:
                outcome = await getattr(found.handler, request.action.value)(request)
            except Killed:
                cloud.kill_at = None
                cloud.restart()
                request = replace(request, repeated=True)
                continue
            hidden = hidden_texts(request.properties.values(), request.previous.values())
            outcome = discreet(outcome, hidden)
            made = cloud.changes[before:]
            assert len(set(made)) <= 1, f"one invocation made {made}"
            if seen and isinstance(seen[-1], Pending) and seen[-1].observes:
                assert not made, f"{made} was not announced by {seen[-1]}"
            seen.append(outcome)
            if not isinstance(outcome, Pending):
                return Answers(outcome, seen, cloud.clock.now() - began)
            if until is not None and cloud.clock.now() >= until:
                return Answers(outcome, seen, cloud.clock.now() - began)
            assert outcome.retry_after >= 0
            context = json.loads(json.dumps(outcome.context))
            request = replace(request, context=context)
            if request.action is HandlerAction.CREATE:
                request = replace(request, physical_id=outcome.physical_id)
            await cloud.clock.sleep(outcome.retry_after)
        raise AssertionError(f"no end after {limit} answers; the last: {seen[-1]}")

    def _take(self, answers: Answers, wanted: Mapping[str, Value]) -> None:
        last = answers.pendings[-1] if answers.pendings else None
        match answers.outcome:
            case Done(physical_id=physical_id, attributes=attributes, leftovers=leftovers):
                self.physical_id, self.attributes = physical_id, attributes
                self.leftovers, self.context, self.properties = leftovers, {}, wanted
            case Failed(context=context):
                self.context = context or (last.context if last else {})
            case Pending(context=context):
                self.context = context

    def last_request(self, action: HandlerAction) -> HandlerRequest:
        """The last step's request as it stands in the record."""
        self.steps -= 1
        return replace(self.request(action, self.properties), context=self.context)

    def request_of_update(self, wanted: Mapping[str, Value], **more: Any) -> HandlerRequest:
        """The last update's request as it stands in the record."""
        request = self.request(HandlerAction.UPDATE, wanted, **more)
        return replace(request, context=self.context, unfinished={})

    async def resume(self, action: HandlerAction) -> Answers:
        """Go on with the last step."""
        return await self.perform(self.last_request(action))

    async def create(self, wanted: Mapping[str, Value], **more: Any) -> Answers:
        until = more.pop("until", None)
        request = self.request(HandlerAction.CREATE, wanted, **more)
        answers = await self.perform(request, until=until)
        self._take(answers, wanted)
        if not isinstance(answers.outcome, Done):
            self.properties = wanted
            ids = [one.physical_id for one in answers.pendings if one.physical_id]
            self.physical_id = ids[-1] if ids else None
        return answers

    async def update(self, wanted: Mapping[str, Value], **more: Any) -> Answers:
        until = more.pop("until", None)
        request = self.request(HandlerAction.UPDATE, wanted, **more)
        answers = await self.perform(request, until=until)
        self._take(answers, wanted)
        return answers

    async def delete(self, **more: Any) -> Answers:
        request = self.request(HandlerAction.DELETE, self.properties, **more)
        answers = await self.perform(replace(request, context=self.context))
        if isinstance(answers.outcome, Failed) and answers.outcome.context:
            self.context = answers.outcome.context
        return answers

    async def clean_up(self, **more: Any) -> list[Answers]:
        found: list[Answers] = []
        kept: list[Context] = []
        for leftover in self.leftovers:
            request = self.request(
                HandlerAction.CLEAN_UP, self.properties, leftover=leftover, **more
            )
            answers = await self.perform(request)
            found.append(answers)
            if isinstance(answers.outcome, Failed):
                kept.append(leftover)
        self.leftovers = tuple(kept)
        return found


Scenario = Callable[[Cloud, Resource], Awaitable[None]]


def play(type_name: str, scenario: Scenario) -> Cloud:
    """Play a scenario with one resource of a type, in virtual time."""
    cloud = Cloud()

    async def run() -> None:
        try:
            await scenario(cloud, Resource(cloud, type_name))
        finally:
            cloud.emulator.close()

    run_virtually(run())
    return cloud
