"""The report's page: alone in its file, everything as text, a sign and a word beside every colour."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from imageferry.drawing.pages.report import bars, report_page
from imageferry.drawing.pages.wording import duration, written
from imageferry.drawing.palette import TONES
from imageferry.drawing.standings import OF_CELLS
from imageferry.model.addresses import ResourceAddress
from imageferry.model.chronicles import Chronicle, Span
from imageferry.model.drift import DriftMark, StackDriftStatus
from imageferry.model.events import Event
from imageferry.model.matrix import CellStatus, LineKind, MatrixCell, MatrixLine, MatrixRow
from imageferry.model.stacks import Place, Stack
from imageferry.model.statuses import ResourceStatus, StackStatus
from imageferry.model.values import MASK, Secret
from imageferry.model.verdicts import Against, Comparison, Verdict
from imageferry.model.verifications import ResourceVerification, VerificationStatus

NASTY = "<script>alert(1)</script>\"'{{7*7}}&amp;=cmd|' /C calc'!A0"
TURNED = "a\u202eb\x00c\ud800d"
NOW = 10_000.0
_VOID = {"meta", "br", "img", "hr", "input", "link"}


class Page(HTMLParser):
    """The page as a browser would take it: its texts, its attributes, and whether it is well nested."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def cell(status: CellStatus, region: str, **more: object) -> MatrixCell:
    made = {"stack_id": "s", "address": f"In{status.name}", "type_name": "T", **more}
    return MatrixCell(status, region, **made)  # type: ignore[arg-type]


def chronicle(name: str, text: str = "plain") -> Chronicle:
    """A stack with an image in each status, every text of which is `text`."""
    regions = ("cn-hangzhou", "cn-beijing", "us-west-1", "eu-central-1", text)
    cells: dict[str, tuple[MatrixCell, ...]] = {}
    for place, status in enumerate(CellStatus):
        region = regions[place % len(regions)]
        one = cell(
            status, region, image_id=text, name=text, source_id=text, source_region="cn-shanghai",
            percent=40, remaining=90.0, queue=(1, 2), says=text, cause=text,
        )  # fmt: skip
        cells[region] = (*cells.get(region, ()), one)
    stack = Stack(
        f"id-{name}", name, Place("emulator", "1", "cn-hangzhou"), "ros", StackStatus.CREATE_FAILED,
        status_reason=text, template_name=text, description=text, created_at=1.0, updated_at=2.0,
        parameters={"Hush": Secret("hush-hush"), text: text},
        outputs={text: {"a": [Secret("hush-hush"), text]}},
        drift=DriftMark(StackDriftStatus.DRIFTED, 5.0, 1, 2),
    )  # fmt: skip
    lines = (MatrixLine(LineKind.IMAGE, text, cells, text, "cn-shanghai"),)
    differs = Verdict(
        text, "cn-beijing", comparisons=(
            Comparison(text, text, f"{text}!", Against.ASKED), Comparison("size", "1", "1", Against.ASKED)
        ), remarks=(text,),
    )  # fmt: skip
    address = ResourceAddress("Golden")
    found = ResourceVerification(address, "T", text, VerificationStatus.DIFFERS, differs, text)
    return Chronicle(
        MatrixRow(stack, lines, (cell(CellStatus.FAILED, "cn-beijing", cause=text),)),
        (
            Event("s", "o", 1.0, "", "", StackStatus.CREATING, text, text, 1),
            Event("s", "o", 2.0, text, text, ResourceStatus.CREATE_FAILED, text, text, 2),
        ),
        7,
        (Span(text, "cn-beijing", 100.0, 160.0, True), Span("Going", "x", 130.0, None)),
        {"Golden": found},
        {"Golden": 99.0},
    )


@pytest.mark.parametrize("text", [NASTY, TURNED, "雪 é"], ids=["markup", "turned", "foreign"])
def test_whatever_a_name_is_it_is_shown_as_text(text: str) -> None:
    name = text if text.isprintable() else "named"
    page = report_page([chronicle(name, text), chronicle("second", text)], NOW)
    assert page.encode("utf-8")
    read = Page(page)
    assert "script" not in read.tags and "49" not in "".join(read.texts).split()
    said = "".join(read.texts)
    shown = (
        text.replace("\u202e", "\\u202e").replace("\x00", "\\u0000").replace("\ud800", "\\ud800")
    )
    assert said.count(shown) > 20
    assert not re.search("[\x00\u202e\ud800]", page)
    assert "hush-hush" not in page and MASK in said
    assert not [one for one in read.attributes if one[1].startswith("on")]


def test_the_file_needs_nothing_and_runs_nothing() -> None:
    read = Page(page := report_page([chronicle("one")], NOW))
    assert {"script", "link", "iframe", "object", "img", "form"}.isdisjoint(read.tags)
    assert "url(" not in page and "@import" not in page
    allowed = ("#", "http://www.w3.org/2000/svg")
    for tag, name, value in read.attributes:
        if name in {"src", "href", "xlink:href", "action", "xmlns"}:
            assert value.startswith(allowed), (tag, name, value)
    assert "default-src 'none'" in page and "prefers-color-scheme: dark" in page
    assert "size: A4" in page and "print-color-adjust: exact" in page
    assert not [one for one in read.attributes if one[1] == "style"]


def test_every_status_has_a_sign_and_a_word() -> None:
    read = Page(report_page([chronicle("one")], NOW))
    said = " ".join("".join(read.texts).split())
    for status in CellStatus:
        assert f"{TONES[OF_CELLS[status]].sign} {status.value}" in said
    for told in (
        "about 1 m 30 s left", "place 1 of 2", "7 came before them", "drifted: 1 of 2",
        "1 m 00 s", "= same: size".removeprefix("= "), "✕ CREATE_FAILED",
    ):  # fmt: skip
        assert told in said
    ids = [value for _, name, value in read.attributes if name == "id"]
    assert len(ids) == len(set(ids))


def test_bars_share_one_scale_and_stay_on_it() -> None:
    told = chronicle("one")
    first, going = bars(told, 190.0)
    assert (first.start, first.length, first.badge.word) == (0.0, 666.7, "failed")
    assert (going.start, going.length, going.badge.word) == (333.3, 666.7, "running")
    assert bars(Chronicle(told.row), NOW) == []
    flash = Chronicle(told.row, spans=(Span("A", "", 5.0, 5.0),) * 2)
    assert [(bar.start, bar.length) for bar in bars(flash, 5.0)] == [(0.0, 4.0)] * 2


def test_a_stack_of_nothing_has_a_page() -> None:
    bare = Stack("s", "bare", Place("emulator", "1", "cn-hangzhou"), "ros", StackStatus.REVIEWING)
    read = Page(report_page([Chronicle(MatrixRow(bare, ()))], NOW))
    assert "bare" in "".join(read.texts) and "table" not in read.tags and "svg" not in read.tags


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0 s"), (-3, "0 s"), (59.4, "59 s"), (60, "1 m 00 s"), (3725, "1 h 02 m")],
)
def test_durations(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


def test_values_are_written_as_they_are_and_secrets_are_not() -> None:
    assert written("a\nb") == "a\nb"
    assert written(Secret("hush")) == MASK
    assert (
        written({"é": [1, Secret("hush"), None]})
        == f'{{\n  "é": [\n    1,\n    "{MASK}",\n    null\n  ]\n}}'
    )
