"""Times and percents as the cloud writes them."""

from __future__ import annotations

import pytest

from imageferry.cloud.texts import percent_of, seconds_of


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2019-11-15T06:07:05Z", 1_573_798_025.0),
        ("2017-12-10T04:04Z", 1_512_878_640.0),
        ("", None),
        ("yesterday", None),
        ("2019-11-15", None),
    ],
)
def test_times(text: str, seconds: float | None) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize(
    ("text", "percent"),
    [("0%", 0), (" 40% ", 40), ("100%", 100), ("250%", 100), ("", None), ("x%", None)],
)
def test_percents(text: str, percent: int | None) -> None:
    assert percent_of(text) == percent
