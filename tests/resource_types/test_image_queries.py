"""DATASOURCE::ECS::Images: what is wrong with its properties, what is asked, and what comes of it."""

from __future__ import annotations

import pytest

from imageferry.model.handlers import Done, Failed, HandlerAction, HandlerRequest
from imageferry.model.values import UNKNOWN, Secret, Value
from imageferry.resource_types.ecs.images import TYPE_NAME, check
from imageferry.resource_types.image_queries.handler import filters_of
from imageferry.testing import run_virtually
from tests.resource_types.copying import Cloud


@pytest.mark.parametrize(
    ("properties", "codes"),
    [
        ({}, []),
        ({"Status": "Available, Deprecated"}, []),
        ({"Status": "Available,Ready"}, ["IF376"]),
        ({"Status": "ALL"}, ["IF376"]),
        ({"Status": UNKNOWN}, []),
        ({"IsPublic": True}, ["IF375"]),
        ({"IsPublic": True, "ImageOwnerAlias": "self"}, ["IF375"]),
        ({"IsPublic": True, "ImageOwnerAlias": "others"}, []),
        ({"IsPublic": True, "ImageOwnerAlias": UNKNOWN}, []),
        ({"IsPublic": False, "ImageOwnerAlias": "self"}, []),
        ({"ResourceGroupId": "rg-1", "ImageOwnerAlias": "self"}, []),
        ({"ResourceGroupId": "rg-1"}, ["IF377"]),
        ({"ResourceGroupId": UNKNOWN}, []),
    ],
    ids=str,
)
def test_what_is_wrong_is_told(properties: dict[str, Value], codes: list[str]) -> None:
    assert [one.code for one in check(properties, "cn-hangzhou")] == codes


def test_a_secret_is_not_repeated() -> None:
    [said] = check({"Status": Secret("hush")}, "cn-hangzhou")
    assert "hush" not in said.message + said.why + said.remedy


def test_properties_become_parameters() -> None:
    secrets: list[str] = []
    asked = filters_of(
        {
            "Status": "Available, Deprecated,",
            "ImageName": Secret("golden-*"),
            "IsSupportCloudinit": False,
            "Architecture": None,
            "RefreshOptions": "Always",
            "Tags": [{"Key": "env", "Value": "test"}, {"Key": "any"}],
        },
        secrets,
    )
    assert asked == {
        "Status": "Available,Deprecated",
        "ImageName": "golden-*",
        "IsSupportCloudinit": False,
        "Tag": [{"Key": "env", "Value": "test"}, {"Key": "any"}],
    }
    assert secrets == ["golden-*"]
    assert filters_of({}, secrets) == {"Status": "Available"}


def _request(action: HandlerAction, **properties: Value) -> HandlerRequest:
    return HandlerRequest(
        action=action,
        type_name=TYPE_NAME,
        address="Golden",
        stack_id="s-1",
        stack_name="demo",
        region="cn-hangzhou",
        installation="inst1234",
        operation_id="o-1",
        token="if0123456789abcdef",
        now=0.0,
        intended_at=0.0,
        properties=properties,
    )


def test_every_question_is_a_look_and_deleting_is_none() -> None:
    async def scenario() -> None:
        cloud = Cloud()
        found = cloud.catalog.find(TYPE_NAME)
        assert found is not None
        handler = found.handler
        for ask in (handler.create, handler.read, handler.update):
            outcome = await ask(_request(HandlerAction.CREATE, ImageName="golden-*"))
            assert isinstance(outcome, Done)
            assert outcome.physical_id == "read-0123456789abcdef"
            assert outcome.attributes["ImageIds"] == ["m-golden0000000000001"]
        asked = len(cloud.sent)
        assert asked == 3
        for end in (handler.delete, handler.clean_up):
            assert await end(_request(HandlerAction.DELETE)) == Done(None)
        assert (len(cloud.sent), cloud.changes) == (asked, [])

    run_virtually(scenario())


def test_a_refusal_names_the_action_and_no_secret() -> None:
    async def scenario() -> None:
        cloud = Cloud()
        found = cloud.catalog.find(TYPE_NAME)
        assert found is not None
        cloud.fault("error", action="DescribeImages", status=400, code="Odd", message="not hush")
        refused = await found.handler.read(_request(HandlerAction.READ, ImageName=Secret("hush")))
        assert isinstance(refused, Failed)
        assert "DescribeImages in cn-hangzhou" in refused.message
        assert "hush" not in refused.message

    run_virtually(scenario())
