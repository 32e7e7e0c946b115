"""docs/types.md is followed: its package is written down, installed, tried and deployed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.plugins.packages import imageferry, imageferry_each, install, run

PAGE = Path(__file__).parents[2] / "docs" / "types.md"
SCRIPTING = PAGE.with_name("python.md")
FILE = re.compile(r"^### `([^`]+)`\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXAMPLE = re.compile(r"```python\n(.*?)```", re.DOTALL)
TYPE = "ACME::ECS::ImageTag"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The five files of the page."""
    folder = tmp_path_factory.mktemp("page") / "package"
    found = FILE.findall(PAGE.read_text(encoding="utf-8"))
    assert len(found) == 5, [name for name, _ in found]
    for name, text in found:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def site(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installed") / "site"
    install(package, folder)
    return folder


def test_its_tests_pass(package: Path, site: Path) -> None:
    said = run(site, package, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests")
    assert said.returncode == 0, said.stdout + said.stderr
    passed = re.search(r"(\d+) passed", said.stdout)
    assert passed is not None
    assert int(passed[1]) > 40


def test_the_type_is_listed_with_its_package(site: Path, tmp_path: Path) -> None:
    said = imageferry(site, tmp_path / "home", "types", "list", "--json")
    listed = json.loads(said.stdout)
    assert listed["broken"] == []
    (one,) = [one for one in listed["types"] if one["type"] == TYPE]
    assert one["package"] == {
        "name": "acme-images",
        "version": "1.0.0",
        "entry_point": f"{TYPE} = acme_images.image_tag:OFFER",
    }
    shown = imageferry(site, tmp_path / "home", "types", "show", TYPE)
    assert "comes with: acme-images 1.0.0" in shown.stdout + shown.stderr
    pages = tmp_path / "pages"
    written = imageferry(site, tmp_path / "home", "types", "docs", "--output", str(pages))
    assert written.returncode == 0, written.stderr
    assert "Comes with: acme-images 1.0.0." in (pages / "ACME-ECS-ImageTag.md").read_text()


def test_its_template_is_deployed_changed_looked_at_and_deleted(
    package: Path, site: Path, tmp_path: Path
) -> None:
    template, other = package / "template.yml", tmp_path / "other.yml"
    other.write_text(template.read_text().replace("'yes'", "'no'"))
    there = ("-s", "tags", "--region", "cn-hangzhou")
    said = imageferry_each(
        site,
        tmp_path / "home",
        ("validate", str(template)),
        ("deploy", str(template), *there, "--yes", "--json"),
        ("drift", "-s", "tags"),
        ("plan", str(other), *there, "--json"),
        ("deploy", str(other), *there, "--yes"),
        ("delete", "-s", "tags", "--yes"),
        ("emulator", "images", "--json"),
    )
    assert [one.code for one in said] == [0] * 7, said
    deployed = json.loads(said[1].stdout)
    assert deployed["status"] == "CREATE_COMPLETE"
    assert deployed["outputs"] == {"Image": "m-golden0000000000001"}
    (tag,) = deployed["resources"]
    assert (tag["type"], tag["physical_id"]) == (TYPE, "m-golden0000000000001/tried")
    planned = json.loads(said[3].stdout)
    assert [one["action"] for one in planned["changes"]] == ["Update"]
    assert all("tried" not in one["tags"] for one in json.loads(said[6].stdout)["images"])


def test_the_type_stands_in_both_languages_and_a_wrong_key_is_told(
    package: Path, site: Path, tmp_path: Path
) -> None:
    text = (package / "template.yml").read_text()
    other = tmp_path / "other.yml"
    other.write_text(text.replace("ROSTemplateFormatVersion: '2015-09-01'\n", ""))
    said = imageferry(site, tmp_path / "home", "validate", str(other), "--json")
    assert json.loads(said.stdout)["files"][0]["diagnostics"] == [], said.stdout
    other.write_text(text.replace("Key: tried", "Key: acs:tried"))
    said = imageferry(site, tmp_path / "home", "validate", str(other), "--json")
    assert said.returncode == 2
    (fault,) = json.loads(said.stdout)["files"][0]["diagnostics"]
    assert (fault["code"], fault["line"]) == ("ACME1", 11)


WRONG = """\
from imageferry import Done, Engine

Done(7, retriable=True)
with Engine(region="cn-hangzhou") as engine:
    print(engine.deploy(b"", stack="a").wait().regions.is_done)
"""


def test_its_types_and_those_of_scripts_are_checked_strictly(
    package: Path, site: Path, tmp_path: Path
) -> None:
    pytest.importorskip("mypy")
    wrong = tmp_path / "wrong.py"
    wrong.write_text(WRONG)
    checks = ("-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"))
    scripts = []
    for number, example in enumerate(EXAMPLE.findall(SCRIPTING.read_text(encoding="utf-8"))):
        scripts.append(tmp_path / f"script_{number}.py")
        scripts[-1].write_text(example)
    assert len(scripts) == 4
    named = "acme_images/image_tag.py", str(wrong), *map(str, scripts)
    said = run(site, package, *checks, *named)
    faults = [line for line in said.stdout.splitlines() if ": error: " in line]
    assert len(faults) == 3 and all("wrong.py" in one for one in faults), said.stdout + said.stderr
