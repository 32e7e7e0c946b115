"""Every code that a template can cause, as people see it: a template and its text, in both languages.

`tests/golden/diagnostics/<language>/IF201.yml` is the smallest template that causes IF201,
`IF201.txt` what the command line says of it. A template that is wrong only with its parameters or
in its region has them in `IF201.given.json`, and is planned; all others are validated.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner

from imageferry.cli.group import imageferry
from imageferry.dialects.limits import MAX_RESOURCES
from imageferry.dialects.syntax.nodes import MAX_FAULTS
from imageferry.dialects.syntax.source_text import MAX_SOURCE_BYTES
from imageferry.model.diagnostics import MAX_DIAGNOSTICS
from tests.cli.golden import GOLDEN, check
from tests.test_errors_page import rows

FOLDER: Final = GOLDEN / "diagnostics"
LANGUAGES: Final = ("ros", "cfn")

ONLY_IN: Final[Mapping[str, tuple[str, str]]] = {
    "IF123": ("cfn", "ROS accepts aliases and merge keys"),
    "IF136": ("cfn", "ROS accepts null"),
    "IF137": ("cfn", "ROS accepts a template without resources"),
    "IF151": ("cfn", "ROS has no dynamic references in texts"),
    "IF153": ("cfn", "ROS has no ForEach"),
    "IF154": ("cfn", "ROS has no ForEach"),
    "IF157": ("ros", "CloudFormation has no Locals"),
    "IF158": ("ros", "CloudFormation has no Locals"),
    "IF159": ("ros", "CloudFormation has no Locals"),
    "IF176": ("ros", "CloudFormation takes only the name of a condition there, which is IF171"),
    "IF178": ("cfn", "ROS has no macros as functions"),
    "IF179": ("cfn", "ROS has no dynamic references in texts"),
    "IF180": ("ros", "CloudFormation has no Locals"),
    "IF181": ("cfn", "Rain is a tool for CloudFormation"),
    "IF192": ("ros", "CloudFormation names no such limit"),
    "IF193": ("cfn", "ROS names no such limit"),
    "IF214": ("ros", "CloudFormation has no Count"),
    "IF220": ("cfn", "in ROS what does not exist is null"),
    "IF307": ("ros", "CloudFormation has no Jq"),
    "IF308": ("ros", "CloudFormation has no Jq"),
    "IF312": ("ros", "CloudFormation has no Count"),
    "IF313": ("ros", "CloudFormation has no Count"),
    "IF314": ("ros", "CloudFormation has no Count"),
    "IF316": ("ros", "CloudFormation takes a word only, and another one is IF147"),
    "IF336": ("cfn", "only rules of CloudFormation look into an account"),
    "IF338": ("cfn", "ROS has no RoleArn there"),
    "IF360": ("cfn", "ROS has no Export"),
    "IF361": ("cfn", "ROS has no Export"),
    "IF365": ("cfn", "ROS has no ImportValue"),
    "IF367": ("cfn", "in ROS an output that is not there is null"),
    "IF372": ("ros", "CloudFormation has no marketplace images"),
    "IF375": ("ros", "CloudFormation has no data sources"),
    "IF376": ("ros", "CloudFormation has no data sources"),
    "IF377": ("ros", "CloudFormation has no data sources"),
    "IF508": ("cfn", "no property of the ROS type has an old word"),
    "IF510": ("ros", "CloudFormation has no Count"),
    "IF532": ("cfn", "the ROS type has no time limits"),
    **{f"IF54{n}": ("ros", "CloudFormation has no type for instances") for n in range(5, 10)},
    "IF539": ("cfn", "ROS has no type for imports"),
    "IF550": ("ros", "CloudFormation's type shares with one account"),
    "IF580": ("ros", "CloudFormation has no type for snapshots"),
    "IF581": ("ros", "CloudFormation has no type for snapshots"),
    "IF582": ("ros", "CloudFormation has no type for snapshots"),
}
"""Codes that one language alone can cause, with the reason why the other cannot."""

_OTHERS: Final = "it takes other stacks: tests/control and tests/scenarios"

NOT_BY_A_TEMPLATE: Final[Mapping[str, str]] = {
    "IF305": "the reader refuses such depths as IF107; tests/evaluation/test_evaluator.py",
    "IF373": "a template needs a hundred questions inside each other for it; tests/control",
    "IF374": "it takes a cloud that refuses; tests/scenarios/test_data_sources.py",
    "IF362": _OTHERS,
    "IF363": _OTHERS,
    "IF364": _OTHERS,
    "IF366": _OTHERS,
    "IF368": _OTHERS,
    "IF369": _OTHERS,
    "IF370": _OTHERS,
    "IF511": "it takes --allow-unknown-types; tests/validation",
}
"""Codes that no template of these types causes, with where they are seen instead."""

_HEADS: Final = {
    "ros": "ROSTemplateFormatVersion: '2015-09-01'\n",
    "cfn": "AWSTemplateFormatVersion: '2010-09-09'\n",
}
_COPIES: Final = {
    "ros": "{Type: 'ALIYUN::ECS::CopyImage', "
    "Properties: {ImageId: m-1, DestinationRegionId: cn-beijing}}",
    "cfn": "{Type: 'TF::Alicloud::ImageCopy', "
    "Properties: {SourceImageId: m-1, SourceRegionId: cn-beijing}}",
}
_OWNERS_BYTES: Final = {"ros": 512 * 1024, "cfn": 1024 * 1024}
_OWNERS_RESOURCES: Final = {"ros": 300, "cfn": 500}


def _padded(language: str, size: int) -> str:
    text = f"{_HEADS[language]}Resources:\n  Copy: {_COPIES[language]}\n"
    return text + "#" * (size - len(text) - 1) + "\n"


def _copies(language: str, number: int) -> str:
    lines = [f"  C{n}: {_COPIES[language]}\n" for n in range(number)]
    return f"{_HEADS[language]}Resources:\n" + "".join(lines)


def _mistakes(language: str, number: int) -> str:
    lines = [f"        - !Unknown {n}\n" for n in range(number)]
    copied = f"{_HEADS[language]}Resources:\n  Copy: {_COPIES[language]}\n"
    return f"{copied}Outputs:\n  A:\n    Value: !Join\n      - ''\n      -\n" + "".join(lines)


def _twice(language: str, number: int) -> str:
    return f"{_HEADS[language]}Resources: {{}}\nMetadata:\n" + "  a: b\n" * number


def _swollen(language: str) -> str:
    name = {"ros": "DestinationDescription", "cfn": "Description"}[language]
    copied = _COPIES[language].replace("{Ima", f"{{{name}: !Sub '{'${A}' * 20}', Ima", 1)
    copied = copied.replace("{Source", f"{{{name}: !Sub '{'${A}' * 20}', Source", 1)
    declared = f"Parameters:\n  A: {{Type: String, Default: {'a' * 100_000}}}\n"
    return f"{_HEADS[language]}Resources:\n  Copy: {copied}\n{declared}"


def _crowded(language: str) -> str:
    """A text that falls into more parts than any list may have."""
    text = ",".join("a" * 10_000)
    part = f"{{'Fn::Split': [',', {{'Fn::Join': [',', [{', '.join([text] * 12)}]]}}]}}"
    part = f"{{'Fn::Join': ['-', {part}]}}"
    return f"{_HEADS[language]}Resources:\n  Copy: {_COPIES[language]}\nOutputs:\n  A: {{Value: {part}}}\n"


MADE: Final[Mapping[str, Callable[[str], str]]] = {
    "IF101": lambda language: _padded(language, MAX_SOURCE_BYTES + 1),
    "IF190": lambda language: _padded(language, _OWNERS_BYTES[language] + 1),
    "IF191": lambda language: _copies(language, _OWNERS_RESOURCES[language] + 1),
    "IF306": lambda language: _swollen(language),
    "IF337": lambda language: _crowded(language),
    "IF194": lambda language: _copies(language, MAX_RESOURCES + 1),
    "IF198": lambda language: _twice(language, MAX_FAULTS + 2),
    "IF199": lambda language: _mistakes(language, MAX_DIAGNOSTICS + 1),
}
"""Templates that are too large to be kept, by language."""

TAIL: Final = 12
"""Of what is said about a template that is made, so many lines are kept from both ends."""


def _sources(language: str) -> dict[str, Path]:
    found = sorted((FOLDER / language).glob("IF*.*"))
    return {
        path.name[:5]: path
        for path in found
        if path.suffix in (".yml", ".json") and not path.name.endswith(".given.json")
    }


KEPT: Final = [
    pytest.param(language, path, id=f"{code}, {language}")
    for language in LANGUAGES
    for code, path in _sources(language).items()
]
TOO_LARGE: Final = [
    pytest.param(language, code, id=f"{code}, {language}")
    for language in LANGUAGES
    for code in MADE
]


def _said(path: Path, home: Path, given: Mapping[str, object] | None = None) -> str:
    """All that the command line says of a template, from the folder in which it lies."""
    environment = {
        "IMAGEFERRY_HOME": str(home),
        "IMAGEFERRY_DATABASE_URL": "",
        "IMAGEFERRY_CLOUD": "",
        "ALIBABA_CLOUD_REGION_ID": "",
        "NO_COLOR": "1",
    }
    arguments = ["validate", path.name]
    if given is not None:
        arguments = ["plan", path.name, "-s", "golden", "--region", str(given["region"])]
        parameters = given["parameters"]
        assert isinstance(parameters, dict)
        for name, value in parameters.items():
            arguments += ["-p", f"{name}={value}"]
    with contextlib.chdir(path.parent):
        result = CliRunner(env=environment).invoke(imageferry, arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.output


def _codes(said: str) -> set[str]:
    return set(re.findall(r"\[(IF\d{3})\]$", said, re.MULTILINE))


@pytest.mark.parametrize(("language", "path"), KEPT)
def test_it_is_said_as_it_should_be(language: str, path: Path, tmp_path: Path) -> None:
    code = path.name[:5]
    beside = path.with_name(f"{code}.given.json")
    given = json.loads(beside.read_text(encoding="utf-8")) if beside.is_file() else None
    said = _said(path, tmp_path, given)
    # The smallest template that causes it causes nothing else.
    assert _codes(said) == {code}, said
    check(f"{code}.txt", said, FOLDER / language)


@pytest.mark.parametrize(("language", "code"), TOO_LARGE)
def test_it_is_said_of_what_is_too_large_to_keep(language: str, code: str, tmp_path: Path) -> None:
    path = tmp_path / f"{code}.yml"
    path.write_text(MADE[code](language), encoding="utf-8")
    said = _said(path, tmp_path)
    assert code in _codes(said), said[:2_000]
    lines = said.splitlines()
    if len(lines) > 2 * TAIL:
        lines[TAIL:-TAIL] = ["…"]
    check(f"{code}.txt", "\n".join(lines) + "\n", FOLDER / language)


def test_no_code_is_forgotten() -> None:
    promised = {code for code, _, _ in rows() if code < "IF600"}
    shown = {language: {*_sources(language), *MADE} for language in LANGUAGES}
    everywhere = shown["ros"] & shown["cfn"]
    assert sorted(promised - everywhere - {*ONLY_IN} - {*NOT_BY_A_TEMPLATE}) == []
    # What the tables excuse is not shown, and what they promise is.
    assert {code for code, (language, _) in ONLY_IN.items() if code not in shown[language]} == set()
    assert everywhere & {*ONLY_IN} == set()
    assert (shown["ros"] | shown["cfn"]) & {*NOT_BY_A_TEMPLATE} == set()
    # Nothing is shown or excused that does not exist.
    assert (shown["ros"] | shown["cfn"] | {*ONLY_IN} | {*NOT_BY_A_TEMPLATE}) - promised == set()


def test_no_text_lies_there_without_its_template() -> None:
    for language in LANGUAGES:
        texts = {path.stem for path in (FOLDER / language).glob("*.txt")}
        assert texts == {*_sources(language), *MADE}
