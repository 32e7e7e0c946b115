"""`imageferry drift`, `--refresh` and `--delete-snapshots`, by commands, on the embedded emulator."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.shop import ARRIVAL, REGION, SECRET, Shop

SWEEPING = ARRIVAL.replace(
    "    Properties:", "    Metadata: {imageferry: {DeleteSnapshots: true}}\n    Properties:"
)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def meddle(shop: Shop, action: str, image_id: str, parameter: str) -> None:
    """Somebody else's call about an image."""
    shop.run("emulator", "call", action, f"ImageId={image_id}", parameter)


def test_drift_from_in_sync_to_set_back(shop: Shop) -> None:
    made = shop.object(*shop.deploy())
    drift = ("drift", "-s", "golden")
    assert shop.object(*drift)["drift_status"] == "IN_SYNC"
    assert shop.run(*drift, "--quiet").stdout.splitlines()[1:] == []

    first = made["resources"][0]
    meddle(shop, "ModifyImageAttribute", first["physical_id"], "ImageName=other")
    text = shop.run(*drift, code=7).stdout
    assert "Copy[0]  MODIFIED" in text and "Copy[1]  IN_SYNC" in text
    assert 'DestinationImageName: "golden-ap-southeast-1" is "other" in the cloud' in text
    assert text.splitlines()[-2:] == [
        'stack "golden" is DRIFTED: 1 of 2 resources drifted',
        "  imageferry deploy TEMPLATE --stack golden --refresh  sets back what can be set back",
    ]
    assert "Copy[1]" not in shop.run(*drift, "--quiet", code=7).stdout

    found = shop.object(*drift, code=7)
    assert (found["drift_status"], found["drifted"], found["checked"]) == ("DRIFTED", 1, 2)
    assert found["resources"][0]["differences"] == [
        {
            "path": "DestinationImageName",
            "type": "NOT_EQUAL",
            "wanted": "golden-ap-southeast-1",
            "actual": "other",
            "is_property": True,
        }
    ]
    shown = shop.object("show", "-s", "golden")["drift"]
    assert (shown["status"], shown["drifted"]) == ("DRIFTED", 1)
    assert "DRIFTED on" in shop.run("show", "-s", "golden").stdout
    assert "DRIFTED" in shop.run("list").stdout
    assert shop.object("list")["stacks"][0]["drift"]["status"] == "DRIFTED"

    planned = shop.object(*shop.plan("--refresh"))
    assert planned["summary"]["update"] == 1
    mended = shop.object(*shop.deploy("--refresh"))
    assert mended["status"] == "UPDATE_COMPLETE"
    assert shop.object(*drift)["drift_status"] == "IN_SYNC"


def test_what_came_from_a_secret_stays_hidden(shop: Shop) -> None:
    made = shop.object(*shop.deploy())
    image_id = made["resources"][0]["physical_id"]
    meddle(shop, "ModifyImageAttribute", image_id, "Description=peeping")
    text = shop.run("drift", "-s", "golden", code=7).output
    assert '"****" is "****"' in text and "peeping" not in text and SECRET not in text


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("drift",), 2, "--stack"),
        (("drift", "-s", "nope"), 6, "IF805"),
        (("drift", "-s", "golden", "--resource", "Copi"), 2, "did you mean 'Copy'?"),
        (("drift", "-s", "golden", "--resource", "Copy[7]"), 2, "IF846"),
        (("plan", "{template}", "--refresh"), 2, "IF852"),
        (("drift", "-s", "golden", "--resource", "Copy[1]"), 0, "Copy[1]  IN_SYNC"),
    ],
    ids=["no_stack_named", "no_such_stack", "misspelt", "no_such_index", "alone", "one_instance"],
)
def test_what_drift_is_given(shop: Shop, arguments: tuple[str, ...], code: int, says: str) -> None:
    shop.run(*shop.deploy())
    template = shop.path("stack.yml", ARRIVAL)
    asked = [part.format(template=template) if "{" in part else part for part in arguments]
    assert says in shop.run(*asked, code=code).output


def test_a_stack_that_is_being_changed_is_not_compared(shop: Shop) -> None:
    shop.run(*shop.deploy("--no-wait"))
    said = shop.run("drift", "-s", "golden", code=10).output
    assert "IF845" in said and "being changed" in said
    assert shop.object("drift", "-s", "golden", code=10)["error"]["exit_code"] == 10


def snapshots(shop: Shop) -> list[str]:
    found = shop.object("emulator", "images", "--snapshots")["snapshots"]
    return [one["snapshot_id"] for one in found if "golden" not in one["snapshot_id"]]


def test_snapshots_that_stay_are_named(shop: Shop) -> None:
    made = shop.object(*shop.deploy())
    images = [one["physical_id"] for one in made["resources"]]
    gone = shop.object("delete", "-s", "golden", "--yes")
    assert sorted(one["image"] for one in gone["snapshots_left"]) == sorted(images)
    assert sorted(i for one in gone["snapshots_left"] for i in one["ids"]) == sorted(
        snapshots(shop)
    )
    shown = shop.object("show", "-s", gone["stack_id"])
    assert shown["snapshots_left"] == gone["snapshots_left"]
    assert "left in the cloud, and billed:" in shop.run("show", "-s", gone["stack_id"]).stdout


@pytest.mark.parametrize(
    ("template", "more"),
    [(ARRIVAL, ["--delete-snapshots"]), (SWEEPING, [])],
    ids=["by_the_command", "by_the_template"],
)
def test_snapshots_go_where_that_is_asked_for(shop: Shop, template: str, more: list[str]) -> None:
    shop.run(*shop.deploy("--region", "cn-beijing", template=template))
    assert len(snapshots(shop)) == 1
    gone = shop.run("delete", "-s", "golden", "--yes", *more)
    assert "is deleted" in gone.stdout and "left in the cloud" not in gone.stdout
    assert snapshots(shop) == []
    assert shop.object("list")["stacks"] == []


def test_a_replaced_image_takes_its_snapshots_with_it(shop: Shop) -> None:
    shop.run(*shop.deploy("--region", "cn-beijing", template=ARRIVAL))
    before = snapshots(shop)
    encrypted = ARRIVAL + ""
    encrypted = encrypted.replace(
        "ImageName: golden-copy", "ImageName: golden-copy\n      Encrypted: true"
    )
    done = shop.object(
        *shop.deploy("--region", "cn-beijing", "--delete-snapshots", template=encrypted)
    )
    assert (done["status"], done["snapshots_left"]) == ("UPDATE_COMPLETE", [])
    assert len(snapshots(shop)) == 1 and snapshots(shop) != before


def test_a_wrong_wish_is_told_at_its_line(shop: Shop) -> None:
    wrong = shop.path("wrong.yml", SWEEPING.replace("DeleteSnapshots", "DeleteSnapshot"))
    said = shop.run("validate", wrong, code=2).output
    assert "IF848" in said and "did you mean 'DeleteSnapshots'?" in said
    assert (
        "IF848" in shop.run("deploy", wrong, "-s", "x", "--region", REGION, "--yes", code=2).output
    )
