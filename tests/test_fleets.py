"""The fleet that pages are measured on is one that the house itself reads: every stack, every status."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections import Counter
from pathlib import Path

from imageferry.assembly.house import open_house
from imageferry.control.matrix import read_matrix
from imageferry.model.matrix import CellStatus
from imageferry.model.stacks import StackQuery
from imageferry.model.statuses import OperationStatus
from imageferry.settings import resolve

FLEETS = Path(__file__).resolve().parents[1] / "bench" / "fleets.py"
COUNT = 25


def test_a_fleet_is_what_it_says(tmp_path: Path) -> None:
    command = [sys.executable, str(FLEETS), str(tmp_path / "home"), str(COUNT)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"{COUNT} stacks in")

    async def look() -> None:
        async with open_house(resolve({"home": str(tmp_path / "home")}, {})) as house:
            query = StackQuery(house.plane.place, open_first=True)
            found = await read_matrix(house.plane.desk, query, 0, COUNT)
            assert (found.total, len(found.rows)) == (COUNT, COUNT)
            assert [row.is_open for row in found.rows[:3]] == [True, True, False]
            assert all(len(row.cells) + len(row.beside) == 20 for row in found.rows)
            ended = Counter(row.operation.status for row in found.rows if row.operation)
            assert ended[OperationStatus.PARKED] == 2 and ended[OperationStatus.FAILED] == 1
            for status in ("THERE", "COPYING", "QUEUED", "WAITING", "DELETING", "FAILED"):
                assert found.counts[CellStatus[status]], status
            view = await house.plane.view(found.rows[0].stack.stack_id)
            assert len(view.resources) == 20
            assert await house.plane.events(view.stack.stack_id)

    asyncio.run(look())
