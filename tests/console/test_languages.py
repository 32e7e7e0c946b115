"""Languages: every text is there in each of them, with the same places; and who gets which."""

from __future__ import annotations

import re
import string
from enum import Enum
from pathlib import Path

import pytest

from imageferry.console.languages import LANGUAGES, choose
from imageferry.console.languages.chinese import CHINESE
from imageferry.console.languages.chinese.changes import CHANGES
from imageferry.console.languages.chinese.deeds import DEEDS
from imageferry.console.languages.chinese.frame import FRAME
from imageferry.console.languages.chinese.images import IMAGES
from imageferry.console.languages.chinese.stacks import STACKS
from imageferry.model.access import Role
from imageferry.model.matrix import CellStatus
from imageferry.model.verifications import VerificationStatus
from imageferry.testing import run_virtually
from tests.console.browsing import browsing
from tests.console.wording import ROOT, wordings

WORDINGS = wordings()


def test_every_text_is_there_in_chinese() -> None:
    missing = {
        f"{one.place}: {one.text}"
        for one in WORDINGS
        if not one.is_made_up and one.text not in CHINESE
    }
    assert not missing, "\n".join(["give these a row in languages/chinese/:", *sorted(missing)])


@pytest.mark.parametrize(
    "kind", [Role, CellStatus, VerificationStatus], ids=lambda kind: kind.__name__
)
def test_what_is_shown_by_its_value_is_there_in_chinese(kind: type[Enum]) -> None:
    assert {one.value for one in kind} <= CHINESE.keys()


def test_no_text_is_there_twice() -> None:
    tables = (FRAME, IMAGES, STACKS, DEEDS, CHANGES)
    assert sum(map(len, tables)) == len(CHINESE)


def _places(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def test_both_languages_have_the_same_places() -> None:
    wrong = {text: found for text, found in CHINESE.items() if _places(text) != _places(found)}
    assert not wrong


def test_chinese_is_chinese() -> None:
    """A row that says what its English says was forgotten, but for what both call alike."""
    alike = {text for text, found in CHINESE.items() if not re.search("[\u4e00-\u9fff]", found)}
    assert alike == {"API", "Id", "{done} of {total}", "(none)"} & alike
    assert not [text for text, found in CHINESE.items() if found != found.strip()]


def test_no_row_is_left_over() -> None:
    """What nothing asks for any more is taken out again; tables that are looked up may hold it."""
    asked = {one.text for one in WORDINGS}
    whole = "\n".join(
        path.read_text() for path in ROOT.rglob("*.py")
        if "languages" not in path.parts
    )  # fmt: skip
    left = {one for one in CHINESE if one not in asked and f'"{one}"' not in whole}
    assert left <= {one.value for kind in (Role, CellStatus, VerificationStatus) for one in kind}


@pytest.mark.parametrize(
    ("wished", "accepted", "code"),
    [
        ("", "", "en"),
        ("zh", "en", "zh"),
        ("xx", "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("", "fr, zh-TW;q=0.3, en;q=0.7", "en"),
        ("", "zh;q=0", "en"),
        ("", "zh;q=broken, de", "en"),
        ("", "," * 100_000, "en"),
    ],
)
def test_who_gets_which(wished: str, accepted: str, code: str) -> None:
    assert choose(wished, accepted) is LANGUAGES[code]


def test_numbers_have_their_nouns() -> None:
    assert LANGUAGES["en"].count(1, "stack", "stacks") == "1 stack"
    assert LANGUAGES["en"].count(1234, "stack", "stacks") == "1,234 stacks"
    assert LANGUAGES["zh"].count(2, "stack", "stacks") == "2 个资源栈"


def test_a_language_that_was_chosen_stays(tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path, language="zh-CN,zh;q=0.9") as browser:
            first = await browser.get("/console/audit")
            assert (first.page.one("html").get("lang"), first.page.one("h1").text) == (
                "zh-CN",
                "审计",
            )
            for button in first.page.all("button", name="language"):
                assert button.get("lang") == button.get("value")
            chosen = await browser.send("/console/appearance", language="en", to="/console/audit")
            assert (chosen.page.one("html").get("lang"), chosen.page.one("h1").text) == (
                "en",
                "Audit",
            )
            once = await browser.get("/console/audit?lang=zh")
            assert once.page.one("h1").text == "审计"
            door = await browser.another("zh").get("/console/sign-in")
            assert door.page.one("h1").text == "登录"
            stranger = browser.another("zh")
            await stranger.get("/console/audit?page=2")
            assert stranger.last is not None
            (other,) = [one for one in stranger.last.page.all("a") if one.text == "English"]
            assert other.get("href") == "?lang=en&to=%2Fconsole%2Faudit%3Fpage%3D2"
            await stranger.get(f"/console/sign-in{other.get('href')}")
            assert (await stranger.get("/console/")).page.one("h1").text == "Sign in"

    run_virtually(main())
