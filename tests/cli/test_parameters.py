"""Parameters from flags and files, and everything that can be wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from imageferry.cli.exits import ExitCode
from imageferry.cli.parameters import read_parameters
from imageferry.cli.refusals import CommandRefused

JSON_MAP = '{"ImageId": "m-1", "Count": 3, "On": true, "Tag": [{"Key": "a"}], "None": null}'
YAML_MAP = 'ImageId: m-1\nZip: 010\nRegion: "no"\nTag:\n  - Key: a\n    Value: "1"\n'
SERVICE_LIST = (
    '[{"ParameterKey": "ImageId", "ParameterValue": "m-1"},'
    ' {"ParameterKey": "Tag", "ParameterValue": "[]"}]'
)


@pytest.mark.parametrize(
    ("name", "content", "given"),
    [
        pytest.param(
            "values.json",
            JSON_MAP,
            {"ImageId": "m-1", "Count": "3", "On": "true", "Tag": [{"Key": "a"}], "None": None},
            id="json map",
        ),
        pytest.param(
            "values.yml",
            YAML_MAP,
            {
                "ImageId": "m-1",
                "Zip": "010",
                "Region": "no",
                "Tag": [{"Key": "a", "Value": "1"}],
            },
            id="yaml map, numbers as written",
        ),
        pytest.param("v.json", SERVICE_LIST, {"ImageId": "m-1", "Tag": "[]"}, id="service's list"),
        pytest.param(
            "values", "{ImageId: m-1, Other: [x]}", {"ImageId": "m-1", "Other": ["x"]}, id="flow"
        ),
        pytest.param("values.json", "{}", {}, id="no parameters"),
        pytest.param("v.json", "[]", {}, id="no entries"),
        pytest.param("bom.json", '\ufeff{"A": "1"}', {"A": "1"}, id="byte order mark"),
    ],
)
def test_files(tmp_path: Path, name: str, content: str, given: dict[str, object]) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    assert read_parameters([], str(path)) == given


@pytest.mark.parametrize(
    ("pairs", "given"),
    [
        pytest.param(["A=1"], {"A": "1"}, id="one"),
        pytest.param(["A="], {"A": ""}, id="empty value"),
        pytest.param(["A=x=y"], {"A": "x=y"}, id="equals sign in the value"),
        pytest.param(['Tag=[{"Key": "a"}]'], {"Tag": '[{"Key": "a"}]'}, id="json text stays text"),
    ],
)
def test_pairs(pairs: list[str], given: dict[str, str]) -> None:
    assert read_parameters(pairs, None) == given


def test_flags_and_file_go_together(tmp_path: Path) -> None:
    path = tmp_path / "values.json"
    path.write_text('{"A": "1"}')
    assert read_parameters(["B=2"], str(path)) == {"A": "1", "B": "2"}


@pytest.mark.parametrize(
    ("pairs", "content", "said"),
    [
        pytest.param(["ImageId"], None, '-p "ImageId" has no value', id="no equals sign"),
        pytest.param(
            ["s3cret!pass"], None, "-p has no value", id="what may be a secret is not shown"
        ),
        pytest.param(["=x"], None, "-p has a value without a name", id="no name"),
        pytest.param(["A=1", "A=2"], None, '"A" is given twice', id="twice as -p"),
        pytest.param(["A=1"], '{"A": "2"}', '"A" is given twice', id="-p and file"),
        pytest.param(
            [], '{"A": 1, "A": 2}', "'A' stands here for the second time", id="twice in json"
        ),
        pytest.param([], "A: 1\nA: 2\n", "'A' stands here for the second time", id="twice in yaml"),
        pytest.param(
            [],
            '[{"ParameterKey": "A", "ParameterValue": "1"},'
            ' {"ParameterKey": "A", "ParameterValue": "2"}]',
            '"A" is given twice',
            id="twice in a list",
        ),
        pytest.param([], '[{"Key": "A", "Value": "1"}]', "no parameter", id="other keys"),
        pytest.param([], '["A=1"]', "no parameter", id="texts in a list"),
        pytest.param(
            [],
            '[{"ParameterKey": "A", "UsePreviousValue": true}]',
            "keeps a previous value",
            id="previous value",
        ),
        pytest.param([], '"text"', "holds text", id="a text"),
        pytest.param([], "42", "holds the number 42", id="a number"),
        pytest.param([], "", "is empty", id="empty file"),
        pytest.param([], "A: !Ref B\n", '"!Ref" stands in a parameter file', id="function"),
        pytest.param([], '{"A": 1,}', "IF", id="trailing comma"),
        pytest.param([], "A: [1\n", "IF", id="broken yaml"),
    ],
)
def test_what_is_refused(tmp_path: Path, pairs: list[str], content: str | None, said: str) -> None:
    path = tmp_path / "values.json"
    if content is not None:
        path = tmp_path / ("values.json" if content[:1] in '[{"' else "values.yml")
        path.write_text(content)
    with pytest.raises(CommandRefused) as refused:
        read_parameters(pairs, None if content is None else str(path))
    assert refused.value.code is ExitCode.WRONG_USAGE
    assert any(said in f"{found.code} {found.message}" for found in refused.value.diagnostics)
    assert "s3cret" not in str(refused.value)


def test_a_missing_file_is_said_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(CommandRefused) as refused:
        read_parameters([], str(tmp_path / "none.json"))
    assert "none.json" in str(refused.value)
    assert refused.value.diagnostics[0].why == "no such file or directory"


def test_all_faults_are_said_at_once(tmp_path: Path) -> None:
    path = tmp_path / "values.json"
    path.write_text('[{"a": 1}, {"b": 2}]')
    with pytest.raises(CommandRefused) as refused:
        read_parameters(["X", "=y", "Z=1", "Z=2"], str(path))
    assert len(refused.value.diagnostics) == 5
