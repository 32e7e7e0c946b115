"""The rule of retention, over versions, ages and protections that nobody has thought of."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as some

from imageferry.control.distributions.retention import KEEP_ALL, Aged, Keeping, beyond, retired

DAY = 86400.0
NOW = 1_000 * DAY


def aged(*days: float) -> list[Aged]:
    """Copies by their age in days, oldest version first."""
    return [Aged(f"copy-{number}", NOW - age * DAY) for number, age in enumerate(days)]


CASES: dict[str, tuple[Sequence[float], Keeping, tuple[str, ...]]] = {
    "nothing is asked": ((300, 200, 1), KEEP_ALL, ()),
    "the last two": ((300, 200, 100, 1), Keeping(2), ("copy-0", "copy-1")),
    "more than there are": ((300, 1), Keeping(5), ()),
    "by age": ((300, 100, 80, 1), Keeping(seconds=90 * DAY), ("copy-0", "copy-1")),
    "of that very age": ((90, 1), Keeping(seconds=90 * DAY), ()),
    "beyond both": ((300, 100, 80, 1), Keeping(2, 90 * DAY), ("copy-0", "copy-1")),
    "beyond the count alone": ((30, 20, 10, 1), Keeping(2, 90 * DAY), ()),
    "beyond the age alone": ((300, 200), Keeping(2, 90 * DAY), ()),
    "an old newest stays": ((900, 800), Keeping(seconds=DAY), ("copy-0",)),
    "one version": ((900,), Keeping(1, DAY), ()),
    "none": ((), Keeping(1), ()),
    "an older one was asked for last": ((1, 300), Keeping(1), ("copy-0",)),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_beyond(case: str) -> None:
    days, keeping, wanted = CASES[case]
    assert beyond(aged(*days), keeping, NOW) == wanted


copies = some.lists(some.floats(0, 5_000), max_size=12).map(lambda days: aged(*days))
keepings = some.builds(
    Keeping,
    some.none() | some.integers(1, 6),
    some.none() | some.floats(1, 400).map(lambda days: days * DAY),
)


@given(copies, keepings, some.sets(some.integers(0, 11).map("copy-{}".format)))
def test_whatever_there_is_the_promises_hold(
    found: list[Aged], keeping: Keeping, protected: set[str]
) -> None:
    gone = retired(found, keeping, NOW, protected)
    left = [one for one in found if one.name not in gone]
    assert len(gone) == len(set(gone))
    assert not protected & set(gone)
    assert not found or left[-1] == found[-1]
    assert len(left) >= min(len(found), keeping.last or 1)
    by_name = {one.name: one for one in found}
    for name in gone:
        # Beyond both: neither among the newest nor young.
        assert keeping.last is None or name not in {one.name for one in found[-keeping.last :]}
        assert keeping.seconds is None or NOW - by_name[name].born > keeping.seconds
    if not keeping.retires:
        assert gone == ()


@given(copies, some.integers(1, 6), some.floats(1, 400))
def test_asking_for_both_never_takes_more_than_one_of_them(
    found: list[Aged], last: int, days: float
) -> None:
    both = set(beyond(found, Keeping(last, days * DAY), NOW))
    assert both <= set(beyond(found, Keeping(last), NOW))
    assert both <= set(beyond(found, Keeping(seconds=days * DAY), NOW))
