"""Voyages drawn from a seed: whatever its number, a seed always gives the same one."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from typing import Any

from tests.worlds.pipelines import draw_line_voyage, has_line
from tests.worlds.verbs import with_verbs
from tests.worlds.voyages import Leg, Voyage
from tests.worlds.weather import clocks, settings_of, troubled, weather_of
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
    if has_line(seed):
        return draw_line_voyage(seed)
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
        legs.append(troubled(chance, weather_of(chance, leg)))
    neighbours = tuple(
        (chance.choice((*REGIONS, region)), chance.choice(NAMES))
        for _ in range(chance.choice((0, 0, 1, 2)))
    )
    skew, legs = clocks(random.Random(-seed), legs)
    voyage = Voyage(
        seed,
        is_ros,
        region,
        settings_of(chance),
        tuple(dict.fromkeys(neighbours)),
        tuple(legs),
        skew,
    )
    return with_verbs(voyage)


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
