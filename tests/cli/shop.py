"""Shop: the command line on a home of its own, in this process or as a process."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from imageferry.cli.group import imageferry

REGION = "cn-hangzhou"
GOLDEN = "m-golden0000000000001"
AT_ONCE = "1000000000"

FAN_OUT = """\
ROSTemplateFormatVersion: '2015-09-01'
Description: copies to many regions
Parameters:
  Destinations:
    Type: Json
    Default: [ap-southeast-1, eu-central-1]
  Prefix:
    Type: String
    Default: golden
  Password:
    Type: String
    NoEcho: true
Resources:
  Copy:
    Type: ALIYUN::ECS::CopyImage
    Count: {Fn::Length: {Ref: Destinations}}
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: {Fn::Select: [{Ref: ALIYUN::Index}, {Ref: Destinations}]}
      DestinationImageName: {Fn::Join: ['-', [{Ref: Prefix}, {Fn::Select: [{Ref: ALIYUN::Index}, {Ref: Destinations}]}]]}
      DestinationDescription: {Ref: Password}
Outputs:
  Images:
    Value: {Fn::GetAtt: [Copy, ImageId]}
"""
SECRET = "hush-hush-do-not-tell"

ARRIVAL = """\
AWSTemplateFormatVersion: '2010-09-09'
Resources:
  Golden:
    Type: TF::Alicloud::ImageCopy
    Properties:
      SourceImageId: m-golden0000000000001
      SourceRegionId: cn-hangzhou
      ImageName: golden-copy
Outputs:
  Image: {Value: !GetAtt Golden.Id}
"""


@dataclass(frozen=True)
class Shop:
    """One home with its emulated cloud, and a folder of templates."""

    folder: Path
    speed: str = AT_ONCE
    region: str = ""

    def environment(self) -> dict[str, str]:
        unset = ("IMAGEFERRY_DATABASE_URL", "IMAGEFERRY_CLOUD", "IMAGEFERRY_ECS_ENDPOINT")
        return {
            **dict.fromkeys(unset, ""),
            "IMAGEFERRY_HOME": str(self.folder / "home"),
            "IMAGEFERRY_EMULATOR_SPEED": self.speed,
            "ALIBABA_CLOUD_REGION_ID": self.region,
            "NO_COLOR": "1",
        }

    def path(self, name: str, content: str) -> str:
        path = self.folder / name
        path.write_text(content, encoding="utf-8")
        return str(path)

    def run(self, *arguments: str, code: int = 0, text: str | None = None) -> Result:
        runner = CliRunner(env=self.environment())
        result = runner.invoke(imageferry, list(arguments), input=text)
        assert result.exit_code == code, f"{arguments}: {result.exit_code}\n{result.output}"
        assert "Traceback" not in result.output
        assert SECRET not in result.output
        return result

    def object(self, *arguments: str, code: int = 0) -> dict[str, Any]:
        """The one object that `--json` prints."""
        found = json.loads(self.run(*arguments, "--json", code=code).stdout)
        assert isinstance(found, dict)
        return found

    def deploy(self, *more: str, template: str = FAN_OUT, name: str = "golden") -> list[str]:
        """The arguments of a deploy of the template."""
        arguments = ["deploy", self.path("stack.yml", template), "-s", name, "--yes"]
        arguments += [] if "--region" in more else ["--region", REGION]
        if template is FAN_OUT:
            arguments += ["-p", f"Password={SECRET}"]
        return [*arguments, *more]

    def plan(self, *more: str, template: str = FAN_OUT, name: str = "golden") -> list[str]:
        """The arguments of a plan of the template."""
        arguments = self.deploy(*more, template=template, name=name)
        return ["plan", *(part for part in arguments[1:] if part != "--yes")]

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """The command as a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "imageferry", *arguments],
            env={**os.environ, **self.environment()},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def converse(self, *arguments: str, question: str, answer: str) -> tuple[int, str]:
        """The command on a terminal, answered once it asks: its exit code, and what it showed."""
        child, terminal = pty.fork()
        if child == 0:
            environment = {**os.environ, **self.environment(), "TERM": "xterm", "COLUMNS": "120"}
            os.execve(sys.executable, [sys.executable, "-m", "imageferry", *arguments], environment)
        text, answered = "", False
        while select.select([terminal], [], [], 20)[0]:
            try:
                piece = os.read(terminal, 65536)
            except OSError:
                break
            text += piece.decode(errors="replace")
            if not answered and question in text:
                answered = True
                os.write(terminal, f"{answer}\n".encode())
            if not piece:
                break
        _, status = os.waitpid(child, 0)
        os.close(terminal)
        return os.waitstatus_to_exitcode(status), text
