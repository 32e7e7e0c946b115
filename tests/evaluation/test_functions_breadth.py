"""Every function of both languages has a row and its cases, and refuses whatever else it is given."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import pytest

from imageferry.dialects import cfn, ros
from imageferry.evaluation.errors import EvaluationError
from imageferry.evaluation.functions import FUNCTIONS
from imageferry.evaluation.functions.rows import Lazy
from imageferry.evaluation.functions.standing import LITERALS, STANDING
from imageferry.model.diagnostics import Diagnostic
from imageferry.model.expressions import Call
from imageferry.model.values import NO_VALUE, UNKNOWN, Secret
from tests.evaluation import (
    test_functions_data,
    test_functions_numbers,
    test_functions_texts,
    test_functions_world,
)
from tests.evaluation.cases import HIDDEN, LATER, NOTHING, PASSWORD, Cases, call, value_of

CASES: Cases = {
    **test_functions_numbers.CASES,
    **test_functions_texts.CASES,
    **test_functions_data.CASES,
    **test_functions_world.CASES,
}
DIALECTS: Mapping[str, Any] = {"ros": ros.DIALECT, "cloudformation": cfn.DIALECT}

# These are expressions of their own, or rewrite the template while it is read.
READ_OTHERWISE = {"ref", "get_att", "condition", "transform", "for_each", "macro"}

WRITTEN = [
    (dialect, function.canonical)
    for dialect, words in DIALECTS.items()
    for function in {**words.functions, **words.tags}.values()
    if function.canonical not in READ_OTHERWISE
]
KINDS = ("null", "unknown", "wrong type")


@pytest.mark.parametrize(("dialect", "function"), sorted(set(WRITTEN)))
def test_a_function_of_a_language_has_its_row_and_its_cases(dialect: str, function: str) -> None:
    assert function in FUNCTIONS
    names = CASES[f"{dialect} {function}"]
    for kind in KINDS:
        assert any(name.startswith(kind) for name in names), kind


def test_every_row_has_cases() -> None:
    assert {key.split()[1] for key in CASES} == set(FUNCTIONS)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_places_and_literals_name_only_functions(dialect: str) -> None:
    written = {function for own, function in WRITTEN if own == dialect} | {"ref", "sub_text"}
    everywhere = frozenset[str]().union(*STANDING[dialect].values())
    assert everywhere | {"resource_facade", "unresolved"} >= written - {"sub_text"}
    assert everywhere <= written
    assert set(LITERALS[dialect]) <= written


NASTY: list[Any] = [
    None, True, -1, 0.5, 10**30, "", "a", "1", "%Y", "[1]", '{"a": 1}', [], [1, "b"], [[1], None],
    {}, {"a": [1]}, LATER, [LATER], {"a": LATER}, NOTHING, PASSWORD, [PASSWORD, {"k": PASSWORD}],
]  # fmt: skip
SLOW = {"jq", "match_pattern"}


def arguments_for(function: str) -> list[Any]:
    shape = FUNCTIONS[function].shape
    values = NASTY[::3] if function in SLOW else NASTY
    counts = {shape.least, shape.most or shape.least} - {0}
    many = [list(one) for count in counts if count <= 3 for one in product(values, repeat=count)]
    if 4 in counts:
        many += [[*one, one[0]] for one in product(NASTY, repeat=3)]
    return [*values, *many]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_whatever_it_is_given_only_values_and_diagnostics_come_out(
    function: str, dialect: str
) -> None:
    for argument in arguments_for(function)[:3_000]:
        outcome = outcome_of(call(function, argument), dialect)
        if isinstance(outcome, Diagnostic):
            assert "hunter2" not in repr(outcome), argument
        else:
            assert outcome is NO_VALUE or outcome is UNKNOWN or plain(outcome), argument
            assert isinstance(FUNCTIONS[function], Lazy) or HIDDEN not in repr(outcome), argument


def outcome_of(expression: Call, dialect: str) -> Any:
    """The value, or the diagnostic that says why there is none."""
    try:
        return value_of(expression, dialect)
    except EvaluationError as fault:
        return fault.diagnostic


def plain(value: Any) -> bool:
    """True for what may stand in a property: data, with UNKNOWN and secrets inside."""
    match value:
        case Secret():
            return plain(value.revealed)
        case dict():
            return all(isinstance(key, str) and plain(entry) for key, entry in value.items())
        case list() | tuple():
            return all(map(plain, value))
        case _:
            return value is UNKNOWN or value is None or isinstance(value, (bool, int, float, str))
