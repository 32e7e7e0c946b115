"""NoEcho values through every function, into plans, refusals, stacks, events and files: nowhere in clear."""

from __future__ import annotations

import base64
import json
import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from imageferry.cli.display.change_sets import change_set_lines
from imageferry.cli.display.diagnostics import all_lines
from imageferry.cli.display.documents import events_json, outputs_json, view_json
from imageferry.cli.display.outlook import outlook_json, outlook_lines
from imageferry.cli.display.views import event_lines, output_lines, view_lines
from imageferry.control.outlook import outlook_of
from imageferry.control.requests import ExecutionOptions, RequestRefused, StackRequest
from imageferry.model.diagnostics import TemplateError
from imageferry.model.plan_json import change_set_json, diagnostic_json
from imageferry.model.statuses import StackStatus
from imageferry.model.values import Value
from imageferry.testing import run_virtually
from tests.scenarios.emulated import Emulated, emulated

WORD = "Zq7pWx-Kj9mVt-Bd4hRs"
INNER = {"inner": "Lw5nGcUe", "more": ["Tf8vXdAo"]}
LIST = "Pb3kYhSi,Mz6jQrNu"
NUMBER = 918273645
CLEAR = (*WORD.split("-"), "Lw5nGcUe", "Tf8vXdAo", *LIST.split(","), str(NUMBER))
FORMS = tuple(
    form.lower()
    for clear in (*CLEAR, WORD)
    for form in (clear, base64.b64encode(clear.encode()).decode().rstrip("="))
)
"""What may be seen nowhere, in small letters."""

HIDDEN: Mapping[str, Value] = {
    "Word": WORD,
    "Inner": json.dumps(INNER),
    "List": LIST,
    "Number": NUMBER,
}


def ref(name: str) -> dict[str, Any]:
    return {"Ref": name}


def call(name: str, *arguments: Any) -> dict[str, Any]:
    return {f"Fn::{name}": list(arguments)}


def on(name: str, argument: Any) -> dict[str, Any]:
    return {f"Fn::{name}": argument}


W, S, L, N = ref("Word"), ref("Inner"), ref("List"), ref("Number")
JOINED = call("Join", "", ["a ", W])

BOTH: Mapping[str, Any] = {
    "itself": W,
    "list": L,
    "number": N,
    "Join": JOINED,
    "Join of a list": call("Join", "+", L),
    "Join with it": call("Join", W, ["a", "b"]),
    "Sub": on("Sub", "a ${Word}"),
    "Sub with a map": call("Sub", "a ${Mine}", {"Mine": W}),
    "Sub of a list": on("Sub", "a ${List}"),
    "Split": call("Split", "-", W),
    "Split and Select": call("Select", "1", call("Split", "-", W)),
    "Select": call("Select", "1", L),
    "Select by it": call("Select", W, ["a", "b"]),
    "Select beyond": call("Select", "9", L),
    "Base64": on("Base64", W),
    "Cidr": call("Cidr", W, "2", "8"),
    "FindInMap": call("FindInMap", "Map", W, "a"),
    "FindInMap below": call("FindInMap", "Map", "a", W),
    "FindInMap of it": call("FindInMap", W, "a", "b"),
    "GetAZs": on("GetAZs", W),
    "If": call("If", "IsIt", W, "no"),
    "If not": call("If", "IsNot", "no", L),
    "Length": on("Length", L),
}  # fmt: skip
ROS: Mapping[str, Any] = {
    **BOTH,
    "structure": S,
    "GetJsonValue": call("GetJsonValue", "inner", on("Str", S)),
    "GetJsonValue of no JSON": call("GetJsonValue", "inner", W),
    "GetJsonValue by it": {"Fn::GetJsonValue": ["none", on("Str", S)]},
    "Jq": call("Jq", "First", ".inner", S),
    "Jq of everything": call("Jq", "All", ".more[]", S),
    "Jq that fails": call("Jq", "First", ".inner.deeper", S),
    "Jq by it": call("Jq", "First", W, {"a": 1}),
    "Jq elsewhere": call("Jq", "First", ".inner | ascii_downcase | tonumber", S),
    "Replace": call("Replace", {"Zq": "yy"}, W),
    "Replace by it": call("Replace", {"a": W}, "bab"),
    "Str": on("Str", N),
    "Str of a structure": on("Str", S),
    "Base64Encode": on("Base64Encode", W),
    "Base64Decode": on("Base64Decode", on("Base64Encode", W)),
    "Base64Decode of none": on("Base64Decode", W),
    "MatchPattern": call("MatchPattern", "^Zq.*", W),
    "MatchPattern by it": call("MatchPattern", call("Join", "", ["(", W]), "a"),
    "Add": call("Add", N, 1),
    "Add to a text": call("Add", W, 1),
    "Avg": call("Avg", 1, [N, 0]),
    "Max": on("Max", [N, 1]),
    "Max of texts": on("Max", [W, 1]),
    "Min": on("Min", [N, 999999999999]),
    "Calculate": call("Calculate", "{0}+0", 0, [N]),
    "Calculate a text": call("Calculate", "{0}+1", 0, [W]),
    "Indent": call("Indent", W, 2, " "),
    "Index": call("Index", "Mz6jQrNu", L),
    "Any": on("Any", L),
    "Contains": call("Contains", L, "a"),
    "EachMemberIn": call("EachMemberIn", L, ["a"]),
    "ListMerge": call("ListMerge", L, ["a"]),
    "ListMerge of texts": call("ListMerge", W, ["a"]),
    "MergeMap": call("MergeMap", S, {"a": 1}),
    "MergeMapToList": call("MergeMapToList", {"a": L}, {"b": [1, 2]}),
    "SelectMapList": call("SelectMapList", "inner", [S]),
    "MemberListToMap": call("MemberListToMap", "Name", "Value", [".member.0.Name=a", W]),
    "FormatTime": call("FormatTime", W),
    "FormatTime there": call("FormatTime", "%Y", W),
    "GetStackOutput": call("GetStackOutput", W, "a"),
    "MarketplaceImage": on("MarketplaceImage", W),
    "TransformNamespace": on("TransformNamespace", W),
}  # fmt: skip
CFN: Mapping[str, Any] = {
    **BOTH,
    "ToJsonString": on("ToJsonString", {"a": W, "b": L}),
    "FindInMap and else": call("FindInMap", "Map", W, "a", {"DefaultValue": W}),
    "ImportValue": on("ImportValue", W),
    "GetStackOutput": on("GetStackOutput", {"StackName": W, "OutputName": "a"}),
    "Length of parts": on("Length", call("Split", "-", W)),
}


def ros_template(value: Any) -> dict[str, Any]:
    return {
        "ROSTemplateFormatVersion": "2015-09-01",
        "Parameters": {
            "Word": {"Type": "String", "NoEcho": True},
            "Inner": {"Type": "Json", "NoEcho": True},
            "List": {"Type": "CommaDelimitedList", "NoEcho": True},
            "Number": {"Type": "Number", "NoEcho": True},
        },
        "Mappings": {"Map": {"a": {"b": "c"}}},
        "Conditions": {
            "IsIt": call("Not", call("Equals", W, "x")),
            "IsNot": call("Equals", W, "x"),
        },
        "Resources": {
            "Copy": {
                "Type": "ALIYUN::ECS::CopyImage",
                "Properties": {
                    "ImageId": "m-golden0000000000001",
                    "DestinationRegionId": "cn-shanghai",
                    "DestinationDescription": value,
                    "Tag": [{"Key": "told", "Value": value}],
                },
            }
        },
        "Outputs": {"Out": {"Value": value}, "Nested": {"Value": {"in": [value]}}},
    }


def cfn_template(value: Any) -> dict[str, Any]:
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Transform": "AWS::LanguageExtensions",
        "Parameters": {
            "Word": {"Type": "String", "NoEcho": True},
            "List": {"Type": "CommaDelimitedList", "NoEcho": True},
            "Number": {"Type": "Number", "NoEcho": True},
        },
        "Mappings": {"Map": {"a": {"b": "c"}}},
        "Conditions": {
            "IsIt": call("Not", call("Equals", W, "x")),
            "IsNot": call("Equals", W, "x"),
        },
        "Resources": {
            "Copy": {
                "Type": "TF::Alicloud::ImageCopy",
                "Properties": {
                    "SourceImageId": "m-golden0000000000001",
                    "SourceRegionId": "cn-hangzhou",
                    "Description": value,
                    "Tags": [{"MapKey": "told", "MapValue": value}],
                },
            }
        },
        "Outputs": {"Out": {"Value": value, "Export": {"Name": "exported"}}},
    }


def odd_ros(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Where a value may do harm beside properties and outputs."""
    for place, change in {
        "Count": {"Count": value},
        "DeletionPolicy": {"DeletionPolicy": value},
        "Metadata": {"Metadata": {"a": value}},
        "DependsOn": {"DependsOn": value},
        "Condition": {"Condition": value},
    }.items():
        template = ros_template("plain")
        template["Resources"]["Copy"].update(change)
        yield place, template


def odd_cfn(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    for place, change in {
        "DeletionPolicy": {"DeletionPolicy": value},
        "UpdateReplacePolicy": {"UpdateReplacePolicy": value},
        "Metadata": {"Metadata": {"a": value}},
    }.items():
        template = cfn_template("plain")
        template["Resources"]["Copy"].update(change)
        yield place, template
    template = cfn_template("plain")
    template["Outputs"]["Out"]["Export"]["Name"] = value
    yield "Export", template
    template = cfn_template("plain")
    body = {"More${Item}": {"Value": {"Ref": "Item"}}}
    template["Outputs"]["Fn::ForEach::Loop"] = ["Item", value, body]
    yield "ForEach", template
    template["Outputs"]["Fn::ForEach::Loop"] = ["Item", call("FindInMap", "Map", value, "b"), body]
    yield "ForEach over a map", template


def refused(template: dict[str, Any], is_ros: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    """The same template with declarations that the hidden word does not suit."""
    fields: list[dict[str, Any]] = [
        {"AllowedPattern": "^x$"},
        {"AllowedValues": ["x", "y"]},
        {"MinLength": 100},
        {"MaxLength": 2},
        {"Type": "Number", "MaxValue": 3},
        {"Type": "Json" if is_ros else "List<Number>"},
        *([{"Type": "Boolean"}, {"AssociationProperty": WORD[::-1]}] if is_ros else []),
    ]
    for number, field in enumerate(fields):
        changed: dict[str, Any] = json.loads(json.dumps(template))
        changed["Parameters"]["Word"] |= field
        yield f"a parameter that does not suit, {number}", changed


class Seen:
    """Everything that was shown of one case."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.is_deployed = False

    def diagnostics(self, found: Any) -> None:
        self.texts += all_lines(found)
        self.texts += [json.dumps(diagnostic_json(one)) for one in found]

    def add(self, *texts: Any) -> None:
        self.texts += [
            one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in texts
        ]


def packed(database: Path) -> Iterator[str]:
    """Every cell of every table, opened where it is compressed."""
    connection = sqlite3.connect(database)
    try:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        for (table,) in tables.fetchall():
            for row in connection.execute(f"SELECT * FROM {table}"):
                for cell in row:
                    yield str(cell)
                    if isinstance(cell, bytes):
                        for body in (cell, cell[1:]):
                            try:
                                yield zlib.decompress(body).decode(errors="replace")
                            except zlib.error:
                                continue
    finally:
        connection.close()


async def shown(sea: Emulated, name: str, region: str, template: Mapping[str, Any]) -> Seen:
    """Plan it alone, plan it, deploy it, look at it, in every form."""
    seen, source = Seen(), json.dumps(template).encode()
    given = {key: value for key, value in HIDDEN.items() if key in template["Parameters"]}
    try:
        outlook = outlook_of(source, "t.json", given, region, sea.house.catalog)
        seen.add(*outlook_lines(outlook), outlook_json(outlook), repr(outlook))
    except TemplateError as fault:
        seen.diagnostics(fault.diagnostics)
    plane = sea.house.plane
    try:
        planned = await plane.plan(StackRequest(name, region, source, "t.json", given))
        change_set = planned.change_set
        seen.add(
            *change_set_lines(change_set), change_set_json(change_set, "emulator"), repr(change_set)
        )
        operation = await plane.execute(planned, ExecutionOptions())
    except TemplateError as fault:
        seen.diagnostics(fault.diagnostics)
        seen.add(str(fault), repr(fault))
        return seen
    except RequestRefused as fault:
        seen.add(str(fault), repr(fault))
        return seen
    await sea.house.worker.run(operation.operation_id)
    view = await plane.view(operation.stack_id)
    seen.is_deployed = view.stack.status is StackStatus.CREATED
    events = await plane.events(operation.stack_id)
    seen.add(*view_lines(view), view_json(view), repr(view))
    seen.add(*output_lines(view.stack), outputs_json(view.stack))
    seen.add(*event_lines(events, view.stack), events_json(view.stack, events), repr(events))
    await sea.delete(name)
    return seen


def leaks(texts: list[str]) -> list[str]:
    small = [text.lower() for text in texts]
    # Large numbers are shown with commas.
    small += [text.replace(",", "") for text in small]
    return [
        f"{form} in {text[max(0, text.index(form) - 300) :][:400]}"
        for text in small
        for form in FORMS
        if form in text
    ]


@pytest.mark.parametrize("language", ["ros", "cfn"])
def test_nothing_hidden_is_shown_or_kept_in_clear(
    tmp_path: Path, language: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    is_ros = language == "ros"
    region = "cn-hangzhou" if is_ros else "cn-shanghai"
    cases = {
        name: (ros_template if is_ros else cfn_template)(value)
        for name, value in (ROS if is_ros else CFN).items()
    }
    for kind, value in (("word", W), ("list", L), ("number", N), ("text", JOINED)):
        for place, template in (odd_ros if is_ros else odd_cfn)(value):
            cases[f"{place} of a {kind}"] = json.loads(json.dumps(template))
    cases |= dict(refused((ros_template if is_ros else cfn_template)(W), is_ros))
    found: dict[str, list[str]] = {}
    deployed = 0

    async def main() -> None:
        nonlocal deployed
        async with emulated(tmp_path / "home", trouble=False, speed=1e6) as sea:
            for number, (name, template) in enumerate(cases.items()):
                seen = await shown(sea, f"hidden{number}", region, template)
                wrong = leaks(seen.texts)
                if wrong:
                    found[name] = wrong
                deployed += seen.is_deployed
                assert not seen.is_deployed or any("****" in text for text in seen.texts)

    run_virtually(main())
    assert found == {}
    assert deployed > 15
    assert leaks([record.getMessage() for record in caplog.records]) == []
    kept = list(packed(tmp_path / "home" / "imageferry.db"))
    assert len(kept) > 1000
    assert leaks(kept) == []
