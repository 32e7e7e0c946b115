"""Distributions as people see them: what comes, what goes and what is kept and why; and as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from imageferry.cli.display.rendering import Paint, clean, counted, plain, table
from imageferry.control.distributions.outlines import Outline
from imageferry.control.distributions.past import Held
from imageferry.model.values import Json

_MOST_REGIONS: Final = 8


def outline_lines(outline: Outline, paint: Paint = plain) -> list[str]:
    """A heading with the stack's name, then each copy that goes or is kept, and why."""
    newest, name = outline.wanted.newest, clean(outline.request.stack_name)
    lines = [
        f'stack "{paint(name, "bold")}" holds the versions of this image; newest: '
        f"{clean(newest.name)} ({newest.image_id}) from {outline.wanted.source_region}"
    ]
    if outline.is_resumed:
        return [*lines, "  it is being distributed already: that is gone on with first"]
    if outline.arriving:
        lines.append(f"  new in {_regions(one.region for one in outline.arriving)}")
    lines += _rows("to go", outline.retiring)
    if outline.bringing is not None:
        lines.append("  they go once all new ones are there, after one more look at who needs them")
    lines += _rows("kept", outline.kept)
    if outline.closed:
        lines.append(f"  sold out, left out: {_regions(outline.closed)}")
    if outline.elsewhere:
        lines.append(f"  not among the destinations, left alone: {_regions(outline.elsewhere)}")
    return lines


def _regions(regions: Iterable[str]) -> str:
    found = list(dict.fromkeys(regions))
    if len(found) > _MOST_REGIONS:
        return counted(len(found), "region")
    return ", ".join(found)


def _rows(word: str, held: Iterable[Held]) -> list[str]:
    rows = [
        (
            f"  {word}",
            one.copy.region,
            one.thing_id,
            clean(one.copy.name),
            clean("; ".join(one.reasons)),
        )
        for one in held
    ]
    return [line.rstrip() for line in table(rows)]


def outline_json(outline: Outline) -> Json:
    """The value of `distribution` in the command's object."""
    wanted = outline.wanted
    return {
        "stack_name": outline.request.stack_name,
        "source_region": wanted.source_region,
        "newest": wanted.newest.image_id,
        "versions": [
            {"image_id": one.image_id, "name": one.name, "date": one.date}
            for one in wanted.versions
        ],
        "regions": list(dict.fromkeys(one.region for one in wanted.copies)),
        "arriving": [
            {"logical_id": one.logical_id, "region": one.region, "name": one.name}
            for one in outline.arriving
        ],
        "retiring": [_held_json(one) for one in outline.retiring],
        "kept": [{**_held_json(one), "reasons": list(one.reasons)} for one in outline.kept],
        "left_alone": list(outline.elsewhere),
        "sold_out": list(outline.closed),
        "resumed": outline.is_resumed,
    }


def _held_json(held: Held) -> dict[str, Json]:
    return {
        "logical_id": held.copy.logical_id,
        "region": held.copy.region,
        "image_id": held.thing_id,
        "name": held.copy.name,
        "source_image_id": held.copy.image_id,
    }
