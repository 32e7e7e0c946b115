"""What templates ask of the world beside them, end to end: exports, outputs, zones and the time."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import pytest

from imageferry.cli.exits import ExitCode
from imageferry.cli.faults import explain
from imageferry.cloud.errors import CloudError
from imageferry.control.requests import ExecutionOptions, RequestRefused, StackRequest
from imageferry.model.diagnostics import TemplateError
from imageferry.model.operations import OnFailure
from imageferry.model.statuses import StackStatus
from imageferry.model.values import Value
from tests.scenarios.emulated import Emulated
from tests.scenarios.emulated import play as play_emulated

play = partial(play_emulated, trouble=False)


async def refused(
    sea: Emulated, template: bytes, region: str = "cn-shanghai", **parameters: Value
) -> TemplateError:
    request = StackRequest("demo", region, template, "t.yml", parameters)
    with pytest.raises(TemplateError) as fault:
        await sea.house.plane.plan(request)
    assert explain(fault.value)[0] is ExitCode.WRONG_USAGE
    assert sea.house.voice.client.counts["CopyImage"] == 0
    return fault.value


# --- exports --------------------------------------------------------------------------------------


HARBOUR = b"""
AWSTemplateFormatVersion: '2010-09-09'
Parameters:
  Encrypted: {Type: String, Default: 'false'}
Resources:
  Golden:
    Type: TF::Alicloud::ImageCopy
    Properties:
      SourceImageId: m-golden0000000000001
      SourceRegionId: cn-hangzhou
      ImageName: golden
      Encrypted: !Ref Encrypted
Outputs:
  Image:
    Value: !GetAtt Golden.Id
    Export: {Name: !Sub '${AWS::StackName}-image'}
"""
ONWARD = b"""
AWSTemplateFormatVersion: '2010-09-09'
Resources:
  Sealed:
    Type: TF::Alicloud::ImageCopy
    Properties:
      SourceImageId: !ImportValue harbour-image
      SourceRegionId: cn-shanghai
      ImageName: sealed
      Encrypted: true
Outputs:
  From: {Value: !ImportValue harbour-image}
"""


def test_one_stack_copies_what_another_exports(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        fault = await refused(sea, ONWARD)
        assert [one.code for one in fault.diagnostics] == ["IF365"]
        base = (await sea.deploy(HARBOUR, name="harbour", region="cn-shanghai")).stack
        user = (await sea.deploy(ONWARD, name="onward", region="cn-shanghai")).stack
        assert user.status is StackStatus.CREATED, user.status_reason
        assert user.outputs["From"] == base.outputs["Image"]
        assert {one["name"]: one["source_image_id"] for one in sea.copies()} == {
            "golden": "m-golden0000000000001",
            "sealed": base.outputs["Image"],
        }
        counts = dict(sea.house.voice.client.counts)
        with pytest.raises(RequestRefused) as refusal:
            await sea.delete("harbour")
        code, said = explain(refusal.value)
        assert code is ExitCode.FAILED
        assert [(one.code, one.message) for one in said] == [
            ("IF363", "Export harbour-image cannot be deleted as it is in use by onward")
        ]
        renewed = StackRequest("harbour", "cn-shanghai", HARBOUR, "t.yml", {"Encrypted": "true"})
        with pytest.raises(TemplateError, match="cannot be updated as it is in use by onward"):
            await sea.house.plane.plan(renewed)
        assert sea.house.voice.client.counts == counts, "nothing was called"
        await sea.delete("onward")
        await sea.delete("harbour")
        assert sea.copies() == []

    play(tmp_path, program)


# --- outputs of other stacks ----------------------------------------------------------------------


FIRST = b"""
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Golden:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: cn-shanghai
      DestinationImageName: first
Outputs:
  Image: {Value: {Fn::GetAtt: [Golden, ImageId]}}
  Region: {Value: {Fn::GetAtt: [Golden, DestinationRegionId]}}
"""
SECOND = b"""
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  From: {Type: String}
  To: {Type: String}
Resources:
  Golden:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: {Fn::GetStackOutput: [{Ref: From}, Image]}
      SourceRegionId: {Fn::GetStackOutput: [{Ref: From}, Region]}
      DestinationRegionId: {Ref: To}
      DestinationImageName: {Ref: 'ALIYUN::StackName'}
Outputs:
  Image: {Value: {Fn::GetAtt: [Golden, ImageId]}}
  Region: {Value: {Fn::GetAtt: [Golden, DestinationRegionId]}}
"""


def test_a_chain_of_stacks_carries_an_image_on(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        first = (await sea.deploy(FIRST, name="first")).stack
        parameters = {"From": "first", "To": "us-west-1"}
        second = (await sea.deploy(SECOND, name="second", parameters=parameters)).stack
        parameters = {"From": second.stack_id, "To": "eu-central-1"}
        third = (await sea.deploy(SECOND, name="third", parameters=parameters)).stack
        assert third.status is StackStatus.CREATED, third.status_reason
        sources = {one["name"]: one["source_image_id"] for one in sea.copies()}
        assert sources == {
            "first": "m-golden0000000000001",
            "second": first.outputs["Image"],
            "third": second.outputs["Image"],
        }
        fourth = StackRequest(
            "fourth", "cn-hangzhou", SECOND, "t.yml", {"From": "third", "To": "cn-beijing"}
        )
        with pytest.raises(TemplateError, match="fourth -> third -> second -> first"):
            await sea.house.plane.plan(fourth)

    play(tmp_path, program)


# --- the time -------------------------------------------------------------------------------------


STAMPED = b"""
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  First:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: cn-shanghai
      DestinationImageName: {Fn::Join: ['-', [golden, {Fn::FormatTime: '%Y%m%d%H%M%S'}]]}
  Second:
    Type: ALIYUN::ECS::CopyImage
    DependsOn: First
    Properties:
      ImageId: {Ref: First}
      SourceRegionId: cn-shanghai
      DestinationRegionId: cn-beijing
      DestinationDescription: {Fn::Join: ['', ['of ', {Ref: First}]]}
      DestinationImageName: {Fn::Join: ['-', [golden, {Fn::FormatTime: '%Y%m%d%H%M%S'}]]}
Outputs:
  At: {Value: {Fn::FormatTime: ['%Y%m%d%H%M%S', Asia/Shanghai]}}
"""


@pytest.mark.parametrize("after", [0, 200, 2000], ids=["at once", "in the first", "later"])
def test_the_time_stays_the_same_after_a_crash(tmp_path: Path, after: int) -> None:
    async def program(sea: Emulated) -> None:
        plane = sea.house.plane
        planned = await plane.plan(StackRequest("demo", "cn-hangzhou", STAMPED, "t.yml"))
        operation = await plane.execute(planned, ExecutionOptions())
        await sea.house.clock.sleep(7)
        if after:
            running = asyncio.ensure_future(sea.house.worker.run(operation.operation_id))
            await sea.house.clock.sleep(after)
            running.cancel()
            await asyncio.wait([running])
            await sea.house.clock.sleep(3600)
        await sea.fresh_worker().run(operation.operation_id)
        view = await plane.view(operation.stack_id)
        assert view.stack.status is StackStatus.CREATED, view.stack.status_reason
        # 2025-10-09T08:53:20Z is when virtual time begins; eight hours later in Shanghai.
        assert [one["name"] for one in sea.copies()] == ["golden-20251009085320"] * 2
        assert view.stack.outputs["At"] == "20251009165320"

    play(tmp_path, program)


# --- zones ----------------------------------------------------------------------------------------


ZONES = b"""
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Golden:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: cn-shanghai
      DestinationImageName: {Fn::Select: ['0', {Fn::GetAZs: ap-southeast-1}]}
Outputs:
  Here: {Value: {Fn::GetAZs: ''}}
"""


def test_zones_are_asked_of_the_cloud_once(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        view = await sea.deploy(ZONES)
        here = view.stack.outputs["Here"]
        assert isinstance(here, list)
        assert here == sorted(here)
        assert all(str(zone).startswith("cn-hangzhou-") for zone in here)
        assert [one["name"] for one in sea.copies()] == ["ap-southeast-1a"]
        assert sea.house.voice.client.counts["DescribeZones"] == 2

    play(tmp_path, program)


@pytest.mark.parametrize(
    ("code", "status", "exit_code"),
    [
        pytest.param("Forbidden.RAM", 403, ExitCode.NOT_AUTHORISED, id="not authorised"),
        pytest.param("InvalidParameter", 400, ExitCode.FAILED, id="refused"),
    ],
)
def test_a_cloud_that_tells_no_zones(
    tmp_path: Path, code: str, status: int, exit_code: ExitCode
) -> None:
    async def program(sea: Emulated) -> None:
        sea.fault(kind="error", action="DescribeZones", code=code, status=status, message="no")
        request = StackRequest("demo", "cn-hangzhou", ZONES, "t.yml")
        with pytest.raises(CloudError) as fault:
            await sea.house.plane.plan(request)
        found, said = explain(fault.value)
        assert found is exit_code
        assert "DescribeZones" in said[0].why

    play(tmp_path, program)


# --- refused before any call ----------------------------------------------------------------------


COPY = """
  Golden:
    Type: TF::Alicloud::ImageCopy
    Properties: {SourceImageId: m-golden0000000000001, SourceRegionId: cn-hangzhou}
"""

RULED = f"""
AWSTemplateFormatVersion: '2010-09-09'
Parameters: {{Stage: {{Type: String}}}}
Rules:
  Stages:
    Assertions:
      - Assert: {{'Fn::Contains': [[test, live], !Ref Stage]}}
        AssertDescription: a stage is test or live
Resources:{COPY}"""


def test_a_broken_rule_refuses_before_any_call(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        fault = await refused(sea, RULED.encode(), Stage="dead")
        (said,) = fault.diagnostics
        assert said.code == "IF411"
        assert "a stage is test or live" in said.message
        assert said.span is not None
        view = await sea.deploy(RULED.encode(), region="cn-shanghai", parameters={"Stage": "live"})
        assert view.stack.status is StackStatus.CREATED

    play(tmp_path, program)


HEAD = "AWSTemplateFormatVersion: '2010-09-09'\n"


@pytest.mark.parametrize(
    "template",
    [
        pytest.param(
            f"{HEAD}Transform: AWS::Serverless-2016-10-31\nResources:{COPY}", id="a transform"
        ),
        pytest.param(f"{HEAD}Transform: [My::Macro]\nResources:{COPY}", id="a macro"),
        pytest.param(
            f"{HEAD}Resources:{COPY}    Metadata:\n      Fn::Transform: {{Name: M}}\n",
            id="a macro on an object",
        ),
        pytest.param(
            f"{HEAD}Resources:{COPY}"
            "Outputs: {A: {Value: '{{resolve:secretsmanager:MySecret}}'}}\n",
            id="a dynamic reference",
        ),
        pytest.param(
            f"{HEAD}Resources:{COPY}  Nested:\n    Type: AWS::CloudFormation::Stack\n"
            "    Properties: {TemplateURL: 'https://example.com/t.yml'}\n",
            id="a nested stack",
        ),
    ],
)
def test_what_is_beyond_support_is_an_error_at_its_line(tmp_path: Path, template: str) -> None:
    async def program(sea: Emulated) -> None:
        fault = await refused(sea, template.encode())
        errors = [one for one in fault.diagnostics if one.is_error]
        assert errors
        assert all(one.span is not None for one in errors)

    play(tmp_path, program)


# --- policies -------------------------------------------------------------------------------------


RETAINED = """
AWSTemplateFormatVersion: '2010-09-09'
Parameters:
  Encrypted: {Type: String, Default: 'false'}
  Adds: {Type: String, Default: 'no'}
Conditions: {More: !Equals [!Ref Adds, 'yes']}
Resources:
  Golden:
    Type: TF::Alicloud::ImageCopy
    UpdateReplacePolicy: Retain
    Properties:
      SourceImageId: m-golden0000000000001
      SourceRegionId: cn-hangzhou
      ImageName: golden
      Encrypted: !Ref Encrypted
  More:
    Type: TF::Alicloud::ImageCopy
    Condition: More
    DependsOn: Golden
    Properties: {SourceImageId: m-golden0000000000001, SourceRegionId: cn-hangzhou, ImageName: more}
Outputs:
  Id: {Value: !GetAtt Golden.Id}
"""


@pytest.mark.parametrize(
    ("policy", "left"),
    [pytest.param("Retain", 2, id="retained"), pytest.param("Delete", 1, id="deleted")],
)
def test_the_replaced_image_stays_where_its_policy_says_so(
    tmp_path: Path, policy: str, left: int
) -> None:
    template = RETAINED.replace("Policy: Retain", f"Policy: {policy}").encode()

    async def program(sea: Emulated) -> None:
        first = (await sea.deploy(template, region="cn-shanghai")).stack.outputs["Id"]
        view = await sea.deploy(template, region="cn-shanghai", parameters={"Encrypted": "true"})
        assert view.stack.status is StackStatus.UPDATED
        assert view.resources[0].resource.leftovers == ()
        there = [one["image_id"] for one in sea.copies()]
        assert len(there) == left
        assert (first in there) == (policy == "Retain")
        await sea.delete()
        assert [one["image_id"] for one in sea.copies()] == ([first] if left == 2 else [])

    play(tmp_path, program)


def test_what_a_rollback_takes_back_is_not_retained(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        first = (await sea.deploy(RETAINED.encode(), region="cn-shanghai")).stack.outputs["Id"]
        sea.fault(kind="quota", action="CopyImage", skip=1)
        view = await sea.deploy(
            RETAINED.encode(),
            region="cn-shanghai",
            parameters={"Encrypted": "true", "Adds": "yes"},
            on_failure=OnFailure.ROLLBACK,
        )
        assert view.stack.status is StackStatus.UPDATE_ROLLED_BACK, view.stack.status_reason
        assert [(one["image_id"], one["name"]) for one in sea.copies()] == [(first, "golden")]
        assert view.resources[0].resource.leftovers == ()

    play(tmp_path, program)


DELETION = """
AWSTemplateFormatVersion: '2010-09-09'
Resources:
  Golden:
    Type: TF::Alicloud::ImageCopy
    DeletionPolicy: RetainExceptOnCreate
    Properties: {SourceImageId: m-golden0000000000001, SourceRegionId: cn-hangzhou, ImageName: one}
  Second:
    Type: TF::Alicloud::ImageCopy
    DependsOn: Golden
    Properties: {SourceImageId: m-golden0000000000001, SourceRegionId: cn-hangzhou, ImageName: two}
"""


@pytest.mark.parametrize(
    ("policy", "rolled_back", "deleted"),
    [
        pytest.param("RetainExceptOnCreate", [], ["one"], id="except on create"),
        pytest.param("Retain", ["one"], ["one"], id="always"),
        pytest.param("Delete", [], [], id="never"),
    ],
)
def test_a_deletion_policy_counts_on_create_or_only_later(
    tmp_path: Path, policy: str, rolled_back: list[str], deleted: list[str]
) -> None:
    template = DELETION.replace("RetainExceptOnCreate", policy).encode()

    async def program(sea: Emulated) -> None:
        sea.fault(kind="quota", action="CopyImage", skip=1)
        view = await sea.deploy(template, region="cn-shanghai", on_failure=OnFailure.ROLLBACK)
        assert view.stack.status is StackStatus.CREATE_ROLLED_BACK, view.stack.status_reason
        assert [one["name"] for one in sea.copies()] == rolled_back
        sea.calm()
        fresh = template.replace(b"ImageName: ", b"ImageName: new-")
        await sea.deploy(fresh, name="again", region="cn-shanghai")
        await sea.delete("again")
        left = [one["name"] for one in sea.copies() if str(one["name"]).startswith("new-")]
        assert left == [f"new-{name}" for name in deleted]

    play(tmp_path, program)
