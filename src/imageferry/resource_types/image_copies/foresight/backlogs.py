"""Backlogs: how copies go through the queue of a region, and about how many calls that takes; pure."""

from __future__ import annotations

import heapq
import math
from collections.abc import Mapping, Sequence
from typing import Final

from imageferry.cloud.images import Image
from imageferry.model.forecasts import Backlog, Experience
from imageferry.resource_types.image_copies.foresight.grounds import Ground
from imageferry.resource_types.image_copies.foresight.previews import recorded_image
from imageferry.resource_types.image_copies.wanted import View
from imageferry.resource_types.image_copies.watches import LONGEST_POLL

_POLLS_A_WAVE: Final = 12
"""Looks that each wave costs beside the steady ones: the shorter what remains, the closer they are."""


def backlog_of(
    region: str,
    copies: Sequence[tuple[int | None, float]],
    ahead: Sequence[float],
    slots: int,
    *,
    is_measured: bool,
) -> Backlog:
    """The queue of a region: GiB and seconds of each of our copies, seconds left of each before.

    Each copy goes into the place that falls free first, in the order in which they are given.
    """
    places = [0.0] * max(1, slots)
    last = 0.0
    for left in ahead:
        heapq.heapreplace(places, places[0] + left)
    for _, seconds in copies:
        ends = places[0] + seconds
        heapq.heapreplace(places, ends)
        last = max(last, ends)
    return Backlog(
        region=region,
        copies=len(copies),
        gib=sum(gib or 0 for gib, _ in copies),
        slots=len(places),
        ahead=len(ahead),
        waves=math.ceil((len(ahead) + len(copies)) / len(places)) if copies else 0,
        seconds=last,
        is_measured=is_measured,
    )


def paces_of(
    view: View, experience: Sequence[Experience], grounds: Mapping[str, Ground]
) -> dict[str, float]:
    """Seconds a GiB by destination region, of recorded copies whose image is still seen there.

    The fastest counts: the others may have waited in the queue.
    """
    paces: dict[str, float] = {}
    for one in experience:
        wanted = view.wanted(one.resource.properties, one.region)
        ground = grounds.get(wanted.region)
        if ground is None or wanted.copies_nothing:
            continue
        seen = ground.seen.get(recorded_image(view, one.region, one.resource) or "")
        if seen is None or not seen.gib:
            continue
        pace = one.seconds / seen.gib
        paces[wanted.region] = min(pace, paces.get(wanted.region, pace))
    return paces


def left_of(image: Image, whole: float) -> float:
    """Seconds until an image in the making is done, of the `whole` that it takes."""
    if image.remaining:
        return float(image.remaining)
    return whole * (100 - (image.progress or 0)) / 100


def polls_of(backlog: Backlog) -> int:
    """About how many pages are looked at until the last copy of a region has ended."""
    return round(backlog.seconds / LONGEST_POLL) + _POLLS_A_WAVE * backlog.waves
