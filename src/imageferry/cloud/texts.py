"""How the cloud writes times and percents, as numbers."""

from __future__ import annotations

import calendar
from functools import lru_cache


@lru_cache(maxsize=4096)
def seconds_of(text: str) -> float | None:
    """`2019-11-15T06:07:05Z`, or without seconds, as seconds since 1970."""
    try:
        date, clock = text.rstrip("Z").split("T")
        year, month, day = (int(part) for part in date.split("-"))
        parts = [int(part) for part in clock.split(":")]
        hour, minute, second = (*parts, 0)[:3]
        return float(calendar.timegm((year, month, day, hour, minute, second)))
    except ValueError:
        return None


def gib_of(told: object) -> int | None:
    """A size in GiB, which the cloud writes as a number or as its digits."""
    digits = str(told)
    return int(digits) if digits.isascii() and digits.isdigit() else None


@lru_cache(maxsize=128)
def percent_of(text: str) -> int | None:
    """`40%` as 40."""
    digits = text.strip().rstrip("%")
    return min(100, int(digits)) if digits.isascii() and digits.isdigit() else None
