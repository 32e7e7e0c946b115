"""Packages of types in the catalogue: found, used, and told where they cannot be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.plugins.packages import HERE, declare, imageferry, imageferry_each, install, run

BERTH = "HARBOUR::Yard::Berth"
TEMPLATE = """
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Here:
    Type: HARBOUR::Yard::Berth
    Properties: {Metres: 12, Gate: '4711'}
Outputs:
  Number: {Value: !GetAtt Here.Number}
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package of berths, and with packages that cannot be used."""
    folder = tmp_path_factory.mktemp("installed") / "site"
    install(HERE / "berths", folder)
    value = "harbour_types.berths:OFFER"
    declare(folder, "broken-import", {"ACME::A::Missing": "no_such_module:OFFER"})
    declare(folder, "broken-name", {"ACME::A::Nameless": "harbour_types.berths:NOTHING"})
    declare(
        folder, "no-offer", {"ACME::A::Wrong": "wrong_offer:OFFER"}, wrong_offer="OFFER = {'a': 1}"
    )
    schema = (
        "from imageferry import TypeOffer\nfrom pathlib import Path\n"
        "OFFER = TypeOffer(Path(__file__).with_name('no.schema.json'), dict)\n"
    )
    declare(folder, "no-schema", {"ACME::A::Schemaless": "no_schema:OFFER"}, no_schema=schema)
    declare(folder, "taken", {"ALIYUN::ECS::CopyImage": value})
    declare(folder, "twice-one", {"ACME::A::Twice": value})
    declare(folder, "twice-two", {"ACME::A::Twice": value})
    declare(folder, "renamed", {"ACME::A::Renamed": value})
    return folder


FAULTS = {
    "ACME::A::Missing": ("IF950", "broken-import 1.0", "ModuleNotFoundError"),
    "ACME::A::Nameless": ("IF950", "broken-name 1.0", "AttributeError"),
    "ACME::A::Renamed": ("IF955", "renamed 1.0", "HARBOUR::Yard::Berth"),
    "ACME::A::Schemaless": ("IF952", "no-schema 1.0", "FileNotFoundError"),
    "ACME::A::Twice": ("IF954", "twice-one 1.0", "twice-two 1.0"),
    "ACME::A::Wrong": ("IF951", "no-offer 1.0", "dict"),
    "ALIYUN::ECS::CopyImage": ("IF953", "taken 1.0", "built in"),
}


def test_what_cannot_be_used_is_listed_with_its_package_and_entry_point(
    site: Path, tmp_path: Path
) -> None:
    said = imageferry(site, tmp_path / "home", "types", "list", "--json", HARBOUR_FILE="x")
    assert said.returncode == 0, said.stderr
    listed = json.loads(said.stdout)
    assert {one["type"]: one["code"] for one in listed["broken"]} == {
        name: fault[0] for name, fault in FAULTS.items()
    }
    for one in listed["broken"]:
        _, package, word = FAULTS[one["type"]]
        told = f"{one['message']} {one['why']}"
        assert package in told and word in told, one
        assert one["package"]["entry_point"].startswith(f"{one['type']} = ")
        assert one["package"]["entry_point"] in told
        assert one["remedy"]
    names = [one["type"] for one in listed["types"]]
    assert BERTH in names
    assert names.count("ALIYUN::ECS::CopyImage") == 1
    assert "HARBOUR::Yard::Mooring" not in names
    words = imageferry(site, tmp_path / "home", "types", "list", HARBOUR_FILE="x")
    assert "broken: IF953" in words.stdout
    assert "[IF953]" in words.stderr


def test_a_template_is_told_at_its_line(site: Path, tmp_path: Path) -> None:
    names = [name for name in FAULTS if name.startswith("ACME")]
    commands: list[tuple[str, ...]] = []
    for number, name in enumerate(names):
        template = tmp_path / f"{number}.yml"
        template.write_text(TEMPLATE.replace(BERTH, name))
        commands += [("validate", str(template), "--json"), ("types", "show", name)]
    said = imageferry_each(site, tmp_path / "home", *commands, HARBOUR_FILE="x")
    for name, validated, shown in zip(names, said[::2], said[1::2], strict=True):
        assert validated.code == 2, validated
        faults = json.loads(validated.stdout)["files"][0]["diagnostics"]
        (one,) = [one for one in faults if one["code"] == FAULTS[name][0]]
        assert (one["line"], one["column"]) == (5, 11)
        assert FAULTS[name][1] in one["message"] + one["why"]
        assert shown.code == 1, shown
        assert FAULTS[name][0] in shown.stderr


def test_a_type_of_another_service_is_deployed_updated_and_deleted(
    site: Path, tmp_path: Path
) -> None:
    home, yard = tmp_path / "home", tmp_path / "yard.json"
    template = tmp_path / "t.yml"
    template.write_text(TEMPLATE)

    def given(*words: str, code: int = 0, variable: str = str(yard)) -> str:
        said = imageferry(site, home, *words, HARBOUR_FILE=variable)
        assert said.returncode == code, said.stdout + said.stderr
        return said.stdout

    deploy = ("deploy", str(template), "-s", "yard", "--region", "cn-hangzhou", "--yes", "--json")
    assert json.loads(given(*deploy))["outputs"] == {"Number": "b-1"}
    template.write_text(TEMPLATE.replace("12", "20").replace("Berth", "Mooring"))
    assert json.loads(given(*deploy))["status"] == "UPDATE_COMPLETE"
    assert json.loads(yard.read_text())["b-1"]["metres"] == 20
    berths = json.loads(yard.read_text())
    yard.write_text(json.dumps({"b-1": {**berths["b-1"], "metres": 9}}))
    assert "MODIFIED" in given("drift", "-s", "yard", "--json", code=7)
    # Without the package the resource stays in the record, and nothing of it is touched.
    bare = imageferry(tmp_path / "bare", home, "delete", "-s", "yard", "--yes")
    assert bare.returncode == 1
    assert "is not installed here: install the package that it came with" in bare.stderr
    assert not json.loads(yard.read_text())["b-1"]["is_free"]
    given("delete", "-s", "yard", "--yes")
    assert json.loads(yard.read_text())["b-1"]["is_free"]


def test_a_type_that_cannot_be_connected_is_told_and_others_go_on(
    site: Path, tmp_path: Path
) -> None:
    template, other = tmp_path / "t.yml", tmp_path / "other.yml"
    template.write_text(TEMPLATE)
    other.write_text(
        "ROSTemplateFormatVersion: '2015-09-01'\nResources:\n  A:\n"
        "    Type: ALIYUN::ECS::CopyImage\n    Properties:\n"
        "      {ImageId: m-golden0000000000001, DestinationRegionId: cn-beijing}\n"
    )
    place = ("--region", "cn-hangzhou", "--yes", "--json")
    refused, made = imageferry_each(
        site,
        tmp_path / "home",
        ("deploy", str(template), "-s", "yard", *place),
        ("deploy", str(other), "-s", "copy", *place),
    )
    assert refused.code == 2, refused
    (fault,) = json.loads(refused.stdout)["error"]["diagnostics"]
    assert (fault["code"], fault["line"]) == ("IF956", 5)
    assert "KeyError: 'HARBOUR_FILE'" in fault["why"]
    assert made.code == 0, made


def test_nobody_looks_for_packages_who_uses_built_in_types_alone(
    site: Path, tmp_path: Path
) -> None:
    template = tmp_path / "t.yml"
    template.write_text(
        "ROSTemplateFormatVersion: '2015-09-01'\nResources:\n  A:\n"
        "    Type: ALIYUN::ECS::CopyImage\n"
        "    Properties: {ImageId: m-1, DestinationRegionId: cn-beijing}\n"
    )
    code = (
        "import sys\nfrom imageferry.cli.main import main\n"
        f"sys.argv = ['imageferry', 'validate', {str(template)!r}]\n"
        "try:\n    main()\nexcept SystemExit as end:\n    code = end.code\n"
        "print(code, sorted({'importlib.metadata', 'harbour_types'} & set(sys.modules)))\n"
    )
    said = run(site, tmp_path, "-c", code)
    assert said.stdout.splitlines()[-1] == "0 []", said.stdout + said.stderr


def test_what_a_package_adopts_and_verifies(site: Path, tmp_path: Path) -> None:
    yard, template = tmp_path / "yard.json", tmp_path / "t.yml"
    template.write_text(TEMPLATE)
    yard.write_text(
        json.dumps(
            {
                "b-7": {
                    "token": "", "label": "", "is_free": False,
                    "metres": 12, "quay": None, "gate": "4711",
                }
            }
        )
    )  # fmt: skip
    place = ("-s", "yard", "--region", "cn-hangzhou", "--yes", "--json")
    adopted, verified, gone = imageferry_each(
        site,
        tmp_path / "home",
        ("adopt", str(template), *place, "Here=b-7"),
        ("verify", "-s", "yard", "--json"),
        ("delete", "-s", "yard", "--yes", "--json"),
        HARBOUR_FILE=str(yard),
    )
    assert adopted.code == 0, adopted
    assert json.loads(adopted.stdout)["outputs"] == {"Number": "b-7"}
    assert list(json.loads(yard.read_text())) == ["b-7"]
    assert verified.code == 0, verified
    (told,) = json.loads(verified.stdout)["resources"]
    assert '"12 m"' in json.dumps(told), told
    assert gone.code == 0, gone
