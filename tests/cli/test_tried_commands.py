"""The commands that docs/recovery.md tells people to try are tried, and end as it says."""

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
SLOWLY = "20"
"""The emulator's speed where a command stops watching, so that its copies have not ended by then."""
ENDS = {
    "cancelled": ["UPDATE_IN_PROGRESS", "ROLLBACK_COMPLETE"],
    "continued": ["CREATE_ROLLBACK_FAILED", "CREATE_ROLLBACK_COMPLETE"],
    "broken off": ["CREATE_ROLLBACK_IN_PROGRESS", "CREATE_ROLLBACK_FAILED"],
}


def block(name: str) -> list[tuple[Sequence[str], int]]:
    """The arguments of each command of a marked block, and the exit code that the page tells."""
    after = PAGE.read_text(encoding="utf-8").split(f"<!-- try: {name} -->")[1]
    text = after.split("```")[1].replace("\\\n", " ")
    commands = []
    for line in filter(str.strip, text.splitlines()):
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
