"""Before and after to changes: what counts as one, and what it means for the resource."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imageferry.model.changes import Replacement
from imageferry.model.diagnostics import Span
from imageferry.model.schemas import schema_from_json
from imageferry.model.values import UNKNOWN, Secret, Value
from imageferry.planning.differences import (
    differences,
    renews,
    replacement_of,
    settled,
    signature,
)

SCHEMA = schema_from_json(
    {
        "typeName": "ALIYUN::TEST::Thing",
        "summary": "A thing.",
        "physicalIdSays": "its id",
        "renewedAttributes": ["Core"],
        "properties": {
            "Size": {"type": "Integer", "update": "replaces"},
            "Material": {"type": "String", "update": "renews"},
            "Name": {"type": "String", "update": "in_place"},
            "Text": {"type": "String", "update": "in_place", "updatableToNothing": False},
            "Force": {"type": "Boolean", "update": "ignored", "default": False},
            "Parts": {"type": "List", "update": "in_place"},
            "Tags": {"type": "List", "update": "in_place", "ordered": False},
            "Disk": {
                "type": "String", "update": "in_place", "updatableToNothing": False,
                "changeSays": "what is on it is lost",
            },
        },
        "attributes": {"Core": {"type": "String"}},
    }
)  # fmt: skip
NO, YES, MAYBE = Replacement.NO, Replacement.YES, Replacement.MAYBE


@pytest.mark.parametrize(
    ("before", "after", "changed", "needs"),
    [
        pytest.param({"Name": "a"}, {"Name": "a"}, [], NO, id="equal"),
        pytest.param({"Name": "a"}, {"Name": "b"}, ["Name"], NO, id="in place"),
        pytest.param({"Size": 1}, {"Size": 2}, ["Size"], YES, id="replaces"),
        pytest.param({"Size": 1}, {"Size": UNKNOWN}, ["Size"], MAYBE, id="known later: perhaps"),
        pytest.param({"Name": "a"}, {"Name": UNKNOWN}, ["Name"], NO, id="later, in place"),
        pytest.param({"Size": 1}, {}, ["Size"], YES, id="taken away"),
        pytest.param({}, {"Size": 1}, ["Size"], YES, id="added"),
        pytest.param({}, {"Force": False}, [], NO, id="the default, said aloud"),
        pytest.param({"Force": False}, {}, [], NO, id="the default, no longer said"),
        pytest.param({"Parts": ["a", "b"]}, {"Parts": ["b", "a"]}, ["Parts"], NO, id="order counts"),
        pytest.param({"Tags": ["a", "b"]}, {"Tags": ["b", "a"]}, [], NO, id="order means nothing"),
        pytest.param({"Tags": ["a", "a"]}, {"Tags": ["a"]}, ["Tags"], NO, id="how often counts"),
        pytest.param({"Size": 1}, {"Size": 1.0}, [], NO, id="the same number"),
        pytest.param({"Parts": [True]}, {"Parts": [1]}, ["Parts"], NO, id="true is not 1"),
        pytest.param({"Parts": [{"A": 0}]}, {"Parts": [{"A": False}]}, ["Parts"], NO, id="0, false"),
        pytest.param({"Name": Secret("a")}, {"Name": "a"}, [], NO, id="a secret no longer one"),
        pytest.param({"Name": "a"}, {"Name": Secret("b")}, ["Name"], NO, id="another, secret"),
        pytest.param(
            {"Size": 1, "Name": "a"}, {"Size": UNKNOWN, "Name": "b"}, ["Size", "Name"], MAYBE,
            id="the strongest need counts",
        ),
    ],
)  # fmt: skip
def test_changes(
    before: dict[str, Value], after: dict[str, Value], changed: list[str], needs: Replacement
) -> None:
    found = differences(SCHEMA, before, after)
    assert [change.path[0] for change in found] == changed
    assert replacement_of(found) is needs


@pytest.mark.parametrize(
    ("before", "after", "remark"),
    [
        ({"Material": "a"}, {"Material": "b"}, "made anew behind the same Ref; Core will be new"),
        ({"Force": False}, {"Force": True}, "only recorded, nothing is called"),
        ({"Text": "a"}, {}, "the cloud cannot clear it: its old text stays there"),
        ({"Text": "a"}, {"Text": "b"}, ""),
        ({"Name": "a"}, {}, ""),
    ],
    ids=["renews", "ignored", "cannot be cleared", "changed text", "can be cleared"],
)
def test_a_remark_says_what_people_do_not_expect(
    before: dict[str, Value], after: dict[str, Value], remark: str
) -> None:
    (change,) = differences(SCHEMA, before, after)
    assert change.remark == remark
    assert renews(SCHEMA, (change,)) is ("anew" in remark)


@pytest.mark.parametrize(
    ("after", "remarks"),
    [
        ({"Disk": "b"}, ["what is on it is lost"]),
        ({"Disk": UNKNOWN}, ["what is on it is lost"]),
        ({}, ["the cloud cannot clear it: its old text stays there"]),
        ({"Disk": "b", "Size": UNKNOWN}, ["", "what is on it is lost"]),
        ({"Disk": "b", "Size": 2}, ["", ""]),
    ],
    ids=["known", "known later", "cannot be cleared", "replaced perhaps", "replaced"],
)
def test_what_a_change_in_place_brings_with_it_is_told(
    after: dict[str, Value], remarks: list[str]
) -> None:
    assert [one.remark for one in differences(SCHEMA, {"Disk": "a"}, after)] == remarks


def test_a_change_knows_its_line() -> None:
    span = Span("t.yml", 7, 3)
    (change,) = differences(SCHEMA, {"Name": "a"}, {"Name": "b"}, {"Name": span})
    assert change.span == span


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([0.5, 1.0])
    | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)
properties = st.dictionaries(st.sampled_from(sorted(SCHEMA.properties)), values, max_size=5)


@given(properties)
def test_nothing_differs_from_itself(found: dict[str, Value]) -> None:
    assert differences(SCHEMA, found, dict(found)) == ()
    assert signature(SCHEMA, found) == signature(SCHEMA, dict(found))


@given(properties, properties)
def test_equal_signatures_change_nothing_that_is_called(
    before: dict[str, Value], after: dict[str, Value]
) -> None:
    called = [c for c in differences(SCHEMA, before, after) if c.path[0] != "Force"]
    assert (signature(SCHEMA, before) == signature(SCHEMA, after)) is (not called)


@given(properties, properties)
def test_the_way_back_changes_the_same_properties(
    before: dict[str, Value], after: dict[str, Value]
) -> None:
    there = [change.path for change in differences(SCHEMA, before, after)]
    back = [change.path for change in differences(SCHEMA, after, before)]
    assert there == back


@pytest.mark.parametrize(
    ("found", "is_settled"),
    [
        ({"Name": "a"}, True),
        ({"Name": UNKNOWN}, False),
        ({"Parts": ["a", [UNKNOWN]]}, False),
        ({"Name": Secret("a")}, True),
        ({"Name": Secret(UNKNOWN)}, False),
        ({}, True),
    ],
    ids=["known", "unknown", "unknown deep inside", "a secret", "an unknown secret", "nothing"],
)
def test_settled(found: dict[str, Value], is_settled: bool) -> None:
    assert settled(found) is is_settled
