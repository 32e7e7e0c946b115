"""A world on a file: kept, shared by several emulators, and as old as its version."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imageferry.emulator.controls import add_fault, list_images, reset
from imageferry.emulator.progress import (
    Queued,
    Span,
    percent,
    remaining_seconds,
    replanned,
    seconds_for,
    span_from,
    start_in_queue,
    status,
)
from imageferry.emulator.schema import SCHEMA_VERSION
from imageferry.emulator.world import World
from tests.emulator.clouds import GOLDEN, GOLDEN_IN_USE, Cloud, HandClock, Refused

OLDER = Path(__file__).parents[1] / "golden" / "homes"


def test_a_fresh_world(cloud: Cloud) -> None:
    shown = [
        (one["image_id"], one["region"], one["size"], one["status"])
        for one in list_images(cloud.world)
    ]
    assert shown == [
        (GOLDEN, "cn-hangzhou", 40, "Available"),
        (GOLDEN_IN_USE, "ap-southeast-1", 20, "Available"),
    ]
    assert cloud.image(GOLDEN_IN_USE, "ap-southeast-1")["Usage"] == "instance"
    instances = cloud.call("DescribeInstances", RegionId="ap-southeast-1")["Instances"]["Instance"]
    assert [one["Status"] for one in instances] == ["Running"]


def test_copies_go_on_while_nobody_lives(
    tmp_path: Path, open_cloud: Callable[..., Cloud], clock: HandClock
) -> None:
    first = open_cloud(tmp_path / "world")
    for index in range(7):
        first.copy(f"web-{index}", ClientToken=f"t-{index}")
    known = first.copy("web-0", ClientToken="t-0")
    first.emulator.close()
    clock.advance(3600)
    second = open_cloud(tmp_path / "world", seed=2)
    statuses = [image["Status"] for image in second.images()]
    assert statuses == ["Available"] * 5 + ["Creating"] * 2
    assert second.copy("web-0", ClientToken="t-0") == known


def test_two_emulators_use_one_world(
    tmp_path: Path, open_cloud: Callable[..., Cloud], clock: HandClock
) -> None:
    one, two = (open_cloud(tmp_path / "world", seed=seed) for seed in (1, 2))
    image_id = one.copy("web")
    assert two.image(image_id)["Status"] == "Creating"
    with pytest.raises(Refused, match="Duplicated"):
        two.copy("web")
    # Faults and settings of one are seen by the other at its next call.
    one.world.choose({"running_copies": 1})
    waiting = two.copy("second")
    assert one.image(waiting)["Status"] == "Waiting"
    add_fault(two.world, {"kind": "quota"})
    with pytest.raises(Refused, match="Quota"):
        one.copy("third")
    two.copy("third")
    one.world.choose({"speed": 1e9})
    clock.advance(1)
    assert {image["Status"] for image in two.images()} == {"Available"}
    reset(two.world)
    assert one.images() == []
    assert one.world.choices.speed == 300


def test_equal_seeds_on_one_world_make_no_equal_ids(
    tmp_path: Path, open_cloud: Callable[..., Cloud]
) -> None:
    one = open_cloud(tmp_path / "world", seed=1)
    made = [one.copy(f"one-{n}") for n in range(3)]
    two = open_cloud(tmp_path / "world", seed=1)
    made += [two.copy(f"two-{n}", ClientToken=f"{n}") for n in range(3)]
    assert len(set(made)) == 6


def test_many_at_once_on_one_world(
    tmp_path: Path, open_cloud: Callable[..., Cloud], clock: HandClock
) -> None:
    clouds = [open_cloud(tmp_path / "world", seed=seed) for seed in range(4)]

    def copy_many(number: int) -> list[str]:
        return [clouds[number].copy(f"web-{number}-{index}") for index in range(25)]

    with ThreadPoolExecutor(4) as pool:
        made = [image_id for ids in pool.map(copy_many, range(4)) for image_id in ids]
    assert len(set(made)) == 100
    statuses = [image["Status"] for image in clouds[0].images()]
    assert (statuses.count("Creating"), statuses.count("Waiting")) == (5, 95)
    rows = clouds[1].world.rows("SELECT starts_at, ends_at FROM images WHERE origin = 'copy'")
    _check_places([Span(*row) for row in rows], 5)


def test_every_reply_is_committed_before_it_is_given(
    tmp_path: Path, open_cloud: Callable[..., Cloud]
) -> None:
    cloud = open_cloud(tmp_path / "world")
    image_id = cloud.copy("web")
    other = sqlite3.connect(tmp_path / "world")
    rows = other.execute("SELECT image_id FROM images WHERE name = 'web'").fetchall()
    other.close()
    assert rows == [(image_id,)]


def test_a_world_held_by_another_process_is_a_server_that_is_busy(
    tmp_path: Path, open_cloud: Callable[..., Cloud]
) -> None:
    cloud = open_cloud(tmp_path / "world")
    cloud.world.sql.execute("PRAGMA busy_timeout = 1")
    other = sqlite3.connect(tmp_path / "world", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Refused, match="503 ServiceUnavailable"):
        cloud.copy("web")
    assert cloud.images() == []
    other.execute("ROLLBACK")
    other.close()
    cloud.copy("web")


def test_a_world_of_another_version_is_refused(tmp_path: Path, clock: HandClock) -> None:
    other = sqlite3.connect(tmp_path / "world")
    other.execute("PRAGMA user_version = 99")
    other.close()
    with pytest.raises(ValueError, match="version 99"):
        World(tmp_path / "world", now=clock.now, entropy=bytes)


def test_a_file_that_is_no_world_is_refused(tmp_path: Path, clock: HandClock) -> None:
    (tmp_path / "world").write_text("a letter" * 1000)
    with pytest.raises(ValueError, match="is not a world of the emulator"):
        World(tmp_path / "world", now=clock.now, entropy=bytes)


def test_the_speed_given_at_the_start_stays(
    tmp_path: Path, open_cloud: Callable[..., Cloud]
) -> None:
    open_cloud(tmp_path / "world", speed=42.0)
    assert open_cloud(tmp_path / "world", speed=None).world.choices.speed == 42


# --- progress -----------------------------------------------------------------------------------------

moments = st.floats(0, 1e6)
seconds = st.floats(1, 1e5)
failures = st.none() | st.floats(1, 99)


@given(moments, seconds, st.floats(0.1, 1e4), failures, st.lists(moments, max_size=20))
def test_progress_is_monotonic(
    starts_at: float, length: float, speed: float, fails_at: float | None, looks: list[float]
) -> None:
    span = span_from(starts_at, length, speed, fails_at)
    looks = sorted([*looks, span.starts_at, span.ends_at])
    shown = [percent(span, look) for look in looks]
    assert shown == sorted(shown)
    words = [status(span, look) for look in looks]
    order = ["Waiting", "Creating", "Available" if fails_at is None else "CreateFailed"]
    assert [order.index(word) for word in words] == sorted(order.index(word) for word in words)
    rests = [remaining_seconds(span, look) for look in looks]
    assert rests == sorted(rests, reverse=True)
    assert rests[-1] == 0


@given(
    st.lists(st.tuples(st.floats(0, 50), seconds, failures), max_size=30),
    st.integers(1, 6),
)
def test_the_queue_never_runs_more_than_its_places(
    asked: list[tuple[float, float, float | None]], running: int
) -> None:
    queue: list[Queued] = []
    now = 0.0
    for index, (pause, length, fails_at) in enumerate(asked):
        now += pause
        ends = sorted(
            (copy.span.ends_at for copy in queue if copy.span.ends_at > now), reverse=True
        )
        starts_at = start_in_queue(now, ends[:running], running)
        queue.append(Queued(str(index), span_from(starts_at, length, 1, fails_at), length))
    _check_places([copy.span for copy in queue], running)
    assert [copy.span.starts_at for copy in queue] == sorted(copy.span.starts_at for copy in queue)
    # Planning anew without a change changes nothing.
    spans = replanned(queue, now, running, 1)
    assert all(spans[copy.image_id] == copy.span for copy in queue if copy.image_id in spans)
    # With one copy gone the rest still keeps to the places, and none starts later than before.
    for gone in queue[:3]:
        left = [copy for copy in queue if copy is not gone]
        spans = replanned(left, now, running, 1)
        _check_places(
            [spans.get(copy.image_id, copy.span) for copy in left if copy.span.ends_at > now],
            running,
        )
        if gone.span.ends_at > now and all(copy.span.fails_at is None for copy in queue):
            assert all(
                spans[copy.image_id].starts_at <= copy.span.starts_at
                for copy in left[:1]
                if copy.image_id in spans
            )


def _check_places(spans: list[Span], running: int) -> None:
    for span in spans:
        at_once = [one for one in spans if one.starts_at <= span.starts_at < one.ends_at]
        assert len(at_once) <= running


def test_an_image_takes_the_same_time_every_time() -> None:
    assert seconds_for("m-1", 40, 60) == seconds_for("m-1", 40, 60)
    lengths = {round(seconds_for(f"m-{n}", 40, 60)) for n in range(50)}
    assert len(lengths) > 20
    assert 2400 * 0.93 <= min(lengths) <= max(lengths) <= 2400 * 1.07


def test_a_world_of_the_first_version_is_brought_up_to_date(
    tmp_path: Path, open_cloud: Callable[..., Cloud], clock: HandClock
) -> None:
    """Its imports become tasks, and its snapshots go on as they were."""
    other = sqlite3.connect(tmp_path / "world")
    other.executescript((OLDER / "version-1" / "emulator.sql").read_text(encoding="utf-8"))
    (image_id, region, snapshots) = other.execute(
        "SELECT image_id, region, (SELECT COUNT(*) FROM snapshots) FROM images"
        " WHERE origin = 'copy' ORDER BY sequence LIMIT 1"
    ).fetchone()
    other.execute(
        "INSERT INTO imports (task_id, image_id, region, owner, created_at, ends_at)"
        " VALUES ('t-old', ?, ?, '1000000000000001', 1, 2)",
        (image_id, region),
    )
    other.commit()
    other.close()
    cloud = open_cloud(tmp_path / "world")
    assert cloud.world.rows("PRAGMA user_version") == [(SCHEMA_VERSION,)]
    task = cloud.call("DescribeTaskAttribute", RegionId=region, TaskId="t-old")
    assert (task["TaskAction"], task["TaskStatus"]) == ("ImportImage", "Finished")
    assert cloud.world.rows("SELECT COUNT(*) FROM snapshots") == [(snapshots,)]
    shown = cloud.call("DescribeSnapshots", RegionId=region)["Snapshots"]["Snapshot"]
    assert {one["Status"] for one in shown} == {"accomplished"}
    fresh = open_cloud(tmp_path / "fresh")
    for table in ("tasks", "snapshots", "images", "instances"):
        assert columns(cloud, table) == columns(fresh, table)


def columns(cloud: Cloud, table: str) -> set[tuple[object, ...]]:
    """Name, type and constraint of each column, in whatever order."""
    return {row[1:5] for row in cloud.world.rows(f"PRAGMA table_info({table})")}
