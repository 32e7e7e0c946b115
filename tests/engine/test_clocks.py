"""The time of a run: it neither jumps nor goes back behind its journal, and what is old stays old."""

from __future__ import annotations

import pytest

from imageferry.engine.board import Board
from imageferry.engine.clocks import SteadyClock
from imageferry.model.operations import StepProgress

NOW = 1_760_000_000.0


class SetClock:
    """A clock that stands where it was set."""

    def __init__(self) -> None:
        self.wall, self.passed = NOW, 50.0

    def now(self) -> float:
        return self.wall

    def monotonic(self) -> float:
        return self.passed

    async def sleep(self, seconds: float) -> None:
        self.passed += seconds
        self.wall += seconds


@pytest.mark.parametrize("jump", [3600.0, -3600.0, -3e8], ids=["+1 h", "-1 h", "-10 years"])
def test_a_jump_of_the_wall_clock_is_not_seen(jump: float) -> None:
    clock = SetClock()
    steady = SteadyClock(clock)
    clock.wall += jump
    clock.passed += 10.0
    assert steady.now() == NOW + 10.0
    assert steady.wall() == NOW + jump


def test_a_run_begins_no_earlier_than_its_journal_ends() -> None:
    clock = SetClock()
    clock.wall -= 3600.0
    steady = SteadyClock(clock).anew(NOW)
    clock.passed += 5.0
    assert steady.now() == NOW + 5.0
    assert SteadyClock(clock).anew(NOW - 7200.0).now() == NOW - 3600.0


def test_a_board_goes_on_where_the_last_process_stood() -> None:
    board = Board()
    former = StepProgress("Copy", 40, "Creating 40%", 60.0)
    board.open("o", [former])
    assert board.progress("o") == {"Copy": former}
    later = StepProgress("Copy", None, "queued, 1st of 2 in cn-shanghai", None, (1, 2))
    board.put("o", later)
    assert board.progress("o") == {"Copy": later}
    board.close("o")
    assert board.progress("o") is None
