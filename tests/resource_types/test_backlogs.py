"""How copies go through the queue of a region."""

from __future__ import annotations

import pytest

from imageferry.cloud.images import Image
from imageferry.resource_types.image_copies.foresight.backlogs import backlog_of, left_of, polls_of


@pytest.mark.parametrize(
    ("copies", "ahead", "slots", "seconds", "waves"),
    [
        pytest.param([], [], 5, 0.0, 0, id="nothing to copy"),
        pytest.param([(40, 600.0)], [], 5, 600.0, 1, id="one"),
        pytest.param([(40, 600.0)] * 5, [], 5, 600.0, 1, id="as many as run at once"),
        pytest.param([(40, 600.0)] * 6, [], 5, 1200.0, 2, id="one more than that"),
        pytest.param([(40, 600.0)] * 3, [], 1, 1800.0, 3, id="one at a time"),
        pytest.param([(40, 600.0)], [100.0] * 5, 5, 700.0, 2, id="behind five"),
        pytest.param([(40, 600.0)], [100.0, 900.0], 2, 700.0, 2, id="into the place free first"),
        pytest.param([(100, 1500.0), (4, 60.0), (4, 60.0)], [], 2, 1500.0, 2, id="unequal sizes"),
    ],
)
def test_the_last_copy_ends_when_the_places_allow(
    copies: list[tuple[int | None, float]],
    ahead: list[float],
    slots: int,
    seconds: float,
    waves: int,
) -> None:
    backlog = backlog_of("cn-beijing", copies, ahead, slots, is_measured=False)
    assert (backlog.seconds, backlog.waves, backlog.copies) == (seconds, waves, len(copies))
    assert backlog.gib == sum(gib or 0 for gib, _ in copies)


@pytest.mark.parametrize(
    ("image", "left"),
    [
        pytest.param(Image("m-1", "", "Creating", progress=40, remaining=90), 90.0, id="told"),
        pytest.param(Image("m-1", "", "Creating", progress=40), 360.0, id="by its percent"),
        pytest.param(Image("m-1", "", "Waiting"), 600.0, id="not begun"),
    ],
)
def test_what_is_left_of_a_copy(image: Image, left: float) -> None:
    assert left_of(image, 600.0) == left


def test_an_hour_of_copying_costs_a_region_no_more_looks_than_its_budget() -> None:
    backlog = backlog_of("cn-beijing", [(240, 3600.0)], [], 5, is_measured=False)
    assert polls_of(backlog) <= 80
