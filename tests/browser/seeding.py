"""A home with a stack in every status, made by the command line itself; what runs, a server runs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.api.serving import Site
from tests.cli.shop import GOLDEN, SECRET, Shop
from tests.e2e.callers import Caller
from tests.e2e.processes import finish

ROOT: Final = Path(__file__).parents[2]
FAN_OUT: Final = (ROOT / "examples/fan-out.ros.yml").read_text(encoding="utf-8")
REGION: Final = "cn-hangzhou"
DENIED: Final = ("--always", "--set", 'code="Forbidden.RAM"', "--set", "status=403")
BAD: Final = "eu-central-1"
"""A region of the example, where copies are made to fail."""

HOSTILE: Final = "<script>window.hacked=1</script>"
FORMULA: Final = '=HYPERLINK("https://example.com","x")'
QUOTES: Final = "\"'><img src=x onerror=window.hacked=2>{{7*7}}${7*7}\u202egnp.\u200b"

HOSTILE_TEMPLATE: Final = f"""\
ROSTemplateFormatVersion: '2015-09-01'
Description: |-
  {HOSTILE} {QUOTES}
Parameters:
  Said:
    Type: String
    Label: {HOSTILE!r}
    Description: {HOSTILE!r}
    Default: {FORMULA!r}
  Choice:
    Type: String
    AllowedValues: [{HOSTILE!r}, '-1+1']
    Default: '-1+1'
  Password:
    Type: String
    NoEcho: true
Metadata:
  ALIYUN::ROS::Interface:
    ParameterGroups:
      - Label: {{default: {HOSTILE!r}}}
        Parameters: [Said, Choice]
Resources:
  Golden:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: {GOLDEN}
      DestinationRegionId: cn-beijing
      DestinationImageName: hostile
      DestinationDescription: {HOSTILE!r}
      Tag:
        - {{Key: {HOSTILE!r}, Value: '=1+1'}}
Outputs:
  Said:
    Description: {HOSTILE!r}
    Value: {{Ref: Said}}
  Markup:
    Value: {HOSTILE!r}
  Table:
    Value: {{a: ['=1+1', '+1', '-1', '@SUM(A1)'], b: {HOSTILE!r}}}
"""

SECRET_TEMPLATE: Final = f"""\
ROSTemplateFormatVersion: '2015-09-01'
Description: {{en: One image with a password, zh-cn: 带密码的镜像}}
Parameters:
  Password:
    Type: String
    NoEcho: true
    MinLength: 8
    Label: {{en: Password of the owner, zh-cn: 所有者的密码}}
  Region:
    Type: String
    Default: ap-northeast-1
    AllowedValues: [ap-northeast-1, ap-southeast-1]
    Label: {{en: Where to, zh-cn: 目标地域}}
Resources:
  Golden:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: {GOLDEN}
      DestinationRegionId: {{Ref: Region}}
      DestinationImageName: db-2026-11
      DestinationDescription: {{Ref: Password}}
Outputs:
  Image: {{Value: {{'Fn::GetAtt': [Golden, ImageId]}}}}
"""

QUEUE: Final = f"""\
ROSTemplateFormatVersion: '2015-09-01'
Description: More copies to one region than run there at once.
Resources:
  Layer:
    Type: ALIYUN::ECS::CopyImage
    Count: 8
    Properties:
      ImageId: {GOLDEN}
      DestinationRegionId: cn-chengdu
      DestinationImageName: !Sub 'layer-${{ALIYUN::Index}}'
"""

ARRIVAL: Final = f"""\
AWSTemplateFormatVersion: '2010-09-09'
Description: One copy, as CloudFormation's users write it.
Resources:
  Golden:
    Type: TF::Alicloud::ImageCopy
    DeletionPolicy: Retain
    Properties:
      SourceImageId: {GOLDEN}
      SourceRegionId: cn-hangzhou
      ImageName: arrival-2026-11
Outputs:
  Image: {{Value: !GetAtt Golden.Id}}
"""


@dataclass(frozen=True)
class Seeding:
    """Fills a home: `settle` what has come to its end, `begin` what runs while it is looked at."""

    shop: Shop

    def _run(self, *arguments: str, code: int = 0) -> str:
        """A command as a process of its own; what it prints."""
        returned, out, said = finish(self.shop.start(*arguments))
        assert returned == code, f"{arguments}: {returned}\n{out}\n{said}"
        return out

    def settle(self) -> None:
        """Stacks in every final status; nothing is left to run."""
        self._made()
        self._failed()
        self._gone()
        self._apart()

    def begin(self, site: Site) -> None:
        """Stacks on which something runs, by the server, and change sets that wait for a word."""
        self._deploy("waiting-in-line", QUEUE, "--no-wait")
        self.fan_out("web-next", "--no-wait", name="web-2026-12", regions=MANY)
        self.fan_out(
            "mail-updated", "--no-wait", name="mail-2026-11", regions=[*THREE, "cn-fuzhou"]
        )
        caller = Caller(site.authority)
        status, said = caller.ros(
            "CreateChangeSet",
            StackName="reviewed",
            ChangeSetName="first-look",
            ChangeSetType="CREATE",
            TemplateBody=FAN_OUT,
        )
        assert status == 200, said
        further = [*THREE, "cn-nanjing"]
        status, said = caller.ros(
            "CreateChangeSet",
            StackId=next(
                one["StackId"]
                for one in caller.ros("ListStacks", PageSize=50)[1]["Stacks"]
                if one["StackName"] == "golden-web"
            ),
            ChangeSetName="one-more-region",
            ChangeSetType="UPDATE",
            TemplateBody=FAN_OUT,
            Parameters=[
                {"ParameterKey": "ImageName", "ParameterValue": "web-2026-11"},
                {"ParameterKey": "Destinations", "ParameterValue": json.dumps(_wanted(further))},
            ],
        )
        assert status == 200, said

    # --- by the command line --------------------------------------------------------------------

    def fan_out(
        self,
        stack: str,
        *more: str,
        name: str,
        regions: list[str] | None = None,
        team: str = "platform",
        code: int = 0,
    ) -> None:
        """The example, under a stack's name."""
        path = self.shop.path("fan-out.yml", FAN_OUT)
        wanted = json.dumps(_wanted(regions or THREE))
        self._run(
            "deploy", path, "-s", stack, "--region", REGION, "--yes",
            "-p", f"ImageName={name}", "-p", f"Destinations={wanted}", "-p", f"Team={team}",
            *more, code=code,
        )  # fmt: skip

    def _deploy(self, stack: str, template: str, *more: str, region: str = REGION) -> None:
        path = self.shop.path(f"{stack}.yml", template)
        self._run("deploy", path, "-s", stack, "--region", region, "--yes", *more)

    def _fault(self, kind: str, *more: str) -> None:
        self._run("emulator", "fault", "add", kind, *more)

    def _mend(self) -> None:
        self._run("emulator", "fault", "clear")

    def _made(self) -> None:
        self.fan_out("golden-web", name="web-2026-11")
        self._run("verify", "-s", "golden-web", "--json")
        self.fan_out("mail", name="mail-2026-10")
        self.fan_out("mail", "--replace", name="mail-2026-10", team="post")
        self.fan_out("mail-updated", name="mail-2026-11")
        self.fan_out("everywhere", name="base-2026-11", regions=TWENTY)
        self._deploy("database", SECRET_TEMPLATE, "-p", f"Password={SECRET}")
        self._deploy("hostile", HOSTILE_TEMPLATE, "-p", f"Password={SECRET}")
        self._deploy("arrival", ARRIVAL, region="ap-southeast-1")
        for _ in range(2):
            self._run(
                "distribute", GOLDEN, "--from", REGION, "--to", "cn-shanghai,ap-southeast-5",
                "--name", "gold-{date}", "--family", "gold", "--keep-last", "3", "--yes",
            )  # fmt: skip

    def _failed(self) -> None:
        self._fault("copy_fails", "--region", BAD, "--set", "percent=40")
        self.fan_out("one-region-failed", name="api-2026-11", code=4)
        self._fault("copy_fails", "--region", BAD)
        self.fan_out("rolled-back", "--on-failure", "rollback", name="job-2026-11", code=1)
        self._fault("error", "--action", "DeleteImage", "--region", "ap-southeast-1", *DENIED)
        self._fault("copy_fails", "--region", BAD)
        self.fan_out("rollback-failed", "--on-failure", "rollback", name="bad-2026-11", code=3)
        self._mend()
        further = [*THREE, "us-east-1"]
        for stack, name, policy in (
            ("update-failed", "cache-2026-11", "keep"),
            ("update-rolled-back", "proxy-2026-11", "rollback"),
        ):
            self.fan_out(stack, name=name)
            self._fault("copy_fails", "--region", "us-east-1", "--set", "percent=80")
            self.fan_out(stack, "--on-failure", policy, name=name, regions=further, code=1)
        self.fan_out("update-rollback-failed", name="log-2026-11")
        self._fault("error", "--action", "DeleteImage", "--region", "us-west-1", *DENIED)
        self._fault("copy_fails", "--region", "us-east-1")
        self.fan_out(
            "update-rollback-failed", "--on-failure", "rollback",
            name="log-2026-11", regions=["us-west-1", *further], code=3,
        )  # fmt: skip
        self._mend()
        self.fan_out("delete-failed", name="old-2026-09")
        self._fault("error", "--action", "DeleteImage", "--region", BAD, *DENIED)
        self._run("delete", "-s", "delete-failed", "--yes", code=4)
        self._mend()

    def _gone(self) -> None:
        self.fan_out("retired", name="old-2025-11")
        self._run("delete", "-s", "retired", "--yes")
        self._deploy("former", ARRIVAL.replace("arrival-2026-11", "former"), region="us-west-1")
        self._run("delete", "-s", "former", "--yes")

    def _apart(self) -> None:
        """What somebody else has changed."""
        self.fan_out("drifted", name="drift-2026-11")
        told = self._run("outputs", "-s", "drifted", "--json")
        ids = json.loads(told)["outputs"]["ImageIds"]
        call = ("emulator", "call")
        self._run(*call, "ModifyImageAttribute", f"ImageId={ids[0]}", "ImageName=renamed")
        self._run(*call, "DeleteImage", f"ImageId={ids[1]}", "Force=true")
        self._run("drift", "-s", "drifted", code=7)


def _wanted(regions: list[str]) -> list[dict[str, str]]:
    return [{"Region": one} for one in regions]


THREE: Final = ["cn-shanghai", "ap-southeast-1", BAD]
MANY: Final = [
    "cn-beijing",
    "cn-shenzhen",
    "cn-hongkong",
    "ap-northeast-1",
    "us-west-1",
    "eu-west-1",
]
TWENTY: Final = [
    "cn-qingdao", "cn-beijing", "cn-zhangjiakou", "cn-huhehaote", "cn-wulanchabu", "cn-shanghai",
    "cn-nanjing", "cn-fuzhou", "cn-shenzhen", "cn-heyuan", "cn-guangzhou", "cn-chengdu",
    "cn-hongkong", "ap-northeast-1", "ap-northeast-2", "ap-southeast-1", "ap-southeast-3",
    "ap-southeast-5", "us-west-1", "us-east-1",
]  # fmt: skip
