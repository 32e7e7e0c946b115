"""What launches from the image family of each region of a distribution, now and afterwards; pure."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from imageferry.control.distributions.past import Past
from imageferry.control.distributions.versions import Distribution, pointer, regions_of
from imageferry.model.values import Value


def pointers(wanted: Distribution, past: Past, arriving: AbstractSet[str]) -> dict[str, Value]:
    """What is to launch from the family of each region: what is new there, or what did until now.

    An older version that is asked for again launches again.
    """
    if not wanted.family:
        return {}
    found: dict[str, Value] = {}
    for region in regions_of(wanted.copies):
        former = past.pointers.get(pointer(region), "")
        newest = wanted.in_region(region)[-1]
        here = past.held.get(newest.logical_id)
        if region in arriving or newest.image_id != wanted.newest.image_id or here is None:
            found[pointer(region)] = "" if region in arriving else former
        else:
            is_same = wanted.newest.image_id == past.newest
            found[pointer(region)] = former if is_same else here.thing_id
    return found


def launching(family: str, past: Past, arriving: AbstractSet[str]) -> dict[str, tuple[str, ...]]:
    """By image id, what will launch from the stack's own families, or is what they roll back to."""
    if not family:
        return {}
    found: dict[str, tuple[str, ...]] = {}
    for region, record in past.families.items():
        if record.family != family:
            continue
        if record.current:
            says = "rolls back to" if region in arriving else "launches"
            found[record.current] = (f'what the family "{record.family}" {says}',)
        if region not in arriving and record.previous:
            found[record.previous] = (f'what the family "{record.family}" rolls back to',)
    return found
