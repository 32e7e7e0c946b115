"""The commands that pages tell people to try are tried, and end as it says there."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.cli.shop import Shop

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "recovery.md"
PIPELINE = ROOT / "docs" / "pipeline.md"
INNER = re.compile(r"\$\(imageferry ([^()]*)\)")
SLOWLY = "20"
"""The emulator's speed where a command stops watching, so that its copies have not ended by then."""
ENDS = {
    "cancelled": ["UPDATE_IN_PROGRESS", "ROLLBACK_COMPLETE"],
    "continued": ["CREATE_ROLLBACK_FAILED", "CREATE_ROLLBACK_COMPLETE"],
    "broken off": ["CREATE_ROLLBACK_IN_PROGRESS", "CREATE_ROLLBACK_FAILED"],
}


def lines(page: Path, name: str) -> list[str]:
    """The lines of a marked block, each a whole command."""
    after = page.read_text(encoding="utf-8").split(f"<!-- try: {name} -->")[1]
    text = after.split("```")[1].replace("\\\n", " ")
    return list(filter(str.strip, text.splitlines()))


def block(name: str) -> list[tuple[Sequence[str], int]]:
    """The arguments of each command of a marked block, and the exit code that the page tells."""
    commands = []
    for line in lines(PAGE, name):
        program, *arguments = shlex.split(line, comments=True)
        assert program == "imageferry"
        told = re.search(r"# exit (\d+)", line)
        commands.append((arguments, int(told[1]) if told else 0))
    return commands


@pytest.mark.parametrize("name", ENDS)
def test_the_page_can_be_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(ROOT)
    commands = block(name)
    assert len(commands) >= 5
    seen: list[str] = []
    stack_name = ""
    for arguments, code in commands:
        is_left = "--wait-timeout" in arguments
        shop = Shop(tmp_path, speed=SLOWLY) if is_left else Shop(tmp_path)
        shop.run(*arguments, code=code)
        if "-s" in arguments:
            stack_name = arguments[arguments.index("-s") + 1]
        if stack_name and arguments[0] != "delete":
            seen.append(shop.object("show", "-s", stack_name)["status"])
    assert [status for status in dict.fromkeys(seen) if status in ENDS[name]] == ENDS[name]
    images = json.loads(Shop(tmp_path).run("emulator", "images", "--json").stdout)
    left = [one for one in images["images"] if one["source_image_id"]]
    is_deleted = commands[-1][0][0] == "delete"
    assert bool(left) is not is_deleted


def follow(shop: Shop, name: str) -> list[str]:
    """What each command of a block of the pipeline's page said; `$(imageferry …)` is run first."""
    said = []
    for line in lines(PIPELINE, name):
        line = INNER.sub(lambda inner: shop.run(*shlex.split(inner[1])).stdout.strip(), line)
        program, *arguments = shlex.split(line, comments=True)
        assert program == "imageferry"
        said.append(shop.run(*arguments).output)
    return said


def test_the_pipeline_can_be_followed_from_top_to_bottom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    shop = Shop(tmp_path, region="cn-hangzhou")

    def own(region: str) -> dict[str, str]:
        """The images of a region that are no first ones: the status of each by its name."""
        images = shop.object("emulator", "images")["images"]
        mine = [one for one in images if one["region"] == region and "golden" not in one["name"]]
        return {one["name"]: one["status"] for one in mine}

    follow(shop, "bake")
    follow(shop, "versions")
    assert list(own("cn-hangzhou")) == ["web-2026-11", "web-2026-12", "web-2027-01"]
    (found,) = follow(shop, "find")
    assert re.search(r'ImageIds: \["m-\w+", "m-\w+", "m-\w+"\]', found)
    assert re.search(r'DestinationImageName: "web-20\d\d-\d\d"', found)
    dry, _, outputs = follow(shop, "carry")
    assert "nothing was done" in dry
    assert "CurrentImageIds" in outputs
    assert "let go of on purpose" in follow(shop, "builder")[1]
    verified = follow(shop, "verify")
    assert re.search(r"(\d+) of \1 made things verified in 2 regions", verified[0])
    assert "IN_SYNC" in verified[2]
    assert '"ImageName": "shared-1"' in follow(shop, "share")[1]

    launched = follow(shop, "launch")
    current = re.search(r"cn-shanghai .*\n +(m-\w+) +web-2026-11 .* current", launched[3])
    assert current is not None
    request = ("DescribeInstances", "RegionId=cn-shanghai")
    reply = shop.object("emulator", "call", *request)
    assert [one["ImageId"] for one in reply["Instances"]["Instance"]] == [current[1]]
    retired = follow(shop, "retire")
    assert re.search(r"kept +cn-shanghai .* used by i-", retired[0])
    assert list(own("ap-southeast-1")) == ["web-2026-12", "web-2027-01"]
    assert list(own("cn-shanghai")) == ["web-2026-11", "web-2026-12", "web-2027-01"]
    assert "what was exported stays" in "".join(follow(shop, "files"))
    assert own("eu-central-1") == {}


def test_keys_are_made_listed_and_revoked_as_their_page_says(tmp_path: Path) -> None:
    create, listed, revoke, audit = lines(ROOT / "docs" / "keys.md", "keys")
    shop = Shop(tmp_path)
    said = shop.run(*shlex.split(create)[1:]).stdout
    (made,) = re.findall(r"^access key (IFAK\w{16}) of account \d+: operator", said, re.MULTILINE)
    assert re.search(rf"{made} .* nightly pipeline", shop.run(*shlex.split(listed)[1:]).stdout)
    (named,) = re.findall(r"IFAK\w{16}", revoke)
    shop.run(*shlex.split(revoke)[1:], code=1)
    assert "is revoked" in shop.run(*shlex.split(revoke.replace(named, made))[1:]).stdout
    assert "nothing was asked" in shop.run(*shlex.split(audit)[1:]).stdout


def test_the_pipeline_has_every_block_tried() -> None:
    page = PIPELINE.read_text(encoding="utf-8")
    marked = re.findall(r"<!-- try: (.*) -->", page)
    assert marked == [
        "bake", "versions", "find", "carry", "builder", "verify", "share", "launch", "retire",
        "files",
    ]  # fmt: skip
    # What is not tried is the one block that sets the home.
    assert page.count("```") == 2 * (len(marked) + 1)
