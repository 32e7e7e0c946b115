"""Change sets: proposed, described, executed, forgotten; nothing is done before they are executed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from imageferry.emulator import controls
from tests.api.cfn.visits import COPY, Visit, visited

NOTHING = (
    "The submitted information didn't contain changes."
    " Submit different information to create a change set."
)
TWO = """\
Parameters:
  Suffix: {Type: String, Default: one}
  Word: {Type: String, NoEcho: true, Default: hush}
Resources:
  Copy:
    Type: TF::Alicloud::ImageCopy
    Properties:
      SourceImageId: !If [IsOther, m-golden0000000000002, m-golden0000000000001]
      SourceRegionId: !If [IsOther, ap-southeast-1, cn-hangzhou]
      ImageName: !Sub 'carried-${Suffix}'
      Description: !Ref Word
  Share:
    Type: TF::Alicloud::ImageSharePermission
    Properties: {ImageId: !GetAtt Copy.Id, AccountId: '1000000000000002'}
Conditions:
  IsOther: !Equals [!Ref Suffix, other]
"""
ALL_CHANGED = [{"ParameterKey": "Suffix", "ParameterValue": "other"}]


async def proposed(visit: Visit, name: str = "first", **given: Any) -> dict[str, Any]:
    made = await visit.call("CreateChangeSet", StackName="demo", ChangeSetName=name, **given)
    return await visit.call("DescribeChangeSet", ChangeSetName=made["Id"])


def changes(described: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        one["ResourceChange"]["LogicalResourceId"]: one["ResourceChange"]
        for one in described["Changes"]
    }


def copies(visit: Visit) -> int:
    return sum(bool(one["source_image_id"]) for one in controls.list_images(visit.apis.cloud.world))


def test_a_stack_is_made_by_a_change_set(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        described = await proposed(
            visit, ChangeSetType="CREATE", TemplateBody=COPY, Description="the first one",
            Tags=[{"Key": "team", "Value": "images"}], OnStackFailure="DO_NOTHING",
        )  # fmt: skip
        assert (described["Status"], described["ExecutionStatus"]) == (
            "CREATE_COMPLETE",
            "AVAILABLE",
        )
        assert described["OnStackFailure"] == "DO_NOTHING"
        assert described["Tags"] == [{"Key": "team", "Value": "images"}]
        # The service gives these always, and the ones that are empty not at all.
        assert described["Capabilities"] == described["NotificationARNs"] == []
        assert described["RollbackConfiguration"] == {}
        assert described["IncludeNestedStacks"] is False
        assert "StatusReason" not in described
        assert described["Parameters"] == [
            {"ParameterKey": "Suffix", "ParameterValue": "one"},
            {"ParameterKey": "Word", "ParameterValue": "****"},
        ]
        assert changes(described)["Copy"] == {
            "Action": "Add",
            "LogicalResourceId": "Copy",
            "ResourceType": "TF::Alicloud::ImageCopy",
            "Scope": [],
            "Details": [],
        }
        assert (await visit.stack())["StackStatus"] == "REVIEW_IN_PROGRESS"
        assert copies(visit) == 0
        second = await proposed(visit, "second", ChangeSetType="CREATE", TemplateBody=COPY)
        assert second["StackId"] == described["StackId"]
        await visit.call("ExecuteChangeSet", StackName="demo", ChangeSetName="first")
        done = await visit.settled()
        assert done["StackStatus"] == "CREATE_COMPLETE"
        assert done["ChangeSetId"] == described["ChangeSetId"]
        assert done["Tags"] == [{"Key": "team", "Value": "images"}]
        assert copies(visit) == 1
        listed = (await visit.call("ListChangeSets", StackName="demo"))["Summaries"]
        assert {one["ChangeSetName"]: one["ExecutionStatus"] for one in listed} == {
            "first": "EXECUTE_COMPLETE",
            "second": "OBSOLETE",
        }
        status, code, text = await visit.refusal(
            "ExecuteChangeSet", StackName="demo", ChangeSetName="second"
        )
        assert (status, code) == (400, "InvalidChangeSetStatus")
        assert "[OBSOLETE]" in text

    visited(tmp_path, story, speed=50)


def test_a_change_says_where_it_comes_from(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        await visit.create(template=TWO)
        described = await proposed(
            visit, "other", UsePreviousTemplate=True, Parameters=ALL_CHANGED
        )  # fmt: skip
        found = changes(described)
        copy = found["Copy"]
        assert (copy["Action"], copy["Replacement"], copy["Scope"]) == (
            "Modify",
            "False",
            ["Properties"],
        )
        by_name: dict[str, list[tuple[str, str, str | None]]] = {}
        for detail in copy["Details"]:
            by_name.setdefault(detail["Target"]["Name"], []).append(
                (detail["ChangeSource"], detail["Evaluation"], detail.get("CausingEntity"))
            )
            assert "BeforeValue" not in detail["Target"]
        expected = [
            ("ParameterReference", "Static", "Suffix"),
            ("DirectModification", "Dynamic", None),
        ]
        assert by_name == {
            "SourceImageId": expected,
            "SourceRegionId": expected,
            "ImageName": expected,
        }
        share = found["Share"]
        assert [
            (one["ChangeSource"], one["Evaluation"], one["CausingEntity"])
            for one in share["Details"]
        ] == [("ResourceAttribute", "Dynamic", "Copy.Id")]
        valued = await visit.call(
            "DescribeChangeSet", StackName="demo", ChangeSetName="other", IncludePropertyValues=True
        )
        share = changes(valued)["Share"]
        assert share["Details"][0]["Target"]["AfterValue"] == "{{changeSet:KNOWN_AFTER_APPLY}}"
        assert json.loads(share["AfterContext"])["Properties"]["ImageId"] == (
            "{{changeSet:KNOWN_AFTER_APPLY}}"
        )
        before = json.loads(changes(valued)["Copy"]["BeforeContext"])["Properties"]
        assert before["ImageName"] == "carried-one"
        assert "hush" not in json.dumps(valued, default=str)

    visited(tmp_path, story, speed=50)


def test_an_edit_is_a_direct_modification(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        await visit.create()
        described = await proposed(
            visit, TemplateBody=COPY.replace("carried by the suite", "carried again")
        )
        (detail,) = changes(described)["Copy"]["Details"]
        assert detail == {
            "Target": {
                "Attribute": "Properties",
                "Name": "Description",
                "RequiresRecreation": "Never",
            },
            "Evaluation": "Static",
            "ChangeSource": "DirectModification",
        }
        removed = await proposed(
            visit, "smaller", TemplateBody=TWO.replace("  Copy:\n", "  Other:\n", 1).replace(
                "Copy.Id", "Other.Id"
            )
        )  # fmt: skip
        found = changes(removed)
        assert found["Copy"]["Action"] == "Remove"
        assert found["Copy"]["PolicyAction"] == "Delete"
        assert found["Copy"]["PhysicalResourceId"]

    visited(tmp_path, story, speed=50)


def test_a_policy_alone_is_a_change_of_that_scope(tmp_path: Path) -> None:
    kept = COPY.replace("    Metadata: {Owner: suite}", "    DeletionPolicy: Retain")

    async def story(visit: Visit) -> None:
        await visit.create()
        described = await proposed(visit, "kept", TemplateBody=kept)
        assert changes(described)["Copy"] | {"PhysicalResourceId": ""} == {
            "Action": "Modify",
            "LogicalResourceId": "Copy",
            "PhysicalResourceId": "",
            "ResourceType": "TF::Alicloud::ImageCopy",
            "Replacement": "False",
            "Scope": ["DeletionPolicy"],
            "Details": [
                {
                    "Target": {"Attribute": "DeletionPolicy", "RequiresRecreation": "Never"},
                    "Evaluation": "Static",
                    "ChangeSource": "DirectModification",
                }
            ],
        }
        valued = await visit.call(
            "DescribeChangeSet", StackName="demo", ChangeSetName="kept", IncludePropertyValues=True
        )
        target = changes(valued)["Copy"]["Details"][0]["Target"]
        assert (target["Path"], target["BeforeValue"], target["AfterValue"]) == (
            "/DeletionPolicy",
            "Delete",
            "Retain",
        )

    visited(tmp_path, story)


def test_without_a_change_it_has_failed(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        await visit.create()
        described = await proposed(visit, UsePreviousTemplate=True)
        assert (described["Status"], described["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
        assert described["StatusReason"] == NOTHING
        assert described["Changes"] == []
        _, code, text = await visit.refusal(
            "ExecuteChangeSet", StackName="demo", ChangeSetName="first"
        )
        assert code == "InvalidChangeSetStatus"
        assert "[FAILED]" in text

    visited(tmp_path, story, speed=50)


def test_it_is_forgotten_and_its_name_is_free_again(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        await visit.create()
        await proposed(visit, UsePreviousTemplate=True)
        status, code, _ = await visit.refusal(
            "CreateChangeSet", StackName="demo", ChangeSetName="first", UsePreviousTemplate=True
        )
        assert (status, code) == (400, "AlreadyExistsException")
        await visit.call("DeleteChangeSet", StackName="demo", ChangeSetName="first")
        missing = {"StackName": "demo", "ChangeSetName": "first"}
        assert await visit.refusal("DescribeChangeSet", **missing) == (
            404,
            "ChangeSetNotFound",
            "ChangeSet [first] does not exist",
        )
        # Clients forget a set before they make it, whether it was there or not.
        await visit.call("DeleteChangeSet", **missing)
        await proposed(visit, UsePreviousTemplate=True)

    visited(tmp_path, story, speed=50)


def test_two_requests_with_one_token_make_one(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        asked = {"StackName": "demo", "ChangeSetName": "first", "ChangeSetType": "CREATE",
                 "TemplateBody": COPY, "ClientToken": "one"}  # fmt: skip
        first = await visit.call("CreateChangeSet", **asked)
        assert await visit.call("CreateChangeSet", **asked) == first
        _, code, _ = await visit.refusal("CreateChangeSet", **{**asked, "Description": "other"})
        assert code == "TokenAlreadyExistsException"

    visited(tmp_path, story, speed=50)


def test_an_existing_image_is_imported(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        await visit.create(
            "other", COPY.replace("Properties:", "DeletionPolicy: Retain\n    Properties:")
        )
        image = (await visit.stack("other"))["Outputs"][0]["OutputValue"]
        await visit.call("DeleteStack", StackName="other")
        await visit.apis.clock.sleep(60)
        described = await proposed(
            visit, ChangeSetType="IMPORT", TemplateBody=COPY,
            ResourcesToImport=[{
                "ResourceType": "TF::Alicloud::ImageCopy", "LogicalResourceId": "Copy",
                "ResourceIdentifier": {"Id": image},
            }],
        )  # fmt: skip
        found = changes(described)["Copy"]
        assert (found["Action"], found["PhysicalResourceId"]) == ("Import", image)
        await visit.call("ExecuteChangeSet", StackName="demo", ChangeSetName="first")
        done = await visit.settled()
        assert done["StackStatus"] == "CREATE_COMPLETE"
        assert done["Outputs"][0]["OutputValue"] == image
        assert copies(visit) == 1

    visited(tmp_path, story, speed=50)


MISSING = {"StackName": "nobody", "ChangeSetName": "first"}


@pytest.mark.parametrize(
    ("action", "given", "text"),
    [
        pytest.param("DescribeChangeSet", MISSING, "Stack [nobody] does not exist", id="describe"),
        pytest.param("DeleteChangeSet", MISSING, "Stack [nobody] does not exist", id="delete"),
        pytest.param("ListChangeSets", {"StackName": "nobody"}, "Stack [nobody] does not exist",
                     id="list"),
        pytest.param("CreateChangeSet", {**MISSING, "TemplateBody": COPY},
                     "Stack [nobody] does not exist", id="update"),
        pytest.param("DescribeChangeSet", {"ChangeSetName": "first"},
                     "StackName must be specified if ChangeSetName is not specified as an ARN.",
                     id="no stack"),
        pytest.param("CreateChangeSet",
                     {"StackName": "demo", "ChangeSetName": "again", "ChangeSetType": "CREATE",
                      "TemplateBody": COPY},
                     "Stack [demo] already exists and cannot be created again with the changeSet"
                     " [again].", id="exists"),
        pytest.param("CreateChangeSet", {"StackName": "demo", "ChangeSetName": "x"},
                     "Either Template URL or Template Body must be specified.", id="no template"),
        pytest.param("CreateChangeSet",
                     {"StackName": "demo", "ChangeSetName": "1st", "TemplateBody": COPY},
                     "1 validation error detected: Value '1st' at 'changeSetName' failed to satisfy"
                     " constraint: Member must satisfy regular expression pattern:"
                     " [a-zA-Z][-a-zA-Z0-9]*", id="name"),
        pytest.param("CreateChangeSet",
                     {"StackName": "demo", "ChangeSetName": "x", "ChangeSetType": "IMPORT",
                      "TemplateBody": COPY},
                     "ResourcesToImport must be specified for a change set of type IMPORT.",
                     id="import nothing"),
    ],
)  # fmt: skip
def test_what_is_refused(tmp_path: Path, action: str, given: dict[str, Any], text: str) -> None:
    async def story(visit: Visit) -> None:
        if given.get("StackName") == "demo":
            await visit.create()
        assert await visit.validation(action, **given) == text

    visited(tmp_path, story, speed=1e6, trouble=False)
