"""Whole templates: good ones read without a word, bad ones say what stands in the file beside."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from imageferry.dialects.reader import Reading, read
from imageferry.model.diagnostics import Diagnostic, Span

TEMPLATES = Path(__file__).parent.parent / "templates"
GOOD = sorted((TEMPLATES / "good").iterdir())
BAD = sorted(path for path in (TEMPLATES / "bad").iterdir() if path.suffix != ".says")
TWINS = [path for path in GOOD if path.suffix == ".yaml" and path.with_suffix(".json").exists()]


def said(diagnostic: Diagnostic) -> str:
    span = diagnostic.span
    assert span is not None
    return (
        f"{span.line}:{span.column} {diagnostic.severity.value} {diagnostic.code} "
        f"{diagnostic.message}\n  why: {diagnostic.why}\n  remedy: {diagnostic.remedy}\n"
    )


def without_places(value: Any) -> Any:
    """The value with every Span taken out, and the maps of Spans emptied."""
    if isinstance(value, Span):
        return None
    if is_dataclass(value) and not isinstance(value, type):
        return replace(
            value,
            **{
                field.name: {}
                if field.name.endswith("_spans")
                else without_places(getattr(value, field.name))
                for field in fields(value)
            },
        )
    if isinstance(value, dict):
        return {key: without_places(inner) for key, inner in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*map(without_places, value))
    if isinstance(value, (list, tuple)):
        return type(value)(without_places(inner) for inner in value)
    return value


def reading_of(path: Path) -> Reading:
    return read(path.read_bytes(), "template")


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.name)
def test_a_good_template_is_read_without_a_word(path: Path) -> None:
    reading = reading_of(path)
    assert reading.diagnostics == ()
    assert reading.template is not None
    assert not reading.has_errors


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.name)
def test_a_bad_template_says_what_stands_beside_it(path: Path) -> None:
    expected = path.with_name(path.name + ".says").read_text(encoding="utf-8")
    assert "".join(said(diagnostic) for diagnostic in reading_of(path).diagnostics) == expected


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.name)
def test_every_error_of_a_bad_template_has_a_remedy(path: Path) -> None:
    diagnostics = reading_of(path).diagnostics
    assert diagnostics
    assert all(diagnostic.why or diagnostic.remedy for diagnostic in diagnostics)


@pytest.mark.parametrize("path", TWINS, ids=lambda path: path.stem)
def test_yaml_and_json_give_the_same_template(path: Path) -> None:
    yaml, json = reading_of(path).template, reading_of(path.with_suffix(".json")).template
    assert yaml is not None
    assert without_places(yaml) == without_places(json)


def test_every_answer_belongs_to_a_template() -> None:
    beside = {path.name[: -len(".says")] for path in (TEMPLATES / "bad").glob("*.says")}
    assert beside == {path.name for path in BAD}
