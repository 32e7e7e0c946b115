"""`imageferry report`: one file that stands alone, or one object, of stacks on the embedded emulator."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.shop import ARRIVAL, REGION, SECRET, Shop


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    # The file goes where the command is given.
    monkeypatch.chdir(tmp_path)
    return Shop(tmp_path)


def test_a_report_from_nothing_verified_to_a_file_of_two_stacks(shop: Shop) -> None:
    shop.run(*shop.deploy())
    said = shop.run("report", "golden").stdout
    assert "the report is in golden.report.html" in said
    page = (shop.folder / "golden.report.html").read_text("utf-8")
    assert page.startswith("<!DOCTYPE html>") and page.rstrip().endswith("</html>")
    assert "Nothing of it was verified yet" in page
    for told in ("Copy[0]", "ap-southeast-1", "eu-central-1", "CREATE_COMPLETE", "****", "<svg"):
        assert told in page
    assert SECRET not in page and "<script" not in page

    shop.run("verify", "golden", "--output", "receipt.json")
    shop.run("drift", "-s", "golden")
    shop.run(*shop.deploy("--region", "us-west-1", template=ARRIVAL, name="other"))
    shop.run("report", "golden", "other", "golden", "--html")
    both = (shop.folder / "stacks.report.html").read_text("utf-8")
    assert "2 stacks" in both and both.count('<section class="stack') == 2
    assert "same: usable, size, disks" in both and "Nothing of it was verified yet" in both
    assert "in sync: 0 of 2" in both

    bare = shop.run("report", "other", "-o", "-")
    assert bare.stdout.startswith("<!DOCTYPE html>") and "cloud emulator" in bare.stderr
    assert "Stack other" in bare.stdout


def test_the_same_as_one_object(shop: Shop) -> None:
    shop.run(*shop.deploy())
    shop.run("verify", "golden", "--output", "receipt.json")
    found = shop.object("report", "golden")
    assert not (shop.folder / "golden.report.html").exists()
    (stack,) = found["stacks"]
    assert stack["counts"] == {"there": 2}
    assert {line["kind"] for line in stack["lines"]} == {"image"}
    cells = [cell for line in stack["lines"] for cell in line["cells"]]
    assert {cell["region"] for cell in cells} == {"ap-southeast-1", "eu-central-1"}
    assert {cell["status"] for cell in cells} == {"there"}
    assert [one["verdict"] for one in stack["verifications"]] == ["verified", "verified"]
    assert stack["parameters"]["Password"] == "****" and SECRET not in json.dumps(found)
    assert len(stack["spans"]) == 2 and all(one["ended_at"] for one in stack["spans"])
    assert [one["sequence"] for one in stack["events"]] == list(range(1, len(stack["events"]) + 1))
    shop.object("report", "golden", "--output", "both.html")
    assert (shop.folder / "both.html").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        pytest.param(["nobody"], 6, "[IF805]", id="no such stack"),
        pytest.param(["golden", "nobody"], 6, "[IF805]", id="one of two is none"),
        pytest.param([], 2, "Missing argument", id="no stack"),
        pytest.param(["golden", "--output", "taken"], 2, "is a directory", id="a folder"),
        pytest.param(["golden", "--output", "file/in.html"], 1, "[IF983]", id="no folder"),
        pytest.param(["golden", "--pdf"], 2, "No such option", id="no such option"),
    ],
)
def test_what_is_refused(shop: Shop, arguments: list[str], code: int, says: str) -> None:
    (shop.folder / "taken").mkdir()
    (shop.folder / "file").write_text("kept", "utf-8")
    shop.run(*shop.deploy("--region", REGION))
    assert says in shop.run("report", *arguments, code=code).stderr
    assert (shop.folder / "file").read_text("utf-8") == "kept"
    assert not list(shop.folder.glob("*.report.html"))
