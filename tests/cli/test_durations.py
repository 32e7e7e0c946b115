"""Durations as people type them."""

from __future__ import annotations

import pytest

from imageferry.cli.durations import seconds_of


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        pytest.param("90", 90.0, id="seconds"),
        pytest.param("90s", 90.0, id="seconds with their letter"),
        pytest.param("15m", 900.0, id="minutes"),
        pytest.param("1h30m", 5400.0, id="hours and minutes"),
        pytest.param("1h0m1s", 3601.0, id="all three"),
        pytest.param("0", 0.0, id="zero"),
        pytest.param("", None, id="nothing"),
        pytest.param("-5m", None, id="negative"),
        pytest.param("10 minutes", None, id="words"),
        pytest.param("1e9h", None, id="exponent"),
        pytest.param("30m1h", None, id="wrong order"),
        pytest.param("9999999999", None, id="beyond all reason"),
        pytest.param("٣s", 3.0, id="digits of another script"),
    ],
)
def test_durations(text: str, seconds: float | None) -> None:
    assert seconds_of(text) == seconds
