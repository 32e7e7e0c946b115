"""Every input that a user may get wrong, by the command line, in both languages."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from tests.templates import bad_parameters, bad_templates
from tests.templates.front_door import BOTH, Bad, FrontDoor

CASES: Final = (*bad_templates.CASES, *bad_parameters.CASES)
ASKED: Final = [
    pytest.param(bad, language, id=f"{bad.note:02d} {bad.name}, {language}")
    for bad in CASES
    for language in bad.languages
]

NOTES: Final = frozenset({*range(1, 60), 84, 85})
"""The list's numbers of templates (1 to 41), parameters (42 to 59) and secrets of a stack."""

ELSEWHERE: Final[Mapping[int, str]] = {
    84: "it is about what is shown of a whole deploy: tests/templates/test_secrets.py",
}
IN_ONE_LANGUAGE: Final[Mapping[int, str]] = {
    32: "CloudFormation has no jq",
    50: "CloudFormation has no Count: each copy is written out",
    51: "as above",
}

_DISUSE: Final = frozenset({"IF217", "IF218", "IF219"})
SECRET: Final = "hush-hush-do-not-tell"


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> FrontDoor:
    return FrontDoor(tmp_path_factory.mktemp("front-door"))


@pytest.mark.parametrize(("bad", "language"), ASKED)
def test_plan_says_what_is_wrong_and_where(door: FrontDoor, bad: Bad, language: str) -> None:
    begun = time.monotonic()
    answer = door.plan(bad, language)
    # Whatever it is, the answer comes soon: a script or a pattern has one second.
    assert time.monotonic() - begun < 10
    assert sorted(answer.faults()) == sorted(bad.faults)
    errors = [one for one in answer.diagnostics if one["severity"] == "error"]
    assert answer.exit_code == (2 if errors else 0)
    if not errors:
        assert answer.document["summary"]["create"] == bad.creates
    assert bad.says in " ".join(
        f"{one['message']} {one['why']} {one['remedy']}" for one in answer.diagnostics
    )
    assert SECRET not in answer.output
    for one in answer.diagnostics:
        # A message that says what must be needs no more words.
        says_it = any(word in one["message"] for word in (" must ", " needs ", "allowed are"))
        assert one["remedy"] or one["why"] or says_it, one
        assert not one["message"].endswith(".")
        assert one["line"] is None or one["column"] >= 1


@pytest.mark.parametrize(
    ("bad", "language"),
    [asked for asked in ASKED if not asked.values[0].parameters],
)
def test_validate_finds_the_same_without_a_stack(door: FrontDoor, bad: Bad, language: str) -> None:
    answer = door.validate(bad, language)
    expected = () if bad.needs_plan else bad.faults
    # What nothing uses is told by this command alone.
    told = [fault for fault in answer.faults() if not _DISUSE & set(fault.split())]
    assert sorted(told) == sorted(expected)
    has_errors = any(not fault.endswith("warning") for fault in expected)
    assert answer.exit_code == (2 if has_errors else 0)


def test_every_note_has_a_case() -> None:
    assert {bad.note for bad in CASES} | ELSEWHERE.keys() == NOTES
    assert not ELSEWHERE.keys() & {bad.note for bad in CASES}


def test_every_note_has_a_case_in_both_languages() -> None:
    languages: dict[int, set[str]] = defaultdict(set)
    for bad in CASES:
        languages[bad.note].update(bad.languages)
    alone = {note for note, found in languages.items() if found != set(BOTH)}
    assert alone == IN_ONE_LANGUAGE.keys()


def test_names_of_cases_are_unique() -> None:
    names = [(bad.note, bad.name) for bad in CASES]
    assert len(names) == len(set(names))


def test_templates_stay_readable(tmp_path: Path) -> None:
    """The texts are what they seem: the right template itself is right in both languages."""
    for language in BOTH:
        answer = FrontDoor(tmp_path).plan(Bad(0, "right", bad_templates.COPY), language)
        assert (answer.exit_code, answer.faults()) == (0, ())
