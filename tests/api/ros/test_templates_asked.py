"""What ROS's API says of a template: ValidateTemplate, GetTemplateSummary, GetTemplate."""

from __future__ import annotations

from pathlib import Path

from tests.api.ros.stories import Talk, told

TEMPLATE = """\
ROSTemplateFormatVersion: '2015-09-01'
Description: many of them
Metadata: {Team: images}
Parameters:
  Name: {Type: String, Default: carried, Label: Its name, MinLength: 2, AllowedPattern: '[a-z]+'}
  Words: {Type: String, NoEcho: true, Default: 'hush-hush-4711'}
  Number: {Type: Number, AllowedValues: [1, 2], Default: 1}
  Zone:
    Type: String
    Default: ''
    AssociationProperty: ALIYUN::ECS::Instance::ZoneId
    AssociationPropertyMetadata: {RegionId: '${ALIYUN::Region}', Visible: {Value: [true, 1]}}
    TextArea: true
    Placeholder: one of its zones
Resources:
  Seen:
    Type: DATASOURCE::ECS::Images
    Properties: {ImageId: m-golden0000000000001}
  Golden:
    Type: ALIYUN::ECS::CopyImage
    Count: !Ref Number
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: cn-beijing
      DestinationImageName: !Ref Name
      DestinationDescription: !Ref Words
Outputs:
  Ids: {Value: !GetAtt [Golden, ImageId], Label: All}
"""


def test_what_a_template_declares(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        said = await talk.ask("ValidateTemplate", TemplateBody=TEMPLATE)
        assert set(said) == {
            "Description",
            "Outputs",
            "Parameters",
            "RequestId",
            "ResourceTypes",
            "Resources",
            "UpdateInfo",
        }
        parameters = {one["ParameterKey"]: one for one in said["Parameters"]}
        assert parameters["Name"] == {
            "ParameterKey": "Name",
            "Type": "String",
            "NoEcho": "false",
            "Default": "carried",
            "Label": "Its name",
            "MinLength": 2,
            "AllowedPattern": "[a-z]+",
        }
        assert parameters["Words"]["Default"] == "******"
        assert parameters["Zone"] == {
            "ParameterKey": "Zone",
            "Type": "String",
            "NoEcho": "false",
            "Default": "",
            "AssociationProperty": "ALIYUN::ECS::Instance::ZoneId",
            "AssociationPropertyMetadata": {
                "RegionId": "${ALIYUN::Region}",
                "Visible": {"Value": [True, 1]},
            },
            "TextArea": True,
            "Placeholder": "one of its zones",
        }
        summary = await talk.ask("GetTemplateSummary", TemplateBody=TEMPLATE)
        assert summary["Parameters"] == said["Parameters"]
        assert parameters["Number"]["AllowedValues"] == [1, 2]
        assert said["ResourceTypes"] == {
            "Resources": ["ALIYUN::ECS::CopyImage"],
            "DataSources": ["DATASOURCE::ECS::Images"],
        }
        assert said["Resources"][1] == {
            "LogicalResourceIdPattern": "Golden[*]",
            "ResourcePath": "Golden",
            "ResourceType": "ALIYUN::ECS::CopyImage",
        }
        assert said["Outputs"] == [
            {"OutputKey": "Ids", "Description": "No description given", "Label": "All"}
        ]

        summary = await talk.ask("GetTemplateSummary", TemplateBody=TEMPLATE)
        assert (summary["Version"], summary["Metadata"]) == ("2015-09-01", {"Team": "images"})
        assert summary["Parameters"] == said["Parameters"]
        assert summary["ResourceIdentifierSummaries"] == [
            {
                "ResourceType": "ALIYUN::ECS::CopyImage",
                "ResourceIdentifiers": ["ImageId"],
                "LogicalResourceIds": ["Golden"],
            }
        ]
        both = {"TemplateBody": TEMPLATE, "TemplateURL": "https://example.com/t"}
        assert (await talk.refused("GetTemplateSummary", **both))[1] == "MultipleParameter"
        assert (await talk.refused("GetTemplateSummary"))[1] == "MissingParameter"
        for action in ("GetTemplate", "GetTemplateSummary"):
            group = await talk.refused(action, StackGroupName="x")
            assert group[:2] == (400, "NotSupported")

    told(tmp_path, story)


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    bad = TEMPLATE.replace("!Ref Name", "!Ref Nmae").replace("cn-beijing", "CN BEIJING")

    async def story(talk: Talk) -> None:
        refused = await talk.refused("ValidateTemplate", TemplateBody=bad)
        assert refused[:2] == (400, "InvalidTemplate")
        assert "'Nmae'" in refused[2]
        assert "CN BEIJING" in refused[2]

    told(tmp_path, story)
