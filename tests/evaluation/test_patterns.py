"""Patterns of parameters: simple ones here, others in a child, none can hang us."""

from __future__ import annotations

import re
import time

import pytest

from imageferry.evaluation.patterns import PatternFault, is_simple, match_all

SIMPLE = [
    r"^[a-zA-Z][a-zA-Z0-9-]*$",
    r"m-[a-z0-9]+",
    r"[0-9]{1,3}",
    r"^\d{4}-\d{2}-\d{2}$",
    r"[^/]+",
    r"[\w.-]+",
    r"abc",
    r"",
    r"[A-Za-z0-9\[\]{}()!@#]{8,30}",
]
NOT_SIMPLE = [
    r"(a|b)",
    r"a|b",
    r"(a+)+b",
    r"a*a*a*b",
    r"(?=x)x",
    r"(?i)abc",
    r"[[:alpha:]]+",
    r"[a--b]",
    r"\bword\b",
    r"\p{L}+",
    r"(a)\1",
    r"[a",
    r"a" * 600,
]
MATCHES = [
    ("whole", r"[a-z]+", "abc", True),
    ("whole-and-not-a-part", r"[a-z]+", "abc1", False),
    ("anchors", r"^[a-z]+$", "abc", True),
    ("no-line-end-before-dollar", r"^[a-z]+$", "abc\n", False),
    ("alternatives", r"^(cn|ap)-[a-z]+$", "cn-hangzhou", True),
    ("alternatives-not", r"^(cn|ap)-[a-z]+$", "us-west", False),
    ("look-ahead", r"(?=.*[0-9])[a-z0-9]+", "abc1", True),
    ("look-ahead-not", r"(?=.*[0-9])[a-z0-9]+", "abc", False),
    ("back-reference", r"(a|b)\1", "aa", True),
    ("posix-class", r"[[:alpha:]]+", "abc", True),
    ("letter-property", r"\p{Lu}+", "ABC", True),
    ("chinese-words", r"(\w|-)+", "镜像-1", True),
    ("case", r"(?i)(abc)", "ABC", True),
    ("empty", r"", "", True),
    ("not-empty", r"", "a", False),
]


@pytest.mark.parametrize("pattern", SIMPLE)
def test_simple(pattern: str) -> None:
    assert is_simple(pattern)
    re.compile(pattern)


@pytest.mark.parametrize("pattern", NOT_SIMPLE)
def test_not_simple(pattern: str) -> None:
    assert not is_simple(pattern)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"), [c[1:] for c in MATCHES], ids=[c[0] for c in MATCHES]
)
def test_match(pattern: str, text: str, expected: bool) -> None:
    assert match_all(pattern, [text]) == [expected]


def test_many_texts_at_once() -> None:
    assert match_all(r"(a|b)+", ["ab", "c", ""]) == [True, False, False]


def test_a_pattern_that_backtracks_for_ever_in_other_engines_is_matched() -> None:
    assert match_all(r"(a+)+b", ["a" * 60]) == [False]


@pytest.mark.parametrize(
    "pattern", [r"(?=a)(a+)+b", r"(a|aa)+\1b"], ids=["look-ahead", "back-reference"]
)
def test_a_pattern_that_backtracks_for_ever_is_stopped(pattern: str) -> None:
    start = time.monotonic()
    with pytest.raises(PatternFault, match="longer than 1 s"):
        match_all(pattern, ["a" * 60])
    assert time.monotonic() - start < 4
    assert match_all(r"(a|b)", ["a"]) == [True]


def test_the_worst_simple_pattern_is_quick() -> None:
    start = time.monotonic()
    assert match_all(r"a*a*b", ["a" * 4_096]) == [False]
    assert time.monotonic() - start < 2


@pytest.mark.parametrize("pattern", [r"(a", r"[a", r"a{2,1}", r"(?<n"])
def test_a_pattern_that_cannot_be_read(pattern: str) -> None:
    with pytest.raises(PatternFault, match="cannot be read"):
        match_all(pattern, ["a"])


def test_asking_whether_a_text_is_simple_takes_no_time() -> None:
    start = time.monotonic()
    for pattern in ("a?" * 249 + "(", "[" * 499, "a" * 499 + "(", "\\" * 499):
        is_simple(pattern)
    assert time.monotonic() - start < 1
