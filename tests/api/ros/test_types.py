"""Resource types, features and regions, as ROS's API tells them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from imageferry.dialects.reader import read
from tests.api.ros.stories import Talk, told

COPY = "ALIYUN::ECS::CopyImage"


def test_what_is_installed(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        usual = await talk.ask("ListResourceTypes")
        assert COPY in usual["ResourceTypes"]
        assert not [name for name in usual["ResourceTypes"] if name.startswith(("TF::", "DATAS"))]
        sources = await talk.ask("ListResourceTypes", EntityType="DataSource")
        assert "DATASOURCE::ECS::Images" in sources["ResourceTypes"]
        every = await talk.ask("ListResourceTypes", EntityType="All")
        assert len(every["ResourceTypes"]) == len(usual["ResourceTypes"]) + len(
            sources["ResourceTypes"]
        )
        some = await talk.ask("ListResourceTypes", ResourceType="ALIYUN::ECS::Copy*")
        assert some["ResourceTypes"] == [COPY]
        assert some["ResourceTypeSummaries"][0]["Provider"] == "ROS"
        mine = await talk.ask("ListResourceTypes", Provider="Self", EntityType="All")
        assert mine["ResourceTypes"] == []

    told(tmp_path, story)


def test_a_type_as_its_schema_has_it(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        found = await talk.ask("GetResourceType", ResourceType=COPY)
        assert (found["EntityType"], found["SupportDriftDetection"]) == ("Resource", True)
        region = found["Properties"]["DestinationRegionId"]
        assert (region["Type"], region["Required"], region["Immutable"]) == ("string", True, True)
        tag = found["Properties"]["Tag"]
        assert tag["Type"] == "list"
        assert tag["Schema"]["*"]["Schema"]["Key"]["Type"] == "string"
        assert {"Length": {"Max": 20}} in tag["Constraints"]
        assert found["Attributes"]["ImageId"]["Type"] == "string"
        source = await talk.ask("GetResourceType", ResourceType="DATASOURCE::ECS::Images")
        assert (source["EntityType"], source["SupportDriftDetection"]) == ("DataSource", False)
        versions = await talk.ask("ListResourceTypeVersions", ResourceType=COPY)
        assert versions["ResourceTypeVersions"] == []

    told(tmp_path, story)


def test_every_type_has_a_template_that_can_be_read(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        for name in (await talk.ask("ListResourceTypes", EntityType="All"))["ResourceTypes"]:
            made = await talk.ask("GetResourceTypeTemplate", ResourceType=name)
            assert json.loads(made["TemplateContent"]) == made["TemplateBody"]
            reading = read(made["TemplateContent"].encode(), name)
            assert reading.template is not None and not reading.has_errors, reading.diagnostics
            assert [one.type_name for one in reading.template.resources.values()] == [name]

    told(tmp_path, story)


@pytest.mark.parametrize(
    ("action", "given"),
    [
        pytest.param("GetResourceType", {"ResourceType": "ALIYUN::ECS::Nothing"}, id="unknown"),
        pytest.param(
            "GetResourceType", {"ResourceType": "TF::Alicloud::ImageCopy"}, id="of-another-language"
        ),
        pytest.param(
            "GetResourceType", {"ResourceType": COPY, "VersionId": "v1"}, id="of-a-version"
        ),
        pytest.param("GetResourceTypeTemplate", {"ResourceType": "../../etc"}, id="a-path"),
        pytest.param("ListResourceTypeVersions", {"ResourceType": "A::B"}, id="versions"),
    ],
)
def test_types_that_are_not_there(action: str, given: dict[str, str], tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        status, code, message = await talk.refused(action, **given)
        assert (status, code) == (404, "ResourceTypeNotFound")
        assert message == f"The Resource Type ({given['ResourceType']}) could not be found."

    told(tmp_path, story)


def test_features(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        every = await talk.ask("GetFeatureDetails", Feature="All")
        assert COPY in every["DriftDetection"]["SupportedResourceTypes"]
        importable = every["ResourceImport"]["SupportedResourceTypes"]
        assert COPY in [one["ResourceType"] for one in importable]
        assert every["Terraform"] == {"SupportedVersions": []}
        one = await talk.ask("GetFeatureDetails", Feature="Terraform")
        assert set(one) == {"RequestId", "Terraform"}
        status, code, _ = await talk.refused("GetFeatureDetails", Feature="Everything")
        assert (status, code) == (400, "InvalidParameter")

    told(tmp_path, story)


@pytest.mark.parametrize(
    ("language", "name"),
    [
        pytest.param(None, "华东1（杭州）", id="usual"),
        pytest.param("en-US", "China (Hangzhou)", id="english"),
        pytest.param("ja", "中国 (杭州)", id="japanese"),
    ],
)
def test_regions(language: str | None, name: str, tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        given = {} if language is None else {"AcceptLanguage": language}
        regions = (await talk.ask("DescribeRegions", **given))["Regions"]
        found = {one["RegionId"]: one for one in regions}
        assert found["cn-hangzhou"]["LocalName"] == name
        assert found["cn-hangzhou"]["RegionEndpoint"] == "127.0.0.1:8787"
        assert len(found) == len(regions) > 30
        status, code, _ = await talk.refused("DescribeRegions", AcceptLanguage="fr")
        assert (status, code) == (400, "InvalidParameter")

    told(tmp_path, story)
