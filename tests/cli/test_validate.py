"""`imageferry validate`: many files, folders, parameters, and the three forms of its report."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from imageferry.cli.display.sarif import uri_of
from tests.cli.shop import ARRIVAL, FAN_OUT, Shop

BROKEN = FAN_OUT.replace("Ref: Prefix", "Ref: Prefex")
STRANGE = """\
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Net:
    Type: ALIYUN::ECS::VPC
    Properties: {Anything: {Ref: ALIYUN::Region}}
  Other:
    Type: ALIYUN::ECS::VSwitch
    Properties: {VpcId: {'Fn::GetAtt': [Net, WhateverId]}}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def fed(shop: Shop, text: str, *arguments: str, code: int = 0) -> dict[str, Any]:
    """The one object where standard input holds a template."""
    found = json.loads(shop.run(*arguments, "--json", code=code, text=text).stdout)
    assert isinstance(found, dict)
    return found


def names(found: dict[str, Any]) -> list[str]:
    return [Path(one["path"]).name for one in found["files"]]


def test_a_folder_stands_for_its_templates(shop: Shop) -> None:
    folder = shop.folder / "many"
    (folder / "deep").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    (folder / "b.yml").write_text(FAN_OUT)
    (folder / "deep" / "a.template").write_text(ARRIVAL)
    (folder / "deep" / "c.yaml").write_text(BROKEN)
    (folder / ".hidden" / "d.yml").write_text(BROKEN)
    (folder / "parameters.json").write_text('{"Prefix": "x"}')
    (folder / "list.yaml").write_text("- Resources\n")
    (folder / "notes.txt").write_text("Resources")
    found = shop.object("validate", str(folder), code=2)
    assert names(found) == ["b.yml", "a.template", "c.yaml"]
    assert [one["valid"] for one in found["files"]] == [True, True, False]
    assert [Path(one).name for one in found["passed_over"]] == ["list.yaml", "parameters.json"]
    said = shop.run("validate", str(folder), code=2).stdout
    assert "parameters.json: passed over, it is no template" in said
    assert "3 templates, 1 not valid" in said


def test_a_file_that_is_named_is_never_passed_over(shop: Shop) -> None:
    path = shop.path("parameters.json", '{"Prefix": "x"}')
    (one,) = shop.object("validate", path, code=2)["files"]
    assert one["diagnostics"][0]["code"] == "IF130"


def test_a_folder_without_templates(shop: Shop) -> None:
    folder = shop.folder / "none"
    folder.mkdir()
    (one,) = shop.object("validate", str(folder), code=2)["files"]
    assert one["diagnostics"][0]["code"] == "IF801"
    assert "holds no template" in one["diagnostics"][0]["message"]


def test_nothing_stops_the_others(shop: Shop) -> None:
    good = shop.path("good.yml", FAN_OUT)
    locked = Path(shop.path("latin.yml", ""))
    locked.write_bytes(b"Description: caf\xe9\n")
    paths = ["missing.yml", str(locked), "-", good]
    found = fed(shop, ARRIVAL, "validate", *paths, code=2)
    assert names(found) == ["missing.yml", "latin.yml", "<stdin>", "good.yml"]
    assert [one["valid"] for one in found["files"]] == [False, False, True, True]
    assert [one["diagnostics"][0]["code"] for one in found["files"][:2]] == ["IF801", "IF103"]


def test_a_file_is_read_once(shop: Shop) -> None:
    good = shop.path("good.yml", FAN_OUT)
    link = shop.folder / "link.yml"
    link.symlink_to(good)
    found = fed(shop, ARRIVAL, "validate", good, "-", good, str(shop.folder), "-")
    assert names(found) == ["good.yml", "<stdin>"]


def test_parameters(shop: Shop) -> None:
    path = shop.path("good.yml", FAN_OUT)
    assert shop.object("validate", path)["files"][0]["diagnostics"] == []
    (fault,) = shop.object("validate", path, "-p", "Prefix=x", code=2)["files"][0]["diagnostics"]
    assert (fault["code"], fault["message"]) == ("IF401", "parameter 'Password' has no value")
    given = ("-p", "Password=secret-word", "-p", 'Destinations=["cn-hangzhou"]')
    assert shop.object("validate", path, *given)["files"][0]["valid"]
    # Only with a region can be told that an image would be copied to where it is.
    found = shop.object("validate", path, *given, "--region", "cn-hangzhou", code=2)
    assert [one["code"] for one in found["files"][0]["diagnostics"]] == ["IF527"]
    assert "secret-word" not in json.dumps(found)


def test_a_region_alone(shop: Shop) -> None:
    path = shop.path("there.yml", ARRIVAL)
    shop.run("validate", path)
    found = shop.object("validate", path, "--region", "cn-hangzhou", code=2)
    assert [one["code"] for one in found["files"][0]["diagnostics"]] == ["IF527"]


def test_parameters_from_a_file(shop: Shop) -> None:
    path = shop.path("good.yml", FAN_OUT)
    given = shop.path("given.json", '{"Password": "x", "Prefx": "y"}')
    (one,) = shop.object("validate", path, "--parameters", given, code=2)["files"]
    assert one["diagnostics"][0]["code"] == "IF402"
    assert one["diagnostics"][0]["remedy"] == "did you mean 'Prefix'?"


def test_unknown_types(shop: Shop) -> None:
    path = shop.path("strange.yml", STRANGE)
    (one,) = shop.object("validate", path, code=2)["files"]
    assert [fault["code"] for fault in one["diagnostics"]] == ["IF509", "IF509"]
    (one,) = shop.object("validate", path, "--allow-unknown-types")["files"]
    (fault,) = one["diagnostics"]
    assert (fault["code"], fault["severity"], fault["line"]) == ("IF511", "warning", 4)
    assert "2 resource types are not installed" in fault["message"]


def test_what_the_service_does_first_is_no_error_then(shop: Shop) -> None:
    text = STRANGE + "Transform: Aliyun::Serverless-2018-04-03\n"
    path = shop.path("transformed.yml", text)
    shop.run("validate", path, code=2)
    (one,) = shop.object("validate", path, "--allow-unknown-types")["files"]
    assert one["valid"]
    assert {fault["severity"] for fault in one["diagnostics"]} == {"warning"}


def test_strict(shop: Shop) -> None:
    path = shop.path(
        "unused.yml", FAN_OUT.replace("Parameters:", "Parameters:\n  X: {Type: String}")
    )
    assert "parameter 'X' is never used [IF217]" in shop.run("validate", path).stderr
    shop.run("validate", path, "--strict", code=2)
    shop.run("validate", shop.path("good.yml", FAN_OUT), "--strict")
    foreign = shop.path("foreign.yml", FAN_OUT.replace("ALIYUN::ECS::CopyImage", "ALIYUN::X::Y"))
    assert "[IF511]" in shop.run("validate", foreign, "--strict", "--allow-unknown-types").stderr
    shop.run("validate", foreign, "--strict", code=2)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--json", "--sarif"], "cannot be given together"),
        (["--json", "--format", "text"], "cannot be given together"),
        (["--parameters", "-"], "cannot both be read from standard input"),
        (["--region", "nowhere at all"], "is no region"),
        (["-p", "Prefix"], "has no value"),
    ],
    ids=["json-and-sarif", "json-and-text", "standard-input-twice", "no-region", "no-pair"],
)
def test_wrong_usage(shop: Shop, arguments: list[str], says: str) -> None:
    assert says in shop.run("validate", "-", *arguments, code=2, text=FAN_OUT).stderr


def sarif(shop: Shop, *arguments: str, code: int = 0, text: str = "") -> dict[str, Any]:
    log = json.loads(shop.run("validate", *arguments, code=code, text=text).stdout)
    assert isinstance(log, dict)
    return log


def is_sarif(log: dict[str, Any]) -> None:
    """What the schema of SARIF 2.1.0 demands of the parts that are written here."""
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-2.1.0.json")
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "imageferry"
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", driver["semanticVersion"])
    rules = driver["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for rule in rules:
        assert set(rule) <= {"id", "shortDescription", "help"}
        assert rule["shortDescription"]["text"]
        assert rule["help"]["text"]
    assert run["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints")
    (invocation,) = run["invocations"]
    assert isinstance(invocation["executionSuccessful"], bool)
    for result in run["results"]:
        assert result["message"]["text"]
        assert result["level"] in ("none", "note", "warning", "error")
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        for location in result["locations"]:
            place = location["physicalLocation"]
            artifact = place["artifactLocation"]
            assert run["artifacts"][artifact["index"]]["location"]["uri"] == artifact["uri"]
            assert re.fullmatch(r"[A-Za-z0-9._~/:%+-]+", artifact["uri"])
            if "region" in place:
                assert place["region"]["startLine"] >= 1
                assert place["region"]["startColumn"] >= 1


def test_sarif(shop: Shop) -> None:
    bad, good = shop.path("bad one.yml", BROKEN), shop.path("good.yml", FAN_OUT)
    log = sarif(shop, bad, good, "missing.yml", "--sarif", code=2)
    is_sarif(log)
    (run,) = log["runs"]
    first, second = run["results"]
    assert (first["ruleId"], first["level"]) == ("IF201", "error")
    place = first["locations"][0]["physicalLocation"]
    assert place["region"] == {"startLine": 20, "startColumn": 47}
    assert place["artifactLocation"]["uri"].endswith("/bad%20one.yml")
    assert "did you mean 'Prefix'?" in first["message"]["text"]
    assert second["ruleId"] == "IF801"
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["IF201", "IF801"]
    assert run["invocations"][0]["exitCode"] == 2
    assert sarif(shop, bad, good, "missing.yml", "--format", "sarif", code=2) == log


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--sarif", "-p", "x"], "IF802", "has no value"),
        (["--format", "sarif", "--region", "No Where"], "IF823", "No Where"),
        (["--format=sarif", "--nope"], None, "--nope"),
    ],
    ids=["a parameter", "a region", "a flag"],
)
def test_sarif_of_wrong_usage(
    shop: Shop, arguments: list[str], code: str | None, words: str
) -> None:
    """A scanner that reads the log sees that nothing was looked at, and why."""
    log = sarif(shop, shop.path("good.yml", FAN_OUT), *arguments, code=2)
    is_sarif(log)
    (run,) = log["runs"]
    (invocation,) = run["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 2)
    (said,) = invocation["toolConfigurationNotifications"]
    assert said["level"] == "error"
    assert words in said["message"]["text"]
    assert said.get("associatedRule", {}).get("id") == code
    assert run["results"] == []


def test_json_of_wrong_usage_by_the_other_flag(shop: Shop) -> None:
    path = shop.path("good.yml", FAN_OUT)
    by_flag = shop.run("validate", path, "--json", "-p", "x", code=2).stdout
    assert shop.run("validate", path, "--format", "json", "-p", "x", code=2).stdout == by_flag
    assert json.loads(by_flag)["error"]["exit_code"] == 2


SHARED = """\
ROSTemplateFormatVersion: '2015-09-01'
Parameters: {NAME: {Type: String}}
Resources: {}
Outputs: {A: {Value: {Ref: NAME}}}
"""


def test_parameters_for_many_files_need_not_all_be_in_each(shop: Shop) -> None:
    paths = [shop.path(f"{name}.yml", SHARED.replace("NAME", name)) for name in ("One", "Two")]
    both = ["-p", "One=1", "-p", "Two=2"]
    assert shop.object("validate", *paths, *both)["diagnostics"] == []
    # For a file alone the other's is a stranger.
    (found,) = shop.object("validate", paths[0], *both, code=2)["files"]
    assert [one["code"] for one in found["diagnostics"]] == ["IF402"]
    # One that no file has is told once, and belongs to none of them.
    found = shop.object("validate", *paths, *both, "-p", "Twoo=3", code=2)
    assert [one["valid"] for one in found["files"]] == [True, True]
    (fault,) = found["diagnostics"]
    assert (fault["code"], fault["remedy"]) == ("IF402", "did you mean 'Two'?")
    assert fault["message"] == "none of the 2 templates has a parameter 'Twoo'"
    (run,) = sarif(shop, *paths, *both, "-p", "Twoo=3", "--sarif", code=2)["runs"]
    (said,) = run["invocations"][0]["toolConfigurationNotifications"]
    assert said["associatedRule"]["id"] == "IF402"


def test_strangers_are_not_told_beside_a_file_that_cannot_be_read(shop: Shop) -> None:
    path = shop.path("one.yml", SHARED.replace("NAME", "One"))
    found = shop.object("validate", path, "missing.yml", "-p", "One=1", "-p", "Two=2", code=2)
    assert [len(one["diagnostics"]) for one in found["files"]] == [0, 1]
    assert found["diagnostics"] == []


def test_sarif_of_nothing_wrong(shop: Shop) -> None:
    log = sarif(shop, "-", "--sarif", text=FAN_OUT)
    is_sarif(log)
    assert log["runs"][0]["results"] == []


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        ("a/b.yml", "a/b.yml"),
        ("with blank.yml", "with%20blank.yml"),
        ("größe.yml", "gr%C3%B6%C3%9Fe.yml"),
        ("<stdin>", "%3Cstdin%3E"),
        ("/tmp/x.yml", "file:///tmp/x.yml"),
        ("bytes\udcff.yml", "bytes%FF.yml"),
    ],
)
def test_files_as_uris(name: str, uri: str) -> None:
    assert uri_of(name) == uri
