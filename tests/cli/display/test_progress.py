"""Rows of a running operation, from events and progress."""

from __future__ import annotations

import io
import re

import pytest

from imageferry.cli.display.live import LiveRows
from imageferry.cli.display.progress import Roster, Row, remarks_of, slowest, summary_of, visible
from imageferry.model.addresses import ResourceAddress
from imageferry.model.changes import Action, ChangeKind, ChangeSet, ResourceChange, Wanted
from imageferry.model.events import Event
from imageferry.model.expressions import Literal
from imageferry.model.operations import StepProgress
from imageferry.model.statuses import ResourceStatus, StackStatus


def copies(count: int) -> ChangeSet:
    def change(index: int) -> ResourceChange:
        address = ResourceAddress("Copy", index)
        properties = {"DestinationRegionId": Literal(f"region-{index}")}
        return ResourceChange(address, "T", Action.CREATE, wanted=Wanted(address, "T", properties))

    same = ResourceChange(ResourceAddress("Same"), "T", Action.NONE)
    return ChangeSet(
        "c", "s", "golden", ChangeKind.CREATE, "ros", "home",
        (*(change(index) for index in range(count)), same),
    )  # fmt: skip


def event(
    address: str, status: ResourceStatus | StackStatus, time: float, reason: str = ""
) -> Event:
    return Event("s", "o", time, address, "T", status, reason, "m-1")


def test_rows_begin_with_the_change_set_and_follow_the_events() -> None:
    roster = Roster(copies(2))
    assert [(row.label, row.route, row.status) for row in roster.rows()] == [
        ("Copy[0]", "home -> region-0", ResourceStatus.NOT_STARTED),
        ("Copy[1]", "home -> region-1", ResourceStatus.NOT_STARTED),
    ]
    roster.note(event("", StackStatus.CREATING, 0))
    roster.note(event("Copy[0]", ResourceStatus.CREATING, 10))
    roster.take({"Copy[0]": StepProgress("Copy[0]", 40, "Creating", 30.0)})
    roster.take({"Copy[1]": StepProgress("Copy[1]", 40, "Creating")})
    first, second = roster.rows()
    assert (first.percent, first.remaining, first.elapsed(15)) == (40, 30.0, 5)
    assert (second.percent, second.elapsed(15)) == (None, None)
    roster.note(event("Copy[0]", ResourceStatus.CREATED, 20))
    first = roster.rows()[0]
    assert (first.percent, first.has_ended, first.elapsed(99), first.physical_id) == (
        None, True, 10, "m-1",
    )  # fmt: skip


def test_a_rollback_begins_a_row_anew() -> None:
    roster = Roster(copies(1))
    roster.note(event("Copy[0]", ResourceStatus.CREATING, 1))
    roster.note(event("Copy[0]", ResourceStatus.CREATED, 5))
    roster.note(event("Copy[0]", ResourceStatus.DELETING, 8))
    row = roster.rows()[0]
    assert (row.is_running, row.began_at, row.ended_at) == (True, 8, None)


def test_an_event_of_something_unplanned_gets_its_row() -> None:
    roster = Roster(None)
    roster.note(event("Gone\x1b", ResourceStatus.DELETING, 1))
    assert roster.rows()[0].label == "Gone\\x1b"


def rows(*statuses: ResourceStatus) -> list[Row]:
    return [Row(f"R{index}", "", status) for index, status in enumerate(statuses)]


RUNNING, DONE, FAILED, WAITING = (
    ResourceStatus.CREATING,
    ResourceStatus.CREATED,
    ResourceStatus.CREATE_FAILED,
    ResourceStatus.NOT_STARTED,
)


@pytest.mark.parametrize(
    ("height", "shown"),
    [
        pytest.param(9, ["R0", "R1", "R2", "R3", "R4"], id="room for all"),
        pytest.param(3, ["R1", "R2", "R4"], id="running first, then failed"),
        pytest.param(1, ["R1"], id="one line"),
        pytest.param(0, [], id="no room"),
        pytest.param(-2, [], id="less than no room"),
    ],
)
def test_what_a_small_screen_shows(height: int, shown: list[str]) -> None:
    everything = rows(WAITING, RUNNING, FAILED, DONE, RUNNING)
    assert [row.label for row in visible(everything, height)] == shown


def test_the_summary_counts_every_row_once() -> None:
    everything = [
        *rows(WAITING, FAILED, DONE, DONE),
        Row("R", "", RUNNING, percent=10, remaining=90.0),
        Row("Q", "", RUNNING, percent=5),
    ]
    assert summary_of(everything, 65) == (
        "2 of 6 resources done, 2 running, 1 failed, 1 waiting, 1m05s, about 1m30s left"
    )
    found = slowest(everything)
    assert found is not None
    assert found.label == "Q"
    assert slowest(rows(DONE)) is None
    assert summary_of(rows(DONE), 2) == "1 of 1 resource done, 2s"


def test_live_rows_draw_bars_and_stay_within_the_screen() -> None:
    stream = io.StringIO()
    live = LiveRows(stream, colours=False, height=6)
    live.open()
    many = [
        Row(f"Copy[{index}]", "a -> b", RUNNING, percent=index, says="Creating", began_at=0.0)
        for index in range(20)
    ]
    live.say("a line above")
    live.draw(many, "0 of 20 resources done", 60.0)
    live.close()
    text = stream.getvalue()
    assert "a line above" in text
    assert "0 of 20 resources done; 17 more not shown" in text
    assert text.count("-> b") == text.count("Copy[0]") * 3
    assert "\x1b[31m" not in text


def test_live_rows_tell_endings() -> None:
    stream = io.StringIO()
    live = LiveRows(stream, colours=False, height=20)
    live.open()
    live.draw(
        [
            Row("Good", "a -> b", DONE, physical_id="m-1", began_at=0.0, ended_at=5.0),
            Row("Bad", "a -> c", FAILED, reason="QuotaExceed.Image"),
            Row("Idle", "a -> d", WAITING),
        ],
        "summary",
        9.0,
    )
    live.close()
    text = stream.getvalue()
    for part in ("created m-1", "5s", "failed: QuotaExceed", "waiting"):
        assert part in text


def test_a_narrow_screen_keeps_the_index_and_the_percent() -> None:
    stream = io.StringIO()
    live = LiveRows(stream, colours=False, height=9, width=40)
    live.open()
    many = [
        Row(f"Golden[{index}]", f"cn-hangzhou -> cn-zhangjiakou-{index}", RUNNING, percent=42,
            remaining=70.0, began_at=0.0)
        for index in range(3)
    ]  # fmt: skip
    live.draw(many, "0 of 3 resources done, 3 running, 1m05s, about 1m10s left", 60.0)
    live.close()
    text = re.sub(r"\x1b\[[0-9?]*[a-zA-Z]", "", stream.getvalue())
    assert "Golden[2] cn-zhangjiakou-2 42% 1m10s" in text
    # The summary stays in its one line, or the rows would be drawn over each other.
    assert "0 of 3 resources done, 3 running, 1m05s…" in text


def test_what_is_to_be_known_of_a_good_end_is_said_after_it() -> None:
    gone = ResourceStatus.DELETED
    everything = [
        Row("A", "", gone, reason="snapshots s-1 in cn-beijing stay"),
        Row("B", "", gone),
        Row("C", "", FAILED, reason="refused"),
    ]
    assert remarks_of(everything) == ["A: snapshots s-1 in cn-beijing stay"]


@pytest.mark.parametrize(
    ("told", "remarks"),
    [
        ((), ["A: it was cancelled; snapshots s-1, s-2 in cn-beijing stay: billed"]),
        (("s-1", "s-2"), ["A: it was cancelled"]),
        (("s-10", "s"), ["A: it was cancelled; snapshots s-1, s-2 in cn-beijing stay: billed"]),
    ],
    ids=["nothing_told", "told_below", "others_told"],
)
def test_what_the_closing_list_tells_is_not_said_twice(
    told: tuple[str, ...], remarks: list[str]
) -> None:
    row = Row(
        "A",
        "",
        ResourceStatus.DELETED,
        reason="it was cancelled; snapshots s-1, s-2 in cn-beijing stay: billed",
    )
    assert remarks_of([row], told) == remarks


def test_a_row_in_the_queue_says_its_place_and_when_it_is_done() -> None:
    roster = Roster(copies(2))
    says = "queued, 3rd of 7 in cn-shanghai"
    for index in range(2):
        roster.note(event(f"Copy[{index}]", ResourceStatus.CREATING, 10))
    roster.take(
        {
            "Copy[0]": StepProgress("Copy[0]", 0, says, 600.0, (3, 7)),
            "Copy[1]": StepProgress("Copy[1]", 40, "Creating 40%", 60.0),
        }
    )
    found = roster.rows()
    summary = summary_of(found, 65)
    assert summary == "0 of 2 resources done, 1 running, 1 queued, 1m05s, about 10m00s left"
    stream = io.StringIO()
    live = LiveRows(stream, colours=False, height=20, width=140)
    live.open()
    live.draw(found, summary, 30.0)
    live.close()
    text = stream.getvalue()
    assert f"{says}, 10m00s left" in text
    assert "1m00s left" in text
    roster.note(event("Copy[0]", ResourceStatus.CREATED, 20))
    assert roster.rows()[0].queue is None
