"""`imageferry verify`: receipts, and what they tell, by commands on the embedded emulator."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.shop import ARRIVAL, REGION, SECRET, Shop


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def receipt_file(shop: Shop) -> Path:
    return shop.folder / "receipts" / "golden.json"


def test_a_receipt_from_verified_to_altered(shop: Shop) -> None:
    shop.run(*shop.deploy())
    file = receipt_file(shop)
    text = shop.run("verify", "golden", "--output", str(file)).stdout
    assert "Copy[0]  verified" in text and "same: usable, size, disks" in text
    assert 'stack "golden": 2 of 2 made things verified in 2 regions' in text
    receipt = json.loads(file.read_text("utf-8"))
    assert (receipt["verdict"], receipt["stack_name"]) == ("verified", "golden")
    first = receipt["resources"][0]
    assert (first["logical_id"], first["source_image_id"]) == ("Copy[0]", "m-golden0000000000001")
    assert {one["what"]: one["equal"] for one in first["comparisons"]}["size"] is True

    checked = shop.run("verify", "--check", str(file)).stdout
    assert "unaltered, signed by this home" in checked
    away = Shop(shop.folder / "away")
    assert "signed by another home" in away.run("verify", "--check", str(file)).stdout

    for alter in (_another_verdict, _another_signer, _no_signature):
        file.write_text(json.dumps(alter(json.loads(json.dumps(receipt)))), "utf-8")
        assert "[IF977]" in shop.run("verify", "--check", str(file), code=1).stderr
    # Blanks and order are not what is signed.
    file.write_text(json.dumps(dict(reversed(receipt.items())), indent=7), "utf-8")
    shop.run("verify", "--check", str(file))


def test_a_receipt_that_cannot_be_written(shop: Shop) -> None:
    shop.run(*shop.deploy())
    (shop.folder / "file").write_text("kept", "utf-8")
    place = str(shop.folder / "file" / "golden.json")
    assert "[IF975]" in shop.run("verify", "golden", "-o", place, code=1).stderr


def _another_verdict(receipt: dict[str, Any]) -> dict[str, Any]:
    receipt["resources"][1]["comparisons"][0]["actual"] = "false"
    return receipt


def _another_signer(receipt: dict[str, Any]) -> dict[str, Any]:
    receipt["signature"]["public_key"] = "A" * 43 + "="
    return receipt


def _no_signature(receipt: dict[str, Any]) -> dict[str, Any]:
    del receipt["signature"]
    return receipt


def test_a_difference_a_missing_image_and_no_secret_in_either(shop: Shop) -> None:
    made = shop.object(*shop.deploy())
    first, second = (one["physical_id"] for one in made["resources"])
    shop.run("emulator", "call", "ModifyImageAttribute", f"ImageId={first}", "Status=Deprecated")
    shop.run("emulator", "call", "DeleteImage", f"ImageId={second}")
    text = shop.run("verify", "golden", "-o", str(receipt_file(shop)), code=7).stdout
    assert "status is Deprecated, and should be Available" in text
    assert "Copy[1]  missing" in text
    found = shop.object("verify", "golden", code=7)
    assert found["verdict"] == "differs"
    assert [one["verdict"] for one in found["resources"]] == ["differs", "missing"]
    assert SECRET not in json.dumps(found)
    only = shop.object("verify", "-s", "golden", "--resource", "Copy[1]", code=7)
    assert [one["logical_id"] for one in only["resources"]] == ["Copy[1]"]


def test_a_copy_that_was_spoilt_on_its_way_fails_its_stack(shop: Shop) -> None:
    shop.run("emulator", "fault", "add", "altered", "--set", "size=20")
    (shop.folder / "arrival.yml").write_text(ARRIVAL, "utf-8")
    said = shop.run(
        "deploy", str(shop.folder / "arrival.yml"), "-s", "arrival", "--yes",
        "--region", "ap-southeast-1", code=1,
    )  # fmt: skip
    assert "size is 20 GiB, and 40 GiB in the source" in said.stdout + said.stderr
    # Tried again, what was spoilt goes and a good copy comes.
    shop.run("retry", "-s", "arrival", "--yes")
    assert shop.object("verify", "arrival")["verdict"] == "verified"
    images = shop.object("emulator", "images", "--region", "ap-southeast-1")["images"]
    assert [one["name"] for one in images].count("golden-copy") == 1


@pytest.mark.parametrize(
    ("words", "code", "fault"),
    [
        ((), 2, "IF978"),
        (("golden", "--check", "x.json"), 2, "IF978"),
        (("golden", "-s", "other"), 2, "IF978"),
        (("nothing",), 6, "IF"),
        (("golden", "--resource", "Copi"), 2, "IF846"),
        (("golden", "--output", "/proc/nowhere/receipt.json"), 1, "IF975"),
        (("--check", "nothing.json"), 2, "IF976"),
        (("--check", __file__), 2, "IF976"),
    ],
    ids=["nothing", "both", "two stacks", "no stack", "no resource", "no folder", "no file",
         "no receipt"],
)  # fmt: skip
def test_bad_input(shop: Shop, words: tuple[str, ...], code: int, fault: str) -> None:
    shop.run(*shop.deploy())
    assert f"[{fault}" in shop.run("verify", *words, code=code).stderr


def test_regions_are_asked_where_the_stack_is(shop: Shop) -> None:
    shop.run(*shop.deploy())
    assert shop.object("verify", "golden")["region"] == REGION
