"""is_overgrown(desk, parts, span): how much the names in texts of Sub repeat of a template."""

from __future__ import annotations

from itertools import islice
from typing import Final

from imageferry.dialects.desk import Desk
from imageferry.model.diagnostics import Span
from imageferry.model.expressions import Expression, Literal, Pseudo, Reference, walk

_MOST: Final = 100_000


def is_overgrown(desk: Desk, parts: tuple[Expression, ...], span: Span) -> bool:
    """True (and a fault) where a name stands for so much, so often, that nobody should walk it.

    Each use of a name is its value once more, and the value may hold another Sub: what is
    repeated counts for the whole template, as it does for aliases.
    """
    uses: dict[int, int] = {}
    for part in parts:
        if not isinstance(part, Literal | Reference | Pseudo):
            uses[id(part)] = uses.get(id(part), 0) + 1
    if not uses or max(uses.values()) == 1:
        return False
    before = spent = sum(desk.repeated)
    for part in parts:
        repeats = uses.pop(id(part), 1) - 1
        if repeats:
            room = (_MOST - spent) // repeats
            spent += repeats * sum(1 for _ in islice(walk(part), room + 1))
        if spent > _MOST:
            break
    desk.repeated[:] = [spent]
    if spent > _MOST >= before:
        desk.error(
            "IF108",
            f"names in texts of 'Fn::Sub' make this template larger than {_MOST:,} values",
            span,
            why="a name stands for its value each time, and values hold further texts with names",
            remedy="use each name once, or build the text in another way",
        )
    return spent > _MOST
