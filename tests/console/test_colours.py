"""Colours: every pair that a text stands in has the contrast of WCAG AA, light and dark; nothing else is said by them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files

import pytest

from imageferry.console.statuses import look_of, sign_of
from imageferry.drawing.palette import shades
from imageferry.drawing.styles import page_sheet
from imageferry.model.statuses import OperationStatus, ResourceStatus, StackStatus

CSS = files("imageferry.console").joinpath("static/console.css").read_text()

_RULE = re.compile(r"(?P<of>[^{}]*:root[^{}]*)\{(?P<body>[^{}]*--ground:[^{}]*)\}")
_VARIABLE = re.compile(r"--([\w-]+):\s*(#[0-9a-f]{6})\b")


def _schemes() -> dict[str, Mapping[str, str]]:
    """The variables of each way a page can look, by the selector that has them."""
    return {
        " ".join(rule["of"].split("*/")[-1].split()): dict(_VARIABLE.findall(rule["body"]))
        for rule in _RULE.finditer(CSS)
    }


def _with_statuses(schemes: Mapping[str, Mapping[str, str]]) -> dict[str, Mapping[str, str]]:
    """The variables of pages with the palette's, which stand in the other style sheet."""
    light, *dark = schemes
    table = {name: one for name, one in shades().items() if not name.endswith("-soft")}
    found: dict[str, Mapping[str, str]] = {
        light: schemes[light] | {name: one.light for name, one in table.items()}
    }
    return found | {
        one: schemes[one] | {name: shade.dark for name, shade in table.items()} for one in dark
    }


SCHEMES = _with_statuses(_schemes())


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.03928 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(first: str, second: str) -> float:
    low, high = sorted((_luminance(first), _luminance(second)))
    return (high + 0.05) / (low + 0.05)


def test_light_dark_and_as_the_system_say_the_same() -> None:
    light, dark, system = SCHEMES.values()
    assert next(iter(SCHEMES)) == ":root"
    assert light.keys() == dark.keys() == system.keys()
    assert dark == system
    assert light != dark


@pytest.mark.parametrize("scheme", SCHEMES)
def test_texts_are_read_on_every_ground(scheme: str) -> None:
    colours = SCHEMES[scheme]
    texts = ["ink", "quiet", "link", *(one for one in colours if one.startswith("status-"))]
    pairs = [(text, ground) for text in texts for ground in ("ground", "sheet", "code")]
    pairs += [("main-ink", "main"), ("sheet", "status-drifted"), ("ink", "land")]
    weak = {
        f"{text} on {ground}": round(found, 2)
        for text, ground in pairs
        if (found := _contrast(colours[text], colours[ground])) < 4.5
    }
    assert not weak


@pytest.mark.parametrize("scheme", SCHEMES)
def test_edges_of_what_is_used_and_of_marks_are_seen(scheme: str) -> None:
    """3 to 1 for what is no text: the focus, the edges of fields, marks on the map."""
    colours = SCHEMES[scheme]
    pairs = [("focus", ground) for ground in ("ground", "sheet", "code")]
    pairs += [("quiet", "sheet"), ("quiet", "ground"), ("main", "sheet"), ("main", "ground")]
    pairs += [
        (one, ground)
        for one in colours
        if one.startswith("status-")
        for ground in ("land", "sheet")
    ]
    weak = {
        f"{mark} on {ground}": round(found, 2)
        for mark, ground in pairs
        if (found := _contrast(colours[mark], colours[ground])) < 3
    }
    assert not weak


def test_colours_are_variables_alone() -> None:
    """A colour of its own would stay as it is in the dark."""
    rest = _RULE.sub("", CSS)
    found = re.findall(r"#[0-9a-fA-F]{3,8}\b|\brgb\([^)]*\)|\bhsl\([^)]*\)", rest)
    # A shadow is black with either.
    assert {one for one in found if not one.startswith("rgb(0 0 0")} == set()


def test_every_status_has_a_sign_of_its_own() -> None:
    looks = {
        look_of(one) for kind in (StackStatus, ResourceStatus, OperationStatus) for one in kind
    }
    looks |= {"queued", "missing", "drifted", "unknown"}
    signs = {look: sign_of(look) for look in looks}
    assert len(set(signs.values())) == len(signs)
    for look in looks:
        assert f".status-{look} {{" in CSS
        assert f"--status-{look}:" in page_sheet()


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param(
            "@media (prefers-reduced-motion: no-preference)", id="motion where it is liked"
        ),
        pytest.param("@media (forced-colors: active)", id="colours of the reader's own"),
        pytest.param(":focus-visible", id="the focus is seen"),
        pytest.param("@media print", id="on paper"),
    ],
)
def test_the_style_cares_for(rule: str) -> None:
    assert rule in CSS


def test_nothing_moves_for_those_who_do_not_want_it() -> None:
    """Every animation and transition stands inside the rule for those who do not mind."""
    wanted = re.sub(
        r"@media \(prefers-reduced-motion: no-preference\) \{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", "", CSS
    )
    wanted = re.sub(r"@keyframes [\w-]+ \{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", "", wanted)
    assert not re.findall(r"(?:animation|transition)(?:-[a-z]+)?:(?!\s*none)", wanted)


def test_nothing_is_fetched_from_elsewhere() -> None:
    assert "@import" not in CSS
    assert not re.findall(r"url\((?!['\"]?data:)[^)]*\)", CSS)
