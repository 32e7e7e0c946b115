"""Two thousand histories drawn from seeds: whatever happens on the way, the invariants hold."""

from __future__ import annotations

import os

import pytest

from tests.worlds.charts import draw_voyage
from tests.worlds.sailing import sail
from tests.worlds.soak import report_of

FIRST = int(os.environ.get("SEED", "1"))
HISTORIES = int(os.environ.get("HISTORIES", "2000"))
TOGETHER = 20


@pytest.mark.parametrize("first", range(FIRST, FIRST + HISTORIES, TOGETHER))
def test_histories_keep_every_invariant(first: int) -> None:
    last = min(first + TOGETHER, FIRST + HISTORIES)
    failed = [seed for seed in range(first, last) if sail(draw_voyage(seed)).wrongs]
    assert not failed, "\n".join(
        [f"seeds {failed}; the first of them:", report_of(failed[0]) if failed else ""]
    )
