"""A catalog of two types, and templates read from text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from imageferry.dialects.reader import read
from imageferry.model.handlers import HandlerRequest, Outcome
from imageferry.model.schemas import (
    AttributeSchema,
    Problem,
    PropertySchema,
    ResourceSchema,
    ValueType,
)
from imageferry.model.templates import Template
from imageferry.model.values import Value
from imageferry.ports.types import BrokenType, Catalog, ResourceType

TAGS = PropertySchema(
    ValueType.LIST,
    max_items=2,
    items=PropertySchema(
        ValueType.MAP,
        members={
            "Key": PropertySchema(ValueType.STRING, required=True),
            "Value": PropertySchema(ValueType.STRING),
        },
    ),
)
COPY = ResourceSchema(
    "ALIYUN::ECS::CopyImage",
    "",
    {
        "ImageId": PropertySchema(ValueType.STRING, required=True, pattern="m-[a-z0-9]+"),
        "DestinationRegionId": PropertySchema(ValueType.STRING, required=True),
        "DestinationImageName": PropertySchema(ValueType.STRING, min_length=2, empty_is_unset=True),
        "Encrypted": PropertySchema(ValueType.BOOLEAN),
        "KMSKeyId": PropertySchema(ValueType.STRING),
        "Tag": TAGS,
    },
    {"ImageId": AttributeSchema(ValueType.STRING)},
    "the image id",
)
TF_COPY = ResourceSchema(
    "TF::Alicloud::ImageCopy",
    "",
    {
        "SourceImageId": PropertySchema(ValueType.STRING, required=True),
        "ImageName": PropertySchema(ValueType.STRING),
        "Encrypted": PropertySchema(ValueType.BOOLEAN),
    },
    {"Id": AttributeSchema(ValueType.STRING), "tfcfnid": AttributeSchema(ValueType.STRING)},
    "a UUID",
)


def check(properties: Mapping[str, Value], region: str) -> Sequence[Problem]:
    """The one rule of the first type that no schema can say."""
    if properties.get("DestinationRegionId") == region and not properties.get("Encrypted"):
        return [Problem("IF520", ("DestinationRegionId",), "the regions are equal")]
    return []


class NoHandler:
    """Nothing is made here."""

    async def create(self, request: HandlerRequest) -> Outcome:
        raise AssertionError

    read = update = delete = clean_up = create


class Shelf:
    """The two types."""

    def find(self, type_name: str) -> ResourceType | None:
        for schema in (COPY, TF_COPY):
            if schema.type_name == type_name:
                return ResourceType(schema, check, NoHandler())
        return None

    def names(self) -> Sequence[str]:
        return [COPY.type_name, TF_COPY.type_name]

    def broken(self, type_name: str | None = None) -> Sequence[BrokenType]:
        return []


@pytest.fixture
def catalog() -> Catalog:
    return Shelf()


Reader = Callable[[str], Template]
Codes = Callable[[Any], list[tuple[str, int]]]


@pytest.fixture
def template_of() -> Reader:
    """Reads a template from its text; in ROS where it names no version."""

    def template(text: str) -> Template:
        if "FormatVersion" not in text:
            text = f"ROSTemplateFormatVersion: '2015-09-01'\n{text}"
        reading = read(text.encode(), "t.yml")
        assert reading.template is not None, reading.diagnostics
        return reading.template

    return template


def codes(diagnostics: Sequence[Any]) -> list[tuple[str, int]]:
    """Code and line of each diagnostic."""
    return [(one.code, one.span.line if one.span else 0) for one in diagnostics]


@pytest.fixture
def codes_of() -> Callable[[Sequence[Any]], list[tuple[str, int]]]:
    return codes
