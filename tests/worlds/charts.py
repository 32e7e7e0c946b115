"""Voyages drawn from a seed: whatever its number, a seed always gives the same one."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from typing import Any

from imageferry.model.operations import OnFailure
from tests.worlds.ships import Fate
from tests.worlds.verbs import with_verbs
from tests.worlds.voyages import Leg, Voyage
from tests.worlds.wishes import NAMES, REGIONS, Wishes


@dataclass
class Drafts:
    """Wishes while they are being drawn."""

    fan: list[dict[str, Any]] = field(default_factory=list)
    fan_name: str = "same"
    singles: dict[str, dict[str, Any]] = field(default_factory=dict)

    def settled(self) -> Wishes:
        return Wishes(tuple(dict(one) for one in self.fan), self.fan_name, dict(self.singles))


def draw_voyage(seed: int) -> Voyage:
    """The voyage of a seed, always the same."""
    chance = random.Random(seed)
    is_ros = chance.random() < 0.6
    wishes = _first_wishes(chance, is_ros)
    region = "cn-hangzhou" if is_ros else chance.choice(REGIONS)
    legs: list[Leg] = []
    for number in range(chance.choice((1, 1, 1, 2, 2, 3))):
        deed = "deploy"
        if number:
            deed = chance.choice(("deploy", "deploy", "deploy", "retry", "delete", "continue"))
            if deed == "deploy" and chance.random() < 0.85:
                _change(chance, wishes, is_ros)
        leg = Leg(deed)
        if deed == "deploy":
            leg = Leg(deed, wishes.settled())
        elif chance.random() < 0.4:
            leg = replace(leg, parts=(chance.choice([*wishes.singles, "Fan[0]"]),))
        legs.append(_troubled(chance, _weather(chance, leg)))
    neighbours = tuple(
        (chance.choice((*REGIONS, region)), chance.choice(NAMES))
        for _ in range(chance.choice((0, 0, 1, 2)))
    )
    skew, legs = _clocks(random.Random(-seed), legs)
    voyage = Voyage(
        seed,
        is_ros,
        region,
        _settings(chance),
        tuple(dict.fromkeys(neighbours)),
        tuple(legs),
        skew,
    )
    return with_verbs(voyage)


def _clocks(chance: random.Random, legs: list[Leg]) -> tuple[float, list[Leg]]:
    """Our clock is wrong, or is set: within the quarter of an hour that the cloud bears with."""
    skew = chance.choice((0.0, 0.0, 0.0, 400.0, -400.0))
    return skew, [
        replace(leg, jumps=(_moment(chance), chance.choice((15.0, -450.0))))
        if chance.random() < 0.1
        else leg
        for leg in legs
    ]


def _settings(chance: random.Random) -> dict[str, Any]:
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


# --- wishes ---------------------------------------------------------------------------------------


def _first_wishes(chance: random.Random, is_ros: bool) -> Drafts:
    wishes = Drafts()
    if is_ros:
        wishes.fan_name = chance.choice(("same", "same", "indexed", "none"))
        wishes.fan = [
            _berth(chance, region) for region in chance.sample(REGIONS, k=chance.randint(1, 3))
        ]
    for number in range(chance.choice((0, 1, 2) if is_ros else (1, 2, 3))):
        _add_single(chance, wishes, f"One{number}", is_ros)
    return wishes


def _berth(chance: random.Random, region: str) -> dict[str, Any]:
    berth: dict[str, Any] = {"region": region}
    if chance.random() < 0.3:
        berth["encrypted"] = True
        if chance.random() < 0.5:
            berth["key"] = chance.choice(("key-1", "key-2"))
    return berth


def _add_single(chance: random.Random, wishes: Drafts, name: str, is_ros: bool) -> None:
    one: dict[str, Any] = {
        "golden": chance.choice((0, 0, 1)),
        "region": chance.choice(REGIONS),
        "name": chance.choice((*NAMES, None, f"own-{name}", "SECRET")),
        "description": chance.choice((None, "a golden image", "SECRET")),
        "tags": {
            key: chance.choice(("a", "b", "SECRET")) for key in ("team", "use")
            if chance.random() < 0.4
        },
        "policy": "Retain" if chance.random() < 0.06 else None,
    }  # fmt: skip
    if chance.random() < 0.04:
        one["tags"] = {f"tag{number}": "x" for number in range(20)}
        one["policy"] = None
    if chance.random() < 0.3:
        one["encrypted"] = chance.choice((True, False))
        if one["encrypted"]:
            one["key"] = chance.choice((None, "key-1", "SECRET-KEY"))
    earlier = [
        other
        for other, found in wishes.singles.items()
        if found.get("of") is None and other != name
    ]
    if earlier and chance.random() < 0.35:
        one["of"] = chance.choice(earlier)
        one["encrypted"] = True
    if not is_ros and chance.random() < 0.3:
        one["create_limit"] = chance.choice(("30s", "2m", "1h"))
    if not is_ros and chance.random() < 0.3:
        one["force"] = True
    if is_ros and chance.random() < 0.08:
        one["same_region"] = True
    wishes.singles[name] = one


def _change(chance: random.Random, wishes: Drafts, is_ros: bool) -> None:
    for _ in range(chance.choice((1, 1, 2))):
        kinds = ["name", "description", "tags", "key", "add", "remove", "source"]
        if is_ros and wishes.fan:
            kinds += ["less", "less", "more", "order", "berth", "fan_name"]
        kind = chance.choice(kinds)
        _FAN_CHANGES.get(kind, _change_single)(chance, wishes, kind, is_ros)


def _less(chance: random.Random, wishes: Drafts, *_: Any) -> None:
    if len(wishes.fan) > 1:
        del wishes.fan[chance.randrange(len(wishes.fan))]


def _more(chance: random.Random, wishes: Drafts, *_: Any) -> None:
    free = [region for region in REGIONS if all(one["region"] != region for one in wishes.fan)]
    if free:
        wishes.fan.insert(
            chance.randrange(len(wishes.fan) + 1), _berth(chance, chance.choice(free))
        )


def _order(chance: random.Random, wishes: Drafts, *_: Any) -> None:
    chance.shuffle(wishes.fan)


def _other_berth(chance: random.Random, wishes: Drafts, *_: Any) -> None:
    place = chance.randrange(len(wishes.fan))
    wishes.fan[place] = _berth(chance, wishes.fan[place]["region"])


def _other_fan_name(chance: random.Random, wishes: Drafts, *_: Any) -> None:
    wishes.fan_name = chance.choice(("same", "indexed", "none"))


_FAN_CHANGES = {
    "less": _less,
    "more": _more,
    "order": _order,
    "berth": _other_berth,
    "fan_name": _other_fan_name,
}


def _change_single(chance: random.Random, wishes: Drafts, kind: str, is_ros: bool) -> None:
    if kind == "add" or not wishes.singles:
        _add_single(chance, wishes, f"More{chance.randrange(3)}", is_ros)
        return
    name = chance.choice(list(wishes.singles))
    one = dict(wishes.singles[name])
    if len(one["tags"]) >= 20 and kind != "remove":
        # Without room for our tag a renewal that is cut short can only be found by its token.
        return
    match kind:
        case "remove":
            is_needed = any(other.get("of") == name for other in wishes.singles.values())
            if not is_needed and (len(wishes.singles) > 1 or wishes.fan):
                del wishes.singles[name]
            return
        case "name":
            one["name"] = chance.choice((*NAMES, f"own-{name}", "SECRET"))
        case "description":
            one["description"] = chance.choice((None, "another text", "SECRET"))
        case "tags":
            one["tags"] = {key: chance.choice("abc") for key in ("team", "use", "more")}
        case "key":
            one["encrypted"] = True
            one["key"] = chance.choice((None, "key-1", "key-2", "SECRET-KEY"))
        case "source":
            one["golden"] = 1 - one["golden"]
    wishes.singles[name] = one


# --- weather --------------------------------------------------------------------------------------

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


def _moment(chance: random.Random) -> float:
    return chance.choice((0.005, 0.5, 3.0, 20.0, 90.0, 300.0, 1500.0)) * (0.5 + chance.random())


def _weather(chance: random.Random, leg: Leg) -> Leg:
    leg = replace(
        leg,
        on_failure=chance.choice(
            (OnFailure.KEEP, OnFailure.ROLLBACK, OnFailure.ROLLBACK, OnFailure.DELETE)
        ),
        replaces=chance.choice((None, True, True, False)),
        parallel=chance.choice((0, 0, 0, 1, 2)),
        timeout=_moment(chance) + 1 if chance.random() < 0.1 else None,
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
        leg = replace(leg, cancel_at=_moment(chance))
    if chance.random() < 0.08:
        leg = replace(leg, stop_at=_moment(chance))
    if chance.random() < 0.08:
        leg = replace(leg, usurp_at=_moment(chance))
    if chance.random() < 0.08:
        deed = chance.choice(("delete", "rename", "occupy", "occupy"))
        leg = replace(leg, meddles=(_moment(chance), deed))
    return leg


def _troubled(chance: random.Random, leg: Leg) -> Leg:
    """Some processes only stand still, somebody else wants the stack too, and no leg is calm."""
    leg = replace(
        leg,
        fates=tuple(
            replace(fate, pause=chance.choice((20.0, 300.0, 700.0, 3000.0)))
            if chance.random() < 0.3
            else fate
            for fate in leg.fates
        ),
        rival_at=_moment(chance) if chance.random() < 0.1 else None,
    )
    if not leg.fates and not leg.faults:
        fate = Fate(chance.choice(("write", "call")), chance.randint(1, 6), chance.random() < 0.6)
        leg = replace(leg, fates=(fate,), absences=(chance.choice((0.0, 60.0, 700.0)),))
    return leg
