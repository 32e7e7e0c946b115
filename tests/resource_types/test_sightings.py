"""Sightings: what was seen for an announcement serves its call once, and a few seconds long."""

from __future__ import annotations

import pytest

from imageferry.resource_types.handling.sightings import Sightings


@pytest.mark.parametrize(
    ("later", "found"),
    [
        pytest.param(0.0, (100.0, "seen"), id="at once"),
        pytest.param(5.0, (100.0, "seen"), id="within seconds"),
        pytest.param(5.1, None, id="too late"),
        pytest.param(-1.0, None, id="the clock was set back"),
    ],
)
def test_it_holds_for_a_moment(later: float, found: tuple[float, str] | None) -> None:
    sightings: Sightings[str] = Sightings()
    sightings.note("token", 100.0, "seen")
    assert sightings.take("token", 100.0 + later) == found


def test_it_serves_once_and_for_its_own_step() -> None:
    sightings: Sightings[str] = Sightings()
    sightings.note("token", 100.0, "seen")
    assert sightings.take("other", 100.0) is None
    assert sightings.take("token", 100.0) is not None
    assert sightings.take("token", 100.0) is None


def test_what_broken_off_steps_leave_does_not_gather() -> None:
    sightings: Sightings[int] = Sightings()
    for number in range(3000):
        sightings.note(f"token-{number}", 100.0, number)
    assert len(sightings) == 1000
    assert sightings.take("token-0", 100.0) is None
    assert sightings.take("token-2999", 100.0) == (100.0, 2999)
