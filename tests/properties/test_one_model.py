"""A template drawn at random: one model from both languages and all forms, and plans that end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from imageferry.dialects.reader import read
from imageferry.model.expressions import Call
from imageferry.model.templates import Template
from tests.dialects.test_template_files import without_places
from tests.planning.plots import actions, carried_out, planned
from tests.properties.dumping import Tagged, json_of, yaml_of
from tests.properties.neutral import CLOUDFORMATION, LANGUAGES, ROS, Sketch, sketches, written

FORMS = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def model_of(text: str) -> Template:
    reading = read(text.encode(), "t.yml")
    assert [one for one in reading.diagnostics if one.is_error] == [], text
    assert reading.template is not None
    bare: Template = without_places(reading.template)
    return bare


def _in_no_words(part: Any) -> Any:
    """A part of a model without what a language calls its functions."""
    if isinstance(part, Call):
        return replace(part, written="", argument=_in_no_words(part.argument))
    if hasattr(part, "__dataclass_fields__"):
        held = {name: getattr(part, name) for name in part.__dataclass_fields__}
        return replace(part, **{name: _in_no_words(value) for name, value in held.items()})
    if isinstance(part, Mapping):
        return {key: _in_no_words(value) for key, value in part.items()}
    if isinstance(part, tuple) and hasattr(part, "_fields"):
        return type(part)(*map(_in_no_words, part))
    if isinstance(part, (list, tuple)):
        return type(part)(_in_no_words(value) for value in part)
    return part


def in_no_language(template: Template) -> Template:
    """The model without the words of its language: its name, its types, its functions' names.

    Whether items of lists are trimmed is how CloudFormation reads a value, not what was written.
    """
    neutral: Template = _in_no_words(template)
    return replace(
        neutral,
        dialect="",
        resources={
            name: replace(one, type_name="Thing", type_span=None)  # type: ignore[arg-type]
            for name, one in neutral.resources.items()
        },
        parameters={
            name: replace(one, trims_items=False) for name, one in neutral.parameters.items()
        },
    )


@given(sketches())
@FORMS
def test_both_languages_read_to_the_same_model(sketch: Sketch) -> None:
    models = [in_no_language(model_of(json_of(written(sketch, one)))) for one in LANGUAGES]
    assert models[0] == models[1]


@pytest.mark.parametrize("language", LANGUAGES)
@given(sketch=sketches())
@FORMS
def test_every_form_of_a_language_reads_to_the_same_model(sketch: Sketch, language: str) -> None:
    tree = written(sketch, language)
    model = model_of(json_of(tree))
    assert model_of(yaml_of(tree)) == model
    assert model_of("---\n" + json_of(tree)) == model
    # A short tag is written in diagnostics as it stands: only that tells it from the long form.
    short = written(sketch, language, short=True)
    assert _in_no_words(model_of(yaml_of(short))) == _in_no_words(model)


@given(sketches(counted=True))
@FORMS
def test_planning_what_exists_plans_nothing(sketch: Sketch) -> None:
    source = json_of(written(sketch, ROS))
    first = planned(source)
    assert set(actions(first).values()) <= {"Create"}
    there = carried_out(first)
    assert set(actions(planned(source, there)).values()) <= {"None"}
    # The same template in another form is no change either.
    again = planned(yaml_of(written(sketch, ROS, short=True)), there)
    assert set(actions(again).values()) <= {"None"}


def test_the_forms_are_different() -> None:
    tagged = {"A": Tagged("!Ref", "B"), "C": ["a: b", {}, 1]}
    assert yaml_of(tagged) == '"A": !Ref "B"\n"C":\n  - "a: b"\n  - {}\n  - 1\n'
    assert LANGUAGES == (ROS, CLOUDFORMATION)
