"""Schemas for editors, held by a JSON Schema validator: what is valid passes, what is not is found."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError

from imageferry.assembly.catalogs import open_catalog
from imageferry.cli.types import all_schemas
from imageferry.control.editors.functions import custom_tags
from imageferry.control.editors.schemas import DRAFT, template_schema
from imageferry.control.examination import examine
from imageferry.dialects.recognition import DIALECTS
from imageferry.dialects.syntax.nodes import Unreadable
from tests.control.editing import as_seen, dialect_of, in_long_form, parsed

ROOT = Path(__file__).parent.parent.parent
CORPUS = Path(os.environ.get("IMAGEFERRY_CORPUS", ROOT.parent / "shared" / "corpus"))
CATALOG = open_catalog()
TYPES = all_schemas(CATALOG)


def validator(*, short_tags: bool = True, unknown_types: bool = False) -> Draft7Validator:
    return Draft7Validator(
        template_schema(DIALECTS, TYPES, short_tags=short_tags, unknown_types=unknown_types)
    )


def deepest(error: ValidationError) -> ValidationError:
    """Of the alternatives that fail, the one that got furthest: what an editor shows."""
    while error.context:
        error = max(error.context, key=lambda inner: len(inner.absolute_path))
    return error


def places(found: Sequence[ValidationError]) -> list[str]:
    return ["/".join(map(str, deepest(error).absolute_path)) for error in found]


@pytest.mark.parametrize("short_tags", [True, False], ids=["short", "long"])
@pytest.mark.parametrize("unknown_types", [True, False], ids=["open", "closed"])
@pytest.mark.parametrize(
    "dialects",
    [pytest.param(DIALECTS, id="both"), *(pytest.param((one,), id=one.name) for one in DIALECTS)],
)
def test_the_meta_schema_accepts_it(dialects: Any, unknown_types: bool, short_tags: bool) -> None:
    schema = template_schema(dialects, TYPES, short_tags=short_tags, unknown_types=unknown_types)
    assert schema["$schema"] == DRAFT
    Draft7Validator.check_schema(schema)
    text = json.dumps(schema)
    referred = set(re.findall(r'"#/definitions/([^"]+)"', text))
    definitions = schema["definitions"]
    assert isinstance(definitions, dict)
    assert referred <= definitions.keys()


VALID = sorted([*ROOT.glob("examples/*.yml"), *ROOT.glob("examples/*.json")]) + sorted(
    path
    for path in (ROOT / "tests" / "templates" / "good").iterdir()
    # It reads well, and a copy without properties is no valid one.
    if path.name != "cloudformation-without-version.yaml"
)


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.name)
def test_valid_templates_pass(path: Path) -> None:
    node = parsed(path.read_bytes(), path.name)
    needs_more = path.name.endswith(("everything.yaml", "everything.json"))
    short = validator(unknown_types=needs_more)
    assert places(list(short.iter_errors(as_seen(node)))) == []
    long = validator(short_tags=False, unknown_types=needs_more)
    assert places(list(long.iter_errors(in_long_form(node, dialect_of(path, node))))) == []


ROS = "ROSTemplateFormatVersion: '2015-09-01'\n"
COPY = ROS + "Resources:\n  Copy:\n    Type: ALIYUN::ECS::CopyImage\n    Properties:\n"
WHOLE = COPY + "      ImageId: m-1\n      DestinationRegionId: cn-beijing\n"
ARRIVAL = (
    "AWSTemplateFormatVersion: '2010-09-09'\nResources:\n  Copy:\n"
    "    Type: TF::Alicloud::ImageCopy\n    Properties:\n"
    "      SourceImageId: m-1\n      SourceRegionId: cn-beijing\n"
)

BAD = [
    ("unknown section", ROS + "Resorces: {}\n", [""]),
    ("wrong version", ROS.replace("2015", "2016") + "Resources: {}\n", ["ROSTemplateFormatVersion"]),
    ("no resources", "AWSTemplateFormatVersion: '2010-09-09'\n", [""]),
    ("unknown type", ROS + "Resources: {A: {Type: 'ALIYUN::ECS::CopyImag'}}\n", ["Resources/A/Type"]),
    ("type of the other language", WHOLE.replace("ALIYUN::ECS::CopyImage", "TF::Alicloud::ImageCopy"), ["Resources/Copy/Type"]),
    ("no type", ROS + "Resources: {A: {Properties: {}}}\n", ["Resources/A"]),
    ("no properties", ROS + "Resources: {A: {Type: 'ALIYUN::ECS::CopyImage'}}\n", ["Resources/A"]),
    ("required property", COPY + "      ImageId: m-1\n", ["Resources/Copy/Properties"]),
    ("unknown property", WHOLE + "      Encypted: true\n", ["Resources/Copy/Properties"]),
    ("map where text is", WHOLE + "      KMSKeyId: {a: b}\n", ["Resources/Copy/Properties/KMSKeyId"]),
    ("no such function", WHOLE + "      KMSKeyId: {'Fn::Jion': ['', []]}\n", ["Resources/Copy/Properties/KMSKeyId"]),
    ("two functions", WHOLE + "      KMSKeyId: {Ref: A, 'Fn::Str': b}\n", ["Resources/Copy/Properties/KMSKeyId"]),
    ("arguments of If", WHOLE + "      KMSKeyId: {'Fn::If': [A, b]}\n", ["Resources/Copy/Properties/KMSKeyId/Fn::If"]),
    ("arguments of GetAtt", WHOLE + "      KMSKeyId: {'Fn::GetAtt': [A]}\n", ["Resources/Copy/Properties/KMSKeyId/Fn::GetAtt"]),
    ("member of a list", WHOLE + "      Tag: [{Key: a, Valeu: b}]\n", ["Resources/Copy/Properties/Tag/0"]),
    ("negative count", WHOLE.replace("    Properties", "    Count: -1\n    Properties"), ["Resources/Copy/Count"]),
    ("parameter without a type", "Parameters: {A: {Default: 1}}\n" + WHOLE, ["Parameters/A"]),
    ("unknown parameter type", "Parameters: {A: {Type: Strnig}}\n" + WHOLE, ["Parameters/A/Type"]),
    ("output without a value", WHOLE + "Outputs: {A: {Description: a}}\n", ["Outputs/A"]),
    ("stray attribute", ARRIVAL + "    Count: 2\n", ["Resources/Copy"]),
    ("stray parameter field", "Parameters: {A: {Type: String, Label: a}}\n" + ARRIVAL, ["Parameters/A"]),
    ("name of a resource", ARRIVAL.replace("  Copy", "  a-copy"), ["Resources"]),
    ("null", ARRIVAL + "      Description:\n", ["Resources/Copy/Properties/Description"]),
    ("policy", ARRIVAL + "    DeletionPolicy: {a: b}\n", ["Resources/Copy/DeletionPolicy"]),
]  # fmt: skip

# These are seen only where no short tag can stand behind a bare argument.
STRICT = [
    ("boolean", WHOLE + "      Encrypted: perhaps\n", ["Resources/Copy/Properties/Encrypted"]),
    ("list where text is", WHOLE + "      KMSKeyId: [a]\n", ["Resources/Copy/Properties/KMSKeyId"]),
    ("pattern", WHOLE + "      DestinationImageName: '1st'\n", ["Resources/Copy/Properties/DestinationImageName"]),
    ("too short", WHOLE + "      DestinationDescription: a\n", ["Resources/Copy/Properties/DestinationDescription"]),
    ("policy", ARRIVAL + "    DeletionPolicy: Keep\n", ["Resources/Copy/DeletionPolicy"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("template", "expected"), [pytest.param(t, p, id=title) for title, t, p in BAD]
)
@pytest.mark.parametrize("short_tags", [True, False], ids=["short", "long"])
def test_faults_are_found_at_their_place(
    template: str, expected: list[str], short_tags: bool
) -> None:
    found = list(validator(short_tags=short_tags).iter_errors(yaml.safe_load(template)))
    assert sorted(set(places(found))) == expected


@pytest.mark.parametrize(
    ("template", "expected"), [pytest.param(t, p, id=title) for title, t, p in STRICT]
)
def test_values_are_checked_where_functions_are_written_out(
    template: str, expected: list[str]
) -> None:
    content = yaml.safe_load(template)
    assert places(list(validator(short_tags=False).iter_errors(content))) == expected
    assert validator().is_valid(content)


GOOD = [
    ("numbers for text", WHOLE + "      KMSKeyId: 12\n"),
    ("text for a boolean", WHOLE + "      Encrypted: 'True'\n"),
    ("empty is unset", WHOLE + "      DestinationImageName: ''\n"),
    ("null is unset", WHOLE + "      DestinationImageName:\n"),
    ("function for a list", WHOLE + "      Tag: {Ref: Tags}\n"),
    ("function for a member", WHOLE + "      Tag: [{Key: {Ref: A}, Value: {'Fn::Sub': '${A}'}}]\n"),
    ("function for a boolean", WHOLE + "      Encrypted: {'Fn::If': [A, true, {Ref: 'ALIYUN::NoValue'}]}\n"),
    ("computed argument", WHOLE + "      KMSKeyId: {'Fn::Join': ['', {'Fn::Split': [',', {Ref: A}]}]}\n"),
    ("count", WHOLE.replace("    Properties", "    Count: {'Fn::Length': {Ref: A}}\n    Properties")),
    ("a policy by parameter", WHOLE + "    DeletionPolicy: {Ref: A}\n"),
    ("an old word", ARRIVAL + "      Name: golden\n"),
    ("an alias of a type", ARRIVAL.replace("ImageCopy", "CopyImage")),
    ("a dotted attribute", ARRIVAL + "      Description: {'Fn::GetAtt': Copy.Id}\n"),
    ("localised text", "Description: {en: a, zh-cn: b}\n" + WHOLE),
    ("a loop", ARRIVAL + "  'Fn::ForEach::All': [Name, [a, b], {'Copy${Name}': {Type: T}}]\n"),
]  # fmt: skip


@pytest.mark.parametrize("template", [pytest.param(t, id=title) for title, t in GOOD])
def test_what_the_language_takes_passes(template: str) -> None:
    for short_tags in (True, False):
        found = validator(short_tags=short_tags).iter_errors(yaml.safe_load(template))
        assert places(list(found)) == []


def test_conditions_behind_a_short_tag_pass() -> None:
    # `!And [{Condition: A}, !Not [{Condition: B}]]`, as an editor sees it.
    content = yaml.safe_load(ARRIVAL + "Conditions: {Both: [{Condition: A}, [{Condition: B}]]}\n")
    assert validator().is_valid(content)
    assert not validator(short_tags=False).is_valid(content)


def test_unknown_types_pass_where_that_is_wanted() -> None:
    content = yaml.safe_load(ROS + "Resources: {A: {Type: 'ALIYUN::VPC::EIP', Properties: {B: 1}}}")
    assert validator(unknown_types=True).is_valid(content)
    wrong = {"Ref": "A", "Fn::Str": "b"}
    content["Resources"]["A"]["Properties"]["B"] = {"Fn::Nothing": 1}
    assert not validator(unknown_types=True).is_valid(content)
    content["Resources"]["A"]["Properties"]["B"] = wrong
    assert validator(unknown_types=True).is_valid(content)


def test_descriptions_are_there_for_those_who_hover() -> None:
    definitions: Any = validator().schema["definitions"]
    for schema in TYPES:
        names = {f"{dialect}.Type: {schema.type_name}" for dialect in schema.dialects}
        for name in names:
            found = definitions[name]
            assert schema.summary in found["description"]
            for key, one in schema.properties.items():
                assert one.description in found["properties"][key]["description"]


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda one: one.name)
def test_custom_tags_name_every_short_tag(dialect: Any) -> None:
    tags = custom_tags(dialect)
    assert {str(tag).split()[0] for tag in tags} == set(dialect.tags)
    assert {str(tag).split()[1] for tag in tags} <= {"scalar", "sequence", "mapping"}
    assert len(set(tags)) == len(tags)


# What their owner would not take either.
REFUSED = {
    "compute-nest-best-practice__best_practice_parameters.yml": "'ConstraintDescription' stands among the parameters",
    "CloudFormation__StackSets__common-resources.json": "the type of a resource is a module of another tool",
    "RainModules__bucket.yml": "a module of another tool, with parameter types of its own",
    "Solutions__Gitea__Gitea.json": "the type of a resource is a module of another tool",
    "Solutions__VSCode__VSCodeServer.json": "the type of a resource is a module of another tool",
}


@pytest.mark.slow
@pytest.mark.skipif(not CORPUS.is_dir(), reason="IMAGEFERRY_CORPUS names no folder")
@pytest.mark.parametrize("folder", ["ros", "cfn"])
def test_the_corpus_passes(folder: str) -> None:
    short, long = validator(unknown_types=True), validator(unknown_types=True, short_tags=False)
    failing: set[str] = set()
    for path in sorted((CORPUS / folder).iterdir()):
        try:
            node = parsed(path.read_bytes(), path.name)
        except Unreadable:
            failing.add(path.name)
            continue
        seen, written = as_seen(node), in_long_form(node, dialect_of(path, node))
        # What has no short tag is held by the stricter schema.
        fits = long.is_valid(written) if seen == written else short.is_valid(seen)
        if not fits:
            failing.add(path.name)
    assert sorted(failing - REFUSED.keys()) == []
    assert failing == {name for name in REFUSED if (CORPUS / folder / name).exists()}


def test_what_the_schema_finds_validate_finds_too() -> None:
    for _, template, _ in [*BAD, *STRICT]:
        found = examine(template.encode(), "t.yml", CATALOG)
        assert found.diagnostics, template
