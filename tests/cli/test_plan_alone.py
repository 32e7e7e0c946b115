"""`imageferry plan` on a template alone: values, reasons, exit codes; and nothing else is touched."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from imageferry.assembly.catalogs import open_catalog
from imageferry.cli.display.graphs.graphs import FORMS, drawn
from imageferry.cli.display.graphs.sketches import sketch_of
from imageferry.cli.display.outlook import outlook_json, outlook_lines
from imageferry.control.outlook import outlook_of
from imageferry.model.diagnostics import TemplateError
from imageferry.model.outlooks import Gap
from imageferry.model.values import UNKNOWN, is_known
from tests.cli import golden
from tests.cli.outlooks import ARRIVAL, CHAIN, SECRET, copies, counted, outlook
from tests.cli.shop import Shop

ROOT = Path(__file__).parent.parent.parent
CORPUS = Path(os.environ.get("IMAGEFERRY_CORPUS", ROOT.parent / "shared" / "corpus"))


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def reasons(template: str, resource: str, name: str, region: str = "", **given: str) -> list[str]:
    """Why a property is not known, or parts of it, with their paths."""
    found = outlook(template, region, **given)
    one = next(one for one in found.resources if str(one.address) == resource)
    gaps = next(part.gaps for part in one.properties if part.name == name)
    return [f"{'.'.join(map(str, gap.path))}: {reason}" for gap in gaps for reason in gap.reasons]


REASONS = [
    ("a parameter", CHAIN, "源镜像", "ImageId", ["ImageId: parameter 'ImageId' is not given"]),
    (
        "an attribute",
        CHAIN,
        'Copy "x"[0]',
        "ImageId",
        ["ImageId: known after '源镜像' is made: GetAtt 源镜像.ImageId"],
    ),
    (
        "a part of a list",
        CHAIN,
        'Copy "x"[1]',
        "Tag",
        ["Tag.0.Value: parameter 'Environment' is not given"],
    ),
    (
        "a condition",
        CHAIN,
        "Perhaps",
        "DestinationImageName",
        [
            "DestinationImageName: condition 'Production' is not settled:"
            " parameter 'Environment' is not given"
        ],
    ),
    (
        "a stack that is not there",
        CHAIN,
        "Many",
        "DestinationImageName",
        ["DestinationImageName: 'ALIYUN::StackName' is known once there is a stack"],
    ),
    (
        "an index of an unknown count",
        CHAIN,
        "Many",
        "DestinationRegionId",
        [
            "DestinationRegionId: 'ALIYUN::Index' is known once the count is",
            "DestinationRegionId: parameter 'Regions' is not given",
        ],
    ),
    (
        "a reference and a region",
        ARRIVAL,
        "Second",
        "Description",
        [
            "Description: known after 'First' is made: Ref First",
            "Description: no region is given for 'AWS::Region'",
        ],
    ),
    (
        "a reference inside a map",
        ARRIVAL,
        "Second",
        "Tags",
        ["Tags.0.MapValue: known after 'First' is made: Ref First"],
    ),
]


@pytest.mark.parametrize(
    ("template", "resource", "name", "expected"),
    [pytest.param(*case, id=title) for title, *case in REASONS],
)
def test_what_is_not_known_says_why(
    template: str, resource: str, name: str, expected: list[str]
) -> None:
    assert reasons(template, resource, name) == expected


def test_only_the_branch_that_is_taken_is_a_reason() -> None:
    assert reasons(CHAIN, "Perhaps", "DestinationImageName", Environment="production") == []
    choice = CHAIN.replace("[Production, live,", "[Production, {Ref: ImageId},")
    found = reasons(choice, "Perhaps", "DestinationImageName", Environment="production")
    assert found == ["DestinationImageName: parameter 'ImageId' is not given"]


def test_what_is_given_is_known() -> None:
    found = outlook(
        CHAIN,
        "cn-hangzhou",
        ImageId="m-1",
        Environment="test",
        Regions="cn-beijing",
        Password="hush",
    )
    assert found.missing == ()
    assert found.conditions == {"Production": False, "Never": False}
    assert [one.logical_id for one in found.unmade] == ["Perhaps", "Gone"]
    assert [str(one.address) for one in found.resources] == [
        "源镜像", "Many[0]", 'Copy "x"[0]', 'Copy "x"[1]',
    ]  # fmt: skip
    assert [one.wave for one in found.resources] == [1, 1, 2, 2]
    assert [one.route for one in found.resources] == [
        ("cn-hangzhou", "cn-beijing"),
        ("cn-hangzhou", "cn-beijing"),
        ("cn-beijing", "cn-qingdao"),
        ("cn-beijing", "cn-shanghai"),
    ]
    assert [one.name for one in found.outputs] == ["Ids", "Secret"]


def test_an_old_word_keeps_its_reason() -> None:
    template = ARRIVAL.replace("ImageName: first", "Name: !Ref Source")
    found = outlook(template)
    name = next(one for one in found.resources[0].properties if one.name == "ImageName")
    assert name.value is UNKNOWN
    assert name.gaps == (Gap(("Name",), ("parameter 'Source' is not given",)),)


def test_a_faulty_value_is_refused_at_its_line(shop: Shop) -> None:
    template = shop.path("t.yml", ARRIVAL.replace("!Ref Source", "''"))
    found = shop.object("plan", template, code=2)["error"]
    assert found["exit_code"] == 2
    codes = [(one["code"], one["line"]) for one in found["diagnostics"]]
    assert ("IF504", 7) in codes or ("IF502", 7) in codes or any(line == 7 for _, line in codes)


def test_faults_are_those_of_validate(shop: Shop) -> None:
    template = shop.path("t.yml", CHAIN.replace("Type: String}", "Type: Strnig}"))
    planned = shop.object("plan", template, code=2)["error"]["diagnostics"]
    validated = shop.object("validate", template, code=2)["files"][0]["diagnostics"]
    seen = {(one["code"], one["line"]) for one in validated if one["severity"] == "error"}
    assert seen
    assert seen <= {(one["code"], one["line"]) for one in planned}


def test_golden_text(shop: Shop) -> None:
    template = shop.path("stack.yml", CHAIN)
    said = shop.run("plan", template, "-p", f"Password={SECRET}").output
    assert SECRET not in said
    golden.check("plan-alone.txt", said.replace(template, "stack.yml"))


def test_golden_text_with_everything_given(shop: Shop) -> None:
    template = shop.path("stack.yml", ARRIVAL)
    said = shop.run("plan", template, "-p", "Source=m-1", "--region", "cn-beijing").output
    golden.check("plan-alone-arrival.txt", said.replace(template, "stack.yml"))


def test_the_object_keeps_the_keys_of_a_plan(shop: Shop) -> None:
    template = shop.path("stack.yml", CHAIN)
    found = shop.object("plan", template, "-p", f"Password={SECRET}")
    assert found["stack_name"] is None
    assert found["parameters"]["Password"] == "****"
    assert found["missing_parameters"] == ["ImageId", "Environment", "Regions"]
    assert found["conditions"] == {"Production": None, "Never": False}
    assert found["summary"] == {
        "create": 3, "open": 1, "perhaps": 1, "not_made": 1, "unknown": 10,
    }  # fmt: skip
    for change in found["changes"]:
        assert {"logical_id", "type", "action", "replacement", "properties"} <= change.keys()
        assert change["action"] == "Create"
        for part in change["properties"]:
            assert {"path", "before", "after", "requires_replacement"} <= part.keys()
            assert part["before"] is None
    copy = found["changes"][2]
    assert copy["logical_id"] == 'Copy "x"[0]'
    assert copy["route"] == "cn-beijing -> cn-qingdao"
    assert copy["depends_on"] == [
        {"logical_id": "源镜像", "reasons": ["GetAtt ImageId", "DependsOn"]}
    ]
    tag = next(part for part in copy["properties"] if part["path"] == "Tag")
    assert tag["unknown"] == [
        {"path": "Tag[0].Value", "reasons": ["parameter 'Environment' is not given"]}
    ]
    assert SECRET not in json.dumps(found)


@pytest.mark.parametrize(
    ("template", "code"),
    [
        pytest.param(ARRIVAL, 2, id="changes are 2"),
        pytest.param("ROSTemplateFormatVersion: '2015-09-01'\nResources: {}\n", 0, id="none are 0"),
        pytest.param("ROSTemplateFormatVersion: '2015-09-01'\nResources: []\n", 1, id="faults are 1"),
    ],
)  # fmt: skip
def test_detailed_exit_codes(shop: Shop, template: str, code: int) -> None:
    shop.run("plan", shop.path("t.yml", template), "--detailed-exitcode", code=code)


def test_standard_input_and_a_file_of_parameters(shop: Shop) -> None:
    values = shop.path("values.json", '{"Source": "m-7"}')
    said = shop.run("plan", "-", "--parameters", values, text=ARRIVAL).output
    assert 'SourceImageId: "m-7"' in said


def test_many_instances_show_values_once(shop: Shop) -> None:
    template = shop.path("t.yml", counted(copies("Copy", "m-1"), number=60))
    said = shop.run("plan", template).output
    assert said.count("ImageId:") == 1
    assert "Copy[59]" in said
    assert "further instances show no values" in said


OTHERS = """\
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Network:
    Type: ALIYUN::ECS::VPC
    Properties: {Zone: {Fn::Select: ['0', {Fn::GetAZs: {Ref: 'ALIYUN::Region'}}]}}
"""


def test_types_that_are_not_installed(shop: Shop) -> None:
    template = shop.path("t.yml", OTHERS)
    shop.run("plan", template, code=2)
    found = shop.object("plan", template, "--allow-unknown-types")
    assert [one["code"] for one in found["warnings"]] == ["IF511"]
    zone = found["changes"][0]["properties"][0]
    assert zone["unknown"][0]["reasons"] == ["no region is given for 'ALIYUN::Region'"]
    given = ("--allow-unknown-types", "--region", "cn-beijing")
    zone = shop.object("plan", template, *given)["changes"][0]["properties"][0]
    assert zone["unknown"][0]["reasons"] == ["'Fn::GetAZs' is answered for a stack"]


@pytest.mark.slow
@pytest.mark.skipif(not CORPUS.is_dir(), reason="IMAGEFERRY_CORPUS names no folder")
def test_the_corpus_is_planned_and_drawn() -> None:
    paths = sorted(path for path in CORPUS.rglob("*") if path.is_file())[::6]
    catalog = open_catalog()
    planned = 0
    for path in paths:
        try:
            found = outlook_of(
                path.read_bytes(), path.name, {}, "", catalog, allow_unknown_types=True
            )
        except TemplateError:
            continue
        planned += 1
        outlook_lines(found)
        json.dumps(outlook_json(found))
        for form in FORMS:
            assert drawn(sketch_of(found, with_parameters=True), form)
        for one in found.resources:
            for part in one.properties:
                assert is_known(part.value) == (not part.gaps), (path.name, part)
                assert all(gap.reasons for gap in part.gaps), (path.name, part)
    assert planned >= len(paths) * 0.97


def test_no_home_is_made_and_no_database_is_loaded(tmp_path: Path) -> None:
    template = tmp_path / "t.yml"
    template.write_text(ARRIVAL)
    home = tmp_path / "home"
    heavy = ("sqlalchemy", "sqlite3", "aiohttp", "asyncio", "ssl", "cryptography", "rich")
    code = (
        "import sys\nfrom imageferry.cli.group import imageferry\n"
        f"try:\n    imageferry(['plan', {str(template)!r}, '--json'])\n"
        "except SystemExit as done:\n    assert not done.code, done.code\n"
        f"print([name for name in {heavy!r} if name in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, check=True, env={"IMAGEFERRY_HOME": str(home), "HOME": "/"},
    )  # fmt: skip
    assert done.stderr.endswith("[]\n")
    assert not home.exists()
