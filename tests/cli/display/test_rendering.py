"""Rendering: text that is safe to show, and readable."""

from __future__ import annotations

import pytest

from imageferry.cli.display.rendering import (
    clean,
    clean_lines,
    cut,
    show_duration,
    show_moment,
    show_value,
    table,
    width,
)
from imageferry.model.values import UNKNOWN, Secret


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("golden-1", "golden-1", id="plain"),
        pytest.param("金色镜像", "金色镜像", id="chinese"),
        pytest.param("\x1b[2Jgone", "\\x1b[2Jgone", id="escape sequence"),
        pytest.param("a\nb\tc\rd", "a b c d", id="line breaks"),
        pytest.param("\x9b31m", "\\x9b31m", id="c1 control"),
        pytest.param("abc\u202egnp", "abc\\u202egnp", id="direction override"),
        pytest.param("a\u2066b\u200bc", "a\\u2066b\\u200bc", id="isolates and zero width"),
        pytest.param("\ud800", "\\ud800", id="half of a surrogate pair"),
        pytest.param("\x00\x7f", "\\x00\\x7f", id="nul and delete"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_what_may_command_a_terminal_is_shown_as_its_code(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_lines_stay_where_lines_are_meant() -> None:
    assert clean_lines("a\n\tb\x1b[0m\r") == "a\n\tb\\x1b[0m\\x0d"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        pytest.param(-3, "0s", id="never negative"),
        pytest.param(0.4, "0s", id="a blink"),
        pytest.param(59.4, "59s", id="seconds"),
        pytest.param(59.6, "1m00s", id="rounds up to a minute"),
        pytest.param(65, "1m05s", id="minutes"),
        pytest.param(7380, "2h03m", id="hours"),
    ],
)
def test_durations(seconds: float, shown: str) -> None:
    assert show_duration(seconds) == shown


def test_moments_are_utc() -> None:
    assert show_moment(1_785_585_600.9) == "2026-08-01T12:00:00Z"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        pytest.param("a", '"a"', id="text"),
        pytest.param(True, "true", id="boolean"),
        pytest.param(None, "null", id="null"),
        pytest.param(["m-1", {"a": 1}], '["m-1", {"a": 1}]', id="nested"),
        pytest.param(Secret("s3cret"), '"****"', id="secret"),
        pytest.param({"Password": Secret("s3cret")}, '{"Password": "****"}', id="secret inside"),
        pytest.param(UNKNOWN, "(known later)", id="unknown"),
        pytest.param(
            ["m-1", UNKNOWN, {"a": UNKNOWN}],
            '["m-1", (known later), {"a": (known later)}]',
            id="unknown inside",
        ),
        pytest.param("(known later)", '"(known later)"', id="a text that says so"),
        pytest.param("x" * 200, '"' + "x" * 98 + "…", id="long"),
        pytest.param("金\x1b", '"金\\u001b"', id="control inside json"),
    ],
)
def test_values(value: object, shown: str) -> None:
    assert show_value(value) == shown  # type: ignore[arg-type]


def test_tables_align_by_columns_of_the_terminal() -> None:
    assert width("金a") == 3
    assert table([("金", "1"), ("abc", "2")], ("N", "X")) == ["N    X", "金   1", "abc  2"]
    assert table([]) == []


@pytest.mark.parametrize(
    ("text", "columns", "shown"),
    [
        pytest.param("abcdef", 6, "abcdef", id="fits"),
        pytest.param("abcdef", 4, "abc…", id="cut"),
        pytest.param("金金金", 5, "金金…", id="wide letters"),
    ],
)
def test_cutting(text: str, columns: int, shown: str) -> None:
    assert cut(text, columns) == shown
