"""The table of statuses against the engine: every way that is offered leads on, none to a dead end."""

from __future__ import annotations

import random
import shutil
from collections.abc import Awaitable, Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import pytest

from imageferry.control.requests import (
    ExecutionOptions,
    Planned,
    RequestRefused,
    StackNotFound,
    StackRequest,
)
from imageferry.model.operations import OnFailure, Operation
from imageferry.model.stacks import Stack
from imageferry.model.statuses import (
    ENDINGS,
    STACK_WORDS,
    WAYS,
    OperationStatus,
    ResourceStatus,
    StackStatus,
    Verb,
)
from imageferry.testing import run_virtually
from tests.scenarios.chains import CHAIN, Crash, CrashingStore
from tests.scenarios.things import ThingCatalog, Things
from tests.scenarios.workshop import Workshop, workshop

FINAL = [status for status in StackStatus if status.is_final]
RUNNING = [status for status in StackStatus if not status.is_final]
TURNING = {StackStatus.CREATE_ROLLING_BACK, StackStatus.UPDATE_ROLLING_BACK}
ENDS = {StackStatus.REVIEWING, StackStatus.DELETED}


def request(shop: Workshop, names: str = "a,b,c") -> StackRequest:
    return StackRequest("demo", shop.region, CHAIN.encode(), "t.yml", {"Names": names})


async def begin(shop: Workshop, verb: Verb, stack: Stack, names: str = "a,b,c,d") -> Operation:
    """Ask for a way out as the command line does, and give the operation that is open then."""
    plane, options = shop.plane, ExecutionOptions()
    match verb:
        case Verb.DEPLOY:
            return await plane.execute(await plane.plan(request(shop, names)), options)
        case Verb.DELETE:
            return await plane.execute(await plane.plan_delete(stack), options)
        case Verb.CANCEL:
            # What turns back already is only broken off where that is said.
            return await plane.cancel(stack, breaks_off=stack.status in TURNING)
        case Verb.RETRY:
            begun = await plane.retry(stack)
        case Verb.CONTINUE_ROLLBACK:
            begun = await plane.continue_rollback(stack)
    return await plane.execute(begun, options) if isinstance(begun, Planned) else begun


async def die_at_the_end(shop: Workshop, operation: Operation) -> None:
    """Run an operation in a process that dies as it would write the end."""

    class Dying(CrashingStore):
        async def close_operation(self, *arguments: object) -> None:
            raise Crash

    dying = Dying(shop.store, 1_000_000, after=False)
    parts = Workshop(shop.plane, shop.worker, dying, shop.clock, shop.catalog, shop.entropy)  # type: ignore[arg-type]
    with pytest.raises(Crash):
        await parts.fresh_worker().run(operation.operation_id)


Road = Callable[[Workshop, Things], Awaitable[Stack]]
Program = Callable[[Workshop, Things, Stack], Awaitable[None]]


def made(*, failing: str = "", stuck: str = "", policy: OnFailure = OnFailure.KEEP) -> Road:
    async def road(shop: Workshop, world: Things) -> Stack:
        world.failing, world.stuck = set(failing), set(stuck)
        return (await shop.deploy(CHAIN, on_failure=policy)).stack

    return road


def changed(*, failing: str = "", stuck: str = "", policy: OnFailure = OnFailure.KEEP) -> Road:
    async def road(shop: Workshop, world: Things) -> Stack:
        await shop.deploy(CHAIN)
        world.failing, world.stuck = set(failing), set(stuck)
        return (await shop.deploy(CHAIN, on_failure=policy, Names="a,b,c,x,y")).stack

    return road


def removed(*, stuck: str = "") -> Road:
    async def road(shop: Workshop, world: Things) -> Stack:
        await shop.deploy(CHAIN)
        world.stuck = set(stuck)
        return (await shop.delete()).stack

    return road


def under_way(first: bool, *, turned: bool = False, deletes: bool = False) -> Road:
    """An operation that is open: just begun, or with the rollback begun and its process dead."""

    async def road(shop: Workshop, world: Things) -> Stack:
        if not first:
            await shop.deploy(CHAIN)
        if deletes:
            stack = await shop.plane.find("demo")
            planned = await shop.plane.plan_delete(stack)
        else:
            planned = await shop.plane.plan(request(shop, "a,b,c" if first else "a,b,c,x,y"))
        policy = OnFailure.ROLLBACK if turned else OnFailure.KEEP
        operation = await shop.plane.execute(planned, ExecutionOptions(policy))
        if turned:
            world.failing = set("by")
            await die_at_the_end(shop, operation)
        found = await shop.store.stack(operation.stack_id)
        assert found is not None
        return found

    return road


async def planned_only(shop: Workshop, world: Things) -> Stack:
    return (await shop.plane.plan(request(shop))).stack


ROADS: dict[StackStatus, Road] = {
    StackStatus.REVIEWING: planned_only,
    StackStatus.CREATING: under_way(True),
    StackStatus.CREATED: made(),
    StackStatus.CREATE_FAILED: made(failing="b"),
    StackStatus.CREATE_ROLLING_BACK: under_way(True, turned=True),
    StackStatus.CREATE_ROLLED_BACK: made(failing="b", policy=OnFailure.ROLLBACK),
    StackStatus.CREATE_ROLLBACK_FAILED: made(failing="b", stuck="a", policy=OnFailure.ROLLBACK),
    StackStatus.UPDATING: under_way(False),
    StackStatus.UPDATED: changed(),
    StackStatus.UPDATE_FAILED: changed(failing="y"),
    StackStatus.UPDATE_ROLLING_BACK: under_way(False, turned=True),
    StackStatus.UPDATE_ROLLED_BACK: changed(failing="y", policy=OnFailure.ROLLBACK),
    StackStatus.UPDATE_ROLLBACK_FAILED: changed(failing="y", stuck="x", policy=OnFailure.ROLLBACK),
    StackStatus.DELETING: under_way(False, deletes=True),
    StackStatus.DELETED: removed(),
    StackStatus.DELETE_FAILED: removed(stuck="b"),
}


@dataclass(frozen=True)
class Reached:
    """A status that a road has led to: the home it is kept in, its cloud, and when."""

    home: Path
    world: Things
    now: float
    stack: Stack


Departure = Callable[[Path, StackStatus, Program], None]


@pytest.fixture(scope="module")
def depart(tmp_path_factory: pytest.TempPathFactory) -> Departure:
    """Plays a program from a status on, each in a copy of the home that its road was taken in once."""
    reached: dict[StackStatus, Reached] = {}

    async def take(status: StackStatus) -> Reached:
        home, world = tmp_path_factory.mktemp("road") / "home", Things()
        async with workshop(home, ThingCatalog(world)) as shop:
            stack = await ROADS[status](shop, world)
            return Reached(home, world, shop.clock.now(), stack)

    async def go_on(tmp_path: Path, standing: Reached, program: Program) -> None:
        home, world = shutil.copytree(standing.home, tmp_path / "home"), deepcopy(standing.world)
        catalog, later = ThingCatalog(world), standing.now + 1.0
        async with workshop(home, catalog, seed=2, start=later) as shop:
            await program(shop, world, standing.stack)

    def departing(tmp_path: Path, status: StackStatus, program: Program) -> None:
        if status not in reached:
            reached[status] = run_virtually(take(status))
        run_virtually(go_on(tmp_path, reached[status], program))

    return departing


@pytest.mark.parametrize("status", list(StackStatus), ids=lambda status: status.value)
def test_every_status_is_reached(tmp_path: Path, depart: Departure, status: StackStatus) -> None:
    async def program(shop: Workshop, world: Things, stack: Stack) -> None:
        assert stack.status is status

    depart(tmp_path, status, program)


async def status_of(shop: Workshop, operation: Operation) -> StackStatus:
    found = await shop.store.stack(operation.stack_id)
    assert found is not None
    return found.status


TROUBLE = [
    pytest.param(False, id="goes well"),
    pytest.param(True, id="everything fails"),
]
WAYS_OUT = [
    pytest.param(status, verb, id=f"{status.value}-{verb.value}")
    for status, ways in WAYS.items()
    for verb in ways
]


@pytest.mark.parametrize("fails", TROUBLE)
@pytest.mark.parametrize(("status", "verb"), WAYS_OUT)
def test_every_way_that_is_offered_leads_to_a_final_status(
    tmp_path: Path, depart: Departure, status: StackStatus, verb: Verb, fails: bool
) -> None:
    async def program(shop: Workshop, world: Things, stack: Stack) -> None:
        everything = {"base", *"abcdxy"}
        world.failing = world.stuck = everything if fails else set()
        operation = await begin(shop, verb, stack)
        if not status.is_final:
            assert await status_of(shop, operation) is status, "it is turned when it is run"
        else:
            assert await status_of(shop, operation) is WAYS[status][verb]
        await shop.fresh_worker().run(operation.operation_id)
        ended = await status_of(shop, operation)
        assert ended.is_final
        running = WAYS[status][verb]
        known = {end for (begun, _), end in ENDINGS.items() if begun in {running, status}}
        assert ended in known, "as the table says"
        told = [event.status for event in await shop.plane.events(operation.stack_id)]
        if verb is Verb.CANCEL:
            assert running in told
        if not fails and verb is not Verb.CANCEL:
            bad = {StackStatus.CREATE_FAILED, StackStatus.UPDATE_FAILED, StackStatus.DELETE_FAILED}
            assert ended not in bad

    depart(tmp_path, status, program)


@pytest.mark.parametrize("verb", [Verb.RETRY, Verb.CANCEL], ids=lambda verb: verb.value)
@pytest.mark.parametrize("status", RUNNING, ids=lambda status: status.value)
def test_what_was_set_aside_goes_on_or_turns_back(
    tmp_path: Path, depart: Departure, status: StackStatus, verb: Verb
) -> None:
    async def program(shop: Workshop, world: Things, stack: Stack) -> None:
        assert stack.operation_id is not None
        for _ in range(21):
            await shop.store.enter(stack.operation_id)
        result = await shop.fresh_worker().run(stack.operation_id)
        assert result.status is OperationStatus.PARKED
        operation = await begin(shop, verb, stack)
        result = await shop.fresh_worker().run(operation.operation_id)
        assert result.status is not None and not result.status.is_open
        assert (await status_of(shop, operation)).is_final

    depart(tmp_path, status, program)


@pytest.mark.parametrize("status", FINAL, ids=lambda status: status.value)
def test_no_final_status_is_a_dead_end(status: StackStatus) -> None:
    assert status is StackStatus.DELETED or Verb.DELETE in WAYS[status]
    assert Verb.DEPLOY in WAYS[status]
    if "ROLLBACK_FAILED" in status.value:
        assert next(iter(WAYS[status])) is Verb.CONTINUE_ROLLBACK
    elif status.value.endswith("FAILED"):
        assert next(iter(WAYS[status])) in {Verb.RETRY, Verb.DELETE}


def test_the_table_is_closed() -> None:
    assert set(WAYS) == set(StackStatus) == set(ROADS)
    for running in RUNNING:
        ends = {end for (begun, end) in ENDINGS if begun is running}
        assert {OperationStatus.SUCCEEDED, OperationStatus.FAILED} <= ends
        assert Verb.CANCEL in WAYS[running]
    assert all(end.is_final for end in ENDINGS.values())
    assert not any(end.is_open for _, end in ENDINGS)
    seen, new = set[StackStatus](), {StackStatus.REVIEWING}
    while new:
        seen |= new
        onward = {after for status in new for after in WAYS[status].values()}
        new = (onward | {end for (begun, _), end in ENDINGS.items() if begun in new}) - seen
    assert seen == set(StackStatus), "every status is reached from a stack that was never made"


@pytest.mark.parametrize("dialect", ["ros", "cloudformation"])
def test_every_status_has_a_word(dialect: str) -> None:
    assert set(STACK_WORDS[dialect]) == set(StackStatus)


@pytest.mark.parametrize(
    "status", [s for s in FINAL if s not in ENDS], ids=lambda status: status.value
)
def test_what_is_not_offered_is_refused_in_words(
    tmp_path: Path, depart: Departure, status: StackStatus
) -> None:
    async def program(shop: Workshop, world: Things, stack: Stack) -> None:
        for verb in Verb:
            if verb in WAYS[status]:
                continue
            with pytest.raises(RequestRefused) as refused:
                await begin(shop, verb, stack)
            assert refused.value.remedy

    depart(tmp_path, status, program)


async def check(shop: Workshop, world: Things) -> None:
    """What the cloud has is in the record, and what is whole in the record is in the cloud."""
    try:
        stack = await shop.plane.find("demo")
    except StackNotFound:
        assert world.things == {}
        return
    assert stack.status.is_final
    resources = (await shop.store.resources(stack.stack_id)).values()
    recorded = {resource.physical_id for resource in resources}
    assert set(world.things) <= recorded, "nothing is lost"
    whole = {
        resource.physical_id
        for resource in resources
        if resource.status in {ResourceStatus.CREATED, ResourceStatus.UPDATED}
    }
    assert whole <= set(world.things), "nothing is imagined"
    if stack.status in {StackStatus.CREATED, StackStatus.UPDATED}:
        assert whole == recorded == set(world.things), "it is what it says"
    events = await shop.plane.events(stack.stack_id)
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))


async def walk(shop: Workshop, world: Things, chance: random.Random) -> set[StackStatus]:
    """Any way out after another, with trouble and deaths of the process on the way."""
    seen = set()
    for _ in range(7):
        world.failing = set(chance.sample("abcdxy", chance.choice([0, 0, 1, 2])))
        world.stuck = set(chance.sample("abcdxy", chance.choice([0, 0, 1, 3])))
        names = ",".join(chance.sample("abcdxy", chance.randint(1, 4)))
        try:
            stack = await shop.plane.find("demo")
            verb = chance.choice(sorted(WAYS[stack.status], key=lambda verb: verb.value))
        except StackNotFound:
            stack, verb = (await shop.plane.plan(request(shop, names))).stack, Verb.DEPLOY
        if verb is Verb.DEPLOY:
            policy = chance.choice(list(OnFailure))
            planned = await shop.plane.plan(request(shop, names))
            operation = await shop.plane.execute(planned, ExecutionOptions(policy))
        else:
            operation = await begin(shop, verb, stack)
        if chance.random() < 0.3:
            found = await shop.store.stack(operation.stack_id)
            assert found is not None
            await shop.plane.cancel(found, breaks_off=chance.random() < 0.5)
        if chance.random() < 0.5:
            at = chance.randint(1, 12)
            dying = CrashingStore(shop.store, at, after=chance.random() < 0.5)
            parts = Workshop(shop.plane, shop.worker, dying, shop.clock, shop.catalog, shop.entropy)  # type: ignore[arg-type]
            try:
                await parts.fresh_worker().run(operation.operation_id)
            except Crash:
                await shop.clock.sleep(chance.choice([0.0, 700.0]))
        await shop.fresh_worker().run(operation.operation_id)
        seen.add(await status_of(shop, operation))
        await check(shop, world)
    return seen


@pytest.mark.parametrize("first", range(0, 16, 4), ids=lambda first: f"seeds {first}-{first + 3}")
def test_wherever_a_walk_leads_a_stack_can_be_mended_and_deleted(
    tmp_path: Path, first: int
) -> None:
    seen = set()

    async def once(seed: int) -> None:
        world = Things()
        async with workshop(tmp_path / f"home-{seed}", ThingCatalog(world), seed) as shop:
            seen.update(await walk(shop, world, random.Random(seed)))
            world.failing, world.stuck = set(), set()
            view = await shop.deploy(CHAIN)
            assert view.stack.status in {StackStatus.CREATED, StackStatus.UPDATED}
            await check(shop, world)
            view = await shop.delete()
            assert view.stack.status is StackStatus.DELETED and world.things == {}

    for seed in range(first, first + 4):
        run_virtually(once(seed))
    assert len(seen) >= 4, "the walks went to too few places"
