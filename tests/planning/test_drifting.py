"""compare: what counts as a difference between a record and the cloud, and what does not."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from imageferry.model.drift import Difference, DifferenceKind
from imageferry.model.schemas import schema_from_json
from imageferry.model.values import Secret, Value
from imageferry.planning.drifting import compare

SCHEMA = schema_from_json(
    {
        "typeName": "Test::Thing",
        "summary": "A thing.",
        "physicalIdSays": "its id",
        "attributes": {},
        "properties": {
            "Name": {"type": "String", "emptyIsUnset": True},
            "Size": {"type": "Integer"},
            "Sealed": {"type": "Boolean", "default": False},
            "Lid": {"type": "Boolean"},
            "Steps": {"type": "List"},
            "Words": {"type": "List", "ordered": False},
            "Tags": {
                "type": "List",
                "ordered": False,
                "items": {
                    "type": "Map",
                    "members": {
                        "K": {"type": "String", "required": True},
                        "V": {"type": "String"},
                    },
                },
            },
        },
    }
)
ADD, REMOVE, OTHER = DifferenceKind.ADD, DifferenceKind.REMOVE, DifferenceKind.NOT_EQUAL


def tags(**given: str) -> list[Value]:
    return [{"K": key, "V": value} for key, value in given.items()]


CASES: dict[str, tuple[Mapping[str, Value], Mapping[str, Value], list[tuple[object, ...]]]] = {
    "equal": ({"Name": "a"}, {"Name": "a"}, []),
    "another_text": ({"Name": "a"}, {"Name": "b"}, [(("Name",), OTHER, "a", "b")]),
    "gone": ({"Name": "a"}, {"Name": None}, [(("Name",), REMOVE, "a", None)]),
    "gone_as_an_empty_text": ({"Name": "a"}, {"Name": ""}, [(("Name",), REMOVE, "a", None)]),
    "left_to_the_cloud": ({}, {"Name": "b"}, []),
    "empty_is_unset": ({"Name": ""}, {"Name": "b"}, []),
    "a_default_counts": ({}, {"Sealed": True}, [(("Sealed",), OTHER, False, True)]),
    "no_default_no_difference": ({}, {"Lid": True}, []),
    "truth_is_no_number": ({"Size": 1}, {"Size": True}, [(("Size",), OTHER, 1, True)]),
    "not_told": ({"Name": "a", "Size": 3}, {"Name": "a"}, []),
    "an_ordered_list": (
        {"Steps": ["a", "b"]},
        {"Steps": ["b", "a"]},
        [(("Steps",), OTHER, ["a", "b"], ["b", "a"])],
    ),
    "order_without_meaning": ({"Words": ["a", "b"]}, {"Words": ["b", "a"]}, []),
    "a_plain_entry_added": (
        {"Words": ["a"]},
        {"Words": ["a", "b"]},
        [(("Words", '"b"'), ADD, None, "b")],
    ),
    "tags_in_another_order": ({"Tags": tags(a="1", b="2")}, {"Tags": tags(b="2", a="1")}, []),
    "a_tag_added_to_none": ({}, {"Tags": tags(x="1")}, [(("Tags", "x"), ADD, None, "1")]),
    "a_tag_changed": (
        {"Tags": tags(a="1")},
        {"Tags": tags(a="2")},
        [(("Tags", "a"), OTHER, "1", "2")],
    ),
    "a_tag_removed": ({"Tags": tags(a="1")}, {"Tags": []}, [(("Tags", "a"), REMOVE, "1", None)]),
    "no_value_is_an_empty_one": ({"Tags": [{"K": "a"}]}, {"Tags": tags(a="")}, []),
    "no_tags_at_all": ({}, {"Tags": []}, []),
}


@pytest.mark.parametrize("case", list(CASES))
def test_what_differs(case: str) -> None:
    wanted, observed, expected = CASES[case]
    found = compare(SCHEMA, wanted, observed)
    assert [tuple(one[:4]) for one in found] == expected


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        ({"Name": Secret("a")}, {"Name": "b"}),
        ({"Tags": [{"K": "a", "V": Secret("1")}]}, {"Tags": tags(a="2")}),
    ],
    ids=["text", "inside_a_list"],
)
def test_what_differs_from_a_secret_is_hidden(
    given: Mapping[str, Value], seen: Mapping[str, Value]
) -> None:
    [found] = compare(SCHEMA, given, seen)
    assert isinstance(found.wanted, Secret) and isinstance(found.actual, Secret)
    assert compare(SCHEMA, {"Name": Secret("a")}, {"Name": "a"}) == ()


def test_a_difference_says_of_itself_whether_it_is_a_property() -> None:
    assert Difference(("a",), OTHER, 1, 2).is_property
