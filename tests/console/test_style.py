"""The style sheet: every class of a page is in it or means nothing to it, and no rule is for nobody."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

from imageferry.console.statuses import look_of
from imageferry.drawing.palette import ALIASES, StatusClass, shades
from imageferry.model.matrix import CellStatus
from imageferry.model.statuses import ResourceStatus, StackStatus
from tests.console.wording import ROOT

_CSS = files("imageferry.console").joinpath("static/console.css").read_text()
_BARE = re.sub(r"/\*.*?\*/", "", _CSS, flags=re.DOTALL)
_LOOKS = {f"status-{one}" for one in [*StatusClass, *ALIASES]}
_EXPRESSION = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)

_SHOWN = {look_of(one) for kind in (StackStatus, ResourceStatus, CellStatus) for one in kind}


def _templates() -> Iterable[Path]:
    return sorted((ROOT / "templates").glob("*.html"))


def _classes(source: str) -> set[str]:
    """The classes that a template gives, also those that it chooses by an expression."""
    found: set[str] = set()
    for value in re.findall(r'class="((?:\{\{.*?\}\}|\{%.*?%\}|[^"])*)"', source, re.DOTALL):
        found |= set(_EXPRESSION.sub(" ", value.replace("status-{{", "{{")).split())
        for inside in _EXPRESSION.findall(value):
            for pair in re.findall(r"'([^']*)' if\b|\belse '([^']*)'", inside):
                found |= {word for text in pair for word in text.split()}
    return found


def _used() -> set[str]:
    sources = [one.read_text() for one in _templates()]
    script = files("imageferry.console").joinpath("static/console.js").read_text()
    of_script = re.findall(r'className = "([\w-]+)"', script)
    return set(of_script).union(*map(_classes, sources))


def _styled() -> set[str]:
    selectors = re.findall(r"(?:^|[{}])\s*([^{}@]+)\{", _BARE)
    return set(re.findall(r"\.([a-z][\w-]*)", " ".join(selectors)))


def test_every_class_has_a_rule() -> None:
    """A class without one looks like nothing: what it was meant for was forgotten, or went."""
    assert not _used() - _styled() - _LOOKS


def test_every_rule_is_for_something() -> None:
    """The drawings' own class is given by them."""
    assert _styled() - _used() - _LOOKS == {"drawing"}
    assert {f"status-{one}" for one in _SHOWN} <= _styled()


def test_every_variable_is_used() -> None:
    ours = set(re.findall(r"--([\w-]+):", _BARE))
    of_drawings = {name for name in shades() if name.startswith("drawing-")}
    assert {one for one in ours if f"var(--{one})" not in _BARE} <= of_drawings
    assert set(re.findall(r"var\(--([\w-]+)\)", _BARE)) <= ours | shades().keys()


def test_no_selector_is_ruled_twice() -> None:
    """Outside of conditions a selector has one rule, so that whoever changes it finds all of it."""
    plain = re.sub(r"@[^{}]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", "", _BARE)
    selectors = [" ".join(one.split()) for one in re.findall(r"([^{}]+)\{[^{}]*\}", plain)]
    assert [one for one, number in Counter(selectors).items() if number > 1] == []


def test_lines_are_short() -> None:
    assert [line for line in _CSS.splitlines() if len(line) > 100] == []
