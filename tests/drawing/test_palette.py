"""Every status has a sign, a word and colours that can be read, in the light and in the dark."""

from __future__ import annotations

import re

import pytest

from imageferry.drawing.palette import (
    ALIASES,
    GRAVITY,
    GROUNDS,
    TONES,
    StatusClass,
    contrast,
    custom_properties,
    gravest,
    shades,
)
from imageferry.drawing.standings import OF_RESOURCES, OF_STACKS, standing
from imageferry.drawing.styles import own_sheet, page_sheet
from imageferry.model.statuses import ResourceStatus, StackStatus

LETTERS = 4.5
SIGNS_AND_LINES = 3.0
MODES = ("light", "dark")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("status", StatusClass)
def test_statuses_can_be_read(status: StatusClass, mode: str) -> None:
    tone = TONES[status]
    ink, soft = getattr(tone.ink, mode), getattr(tone.soft, mode)
    for ground in (soft, getattr(GROUNDS["surface"], mode), getattr(GROUNDS["land"], mode)):
        assert contrast(ink, ground) >= LETTERS
    for letters in ("ink", "quiet"):
        assert contrast(getattr(GROUNDS[letters], mode), soft) >= LETTERS


@pytest.mark.parametrize("mode", MODES)
def test_the_rest_can_be_read(mode: str) -> None:
    colours = {name: getattr(shade, mode) for name, shade in GROUNDS.items()}
    for ground in ("surface", "land"):
        assert contrast(colours["ink"], colours[ground]) >= LETTERS
        assert contrast(colours["quiet"], colours[ground]) >= LETTERS
        assert contrast(colours["line"], colours[ground]) >= SIGNS_AND_LINES


def test_contrast_is_as_published() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#ffffff", "#ffffff") == 1


def test_no_two_statuses_look_alike() -> None:
    assert set(TONES) == set(StatusClass) == set(GRAVITY)
    assert len({tone.sign for tone in TONES.values()}) == len(TONES)
    assert len({tone.word for tone in TONES.values()}) == len(TONES)


def test_the_gravest_of_many_is_told() -> None:
    assert gravest({StatusClass.DONE: 20, StatusClass.FAILED: 1}) is StatusClass.FAILED
    assert gravest({StatusClass.DONE: 20, StatusClass.RUNNING: 0}) is StatusClass.DONE
    assert gravest({}) is StatusClass.UNKNOWN


def test_every_recorded_status_has_a_class() -> None:
    assert set(OF_RESOURCES) == set(ResourceStatus)
    assert set(OF_STACKS) == set(StackStatus)
    assert standing(ResourceStatus.CREATING) is StatusClass.RUNNING
    assert standing(ResourceStatus.CREATING, (3, 8)) is StatusClass.QUEUED
    assert standing(ResourceStatus.NOT_STARTED) is StatusClass.WAITING
    assert standing(ResourceStatus.NOT_STARTED, is_worked_on=False) is StatusClass.CANCELLED


def test_custom_properties_are_there_in_both_modes() -> None:
    blocks = re.findall(r"\{([^{}]*)\}", custom_properties(".page"))
    names = [set(re.findall(r"--([\w-]+):", block)) for block in blocks]
    assert names == [set(shades())] * 3
    assert {f"status-{name}" for name in ALIASES} <= names[0]
    assert '.page[data-theme="dark"]' in custom_properties(".page")


def test_the_sheet_of_a_page_names_only_colours_that_exist() -> None:
    sheet = page_sheet()
    assert set(re.findall(r"var\(--([\w-]+)\)", sheet)) <= set(shades())
    for status in StatusClass:
        assert f".{status.css} > .box" in sheet
        assert f".{status.css} > .box" in own_sheet()
    assert sheet.count("{") == sheet.count("}")
    assert own_sheet().count("{") == own_sheet().count("}")
