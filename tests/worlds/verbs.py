"""The later verbs, drawn into a voyage: adopt, refresh, sweep, compare, protect, outages, old homes."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from imageferry.model.operations import OnFailure
from tests.worlds.ships import Fate
from tests.worlds.voyages import Leg, Voyage
from tests.worlds.wishes import REGIONS, Wishes

_CUT = (
    "CopyImage", "DescribeImages", "DeleteImage", "CancelCopyImage", "ModifyImageAttribute",
    "TagResources",
)  # fmt: skip
_IGNORED = ("DeleteImage", "CancelCopyImage", "ModifyImageAttribute", "TagResources")
_LOOKS: tuple[dict[str, Any], ...] = (
    {"word": "Nonsense"}, {"word": "Creating"}, {"word": "UnAvailable"}, {"progress": ""},
    {"progress": "150%"}, {"progress": "some"}, {"progress": "-3%"}, {"usable": False},
    {"tags": False},
)  # fmt: skip


def with_verbs(voyage: Voyage) -> Voyage:
    """The voyage with what a chance of its own adds: what was drawn before stays as it is."""
    chance = random.Random(f"verbs {voyage.seed}")
    legs = [with_verbs_of_leg(chance, number, leg) for number, leg in enumerate(voyage.legs)]
    voyage = replace(voyage, legs=tuple(legs))
    if chance.random() < 0.1:
        voyage = _adopting(chance, voyage)
    if len(voyage.legs) > 1 and chance.random() < 0.12:
        restores = chance.randrange(len(voyage.legs) - 1)
        voyage = replace(voyage, restores=restores)
    return voyage


def with_verbs_of_leg(chance: random.Random, number: int, leg: Leg) -> Leg:
    """A leg with what such a chance adds to it."""
    if chance.random() < 0.25:
        leg = replace(leg, faults=(*leg.faults, _fault(chance, leg)))
    return replace(
        leg,
        outage=_outage(chance) if chance.random() < 0.1 else None,
        refresh=leg.deed == "deploy" and number > 0 and chance.random() < 0.15,
        sweeps=chance.random() < 0.15,
        drifts=chance.random() < 0.2,
        protects=chance.random() < 0.06,
    )


def _outage(chance: random.Random) -> tuple[int, int, bool]:
    return chance.choice((1, 2, 3, 4, 6, 9)), chance.choice((1, 1, 2, 4, 7)), chance.random() < 0.5


def _fault(chance: random.Random, leg: Leg) -> dict[str, Any]:
    kind = chance.choice(
        ("cut_body", "cut_body", "ignored", "unlisted", "shown", "shown", "tagless")
    )
    skip, count = chance.choice((0, 0, 1, 2)), chance.choice((1, 1, 2, 4))
    match kind:
        case "cut_body":
            return {"kind": kind, "action": chance.choice(_CUT), "skip": skip, "count": count}
        case "ignored":
            return {"kind": kind, "action": chance.choice(_IGNORED), "skip": skip, "count": 1}
        case "unlisted":
            return {"kind": kind, "action": "DescribeImages", "skip": skip, "count": count}
        case "shown":
            looks = chance.choice(_LOOKS)
            return {
                "kind": kind, "action": "DescribeImages", "skip": skip, "count": count, **looks,
            }  # fmt: skip
        case _:
            return {"kind": kind, "action": "CopyImage", "skip": skip, "count": 1}


def _adopting(chance: random.Random, voyage: Voyage) -> Voyage:
    """The stack begins with an image that its neighbour has made."""
    region = chance.choice(REGIONS) if voyage.is_ros else voyage.region
    name = chance.choice(("found", "found-here"))
    own = {"region": region, "name": chance.choice((name, name, None, "renamed"))}
    if chance.random() < 0.3:
        own["tags"] = {"team": "a"}
    leg = Leg(
        "adopt",
        Wishes(singles={"Own": own}),
        on_failure=chance.choice(tuple(OnFailure)),
        faults=tuple(_marking_fault(chance) for _ in range(chance.choice((0, 1, 2)))),
        cancel_at=chance.choice((None, None, None, 0.01, 1.0)),
        outage=_outage(chance) if chance.random() < 0.2 else None,
        drifts=chance.random() < 0.3,
    )
    if chance.random() < 0.5:
        fate = Fate(chance.choice(("write", "call")), chance.randint(1, 5), chance.random() < 0.6)
        leg = replace(leg, fates=(fate,), absences=(chance.choice((0.0, 60.0, 700.0)),))
    keeps = chance.random() < 0.6
    later = [_keeping(one, own) if keeps and one.deed == "deploy" else one for one in voyage.legs]
    return replace(
        voyage,
        neighbours=((region, name), *(one for one in voyage.neighbours if one != (region, name))),
        legs=(leg, *later),
    )


def _keeping(leg: Leg, own: dict[str, Any]) -> Leg:
    singles = {"Own": own, **leg.wishes.singles}
    return replace(leg, wishes=replace(leg.wishes, singles=singles))


def _marking_fault(chance: random.Random) -> dict[str, Any]:
    kind = chance.choice(("throttle", "lost_reply", "drop", "cut_body", "internal_error"))
    action = chance.choice(("TagResources", "ModifyImageAttribute", "DescribeImages"))
    return {"kind": kind, "action": action, "skip": chance.choice((0, 1)), "count": 1}
