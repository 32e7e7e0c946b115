"""Schemas and rules of the types whose images are made."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from imageferry.model.diagnostics import Severity
from imageferry.model.schemas import UpdateBehaviour
from imageferry.model.values import UNKNOWN, Value
from imageferry.resource_types.catalog import TypeCatalog
from tests.resource_types.baking import (
    CUSTOM,
    DISK,
    IMAGE,
    IMPORT,
    REGION,
    TYPES,
    wanted,
)

# --- schemas --------------------------------------------------------------------------------------

IN_PLACE_OF = {
    CUSTOM: {"ResourceGroupId"},
    IMAGE: {"ImageName", "Name", "Description", "ResourceGroupId", "Tags"},
    IMPORT: {"ImageName", "Description"},
}
IGNORED_OF = {CUSTOM: set(), IMAGE: {"Force", "Timeouts"}, IMPORT: {"Timeouts"}}


@TYPES
def test_every_other_property_makes_the_image_anew(type_name: str) -> None:
    found = TypeCatalog(None).find(type_name)
    assert found is not None
    anew = UpdateBehaviour.REPLACES if type_name == CUSTOM else UpdateBehaviour.RENEWS
    expected = dict.fromkeys(found.schema.properties, anew)
    expected |= dict.fromkeys(IN_PLACE_OF[type_name], UpdateBehaviour.IN_PLACE)
    expected |= dict.fromkeys(IGNORED_OF[type_name], UpdateBehaviour.IGNORED)
    assert {name: one.update for name, one in found.schema.properties.items()} == expected


@TYPES
def test_an_image_comes_from_nowhere_and_is_where_it_is_made(type_name: str) -> None:
    found = TypeCatalog(None).find(type_name)
    assert found is not None
    assert found.route(wanted(type_name), REGION) == ("", REGION)
    elsewhere = {"SourceRegionId": UNKNOWN} if type_name == CUSTOM else {}
    there = found.route(wanted(type_name, **elsewhere), REGION)
    assert there == (None if type_name == CUSTOM else ("", REGION))


# --- rules ----------------------------------------------------------------------------------------

RULES: Mapping[str, tuple[str, dict[str, Value], list[str]]] = {
    "one source": (CUSTOM, {"InstanceId": "i-1"}, []),
    "a source that is not known yet": (CUSTOM, {"InstanceId": UNKNOWN}, []),
    "no source": (CUSTOM, {"ImageName": "baked"}, ["IF534 error"]),
    "no source in Terraform's type": (IMAGE, {}, ["IF534 error"]),
    "a snapshot beside an instance": (
        CUSTOM, {"InstanceId": "i-1", "SnapshotId": "s-1"}, ["IF535 warning"],
    ),
    "a snapshot beside an instance in Terraform's type": (
        IMAGE, {"InstanceId": "i-1", "SnapshotId": "s-1"}, ["IF535 error"],
    ),
    "all three": (
        CUSTOM,
        {"InstanceId": "i-1", "SnapshotId": "s-1", "DiskDeviceMapping": [{"SnapshotId": "s-1"}]},
        ["IF535 warning", "IF535 warning"],
    ),
    "an id of something else": (CUSTOM, {"SnapshotId": "m-1"}, ["IF541 warning"]),
    "devices": (
        CUSTOM,
        {"DiskDeviceMapping": [
            {"SnapshotId": "s-1", "Device": "/dev/sda"},
            {"Device": "/dev/xvdb"},
            {"Device": "/dev/vdb"},
            {"Device": "/dev/xvda"},
        ]},
        ["IF536 error"] * 3,
    ),
    "sizes": (
        CUSTOM,
        {"DiskDeviceMapping": [{"SnapshotId": "s-1", "Size": 4}, {"Size": 5}, {"Size": 32769}]},
        ["IF537 error"] * 2,
    ),
    "disks of an ignored mapping": (
        CUSTOM,
        {"InstanceId": "i-1", "DiskDeviceMapping": [{"Size": 1}]},
        ["IF535 warning"],
    ),
    "kinds of disks": (
        IMAGE,
        {"DiskDeviceMapping": [{"DiskType": "data"}, {"DiskType": "system"}]},
        ["IF538 error"] * 3,
    ),
    "an import without objects": (
        IMPORT, {"DiskDeviceMapping": [{"OssBucket": "golden"}, {}]}, ["IF539 error"] * 3,
    ),
    "a bucket's address": (
        IMPORT,
        {"DiskDeviceMapping": [{"OssBucket": "oss://golden", "OssObject": "a.raw"}]},
        ["IF539 error"],
    ),
    "the size of an import": (
        IMPORT, {"DiskDeviceMapping": [{**DISK, "DiskImageSize": 2049}]}, ["IF537 error"],
    ),
    "a platform of another spelling": (
        IMPORT, {"DiskDeviceMapping": [DISK], "Platform": "centos"}, ["IF540 warning"],
    ),
    "a family with a reserved word": (
        CUSTOM, {"InstanceId": "i-1", "ImageFamily": "aliyun-web"}, ["IF524 error"],
    ),
    "a description, a tag, a time": (
        IMAGE,
        {
            "InstanceId": "i-1",
            "Description": "http://a",
            "Tags": [{"MapKey": "acs:a", "MapValue": ""}],
            "Timeouts": {"Create": "soon"},
        },
        ["IF525 error", "IF531 error", "IF532 error"],
    ),
    "a region of another cloud": (
        CUSTOM, {"InstanceId": "i-1", "SourceRegionId": "us-east-2"}, ["IF522 error"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("type_name", "properties", "codes"), RULES.values(), ids=RULES)
def test_rules_that_no_schema_says(
    type_name: str, properties: dict[str, Value], codes: list[str]
) -> None:
    found = TypeCatalog(None).find(type_name)
    assert found is not None
    problems = found.check(properties, REGION)
    words = {Severity.ERROR: "error", Severity.WARNING: "warning"}
    assert sorted(f"{one.code} {words[one.severity]}" for one in problems) == sorted(codes)
    assert all(one.message and one.remedy for one in problems)
