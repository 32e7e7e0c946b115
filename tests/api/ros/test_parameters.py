"""What an action may be given: kinds, lists in both spellings, bounds, and what is refused."""

from __future__ import annotations

import pytest

from imageferry.api.ros.errors import RosError
from imageferry.api.ros.parameters import (
    boolean,
    integer,
    lists,
    read_parameters,
    structures,
    text,
    texts,
)

FIELDS = (
    text("Name", needed=True, pattern="[a-z]+", says="it must be letters"),
    text("Mode", "Quick", "Safe"),
    integer("Size", 1, 50),
    boolean("Dry"),
    texts("Ids", most=3),
    structures("Tags", "Key", optional=("Value",), most=2),
    lists("Filters", "Size", "Team"),
)


def read(*pairs: tuple[str, str], named: bool = True) -> dict[str, object]:
    start = (("Name", "a"),) if named else ()
    return dict(read_parameters(FIELDS, (*start, *pairs)).values)


@pytest.mark.parametrize(
    ("pairs", "name", "value"),
    [
        pytest.param([("Dry", "True")], "Dry", True, id="boolean as Python writes it"),
        pytest.param([("Dry", "false")], "Dry", False, id="boolean as others write it"),
        pytest.param([("Size", "50")], "Size", 50, id="number"),
        pytest.param([("Ids.1", "a"), ("Ids.2", "b")], "Ids", ("a", "b"), id="counted list"),
        pytest.param([("Ids.0", "a"), ("Ids.7", "b")], "Ids", ("a", "b"), id="gaps and zero"),
        pytest.param([("Ids.10", "b"), ("Ids.9", "a")], "Ids", ("a", "b"), id="by number"),
        pytest.param([("Ids", '["a", "b"]')], "Ids", ("a", "b"), id="JSON list"),
        pytest.param([("Ids", "a")], "Ids", ("a",), id="one plain entry"),
        pytest.param([("Ids", "")], "Ids", (), id="an empty list"),
        pytest.param(
            [("Tags.1.Key", "a"), ("Tags.1.Value", "1"), ("Tags.2.Key", "b")],
            "Tags",
            ({"Key": "a", "Value": "1"}, {"Key": "b"}),
            id="structures",
        ),
        pytest.param(
            [("Tags", '[{"Key": "a", "Value": null}]')],
            "Tags",
            ({"Key": "a"},),
            id="JSON structures",
        ),
        pytest.param(
            [("Filters.1.Name", "Size"), ("Filters.1.Values.1", "a"), ("Filters.1.Values.3", "b")],
            "Filters",
            ({"Name": "Size", "Value": "a"}, {"Name": "Size", "Value": "b"}),
            id="named lists",
        ),
        pytest.param(
            [("Filters", '[{"Name": "Team", "Values": ["a"]}]')],
            "Filters",
            ({"Name": "Team", "Value": "a"},),
            id="JSON named lists",
        ),
        pytest.param([("Name", "a")], "Name", "a", id="the same twice"),
    ],
)
def test_what_is_read(pairs: list[tuple[str, str]], name: str, value: object) -> None:
    assert read(*pairs)[name] == value


def test_unknown_and_empty_parameters_are_passed_over() -> None:
    assert read(("Nobody", "x"), ("Mode", ""), ("Size", "")) == {"Name": "a"}


@pytest.mark.parametrize(
    ("pairs", "code", "says"),
    [
        pytest.param([("Mode", "Slow")], "InvalidParameter", "Mode is invalid", id="choice"),
        pytest.param([("Size", "0")], "InvalidParameter", "between 1 and 50", id="zero"),
        pytest.param([("Size", "-1")], "InvalidParameter", "between 1 and 50", id="negative"),
        pytest.param([("Size", "1000000000")], "InvalidParameter", "between", id="huge"),
        pytest.param([("Size", "9" * 5_000)], "InvalidParameter", "whole number", id="endless"),
        pytest.param([("Size", "1.5")], "InvalidParameter", "whole number", id="fraction"),
        pytest.param([("Dry", "yes")], "InvalidParameter", "true or false", id="truth"),
        pytest.param([("Name.1", "a")], "InvalidParameter", "must be a text", id="list for text"),
        pytest.param([("Ids", "[1")], "InvalidParameter", "JSON list", id="broken JSON"),
        pytest.param([("Ids", "[" * 90_000)], "InvalidParameter", "JSON list", id="deep JSON"),
        pytest.param([("Ids.1.A", "x")], "InvalidParameter", "Ids.1", id="structure for text"),
        pytest.param([(f"Ids.{n}", "x") for n in range(4)], "InvalidParameter", "3", id="many"),
        pytest.param([("Tags.1.Value", "x")], "MissingParameter", "Tags.1.Key", id="member"),
        pytest.param([("Tags", "x")], "InvalidParameter", "list", id="no structures"),
        pytest.param([("Name", "b")], "InvalidParameter", "given twice", id="two values"),
        pytest.param([("Filters", "x")], "InvalidParameter", "list", id="no named lists"),
        pytest.param([("Filters.1", "x")], "InvalidParameter", "Filters.1", id="no name"),
        pytest.param(
            [("Filters.1.Name", "Age")], "InvalidParameter", "Filters.1.Name", id="no such name"
        ),
        pytest.param(
            [("Filters.1.Name", "Size"), ("Filters.1.Values.1.A", "x")],
            "InvalidParameter",
            "Filters.1.Values.1",
            id="structure in a named list",
        ),
        pytest.param([("Ids", '["\\ud800"]')], "InvalidParameter", "character", id="half a pair"),
        pytest.param([("Ids.1", "a\0b")], "InvalidParameter", "character", id="NUL in a list"),
        pytest.param(
            [("Tags", '[{"Key": "\\udfff"}]')], "InvalidParameter", "character", id="half in a tag"
        ),
        pytest.param([("Ids.1", "x" * 2_049)], "InvalidParameter", "2,048", id="a long entry"),
        pytest.param([("Mode", "Quick\0")], "InvalidParameter", "character", id="NUL"),
    ],
)
def test_what_is_refused(pairs: list[tuple[str, str]], code: str, says: str) -> None:
    with pytest.raises(RosError) as caught:
        read(*pairs, named=pairs[0][0] != "Name.1")
    assert (caught.value.code, caught.value.status) == (code, 400)
    assert says in caught.value.message


def test_all_faults_are_told_and_what_is_missing_decides() -> None:
    with pytest.raises(RosError) as caught:
        read(("Size", "0"), ("Dry", "x"), named=False)
    assert caught.value.code == "MissingParameter"
    for name in ("Name", "Size", "Dry"):
        assert f" {name} " in caught.value.message
