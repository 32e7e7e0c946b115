"""Into the other dialect and back: the same model, for all that nothing was said about."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from imageferry.control.conversion import Conversion
from imageferry.conversion.documents import Form
from imageferry.model.diagnostics import TemplateError
from tests.conversion.bare import converted, model

REGION = "cn-shanghai"
# The other side puts the stack into the other region: that is said of every template.
INHERENT = frozenset({"IF932", "IF933", "IF935"})

NAME = st.from_regex(r"[A-Z][a-z]{0,5}[0-9]?", fullmatch=True)
WORD = st.text("abc XYZ09.-_$镜é\n#:", max_size=12)
IMAGE_NAME = st.from_regex(r"[a-z][a-z0-9.]{1,8}", fullmatch=True)


@st.composite
def parameters(draw: st.DrawFn, ros: bool) -> dict[str, Any]:
    """Declared parameters: texts, numbers, lists, and what is true or false."""
    declared: dict[str, Any] = {
        "AnImage": {"Type": "String", "Default": "m-1", "MinLength": 1},
        "AName": {"Type": "String", "Default": draw(IMAGE_NAME), "Description": draw(WORD)},
        "ANumber": {"Type": "Number", "Default": draw(st.integers(0, 99)), "MaxValue": 100},
        "AList": {"Type": "CommaDelimitedList", "Default": "a,b,c"},
    }
    truth = draw(st.booleans())
    if ros:
        declared["AFlag"] = {"Type": "Boolean", "Default": truth}
        if draw(st.booleans()):
            declared["AName"]["Label"] = draw(WORD.filter(bool))
    else:
        declared["AFlag"] = {
            "Type": "String",
            "Default": str(truth).lower(),
            "AllowedValues": ["true", "false"],
        }
    if draw(st.booleans()):
        declared["AName"]["AllowedPattern"] = ".*"
        declared["AName"]["ConstraintDescription"] = draw(WORD)
    if draw(st.booleans()):
        declared["Hidden"] = {"Type": "String", "NoEcho": True}
    return declared


def texts(prefix: str, *, conditional: bool, region: str | None) -> st.SearchStrategy[Any]:
    """Expressions that give a text, in functions of both languages."""
    base = "Fn::Base64Encode" if prefix == "ALIYUN" else "Fn::Base64"
    names = ["AName", f"{prefix}::StackName", f"{prefix}::AccountId"]
    if region is not None:
        names.append(region)
    leaves: st.SearchStrategy[Any] = (
        WORD | st.sampled_from(names).map(lambda name: {"Ref": name})
    ) | st.lists(
        st.sampled_from(names).map(lambda name: f"${{{name}}}")
        | st.just("a ${!b} ")
        | WORD.filter(lambda w: "$" not in w),
        min_size=1,
        max_size=3,
    ).map(lambda parts: {"Fn::Sub": "".join(parts)})

    def around(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        made = (
            st.lists(inner, min_size=1, max_size=3).map(lambda items: {"Fn::Join": ["-", items]})
            | inner.map(lambda text: {base: text})
            | st.integers(0, 2).map(lambda index: {"Fn::Select": [index, {"Ref": "AList"}]})
            | st.just({"Fn::FindInMap": ["AMap", "a", "b"]})
            | inner.map(lambda text: {"Fn::Sub": ["x${Y}", {"Y": text}]})
            | inner.map(lambda text: {"Fn::Select": ["0", {"Fn::Split": ["-", text]}]})
        )
        if conditional:
            choice = st.tuples(st.sampled_from(["IsSet", "IsNot"]), inner, inner)
            made = made | choice.map(lambda items: {"Fn::If": list(items)})
        return made

    return st.recursive(leaves, around, max_leaves=4)


def conditions(ros: bool) -> dict[str, Any]:
    inner: Any = {"Fn::Equals": [{"Ref": "AName"}, "x"]}
    both = ["IsSet", "IsLarge"] if ros else [{"Condition": "IsSet"}, {"Condition": "IsLarge"}]
    return {
        "IsSet": {"Fn::Equals": [{"Ref": "AFlag"}, True if ros else "true"]},
        "IsLarge": {"Fn::Or": [inner, {"Fn::Equals": [{"Ref": "AName"}, {"Ref": "AnImage"}]}]},
        "IsNot": {"Fn::Not": "IsSet" if ros else [{"Condition": "IsSet"}]},
        "AreBoth": {"Fn::And": both},
    }


@st.composite
def sections(draw: st.DrawFn, ros: bool) -> dict[str, Any]:
    """What both languages have in common besides resources and outputs."""
    made: dict[str, Any] = {
        "Description": draw(WORD),
        "Parameters": draw(parameters(ros)),
        "Mappings": {"AMap": {"a": {"b": draw(WORD), "c": 1}, "d": {"e": "f"}}},
        "Conditions": conditions(ros),
    }
    if draw(st.booleans()):
        made["Metadata"] = {"Team": {"of": ["ships", 1, True]}}
        word = "ALIYUN::ROS::Interface" if ros else "AWS::CloudFormation::Interface"
        groups = [{"Parameters": ["AName", "AFlag"], "Label": {"default": draw(WORD)}}]
        made["Metadata"][word] = {"ParameterGroups": groups}
    return made


def policies(draw: st.DrawFn, others: list[str]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if draw(st.booleans()):
        made["DeletionPolicy"] = draw(st.sampled_from(["Delete", "Retain"]))
    if draw(st.booleans()):
        made["Condition"] = draw(st.sampled_from(["IsSet", "AreBoth"]))
    if others and draw(st.booleans()):
        made["DependsOn"] = draw(st.sampled_from([others[0], [others[0]]]))
    if draw(st.booleans()):
        made["Metadata"] = {"Note": draw(WORD)}
    return made


@st.composite
def ros_templates(draw: st.DrawFn) -> dict[str, Any]:
    common = draw(sections(ros=True))
    place: Any = REGION
    if draw(st.booleans()):
        place = {"Ref": "DestinationRegionId"}
        common["Parameters"]["DestinationRegionId"] = {
            "Type": "String",
            "Description": "The region that the images are copied to",
        }
    told = texts("ALIYUN", conditional=True, region=None)
    resources: dict[str, Any] = {}
    for name in draw(st.lists(NAME.map(lambda n: f"R{n}"), min_size=1, max_size=3, unique=True)):
        properties = {
            "ImageId": draw(st.sampled_from(["m-1", {"Ref": "AnImage"}])),
            "SourceRegionId": draw(st.sampled_from(["cn-hangzhou", {"Ref": "AnImage"}])),
            "DestinationRegionId": place,
            "DestinationImageName": draw(IMAGE_NAME | st.just({"Ref": "AName"})),
            "Encrypted": draw(st.sampled_from([True, False, {"Ref": "AFlag"}])),
        }
        if draw(st.booleans()):
            properties["DestinationDescription"] = {"Fn::Join": ["", ["d ", draw(told)]]}
        if draw(st.booleans()):
            properties["Tag"] = [{"Key": "a", "Value": "b"}, {"Key": "c", "Value": draw(told)}]
        kept = draw(st.sets(st.sampled_from(sorted(properties))))
        required = {"ImageId", "SourceRegionId", "DestinationRegionId"}
        resources[name] = {
            "Type": "ALIYUN::ECS::CopyImage",
            "Properties": {key: properties[key] for key in properties if key in kept | required},
            **policies(draw, list(resources)),
        }
    outputs = {
        f"O{name}": {
            "Value": draw(
                told
                | st.just({"Fn::GetAtt": [name, "ImageId"]})
                | st.just({"Fn::Sub": f"x-${{{name}.ImageId}}"})
            ),
            "Description": draw(WORD),
            **({"Condition": "IsNot"} if draw(st.booleans()) else {}),
        }
        for name in resources
    }
    return {
        "ROSTemplateFormatVersion": "2015-09-01",
        **common,
        "Resources": resources,
        "Outputs": outputs,
    }


@st.composite
def cfn_templates(draw: st.DrawFn) -> dict[str, Any]:
    common = draw(sections(ros=False))
    told = texts("AWS", conditional=True, region="AWS::Region")
    resources: dict[str, Any] = {}
    for name in draw(st.lists(NAME.map(lambda n: f"R{n}"), min_size=1, max_size=3, unique=True)):
        properties = {
            "SourceImageId": draw(st.sampled_from(["m-1", {"Ref": "AnImage"}])),
            "SourceRegionId": draw(st.sampled_from(["cn-hangzhou", {"Ref": "AnImage"}])),
            "ImageName": draw(IMAGE_NAME | st.just({"Ref": "AName"})),
            "Encrypted": draw(st.sampled_from([True, False, {"Ref": "AFlag"}])),
            "Description": {"Fn::Join": ["", ["d ", draw(told)]]},
            "Tags": [{"MapKey": "a", "MapValue": draw(told)}],
        }
        kept = draw(st.sets(st.sampled_from(sorted(properties))))
        required = {"SourceImageId", "SourceRegionId"}
        resources[name] = {
            "Type": "TF::Alicloud::ImageCopy",
            "Properties": {key: properties[key] for key in properties if key in kept | required},
            **policies(draw, list(resources)),
        }
    outputs = {
        f"O{name}": {
            "Value": draw(
                told
                | st.just({"Fn::GetAtt": [name, "Id"]})
                | st.just({"Fn::Sub": f"x-${{{name}.Id}}"})
            ),
            **({"Condition": "IsNot"} if draw(st.booleans()) else {}),
        }
        for name in resources
    }
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        **common,
        "Resources": resources,
        "Outputs": outputs,
    }


def attempt(source: str, dialect: str, form: Form, region: str | None) -> Conversion | None:
    """What becomes of a template; None for one that is refused before anything is converted."""
    try:
        return converted(source, dialect=dialect, form=form, region=region)
    except TemplateError as refusal:
        codes = {one.code for one in refusal.diagnostics if one.is_error}
        if not any(code.startswith("IF9") for code in codes):
            return None
        raise


@given(ros_templates(), st.sampled_from(Form))
@settings(max_examples=30, suppress_health_check=list(HealthCheck))
def test_from_ros_and_back(template: dict[str, Any], form: Form) -> None:
    source = json.dumps(template, ensure_ascii=False)
    by_parameter = "DestinationRegionId" in template["Parameters"]
    there = attempt(source, "cloudformation", form, "cn-hangzhou")
    assume(there is not None)
    assert there is not None
    assert {one.code for one in there.diagnostics} <= INHERENT
    back = converted(
        there.templates[0].text, dialect="ros", region=None if by_parameter else REGION
    )
    assert {one.code for one in back.diagnostics} <= INHERENT
    assert model(back.templates[0].text) == model(source)


@given(cfn_templates(), st.sampled_from(Form))
@settings(max_examples=30, suppress_health_check=list(HealthCheck))
def test_from_cloudformation_and_back(template: dict[str, Any], form: Form) -> None:
    source = json.dumps(template, ensure_ascii=False)
    there = attempt(source, "ros", form, None)
    assume(there is not None)
    assert there is not None
    assert {one.code for one in there.diagnostics} <= INHERENT
    back = converted(there.templates[0].text, dialect="cloudformation", region="cn-hangzhou")
    assert {one.code for one in back.diagnostics} <= INHERENT
    assert model(back.templates[0].text) == model(source)


def test_most_of_what_is_tried_is_valid() -> None:
    tried: list[bool] = []

    @given(ros_templates())
    @settings(max_examples=20, database=None, suppress_health_check=list(HealthCheck))
    def one(template: dict[str, Any]) -> None:
        made = attempt(json.dumps(template), "cloudformation", Form.JSON, "cn-hangzhou")
        tried.append(made is not None)

    one()
    assert sum(tried) > len(tried) / 2


EXAMPLES = {
    "ros": ("ros", "cloudformation", "cn-hangzhou", "cn-shanghai"),
    "cfn": ("cfn", "ros", "cn-shanghai", "cn-hangzhou"),
}


@pytest.mark.parametrize("form", [Form.YAML, Form.JSON], ids=["yaml", "json"])
@pytest.mark.parametrize(
    ("name", "dialect", "region", "other_region"), EXAMPLES.values(), ids=EXAMPLES
)
def test_an_official_template_settles_after_one_way(
    name: str, dialect: str, region: str, other_region: str, form: Form
) -> None:
    path = Path(__file__).parents[2] / "examples" / f"copy-image.{name}.yml"
    source = path.read_text(encoding="utf-8")
    home = "cloudformation" if dialect == "ros" else "ros"
    there = converted(source, dialect=dialect, form=form, region=region).templates[0].text
    back = converted(there, dialect=home, region=other_region).templates[0].text
    again = converted(back, dialect=dialect, region=region).templates[0].text
    # What was said on the way is gone for good; the rest goes to and fro for ever.
    returned = converted(again, dialect=home, region=other_region).templates[0].text
    assert model(returned) == model(back)
