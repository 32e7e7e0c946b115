"""The catalog and its schemas: names, aliases, and what the pages of a type need."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys

import pytest

from imageferry.model.handlers import Failed, HandlerAction, HandlerRequest
from imageferry.model.schemas import PropertySchema, UpdateBehaviour
from imageferry.resource_types.catalog import CONNECTIONS, TypeCatalog
from imageferry.resource_types.installed import TYPES, Entry
from imageferry.resource_types.rooms import load
from tests.resource_types.copying import ROS, TF


def test_names_and_aliases() -> None:
    catalog = TypeCatalog(None)
    assert {ROS, TF} <= set(catalog.names())
    assert list(catalog.names()) == sorted(catalog.names())
    alias = catalog.find("TF::Alicloud::CopyImage")
    assert alias is not None
    assert alias.schema.type_name == TF
    assert "TF::Alicloud::CopyImage" not in catalog.names()
    assert catalog.find("ALIYUN::ECS::Nothing") is None


def test_every_type_has_a_connection() -> None:
    assert CONNECTIONS.keys() == {entry.type_name for entry in TYPES}


@pytest.mark.parametrize("entry", TYPES, ids=[entry.type_name for entry in TYPES])
def test_a_row_names_the_room_of_its_type(entry: Entry) -> None:
    room = load(entry.room)
    found = TypeCatalog(None).find(entry.type_name)
    assert found is not None
    assert entry.type_name == room.TYPE_NAME == found.schema.type_name
    assert entry.aliases == tuple(found.schema.aliases) == getattr(room, "ALIASES", ())
    place, function = CONNECTIONS[entry.type_name]
    connect = getattr(load(f"connecting.{place}"), function)
    assert connect.__doc__ == f"{entry.type_name}."


_LOADED = """
import json, sys
from imageferry.resource_types.installed import InstalledTypes
InstalledTypes().find("ALIYUN::ECS::CopyImage")
digests = "hashlib" in sys.modules
from imageferry.resource_types.catalog import TypeCatalog
TypeCatalog(None).find("ALIYUN::ECS::CopyImage")
rooms = {name.split(".")[2] for name in sys.modules if name.startswith("imageferry.resource_types.")}
print(json.dumps([sorted(rooms), digests]))
"""


def test_who_uses_one_type_does_not_load_the_others() -> None:
    said = subprocess.run(
        [sys.executable, "-c", _LOADED], capture_output=True, text=True, check=True
    ).stdout
    rooms, digests = json.loads(said)
    others = {"exports", "families", "image_queries", "instances", "sharing", "snapshots", "tf"}
    assert others.isdisjoint(rooms)
    assert {"ecs", "image_copies"} <= set(rooms)
    assert digests is False


UPDATES = {
    ROS: {
        "ImageId": UpdateBehaviour.REPLACES,
        "DestinationRegionId": UpdateBehaviour.REPLACES,
        "SourceRegionId": UpdateBehaviour.REPLACES,
        "DestinationImageName": UpdateBehaviour.REPLACES,
        "DestinationDescription": UpdateBehaviour.REPLACES,
        "Encrypted": UpdateBehaviour.REPLACES,
        "KMSKeyId": UpdateBehaviour.REPLACES,
        "ResourceGroupId": UpdateBehaviour.IN_PLACE,
        "AllowCopyInSameRegion": UpdateBehaviour.REPLACES,
        "Tag": UpdateBehaviour.REPLACES,
    },
    TF: {
        "SourceImageId": UpdateBehaviour.RENEWS,
        "SourceRegionId": UpdateBehaviour.RENEWS,
        "ImageName": UpdateBehaviour.IN_PLACE,
        "Name": UpdateBehaviour.IN_PLACE,
        "Description": UpdateBehaviour.IN_PLACE,
        "Encrypted": UpdateBehaviour.RENEWS,
        "KmsKeyId": UpdateBehaviour.RENEWS,
        "Force": UpdateBehaviour.IGNORED,
        "Tags": UpdateBehaviour.IN_PLACE,
        "Timeouts": UpdateBehaviour.IGNORED,
    },
}


@pytest.mark.parametrize("type_name", [ROS, TF])
def test_each_property_says_what_a_change_means(type_name: str) -> None:
    found = TypeCatalog(None).find(type_name)
    assert found is not None
    given = {name: one.update for name, one in found.schema.properties.items()}
    assert given == UPDATES[type_name]


@pytest.mark.parametrize(
    ("type_name", "required", "attributes"),
    [
        (
            ROS,
            {"ImageId", "DestinationRegionId"},
            {"ImageId", "SourceRegionId", "DestinationRegionId"},
        ),
        (TF, {"SourceImageId", "SourceRegionId"}, {"Id", "tfcfnid"}),
    ],
    ids=["ros", "tf"],
)
def test_what_is_required_and_what_is_returned(
    type_name: str, required: set[str], attributes: set[str]
) -> None:
    found = TypeCatalog(None).find(type_name)
    assert found is not None
    assert {name for name, one in found.schema.properties.items() if one.required} == required
    assert found.schema.attributes.keys() == attributes


def _all(properties: object) -> list[PropertySchema]:
    found: list[PropertySchema] = []
    assert isinstance(properties, dict)
    for one in properties.values():
        found.append(one)
        members = one.members or (one.items.members if one.items else None)
        if members:
            found += _all(members)
    return found


@pytest.mark.parametrize("type_name", [ROS, TF])
def test_everything_has_a_description(type_name: str) -> None:
    found = TypeCatalog(None).find(type_name)
    assert found is not None
    assert all(one.description for one in _all(found.schema.properties))
    assert all(one.description for one in found.schema.attributes.values())
    assert found.schema.notes
    assert found.schema.parts


def test_without_a_cloud_every_question_fails() -> None:
    found = TypeCatalog(None).find(ROS)
    assert found is not None
    request = HandlerRequest(
        HandlerAction.CREATE, ROS, "A", "s", "s", "cn-hangzhou", "i", "o", "t", 0.0, 0.0
    )
    outcome = asyncio.run(found.handler.create(request))
    assert isinstance(outcome, Failed)
    assert "no cloud" in outcome.message
