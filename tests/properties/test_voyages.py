"""Random voyages of a whole house: whatever happens on the way, the invariants hold after it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.properties.charts import draw_voyage
from tests.properties.sailing import sail

FIRST = int(os.environ.get("IMAGEFERRY_VOYAGE", "0"))
SEEDS = [FIRST] if FIRST else range(1, 33)
"""Every run sails the same ones; `IMAGEFERRY_VOYAGE=seed` sails one alone."""


@pytest.mark.parametrize("seed", SEEDS)
def test_a_voyage_keeps_every_invariant(tmp_path: Path, seed: int) -> None:
    wrongs, log = sail(draw_voyage(seed), tmp_path / "home")
    assert not wrongs, "\n".join(
        [
            *wrongs,
            f"repeat it: IMAGEFERRY_VOYAGE={seed} pytest tests/properties/test_voyages.py",
            *log,
        ]
    )
