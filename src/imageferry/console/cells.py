"""shown: a cell of the matrix as pages show it: sign, word, note, and where more of it is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import quote

from imageferry.console.languages import Language
from imageferry.console.rendering import seconds
from imageferry.console.statuses import look_of, sign_of
from imageferry.console.visits import PREFIX, stack_path
from imageferry.model.matrix import CellStatus, MatrixCell
from imageferry.ports.regions import Regions

_LONGEST_TITLE: Final = 400


class ShownCell(NamedTuple):
    """A cell for a template: `note` is one line, `full` all that there is to be said of it."""

    look: str
    sign: str
    word: str
    percent: int | None
    note: str
    full: str
    href: str
    is_id: bool = False


def shown(cell: MatrixCell, t: Language, words: Mapping[CellStatus, str]) -> ShownCell:
    """A cell in a language, whose `words` for statuses these are."""
    look = look_of(cell.status)
    note, is_id = note_of(cell, t), False
    if not note and cell.image_id:
        note, is_id = cell.image_id, True
    said = [f"{cell.address}: {words[cell.status]}"]
    # What waits for its turn in the cloud has not begun: its place is told instead.
    is_begun = cell.status.is_moving and cell.status is not CellStatus.QUEUED
    percent = cell.percent if is_begun else None
    if percent is not None:
        said.append(f"{percent} %")
    said += [part for part in (note, cell.says, "" if is_id else cell.image_id) if part]
    return ShownCell(
        look,
        sign_of(look),
        words[cell.status],
        percent,
        note,
        " · ".join(dict.fromkeys(said))[:_LONGEST_TITLE],
        cell_path(cell),
        is_id,
    )


def note_of(cell: MatrixCell, t: Language) -> str:
    """What is wrong, the place in the queue, or how long it will take; empty where there is nothing."""
    if cell.cause:
        return cell.cause
    if cell.queue is not None:
        return t("place {place} of {many}", place=cell.queue[0], many=cell.queue[1])
    if cell.remaining is not None:
        return t("{time} left", time=seconds(cell.remaining))
    if cell.status is CellStatus.WAITING:
        return t("not begun yet")
    return ""


def cell_path(cell: MatrixCell) -> str:
    """Where more of a cell is told: the page of its copy, or that of the orphans."""
    if not cell.stack_id:
        return f"{PREFIX}/orphans"
    return stack_path(cell.stack_id, "copies", quote(cell.address, safe=""))


def cell_words(t: Language) -> Mapping[CellStatus, str]:
    """A word for each status."""
    return {
        CellStatus.THERE: t("there"),
        CellStatus.COPYING: t("copying"),
        CellStatus.QUEUED: t("queued"),
        CellStatus.WAITING: t("waiting"),
        CellStatus.CHANGING: t("changing"),
        CellStatus.DELETING: t("deleting"),
        CellStatus.FAILED: t("failed"),
        CellStatus.MISSING: t("missing"),
        CellStatus.DRIFTED: t("drifted"),
        CellStatus.ORPHAN: t("orphan"),
    }


def region_names(regions: Regions, t: Language) -> Mapping[str, str]:
    """What the published regions are called in a language."""
    is_chinese = t.code == "zh"
    return {one.region: one.chinese if is_chinese else one.english for one in regions.published()}
