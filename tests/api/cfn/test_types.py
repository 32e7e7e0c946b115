"""The registry: what is installed is described, and versions of it are registered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from imageferry.api.cfn.type_schemas import is_registrable, provisioning_of, registry_schema
from imageferry.assembly.catalogs import open_catalog
from tests.api.cfn.visits import Visit, visited

COPY_TYPE = "TF::Alicloud::ImageCopy"
NAMED = {"Type": "RESOURCE", "TypeName": COPY_TYPE}
PACKAGE = "s3://bucket/package.zip"


def test_an_installed_type_is_described(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        described = await visit.call("DescribeType", **NAMED)
        arn = described["Arn"]
        assert arn.startswith("arn:aws:cloudformation:cn-beijing:")
        assert arn.endswith(":type/resource/TF-Alicloud-ImageCopy")
        assert await visit.call("DescribeType", Arn=arn) == described
        assert (described["Visibility"], described["DeprecatedStatus"]) == ("PRIVATE", "LIVE")
        assert (described["DefaultVersionId"], described["IsDefaultVersion"]) == ("00000001", True)
        schema = json.loads(described["Schema"])
        assert schema["typeName"] == COPY_TYPE
        assert schema["primaryIdentifier"] == ["/properties/tfcfnid"]
        assert sorted(schema["readOnlyProperties"]) == ["/properties/Id", "/properties/tfcfnid"]
        assert schema["required"] == ["SourceImageId", "SourceRegionId"]
        assert schema["properties"]["Tags"]["items"] == {"$ref": "#/definitions/TagsDefinition"}
        assert schema["definitions"]["TagsDefinition"]["required"] == ["MapKey", "MapValue"]
        alias = await visit.call(
            "DescribeType", Type="RESOURCE", TypeName="TF::Alicloud::CopyImage"
        )
        assert alias["TypeName"] == COPY_TYPE

    visited(tmp_path, story, speed=1e6, trouble=False)


def test_types_are_listed_by_filter(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        async def names(**given: Any) -> list[str]:
            found = await visit.call("ListTypes", **given)
            return [one["TypeName"] for one in found["TypeSummaries"]]

        everything = await names()
        assert COPY_TYPE in everything
        assert "ALIYUN::ECS::CopyImage" not in everything
        assert await names(Filters={"TypeNamePrefix": "TF::Alicloud::ImageC"}) == [COPY_TYPE]
        assert await names(Visibility="PUBLIC") == []
        assert await names(Type="HOOK") == []
        assert await names(Filters={"Category": "AWS_TYPES"}) == []
        first = await visit.call("ListTypes", MaxResults=2)
        assert [one["TypeName"] for one in first["TypeSummaries"]] == everything[:2]
        rest = await visit.call("ListTypes", MaxResults=100, NextToken=first["NextToken"])
        assert [one["TypeName"] for one in rest["TypeSummaries"]] == everything[2:]
        assert await visit.validation("ListTypes", NextToken="forged") == (
            "The provided NextToken is not valid."
        )

    visited(tmp_path, story, speed=1e6, trouble=False)


def test_versions_are_registered_chosen_and_withdrawn(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        asked = {**NAMED, "SchemaHandlerPackage": PACKAGE, "ClientRequestToken": "one"}
        token = (await visit.call("RegisterType", **asked))["RegistrationToken"]
        assert (await visit.call("RegisterType", **asked))["RegistrationToken"] == token
        await visit.lose_answer("RegisterType", "one")
        assert (await visit.call("RegisterType", **asked))["RegistrationToken"] == token
        told = await visit.call("DescribeTypeRegistration", RegistrationToken=token)
        assert told["ProgressStatus"] == "COMPLETE"
        version = told["TypeVersionArn"]
        assert version.endswith("/TF-Alicloud-ImageCopy/00000002")
        assert (await visit.call("ListTypeRegistrations", **NAMED))["RegistrationTokenList"] == [
            token
        ]
        await visit.call("SetTypeDefaultVersion", Arn=version)
        assert (await visit.call("DescribeType", **NAMED))["DefaultVersionId"] == "00000002"
        status, code, _ = await visit.refusal("DeregisterType", **NAMED, VersionId="00000002")
        assert (status, code) == (400, "CFNRegistryException")
        await visit.call("SetTypeDefaultVersion", **NAMED, VersionId="00000001")
        await visit.call("DeregisterType", **NAMED, VersionId="00000002")
        live = await visit.call("ListTypeVersions", **NAMED)
        assert [one["VersionId"] for one in live["TypeVersionSummaries"]] == ["00000001"]
        gone = await visit.call("ListTypeVersions", **NAMED, DeprecatedStatus="DEPRECATED")
        assert [one["VersionId"] for one in gone["TypeVersionSummaries"]] == ["00000002"]
        again = await visit.call("RegisterType", **NAMED, SchemaHandlerPackage=PACKAGE)
        told = await visit.call("DescribeTypeRegistration", **again)
        assert told["TypeVersionArn"].endswith("/00000003")

    visited(tmp_path, story, speed=1e6, trouble=False)


@pytest.mark.parametrize(
    ("action", "given", "code", "says"),
    [
        pytest.param("RegisterType", {"TypeName": "My::Own::Thing", "SchemaHandlerPackage": PACKAGE},
                     "CFNRegistryException", "is not installed with this server", id="foreign"),
        pytest.param("RegisterType",
                     {"TypeName": "ALIYUN::ECS::CopyImage", "SchemaHandlerPackage": PACKAGE},
                     "CFNRegistryException", "is not installed with this server", id="of ROS"),
        pytest.param("RegisterType", {**NAMED, "Type": "HOOK", "SchemaHandlerPackage": PACKAGE},
                     "CFNRegistryException", "RESOURCE", id="hook"),
        pytest.param("DescribeType", {"Type": "RESOURCE", "TypeName": "My::Own::Thing"},
                     "TypeNotFoundException", "My::Own::Thing", id="unknown"),
        pytest.param("DescribeType", {**NAMED, "VersionId": "00000009"},
                     "TypeNotFoundException", "00000009", id="unknown version"),
        pytest.param("DescribeType", {}, "CFNRegistryException", "TypeName", id="nothing named"),
        pytest.param("DeregisterType", NAMED, "CFNRegistryException", "stays", id="installed"),
        pytest.param("DescribeTypeRegistration", {"RegistrationToken": "never"},
                     "CFNRegistryException", "never", id="unknown token"),
        pytest.param("SetTypeConfiguration", {**NAMED, "Configuration": "{}"},
                     "CFNRegistryException", "takes no configuration", id="configuration"),
    ],
)  # fmt: skip
def test_what_the_registry_refuses(
    tmp_path: Path, action: str, given: dict[str, Any], code: str, says: str
) -> None:
    async def story(visit: Visit) -> None:
        status, told, text = await visit.refusal(action, **given)
        assert told == code
        assert says in text
        assert status == (404 if code == "TypeNotFoundException" else 400)

    visited(tmp_path, story, speed=1e6, trouble=False)


def test_no_configuration_is_told_of(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        found = await visit.call(
            "BatchDescribeTypeConfigurations", TypeConfigurationIdentifiers=[NAMED]
        )
        (fault,) = found["Errors"]
        assert fault["TypeConfigurationIdentifier"] == NAMED
        assert found["TypeConfigurations"] == []

    visited(tmp_path, story, speed=1e6, trouble=False)


def test_every_installed_type_has_a_whole_schema() -> None:
    catalog = open_catalog()
    schemas = [one.schema for one in map(catalog.find, catalog.names()) if one is not None]
    chosen = [schema for schema in schemas if is_registrable(schema)]
    assert len(chosen) >= 5
    for schema in chosen:
        document: Any = registry_schema(schema)
        known = {f"/properties/{name}" for name in document["properties"]}
        for key in ("primaryIdentifier", "readOnlyProperties", "createOnlyProperties",
                    "writeOnlyProperties", "deprecatedProperties"):  # fmt: skip
            assert set(document.get(key, ())) <= known, (schema.type_name, key)
        assert set(document.get("required", ())) <= set(document["properties"])
        assert "create" in document["handlers"] or schema.reads_only
        assert provisioning_of(schema) in {"FULLY_MUTABLE", "IMMUTABLE", "NON_PROVISIONABLE"}
        assert json.loads(json.dumps(document)) == document
