"""Converted templates really deployed: they bring about the very images that the original does."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from imageferry.dialects.reader import read
from imageferry.emulator.world import World
from imageferry.model.statuses import StackStatus
from imageferry.model.values import Value
from imageferry.testing import run_virtually
from tests.conversion.bare import converted
from tests.scenarios.emulated import emulated

HOUSE = Path(__file__).parents[2]
CORPUS = Path(os.environ.get("IMAGEFERRY_CORPUS", HOUSE.parent / "shared/corpus"))
SOURCE = "cn-hangzhou"
SHANGHAI = "cn-shanghai"


@dataclass(frozen=True)
class Journey:
    """A template whose stack stands in `here`, and where the stacks stand that it becomes.

    `given` are the parameters here, which count over there too as far as they are declared there;
    `added` those that only the other side has. `told` says whether `--region` is.
    """

    source: str
    here: str = SOURCE
    there: Sequence[str] = (SHANGHAI,)
    given: Mapping[str, Value] = field(default_factory=dict)
    added: Mapping[str, Value] = field(default_factory=dict)
    told: bool = True


def ros(rest: str) -> str:
    return f"ROSTemplateFormatVersion: '2015-09-01'\n{rest}"


def cfn(rest: str) -> str:
    return f"AWSTemplateFormatVersion: '2010-09-09'\n{rest}"


def example(name: str) -> str:
    return (HOUSE / "examples" / name).read_text(encoding="utf-8")


JOURNEYS = {
    "the example of ROS": Journey(
        example("copy-image.ros.yml"),
        given={"DestinationImageName": "web-1", "DestinationDescription": "the web"},
    ),
    "the example of ROS as JSON": Journey(
        example("copy-image.ros.json"), given={"Encrypted": True, "KMSKeyId": "key-1"},
    ),
    "the example of ROS, its region by a parameter": Journey(
        example("copy-image.ros.yml"),
        given={"DestinationRegionId": "us-west-1", "Encrypted": "false"},
        there=("us-west-1",), added={"SourceRegionId": SOURCE}, told=False,
    ),
    "a fan-out with encryption of its own in each region": Journey(
        example("fan-out.ros.yml"), there=(SHANGHAI, "ap-southeast-1", "eu-central-1"),
    ),
    "a fan-out by a given list": Journey(
        example("fan-out.ros.yml"),
        given={"Destinations": [
            {"Region": "us-west-1", "Encrypted": True, "Key": "key-2"}, {"Region": "cn-beijing"},
        ]},
        there=("us-west-1", "cn-beijing"),
    ),
    "a list with the region of the image in it": Journey(ros("""
Parameters:
  Regions: {Type: CommaDelimitedList, Default: 'cn-hangzhou,cn-shanghai'}
Resources:
  Copy:
    Type: ALIYUN::ECS::CopyImage
    Count: {Fn::Length: {Ref: Regions}}
    DeletionPolicy: Retain
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: {Fn::Select: [{Ref: ALIYUN::Index}, {Ref: Regions}]}
      AllowCopyInSameRegion: true
      DestinationImageName: web
Outputs:
  Ids: {Value: {Fn::GetAtt: [Copy, ImageId]}}
""")),
    "the example of CloudFormation": Journey(
        example("copy-image.cfn.yml"), here=SHANGHAI, there=(SOURCE,),
    ),
    "the example of CloudFormation, encrypted, its region by a parameter": Journey(
        example("copy-image.cfn.yml"), here=SHANGHAI, there=("cn-beijing",),
        given={"Encrypted": "true", "KmsKeyId": "key-3"},
        added={"DestinationRegionId": SHANGHAI}, told=False,
    ),
    "several copies into one region, numbered": Journey(ros("""
Parameters:
  Names: {Type: CommaDelimitedList, Default: 'alpha,beta,gamma'}
Resources:
  Copy:
    Type: ALIYUN::ECS::CopyImage
    Count: !Length {Ref: Names}
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: cn-shanghai
      DestinationImageName: !Select [!Ref 'ALIYUN::Index', !Ref Names]
      DestinationDescription: !Sub ['${N} of ${ALIYUN::Region}', {N: !Ref 'ALIYUN::Index'}]
      Tag:
        - {Key: number, Value: !Sub '${ALIYUN::Index}'}
        - {Key: empty}
Outputs:
  Ids: {Value: !GetAtt [Copy, ImageId]}
""")),
    "copies that name each other": Journey(ros("""
Resources:
  First:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: cn-shanghai
      DestinationImageName: first
      Encrypted: true
  Second:
    Type: ALIYUN::ECS::CopyImage
    DependsOn: First
    Properties:
      ImageId: !Ref First
      SourceRegionId: !GetAtt [First, DestinationRegionId]
      DestinationRegionId: cn-shanghai
      Encrypted: true
      DestinationImageName: second
      DestinationDescription: !Join [' ', [in, !GetAtt First.DestinationRegionId, from, !GetAtt First.SourceRegionId]]
""")),
    "conditions, mappings, locals": Journey(ros("""
Parameters:
  Stage: {Type: String, Default: live, AllowedValues: [live, test]}
  Secret: {Type: Boolean, Default: true}
Mappings:
  Names: {live: {Name: web-live}, test: {Name: web-test}}
Conditions:
  IsLive: !Equals [!Ref Stage, live]
  IsSecret: !And [IsLive, !Ref Secret]
  IsOther: {Fn::Not: IsLive}
Locals:
  Words: {Type: Eval, Value: !Sub '${Stage} image'}
Resources:
  Copy:
    Type: ALIYUN::ECS::CopyImage
    Condition: IsLive
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: cn-shanghai
      DestinationImageName: !FindInMap [Names, !Ref Stage, Name]
      DestinationDescription: !Ref Words
      Encrypted: !If [IsSecret, true, !Ref 'ALIYUN::NoValue']
      Tag: !If [IsSecret, [{Key: secret, Value: 'yes'}], []]
  Not:
    Type: ALIYUN::ECS::CopyImage
    Condition: IsOther
    Properties: {ImageId: m-golden0000000000001, DestinationRegionId: cn-shanghai}
""")),
    "regions by a mapping": Journey(ros("""
Mappings:
  Regions: {east: {Id: cn-shanghai}, west: {Id: us-west-1}}
Resources:
  East:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: !FindInMap [Regions, east, Id]
      DestinationImageName: east
  West:
    Type: ALIYUN::ECS::CopyImage
    DependsOn: East
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: !FindInMap [Regions, west, Id]
      DestinationImageName: west
Outputs:
  East: {Value: !GetAtt East.ImageId}
  West: {Value: !Sub '${West.ImageId}'}
"""), there=(SHANGHAI, "us-west-1")),
    "what the description's place holds": Journey(cfn("""
Parameters:
  Names: {Type: CommaDelimitedList, Default: 'alpha,beta'}
  Size: {Type: Number, Default: 10}
Conditions:
  IsTen: !Equals [!Ref Size, '10']
  IsElsewhere: !Not [!Equals [!Ref 'AWS::Region', cn-hangzhou]]
  Both: !And [{Condition: IsTen}, {Condition: IsElsewhere}]
Resources:
  Copy:
    Type: TF::Alicloud::ImageCopy
    Condition: IsElsewhere
    Properties:
      SourceImageId: m-golden0000000000001
      SourceRegionId: cn-hangzhou
      Name: !Select [1, !Ref Names]
      Description: !Sub
        - "${AWS::Region} ${X} ${!Literal} ${Size}"
        - X: !Join ['-', !Split ['.', a.b.c]]
      Tags:
        - {MapKey: both, MapValue: !If [IsElsewhere, 'yes', 'no']}
        - {MapKey: base, MapValue: !Base64 text}
  Second:
    Type: TF::Alicloud::ImageCopy
    DependsOn: [Copy]
    Properties:
      SourceImageId: !GetAtt Copy.Id
      SourceRegionId: !Ref AWS::Region
      Encrypted: true
      ImageName: second
"""), here=SHANGHAI, there=(SOURCE,)),
    "scalars of parameters, from ROS": Journey(ros("""
Parameters:
  A: {Type: String, Default: 010}
  B: {Type: String, Default: 'yes'}
  C: {Type: Number, Default: 010}
  D: {Type: Number, Default: 1.50}
  E: {Type: String, Default: 1.50}
  F: {Type: CommaDelimitedList, Default: [1, b, 010]}
  G: {Type: String, Default: 2020-01-01}
  H: {Type: String, Default: Null}
  I: {Type: Number, Default: '1e3'}
Resources:
  Copy:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: cn-shanghai
      DestinationImageName: scalars
      DestinationDescription: !Sub 'a${A} b${B} c${C} d${D} e${E} g${G} h${H} i${I}'
      Tag:
        - {Key: joined, Value: !Join ['+', !Ref F]}
        - {Key: a, Value: !Ref A}
        - {Key: b, Value: !Ref B}
        - {Key: c, Value: !Ref C}
        - {Key: e, Value: !Ref E}
        - {Key: plain, Value: 010}
        - {Key: truth, Value: yes}
        - {Key: long, Value: 1_000}
        - {Key: point, Value: 2.50}
""")),
    "scalars of parameters, from CloudFormation": Journey(cfn("""
Parameters:
  A: {Type: String, Default: 010}
  B: {Type: String, Default: yes}
  C: {Type: Number, Default: 1e1}
  D: {Type: Number, Default: 12}
  E: {Type: String, Default: 1.50}
  F: {Type: CommaDelimitedList, Default: '1, b,010'}
  G: {Type: String, Default: 2020-01-01}
Resources:
  Copy:
    Type: TF::Alicloud::ImageCopy
    Properties:
      SourceImageId: m-golden0000000000001
      SourceRegionId: cn-hangzhou
      ImageName: scalars
      Description: !Sub 'a${A} b${B} d${D} e${E} g${G}'
      Tags:
        - {MapKey: joined, MapValue: !Join ['+', !Ref F]}
        - {MapKey: a, MapValue: !Ref A}
        - {MapKey: b, MapValue: !Ref B}
        - {MapKey: d, MapValue: !Ref D}
        - {MapKey: plain, MapValue: 010}
        - {MapKey: truth, MapValue: yes}
        - {MapKey: point, MapValue: 2.50}
"""), here=SHANGHAI),
    "a secret, rules and an interface": Journey(cfn("""
Parameters:
  Name: {Type: String, NoEcho: true, Default: hidden-name, MinLength: 3}
  Stage: {Type: String, Default: live}
  Extra: {Type: 'List<Number>', Default: '1, 2'}
Metadata:
  AWS::CloudFormation::Interface:
    ParameterGroups: [{Label: {default: All}, Parameters: [Name, Stage]}]
    ParameterLabels: {Name: {default: The name}}
Rules:
  Known:
    RuleCondition: !Not [!Equals [!Ref Stage, test]]
    Assertions: [{Assert: !Contains [[live, test], !Ref Stage], AssertDescription: a stage}]
Resources:
  Copy:
    Type: TF::Alicloud::CopyImage
    DeletionPolicy: RetainExceptOnCreate
    UpdateReplacePolicy: Retain
    Properties:
      SourceImageId: m-golden0000000000001
      SourceRegionId: cn-hangzhou
      ImageName: !Ref Name
      Tags: [{MapKey: numbers, MapValue: !Join [' ', !Ref Extra]}]
Outputs:
  Id: {Value: !Sub 'id ${Copy.Id}', Export: {Name: !Sub '${AWS::StackName}-id'}}
"""), here=SHANGHAI),
    "a loop": Journey(cfn("""
Transform: AWS::LanguageExtensions
Resources:
  Fn::ForEach::Copies:
    - Name
    - [alpha, beta]
    - Copy${Name}:
        Type: TF::Alicloud::ImageCopy
        Properties:
          SourceImageId: m-golden0000000000001
          SourceRegionId: cn-hangzhou
          ImageName: !Sub web-${Name}
          Description: !Sub 'the ${Name}: ${AWS::Region}'
"""), here=SHANGHAI, there=("eu-central-1",)),
}  # fmt: skip


def _declared(text: str) -> frozenset[str]:
    template = read(text.encode(), "template").template
    assert template is not None
    return frozenset(template.parameters)


def _shown(image: Mapping[str, Any]) -> dict[str, Any]:
    """What a user has asked for of an image; the id of a copy that it was made of is its own."""
    words = ("region", "description", "source_region", "encrypted", "kms_key_id")
    tags = {key: value for key, value in image["tags"].items() if key != "imageferry:lineage"}
    # The cloud calls an image without a name by its id.
    name = "" if image["name"] == image["image_id"] else image["name"]
    return {**{word: image[word] for word in words}, "name": name, "tags": tags}


def _descriptions(world: World) -> dict[str, str]:
    with world.reading():
        return {
            str(image_id): str(words)
            for image_id, words in world.rows("SELECT image_id, description FROM images")
        }


async def _images(home: Path, stacks: Sequence[tuple[str, str, Mapping[str, Value]]]) -> list[Any]:
    """The copies that there are once these templates stand in their regions."""
    async with emulated(home, speed=1e6, trouble=False) as sea:
        for text, region, given in stacks:
            declared = _declared(text)
            parameters = {name: value for name, value in given.items() if name in declared}
            view = await sea.deploy(text.encode(), region=region, parameters=parameters)
            assert view.stack.status is StackStatus.CREATED, view.stack.status_reason
        descriptions = _descriptions(sea.cloud.world)
        copies = [{**one, "description": descriptions[one["image_id"]]} for one in sea.copies()]
        return sorted(map(_shown, copies), key=repr)


def arrives(tmp_path: Path, journey: Journey) -> None:
    dialect = "ros" if "AWSTemplateFormatVersion" in journey.source else "cloudformation"
    conversion = converted(
        journey.source,
        dialect=dialect,
        region=journey.here if journey.told else None,
        parameters=dict(journey.given),
    )
    given = {**journey.given, **journey.added}
    there = [
        (one.text, region, given)
        for one, region in zip(conversion.templates, journey.there, strict=True)
    ]

    async def main() -> None:
        here = await _images(tmp_path / "here", [(journey.source, journey.here, journey.given)])
        assert here
        assert await _images(tmp_path / "there", there) == here

    run_virtually(main())


COPY_IMAGES = CORPUS / "ros" / "integrate__ecs__copy-images.yml"


@pytest.mark.skipif(not COPY_IMAGES.exists(), reason="the corpus is not there")
def test_the_official_template_arrives(tmp_path: Path) -> None:
    several: list[Value] = [
        {"DestinationRegionId": "cn-shanghai", "Encrypted": True, "KMSKeyId": "key-1"},
        {"DestinationRegionId": "us-west-1"},
    ]
    given: dict[str, Value] = {
        "ImageId": "m-golden0000000000001",
        "DestinationImageName": "official",
        "DestinationDescription": "of the owner",
        "Destinations": several,
        "Tag": [{"Key": "a", "Value": "b"}, {"Key": "c", "Value": ""}],
    }
    source = COPY_IMAGES.read_text(encoding="utf-8")
    arrives(tmp_path, Journey(source, there=(SHANGHAI, "us-west-1"), given=given))


@pytest.mark.parametrize("journey", JOURNEYS.values(), ids=JOURNEYS)
def test_the_same_images_come_into_being(tmp_path: Path, journey: Journey) -> None:
    arrives(tmp_path, journey)
