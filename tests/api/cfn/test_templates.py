"""Templates by the CloudFormation API: given back, validated, summarised."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from imageferry.api.calls import ApiCall, Caller
from imageferry.api.cfn.app import CfnApi
from imageferry.model.access import Role
from imageferry.ports.fetching import FetchRefused
from tests.api.cfn.visits import COPY, Visit, visited

LOOPED = """\
Transform: AWS::LanguageExtensions
Resources:
  Fn::ForEach::Copies:
    - Name
    - [First, Second]
    - Copy${Name}:
        Type: TF::Alicloud::ImageCopy
        Properties:
          SourceImageId: m-golden0000000000001
          SourceRegionId: cn-hangzhou
          ImageName: !Sub 'carried-${Name}'
"""


def test_a_template_is_given_back_byte_for_byte(tmp_path: Path) -> None:
    odd = COPY + "# grüße & <tags>\n\n"

    async def story(visit: Visit) -> None:
        await visit.create(template=odd)
        found = await visit.call("GetTemplate", StackName="demo")
        assert found == {"TemplateBody": odd, "StagesAvailable": ["Original", "Processed"]}
        given = {"StackName": "demo", "TemplateStage": "Processed"}
        assert await visit.call("GetTemplate", **given) == found
        assert await visit.validation("GetTemplate") == (
            "StackName is required if ChangeSetName is not specified."
        )
        assert await visit.validation("GetTemplate", ChangeSetName="one") == (
            "StackName is a required parameter."
        )
        given = {"StackName": "demo", "ChangeSetName": "one"}
        assert await visit.refusal("GetTemplate", **given) == (
            404,
            "ChangeSetNotFound",
            "ChangeSet [one] does not exist",
        )

    visited(tmp_path, story)


def test_a_template_is_validated_without_its_types(tmp_path: Path) -> None:
    unknown = "Description: a bucket\nResources:\n  B: {Type: AWS::S3::Bucket}\n"

    async def story(visit: Visit) -> None:
        found = await visit.call("ValidateTemplate", TemplateBody=COPY)
        assert found == {
            "Parameters": [
                {"ParameterKey": "Suffix", "DefaultValue": "one", "NoEcho": False},
                {"ParameterKey": "Word", "DefaultValue": "****", "NoEcho": True},
            ],
            "Description": "one image, carried",
            "DeclaredTransforms": [],
        }
        assert (await visit.call("ValidateTemplate", TemplateBody=unknown))["Parameters"] == []
        url = (await visit.call("EstimateTemplateCost", TemplateBody=COPY))["Url"]
        assert url.startswith("https://")
        limits = await visit.call("DescribeAccountLimits")
        assert limits == {"AccountLimits": [{"Name": "StackOutputsLimit", "Value": 200}]}

    visited(tmp_path, story)


def test_a_summary_always_has_its_parameters(tmp_path: Path) -> None:
    bare = COPY.replace("Default: one", "Default: one, AllowedValues: [one, two]")

    async def story(visit: Visit) -> None:
        found = await visit.call("GetTemplateSummary", TemplateBody=bare)
        assert found["Parameters"][0] == {
            "ParameterKey": "Suffix",
            "DefaultValue": "one",
            "ParameterType": "String",
            "NoEcho": False,
            "ParameterConstraints": {"AllowedValues": ["one", "two"]},
        }
        assert found["ResourceTypes"] == ["TF::Alicloud::ImageCopy"]
        assert found["Version"] == "2010-09-09"
        (of_type,) = found["ResourceIdentifierSummaries"]
        assert of_type["LogicalResourceIds"] == ["Copy"]
        assert of_type["ResourceIdentifiers"] == ["tfcfnid"]
        plain = "Resources:\n  B: {Type: AWS::S3::Bucket}\n"
        config = {"TreatUnrecognizedResourceTypesAsWarnings": True}
        found = await visit.call(
            "GetTemplateSummary", TemplateBody=plain, TemplateSummaryConfig=config
        )
        assert found["Parameters"] == []
        assert found["Warnings"] == {"UnrecognizedResourceTypes": ["AWS::S3::Bucket"]}
        assert found["ResourceIdentifierSummaries"] == [
            {"ResourceType": "AWS::S3::Bucket", "LogicalResourceIds": ["B"]}
        ]
        await visit.create()
        of_stack = await visit.call("GetTemplateSummary", StackName="demo")
        assert [one["ParameterKey"] for one in of_stack["Parameters"]] == ["Suffix", "Word"]

    visited(tmp_path, story)


def test_macros_have_to_be_acknowledged(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        given = {"StackName": "demo", "TemplateBody": LOOPED}
        assert await visit.refusal("CreateStack", **given) == (
            400,
            "InsufficientCapabilitiesException",
            "Requires capabilities : [CAPABILITY_AUTO_EXPAND]",
        )
        leave = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
        await visit.call("CreateStack", **given, Capabilities=leave)
        done = await visit.settled()
        assert done["StackStatus"] == "CREATE_COMPLETE"
        assert done["Capabilities"] == leave
        assert (await visit.call("GetTemplate", StackName="demo"))["StagesAvailable"] == [
            "Original"
        ]
        summary = await visit.call("ValidateTemplate", TemplateBody=LOOPED)
        assert summary["Capabilities"] == ["CAPABILITY_AUTO_EXPAND"]
        assert summary["DeclaredTransforms"] == ["AWS::LanguageExtensions"]

    visited(tmp_path, story)


def test_a_template_from_an_address_may_be_larger_than_one_in_a_request(tmp_path: Path) -> None:
    large = (COPY + "#" * 60_000).encode()
    shelf = {"https://shelf/large.yml": large, "https://shelf/largest.yml": large * 20}

    async def fetch(url: str, most: int) -> bytes:
        if url not in shelf:
            raise FetchRefused("nothing stands there")
        return shelf[url][: most + 1]

    async def story(visit: Visit) -> None:
        api = CfnApi(replace(visit.apis.desk, fetch=fetch))

        async def ask(action: str, **given: str) -> tuple[int, str]:
            caller = Caller("emulator", visit.apis.house.plane.place.account_id, Role.ADMIN)
            call = ApiCall(
                action,
                tuple(given.items()),
                caller,
                "cn-beijing",
                "an-id",
                "127.0.0.1",
                "here",
                visit.apis.clock.now(),
            )
            response = (await api.answer(call)).response
            return response.status, response.body.decode()

        given = {"StackName": "demo", "TemplateURL": "https://shelf/large.yml"}
        assert (await ask("CreateStack", **given))[0] == 200
        assert (await ask("ValidateTemplate", TemplateURL="https://shelf/large.yml"))[0] == 200
        status, said = await ask("ValidateTemplate", TemplateURL="https://shelf/largest.yml")
        assert status == 400
        assert "1,048,577 bytes" in said
        status, said = await ask("ValidateTemplate", TemplateURL="https://shelf/none.yml")
        assert status == 400
        assert "S3 error: nothing stands there" in said

    visited(tmp_path, story)
