"""Matching counted instances: nothing is taken twice, what is unchanged stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imageferry.planning.moves import Matching, match


def indexed(signatures: str) -> dict[int, str | None]:
    """`ab.` as index to signature; a dot is equal to nothing, a space is a gap."""
    return {
        index: None if letter == "." else letter
        for index, letter in enumerate(signatures)
        if letter != " "
    }


@pytest.mark.parametrize(
    ("existing", "wanted", "source", "doomed"),
    [
        pytest.param("abc", "abc", {0: 0, 1: 1, 2: 2}, {}, id="nothing differs"),
        pytest.param("abc", "ac", {0: 0, 1: 2}, {1: 2}, id="one less in the middle moves one"),
        pytest.param("abc", "bc", {0: 1, 1: 2}, {0: 2}, id="one less at the front moves all"),
        pytest.param("ac", "abc", {0: 0, 2: 1}, {}, id="one more in the middle makes one"),
        pytest.param("ab", "ba", {0: 1, 1: 0}, {}, id="an exchange"),
        pytest.param("abc", "cab", {0: 2, 1: 0, 2: 1}, {}, id="a rotation"),
        pytest.param("aa", "a", {0: 0}, {1: 1}, id="equal ones are not mixed up"),
        pytest.param("aab", "ba", {0: 2, 1: 1}, {0: 2}, id="who is unchanged stays before moves"),
        pytest.param("ab", "ax", {0: 0, 1: 1}, {}, id="what is left at one index is a change"),
        pytest.param("a", ".", {0: 0}, {}, id="known later: a possible change of what is there"),
        pytest.param(".", "a", {0: 0}, {}, id="unfinished: a repair of what is there"),
        pytest.param("", "ab", {}, {}, id="nothing there"),
        pytest.param("ab", "", {}, {0: 0, 1: 1}, id="nothing wanted"),
        pytest.param(" ab", "b", {0: 2}, {1: 1}, id="with a gap"),
        pytest.param("xa", "ab", {0: 1}, {0: 2}, id="the doomed makes room for who moves in"),
    ],
)
def test_matches(
    existing: str, wanted: str, source: dict[int, int], doomed: dict[int, int]
) -> None:
    assert match(indexed(wanted), indexed(existing)) == Matching(source, doomed)


signatures = st.dictionaries(st.integers(0, 9), st.sampled_from(["a", "b", "c", None]), max_size=8)
counted = st.lists(st.sampled_from(["a", "b", "c", None]), max_size=8).map(
    lambda found: dict(enumerate(found))
)


@given(wanted=counted, existing=signatures)
def test_each_existing_one_has_exactly_one_fate(
    wanted: dict[int, str | None], existing: dict[int, str | None]
) -> None:
    matching = match(wanted, existing)
    assert sorted([*matching.source.values(), *matching.doomed]) == sorted(existing)
    assert set(matching.source) <= set(wanted)


@given(wanted=counted, existing=signatures)
def test_no_two_share_a_place_afterwards(
    wanted: dict[int, str | None], existing: dict[int, str | None]
) -> None:
    matching = match(wanted, existing)
    places = [*wanted, *matching.doomed.values()]
    assert len(set(places)) == len(places)


@given(wanted=counted, existing=signatures)
def test_what_is_unchanged_stays(
    wanted: dict[int, str | None], existing: dict[int, str | None]
) -> None:
    matching = match(wanted, existing)
    for index, signature in wanted.items():
        if signature is not None and existing.get(index) == signature:
            assert matching.source[index] == index


@given(wanted=counted, existing=signatures)
def test_nothing_is_made_anew_that_exists(
    wanted: dict[int, str | None], existing: dict[int, str | None]
) -> None:
    """As many wanted ones as can are met by an existing one that is equal."""
    matching = match(wanted, existing)
    for letter in ("a", "b", "c"):
        asked = [index for index, one in wanted.items() if one == letter]
        there = [index for index, one in existing.items() if one == letter]
        met = [i for i in asked if existing.get(matching.source.get(i, -1)) == letter]
        assert len(met) == min(len(asked), len(there))
