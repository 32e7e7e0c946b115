"""Sightings: the last time that somebody has looked for orphans, kept for pages that ask no cloud."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

from imageferry.control.desk import Desk
from imageferry.control.orphans import Belonging, Orphan, Parting, Sighting, Unseen
from imageferry.model.matrix import CellStatus, MatrixCell
from imageferry.model.values import Json
from imageferry.ports.documents import Document, DocumentChanged, DocumentExists
from imageferry.ports.traces import Trace

KIND: Final = "sighting"
_LAST: Final = "last"
_NOBODYS: Final = frozenset({Belonging.ORPHAN, Belonging.UNRECORDED})


@dataclass(frozen=True, slots=True)
class KeptSighting:
    """What was seen last, and when (seconds since 1970); `regions` are those looked at then.

    `troubles` are what could not be asked about then.
    """

    seen_at: float
    regions: tuple[str, ...]
    orphans: tuple[Orphan, ...]
    troubles: tuple[Unseen, ...] = ()


_Change: TypeAlias = Callable[[KeptSighting | None, float], KeptSighting | None]
"""What is to be kept from now on, of what was kept before and the time; None where nothing changes."""


async def keep_sighting(desk: Desk, sighting: Sighting, kinds: Collection[str] = ()) -> None:
    """Keep what was seen; what is known of other regions, and of other kinds than these, stays.

    Does nothing in a house that keeps no documents.
    """
    unseen = {(one.region, one.kind) for one in sighting.troubles}

    def was_looked_at(orphan: Orphan) -> bool:
        place = (orphan.trace.region, orphan.trace.kind)
        is_meant = place[0] in sighting.regions and (not kinds or place[1] in kinds)
        return is_meant and place not in unseen

    def joined(former: KeptSighting | None, now: float) -> KeptSighting:
        others = () if former is None else former.orphans
        kept = tuple(one for one in others if not was_looked_at(one))
        found = tuple(one for one in sighting.orphans if one.belonging in _NOBODYS)
        return KeptSighting(now, sighting.regions, (*kept, *found), sighting.troubles)

    await _rewrite(desk, joined)


async def forget_parted(desk: Desk, partings: Sequence[Parting]) -> None:
    """Let go of what is gone; when was looked stays as it was."""
    gone = {one.orphan.trace.thing_id for one in partings if one.is_gone}

    def left(former: KeptSighting | None, now: float) -> KeptSighting | None:
        if former is None:
            return None
        rest = tuple(one for one in former.orphans if one.trace.thing_id not in gone)
        return replace(former, orphans=rest)

    if gone:
        await _rewrite(desk, left)


async def last_sighting(desk: Desk) -> KeptSighting | None:
    """What was seen last; None where nobody has looked, or nothing is kept here."""
    if desk.documents is None:
        return None
    found = await desk.documents.get(KIND, desk.place.account_id, _LAST)
    return None if found is None else _read(found.body)


def orphan_cell(orphan: Orphan) -> MatrixCell:
    """An orphan as a cell of the matrix, which is no stack's."""
    trace = orphan.trace
    whose = f'an operation of the stack "{orphan.stack_name}"' if orphan.stack_name else "somebody"
    return MatrixCell(
        CellStatus.ORPHAN,
        trace.region,
        "",
        trace.address,
        trace.kind,
        image_id=trace.thing_id,
        name=trace.name,
        says=trace.status,
        cause=f"{whose} left it behind, and it is in no record",
        changed_at=trace.created_at or 0.0,
    )


async def _rewrite(desk: Desk, change: _Change) -> None:
    papers, account = desk.documents, desk.place.account_id
    while papers is not None:
        now = desk.clock.now()
        kept = await papers.get(KIND, account, _LAST)
        wanted = change(None if kept is None else _read(kept.body), now)
        if wanted is None:
            return
        try:
            if kept is None:
                await papers.add(Document(KIND, account, _LAST, _written(wanted), now, now))
            else:
                await papers.change(replace(kept, body=_written(wanted), updated_at=now))
        except (DocumentExists, DocumentChanged):
            # Somebody else has looked at the same moment; both count.
            continue
        return


# --- as a document ----------------------------------------------------------------------------------


def _written(sighting: KeptSighting) -> dict[str, Json]:
    return {
        "seen_at": sighting.seen_at,
        "regions": list(sighting.regions),
        "orphans": [_orphan_json(one) for one in sighting.orphans],
        "troubles": [list(one) for one in sighting.troubles],
    }


def _orphan_json(orphan: Orphan) -> Json:
    trace = orphan.trace
    return {
        "belonging": orphan.belonging.value,
        "stack_name": orphan.stack_name,
        "region": trace.region,
        "thing_id": trace.thing_id,
        "installation": trace.installation,
        "operation_id": trace.operation_id,
        "address": trace.address,
        "kind": trace.kind,
        "name": trace.name,
        "status": trace.status,
        "created_at": trace.created_at,
        "size": trace.size,
    }


def _read(body: Mapping[str, Any]) -> KeptSighting:
    return KeptSighting(
        body["seen_at"],
        tuple(body["regions"]),
        tuple(_orphan(one) for one in body["orphans"]),
        tuple(Unseen(*one) for one in body.get("troubles", ())),
    )


def _orphan(body: Mapping[str, Any]) -> Orphan:
    return Orphan(
        Trace(
            body["region"],
            body["thing_id"],
            body["installation"],
            body["operation_id"],
            body["address"],
            body["kind"],
            body["name"],
            body["status"],
            body["created_at"],
            body["size"],
        ),
        Belonging(body["belonging"]),
        body["stack_name"],
    )
