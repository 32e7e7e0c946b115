"""The front door for whole templates: `plan` and `validate` in this process, in both languages."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from click.testing import CliRunner

from imageferry.cli.group import imageferry

ROS: Final = "ros"
CLOUDFORMATION: Final = "cloudformation"
BOTH: Final = (ROS, CLOUDFORMATION)

_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    ROS: {
        "version": "ROSTemplateFormatVersion: '2015-09-01'",
        "bare version": "ROSTemplateFormatVersion: 2015-09-01",
        "type": "ALIYUN::ECS::CopyImage",
        "image": "ImageId",
        "region": "DestinationRegionId",
        "here": "cn-hangzhou",
        "elsewhere": "ap-southeast-1",
        "name": "DestinationImageName",
        "description": "DestinationDescription",
        "key": "KMSKeyId",
        "tags": "Tag",
        "tag key": "Key",
        "tag value": "Value",
        "id": "ImageId",
    },
    CLOUDFORMATION: {
        "version": "AWSTemplateFormatVersion: '2010-09-09'",
        "bare version": "AWSTemplateFormatVersion: 2010-09-09",
        "type": "TF::Alicloud::ImageCopy",
        "image": "SourceImageId",
        "region": "SourceRegionId",
        "here": "ap-southeast-1",
        "elsewhere": "cn-hangzhou",
        "name": "ImageName",
        "description": "Description",
        "key": "KmsKeyId",
        "tags": "Tags",
        "tag key": "MapKey",
        "tag value": "MapValue",
        "id": "Id",
    },
}
_WORD: Final = re.compile("<([a-z ]+)>")


def in_language(text: str, language: str) -> str:
    """The text with each `<word>` as the language has it."""
    return _WORD.sub(lambda found: _WORDS[language][found[1]], text)


@dataclass(frozen=True)
class Bad:
    """One input, and all that is to be said of it.

    `note` is its number in the list of inputs to refuse or handle. Each fault is `line code`, or
    `line code warning`; a line of 0 is no place. `creates` is how many copies the plan makes where
    nothing forbids it. `needs_plan`: `validate` cannot know, as it has no region and no values.
    """

    note: int
    name: str
    text: str | bytes
    faults: tuple[str, ...] = ()
    languages: tuple[str, ...] = BOTH
    parameters: tuple[str, ...] = ()
    says: str = ""
    creates: int = 1
    suffix: str = "yml"
    grows_to: int = 0
    needs_plan: bool = False


@dataclass(frozen=True)
class Answer:
    """What the command line said."""

    exit_code: int
    diagnostics: tuple[Mapping[str, Any], ...]
    document: Mapping[str, Any]
    output: str

    def faults(self) -> tuple[str, ...]:
        """The diagnostics in the form of `Bad.faults`."""
        return tuple(
            f"{one['line'] or 0} {one['code']}"
            + (" warning" if one["severity"] == "warning" else "")
            for one in self.diagnostics
        )


class FrontDoor:
    """One home and one folder; nothing that is asked here changes anything."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._runner = CliRunner(
            env={
                "IMAGEFERRY_HOME": str(folder / "home"),
                "IMAGEFERRY_DATABASE_URL": "",
                "IMAGEFERRY_CLOUD": "",
                "IMAGEFERRY_ECS_ENDPOINT": "",
                "ALIBABA_CLOUD_REGION_ID": "",
                "NO_COLOR": "1",
            }
        )

    def plan(self, bad: Bad, language: str) -> Answer:
        """`imageferry plan`, in the stack's region of the language."""
        arguments = ["plan", self._written(bad, language), "-s", "golden", "--json"]
        arguments += ["--region", _WORDS[language]["here"]]
        for pair in bad.parameters:
            arguments += ["-p", in_language(pair, language)]
        code, document, output = self._run(arguments)
        found = document["error"]["diagnostics"] if "error" in document else document["warnings"]
        return Answer(code, tuple(found), document, output)

    def validate(self, bad: Bad, language: str) -> Answer:
        """`imageferry validate`."""
        arguments = ["validate", self._written(bad, language), "--json"]
        code, document, output = self._run(arguments)
        return Answer(code, tuple(document["files"][0]["diagnostics"]), document, output)

    def _written(self, bad: Bad, language: str) -> str:
        path = self._folder / f"template.{bad.suffix}"
        text = bad.text
        # A lone surrogate is written as the three bytes that it would have.
        content = (
            text
            if isinstance(text, bytes)
            else in_language(text, language).encode("utf-8", "surrogatepass")
        )
        path.write_bytes(content)
        if bad.grows_to:
            with path.open("r+b") as stream:
                stream.truncate(bad.grows_to)
        return str(path)

    def _run(self, arguments: list[str]) -> tuple[int, Mapping[str, Any], str]:
        result = self._runner.invoke(imageferry, arguments)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        assert "Traceback" not in result.output
        return result.exit_code, json.loads(result.stdout), result.output
