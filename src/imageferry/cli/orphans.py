"""`imageferry orphans`: what this installation left in the cloud and is in no record; and its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import click

from imageferry.cli.display.rendering import clean, counted, show_duration, show_moment, table
from imageferry.cli.exits import ExitCode
from imageferry.cli.flags import Flags, cloud_option, screen_flags, yes_option
from imageferry.cli.questions import agrees, need_answerer
from imageferry.cli.refusals import misuse
from imageferry.cli.regions import check_region
from imageferry.cli.sessions import Session, run
from imageferry.control.orphans import Belonging, Orphan, Parting, Sighting, Unseen, removable
from imageferry.model.diagnostics import error
from imageferry.model.values import Json
from imageferry.ports.traces import Trace

_HEADING: Final = (
    "REGION", "KIND", "ID", "NAME", "STATUS", "AGE", "SIZE", "STACK", "RESOURCE", "WHAT IT IS",
)  # fmt: skip

_PLURAL: Final = {"image": "images", "instance": "instances", "snapshot": "snapshots"}
_ASK_AGAIN: Final = "give the command again; --kind and --region leave out what need not be asked"

_SAYS: Final = {
    Belonging.ORPHAN: "orphan",
    Belonging.UNRECORDED: "its operation is not in this database, or its journal was pruned",
    Belonging.RECENT: "just made, operation not in this database",
    Belonging.OPEN: "its operation is open",
    Belonging.LET_GO: "let go of on purpose",
    Belonging.LATER: "made after its operation had ended, by somebody else",
    Belonging.SOURCE: "another resource is made from it",
    Belonging.FOREIGN: "another installation's",
}

_NEXT: Final = (
    ({Belonging.ORPHAN}, "imageferry orphans --delete", "removes the orphans"),
    (
        {Belonging.UNRECORDED, Belonging.LET_GO},
        "imageferry adopt TEMPLATE --lineage --stack NAME",
        "takes into a stack what belongs to it",
    ),
    (
        {Belonging.FOREIGN},
        "imageferry adopt TEMPLATE --lineage --installation ID --stack NAME",
        "takes over what a lost installation had",
    ),
)


@click.command(
    "orphans",
    epilog="""\b
Examples:
  imageferry orphans
  imageferry orphans --region cn-beijing --region ap-southeast-1 --others --json
  imageferry orphans --delete

\b
Found are images, instances and snapshots. A copy that runs is cancelled, an image or a snapshot
deleted, an instance released, unless it is protected or prepaid.

\b
What has an open operation, or was made a moment ago by an operation that this database does
not know, is never deleted: somebody may just be recording it. What is of operations that the
database does not know at all (a restored backup) goes only with --unrecorded: take it in
with "imageferry adopt --lineage" if its stack lives. Other installations' things are never deleted.
""",
)
@click.option(
    "--region", "regions", metavar="REGION", multiple=True, help="Only there; may be repeated."
)
@click.option(
    "--kind",
    "kinds",
    metavar="KIND",
    multiple=True,
    help="Only image, instance or snapshot; may be repeated.",
)
@click.option("--others", is_flag=True, help="Show other installations' things too.")
@click.option("--delete", "deletes", is_flag=True, help="Cancel, delete or release the orphans.")
@click.option(
    "--unrecorded", is_flag=True, help="With --delete: also those of operations nobody knows here."
)
@yes_option
@cloud_option
@screen_flags
def orphans_command(
    regions: tuple[str, ...],
    kinds: tuple[str, ...],
    others: bool,
    deletes: bool,
    unrecorded: bool,
    yes: bool,
    cloud: str | None,
    flags: Flags,
) -> None:
    """List what carries the lineage of this installation and is in no stack.

    Looks for images, instances and snapshots in every region of the account, all at once.
    """
    for region in regions:
        check_region(region)
    if (yes or unrecorded) and not deletes:
        raise misuse(
            "IF844",
            "--yes and --unrecorded mean nothing where nothing is deleted",
            remedy="give --delete as well, or leave them out",
        )
    wrong = [kind for kind in kinds if kind not in _PLURAL]
    if wrong:
        raise misuse(
            "IF844",
            f'"{wrong[0]}" is no kind of thing that carries a lineage',
            remedy=f"one of {', '.join(_PLURAL)}",
        )
    if deletes:
        need_answerer(yes=yes, deed="orphans --delete")
    placed = replace(flags, cloud=cloud, region=regions[0] if regions else None)

    async def deed(session: Session) -> ExitCode:
        session.greet()
        plane = session.house.plane
        visibility = session.settings.visibility
        sighting = await plane.orphans(regions, visibility, others=others, kinds=kinds)
        _tell(session, sighting)
        chosen = [one for one in sighting.orphans if removable(one, unrecorded=unrecorded)]
        partings: list[Parting] = []
        if deletes:
            _tell_kept(session, sighting.orphans, chosen)
            if chosen and not yes and not agrees(session.screen, _question(chosen)):
                session.screen.warn(["nothing was done"])
                return ExitCode.FAILED
            partings = await plane.remove_orphans(chosen, visibility)
            _tell_partings(session, partings)
        session.screen.give(_document(session, sighting, partings))
        failed = sighting.troubles or any(not one.is_gone for one in partings)
        return ExitCode.FAILED if failed else ExitCode.DONE

    run(placed, deed)


def _tell(session: Session, sighting: Sighting) -> None:
    screen, now = session.screen, session.house.clock.now()
    screen.diagnose(
        error("IF835", words, remedy=_ASK_AGAIN) for words in _troubles(sighting.troubles)
    )
    silent = {one.region for one in sighting.troubles}
    asked = counted(len(sighting.regions) - len(silent), "region")
    if not sighting.orphans:
        screen.say(f"no orphans of installation {sighting.installation} in {asked}")
        return
    rows = [_row(one, now) for one in sighting.orphans]
    lines = table(rows, _HEADING)
    screen.say(screen.paint(lines[0], "bold"), *lines[1:])
    told = _counts([one.trace for one in sighting.orphans])
    screen.say(f"{told} in {asked}, in no record of this database")
    screen.say(*_ways(sighting.orphans))


def _troubles(troubles: Sequence[Unseen]) -> list[str]:
    """Who may not see things of a kind at all is told so once, and not for each region."""
    told: list[str] = []
    for kind in dict.fromkeys(one.kind for one in troubles):
        mute = [one for one in troubles if one.kind == kind]
        where = ", ".join(one.region for one in mute)
        why = f"; {mute[0].region} says: " if len(mute) > 1 else ": "
        told.append(f"{where} was not asked for {_PLURAL[kind]}{why}{mute[0].why}")
    return told


def _counts(traces: Sequence[Trace]) -> str:
    """`2 images and 1 snapshot`."""
    numbers = {kind: sum(one.kind == kind for one in traces) for kind in _PLURAL}
    return " and ".join(counted(number, kind) for kind, number in numbers.items() if number)


def _ways(orphans: Sequence[Orphan]) -> list[str]:
    """What can be done next; nothing but images can be taken in."""
    removal, *adoptions = _NEXT
    met = {one.belonging for one in orphans}
    images = {one.belonging for one in orphans if one.trace.kind == "image"}
    ways = [removal] if met & removal[0] else []
    ways += [one for one in adoptions if images & one[0]]
    return [f"  {command}  {says}" for _, command, says in ways]


def _row(orphan: Orphan, now: float) -> tuple[str, ...]:
    trace = orphan.trace
    what = _SAYS[orphan.belonging]
    if orphan.belonging is Belonging.FOREIGN:
        what += f" ({clean(trace.installation)})"
    return (
        clean(trace.region),
        trace.kind,
        clean(trace.thing_id),
        clean(trace.name) or "-",
        clean(trace.status) or "-",
        "-" if trace.created_at is None else show_duration(now - trace.created_at),
        "-" if trace.size is None else f"{trace.size} GiB",
        clean(orphan.stack_name) or "-",
        clean(trace.address),
        what,
    )


def _question(chosen: Sequence[Orphan]) -> str:
    by_deed: dict[str, list[Trace]] = {}
    for one in chosen:
        by_deed.setdefault(_deed(one.trace), []).append(one.trace)
    return f"{', and '.join(f'{deed} {_counts(traces)}' for deed, traces in by_deed.items())}?"


def _deed(trace: Trace) -> str:
    if trace.kind == "instance":
        return "release"
    return "cancel" if trace.kind == "image" and trace.is_under_way else "delete"


def _tell_kept(session: Session, orphans: Sequence[Orphan], chosen: Sequence[Orphan]) -> None:
    """What is not deleted although it is shown, by why."""
    kept = [one for one in orphans if one not in chosen]
    for belonging in dict.fromkeys(one.belonging for one in kept):
        remedy = ""
        if belonging is Belonging.UNRECORDED:
            remedy = '; "imageferry adopt --lineage" takes them in, --unrecorded deletes them'
        told = _counts([one.trace for one in kept if one.belonging is belonging])
        session.screen.say(f"not deleted: {told} ({_SAYS[belonging]}){remedy}")
    if not chosen:
        session.screen.say("there is nothing to delete")


def _tell_partings(session: Session, partings: Sequence[Parting]) -> None:
    screen = session.screen
    for parting in partings:
        trace = parting.orphan.trace
        said = "; ".join(clean(sentence) for sentence in parting.said)
        place = f"{clean(trace.thing_id)} in {clean(trace.region)}"
        if parting.is_gone:
            screen.say(f"{place} is gone" + (f"; {said}" if said else ""))
        else:
            screen.diagnose([error("IF836", f"{place} is still there: {said}")])


def _document(session: Session, sighting: Sighting, partings: Sequence[Parting]) -> dict[str, Json]:
    ends = {parting.orphan.trace.thing_id: parting for parting in partings}
    place = session.house.plane.place
    return {
        "cloud": place.cloud,
        "account_id": place.account_id,
        "installation": sighting.installation,
        "regions": list(sighting.regions),
        "orphans": [_orphan_json(one, ends.get(one.trace.thing_id)) for one in sighting.orphans],
        "troubles": [
            {"region": one.region, "kind": one.kind, "message": one.why}
            for one in sighting.troubles
        ],
    }


def _orphan_json(orphan: Orphan, parting: Parting | None) -> dict[str, Json]:
    trace = orphan.trace
    return {
        "region": trace.region,
        "kind": trace.kind,
        "id": trace.thing_id,
        "image_id": trace.thing_id if trace.kind == "image" else None,
        "name": trace.name,
        "status": trace.status,
        "created_at": None if trace.created_at is None else show_moment(trace.created_at),
        "size": trace.size,
        "installation": trace.installation,
        "operation_id": trace.operation_id,
        "logical_id": trace.address,
        "stack_name": orphan.stack_name or None,
        "verdict": orphan.belonging.value,
        "deleted": parting is not None and parting.is_gone,
        "said": [] if parting is None else list(parting.said),
    }
