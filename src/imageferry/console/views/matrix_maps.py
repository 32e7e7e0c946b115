"""matrix_map: the matrix as a map: regions with what stands there, and copies as arcs between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from markupsafe import Markup

from imageferry.console.cells import cell_path, note_of
from imageferry.console.languages import Language
from imageferry.console.pictures import drawing_words
from imageferry.console.statuses import drawn_of, look_of
from imageferry.drawing.maps import MapPlace, draw_map
from imageferry.drawing.palette import gravest
from imageferry.drawing.routes import MapRoute
from imageferry.model.matrix import CellStatus, Matrix, MatrixCell

WIDTH: Final = 900.0
HEIGHT: Final = 440.0


def matrix_map(
    matrix: Matrix, t: Language, words: Mapping[CellStatus, str], names: Mapping[str, str]
) -> Markup | None:
    """The map of a page of the matrix; None where there is nothing on it."""
    cells = [cell for row in matrix.rows for cell in row.cells] + list(matrix.orphans)
    if not cells:
        return None
    copies = [one for one in cells if one.source_region and one.source_region != one.region]
    stacks = {row.stack.stack_id: row.stack.name for row in matrix.rows}
    picture = draw_map(
        list(_places(cells, t, words, names)),
        [_route(cell, stacks, t, words) for cell in copies],
        title=t("Map of the images"),
        description=_description(matrix, t, words),
        width=WIDTH,
        height=HEIGHT,
        has_legend=False,
        words=drawing_words(t),
    )
    # Everything in a drawing was escaped when it was drawn.
    return Markup(picture.svg)  # noqa: S704


def _places(
    cells: list[MatrixCell], t: Language, words: Mapping[CellStatus, str], names: Mapping[str, str]
) -> Iterator[MapPlace]:
    by_region: dict[str, list[MatrixCell]] = {}
    for cell in cells:
        by_region.setdefault(cell.region, []).append(cell)
    for region, here in sorted(by_region.items()):
        standing = Counter(drawn_of(look_of(cell.status)) for cell in here)
        counts = Counter(cell.status for cell in here)
        said = ", ".join(f"{words[one]}: {counts[one]}" for one in CellStatus if counts[one])
        name = names.get(region, "")
        title = f"{region} {name}\n{said}" if name else f"{region}\n{said}"
        yield MapPlace(region, region, gravest(standing), len(here), title)


def _route(
    cell: MatrixCell, stacks: Mapping[str, str], t: Language, words: Mapping[CellStatus, str]
) -> MapRoute:
    word, note = words[cell.status], note_of(cell, t)
    told = [f"{stacks.get(cell.stack_id, '')} · {cell.address}: {word}"]
    if cell.percent is not None and cell.status.is_moving:
        told.append(f"{cell.percent} %")
    # What is done leads nowhere from here, so that the keyboard is soon through the map.
    is_quiet = cell.status is CellStatus.THERE
    return MapRoute(
        f"{cell.stack_id} {cell.address}",
        cell.source_region,
        cell.region,
        cell.percent,
        drawn_of(look_of(cell.status)),
        "",
        ", ".join([*told, note] if note else told),
        "" if is_quiet else cell_path(cell),
    )


def _description(matrix: Matrix, t: Language, words: Mapping[CellStatus, str]) -> str:
    said = ", ".join(
        f"{words[one]}: {matrix.counts[one]}" for one in CellStatus if matrix.counts.get(one)
    )
    return t(
        "Regions as dots, copies as arcs from their source; {counts}. The table below has each of"
        " them.",
        counts=said,
    )
