"""`adopt` and `orphans` as people and scripts give them: words, JSON and exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.shop import ARRIVAL, FAN_OUT, SECRET, Shop

REGION = "ap-southeast-1"
NAMED = ("-s", "golden", "--region", REGION)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def stranger(shop: Shop) -> tuple[str, str]:
    """A template, and an image as it wants it that another stack has let go of; the path and id."""
    arrival = shop.path("arrival.yml", ARRIVAL)
    kept = shop.path(
        "kept.yml",
        ARRIVAL.replace("    Properties:", "    DeletionPolicy: Retain\n    Properties:"),
    )
    deployed = shop.object("deploy", kept, "-s", "former", "--region", REGION, "--yes")
    shop.run("delete", "-s", "former", "--yes")
    return arrival, deployed["outputs"]["Image"]


def test_an_image_is_taken_in_and_belongs_to_the_stack(shop: Shop) -> None:
    arrival, thing = stranger(shop)
    told = shop.run("adopt", arrival, f"Golden={thing}", *NAMED, "--yes").stdout
    assert "Golden  TF::Alicloud::ImageCopy" in told
    assert thing in told
    assert "plan: 1 to adopt" in told
    assert "deleting it deletes them" in told
    assert "IF842" in shop.run("adopt", arrival, f"Golden={thing}", "-s", "two", "--region", REGION,
                               "--yes", code=1).output  # fmt: skip
    view = shop.object("show", "-s", "golden")
    assert view["outputs"] == {"Image": thing}
    assert view["resources"][0]["status"] == "CREATE_COMPLETE"
    again = shop.object("adopt", f"Golden={thing}", "-s", "golden", "--yes")
    assert again["outputs"] == {"Image": thing}
    assert "needs no change" in shop.run("deploy", arrival, *NAMED, "--yes").stdout
    shop.run("delete", "-s", "golden", "--yes")
    images = shop.object("emulator", "images")["images"]
    assert thing not in {image["image_id"] for image in images}


def test_a_map_names_many_and_json_tells_the_stack(shop: Shop) -> None:
    source = shop.path(
        "fan.yml", FAN_OUT.replace("  Copy:\n", "  Copy:\n    DeletionPolicy: Retain\n")
    )
    given = ("--region", "cn-hangzhou", "-p", f"Password={SECRET}", "--yes")
    deployed = shop.object("deploy", source, "-s", "former", *given)
    shop.run("delete", "-s", "former", "--yes")
    ids = deployed["outputs"]["Images"]
    listed = shop.path("images.yml", "".join(f"Copy[{n}]: {one}\n" for n, one in enumerate(ids)))
    result = shop.run("adopt", source, "--from", listed, "-s", "golden", *given, "--json")
    assert json.loads(result.stdout)["outputs"] == {"Images": ids}
    assert SECRET not in result.output


WRONG = {
    "nothing named": ([], 2, "IF844"),
    "two templates": (["other.yml", "Golden=m-1"], 2, "IF844"),
    "a name without an id": (["Golden="], 2, "IF844"),
    "the same twice": (["Golden=m-1", "Golden=m-2"], 2, "IF844"),
    "lineage and a name": (["--lineage", "Golden=m-1"], 2, "IF844"),
    "no such resource": (["Goldn=m-1"], 2, "IF837"),
    "no such image": (["Golden=m-1"], 1, "IF838"),
    "no lineage": (["--lineage"], 1, "IF843"),
    "a broken map": (["--from", "missing.yml"], 2, "IF801"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_wish_is_refused(shop: Shop, case: str) -> None:
    words, code, diagnostic = WRONG[case]
    arrival = shop.path("arrival.yml", ARRIVAL)
    told = shop.run("adopt", arrival, *words, *NAMED, "--yes", code=code).output
    assert diagnostic in told


def test_nobody_to_ask_and_no_such_stack(shop: Shop) -> None:
    arrival = shop.path("arrival.yml", ARRIVAL)
    assert "IF813" in shop.run("adopt", arrival, "Golden=m-1", *NAMED, code=2).output
    assert "IF805" in shop.run("adopt", "Golden=m-1", *NAMED, "--yes", code=6).output
    assert "IF813" in shop.run("orphans", "--delete", code=2).output
    assert "IF844" in shop.run("orphans", "--unrecorded", code=2).output
    assert "IF844" in shop.run("orphans", "--yes", code=2).output
    assert (
        "one of image, instance, snapshot" in shop.run("orphans", "--kind", "disk", code=2).output
    )


def test_orphans_are_listed_as_text_and_json(shop: Shop) -> None:
    assert "no orphans" in shop.run("orphans").stdout
    _, thing = stranger(shop)
    told = shop.run("orphans", "--region", REGION).stdout
    assert thing in told
    assert "let go of on purpose" in told
    assert "former" in told
    found = shop.object("orphans", "--delete", "--yes", "--region", REGION)
    [orphan] = found["orphans"]
    assert (orphan["image_id"], orphan["verdict"], orphan["deleted"]) == (thing, "let go", False)
    assert (orphan["id"], orphan["kind"]) == (thing, "image")
    assert shop.object("orphans", "--kind", "instance", "--kind", "snapshot")["orphans"] == []
    assert (orphan["region"], orphan["logical_id"]) == (REGION, "Golden")


def test_a_region_that_does_not_answer_is_told(shop: Shop) -> None:
    shop.run(
        "emulator", "fault", "add", "error", "--action", "DescribeImages", "--region", "us-west-1",
        "--set", "code=Forbidden.RAM", "--set", "status=403",
    )  # fmt: skip
    result = shop.run("orphans", "--region", "us-west-1", "--region", "cn-beijing", code=1)
    assert "IF835" in result.output
    assert "1 region" in result.output


def test_a_lost_home_is_taken_over_from_the_command_line(shop: Shop) -> None:
    arrival = shop.path("arrival.yml", ARRIVAL)
    deployed = shop.object("deploy", arrival, *NAMED, "--yes")
    for path in (shop.folder / "home").glob("imageferry.db*"):
        path.unlink()
    [other] = shop.object("orphans", "--others")["orphans"]
    assert other["verdict"] == "foreign"
    lost = other["installation"]
    assert "IF843" in shop.run("adopt", arrival, "--lineage", *NAMED, "--yes", code=1).output
    taken = shop.object("adopt", arrival, "--lineage", "--installation", lost, *NAMED, "--yes")
    assert taken["outputs"] == deployed["outputs"]
    assert "lacks nothing" in shop.run("adopt", arrival, "--lineage", *NAMED, "--yes").stdout
