"""Templates that are looked at alone, and what is foreseen of them."""

from __future__ import annotations

from imageferry.assembly.catalogs import open_catalog
from imageferry.control.outlook import outlook_of
from imageferry.model.outlooks import Outlook

SECRET = "hush-hush-do-not-tell"

CHAIN = """\
ROSTemplateFormatVersion: '2015-09-01'
Description: one image, and its copies
Parameters:
  ImageId: {Type: String}
  Environment: {Type: String}
  Password: {Type: String, NoEcho: true}
  Regions: {Type: CommaDelimitedList}
  Targets: {Type: CommaDelimitedList, Default: 'cn-qingdao,cn-shanghai'}
Conditions:
  Production: {Fn::Equals: [{Ref: Environment}, production]}
  Never: {Fn::Equals: [a, b]}
Resources:
  源镜像:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: {Ref: ImageId}
      DestinationRegionId: cn-beijing
      DestinationDescription: {Ref: Password}
  Copy "x":
    Type: ALIYUN::ECS::CopyImage
    Count: {Fn::Length: {Ref: Targets}}
    DependsOn: 源镜像
    Properties:
      ImageId: {Fn::GetAtt: [源镜像, ImageId]}
      SourceRegionId: cn-beijing
      DestinationRegionId: {Fn::Select: [{Ref: 'ALIYUN::Index'}, {Ref: Targets}]}
      Tag:
        - {Key: environment, Value: {Ref: Environment}}
        - {Key: team, Value: platform}
  Perhaps:
    Type: ALIYUN::ECS::CopyImage
    Condition: Production
    Properties:
      ImageId: {Fn::Select: ['0', {Fn::GetAtt: ['Copy "x"', ImageId]}]}
      DestinationRegionId: eu-central-1
      DestinationImageName: {Fn::If: [Production, live, {Ref: 'ALIYUN::NoValue'}]}
  Many:
    Type: ALIYUN::ECS::CopyImage
    Count: {Fn::Length: {Ref: Regions}}
    Properties:
      ImageId: {Ref: ImageId}
      DestinationRegionId: {Fn::Select: [{Ref: 'ALIYUN::Index'}, {Ref: Regions}]}
      DestinationImageName: {Fn::Sub: 'golden-${ALIYUN::StackName}'}
  Gone:
    Type: ALIYUN::ECS::CopyImage
    Condition: Never
    Properties: {ImageId: m-1, DestinationRegionId: cn-beijing}
Outputs:
  Ids: {Value: {Fn::GetAtt: ['Copy "x"', ImageId]}}
  Later: {Condition: Production, Value: {Ref: Perhaps}}
  Secret: {Value: {Ref: Password}}
"""

ARRIVAL = """\
AWSTemplateFormatVersion: '2010-09-09'
Parameters:
  Source: {Type: String}
Resources:
  First:
    Type: TF::Alicloud::ImageCopy
    Properties: {SourceImageId: !Ref Source, SourceRegionId: cn-hangzhou, ImageName: first}
  Second:
    Type: TF::Alicloud::ImageCopy
    Properties:
      SourceImageId: !GetAtt First.Id
      SourceRegionId: cn-shanghai
      Description: !Sub 'from ${First} in ${AWS::Region}'
      Tags: [{MapKey: made-from, MapValue: !Ref First}]
"""


def counted(*resources: str, number: int) -> str:
    """A template whose counted resources have so many instances."""
    regions = ",".join(f"region-{index}" for index in range(number))
    head = "ROSTemplateFormatVersion: '2015-09-01'\nParameters:\n"
    listed = f"  Regions: {{Type: CommaDelimitedList, Default: '{regions}'}}\n"
    return head + listed + "Resources:\n" + "".join(resources)


def copies(name: str, image: str, *, count: bool = True, more: str = "") -> str:
    """A resource of such a template; `image` is where its image comes from."""
    each = "    Count: {Fn::Length: {Ref: Regions}}\n" if count else ""
    region = "{Fn::Select: [{Ref: 'ALIYUN::Index'}, {Ref: Regions}]}" if count else "cn-beijing"
    return (
        f"  {name}:\n    Type: ALIYUN::ECS::CopyImage\n{each}{more}    Properties:\n"
        f"      ImageId: {image}\n      DestinationRegionId: {region}\n"
    )


def outlook(template: str, region: str = "", **given: str) -> Outlook:
    """What is foreseen of a template."""
    return outlook_of(template.encode(), "stack.yml", given, region, open_catalog())
