"""`imageferry provider`: the project it writes, the server it starts, and what goes wrong."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from tests.cli.shop import Shop


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_a_project_is_written_and_not_written_over(shop: Shop) -> None:
    folder = shop.folder / "imagecopy"
    told = shop.object("provider", "package", "--output", str(folder))
    assert told["schema"] == "ours"
    assert all((folder / path).is_file() for path in told["files"])
    schema = folder / "tf-alicloud-imagecopy.json"
    assert "writeOnlyProperties" in json.loads(schema.read_text("utf-8"))
    again = ("provider", "package", "--output", str(folder), "--schema", "published")
    refused = shop.run(*again, code=2)
    assert "[IF991]" in refused.stderr
    assert "writeOnlyProperties" in json.loads(schema.read_text("utf-8"))
    assert "src/tf_alicloud_imagecopy/handlers.py" in shop.run(*again, "--force").stdout
    assert "writeOnlyProperties" not in json.loads(schema.read_text("utf-8"))


def test_a_project_that_cannot_be_written(shop: Shop) -> None:
    (shop.folder / "file").write_text("in the way", "utf-8")
    folder = shop.folder / "file" / "imagecopy"
    refused = shop.run("provider", "package", "--output", str(folder), code=2)
    assert "[IF992]" in refused.stderr


def test_a_port_that_is_taken(shop: Shop) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = shop.run("provider", "serve", "--region", "cn-beijing", "--port", port, code=1)
    assert "[IF990]" in refused.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("package",),
        ("package", "--output", "x", "--schema", "theirs"),
        ("package", "--output", "x", "--type", "TF::Alicloud::Nothing"),
        ("serve", "--port", "70000"),
    ],
    ids=["no folder", "no such schema", "no such type", "no such port"],
)
def test_misuse_exits_2(shop: Shop, arguments: tuple[str, ...]) -> None:
    assert shop.run("provider", *arguments, code=2).stdout == ""
