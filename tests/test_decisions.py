"""The pages of decisions are numbered without a gap, and each says why, what, and what follows."""

from __future__ import annotations

from pathlib import Path

import pytest

PAGES = sorted((Path(__file__).parents[1] / "docs" / "decisions").glob("*.md"))


def test_they_are_numbered_without_a_gap() -> None:
    assert len(PAGES) > 30
    assert [int(page.name[:4]) for page in PAGES] == list(range(1, len(PAGES) + 1))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_says_why_what_and_what_follows(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"# {int(page.name[:4])}. ")
    places = [text.index(f"**{word}.**") for word in ("Context", "Decision", "Consequence")]
    assert places == sorted(places)
    assert len(text.splitlines()) <= 40
