"""The contract suite over every type of the catalogue."""

from __future__ import annotations

import pytest

from imageferry.resource_types.installed import type_names
from imageferry.testing import Case, contract_cases, run_case
from tests.contract.subjects import SUBJECTS

CASES = [case for subject in SUBJECTS.values() for case in contract_cases(subject)]


def test_every_type_is_tried() -> None:
    assert sorted(set(type_names()) - SUBJECTS.keys()) == [], "a type without a Subject"
    assert sorted(SUBJECTS.keys() - set(type_names())) == [], "a Subject of no type"


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_type_keeps_the_contract(case: Case) -> None:
    run_case(case)
