"""Homes that earlier versions have written: read, upgraded, and their open operations finished."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.shop import Shop

HOMES = Path(__file__).parents[1] / "golden" / "homes"
"""By version of the tables. Each was written by that version's own code: the stack "ended" was
deployed; the one that deployed "begun" was killed while the reply to a CopyImage was under way."""


@pytest.fixture(params=sorted(path.name for path in HOMES.iterdir()))
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Shop:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    for dump in (HOMES / request.param).glob("*.sql"):
        with closing(sqlite3.connect(home / f"{dump.stem}.db")) as connection:
            connection.executescript(dump.read_text(encoding="utf-8"))
    return Shop(tmp_path)


def template_of(shop: Shop) -> str:
    return shop.path("fan.yml", (HOMES / "version-1" / "fan.yml").read_text(encoding="utf-8"))


def test_what_was_recorded_is_read_and_the_tables_are_upgraded(shop: Shop) -> None:
    looked = shop.object("home", "upgrade", "--check", code=1)
    assert 0 < looked["found"] < looked["known"]
    shown = shop.object("show", "-s", "ended")
    assert shown["status"] == "CREATE_COMPLETE"
    assert list(shown["outputs"]) == ["Ids"]
    assert len(shop.object("events", "-s", "ended")["events"]) == 4
    assert shop.object("home", "upgrade", "--check")["is_current"]
    shop.run("delete", "-s", "ended", "--yes")
    assert shop.object("list")["stacks"][0]["stack_name"] == "begun"


def test_an_operation_that_older_code_began_is_finished_with_one_copy_an_intent(
    shop: Shop,
) -> None:
    before = shop.object("show", "-s", "begun")
    known = {one["physical_id"] for one in before["resources"]}
    assert None in known
    deploy = ("deploy", template_of(shop), "-s", "begun", "--region", "cn-hangzhou", "--yes")
    finished = shop.object(*deploy)
    assert finished["status"] == "CREATE_COMPLETE"
    assert known - {None} <= set(finished["outputs"]["Ids"])
    copies = [
        image
        for image in shop.object("emulator", "images")["images"]
        if image["source_image_id"] and image["region"] != "us-west-1"
    ]
    assert Counter(image["region"] for image in copies) == {
        "ap-southeast-1": 1, "eu-central-1": 1, "cn-shanghai": 1,
    }  # fmt: skip
    assert {image["image_id"] for image in copies} == set(finished["outputs"]["Ids"])
    numbers = [event["sequence"] for event in shop.object("events", "-s", "begun")["events"]]
    assert numbers == list(range(1, len(numbers) + 1))


def test_an_operation_that_older_code_began_can_be_turned_back(shop: Shop) -> None:
    shop.run("cancel", "-s", "begun")
    images = shop.object("emulator", "images")["images"]
    assert {image["region"] for image in images if image["source_image_id"]} == {"us-west-1"}
    assert json.dumps(shop.object("show", "-s", "begun")["resources"]) == "[]"
