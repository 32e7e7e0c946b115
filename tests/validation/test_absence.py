"""References to what a condition leaves out: refused in CloudFormation, null in ROS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from imageferry.model.templates import Template
from imageferry.ports.types import Catalog
from imageferry.validation.validator import validate, validate_given

Reader = Callable[[str], Template]
Codes = Callable[[Any], list[tuple[str, int]]]


def cfn(line: str, condition: str = "", default: str = "", more: str = "") -> str:
    """The line is line 13, or line 14 after a condition."""
    asked = f"    Condition: {condition}\n" if condition else ""
    return (
        "AWSTemplateFormatVersion: '2010-09-09'\n"
        f"Parameters:\n  Env: {{Type: String{default}}}\n"
        "Conditions:\n  Prod: !Equals [!Ref Env, prod]\n"
        "Resources:\n  A:\n    Type: TF::Alicloud::ImageCopy\n    Condition: Prod\n"
        "    Properties: {SourceImageId: m-1}\n"
        f"  B:\n    Type: TF::Alicloud::ImageCopy\n{asked}    Properties: {{SourceImageId: m-2, "
        f"{line}}}\n{more}"
    )


CASES: list[tuple[str, str, list[tuple[str, int]]]] = [
    ("ref", cfn("ImageName: !Ref A"), [("IF220", 13)]),
    ("attribute", cfn("ImageName: !GetAtt A.Id"), [("IF220", 13)]),
    ("sub", cfn("ImageName: !Sub 'x-${A}'"), [("IF220", 13)]),
    ("both-under-the-condition", cfn("ImageName: !Ref A", "Prod"), []),
    ("in-a-branch-not-chosen", cfn("ImageName: !If [Prod, !Ref A, x]"), []),
    ("in-the-branch-chosen", cfn("ImageName: !If [Prod, x, !Ref A]"), [("IF220", 13)]),
    ("depends-on", cfn("ImageName: x").replace("  B:\n", "  B:\n    DependsOn: A\n"), []),
    ("output", cfn("ImageName: x", more="Outputs:\n  O: {Value: !Ref A}\n"), [("IF220", 15)]),
    ("output-under-the-condition",
     cfn("ImageName: x", more="Outputs:\n  O: {Value: !Ref A, Condition: Prod}\n"), []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_with_the_condition_false(
    template_of: Reader,
    codes_of: Codes,
    catalog: Catalog,
    text: str,
    expected: list[tuple[str, int]],
) -> None:
    template = template_of(text)
    bound = validate_given(template, catalog, {"Env": "dev"}, {"region": "x"})
    assert codes_of(bound.diagnostics) == expected
    assert codes_of(validate(template, catalog, given={"Env": "dev"})) == expected
    # Without parameters nobody can know.
    assert validate(template, catalog) == ()


def test_by_default_it_is_a_warning(template_of: Reader, catalog: Catalog) -> None:
    (fault,) = validate(template_of(cfn("ImageName: !Ref A", default=", Default: dev")), catalog)
    assert (fault.code, fault.is_error) == ("IF220", False)
    assert "with the defaults of the parameters" in fault.why


def test_ros_takes_it_for_null(template_of: Reader, catalog: Catalog) -> None:
    text = (
        "ROSTemplateFormatVersion: '2015-09-01'\n"
        "Conditions:\n  No: {'Fn::Equals': [a, b]}\nResources:\n"
        "  A:\n    Type: ALIYUN::ECS::CopyImage\n    Condition: No\n"
        "    Properties: {ImageId: m-1, DestinationRegionId: x}\n"
        "  B:\n    Type: ALIYUN::ECS::CopyImage\n"
        "    Properties: {ImageId: m-1, DestinationRegionId: x, KMSKeyId: {Ref: A}}\n"
    )
    assert validate_given(template_of(text), catalog, {}, {"region": "y"}).diagnostics == ()
