"""Lists of ROS's API: pages, filters, and stacks that were made in the other language."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from imageferry.control.requests import ExecutionOptions, StackRequest
from imageferry.wire.alibaba_signing import Credentials, sign_v1
from imageferry.wire.http import HttpRequest
from tests.api.ros.stories import TWO_COPIES, Talk, told
from tests.api.serving import EMULATOR, HOST

EMPTY = "ROSTemplateFormatVersion: '2015-09-01'\n"

CFN = b"""\
AWSTemplateFormatVersion: '2010-09-09'
Description: the other way round
Resources:
  Copy:
    Type: TF::Alicloud::ImageCopy
    Properties:
      ImageName: from-the-other
      SourceImageId: m-golden0000000000001
      SourceRegionId: cn-hangzhou
Outputs:
  Id: {Value: !GetAtt Copy.Id}
"""


def test_stacks_page_by_page_and_filtered(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        ids = []
        for number in range(5):
            made = await talk.ask(
                "CreateStack",
                StackName=f"{'odd' if number % 2 else 'even'}-{number}",
                TemplateBody=TWO_COPIES.replace("Default: one", f"Default: n{number}"),
                Tags=[{"Key": "number", "Value": str(number)}, {"Key": "all", "Value": "yes"}],
                ResourceGroupId=f"rg-{number % 2}",
            )
            ids.append(made["StackId"])
            await talk.apis.clock.sleep(3)
        last = await talk.ask("ListStacks", PageSize=2)
        assert (last["PageNumber"], last["PageSize"], last["TotalCount"]) == (1, 2, 5)
        assert [one["StackId"] for one in last["Stacks"]] == [ids[4], ids[3]]
        third = await talk.ask("ListStacks", PageSize=2, PageNumber=3)
        assert [one["StackId"] for one in third["Stacks"]] == [ids[0]]
        assert (await talk.ask("ListStacks", PageNumber=9))["Stacks"] == []

        async def found(**filters: Any) -> list[int]:
            page = await talk.ask("ListStacks", PageSize=50, **filters)
            assert page["TotalCount"] == len(page["Stacks"])
            return sorted(ids.index(one["StackId"]) for one in page["Stacks"])

        assert await found(StackName=["odd-*"]) == [1, 3]
        assert await found(StackName=["odd-1", "even-2"]) == [1, 2]
        assert await found(Tag=[{"Key": "number", "Value": "2"}, {"Key": "all"}]) == [2]
        assert await found(Tag=[{"Key": "number", "Value": "9"}]) == []
        assert await found(StackId=ids[3]) == [3]
        assert await found(StackIds=[ids[0], ids[2]]) == [0, 2]
        assert await found(StackIds=["nobody"]) == []
        assert await found(Status=["CREATE_IN_PROGRESS"]) == [0, 1, 2, 3, 4]
        assert await found(Status=["CREATE_COMPLETE"]) == []
        assert await found(ResourceGroupId="rg-1") == [1, 3]
        assert await found(ParentStackId="x") == []
        assert await found(RegionId="cn-beijing") == []
        first = (await talk.ask("GetStack", StackId=ids[0]))["CreateTime"]
        assert await found(StartTime=first + "Z", EndTime=first + "Z") == [0]
        other = {"StackId": ids[0], "RegionId": "cn-beijing"}
        assert (await talk.refused("GetStack", **other))[1] == "StackNotFound"

    told(tmp_path, story)


def test_events_page_by_page_and_filtered(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        await talk.create()
        every = await talk.ask("ListStackEvents", **talk.stack, PageSize=50)
        ids = [one["EventId"] for one in every["Events"]]
        assert every["TotalCount"] == len(ids) == len(set(ids)) >= 6
        paged: list[str] = []
        for number in (1, 2, 3):
            page = await talk.ask("ListStackEvents", **talk.stack, PageSize=4, PageNumber=number)
            assert page["TotalCount"] == len(ids)
            paged += [one["EventId"] for one in page["Events"]]
        assert paged == ids[: len(paged)]
        assert len(paged) == min(len(ids), 12)

        async def shown(**filters: Any) -> set[tuple[str, str]]:
            page = await talk.ask("ListStackEvents", **talk.stack, PageSize=50, **filters)
            return {(one["LogicalResourceId"], one["Status"]) for one in page["Events"]}

        assert {name for name, _ in await shown(LogicalResourceId=["First"])} == {"First"}
        assert await shown(ResourceType=["ALIYUN::ROS::Stack"], Status=["CREATE_COMPLETE"]) == {
            ("demo", "CREATE_COMPLETE")
        }
        some = await talk.ask(
            "ListStackEvents", **talk.stack, PageSize=1, LogicalResourceId=["First"]
        )
        assert (some["TotalCount"] > 1, len(some["Events"])) == (True, 1)

    told(tmp_path, story)


def test_a_stack_of_the_other_language(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        plane = talk.apis.house.plane
        planned = await plane.plan(StackRequest("theirs", "cn-beijing", CFN, "t.yml"))
        operation = await plane.execute(planned, ExecutionOptions())
        talk.stack = {"StackId": operation.stack_id, "RegionId": "cn-beijing"}
        assert operation.stack_id.startswith("arn:aws:cloudformation:")
        stack = await talk.settled()
        uuid = operation.stack_id.rpartition("/")[2]
        assert (stack["StackId"], stack["Status"]) == (uuid, "CREATE_COMPLETE")
        listed = (await talk.ask("ListStacks", RegionId="cn-beijing"))["Stacks"]
        assert [one["StackId"] for one in listed] == [uuid]
        talk.stack["StackId"] = uuid
        events = (await talk.ask("ListStackEvents", **talk.stack))["Events"]
        assert {one["StackId"] for one in events} == {uuid}
        kinds = {one["ResourceType"] for one in events}
        assert kinds == {"ALIYUN::ROS::Stack", "TF::Alicloud::ImageCopy"}
        summary = await talk.ask("GetTemplateSummary", **talk.stack)
        assert (summary["Version"], summary["ResourceTypes"]) == (
            "2010-09-09",
            ["TF::Alicloud::ImageCopy"],
        )
        assert (await talk.ask("GetTemplate", **talk.stack))["TemplateBody"] == CFN.decode()
        name = {"LogicalResourceId": "Copy"}
        shown = await talk.ask("GetStackResource", **talk.stack, **name)
        assert (shown["StackId"], shown["Status"]) == (uuid, "CREATE_COMPLETE")
        for action in (
            "ListStackResources",
            "GetStackPolicy",
            "ListChangeSets",
            "ListStackResourceDrifts",
            "GetTemplateParameterConstraints",
            "ListStackOperationRisks",
        ):
            await talk.ask(action, **talk.stack)
        tag = [{"Key": "seen", "Value": "there"}]
        which = {"ResourceType": "stack", "ResourceId": [uuid], "RegionId": "cn-beijing"}
        await talk.ask("TagResources", **which, Tag=tag)
        assert (await talk.ask("GetStack", **talk.stack))["Tags"] == tag
        whole = {**talk.stack, "StackId": operation.stack_id}
        assert (await talk.ask("GetStack", **whole))["StackId"] == uuid
        for template, code in (
            (CFN.decode(), "InvalidTemplateVersion"),
            (TWO_COPIES, "NotSupported"),
        ):
            refused = await talk.refused("UpdateStack", **talk.stack, TemplateBody=template)
            assert refused[:2] == (400, code)
        await talk.ask("DeleteStack", **talk.stack)
        assert (await talk.settled())["Status"] == "DELETE_COMPLETE"

    told(tmp_path, story)


def test_requests_as_older_clients_write_them(tmp_path: Path) -> None:
    """By GET, signed in the query, in another format, with names that nobody knows."""

    async def story(talk: Talk) -> None:
        await talk.create()
        apis = talk.apis
        count = 0

        async def asked(action: str, key: Credentials = EMULATOR, **given: str) -> dict[str, Any]:
            nonlocal count
            count += 1
            query = tuple({"RegionId": "cn-hangzhou", "Shape": "x", **given}.items())
            bare = HttpRequest("GET", "http", HOST, "/", query, {"host": HOST})
            date = datetime.fromtimestamp(apis.clock.now(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            signed = sign_v1(
                bare,
                action=action,
                version="2019-09-10",
                credentials=key,
                date=date,
                nonce=f"older-{count}",
                response_format="XML",
            )
            passage = await apis.knock(signed)
            assert passage.response is not None
            reply: dict[str, Any] = json.loads(passage.response.body)
            return {"status": passage.response.status, **reply}

        listed = await asked("ListStacks", **{"StackName.3": "de*", "Status.0": "CREATE_COMPLETE"})
        assert [one["StackName"] for one in listed["Stacks"]] == ["demo"]
        shown = await asked("GetStack", **talk.stack, ClientToken="x" * 100)
        assert shown["Status"] == "CREATE_COMPLETE"
        by_json = await asked("ListStackEvents", **talk.stack, LogicalResourceId='["First"]')
        assert {one["LogicalResourceId"] for one in by_json["Events"]} == {"First"}
        made = await asked(
            "CreateStack", StackName="more", TemplateBody=EMPTY, DisableRollback="TRUE"
        )
        assert made["status"] == 200
        refused = await asked("ListStacks", Credentials("emulator", "wrong"))
        assert (refused["status"], refused["Code"]) == (400, "SignatureDoesNotMatch")

    told(tmp_path, story)
