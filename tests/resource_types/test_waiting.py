"""Waiting for a copy: statuses, estimates, polls, time limits, stalls."""

from __future__ import annotations

import pytest

from imageferry.cloud.images import Image
from imageferry.model.handlers import Done, ErrorCode, Failed, HandlerAction
from imageferry.resource_types.handling.moments import snapped
from imageferry.resource_types.image_copies.waiting import says_place, status_of
from imageferry.resource_types.image_copies.watches import (
    Watches,
    estimate,
    poll_after,
    see,
    stalled_for,
)
from imageferry.testing import run_virtually
from tests.resource_types.copying import (
    REGION,
    ROS,
    SOURCE,
    SOURCE_REGION,
    TF,
    Cloud,
    Resource,
    play,
    properties,
)

TYPES = pytest.mark.parametrize("type_name", [ROS, TF], ids=["ros", "tf"])


def lasting(seconds: float) -> float:
    """The emulator's speed at which the 40 GiB image is copied in so many seconds."""
    return 2400.0 / seconds


@TYPES
@pytest.mark.parametrize(
    "fault",
    [{"kind": "hidden", "seconds": 200}, {"kind": "unusable", "seconds": 100}],
    ids=["hidden for minutes", "available, not usable"],
)
def test_a_copy_is_done_when_it_is_shown_and_usable(
    type_name: str, fault: dict[str, object]
) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.fault(**fault)  # type: ignore[arg-type]
        made = await resource.create(properties(type_name, name="golden"))
        assert isinstance(made.outcome, Done)
        assert made.seconds >= float(str(fault["seconds"]))

    play(type_name, scenario)


@TYPES
def test_a_copy_that_is_never_shown_again_has_failed(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.choose(speed=lasting(3600))
        await resource.create(properties(type_name), until=cloud.clock.now() + 60)
        (image,) = cloud.images()
        await cloud.call("CancelCopyImage", ImageId=image["image_id"])
        again = await resource.resume(HandlerAction.CREATE)
        assert isinstance(again.outcome, Failed)
        assert again.outcome.code is ErrorCode.NOT_FOUND
        assert 290 <= again.seconds <= 400

    play(type_name, scenario)


@TYPES
def test_a_failed_copy_keeps_its_id_and_is_removed_by_delete(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.fault("copy_fails", percent=40)
        made = await resource.create(properties(type_name, name="golden"))
        assert isinstance(made.outcome, Failed)
        assert made.outcome.code is ErrorCode.NOT_STABILIZED
        (image,) = cloud.images()
        assert made.outcome.context["image_id"] == image["image_id"]
        assert image["image_id"] in made.outcome.message
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done)
        assert cloud.images() == []

    play(type_name, scenario)


def test_waiting_in_the_queue_is_not_failing_and_not_counted() -> None:
    async def run() -> None:
        cloud = Cloud()
        cloud.choose(speed=lasting(600), running_copies=1)
        for _ in range(2):
            await cloud.call("CopyImage", SOURCE_REGION, ImageId=SOURCE, DestinationRegionId=REGION)
        resource = Resource(cloud, TF)
        made = await resource.create(properties(TF, timeouts={"Create": "11m"}))
        assert isinstance(made.outcome, Done)
        assert made.seconds > 1500
        assert any(one.status_says == "queued, 1st of 1 in cn-beijing" for one in made.pendings)
        cloud.emulator.close()

    run_virtually(run())


def test_at_the_time_limit_the_copy_is_cancelled() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.choose(speed=lasting(3600))
        made = await resource.create(properties(TF, timeouts={"Create": "10m"}))
        assert isinstance(made.outcome, Failed)
        assert made.outcome.code is ErrorCode.NOT_STABILIZED
        assert 599 <= made.seconds <= 610
        assert cloud.changes == ["CopyImage", "CancelCopyImage"]
        assert cloud.images() == []
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done)
        assert gone.seconds < 1

    play(TF, scenario)


def test_a_copy_that_cannot_be_cancelled_fails_and_is_deleted_once_it_has_ended() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.choose(speed=lasting(3600))
        cloud.fault("uncancellable")
        made = await resource.create(properties(TF, timeouts={"Create": "10m"}))
        assert isinstance(made.outcome, Failed)
        assert "could not be cancelled" in made.outcome.message
        (image,) = cloud.images()
        gone = await resource.delete()
        assert isinstance(gone.outcome, Done)
        assert cloud.images() == []
        assert cloud.changes[-1] == "DeleteImage"
        assert any(image["image_id"] in note for note in gone.notes)

    play(TF, scenario)


@TYPES
@pytest.mark.parametrize("kind", ["throttle", "drop", "internal_error", "html", "empty_body"])
def test_no_failed_look_ends_a_wait(type_name: str, kind: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.choose(speed=lasting(600))
        cloud.fault(kind, action="DescribeImages", count=60, skip=2)
        made = await resource.create(properties(type_name))
        assert isinstance(made.outcome, Done)

    play(type_name, scenario)


@TYPES
def test_an_hour_costs_few_polls_and_the_end_is_noticed_soon(type_name: str) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.choose(speed=lasting(3600))
        made = await resource.create(properties(type_name))
        assert isinstance(made.outcome, Done)
        assert cloud.client.counts["DescribeImages"] <= 80
        cloud.choose(speed=lasting(1800))
        again = Resource(cloud, type_name)
        again.steps = 50
        second = await again.create(properties(type_name))
        assert isinstance(second.outcome, Done)
        assert second.pendings[-1].retry_after <= 0.02 * second.seconds
        remaining = [one.remaining for one in second.pendings if one.remaining is not None]
        assert remaining == sorted(remaining, reverse=True)

    play(type_name, scenario)


@pytest.mark.parametrize("remembers", [True, False], ids=["same process", "restarted"])
def test_a_wait_goes_on_after_a_restart(remembers: bool) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.choose(speed=lasting(3600))
        await resource.create(properties(ROS), until=cloud.clock.now() + 1000)
        if not remembers:
            cloud.restart()
        again = await resource.resume(HandlerAction.CREATE)
        assert isinstance(again.outcome, Done)
        assert cloud.changes == ["CopyImage"]

    play(ROS, scenario)


def image(progress: int, status: str = "Creating", remaining: int | None = None) -> Image:
    return Image("m-1", "golden", status, progress=progress, size=40, remaining=remaining)


def test_polls_of_copies_that_began_apart_come_together() -> None:
    ticks: list[set[float]] = []
    for began in (0.0, 13.7, 31.2):
        now, seen = 1_000_000.0 + began, set()
        for _ in range(20):
            now += snapped(now, 60.0)
            seen.add(now)
        ticks.append(seen)
    shared = ticks[0] & ticks[1] & ticks[2]
    assert len(shared) >= 17


@pytest.mark.parametrize("interval", [0.25, 1.0, 7.3, 75.0])
def test_a_snapped_poll_is_never_late_and_only_the_first_is_early(interval: float) -> None:
    for step in range(200):
        now = 1_760_000_000.0 + step * 0.37
        pauses = []
        for _ in range(5):
            pauses.append(snapped(now, interval))
            now += pauses[-1]
        assert all(0 < pause <= max(interval, 0.4) for pause in pauses)
        assert min(pauses[1:]) >= interval / 2 - 0.26


def test_no_progress_for_a_quarter_of_an_hour_is_a_stall() -> None:
    watches = Watches()
    watch = watches.watch("m-1", 0.0)
    see(watches, watch, REGION, image(10), 1.0)
    assert stalled_for(watch, 800.0) is None
    see(watches, watch, REGION, image(10), 901.0)
    assert stalled_for(watch, 901.0) == 900.0
    see(watches, watch, REGION, image(11), 902.0)
    assert stalled_for(watch, 902.0) is None


def test_a_copy_in_the_queue_does_not_stall() -> None:
    watches = Watches()
    watch = watches.watch("m-1", 0.0)
    see(watches, watch, REGION, image(0, "Waiting"), 1.0)
    assert stalled_for(watch, 100_000.0) is None


def test_a_stall_is_said_once() -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        # Whole per cents of a copy of 40 hours are 24 minutes apart.
        cloud.choose(speed=lasting(40 * 3600))
        made = await resource.create(properties(ROS), until=cloud.clock.now() + 3 * 3600)
        assert [note for note in made.notes if "stalled" in note] == made.notes
        assert len(made.notes) == 1
        assert any("no progress for" in one.status_says for one in made.pendings)
        assert cloud.changes == ["CopyImage"]

    play(ROS, scenario)


def test_an_unknown_status_is_waited_for_with_a_note() -> None:
    watch = Watches().watch("m-1", 0.0)
    status, notes = status_of(image(10, "Baking"), watch, 1.0, REGION)
    assert (status, len(notes)) == ("Baking 10%", 1)
    assert status_of(image(10, "Baking"), watch, 2.0, REGION)[1] == ()


def test_the_queue_is_polled_by_what_copies_have_taken() -> None:
    watches = Watches()
    watch = watches.watch("m-0", 0.0)
    first = Image("m-0", "a", "Creating", size=40, progress=0)
    see(watches, watch, REGION, first, 0.0)
    watches.learn(REGION, first, 8.0)
    waiting = watches.watch("m-1", 0.0)
    queued = image(0, "Waiting")
    see(watches, waiting, REGION, queued, 4000.0)
    assert poll_after(watches, waiting, REGION, queued, None, 4000.0) <= 2.0


def queued(number: int) -> Image:
    return Image(f"m-{number}", "golden", "Waiting", progress=0, size=40, created_at=100.0 + number)


def test_places_in_the_queue_are_those_of_creation_and_move_up() -> None:
    watches = Watches()
    for number in (3, 1, 2):
        one = queued(number)
        see(watches, watches.watch(one.image_id, 0.0), REGION, one, 0.0)
    queue = watches.queue(REGION)
    assert [queue.place(f"m-{number}") for number in (1, 2, 3)] == [(1, 3), (2, 3), (3, 3)]
    first = Image("m-1", "golden", "Creating", progress=0, size=40)
    see(watches, watches.watch("m-1", 10.0), REGION, first, 10.0)
    assert [queue.place(f"m-{number}") for number in (1, 2, 3)] == [None, (1, 2), (2, 2)]
    watches.forget("m-2")
    assert queue.place("m-3") == (1, 1)
    assert watches.queue("cn-shanghai").place("m-3") is None


def test_an_estimate_includes_the_turn_in_the_queue() -> None:
    watches = Watches()
    for number, remaining in ((1, 100), (2, 300)):
        running = Image(f"m-{number}", "g", "Creating", progress=0, size=40, remaining=remaining)
        watch = watches.watch(running.image_id, 0.0)
        see(watches, watch, REGION, running, 0.0)
        assert estimate(watches, watch, REGION, running, 0.0) == remaining
    expected = watches.expected(REGION, queued(3))
    for number, starts_in in ((3, 100), (4, 300), (5, 100 + expected), (6, 300 + expected)):
        watch = watches.watch(f"m-{number}", 0.0)
        see(watches, watch, REGION, queued(number), 0.0)
        assert estimate(watches, watch, REGION, queued(number), 0.0) == starts_in + expected


def test_only_those_whose_turn_is_next_are_looked_at_often() -> None:
    watches = Watches(1)
    running = Image("m-1", "g", "Creating", progress=0, size=40, remaining=3600)
    watch = watches.watch("m-1", 0.0)
    see(watches, watch, REGION, running, 0.0)
    estimate(watches, watch, REGION, running, 0.0)
    pauses: dict[tuple[int, float], float] = {}
    for now in (3072.0, 3580.0):
        for number in range(2, 6):
            watch = watches.watch(f"m-{number}", 0.0)
            for _ in range(2):
                see(watches, watch, REGION, queued(number), now)
            remaining = estimate(watches, watch, REGION, queued(number), now)
            pause = poll_after(watches, watch, REGION, queued(number), remaining, now)
            pauses[number, now] = pause
    assert 75.0 < pauses[2, 3072.0] <= 300.0
    # Its turn comes in twenty seconds: from then on 1.2 per cent of its length is the finest.
    assert pauses[2, 3580.0] <= 3600 * 0.0115
    assert all(300.0 <= pauses[number, 3072.0] <= 600.0 for number in range(3, 6))


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ((1, 1), "1st of 1"),
        ((2, 9), "2nd of 9"),
        ((3, 7), "3rd of 7"),
        ((4, 9), "4th of 9"),
        ((11, 40), "11th of 40"),
        ((22, 40), "22nd of 40"),
        ((113, 200), "113th of 200"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_place_in_words(place: tuple[int, int], said: str) -> None:
    assert says_place(place, "cn-shanghai") == f"queued, {said} in cn-shanghai"


def test_a_pace_is_measured_by_a_process_that_came_late() -> None:
    watches = Watches()
    watch = watches.watch("m-1", 0.0)
    for now, progress in ((0.0, 40), (60.0, 44), (120.0, 48)):
        see(watches, watch, REGION, image(progress), now)
        remaining = estimate(watches, watch, REGION, image(progress), now)
    assert remaining == pytest.approx(120.0 / 8 * 52)


@TYPES
@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "throttle", "count": 300},
        {"kind": "internal_error", "count": 40},
        {"kind": "unavailable", "count": 40},
        {"kind": "html", "count": 40},
        {"kind": "empty_body", "count": 40},
        {"kind": "drop", "count": 40},
        {"kind": "lost_reply", "count": 40},
    ],
    ids=lambda fault: fault["kind"],
)
def test_every_kind_of_broken_look_is_borne(type_name: str, fault: dict[str, object]) -> None:
    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.choose(speed=lasting(600))
        cloud.fault(**{"action": "DescribeImages", "skip": 3, **fault})  # type: ignore[arg-type]
        made = await resource.create(properties(type_name))
        assert isinstance(made.outcome, Done)
        assert cloud.changes == ["CopyImage"]

    play(type_name, scenario)
