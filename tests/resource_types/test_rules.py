"""The rules of both types, checked before the first call: what, where, and nothing more than that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from imageferry.evaluation.conformance import conform
from imageferry.model.addresses import render_path
from imageferry.model.diagnostics import Severity
from imageferry.model.schemas import Problem
from imageferry.model.values import UNKNOWN, Secret, Value
from imageferry.resource_types.catalog import TypeCatalog
from imageferry.resource_types.image_copies.rules import parse_duration
from tests.resource_types.copying import REGION, ROS, SOURCE_REGION, TF, properties

TYPES = pytest.mark.parametrize("type_name", [ROS, TF], ids=["ros", "tf"])


def problems(type_name: str, wanted: Mapping[str, Value]) -> list[Problem]:
    """All that the schema and the rules say of properties as a template gives them."""
    found = TypeCatalog(None).find(type_name)
    assert found is not None
    conformed = conform(found.schema, wanted)
    region = SOURCE_REGION if type_name == ROS else REGION
    return [*conformed.problems, *found.check(conformed.values, region)]


def said(type_name: str, wanted: Mapping[str, Value]) -> list[tuple[str, str]]:
    return [(one.code, render_path(one.path)) for one in problems(type_name, wanted)]


PATHS = {
    "name": {ROS: "DestinationImageName", TF: "ImageName"},
    "description": {ROS: "DestinationDescription", TF: "Description"},
    "source": {ROS: "ImageId", TF: "SourceImageId"},
    "source_region": {ROS: "SourceRegionId", TF: "SourceRegionId"},
    "key": {ROS: "KMSKeyId", TF: "KmsKeyId"},
    "encrypted": {ROS: "Encrypted", TF: "Encrypted"},
    "tags": {ROS: "Tag", TF: "Tags"},
}


@TYPES
@pytest.mark.parametrize(
    "given",
    [
        {},
        {"name": "golden", "description": "An image", "encrypted": True, "key": "key-1"},
        {"name": "镜像.v1:x_y-z", "description": "x" * 256, "tags": {"k": ""}},
        {"name": "a" * 128},
        {"name": "", "description": "", "key": "", "encrypted": ""},
        {"name": None, "description": None},
        {"source": UNKNOWN, "source_region": UNKNOWN, "name": UNKNOWN, "key": UNKNOWN},
        {"encrypted": UNKNOWN, "key": "key-1"},
        {"encrypted": "True"},
        {"source_region": "eu-central-1"},
        {"tags": {f"k{n}": "v" for n in range(19)}},
        {"encrypted": True, "source_region": REGION},
    ],
    ids=str,
)
def test_good_properties_have_no_problem(type_name: str, given: dict[str, Any]) -> None:
    assert said(type_name, properties(type_name, **given)) == []


@TYPES
@pytest.mark.parametrize(
    ("given", "code", "word", "suffix"),
    [
        ({"name": "a"}, "IF504", "name", ""),
        ({"name": "a" * 129}, "IF504", "name", ""),
        ({"name": "1golden"}, "IF505", "name", ""),
        ({"name": "golden image"}, "IF505", "name", ""),
        ({"name": "golden "}, "IF505", "name", ""),
        ({"name": "golden\u202e"}, "IF505", "name", ""),
        ({"name": "golden\x07"}, "IF505", "name", ""),
        ({"name": "http://golden"}, "IF505", "name", ""),
        ({"name": "acs:golden"}, "IF524", "name", ""),
        ({"name": "aliyun-golden"}, "IF524", "name", ""),
        ({"description": "x"}, "IF504", "description", ""),
        ({"description": "x" * 257}, "IF504", "description", ""),
        ({"description": "http://x"}, "IF525", "description", ""),
        ({"source": "ami-0123456789abcdef0"}, "IF520", "source", ""),
        ({"source": "m-bp1 abc"}, "IF520", "source", ""),
        ({"source": "win2019_x64.vhd"}, "IF521", "source", ""),
        ({"source_region": "cn-shanghai "}, "IF522", "source_region", ""),
        ({"source_region": "CN-SHANGHAI"}, "IF522", "source_region", ""),
        ({"source_region": "shanghai"}, "IF522", "source_region", ""),
        ({"source_region": "us-west-2"}, "IF522", "source_region", ""),
        ({"source_region": "cn-atlantis"}, "IF523", "source_region", ""),
        ({"key": "key-1"}, "IF526", "key", ""),
        ({"key": "key-1", "encrypted": False}, "IF526", "key", ""),
        ({"encrypted": "maybe"}, "IF503", "encrypted", ""),
        ({"tags": {f"k{n}": "v" for n in range(20)}}, "IF528", "tags", ""),
        ({"tags": {f"k{n}": "v" for n in range(21)}}, "IF507", "tags", ""),
        ({"tags": {"aliyun-x": "v"}}, "IF531", "tags", "key"),
        ({"tags": {"acs:x": "v"}}, "IF531", "tags", "key"),
        ({"tags": {"x": "acs:v"}}, "IF531", "tags", "value"),
        ({"tags": {"x": "see http://v"}}, "IF531", "tags", "value"),
        ({"tags": {"xhttps://": "v"}}, "IF531", "tags", "key"),
        ({"tags": {"": "v"}}, "IF504", "tags", "key"),
        ({"tags": {"k" * 129: "v"}}, "IF504", "tags", "key"),
        ({"tags": {"k": "v" * 129}}, "IF504", "tags", "value"),
        ({"tags": {"imageferry:lineage": "v"}}, "IF529", "tags", "key"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_broken_rule_is_told_once_and_at_its_place(
    type_name: str, given: dict[str, Any], code: str, word: str, suffix: str
) -> None:
    members = {ROS: {"key": "Key", "value": "Value"}, TF: {"key": "MapKey", "value": "MapValue"}}
    path = PATHS[word][type_name] + (f"[0].{members[type_name][suffix]}" if suffix else "")
    found = said(type_name, properties(type_name, **given))
    assert (code, path) in found
    assert len(found) == 1


@TYPES
@pytest.mark.parametrize(
    ("key", "codes"),
    [
        ("acs:kms:cn-qingdao:1234567890123456:key/k-1", ["IF533"]),
        (f"acs:kms:{REGION}:1234567890123456:key/k-1", []),
        ("7906979c-8e06-46a2-be2d-68e3ccbc0000", []),
    ],
    ids=["of another region", "of the destination", "by its id alone"],
)
def test_a_key_belongs_to_the_destination(type_name: str, key: str, codes: list[str]) -> None:
    wanted = properties(type_name, encrypted=True, key=key)
    assert [code for code, _ in said(type_name, wanted)] == codes


@TYPES
@pytest.mark.parametrize("second", ["env", "ENV"], ids=["same key", "same key but for case"])
def test_a_tag_key_given_twice(type_name: str, second: str) -> None:
    wanted = properties(type_name, tags={"env": "a"})
    tags = wanted[PATHS["tags"][type_name]]
    key, value = ("Key", "Value") if type_name == ROS else ("MapKey", "MapValue")
    tags.append({key: second, value: "b"})  # type: ignore[union-attr]
    assert said(type_name, wanted) == [("IF530", f"{PATHS['tags'][type_name]}[1].{key}")]


def test_a_tag_of_tf_needs_its_value_and_one_of_ros_does_not() -> None:
    tf = {**properties(TF), "Tags": [{"MapKey": "env"}]}
    assert said(TF, tf) == [("IF502", "Tags[0].MapValue")]
    ros = {**properties(ROS), "Tag": [{"Key": "env"}]}
    assert said(ROS, ros) == []


@pytest.mark.parametrize(
    ("type_name", "given", "path"),
    [
        (ROS, {"region": SOURCE_REGION}, "DestinationRegionId"),
        (ROS, {"region": SOURCE_REGION, "source_region": None}, "DestinationRegionId"),
        (ROS, {"region": SOURCE_REGION, "same_region": False}, "DestinationRegionId"),
        (TF, {"source_region": REGION}, "SourceRegionId"),
        (TF, {"source_region": REGION, "encrypted": False}, "SourceRegionId"),
    ],
    ids=str,
)
def test_a_plain_copy_has_to_change_region(
    type_name: str, given: dict[str, Any], path: str
) -> None:
    assert said(type_name, properties(type_name, **given)) == [("IF527", path)]


@pytest.mark.parametrize(
    "given",
    [
        {"region": SOURCE_REGION, "same_region": True},
        {"region": SOURCE_REGION, "same_region": UNKNOWN},
        {"region": SOURCE_REGION, "encrypted": True},
        {"region": SOURCE_REGION, "encrypted": UNKNOWN},
        {"region": UNKNOWN},
    ],
    ids=str,
)
def test_equal_regions_that_are_no_fault(given: dict[str, Any]) -> None:
    assert said(ROS, properties(ROS, **given)) == []


def test_all_faults_are_told_at_once() -> None:
    wanted = properties(
        TF,
        name="aliyun-x",
        description="http://x",
        source="ami-1",
        source_region="nowhere",
        key="k",
        timeouts={"Create": "soon", "Delete": "later"},
        tags={"acs:a": "v"},
    )
    codes = [code for code, _ in said(TF, wanted)]
    assert sorted(codes) == [
        "IF520", "IF522", "IF524", "IF525", "IF526", "IF531", "IF532", "IF532",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("region", "meant"),
    [
        ("CN-HANGZHOU", "cn-hangzhou"),
        ("cn-hangzhou ", "cn-hangzhou"),
        ("us-west-2", "us-west-1"),
        ("singapore", "ap-southeast-1"),
        ("cn-hangzou", "cn-hangzhou"),
    ],
)
def test_the_region_that_was_meant_is_named(region: str, meant: str) -> None:
    (problem,) = problems(ROS, properties(ROS, region=region))
    assert meant in problem.remedy


def test_an_unknown_region_of_good_form_is_a_warning() -> None:
    (problem,) = problems(ROS, properties(ROS, region="cn-atlantis"))
    assert problem.severity is Severity.WARNING


def test_no_secret_is_shown() -> None:
    wanted = properties(
        ROS,
        name=Secret("aliyun-hush"),
        source=Secret("ami-hush"),
        region=Secret("hush hush"),
        tags={"x": Secret("acs:hush")},
    )
    found = problems(ROS, wanted)
    assert len(found) == 4
    assert "hush" not in repr(found)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("10m", 600.0), ("1h30m", 5400.0), ("90s", 90.0), ("1h", 3600.0), ("1.5h", 5400.0),
        ("1h2m3s", 3723.0), ("720h", 2_592_000.0),
        ("10", None), ("-5m", None), ("10 minutes", None), ("1e9h", None), ("", None),
        ("0s", None), ("721h", None), ("m", None), ("10m ", None), ("3m1h", None), ("١٠m", None),
        ("9" * 400 + "h", None),
    ],
    ids=lambda value: str(value)[:12],
)  # fmt: skip
def test_lengths_of_time(text: str, seconds: float | None) -> None:
    assert parse_duration(text) == seconds


def test_a_bad_time_limit_is_told_at_its_place() -> None:
    wanted = properties(TF, timeouts={"Create": "10 minutes", "Delete": "5m"})
    assert said(TF, wanted) == [("IF532", "Timeouts.Create")]


def test_the_old_name_is_used_with_a_warning() -> None:
    wanted = {**properties(TF), "Name": "golden"}
    (problem,) = problems(TF, wanted)
    assert (problem.severity, problem.path) == (Severity.WARNING, ("Name",))
    both = {**properties(TF, name="silver"), "Name": "golden"}
    (problem,) = problems(TF, both)
    assert problem.severity is Severity.ERROR
