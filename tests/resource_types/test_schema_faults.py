"""Schemas of packages: every fault is told at once, with its place."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from imageferry import resource_types
from imageferry.resource_types.packages.schema_faults import schema_faults

GOOD: Mapping[str, Any] = {
    "typeName": "ACME::A::B",
    "summary": "Makes something.",
    "physicalIdSays": "Its id.",
    "dialects": ["ros"],
    "properties": {
        "Name": {"type": "String", "update": "in_place", "minLength": 1, "maxLength": 9},
        "Sizes": {"type": "List", "items": {"type": "Integer"}},
        "More": {"type": "Map", "members": {"Deep": {"type": "String"}}},
    },
    "attributes": {"Id": {"type": "String", "description": "Its id."}},
}


def put(*path: str, value: object) -> Callable[[dict[str, Any]], None]:
    def change(schema: dict[str, Any]) -> None:
        for name in path[:-1]:
            schema = schema[name]
        schema[path[-1]] = value

    return change


FAULTS: Mapping[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "a key": (
        put("replacedByHandlr", value=True),
        "replacedByHandlr is no key of a schema (did you mean 'replacedByHandler'?)",
    ),
    "a key of a property": (
        put("properties", "Name", "requird", value=True),
        "properties.Name.requird is no key of it (did you mean 'required'?)",
    ),
    "a key deep down": (
        put("properties", "More", "members", "Deep", "patern", value="x"),
        "properties.More.members.Deep.patern is no key of it (did you mean 'pattern'?)",
    ),
    "a key of an attribute": (
        put("attributes", "Id", "says", value="x"), "attributes.Id.says is no key of it",
    ),
    "a type": (
        put("properties", "Name", "type", value="Strng"),
        'properties.Name.type is "Strng", and may be String, Boolean, Integer, Number, List, Map or Any'
        " (did you mean 'String'?)",
    ),
    "a type in a list": (
        put("properties", "Sizes", "items", "type", value=7),
        "properties.Sizes.items.type is 7, and is to be a text",
    ),
    "no type": (put("attributes", "Id", value={}), "attributes.Id.type is missing"),
    "an update": (
        put("properties", "Name", "update", value="inplace"),
        'properties.Name.update is "inplace", and may be in_place, renews, replaces or ignored'
        " (did you mean 'in_place'?)",
    ),
    "a text for a flag": (
        put("properties", "Name", "required", value="yes"),
        'properties.Name.required is "yes", and is to be true or false',
    ),
    "a flag for a number": (
        put("properties", "Name", "maxLength", value=True),
        "properties.Name.maxLength is True, and is to be a number",
    ),
    "limits the wrong way": (
        put("properties", "Name", "minLength", value=10),
        "properties.Name.minLength is 10, and maxLength is 9",
    ),
    "a pattern": (
        put("properties", "Name", "pattern", value="["),
        "properties.Name.pattern is no regular expression",
    ),
    "items of a text": (
        put("properties", "Name", "items", value={"type": "String"}),
        "properties.Name.items stands in a String, and says what is in a List",
    ),
    "a language": (
        put("dialects", value=["ros", "cloudformaton"]),
        'dialects: "cloudformaton" is not a template language (did you mean \'cloudformation\'?)',
    ),
    "an attribute that is none": (
        put("renewedAttributes", value=["ID"]),
        "renewedAttributes: \"ID\" is not an attribute (did you mean 'Id'?)",
    ),
    "a reference to none": (put("refGives", value="X"), 'refGives: "X" is not an attribute'),
    "a property that is none": (put("keptBy", value={"X": 1}), 'keptBy: "X" is not a property'),
    "an old name of none": (
        put("properties", "Name", "oldNameOf", value="X"),
        'properties.Name.oldNameOf: "X" is not a property',
    ),
    "a property that is a text": (
        put("properties", "Name", value="String"),
        'properties.Name is "String", and is to be a map',
    ),
    "no attributes": (lambda schema: schema.pop("attributes"), '"attributes" is missing'),
}  # fmt: skip


@pytest.mark.parametrize(("change", "says"), FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_is_told_with_its_place(
    change: Callable[[dict[str, Any]], None], says: str
) -> None:
    schema = copy.deepcopy(dict(GOOD))
    change(schema)
    (fault,) = schema_faults(schema)
    assert fault.startswith(says)


def test_all_faults_are_told_at_once() -> None:
    schema = copy.deepcopy(dict(GOOD))
    for name in ("a key", "a type", "an update", "a language"):
        FAULTS[name][0](schema)
    assert len(schema_faults(schema)) == 4


def test_what_is_no_object_is_told() -> None:
    assert schema_faults(["x"]) == ["a schema is a JSON object"]


BUILT_IN = sorted(Path(resource_types.__file__).parent.rglob("*.schema.json"))


@pytest.mark.parametrize("path", BUILT_IN, ids=lambda path: path.stem)
def test_no_built_in_schema_has_a_fault(path: Path) -> None:
    assert schema_faults(json.loads(path.read_text(encoding="utf-8"))) == []
