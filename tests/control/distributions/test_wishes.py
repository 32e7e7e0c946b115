"""What is wrong with a wish by itself, all at once; names of stacks out of names of images."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from imageferry.control.distributions.retention import Keeping
from imageferry.control.distributions.versions import Version
from imageferry.control.distributions.wishes import (
    Wish,
    family_stack_name,
    faults_of,
    name_faults,
    stack_name_of,
    unknown_regions,
)

GOOD = Wish("m-1", "cn-hangzhou", ("cn-beijing", "cn-shanghai"))

WRONG: dict[str, tuple[dict[str, Any], list[str]]] = {
    "nothing": ({}, []),
    "everything that may be said": (
        {
            "keys": {"cn-beijing": "key-1"},
            "accounts": ("1234567890123456",),
            "description": "golden",
            "name": "{name}-{id}-{date}",
            "tags": tuple((f"tag-{number}", "") for number in range(20)),
            "keeping": Keeping(1, 1.0),
        },
        [],
    ),
    "no destination": ({"regions": ()}, ["IF960"]),
    "both kinds of destination": ({"is_everywhere": True}, ["IF960"]),
    "another cloud's region": ({"regions": ("us-west-2",)}, ["IF960"]),
    "no region at all": ({"regions": ("Shanghai",)}, ["IF960"]),
    "a source that is none": ({"source_region": "hangzhou"}, ["IF960"]),
    "the source itself": ({"regions": ("cn-hangzhou",)}, ["IF960"]),
    "a key elsewhere": ({"keys": {"cn-qingdao": "key-1"}}, ["IF960"]),
    "no account": ({"accounts": ("somebody", "123", "１２３")}, ["IF961", "IF961"]),
    "nothing kept": ({"keeping": Keeping(0)}, ["IF961"]),
    "a name with a gap": ({"name": "web-{version}"}, ["IF961"]),
    "a name with half a gap": ({"name": "web-{id"}, ["IF961"]),
    "a short description": ({"description": "x"}, ["IF961"]),
    "a long description": ({"description": "x" * 257}, ["IF961"]),
    "an address for a description": ({"description": "https://example.org"}, ["IF961"]),
    "too many tags": ({"tags": tuple((str(number), "") for number in range(21))}, ["IF961"]),
}


@pytest.mark.parametrize("case", WRONG)
def test_faults(case: str) -> None:
    given, codes = WRONG[case]
    found = list(faults_of(replace(GOOD, **given)))
    assert [one.code for one in found] == codes
    assert all(one.why or one.remedy for one in found)


def test_a_near_miss_is_proposed() -> None:
    wish = replace(GOOD, regions=("cn-beijng",), keys={"cn-beijng": "k"})
    (fault,) = unknown_regions(wish, ("cn-beijing", "cn-hangzhou"))
    assert fault.remedy == 'did you mean "cn-beijing"?'
    everywhere = replace(GOOD, regions=(), is_everywhere=True, keys={"cn-hangzhou": "k"})
    assert [one.code for one in unknown_regions(everywhere, ("cn-hangzhou",))] == ["IF960"]


NAMES = {
    "as the source": ("{name}", "web-1", True),
    "of other letters": ("{name}", "黄金-1", True),
    "one character": ("w", "web", False),
    "a digit first": ("9{name}", "web", False),
    "letters of no other kind": ("{name}", "wéb", False),
    "blanks": ("my web", "web", False),
    "128 characters": ("w" * 128, "web", True),
    "129 characters": ("w" * 129, "web", False),
    "the cloud's own": ("aliyun-{name}", "web", False),
    "an address": ("{name}", "http://web", False),
}


@pytest.mark.parametrize("case", NAMES)
def test_names_of_copies(case: str) -> None:
    pattern, name, is_good = NAMES[case]
    wish = replace(GOOD, name=pattern)
    assert (not list(name_faults(wish, Version("m-1", name, 0.0)))) is is_good


STACKS = {
    "web-2026-11": "web",
    "web_20261122": "web",
    "web-v1.2.3": "web",
    "web.server-7": "web-server",
    "ubuntu22": "ubuntu22",
    "2026-11": "2026",
    "v3": "v3",
    "黄金-web-3": "web",
    "黄金": "",
    "w" * 300: "w" * 255,
}


@pytest.mark.parametrize("name", STACKS, ids=lambda name: name[:12])
def test_names_of_stacks(name: str) -> None:
    assert stack_name_of(name) == STACKS[name]


@pytest.mark.parametrize(
    ("family", "name"),
    [("web", "web"), ("web-2", "web-2"), ("web.v2:a", "web-v2-a"), ("黄金", "")],
    ids=["plain", "no version", "other letters", "nothing left"],
)
def test_a_family_names_the_stack_as_it_is(family: str, name: str) -> None:
    assert family_stack_name(family) == name
