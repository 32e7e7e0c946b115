"""Names in texts of Sub that repeat each other: refused at once, and welcome in any sane number."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from imageferry.dialects.reader import read


def doubling(depth: int, uses: int, innermost: Any) -> Any:
    """Texts that name their one variable so often, each variable such a text again."""
    value = innermost
    for _ in range(depth):
        value = {"Fn::Sub": ["${x}" * uses, {"x": value}]}
    return value


def codes_of(value: Any, version: str, count: int = 1) -> list[str]:
    outputs = {f"O{number}": {"Value": value} for number in range(count)}
    resources = {"A": {"Type": "X::Y::Z"}}
    text = json.dumps({version: VERSIONS[version], "Resources": resources, "Outputs": outputs})
    return [one.code for one in read(text.encode(), "t.json").diagnostics]


VERSIONS = {"ROSTemplateFormatVersion": "2015-09-01", "AWSTemplateFormatVersion": "2010-09-09"}

CASES: list[tuple[str, int, int, Any, int, list[str]]] = [
    ("a few", 4, 4, "", 1, []),
    ("many uses of a plain text", 1, 10_000, "text", 1, []),
    ("many uses of a name", 1, 10_000, {"Ref": "A"}, 1, []),
    ("doubled again and again", 18, 2, "", 1, ["IF108"]),
    ("a thousand of a thousand", 3, 1_000, "", 1, ["IF108"]),
    ("many small ones", 3, 16, "", 150, ["IF108"]),
]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("depth", "uses", "innermost", "count", "expected"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_repeated_names(
    version: str, depth: int, uses: int, innermost: Any, count: int, expected: list[str]
) -> None:
    before = time.process_time()
    assert codes_of(doubling(depth, uses, innermost), version, count) == expected
    assert time.process_time() - before < 2
