"""orphans: what was left in the cloud and is in no stack, as last seen; look again, and remove it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from starlette.responses import RedirectResponse, Response

from imageferry.console.cells import region_names
from imageferry.console.languages import Language
from imageferry.console.rendering import render
from imageferry.console.visits import PREFIX, Visit
from imageferry.control.orphans import Belonging, Orphan, Parting, removable
from imageferry.control.sightings import KeptSighting, last_sighting
from imageferry.model.command_lines import CommandLine, command_line

PATH: Final = f"{PREFIX}/orphans"
WORD: Final = "delete"
"""What has to be typed before anything is removed; the same in every language."""

_MOST_TROUBLES: Final = 20


class Row(NamedTuple):
    """One thing in the cloud: what it is, and whether it may be chosen."""

    orphan: Orphan
    kind: str
    what: str
    look: str
    may_go: bool


async def orphans(visit: Visit) -> Mapping[str, object]:
    """What was seen last; no cloud is asked."""
    return await _values(visit)


async def look(visit: Visit) -> Response:
    """Look in every region of the account for what is in no record."""
    await visit.plane.orphans((), visit.desk.visibility)
    return RedirectResponse(PATH, 303)


async def remove(visit: Visit) -> Response:
    """Cancel, delete or release what was chosen, once the word is typed; says what became of each."""
    t = visit.language
    sighting = await last_sighting(visit.core)
    seen = () if sighting is None else sighting.orphans
    wanted = set(visit.form.all("thing"))
    with_unrecorded = visit.form.text("unrecorded") == "yes"
    chosen = [
        one for one in seen if _key(one) in wanted and removable(one, unrecorded=with_unrecorded)
    ]
    fault = ""
    if not wanted:
        fault = t("Choose what is to be removed.")
    elif len(chosen) < len(wanted):
        fault = t(
            "Some of what was chosen was not seen lately, or belongs to an operation that nobody"
            " knows here: tick the box for those, or look again."
        )
    elif visit.form.text("confirm").strip() != WORD:
        fault = t("Type the word {word} to remove what you have chosen.", word=WORD)
    here = replace(visit, path=PATH)
    if fault:
        values = await _values(here, fault=fault, chosen=wanted, with_unrecorded=with_unrecorded)
        return render(here, "orphans", values, 400)
    partings = await visit.plane.remove_orphans(chosen, visit.desk.visibility)
    return render(here, "orphans", await _values(here, partings=partings))


async def _values(
    visit: Visit,
    *,
    fault: str = "",
    chosen: set[str] | None = None,
    with_unrecorded: bool = False,
    partings: Sequence[Parting] = (),
) -> Mapping[str, object]:
    t, desk = visit.language, visit.core
    sighting = await last_sighting(desk)
    region = visit.query.get("region", "")
    seen = () if sighting is None else sighting.orphans
    rows = [_row(one, t) for one in seen if region in {"", one.trace.region}]
    return {
        "title": t("Orphans"),
        "section": "orphans",
        "can_look": desk.census is not None,
        "sighting": sighting,
        "regions": sorted({one.trace.region for one in seen} | ({region} - {""})),
        "region": region,
        "names": region_names(desk.regions, t),
        "rows": rows,
        "key": _key,
        "has_unrecorded": any(one.orphan.belonging is Belonging.UNRECORDED for one in rows),
        "troubles": _troubles(sighting),
        "fault": fault,
        "chosen": chosen or set(),
        "with_unrecorded": with_unrecorded,
        "partings": partings,
        "word": WORD,
        "lines": _lines(visit.plane.place.cloud, region, t),
    }


def _key(orphan: Orphan) -> str:
    """What stands for one thing in the form."""
    trace = orphan.trace
    return f"{trace.region} {trace.kind} {trace.thing_id}"


def _row(orphan: Orphan, t: Language) -> Row:
    kinds = {"image": t("image"), "instance": t("instance"), "snapshot": t("snapshot")}
    what = {
        Belonging.ORPHAN: t("left behind: its operation has ended, and no stack has it"),
        Belonging.UNRECORDED: t("its operation is not in this database, or its journal was pruned"),
        Belonging.RECENT: t("just made, by an operation that is not in this database"),
        Belonging.OPEN: t("its operation is open"),
        Belonging.LET_GO: t("let go of on purpose"),
        Belonging.LATER: t("made after its operation had ended, by somebody else"),
        Belonging.SOURCE: t("another resource is made from it"),
        Belonging.FOREIGN: t("another installation's"),
    }
    return Row(
        orphan,
        kinds.get(orphan.trace.kind, orphan.trace.kind),
        what[orphan.belonging],
        "orphan" if orphan.belonging is Belonging.ORPHAN else "unknown",
        removable(orphan, unrecorded=True),
    )


def _troubles(sighting: KeptSighting | None) -> Mapping[str, object]:
    """What could not be asked about: each reason once, with the regions that gave it."""
    troubles = () if sighting is None else sighting.troubles
    reasons = Counter((one.kind, one.why) for one in troubles)
    told = [
        (kind, why, ", ".join(one.region for one in troubles if (one.kind, one.why) == (kind, why)))
        for kind, why in list(reasons)[:_MOST_TROUBLES]
    ]
    return {"told": told, "more": len(reasons) - len(told)}


def _lines(cloud: str, region: str, t: Language) -> list[CommandLine]:
    place = {"region": region, "cloud": "" if cloud == "emulator" else cloud}
    return [
        command_line("orphans", place, says=t("looks for them, and shows them")),
        command_line("orphans", {**place, "delete": True}, says=t("removes them, once you agree")),
    ]
