"""Diagnostics as text and JSON."""

from __future__ import annotations

import pytest

from imageferry.cli.display.diagnostics import all_lines, tally
from imageferry.model.diagnostics import Span, error, warning
from imageferry.model.plan_json import diagnostic_json
from tests.cli.golden import check

OSAKA = error(
    "IF201",
    'Osaka refers to "Tokio", which is no resource or parameter',
    why="Ref names a resource or parameter of this template, or a pseudo parameter",
    remedy='did you mean "Tokyo" (line 3)?',
    span=Span("stack.yml", 7, 5),
)
UNUSED = warning("IF210", 'the parameter "Name" is never used', span=Span("stack.yml", 2, 3))
HOSTILE = error("IF701", "demo/Osaka: \x1b]0;owned\x07 refused\nand more", why="a\u202eb")


def test_the_form_of_diagnostics() -> None:
    check("diagnostics.txt", "\n".join(all_lines([OSAKA, UNUSED, HOSTILE])) + "\n")


def test_json_has_every_promised_key() -> None:
    assert diagnostic_json(OSAKA) == {
        "code": "IF201",
        "severity": "error",
        "message": 'Osaka refers to "Tokio", which is no resource or parameter',
        "why": "Ref names a resource or parameter of this template, or a pseudo parameter",
        "remedy": 'did you mean "Tokyo" (line 3)?',
        "source": "stack.yml",
        "line": 7,
        "column": 5,
    }
    assert diagnostic_json(HOSTILE)["line"] is None


@pytest.mark.parametrize(
    ("found", "said"),
    [
        pytest.param([], "", id="nothing"),
        pytest.param([OSAKA], "1 error", id="one error"),
        pytest.param([OSAKA, OSAKA, UNUSED], "2 errors, 1 warning", id="both"),
        pytest.param([UNUSED, UNUSED], "2 warnings", id="warnings"),
    ],
)
def test_the_tally(found: list[object], said: str) -> None:
    assert tally(found) == said  # type: ignore[arg-type]
