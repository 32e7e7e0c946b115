"""The invariants can fail: houses that are broken on purpose are found out, and shrunk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from imageferry.model.events import Event
from imageferry.model.handlers import HandlerRequest, Outcome, Pending
from imageferry.model.operations import StepRecord
from imageferry.model.stacks import Resource
from imageferry.model.statuses import StackStatus, StepStatus
from imageferry.ports.keeping import Batch, Closing
from imageferry.ports.types import ResourceType
from tests.worlds.language import World, source_of, world_of
from tests.worlds.sailing import sail
from tests.worlds.ships import Sabotage
from tests.worlds.shrinking import kinds_of, shrink


class Passing:
    """Passes everything on; what is broken is said by those who build on it."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


class ForgetsIntents(Passing):
    """A store that answers before an intent is kept, and never keeps it."""

    async def flush(self, operation_id: str, epoch: int, batch: Batch) -> bool:
        told = tuple(one for one in batch.records if one.status is not StepStatus.INTENDED)
        flag: bool = await self.inner.flush(operation_id, epoch, replace(batch, records=told))
        return flag


class ForgetsIds(Passing):
    """A store that answers before the ids of copies are kept, and never keeps them."""

    async def flush(self, operation_id: str, epoch: int, batch: Batch) -> bool:
        records = tuple(_without_id(record) for record in batch.records)
        flag: bool = await self.inner.flush(operation_id, epoch, replace(batch, records=records))
        return flag

    async def close_operation(self, operation_id: str, epoch: int, closing: Closing) -> None:
        kept = [one for one in closing.resources if one.physical_id is None]
        await self.inner.close_operation(operation_id, epoch, replace(closing, resources=kept))


def _without_id(record: StepRecord) -> StepRecord:
    return replace(record, physical_id=None, context={}) if not record.status.is_final else record


class TakesWhatIsNotOurs(Passing):
    """A store that records somebody else's image as ours."""

    async def close_operation(self, operation_id: str, epoch: int, closing: Closing) -> None:
        theirs = "m-golden0000000000002"
        taken = [_of(one, theirs) for one in closing.resources]
        await self.inner.close_operation(operation_id, epoch, replace(closing, resources=taken))


def _of(resource: Resource, image_id: str) -> Resource:
    return replace(resource, physical_id=image_id, attributes={"ImageId": image_id})


class NeverEnds(Passing):
    """A store that leaves the stack as it was while the operation ends."""

    async def close_operation(self, operation_id: str, epoch: int, closing: Closing) -> None:
        stuck = replace(closing, stack=replace(closing.stack, status=StackStatus.CREATING))
        await self.inner.close_operation(operation_id, epoch, stuck)


class TellsSecrets(Passing):
    """A store that writes a secret beside an event."""

    async def flush(self, operation_id: str, epoch: int, batch: Batch) -> bool:
        events = [replace(event, reason="Verschwiegen1q") for event in batch.events]
        flag: bool = await self.inner.flush(operation_id, epoch, replace(batch, events=events))
        return flag


class LosesEvents(Passing):
    """A store that forgets every third event."""

    async def events(self, stack_id: str, after: int = 0, limit: int = 1000) -> list[Event]:
        events: list[Event] = await self.inner.events(stack_id, after, limit)
        return [event for event in events if event.sequence % 3]


class NoPatience(Passing):
    """A catalog whose handlers ask to be asked again at once."""

    def find(self, type_name: str) -> ResourceType | None:
        found: ResourceType | None = self.inner.find(type_name)
        return None if found is None else found._replace(handler=_Hasty(found.handler))


class _Hasty(Passing):
    async def create(self, request: HandlerRequest) -> Outcome:
        outcome: Outcome = await self.inner.create(request)
        return replace(outcome, retry_after=0.25) if isinstance(outcome, Pending) else outcome


class MakesTwice(Passing):
    """A catalog whose handlers take another token in every process, as if there were no intents."""

    def find(self, type_name: str) -> ResourceType | None:
        found: ResourceType | None = self.inner.find(type_name)
        handler = None if found is None else _Forgetful(found.handler, f"{id(self):x}")
        return None if found is None else found._replace(handler=handler)


class _Forgetful(Passing):
    def __init__(self, inner: Any, mark: str) -> None:
        super().__init__(inner)
        self.mark = mark

    async def create(self, request: HandlerRequest) -> Outcome:
        other = replace(request, token=f"{request.token[:30]}{self.mark}")
        outcome: Outcome = await self.inner.create(other)
        return outcome


AWAY = World().deploy("ap-southeast-1")
TWO = World().deploy("cn-shanghai", "cn-beijing")
BREAKS: Mapping[str, tuple[str, Sabotage, World]] = {
    "a token of its own for every try": (
        "I1",
        Sabotage(catalog=MakesTwice),
        World(settings={"speed": 60.0}).deploy({"region": "cn-shanghai"}, named="none")
        .crash(after_call=1),
    ),
    "ids that are not kept": ("I2", Sabotage(store=ForgetsIds), TWO),
    "somebody else's image in the record": ("I3", Sabotage(store=TakesWhatIsNotOurs), AWAY),
    "a stack that stays under way": ("I4", Sabotage(store=NeverEnds), TWO),
    "a secret in an event": ("I5", Sabotage(store=TellsSecrets), TWO),
    "events that are lost": ("I6", Sabotage(store=LosesEvents), TWO),
    "looks without end": (
        "I7",
        Sabotage(catalog=NoPatience),
        World(settings={"speed": 8.0}).deploy("cn-shanghai", "cn-beijing"),
    ),
    "intents that are not kept": (
        "I",
        Sabotage(store=ForgetsIntents),
        World(settings={"speed": 60.0, "token_lifetime_seconds": 900.0})
        .deploy("cn-shanghai", named="none").crash(after_call=1, away=1000.0),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("invariant", "sabotage", "world"), BREAKS.values(), ids=BREAKS.keys())
def test_what_is_broken_is_found(invariant: str, sabotage: Sabotage, world: World) -> None:
    assert not world.sail().wrongs
    wrongs = sail(world.voyage(), sabotage=sabotage).wrongs
    assert any(wrong.startswith(invariant) for wrong in wrongs), wrongs


def test_a_failure_is_shrunk_to_what_it_takes() -> None:
    world = (
        World(neighbours=(("cn-beijing", "web"),), skew=400.0)
        .deploy("cn-shanghai", "cn-beijing", "us-west-1")
        .fault("throttle", "DescribeImages", count=3)
        .crash(after_call=4, away=60.0)
        .deploy("cn-shanghai", "cn-beijing")
        .cancel(at=3.0)
        .delete()
        .crash(before_write=2)
    )
    sabotage = Sabotage(store=LosesEvents)
    small, wrongs = shrink(world.voyage(), lambda voyage: sail(voyage, sabotage=sabotage).wrongs)
    assert kinds_of(wrongs) == {"I6"}
    told = source_of(world_of(small))
    assert len(small.legs) == 1 and "crash" not in told and "fault" not in told, told
    again, _ = shrink(world.voyage(), lambda voyage: sail(voyage, sabotage=sabotage).wrongs)
    assert again == small
