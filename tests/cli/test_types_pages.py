"""`imageferry types`: docs/types is what the command writes, whole, and says what `show` says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from imageferry.assembly.catalogs import open_catalog
from imageferry.cli.types import page_name
from imageferry.version import VERSION
from tests.cli.shop import Shop

PAGES = Path(__file__).parents[2] / "docs" / "types"
NAMES = open_catalog().names()


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def told(line: str) -> list[str]:
    """What a line of `types show` says, without the words that only lead to it."""
    line = line.strip().removeprefix("- ")
    if line in {f"comes with: imageferry {VERSION}", "Syntax in JSON", "Syntax in YAML"}:
        # The page has headings, and leaves out which version of imageferry a type comes with.
        return []
    line = re.sub(r"^(language|old names|new after a change that makes a new one): ", "", line)
    line = re.sub(r"^(Required|Editable|Update requires|Constraint|Default): +", "", line)
    return re.split(r" {2,}", line)


def page_of(name: str) -> str:
    found = open_catalog().find(name)
    assert found is not None
    return (PAGES / page_name(found.schema)).read_text(encoding="utf-8").replace("\\|", "|")


def test_the_pages_are_what_the_command_writes(shop: Shop) -> None:
    written = shop.folder / "pages"
    shop.run("types", "docs", "--output", str(written))
    texts = {path.name: path.read_text(encoding="utf-8") for path in written.iterdir()}
    kept = {path.name: path.read_text(encoding="utf-8") for path in PAGES.iterdir()}
    assert sorted(texts) == sorted(kept), "imageferry types docs --output docs/types"
    assert texts == kept, "imageferry types docs --output docs/types"


def test_the_index_names_every_type_and_every_old_name() -> None:
    index = (PAGES / "README.md").read_text(encoding="utf-8")
    linked = re.findall(r"\[([\w:]+)\]\(([\w-]+\.md)\)", index)
    catalog = open_catalog()
    found = {name: catalog.find(name) for name in NAMES}
    assert linked == [
        (one.schema.type_name, page_name(one.schema)) for one in found.values() if one
    ]
    for one in found.values():
        assert one is not None
        assert one.schema.summary in index
        assert all(f"`{old}`" in index for old in one.schema.aliases)


@pytest.mark.parametrize("name", NAMES)
def test_a_page_says_what_show_prints(shop: Shop, name: str) -> None:
    page = page_of(name)
    lines = shop.run("types", "show", name).output.splitlines()
    assert len(lines) > 20
    missing = [said for line in lines for said in told(line) if said not in page]
    assert missing == []


def test_list_says_where_each_type_comes_from(shop: Shop) -> None:
    rows = shop.run("types", "list").stdout.splitlines()
    assert re.split(r" {2,}", rows[0])[2] == "COMES WITH"
    assert {row.split()[0] for row in rows[1:]} == set(NAMES)
    assert all(f"imageferry {VERSION}" in row for row in rows[1:])
