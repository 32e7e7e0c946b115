"""Half a megabyte of every shape that could be hard to read ends in a template or diagnostics."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from imageferry.control.examination import examine
from tests.properties.edges import EDGES
from tests.properties.examining import CATALOG, lines_of, wrongs_of


@pytest.mark.parametrize("made", EDGES.values(), ids=EDGES.keys())
def test_a_hard_shape_is_read_to_its_end(made: Callable[[], str]) -> None:
    source = made().encode()
    examination = examine(source, "t.yml", CATALOG)
    assert wrongs_of(examination.diagnostics, lines_of(source)) == []
