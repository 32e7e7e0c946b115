"""Voyages of lines, drawn from a seed: bake, find, carry, share, launch, import and export images."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from tests.worlds.kinds import OURS, THEIRS
from tests.worlds.lines import HOME, named_by
from tests.worlds.verbs import with_verbs_of_leg
from tests.worlds.voyages import Leg, Voyage
from tests.worlds.weather import clocks, settings_of, troubled, weather_of
from tests.worlds.wishes import REGIONS, Wishes

SHARE = 8
"""One seed of so many has a line."""
REST = 5

_Line = dict[str, dict[str, Any]]


def has_line(seed: int) -> bool:
    """Whether the voyage of a seed is one of these."""
    return seed % SHARE == REST


def draw_line_voyage(seed: int) -> Voyage:
    """The voyage of such a seed, always the same."""
    chance = random.Random(f"line {seed}")
    is_ros = chance.random() < 0.6
    line = _ros_line(chance) if is_ros else _cfn_line(chance)
    legs: list[Leg] = []
    for number in range(chance.choice((1, 1, 2, 2, 3))):
        deed = "deploy"
        if number:
            deed = chance.choice(("deploy", "deploy", "deploy", "retry", "delete", "continue"))
        leg = Leg(deed)
        if deed == "deploy":
            if number:
                line = _changed(chance, line, is_ros)
            leg = Leg(deed, Wishes(line={name: dict(part) for name, part in line.items()}))
        elif chance.random() < 0.4:
            leg = replace(leg, parts=(chance.choice(list(line)),))
        leg = troubled(chance, _at_line(chance, weather_of(chance, leg), is_ros))
        legs.append(with_verbs_of_leg(chance, number, leg))
    skew, legs = clocks(chance, legs)
    settings = {**settings_of(chance), "instance_seconds": chance.choice((2.0, 8.0, 30.0))}
    neighbours = tuple(
        (chance.choice((*REGIONS, HOME)), chance.choice(_NAMES))
        for _ in range(chance.choice((0, 0, 1)))
    )
    return Voyage(seed, is_ros, HOME, settings, neighbours, tuple(legs), skew)


# --- wishes ---------------------------------------------------------------------------------------

_NAMES = ("web", "base", "golden.v2", "SECRET", None)


def _about(chance: random.Random) -> dict[str, Any]:
    tags = {
        key: chance.choice(("a", "b", "SECRET")) for key in ("team", "use")
        if chance.random() < 0.4
    }  # fmt: skip
    about: dict[str, Any] = {"name": chance.choice(_NAMES)}
    if chance.random() < 0.4:
        about["description"] = chance.choice(("a golden image", "SECRET"))
    if tags:
        about["tags"] = tags
    if chance.random() < 0.05:
        about["policy"] = "Retain"
    return about


def _own_name(chance: random.Random, own: str) -> str:
    # One image of each name: two of a region would refuse each other, and rightly.
    return chance.choice((f"{own}-1", f"{own}-2"))


def _ros_line(chance: random.Random) -> _Line:
    line: _Line = {}
    if chance.random() < 0.4:
        line["Found"] = {"kind": "query", "name": chance.choice(("golden-*", "golden-web"))}
    if chance.random() < 0.65:
        line["Builder"] = _builder(chance, line)
    if chance.random() < 0.4:
        line["Snap"] = {"kind": "snapshot", **_about(chance)}
    of = [one for one in ("Builder", "Builder", "Snap", "golden") if one in line or one == "golden"]
    line["Baked"] = {
        "kind": "image", "of": chance.choice(of), **_about(chance),
        "name": _own_name(chance, "baked"),
    }  # fmt: skip
    for number in range(chance.choice((0, 1, 2, 2))):
        line[f"Carried{number}"] = _carried(chance, number)
    _add_holders(chance, line)
    return line


def _builder(chance: random.Random, line: Mapping[str, Any]) -> dict[str, Any]:
    images = ["golden", "golden", "ubuntu_22", *(["found"] if "Found" in line else [])]
    return {
        "kind": "instance",
        "image": chance.choice(images),
        **_about(chance),
        "login": chance.choice(("password", "password", "key")),
        "data": chance.choice((None, "#!/bin/sh", "SECRET")),
    }


def _carried(chance: random.Random, number: int) -> dict[str, Any]:
    of = chance.choice(("Baked", "Baked", "golden"))
    region = chance.choice(REGIONS[:2])
    name = f"carried-{number}-{chance.choice('ab')}"
    return {"kind": "copy", "of": of, "region": region, "name": name}


def _add_holders(chance: random.Random, line: _Line) -> None:
    """A share, and a family of what lies in one region."""
    carried = [name for name, part in line.items() if part["kind"] == "copy"]
    if chance.random() < 0.5:
        line["Shared"] = _share(chance, ["golden", "Baked", *carried])
    if carried and chance.random() < 0.5:
        region = line[chance.choice(carried)]["region"]
        there = [name for name in carried if line[name]["region"] == region]
        line["Web"] = {"kind": "family", "of": there, "family": "web"}
        if chance.random() < 0.4:
            line["Web"]["current"] = chance.choice(there)
    elif chance.random() < 0.3:
        line["Web"] = {"kind": "family", "of": ["Baked"], "family": "web"}


def _share(chance: random.Random, images: list[str]) -> dict[str, Any]:
    of = chance.choice(images)
    accounts = chance.sample((*OURS, THEIRS), k=chance.choice((1, 2)))
    share: dict[str, Any] = {"kind": "share", "of": of, "accounts": accounts}
    if of == "golden" and chance.random() < 0.15:
        share["keep"] = True
    if of != "golden" and chance.random() < 0.2:
        share["public"] = True
    return share


def _cfn_line(chance: random.Random) -> _Line:
    line: _Line = {}
    if chance.random() < 0.7:
        line["Image"] = {
            "kind": "image", "of": chance.choice(("golden", "instance")), **_about(chance),
            "name": _own_name(chance, "image"),
        }  # fmt: skip
    if not line or chance.random() < 0.6:
        line["Import"] = {
            "kind": "import", **_about(chance), "name": _own_name(chance, "import"),
            "limit": chance.choice((None, None, "2m")),
        }  # fmt: skip
        line["Import"].pop("tags", None)
    if chance.random() < 0.3:
        line["Copy"] = {"kind": "copy", **_about(chance), "name": _own_name(chance, "copy")}
    images = ["golden", *line]
    for number in range(chance.choice((0, 1, 1, 2))):
        line[f"Export{number}"] = {
            "kind": "export",
            "of": chance.choice(images),
            "bucket": "golden-images",
            "prefix": f"base{number}",
            "limit": chance.choice((None, None, "3m")),
        }
    if chance.random() < 0.5:
        account = chance.choice((*OURS, THEIRS))
        line["Shared"] = {"kind": "share", "of": chance.choice(images), "accounts": [account]}
    return line


def _changed(chance: random.Random, line: _Line, is_ros: bool) -> _Line:
    line = {name: dict(part) for name, part in line.items()}
    for _ in range(chance.choice((0, 1, 1, 2))):
        name = chance.choice(list(line))
        part = line[name]
        if chance.random() < 0.15:
            if name not in named_by(line) and len(line) > 1:
                del line[name]
            continue
        _CHANGES[part["kind"]](chance, part, line)
    return line


def _other_words(chance: random.Random, part: dict[str, Any], _: _Line) -> None:
    if chance.random() < 0.5:
        part["tags"] = {key: chance.choice("abc") for key in ("team", "use", "more")}
    else:
        part["description"] = chance.choice(("another text", "SECRET"))
    if part["kind"] == "import":
        part.pop("tags", None)


def _other_image(chance: random.Random, part: dict[str, Any], line: _Line) -> None:
    if chance.random() < 0.5:
        _other_words(chance, part, line)
    elif part.get("of") in {"golden", "instance"} and "Snap" in line:
        part["of"] = "Snap"
    else:
        stem = str(part["name"]).rpartition("-")[0]
        part["name"] = f"{stem}-{chance.choice((1, 2, 3))}"


def _other_instance(chance: random.Random, part: dict[str, Any], line: _Line) -> None:
    match chance.choice(("words", "data", "image", "size", "login")):
        case "words":
            _other_words(chance, part, line)
        case "data":
            part["data"] = chance.choice((None, "#!/bin/sh", "SECRET"))
        case "image":
            part["image"] = chance.choice(("golden", "ubuntu_22"))
        case "size":
            part["size"] = chance.choice((40, 60))
        case _:
            part["login"] = chance.choice(("password", "key"))


def _other_copy(chance: random.Random, part: dict[str, Any], _: _Line) -> None:
    part["name"] = f"{str(part['name'])[:-1]}{chance.choice('abc')}"


def _other_share(chance: random.Random, part: dict[str, Any], _: _Line) -> None:
    count = len(part["accounts"])
    part["accounts"] = chance.sample((*OURS, THEIRS), k=count)


def _other_family(chance: random.Random, part: dict[str, Any], _: _Line) -> None:
    part["current"] = chance.choice((None, *part["of"]))


def _other_export(chance: random.Random, part: dict[str, Any], _: _Line) -> None:
    part["bucket"] = chance.choice(("golden-images", "other-images"))


def _other_query(chance: random.Random, part: dict[str, Any], _: _Line) -> None:
    part["name"] = chance.choice(("golden-*", "golden-web"))


_CHANGES: Mapping[str, Callable[[random.Random, dict[str, Any], _Line], None]] = {
    "instance": _other_instance,
    "snapshot": _other_words,
    "image": _other_image,
    "import": _other_image,
    "copy": _other_copy,
    "share": _other_share,
    "family": _other_family,
    "export": _other_export,
    "query": _other_query,
}


# --- weather --------------------------------------------------------------------------------------

_MAKERS = {
    True: (
        "RunInstances",
        "RunInstances",
        "CreateImage",
        "CreateImage",
        "CreateSnapshot",
        "CopyImage",
    ),
    False: ("CreateImage", "ImportImage", "ImportImage", "ExportImage", "ExportImage", "CopyImage"),
}
_OTHERS = {
    True: (
        "*", "ModifyImageSharePermission", "ModifyImageAttribute", "DeleteInstance", "DeleteImage",
        "DeleteSnapshot", "DescribeInstances", "DescribeSnapshots", "StopInstance", "StartInstance",
        "ReplaceSystemDisk", "ModifyInstanceAttribute", "ResizeDisk", "DescribeImageSharePermission",
    ),
    False: (
        "*", "ModifyImageSharePermission", "CancelTask", "DescribeTasks", "DescribeTaskAttribute",
        "DeleteImage", "ModifyImageAttribute", "DescribeImageSharePermission",
    ),
}  # fmt: skip
_REFUSALS = (
    ("RunInstances", "OperationDenied.NoStock", 403),
    ("RunInstances", "InvalidPassword.Malformed", 400),
    ("CreateImage", "InvalidImageName.Duplicated", 400),
    ("CreateSnapshot", "QuotaExceed.Snapshot", 400),
    ("DeleteInstance", "Forbidden.RAM", 403),
    ("DeleteSnapshot", "Forbidden.RAM", 403),
    ("ModifyImageSharePermission", "Forbidden.RAM", 403),
    ("ExportImage", "Forbidden.RAM", 403),
    ("ImportImage", "QuotaExceed.Image", 400),
    ("CancelTask", "CancelTaskFailed", 403),
)


def _at_line(chance: random.Random, leg: Leg, is_ros: bool) -> Leg:
    """The faults of a leg that would meet copies meet whatever a line is made of."""
    faults = tuple(_moved(chance, fault, is_ros) for fault in leg.faults)
    return replace(leg, faults=faults)


def _moved(chance: random.Random, fault: Mapping[str, Any], is_ros: bool) -> dict[str, Any]:
    action = str(fault["action"])
    if fault["kind"] == "error":
        if chance.random() < 0.5:
            return dict(fault)
        action, code, status = chance.choice(_REFUSALS)
        return {**fault, "action": action, "code": code, "status": status}
    if fault["kind"] in {"copy_conflict", "uncancellable"}:
        return dict(fault)
    if action == "CopyImage":
        return {**fault, "action": chance.choice(_MAKERS[is_ros])}
    if action != "*" and chance.random() < 0.7:
        return {**fault, "action": chance.choice(_OTHERS[is_ros])}
    return dict(fault)
