"""Weather of a leg, drawn: faults of the cloud, deaths and pauses, cancels, and what others do."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from imageferry.model.operations import OnFailure
from tests.worlds.ships import Fate
from tests.worlds.voyages import Leg
from tests.worlds.wishes import REGIONS

_PASSING = (
    "throttle", "throttle", "lost_reply", "lost_reply", "drop", "slow", "internal_error",
    "unavailable", "html", "empty_body",
)  # fmt: skip
_ACTIONS = (
    "*", "CopyImage", "CopyImage", "DescribeImages", "DeleteImage", "CancelCopyImage",
    "ModifyImageAttribute", "TagResources",
)  # fmt: skip
_REFUSALS = (
    ("DeleteImage", "ImageUsingByInstance", 403),
    ("DeleteImage", "Forbidden.RAM", 403),
    ("DeleteImage", "OperationDenied.ImageCopying", 403),
    ("CopyImage", "InvalidImageName.Duplicated", 400),
    ("CopyImage", "OperationDenied.ImageCopying", 403),
    ("CopyImage", "LastTokenProcessing", 400),
    ("CopyImage", "InvalidParameter.KMSKeyId.KMSUnauthorized", 400),
    ("CopyImage", "SizeExceed.Image", 403),
    ("CancelCopyImage", "IncorrectImageStatus", 403),
    ("CancelCopyImage", "CancelNotSupported", 403),
    ("ModifyImageAttribute", "InvalidStatus.ImageIsCreating", 403),
    ("ModifyImageAttribute", "Forbidden.RAM", 403),
    ("TagResources", "NoPermission.Tag", 403),
    ("DescribeImages", "Forbidden.RAM", 403),
    ("*", "InternalError", 403),
)


def _fault(chance: random.Random) -> dict[str, Any]:
    fault = _anywhere(chance)
    if chance.random() < 0.2:
        fault["region"] = chance.choice(REGIONS)
    return fault


def _anywhere(chance: random.Random) -> dict[str, Any]:
    draw = chance.random()
    if draw < 0.05:
        # A whole region is down for a while.
        kind = chance.choice(("unavailable", "drop", "html"))
        return {"kind": kind, "action": "*", "region": chance.choice(REGIONS), "count": 150}
    if draw < 0.5:
        fault: dict[str, Any] = {
            "kind": chance.choice(_PASSING),
            "action": chance.choice(_ACTIONS),
            "skip": chance.choice((0, 0, 1, 2, 5)),
            "count": chance.choice((1, 1, 2, 3, 6, 40)),
        }
        if fault["kind"] == "slow":
            fault["seconds"] = chance.choice((0.5, 3.0, 45.0, 700.0))
        if fault["kind"] == "throttle" and chance.random() < 0.3:
            fault["retry_after_ms"] = chance.choice((100, 8000))
        return fault
    if draw < 0.75:
        kind = chance.choice(("copy_fails", "hidden", "late_tags", "unusable", "uncancellable"))
        fault = {"kind": kind, "action": "CopyImage", "skip": chance.choice((0, 0, 1))}
        fault["count"] = chance.choice((1, 2, None)) if kind != "copy_fails" else 1
        if kind == "copy_fails":
            fault["percent"] = chance.choice((1, 50, 99))
        elif kind != "uncancellable":
            fault["seconds"] = chance.choice((2.0, 30.0, 280.0))
        return fault
    if draw < 0.85:
        kind = chance.choice(("quota", "copy_conflict"))
        return {"kind": kind, "action": "CopyImage", "skip": chance.choice((0, 1, 2)), "count": 1}
    action, code, status = chance.choice(_REFUSALS)
    return {
        "kind": "error", "action": action, "code": code, "status": status,
        "skip": chance.choice((0, 0, 1)), "count": chance.choice((1, 1, 3, 30)),
    }  # fmt: skip


def moment(chance: random.Random) -> float:
    return chance.choice((0.005, 0.5, 3.0, 20.0, 90.0, 300.0, 1500.0)) * (0.5 + chance.random())


def weather_of(chance: random.Random, leg: Leg) -> Leg:
    leg = replace(
        leg,
        on_failure=chance.choice(
            (OnFailure.KEEP, OnFailure.ROLLBACK, OnFailure.ROLLBACK, OnFailure.DELETE)
        ),
        replaces=chance.choice((None, True, True, False)),
        parallel=chance.choice((0, 0, 0, 1, 2)),
        timeout=moment(chance) + 1 if chance.random() < 0.1 else None,
        faults=tuple(_fault(chance) for _ in range(chance.choice((0, 1, 1, 2, 3)))),
    )
    if chance.random() < 0.5:
        fates = [
            Fate(
                chance.choice(("write", "call", "call")),
                chance.choice((1, 2, 3, 4, 5, 6, 8, 11, 15, 20, 30)),
                chance.random() < 0.6,
            )
            for _ in range(chance.choice((1, 1, 2, 3)))
        ]
        absences = [chance.choice((0.0, 2.0, 60.0, 700.0, 4000.0, 90_000.0)) for _ in fates]
        leg = replace(leg, fates=tuple(fates), absences=tuple(absences))
    if chance.random() < 0.2:
        leg = replace(leg, cancel_at=moment(chance))
    if chance.random() < 0.08:
        leg = replace(leg, stop_at=moment(chance))
    if chance.random() < 0.08:
        leg = replace(leg, usurp_at=moment(chance))
    if chance.random() < 0.08:
        deed = chance.choice(("delete", "rename", "occupy", "occupy"))
        leg = replace(leg, meddles=(moment(chance), deed))
    return leg


def troubled(chance: random.Random, leg: Leg) -> Leg:
    """Some processes only stand still, somebody else wants the stack too, and no leg is calm."""
    leg = replace(
        leg,
        fates=tuple(
            replace(fate, pause=chance.choice((20.0, 300.0, 700.0, 3000.0)))
            if chance.random() < 0.3
            else fate
            for fate in leg.fates
        ),
        rival_at=moment(chance) if chance.random() < 0.1 else None,
    )
    if not leg.fates and not leg.faults:
        fate = Fate(chance.choice(("write", "call")), chance.randint(1, 6), chance.random() < 0.6)
        leg = replace(leg, fates=(fate,), absences=(chance.choice((0.0, 60.0, 700.0)),))
    return leg


# --- clocks and settings ---------------------------------------------------------------------------


def clocks(chance: random.Random, legs: list[Leg]) -> tuple[float, list[Leg]]:
    """Our clock is wrong, or is set: within the quarter of an hour that the cloud bears with."""
    skew = chance.choice((0.0, 0.0, 0.0, 400.0, -400.0))
    return skew, [
        replace(leg, jumps=(moment(chance), chance.choice((15.0, -450.0))))
        if chance.random() < 0.1
        else leg
        for leg in legs
    ]


def settings_of(chance: random.Random) -> dict[str, Any]:
    """How the cloud of a voyage answers where its reference leaves that open."""
    return {
        "speed": chance.choice((*[20.0, 60.0, 60.0, 600.0] * 4, 2.0)),
        "running_copies": chance.choice((1, 5, 5)),
        "copy_conflict": chance.choice(("never", "never", "same_route")),
        "token_lifetime_seconds": chance.choice((900.0, 86_400.0)),
        "cancel_leaves_snapshots": chance.random() < 0.3,
        "snapshot_ids_while_creating": chance.random() < 0.3,
        "source_held_while_copying": chance.random() < 0.7,
        "default_image_name": chance.choice(("image_id", "image_id", "source_name")),
        "delete_missing": chance.choice(("remembered", "error", "success")),
        "usable_delay_seconds": chance.choice((0.0, 0.0, 12.0)),
    }
