"""Reference pages of resource types, from their schemas."""

from __future__ import annotations

import json
import re

import pytest

from imageferry.cli.display.pages import (
    constraint_of,
    json_syntax,
    markdown_page,
    return_values,
    text_page,
    yaml_syntax,
)
from imageferry.cli.types import index_page, page_name, schema_json
from imageferry.model.schemas import (
    AttributeSchema,
    PropertySchema,
    ResourceSchema,
    UpdateBehaviour,
    ValueType,
)
from tests.cli.golden import check

TEXT = PropertySchema(ValueType.STRING)
TAG = PropertySchema(
    ValueType.MAP,
    members={
        "Key": PropertySchema(ValueType.STRING, required=True, min_length=1, max_length=128),
        "Value": PropertySchema(ValueType.STRING, max_length=128, description="May be empty."),
    },
)
FERRY = ResourceSchema(
    type_name="TF::Example::Ferry",
    summary="A ferry between two shores.",
    properties={
        "From": PropertySchema(
            ValueType.STRING,
            required=True,
            update=UpdateBehaviour.RENEWS,
            description="Where it starts.",
            pattern="[a-z-]+",
            pattern_says="a region id",
        ),
        "Name": PropertySchema(
            ValueType.STRING,
            update=UpdateBehaviour.IN_PLACE,
            old_name_of="FerryName",
            empty_is_unset=True,
        ),
        "Fast": PropertySchema(
            ValueType.BOOLEAN,
            update=UpdateBehaviour.IGNORED,
            default=False,
            allowed_values=(True, False),
        ),
        "Tags": PropertySchema(
            ValueType.LIST,
            update=UpdateBehaviour.IN_PLACE,
            description="Tags of the ferry.",
            items=TAG,
            max_items=20,
        ),
        "Ports": PropertySchema(ValueType.LIST, items=TEXT, min_items=1),
        "Timeouts": PropertySchema(
            ValueType.MAP,
            update=UpdateBehaviour.IGNORED,
            members={"Create": TEXT, "Delete": TEXT},
            updatable_to_nothing=False,
        ),
    },
    attributes={"Id": AttributeSchema(ValueType.STRING, "The ferry's id.")},
    physical_id_says="An id that survives everything.",
    renewed_attributes=("Id",),
    aliases=("TF::Example::Boat",),
    notes=("It sails on days that end in y.",),
    dialects=("cloudformation",),
    parts={"Timeouts": "How long each deed may take, such as 1h30m."},
)


def test_the_page_on_a_terminal() -> None:
    check("type-page.txt", "\n".join(text_page(FERRY)) + "\n")


def test_the_page_in_markdown() -> None:
    check("type-page.md", markdown_page(FERRY))


def test_json_syntax_is_json_but_for_the_types() -> None:
    text = "\n".join(json_syntax(FERRY))
    filled = re.sub(r"(?<![\"\w:])(String|Boolean)(?![\w\"])", '"x"', text).replace(", …", "")
    document = json.loads(filled)
    assert set(document["Properties"]) == set(FERRY.properties)
    assert document["Properties"]["Tags"] == [{"Key": "x", "Value": "x"}]


def test_yaml_syntax_is_yaml() -> None:
    yaml = pytest.importorskip("yaml")
    document = yaml.safe_load("\n".join(yaml_syntax(FERRY)))
    assert document["Type"] == "TF::Example::Ferry"
    assert document["Properties"]["Tags"] == [{"Key": "String", "Value": "String"}]
    assert document["Properties"]["Ports"] == ["String"]
    assert document["Properties"]["Timeouts"] == {"Create": "String", "Delete": "String"}


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        pytest.param(TEXT, "", id="none"),
        pytest.param(
            PropertySchema(ValueType.STRING, min_length=2, max_length=128),
            "2 to 128 characters",
            id="length",
        ),
        pytest.param(
            PropertySchema(ValueType.STRING, min_length=3, max_length=3), "3 characters", id="exact"
        ),
        pytest.param(
            PropertySchema(ValueType.LIST, items=PropertySchema(ValueType.STRING, max_length=5)),
            "each: at most 5 characters",
            id="of each entry",
        ),
        pytest.param(
            PropertySchema(ValueType.STRING, allowed_values=("a", "b")), "one of a, b", id="choices"
        ),
        pytest.param(
            PropertySchema(ValueType.STRING, pattern="a+", constraint="needs Encrypted"),
            "needs Encrypted",
            id="the schema's own words",
        ),
    ],
)
def test_constraints_in_words(schema: PropertySchema, said: str) -> None:
    assert constraint_of(schema) == said


def test_return_values_begin_with_ref() -> None:
    assert [name for name, _, _ in return_values(FERRY)] == ["Ref", "Fn::GetAtt Id"]


def test_files_and_index() -> None:
    assert page_name(FERRY) == "TF-Example-Ferry.md"
    assert "[TF::Example::Ferry](TF-Example-Ferry.md)" in index_page([FERRY])


def test_json_of_a_type() -> None:
    document = json.loads(json.dumps(schema_json(FERRY)))
    assert document["properties"]["From"]["update"] == "renews"
    assert document["properties"]["Tags"]["items"]["members"]["Key"]["required"] is True
    assert document["renewed_attributes"] == ["Id"]
