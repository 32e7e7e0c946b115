"""`imageferry convert`: files in and out, the report, and every way in which it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from imageferry.cli.group import imageferry
from tests.cli.shop import ARRIVAL, FAN_OUT, SECRET


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "arrival.yml").write_text(ARRIVAL, encoding="utf-8")
    (tmp_path / "fan.yml").write_text(FAN_OUT, encoding="utf-8")
    (tmp_path / "list.yml").write_text("- a\n", encoding="utf-8")
    (tmp_path / "broken.yml").write_text("a: [\n", encoding="utf-8")
    return tmp_path


def run(*arguments: str, source: str | None = None) -> Result:
    return CliRunner(env={"NO_COLOR": "1"}).invoke(
        imageferry, ["convert", *arguments], input=source
    )


def test_the_template_goes_to_stdout_and_the_words_to_stderr(folder: Path) -> None:
    done = run("arrival.yml", "--to", "json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["Outputs"] == {
        "Image": {"Value": {"Fn::GetAtt": ["Golden", "Id"]}}
    }
    assert done.stderr == "1 template (cloudformation, json)\n"


def test_standard_input_is_read(folder: Path) -> None:
    done = run("-", "--to", "json", source=ARRIVAL)
    assert done.exit_code == 0
    assert json.loads(done.stdout)["Resources"]


def test_dash_as_output_is_stdout(folder: Path) -> None:
    done = run("arrival.yml", "--to", "json", "-o", "-")
    assert json.loads(done.stdout)["Resources"]
    assert sorted(path.name for path in folder.iterdir()) == [
        "arrival.yml", "broken.yml", "fan.yml", "list.yml",
    ]  # fmt: skip


def test_the_suffix_of_the_output_tells_the_form(folder: Path) -> None:
    done = run("arrival.yml", "-o", "arrival.json")
    assert done.exit_code == 0
    assert done.stdout == ""
    assert json.loads((folder / "arrival.json").read_text(encoding="utf-8"))["Resources"]


def test_a_file_and_back_is_the_same_text(folder: Path) -> None:
    assert run("arrival.yml", "-o", "arrival.json").exit_code == 0
    assert run("arrival.json", "-o", "again.yml", "--functions", "short").exit_code == 0
    assert run("again.yml", "-o", "again.json").exit_code == 0
    assert (folder / "again.json").read_text() == (folder / "arrival.json").read_text()
    assert "!GetAtt Golden.Id" in (folder / "again.yml").read_text()


def test_into_the_other_language(folder: Path) -> None:
    done = run("arrival.yml", "--dialect", "ros", "--region", "cn-shanghai", "-o", "copy.yml")
    assert done.exit_code == 0
    written = (folder / "copy.yml").read_text(encoding="utf-8")
    assert "ALIYUN::ECS::CopyImage" in written
    assert "DestinationRegionId: cn-shanghai" in written
    assert "warning" not in done.stderr


def test_what_comes_of_it_is_valid(folder: Path) -> None:
    assert run("arrival.yml", "--dialect", "ros", "-o", "copy.yml").exit_code == 0
    runner = CliRunner(env={"NO_COLOR": "1"})
    checked = runner.invoke(imageferry, ["validate", "copy.yml"])
    assert checked.exit_code == 0, checked.output


def test_one_file_for_each_region(folder: Path) -> None:
    done = run("fan.yml", "--dialect", "cloudformation", "--region", "cn-hangzhou", "-o", "out/")
    assert done.exit_code == 0
    assert sorted(path.name for path in (folder / "out").iterdir()) == [
        "fan.ap-southeast-1.yml",
        "fan.eu-central-1.yml",
    ]
    assert "out/fan.eu-central-1.yml: written, for a stack in eu-central-1" in done.stderr
    assert "warning: the template becomes 2 templates" in done.stderr


def test_one_file_for_each_region_that_is_given(folder: Path) -> None:
    done = run(
        "fan.yml", "--dialect", "cloudformation", "--to", "json", "-o", "out",
        "-p", 'Destinations=["us-west-1", "cn-beijing", "cn-qingdao"]',
    )  # fmt: skip
    assert done.exit_code == 0
    assert sorted(path.name for path in (folder / "out").iterdir()) == [
        "fan.cn-beijing.json",
        "fan.cn-qingdao.json",
        "fan.us-west-1.json",
    ]


def test_the_report_is_one_object(folder: Path) -> None:
    done = run("fan.yml", "--dialect", "cloudformation", "--json", "-o", "out/")
    report = json.loads(done.stdout)
    assert [one["region"] for one in report["templates"]] == ["ap-southeast-1", "eu-central-1"]
    assert [one["path"] for one in report["templates"]] == [
        "out/fan.ap-southeast-1.yml",
        "out/fan.eu-central-1.yml",
    ]
    assert (report["dialect"], report["form"]) == ("cloudformation", "yaml")
    assert {one["code"] for one in report["diagnostics"]} >= {"IF932", "IF934"}
    assert all(one["line"] for one in report["notes"])


def test_the_report_holds_what_is_written_nowhere(folder: Path) -> None:
    report = json.loads(run("fan.yml", "--dialect", "cloudformation", "--json").stdout)
    assert all("TF::Alicloud::ImageCopy" in one["text"] for one in report["templates"])


def test_a_secret_is_not_written(folder: Path) -> None:
    done = run("fan.yml", "--dialect", "cloudformation", "-o", "out/", "-p", f"Password={SECRET}")
    assert done.exit_code == 0
    texts = [path.read_text(encoding="utf-8") for path in (folder / "out").iterdir()]
    assert not any(SECRET in text for text in [*texts, done.output])


REFUSED = {
    "nothing named": ([], "Missing argument"),
    "no such file": (["none.yml", "--to", "json"], "IF801"),
    "a folder": ([".", "--to", "json"], "directory"),
    "no map": (["list.yml", "--to", "json"], "IF901"),
    "no document": (["broken.yml", "--to", "json"], "IF105"),
    "that form already": (["arrival.yml", "--to", "yaml"], "IF902"),
    "that language already": (["arrival.yml", "--dialect", "cloudformation"], "IF902"),
    "nothing asked for": (["arrival.yml"], "IF902"),
    "no such form": (["arrival.yml", "--to", "xml"], "xml"),
    "no such language": (["arrival.yml", "--dialect", "terraform"], "terraform"),
    "no such region": (["arrival.yml", "--dialect", "ros", "--region", "us-west-2"], "IF823"),
    "the output exists": (["arrival.yml", "--to", "json", "-o", "fan.yml"], "IF940"),
    "an output below a file": (["arrival.yml", "--to", "json", "-o", "fan.yml/x.json"], "IF941"),
    "several templates to stdout": (["fan.yml", "--dialect", "cloudformation"], "IF942"),
    "several templates to a file": (
        ["fan.yml", "--dialect", "cloudformation", "-o", "x.yml"], "IF942",
    ),
    "a parameter without a value": (
        ["fan.yml", "--dialect", "cloudformation", "-p", "Destinations"], "IF802",
    ),
    "a parameter that is none": (
        ["fan.yml", "--dialect", "cloudformation", "-p", "Destination=x"], "IF402",
    ),
    "a parameter of the wrong type": (
        ["fan.yml", "--dialect", "cloudformation", "-p", "Destinations={"], "Destinations",
    ),
    "standard input twice": (["-", "--dialect", "ros", "--parameters", "-"], "IF827"),
    "no regions": (
        ["fan.yml", "--dialect", "cloudformation", "-p", "Destinations=[]"], "IF930",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("arguments", "said"), REFUSED.values(), ids=REFUSED)
def test_bad_input_is_refused_and_nothing_is_written(
    folder: Path, arguments: list[str], said: str
) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    done = run(*arguments)
    assert done.exit_code == 2, done.output
    assert said in done.stderr
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_an_output_that_exists_is_written_over_by_force(folder: Path) -> None:
    done = run("arrival.yml", "--to", "json", "-o", "fan.yml", "--force")
    assert done.exit_code == 0
    assert (folder / "fan.yml").read_text(encoding="utf-8").startswith("{")


def test_a_refusal_is_one_object_under_json(folder: Path) -> None:
    done = run("arrival.yml", "--to", "yaml", "--json")
    assert done.exit_code == 2
    assert json.loads(done.stdout)["error"]["diagnostics"][0]["code"] == "IF902"


def test_one_region_that_exists_stops_all(folder: Path) -> None:
    (folder / "out").mkdir()
    (folder / "out" / "fan.eu-central-1.yml").write_text("mine", encoding="utf-8")
    done = run("fan.yml", "--dialect", "cloudformation", "-o", "out")
    assert done.exit_code == 2
    assert [path.name for path in (folder / "out").iterdir()] == ["fan.eu-central-1.yml"]


def test_a_file_is_not_called_by_the_language_that_it_was(folder: Path) -> None:
    (folder / "fan.ros.yml").write_bytes((folder / "fan.yml").read_bytes())
    done = run(
        "fan.ros.yml", "--dialect", "cloudformation", "--region", "cn-hangzhou", "-o", "out/"
    )
    assert "out/fan.eu-central-1.yml: written" in done.stderr
