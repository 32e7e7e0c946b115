"""Names that do not exist, cycles, functions out of place: each at its line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from imageferry.model.templates import Template
from imageferry.ports.types import Catalog
from imageferry.validation.validator import validate

Reader = Callable[[str], Template]
Codes = Callable[[Any], list[tuple[str, int]]]

GOOD = "{ImageId: m-1, DestinationRegionId: cn-beijing}"


def copy(name: str, image: str = "m-1", more: str = "") -> str:
    return (
        f"  {name}:\n    Type: ALIYUN::ECS::CopyImage\n{more}"
        f"    Properties:\n      DestinationRegionId: cn-beijing\n      ImageId: {image}\n"
    )


CASES: list[tuple[str, str, list[tuple[str, int]], str]] = [
    ("ref-to-nothing",
     "Parameters:\n  Source: {Type: String}\nResources:\n" + copy("A", "{Ref: Sorce}"),
     [("IF201", 9)], "did you mean 'Source'?"),
    ("ref-in-output", "Resources:\n" + copy("A") + "Outputs:\n  X:\n    Value: {Ref: B}\n",
     [("IF201", 10)], "nothing is called 'B'"),
    ("ref-in-sub", "Resources:\n" + copy("A", "{'Fn::Sub': 'm-${Nobody}'}"),
     [("IF201", 7)], "'Nobody'"),
    ("attribute-of-nothing", "Resources:\n" + copy("A", "{'Fn::GetAtt': [B, ImageId]}"),
     [("IF202", 7)], "no resource is called 'B'"),
    ("attribute-unknown",
     "Resources:\n" + copy("A") + copy("B", "{'Fn::GetAtt': [A, ImagId]}"),
     [("IF203", 12)], "did you mean 'ImageId'?"),
    ("attribute-of-parameter",
     "Parameters:\n  P: {Type: String}\nResources:\n" + copy("A", "{'Fn::GetAtt': [P, X]}"),
     [("IF210", 9)], "is a parameter"),
    ("depends-on-nothing", "Resources:\n" + copy("A", more="    DependsOn: Aa\n"),
     [("IF204", 5)], "which is no resource"),
    ("depends-on-itself", "Resources:\n" + copy("A", more="    DependsOn: A\n"),
     [("IF208", 5)], "depends on itself"),
    ("mentions-itself", "Resources:\n" + copy("A", "{Ref: A}"), [("IF208", 7)], "its own resource"),
    ("attribute-of-itself", "Resources:\n" + copy("A", "{'Fn::GetAtt': [A, ImageId]}"),
     [("IF208", 7)], "its own resource"),
    ("condition-unknown", "Resources:\n" + copy("A", more="    Condition: Prod\n"),
     [("IF205", 5)], "no condition is called 'Prod'"),
    ("condition-in-if", "Resources:\n" + copy("A", "{'Fn::If': [Prod, m-1, m-2]}"),
     [("IF205", 7)], "'Prod'"),
    ("condition-of-output",
     "Conditions:\n  Production: {'Fn::Equals': [a, b]}\nResources:\n" + copy("A")
     + "Outputs:\n  X:\n    Value: 1\n    Condition: Prodction\n",
     [("IF205", 11)], "did you mean 'Production'?"),
    ("cycle-by-ref", "Resources:\n" + copy("A", "{Ref: B}") + copy("B", "{Ref: A}"),
     [("IF206", 7)], "A -> B -> A"),
    ("cycle-by-attribute-and-sub",
     "Resources:\n" + copy("A", "{'Fn::GetAtt': [B, ImageId]}") + copy("B", "{'Fn::Sub': '${A}'}"),
     [("IF206", 7)], "'B.ImageId' names 'A' on line 12"),
    ("cycle-by-depends-on",
     "Resources:\n" + copy("A", more="    DependsOn: [B]\n")
     + copy("B", more="    DependsOn: C\n") + copy("C", "{Ref: A}"),
     [("IF206", 5)], "A -> B -> C -> A"),
    ("two-cycles",
     "Resources:\n" + copy("A", "{Ref: B}") + copy("B", "{Ref: A}")
     + copy("C", "{Ref: D}") + copy("D", "{Ref: C}"),
     [("IF206", 7), ("IF206", 17)], "A -> B -> A"),
    ("cycle-of-conditions",
     "Conditions:\n  A: {'Fn::And': [B, B]}\n  B: {'Fn::Not': C}\n  C: {'Fn::Not': A}\n"
     "Resources: {}\n", [("IF207", 3)], "A -> B -> C -> A"),
    ("condition-of-itself", "Conditions:\n  A: {'Fn::Not': A}\nResources: {}\n",
     [("IF207", 3)], "A -> A"),
    ("resource-in-condition",
     "Conditions:\n  C: {'Fn::Equals': [{Ref: A}, x]}\nResources:\n" + copy("A"),
     [("IF315", 3)], "condition 'C' mentions the resource 'A'"),
    ("attribute-in-condition",
     "Conditions:\n  C: {'Fn::Equals': [{'Fn::GetAtt': [A, ImageId]}, x]}\nResources:\n" + copy("A"),
     [("IF315", 3)], "condition 'C' mentions the resource 'A'"),
    ("sub-in-condition", "Conditions:\n  C: {'Fn::Equals': [{'Fn::Sub': x}, x]}\nResources: {}\n",
     [("IF304", 3)], "'Fn::Sub' may not stand in condition 'C'"),
    ("equals-in-property", "Resources:\n" + copy("A") + "      Encrypted: {'Fn::Equals': [a, b]}\n",
     [("IF304", 8)], "it may stand in"),
    ("sub-in-count", "Resources:\n" + copy("A", more="    Count: {'Fn::Sub': '2'}\n"),
     [("IF304", 5)], "'Count' of 'A'"),
    ("resource-in-count",
     "Resources:\n" + copy("A") + copy("B", more="    Count: {'Fn::Length': {Ref: A}}\n"),
     [("IF315", 10)], "'Count' of 'B' mentions the resource 'A'"),
    ("resource-as-policy",
     "Resources:\n" + copy("A") + copy("B", more="    DeletionPolicy: {Ref: A}\n"),
     [("IF315", 10)], "'DeletionPolicy' of 'B'"),
    ("index-in-plain-resource", "Resources:\n" + copy("A", "{Ref: 'ALIYUN::Index'}"),
     [("IF314", 7)], "the index has no value in 'A.ImageId'"),
    ("index-in-output",
     "Resources:\n" + copy("A") + "Outputs:\n  X:\n    Value: {Ref: 'ALIYUN::Index'}\n",
     [("IF314", 10)], "output 'X'"),
    ("counted-in-sub",
     "Resources:\n" + copy("A", more="    Count: 2\n") + copy("B", "{'Fn::Sub': 'm-${A}'}"),
     [("IF214", 13)], "write '${A[0]}'"),
    ("bracket-of-plain-resource", "Resources:\n" + copy("A") + copy("B", "{Ref: 'A[0]'}"),
     [("IF201", 12)], "'A' has no 'Count'"),
    ("wrong-number-of-arguments", "Resources:\n" + copy("A", "{'Fn::Join': ['-']}"),
     [("IF302", 7)], "needs a list of 2, not 1"),
    ("wrong-number-in-a-branch",
     "Conditions:\n  C: {'Fn::Equals': [a, b]}\nResources:\n"
     + copy("A", "{'Fn::If': [C, {'Fn::Join': ['-']}, m-1]}"),
     [("IF302", 9)], "needs a list of 2"),
    ("unknown-map", "Mappings:\n  Sizes: {a: {b: c}}\nResources:\n"
     + copy("A", "{'Fn::FindInMap': [Size, a, b]}"), [("IF310", 9)], "did you mean 'Sizes'?"),
    ("unknown-type", "Resources:\n  A:\n    Type: ALIYUN::ECS::CopyImages\n",
     [("IF509", 4)], "did you mean 'ALIYUN::ECS::CopyImage'?"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected", "says"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_fault(
    template_of: Reader,
    codes_of: Codes,
    catalog: Catalog,
    text: str,
    expected: list[tuple[str, int]],
    says: str,
) -> None:
    faults = validate(template_of(text), catalog)
    assert codes_of(faults) == expected
    assert says in " ".join(f"{one.message} {one.why} {one.remedy}" for one in faults)
    assert all(one.is_error for one in faults)


ACCEPTED: list[tuple[str, str]] = [
    ("plain", "Resources:\n" + copy("A")),
    ("instance", "Resources:\n" + copy("A", more="    Count: 2\n") + copy("B", "{Ref: 'A[0]'}")),
    ("instance-in-sub",
     "Resources:\n" + copy("A", more="    Count: 2\n") + copy("B", "{'Fn::Sub': '${A[1]}'}")),
    ("counted-as-a-variable-of-sub",
     "Resources:\n" + copy("A", more="    Count: 2\n")
     + copy("B", "{'Fn::Sub': ['m-${V}', {V: {Ref: A}}]}")),
    ("instance-in-depends-on",
     "Resources:\n" + copy("A", more="    Count: 2\n") + copy("B", more="    DependsOn: 'A[1]'\n")),
    ("equals-inside-if",
     "Parameters:\n  P: {Type: String}\nResources:\n"
     + copy("A", "{'Fn::If': [{'Fn::Equals': [{Ref: P}, x]}, m-1, m-2]}")),
    ("index-in-count", "Resources:\n"
     + copy("A", "{'Fn::Sub': 'm-${ALIYUN::Index}'}", more="    Count: 2\n")),
    ("folded", "Resources:\n" + copy("A", more="    Count: 2\n")
     + copy("B", "{'Fn::Select': [{Ref: 'ALIYUN::Index'}, {'Fn::GetAtt': [A, ImageId]}]}",
            more="    Count: 2\n")),
    ("policy-by-parameter",
     "Parameters:\n  P: {Type: String, Default: Retain}\nResources:\n"
     + copy("A", more="    DeletionPolicy: {Ref: P}\n")),
    ("sub-in-a-cloudformation-condition",
     "AWSTemplateFormatVersion: '2010-09-09'\nParameters: {P: {Type: String}}\n"
     "Conditions:\n  C: !Equals [!Sub '${P}-x', 'a-x']\n"
     "Resources:\n  A:\n    Type: TF::Alicloud::ImageCopy\n    Condition: C\n"
     "    Properties: {SourceImageId: m-1}\n"),
]  # fmt: skip


@pytest.mark.parametrize("text", [c[1] for c in ACCEPTED], ids=[c[0] for c in ACCEPTED])
def test_accepted(template_of: Reader, catalog: Catalog, text: str) -> None:
    assert validate(template_of(text), catalog) == ()


def test_a_long_chain_is_no_cycle_and_quick(template_of: Reader, catalog: Catalog) -> None:
    text = "Resources:\n" + copy("R0")
    text += "".join(copy(f"R{i}", f"{{Ref: R{i - 1}}}") for i in range(1, 1_000))
    assert [one for one in validate(template_of(text), catalog) if one.is_error] == []


def test_near_names_are_sought_as_long_as_it_is_worth_it(
    template_of: Reader, catalog: Catalog
) -> None:
    """Of many wrong names only the first ones are told with what was meant."""
    text = "Parameters:\n" + "".join(f"  Param{i}: {{Type: String}}\n" for i in range(200))
    text += "Resources:\n" + "".join(copy(f"R{i}", f"{{Ref: Prm{i}}}") for i in range(900))
    faults = [one for one in validate(template_of(text), catalog) if one.code == "IF201"]
    assert len(faults) == 900
    assert faults[0].remedy.startswith("did you mean 'Param")
    assert faults[-1].remedy == "declare it as a parameter or a resource"
    sought = sum(one.remedy.startswith("did you mean") for one in faults)
    assert 10 < sought < 200


@pytest.mark.parametrize(
    ("attribute", "remedy"),
    [
        ("Outputs.Id", None),
        ("Id", "write 'Outputs.Id'"),
        ("Outputs.", "write 'Outputs.Name'"),
    ],
    ids=["an-output", "no-output", "without-a-name"],
)
def test_a_nested_stack_has_its_outputs_only(
    template_of: Reader, catalog: Catalog, attribute: str, remedy: str | None
) -> None:
    text = (
        "ROSTemplateFormatVersion: '2015-09-01'\nResources:\n"
        "  Inner: {Type: ALIYUN::ROS::Stack, Properties: {TemplateURL: oss://a/b}}\n"
        f"Outputs:\n  O: {{Value: {{'Fn::GetAtt': [Inner, {attribute}]}}}}\n"
    )
    found = [one for one in validate(template_of(text), catalog) if one.code == "IF203"]
    assert [one.remedy for one in found] == ([] if remedy is None else [remedy])
