"""What filters make of values, and what one cell of the matrix says."""

from __future__ import annotations

import pytest

from imageferry.console.cells import cell_words, shown
from imageferry.console.languages import LANGUAGES
from imageferry.console.rendering import breakable, file_name
from imageferry.model.matrix import CellStatus, MatrixCell

FILES = {
    "a path": ("/home/who/fan-out.yml", "fan-out.yml"),
    "a path of Windows": ("C:\\work\\fan-out.yml", "fan-out.yml"),
    "a name": ("fan-out.yml", "fan-out.yml"),
    "no file": ("<stdin>", "<stdin>"),
    "a folder": ("templates/", "templates"),
    "nothing but a slash": ("/", "/"),
    "nothing": ("", ""),
}


@pytest.mark.parametrize(
    ("path", "name"), [pytest.param(*one, id=name) for name, one in FILES.items()]
)
def test_a_path_of_another_machine_is_told_by_its_last_part(path: str, name: str) -> None:
    assert file_name(path) == name


def test_a_status_breaks_at_its_underscores_and_stays_a_text() -> None:
    assert breakable("CREATE_COMPLETE") == "CREATE_<wbr>COMPLETE"
    assert breakable("<b>_x") == "&lt;b&gt;_<wbr>x"
    assert breakable("there") == "there"


CELLS = {
    "copying": (CellStatus.COPYING, 0, None, 0),
    "in the queue": (CellStatus.QUEUED, 0, (2, 3), None),
    "there": (CellStatus.THERE, 100, None, None),
}


@pytest.mark.parametrize(
    ("status", "percent", "queue", "told"),
    [pytest.param(*one, id=name) for name, one in CELLS.items()],
)
def test_percents_are_of_what_moves(
    status: CellStatus, percent: int, queue: tuple[int, int] | None, told: int | None
) -> None:
    english = LANGUAGES["en"]
    cell = MatrixCell(
        status, "cn-chengdu", "stack", "Layer[1]", "type", percent=percent, queue=queue
    )
    found = shown(cell, english, cell_words(english))
    assert found.percent == told
    assert (f"{percent} %" in found.full) is (told is not None)
    assert ("place 2 of 3" in found.note) is (queue is not None)
