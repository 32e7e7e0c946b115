"""The cases that are plain data, written into templates: long form, short tag, JSON and YAML alike."""

from __future__ import annotations

import json
from typing import Any

import pytest

from imageferry.dialects import cfn, ros
from imageferry.dialects.reader import read
from imageferry.dialects.vocabulary import Shape
from imageferry.evaluation.errors import EvaluationError
from imageferry.evaluation.evaluator import evaluate
from imageferry.evaluation.scopes import MANNERS, Scope, Unresolved
from tests.evaluation.cases import BINDINGS, Says
from tests.evaluation.test_functions_breadth import CASES

HEADS = {
    "ros": {"ROSTemplateFormatVersion": "2015-09-01"},
    "cloudformation": {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Transform": "AWS::LanguageExtensions",
        "Resources": {"A": {"Type": "X::Y::Z"}},
    },
}
WORDS = {
    dialect: {function.canonical: function for function in words.functions.values()}
    for dialect, words in (("ros", ros.DIALECT), ("cloudformation", cfn.DIALECT))
}


def plain(value: Any, dialect: str) -> bool:
    """True for data that a template may hold as it is."""
    match value:
        case dict():
            return all(plain(entry, dialect) for entry in value.values())
        case list():
            return all(plain(entry, dialect) for entry in value)
        case str():
            return value.isprintable() and len(value) < 1_000
        case None:
            return dialect == "ros"
        case _:
            return isinstance(value, (bool, int, float))


WRITTEN = [
    pytest.param(dialect, WORDS[dialect][function], argument, expected, id=f"{key}: {name}")
    for key, named in CASES.items()
    for dialect, function in [key.split()]
    if function in WORDS[dialect]
    and WORDS[dialect][function].shape in (Shape.PLAIN, Shape.LOOKUP, Shape.EXTENSION)
    for name, (argument, expected) in named.items()
    if plain(argument, dialect) and (not isinstance(argument, list) or len(argument) < 100)
]


def value_in(text: str) -> Any:
    """The value of the one output; the code of the refusal where there is none."""
    reading = read(text.encode(), "t")
    assert reading.template is not None, reading.diagnostics
    assert not [one for one in reading.diagnostics if one.is_error], reading.diagnostics
    template = reading.template
    scope = Scope(BINDINGS, Unresolved(), MANNERS[template.dialect])
    try:
        return evaluate(template.outputs["O"].value, scope)
    except EvaluationError as fault:
        return fault.diagnostic.code


@pytest.mark.parametrize(("dialect", "word", "argument", "expected"), WRITTEN)
def test_as_written(dialect: str, word: Any, argument: Any, expected: Any) -> None:
    wanted = expected.code if isinstance(expected, Says) else expected
    outputs = {"O": {"Value": {word.written: argument}}}
    assert value_in(json.dumps({**HEADS[dialect], "Outputs": outputs})) == wanted
    head = "".join(f"{key}: {json.dumps(part)}\n" for key, part in HEADS[dialect].items())
    written = f"{head}Outputs:\n  O:\n    Value: "
    assert value_in(f"{written}{{'{word.written}': {json.dumps(argument)}}}\n") == wanted
    if word.tag and isinstance(argument, str | list | dict):
        assert value_in(f"{written}{word.tag} {json.dumps(argument)}\n") == wanted


def test_most_functions_are_tried() -> None:
    tried = {f"{param.values[0]} {param.values[1].canonical}" for param in WRITTEN}
    assert len(tried) > 40
    assert {"cloudformation length", "cloudformation to_json_string"} <= tried
