"""Templates that ROS's API keeps: versions, lists, tags, and what refuses to be one."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from imageferry.api.ros.kept_templates import MOST_VERSIONS
from tests.api.ros.stories import TWO_COPIES, Talk, told

OTHER = TWO_COPIES.replace("Default: one", "Default: two")
CFN = "AWSTemplateFormatVersion: '2010-09-09'\nResources: {}\n"


def test_the_life_of_a_template(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        made = await talk.ask(
            "CreateTemplate",
            TemplateName="carry",
            Description="first",
            TemplateBody=TWO_COPIES,
            Tags=[{"Key": "team", "Value": "images"}],
        )
        which = {"TemplateId": made["TemplateId"]}
        one = await talk.ask("GetTemplate", **which, IncludeTags="Enabled")
        assert one["TemplateBody"] == TWO_COPIES
        assert (one["TemplateVersion"], one["ShareType"]) == ("v1", "Private")
        assert one["Tags"] == [{"Key": "team", "Value": "images"}]
        assert one["TemplateARN"].endswith(f":template/{made['TemplateId']}")

        said = await talk.ask("UpdateTemplate", **which, Description="said otherwise")
        assert said["TemplateVersion"] == "v1"
        second = await talk.ask("UpdateTemplate", **which, TemplateBody=OTHER, TemplateName="c2")
        assert second["TemplateVersion"] == "v2"
        first = await talk.ask("GetTemplate", **which, TemplateVersion="v1")
        assert first["TemplateBody"] == TWO_COPIES
        assert (first["TemplateName"], first["Description"]) == ("carry", "said otherwise")
        assert "Tags" not in first
        latest = await talk.ask("GetTemplate", **which)
        assert (latest["TemplateBody"], latest["TemplateName"]) == (OTHER, "c2")

        page = await talk.ask("ListTemplateVersions", **which, MaxResults=1)
        assert [row["TemplateVersion"] for row in page["Versions"]] == ["v2"]
        rest = await talk.ask(
            "ListTemplateVersions", **which, MaxResults=1, NextToken=page["NextToken"]
        )
        assert [row["TemplateVersion"] for row in rest["Versions"]] == ["v1"]
        assert "NextToken" not in rest

        await talk.ask("DeleteTemplate", **which)
        for action in ("GetTemplate", "DeleteTemplate", "UpdateTemplate", "ListTemplateVersions"):
            assert (await talk.refused(action, **which))[:2] == (404, "TemplateNotFound")

    told(tmp_path, story)


def test_lists(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        for number in range(3):
            await talk.ask(
                "CreateTemplate",
                TemplateName=f"carry-{number}",
                TemplateBody=TWO_COPIES,
                Tags=[{"Key": "number", "Value": str(number)}],
            )
            await talk.apis.clock.sleep(1)
        page = await talk.ask("ListTemplates", PageSize=2)
        assert [one["TemplateName"] for one in page["Templates"]] == ["carry-2", "carry-1"]
        assert (page["TotalCount"], page["PageSize"], page["PageNumber"]) == (3, 2, 1)
        rest = await talk.ask("ListTemplates", PageSize=2, PageNumber=2)
        assert [one["TemplateName"] for one in rest["Templates"]] == ["carry-0"]
        named = await talk.ask("ListTemplates", TemplateName="carry-1", IncludeTags="Enabled")
        assert named["Templates"][0]["Tags"] == [{"Key": "number", "Value": "1"}]
        tagged = await talk.ask("ListTemplates", Tag=[{"Key": "number", "Value": "0"}])
        assert [one["TemplateName"] for one in tagged["Templates"]] == ["carry-0"]
        assert (await talk.ask("ListTemplates", ShareType="Official"))["TotalCount"] == 0
        assert (await talk.ask("ListSummaries"))["CenterSummary"]["TemplateCount"] == "3"

    told(tmp_path, story)


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        pytest.param({"TemplateNames": ["carry", "empty"]}, {"carry", "empty"}, id="names"),
        pytest.param({"TemplateNames": ["car*"]}, set(), id="names-are-whole"),
        pytest.param(
            {"ResourceTypes": ["ALIYUN::ECS::CopyImage", "ALIYUN::ECS::CustomImage"]},
            {"carry"},
            id="types",
        ),
        pytest.param(
            {"ResourceTypes": ["ALIYUN::ECS::CopyImage"], "TemplateNames": ["empty"]},
            set(),
            id="both",
        ),
        pytest.param({"Categories": ["Compute"]}, set(), id="categories-are-the-services-own"),
        pytest.param({"TemplateNames": []}, {"carry", "empty"}, id="without-values"),
    ],
)
def test_filters_of_lists(filters: dict[str, list[str]], found: set[str], tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        empty = "ROSTemplateFormatVersion: '2015-09-01'\n"
        for name, body in (("carry", TWO_COPIES), ("empty", empty)):
            await talk.ask("CreateTemplate", TemplateName=name, TemplateBody=body)
        given = [{"Name": name, "Values": values} for name, values in filters.items()]
        listed = await talk.ask("ListTemplates", Filters=given)
        assert {one["TemplateName"] for one in listed["Templates"]} == found
        unknown = await talk.refused("ListTemplates", Filters=[{"Name": "Owner", "Values": ["x"]}])
        assert unknown[:2] == (400, "InvalidParameter")

    told(tmp_path, story)


def test_a_stack_is_made_of_a_version(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        made = await talk.ask("CreateTemplate", TemplateName="carry", TemplateBody=TWO_COPIES)
        which = {"TemplateId": made["TemplateId"]}
        await talk.ask("UpdateTemplate", **which, TemplateBody=OTHER)
        summary = await talk.ask("GetTemplateSummary", **which, TemplateVersion="v1")
        assert summary["Parameters"][0]["Default"] == "one"
        created = await talk.ask("CreateStack", StackName="demo", **which, TemplateVersion="v1")
        talk.stack = {"StackId": created["StackId"]}
        stack = await talk.settled()
        assert (stack["TemplateId"], stack["TemplateVersion"]) == (made["TemplateId"], "v1")
        await talk.ask("UpdateStack", **talk.stack, **which, ReplacementOption="Enabled")
        assert (await talk.settled())["TemplateVersion"] == "v2"
        missing = await talk.refused("CreateStack", StackName="b", **which, TemplateVersion="v9")
        assert missing == (
            404,
            "TemplateNotFound",
            f"The Template {made['TemplateId']} with version v9 could not be found.",
        )

    told(tmp_path, story)


def test_there_are_so_many_versions_and_no_more(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        made = await talk.ask("CreateTemplate", TemplateName="carry", TemplateBody=CHEAP)
        which = {"TemplateId": made["TemplateId"]}
        for _ in range(MOST_VERSIONS - 1):
            last = await talk.ask("UpdateTemplate", **which, TemplateBody=CHEAP)
        assert last["TemplateVersion"] == f"v{MOST_VERSIONS}"
        full = await talk.refused("UpdateTemplate", **which, TemplateBody=CHEAP)
        assert full[:2] == (400, "RequestLimitExceeded")
        rotated = await talk.ask(
            "UpdateTemplate",
            **which,
            TemplateBody=CHEAP,
            RotateStrategy="DeleteOldestNonSharedVersionWhenLimitExceeded",
        )
        assert rotated["TemplateVersion"] == f"v{MOST_VERSIONS + 1}"
        gone = await talk.refused("GetTemplate", **which, TemplateVersion="v1")
        assert gone[:2] == (404, "TemplateNotFound")
        page = await talk.ask("ListTemplateVersions", **which, MaxResults=100)
        assert len(page["Versions"]) == MOST_VERSIONS

    told(tmp_path, story)


CHEAP = "ROSTemplateFormatVersion: '2015-09-01'\n"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        pytest.param({"TemplateName": "a"}, "MissingParameter", id="no-body"),
        pytest.param({"TemplateBody": CHEAP}, "MissingParameter", id="no-name"),
        pytest.param(
            {"TemplateName": "-a", "TemplateBody": CHEAP}, "InvalidParameter", id="wrong-name"
        ),
        pytest.param(
            {"TemplateName": "a/b", "TemplateBody": CHEAP}, "InvalidParameter", id="path-as-name"
        ),
        pytest.param(
            {"TemplateName": "a" * 256, "TemplateBody": CHEAP}, "InvalidParameter", id="long-name"
        ),
        pytest.param(
            {"TemplateName": "a", "TemplateBody": CHEAP, "TemplateURL": "http://x/"},
            "MultipleParameter",
            id="two-sources",
        ),
        pytest.param(
            {"TemplateName": "a", "TemplateBody": "Resources: ["}, "InvalidSchema", id="no-yaml"
        ),
        pytest.param(
            {"TemplateName": "a", "TemplateURL": "http://127.0.0.1/t.yml"},
            "InvalidParameter",
            id="private-address",
        ),
        pytest.param(
            {
                "TemplateName": "a",
                "TemplateBody": CHEAP,
                "Tags": [{"Key": "acs:x", "Value": "y"}],
            },
            "InvalidParameter",
            id="reserved-tag",
        ),
        pytest.param(
            {
                "TemplateName": "a",
                "TemplateBody": CHEAP,
                "Tags": [{"Key": "x", "Value": "y"}, {"Key": "x", "Value": "z"}],
            },
            "Duplicate.TagKey",
            id="same-tag-twice",
        ),
    ],
)
def test_what_is_not_kept(given: dict[str, object], code: str, tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        status, said, _ = await talk.refused("CreateTemplate", **given)
        assert (status, said) == (400, code)
        assert (await talk.ask("ListTemplates"))["TotalCount"] == 0

    told(tmp_path, story)


def test_a_template_of_another_language_is_not_kept(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        refused = await talk.refused("CreateTemplate", TemplateName="a", TemplateBody=CFN)
        assert refused[0] == 400
        draft = await talk.refused("UpdateTemplate", TemplateId="x", IsDraft=True)
        assert draft[:2] == (404, "TemplateNotFound")

    told(tmp_path, story)


def test_another_account_sees_none(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        made = await talk.ask("CreateTemplate", TemplateName="carry", TemplateBody=CHEAP)
        papers = talk.apis.house.plane.desk.documents
        assert papers is not None
        assert await papers.get("ros_template", "another", made["TemplateId"]) is None

    told(tmp_path, story)


def test_versions_that_come_at_once(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        made = await talk.ask("CreateTemplate", TemplateName="carry", TemplateBody=TWO_COPIES)
        which = {"TemplateId": made["TemplateId"]}
        replies = await asyncio.gather(
            *(talk.apis.ros("UpdateTemplate", **which, TemplateBody=OTHER) for _ in range(4))
        )
        numbers = [body["TemplateVersion"] for status, body in replies if status == 200]
        late = {(status, body["Code"]) for status, body in replies if status != 200}
        assert late <= {(400, "TemplateBeingProcessed")}
        assert numbers
        assert len(set(numbers)) == len(numbers)
        kept = await talk.ask("ListTemplateVersions", **which)
        assert len(kept["Versions"]) == 1 + len(numbers)
        assert (await talk.ask("GetTemplate", **which))["TemplateVersion"] == max(numbers)

    told(tmp_path, story)
