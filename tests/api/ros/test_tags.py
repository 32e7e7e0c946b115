"""Tags over ROS's API, on stacks and on kept templates."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.api.ros.stories import Talk, told

EMPTY = "ROSTemplateFormatVersion: '2015-09-01'\n"


async def _tags(talk: Talk, which: dict[str, Any]) -> dict[str, str]:
    listed = await talk.ask("ListTagResources", **which)
    return {one["TagKey"]: one["TagValue"] for one in listed["TagResources"]}


@pytest.mark.parametrize("kind", ["stack", "template"])
def test_tags_come_and_go(kind: str, tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        if kind == "stack":
            found = await talk.create(template=EMPTY, Tags=[{"Key": "team", "Value": "images"}])
        else:
            made = await talk.ask(
                "CreateTemplate",
                TemplateName="a",
                TemplateBody=EMPTY,
                Tags=[{"Key": "team", "Value": "images"}],
            )
            found = made["TemplateId"]
        which = {"ResourceType": kind, "ResourceId": [found]}
        new = [{"Key": "team", "Value": "ops"}, {"Key": "stage", "Value": "test"}]
        await talk.ask("TagResources", **which, Tag=new)
        assert await _tags(talk, which) == {"team": "ops", "stage": "test"}
        keys = await talk.ask("ListTagKeys", ResourceType=kind)
        assert keys["Keys"] == ["stage", "team"]
        values = await talk.ask("ListTagValues", ResourceType=kind, Key="team")
        assert values["Values"] == ["ops"]
        by_tag = await talk.ask(
            "ListTagResources", ResourceType=kind, Tag=[{"Key": "stage", "Value": "test"}]
        )
        assert {one["ResourceId"] for one in by_tag["TagResources"]} == {found}
        other = await talk.ask(
            "ListTagResources", ResourceType=kind, Tag=[{"Key": "stage", "Value": "live"}]
        )
        assert other["TagResources"] == []
        await talk.ask("UntagResources", **which, TagKey=["team", "never there"])
        assert await _tags(talk, which) == {"stage": "test"}
        await talk.ask("UntagResources", **which, All=True)
        assert await _tags(talk, which) == {}

    told(tmp_path, story)


def test_tags_of_many_stacks_come_in_pages(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        tags = [{"Key": f"key-{number}", "Value": "v"} for number in range(20)]
        ids = [await talk.create(f"demo-{one}", EMPTY, Tags=tags) for one in range(3)]
        which = {"ResourceType": "stack", "ResourceId": ids}
        page = await talk.ask("ListTagResources", **which)
        assert len(page["TagResources"]) == 50
        rest = await talk.ask("ListTagResources", **which, NextToken=page["NextToken"])
        assert len(rest["TagResources"]) == 10
        wrong = await talk.refused(
            "ListTagResources",
            ResourceType="stack",
            ResourceId=ids[:1],
            NextToken=page["NextToken"],
        )
        assert wrong[:2] == (400, "InvalidParameter")
        full = await talk.refused("TagResources", **which, Tag=[{"Key": "one-more", "Value": "v"}])
        assert full[:2] == (400, "InvalidParameter")
        assert "more than 20 tags" in full[2]

    told(tmp_path, story)


STACK = {"ResourceType": "stack"}
ONE = [{"Key": "a", "Value": "b"}]


@pytest.mark.parametrize(
    ("action", "given", "status", "code"),
    [
        pytest.param("TagResources", {**STACK, "Tag": ONE}, 400, "MissingParameter", id="no-id"),
        pytest.param(
            "TagResources", {**STACK, "ResourceId": ["x"]}, 400, "MissingParameter", id="no-tag"
        ),
        pytest.param(
            "TagResources",
            {**STACK, "ResourceId": ["x"], "Tag": ONE},
            404,
            "StackNotFound",
            id="no-stack",
        ),
        pytest.param(
            "TagResources",
            {"ResourceType": "template", "ResourceId": ["x"], "Tag": ONE},
            404,
            "TemplateNotFound",
            id="no-template",
        ),
        pytest.param(
            "TagResources",
            {"ResourceType": "stackgroup", "ResourceId": ["x"], "Tag": ONE},
            400,
            "NotSupported",
            id="stack-group",
        ),
        pytest.param(
            "TagResources",
            {"ResourceType": "bucket", "ResourceId": ["x"], "Tag": ONE},
            400,
            "InvalidParameter",
            id="other-type",
        ),
        pytest.param(
            "TagResources",
            {**STACK, "ResourceId": ["x"], "Tag": [*ONE, *ONE]},
            400,
            "Duplicate.TagKey",
            id="twice",
        ),
        pytest.param(
            "TagResources",
            {**STACK, "ResourceId": ["x"], "Tag": [{"Key": "aliyun-x", "Value": ""}]},
            400,
            "InvalidParameter",
            id="reserved",
        ),
        pytest.param(
            "TagResources",
            {**STACK, "ResourceId": ["x"], "Tag": [{"Key": "x" * 129, "Value": ""}]},
            400,
            "InvalidParameter",
            id="long-key",
        ),
        pytest.param(
            "TagResources",
            {**STACK, "ResourceId": ["x"], "Tag": [{"Key": "x", "Value": "see http://x"}]},
            400,
            "InvalidParameter",
            id="address",
        ),
        pytest.param(
            "UntagResources",
            {**STACK, "ResourceId": ["x"]},
            400,
            "MissingParameter",
            id="untag-nothing",
        ),
        pytest.param("ListTagResources", STACK, 400, "MissingParameter", id="list-nothing"),
        pytest.param("ListTagValues", STACK, 400, "MissingParameter", id="values-of-nothing"),
    ],
)
def test_what_is_refused(
    action: str, given: dict[str, object], status: int, code: str, tmp_path: Path
) -> None:
    async def story(talk: Talk) -> None:
        assert (await talk.refused(action, **given))[:2] == (status, code)

    told(tmp_path, story)


def test_where_one_is_unknown_none_is_tagged(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        known = await talk.create(template=EMPTY)
        refused = await talk.refused(
            "TagResources", ResourceType="stack", ResourceId=[known, "unknown"], Tag=ONE
        )
        assert refused[:2] == (404, "StackNotFound")
        assert await _tags(talk, {"ResourceType": "stack", "ResourceId": [known]}) == {}

    told(tmp_path, story)


def test_tags_that_come_at_once_all_count(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        found = await talk.create(template=EMPTY)
        which = {"ResourceType": "stack", "ResourceId": [found]}
        await asyncio.gather(
            *(
                talk.ask("TagResources", **which, Tag=[{"Key": f"k{number}", "Value": "x"}])
                for number in range(8)
            ),
            talk.ask(
                "MoveResourceGroup",
                NewResourceGroupId="rg-1",
                ResourceType="stack",
                ResourceId=found,
            ),
        )
        assert sorted(await _tags(talk, which)) == [f"k{number}" for number in range(8)]
        stack = await talk.ask("GetStack", **talk.stack)
        assert stack["ResourceGroupId"] == "rg-1"

    told(tmp_path, story)


def test_where_one_would_have_too_many_none_is_tagged(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        few = await talk.create("few", template=EMPTY)
        tags = [{"Key": f"k{number}", "Value": "x"} for number in range(20)]
        full = await talk.create("full", template=EMPTY, Tags=tags)
        which = {"ResourceType": "stack", "ResourceId": [few, full]}
        refused = await talk.refused("TagResources", **which, Tag=ONE)
        assert refused[:2] == (400, "InvalidParameter")
        assert await _tags(talk, {"ResourceType": "stack", "ResourceId": [few]}) == {}

    told(tmp_path, story)
