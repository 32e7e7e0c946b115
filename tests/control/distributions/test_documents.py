"""Distributions written as templates of both languages, and read back."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from imageferry.assembly.catalogs import open_catalog
from imageferry.control.distributions.documents import (
    cfn_template,
    read_distribution,
    ros_template,
)
from imageferry.control.distributions.versions import (
    Copy,
    Distribution,
    Version,
    copy_name,
    day_of,
    logical_id,
)
from imageferry.conversion.documents import open_document
from imageferry.conversion.parts import plain
from imageferry.dialects.reader import read
from imageferry.validation.validator import validate

AUTUMN = Version("m-bp1golden00000000ab12", "web-2026-10", 1_790_000_000.0)
WINTER = Version("m-bp1golden00000000cd34", "web-2026-11", 1_793_000_000.0)


def copies(*regions: str, **more: object) -> tuple[Copy, ...]:
    return tuple(
        Copy(logical_id(region, one), one.image_id, region, one.name, **more)  # type: ignore[arg-type]
        for one in (AUTUMN, WINTER)
        for region in regions
    )


def distribution(*regions: str, **more: object) -> Distribution:
    return Distribution("cn-hangzhou", (AUTUMN, WINTER), copies(*regions, **more))


AWKWARD = {
    "plain": distribution("cn-shanghai", "ap-southeast-1"),
    "encrypted": distribution("cn-shanghai", encrypted=True, key_id="key-1"),
    "words that look like others": distribution(
        "cn-shanghai", description="yes: 010", tags=(("no", "1e3"), ("null", ""))
    ),
    "a family": replace(distribution("cn-shanghai", "cn-beijing"), family="web"),
    "other letters": distribution(
        "cn-shanghai", description="黄金映像 \u2028 \U0001f600 'a' \"b\""
    ),
}


@pytest.mark.parametrize("case", AWKWARD)
def test_what_is_written_is_read_back(case: str) -> None:
    wanted = AWKWARD[case]
    template = ros_template(wanted)
    assert read_distribution(template) == wanted
    for source in (template, cfn_template(wanted)):
        reading = read(source, "it.yml")
        assert reading.template is not None
        assert not reading.diagnostics
        assert not [one for one in validate(reading.template, open_catalog()) if one.is_error]


def test_the_outputs_say_the_newest_of_each_region() -> None:
    wanted = Distribution(
        "cn-hangzhou", (AUTUMN, WINTER), (*copies("cn-shanghai"), copies("cn-beijing")[0])
    )
    root = plain(open_document(ros_template(wanted), "it.yml").root)
    assert isinstance(root, dict)
    newest = json.loads(json.dumps(root["Outputs"]))["NewestImageIds"]["Value"]
    assert {region: found["Fn::GetAtt"][0] for region, found in newest.items()} == {
        "cn-shanghai": logical_id("cn-shanghai", WINTER),
        "cn-beijing": logical_id("cn-beijing", AUTUMN),
    }


def test_more_accounts_than_one_resource_takes() -> None:
    accounts = tuple(str(10**15 + number) for number in range(23))
    wanted = Distribution("cn-hangzhou", (AUTUMN,), copies("cn-shanghai")[:1], accounts)
    root = plain(open_document(ros_template(wanted), "it.yml").root)
    assert isinstance(root, dict)
    resources = json.loads(json.dumps(root["Resources"]))
    shares = [one["Properties"] for one in resources.values() if "Share" in one["Type"]]
    assert [len(one["Accounts"]) for one in shares] == [10, 10, 3]
    assert [account for one in shares for account in one["Accounts"]] == list(accounts)
    assert not any(one["KeepPermission"] for one in shares)
    assert read_distribution(ros_template(wanted)) == wanted


KEYS = {
    "no key": ({}, None, None),
    "a key everywhere": ({"cn-shanghai": "key-1", "cn-beijing": "key-2"}, "Fn::FindInMap", True),
    "a key in one region": ({"cn-shanghai": "key-1"}, "Fn::If", {"Fn::If"}),
}


@pytest.mark.parametrize("case", KEYS)
def test_keys_are_looked_up_by_the_region_of_the_stack(case: str) -> None:
    keys, function, encrypted = KEYS[case]
    found = tuple(
        Copy(logical_id(region, AUTUMN), AUTUMN.image_id, region, "web", "", bool(key) or None, key)
        for region in ("cn-shanghai", "cn-beijing")
        for key in (keys.get(region, ""),)
    )
    source = cfn_template(Distribution("cn-hangzhou", (AUTUMN,), found))
    root = plain(open_document(source, "it.yml").root)
    assert isinstance(root, dict)
    (copy,) = json.loads(json.dumps(root["Resources"])).values()
    properties = copy["Properties"]
    assert (function is None) == ("KmsKeyId" not in properties)
    assert function is None or function in properties["KmsKeyId"]
    told = properties.get("Encrypted")
    assert (set(told) if isinstance(told, dict) else told) == encrypted


@pytest.mark.parametrize("family", ["", "web"])
def test_a_family_tells_what_launches_in_both_languages(family: str) -> None:
    wanted = Distribution("cn-hangzhou", (AUTUMN,), copies("cn-shanghai")[:1], family=family)
    for write, name in ((ros_template, "CurrentImageIds"), (cfn_template, "CurrentImageId")):
        root = plain(open_document(write(wanted), "it.yml").root)
        assert isinstance(root, dict)
        assert (name in json.loads(json.dumps(root["Outputs"]))) == bool(family)


FOREIGN = {
    "somebody's own": b"ROSTemplateFormatVersion: '2015-09-01'\nResources: {}\n",
    "no template": b"",
    "another form of notes": ros_template(AWKWARD["plain"]).replace(b"Format: 1", b"Format: 2"),
    "notes that are no map": b"ROSTemplateFormatVersion: '2015-09-01'\n"
    b"Metadata: {ImageferryDistribution: 1}\nResources: {}\n",
}


@pytest.mark.parametrize("case", FOREIGN)
def test_what_was_not_written_here_is_not_taken_for_it(case: str) -> None:
    assert read_distribution(FOREIGN[case]) is None


def test_names_of_versions() -> None:
    assert logical_id("ap-southeast-1", WINTER) == "ApSoutheast1V202610260000cd34"
    assert day_of("ApSoutheast1V202610260000cd34") == 1_792_972_800.0
    assert day_of("Copy") is None
    assert day_of("Vienna") is None
    assert copy_name("{name}-{id}-{date}", WINTER) == "web-2026-11-0000cd34-20261026"
