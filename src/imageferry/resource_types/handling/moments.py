"""snapped(now, interval): looks fall on moments that everybody shares, so that they share pages."""

from __future__ import annotations

import math


def snapped(now: float, interval: float) -> float:
    """Seconds to the roundest moment between an eighth of an interval and an interval from now.

    Moments are counted in quarters of a second of the wall clock, and the one that the highest
    power of two divides is the roundest. The span is so wide that it always holds a multiple of
    the highest power of two in seven eighths of the interval: after one look that comes early,
    copies that began apart are looked at together, and at the finer moments of those that end.
    """
    first = math.floor((now + interval / 8) * 4) + 1
    last = math.floor((now + interval) * 4)
    if last > first:
        shift = ((first - 1) ^ last).bit_length() - 1
        first = (last >> shift) << shift
    return max(0.02, first / 4 - now)
