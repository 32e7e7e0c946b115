"""What people type and what browsers check: patterns, pairs, ages, and the form of a parameter."""

from __future__ import annotations

import pytest

from imageferry.console.continents import continents_of
from imageferry.console.entries import age_of, count_of, lines_of, minutes_of, pairs_of, words_in
from imageferry.console.excerpts import excerpts_of
from imageferry.console.patterns import browser_pattern
from imageferry.model.diagnostics import Span, error

_PATTERNS = {
    "a hyphen at the end of a set": ("[a-z0-9-]+", r"[a-z0-9\-]+"),
    "a hyphen at its beginning": ("[-a]", r"[\-a]"),
    "signs that a set takes with a backslash": ("[)/|]", r"[\)\/\|]"),
    "not in a set": ("[^/]+", r"[^\/]+"),
    "a needless backslash": (r"a\-b", "a-b"),
    "classes": (r"\d{3}-\w+\.\S", r"\d{3}-\w+\.\S"),
    "a group": ("(?:a|b)?", "(?:a|b)?"),
    "flags": ("(?i)abc", None),
    "look-behind": ("(?<=a)b", None),
    "possessive": ("a++", None),
    "classes of POSIX": ("[[:alpha:]]", None),
    "sets that are cut": ("[a&&b]", None),
    "properties": (r"\p{L}", None),
    "a back reference": (r"(a)\1", None),
    "other letters": ("[ä]", None),
    "a brace by itself": ("a{b}", None),
    "a set without an end": ("[a", None),
    "a group without an end": ("(a", None),
    "a number that no reader has": ("a{99999999999999999999}", None),
    "deeper than any reader goes": ("(?:" * 3_000 + "a" + ")" * 3_000, None),
}


@pytest.mark.parametrize("name", _PATTERNS)
def test_patterns_as_browsers_understand_them(name: str) -> None:
    pattern, wanted = _PATTERNS[name]
    assert browser_pattern(pattern) == wanted


def test_entries_are_read_as_they_are_typed() -> None:
    pairs = pairs_of(" a = 1=2 \n\nb=\nno\n=x\na=3")
    assert pairs.found == {"a": "1=2", "b": ""}
    assert pairs.wrong == ("no", "=x", "a=3")
    assert pairs_of(lines_of(pairs.found)).found == pairs.found
    assert words_in(" a, b;c\n a ,,") == ("a", "b", "c")
    ages = ("90d", "2W", " 36 h ", "90", "0d", "-1d", "=1+1")
    assert [age_of(one) for one in ages] == [7_776_000, 1_209_600, 129_600, None, None, None, None]
    assert [minutes_of(one) for one in ("15", "0", "1.5", "-1", "", "²")] == [15, *[None] * 5]
    assert [count_of(one) for one in ("0", "3", "x")] == [0, 3, None]


def test_excerpts_join_what_is_near_and_name_no_line_that_there_is_not() -> None:
    source = "\n".join(f"line {number}" for number in range(1, 31))
    found = [error("IF1", "x", span=Span("t", line, 1)) for line in (1, 3, 20, 99, 0)]
    runs = excerpts_of(source, found)
    assert [[line.number for line in run] for run in runs] == [
        [1, 2, 3, 4, 5],
        [18, 19, 20, 21, 22],
    ]
    assert [line.number for run in runs for line in run if line.is_meant] == [1, 3, 20]
    assert excerpts_of("", found) == [[(1, "", True)]]


def test_regions_stand_under_the_part_of_the_world() -> None:
    found = continents_of([("xx-1", "X"), ("eu-west-1", "E"), ("cn-beijing", "B"), ("na-1", "N")])
    assert [(name, [region for region, _ in here]) for name, here in found] == [
        ("China", ["cn-beijing"]),
        ("Americas", ["na-1"]),
        ("Europe", ["eu-west-1"]),
        ("Elsewhere", ["xx-1"]),
    ]
