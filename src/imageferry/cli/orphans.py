"""`imageferry orphans`: what this installation left in the cloud and is in no record; and its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import click

from imageferry.cli.display.rendering import clean, counted, show_duration, show_moment, table
from imageferry.cli.exits import ExitCode
from imageferry.cli.flags import Flags, screen_flags, yes_option
from imageferry.cli.questions import agrees, need_answerer
from imageferry.cli.refusals import misuse
from imageferry.cli.regions import check_region
from imageferry.cli.sessions import Session, run
from imageferry.control.orphans import Orphan, Parting, Sighting, Verdict, removable
from imageferry.model.diagnostics import error
from imageferry.model.values import Json

_HEADING: Final = (
    "REGION", "IMAGE", "NAME", "STATUS", "AGE", "SIZE", "STACK", "RESOURCE", "WHAT IT IS",
)  # fmt: skip

_SAYS: Final = {
    Verdict.ORPHAN: "orphan",
    Verdict.UNRECORDED: "its operation is not in this database, or its journal was pruned",
    Verdict.RECENT: "just made, operation not in this database",
    Verdict.OPEN: "its operation is open",
    Verdict.LET_GO: "let go of on purpose",
    Verdict.LATER: "made after its operation had ended, by somebody else",
    Verdict.SOURCE: "another resource is copied from it",
    Verdict.FOREIGN: "another installation's",
}

_NEXT: Final = (
    ({Verdict.ORPHAN}, "imageferry orphans --delete", "cancels or deletes the orphans"),
    (
        {Verdict.UNRECORDED, Verdict.LET_GO},
        "imageferry adopt TEMPLATE --lineage --stack NAME",
        "takes into a stack what belongs to it",
    ),
    (
        {Verdict.FOREIGN},
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
An image whose operation is open, or that was made a moment ago by an operation that this
database does not know, is never deleted: somebody may just be recording it. Images of operations that the
database does not know at all (a restored backup) go only with --unrecorded: take them in
with "imageferry adopt --lineage" if their stack lives. Other installations' are never deleted.
""",
)
@click.option(
    "--region", "regions", metavar="REGION", multiple=True, help="Only there; may be repeated."
)
@click.option("--others", is_flag=True, help="Show other installations' images too.")
@click.option("--delete", "deletes", is_flag=True, help="Cancel or delete the orphans.")
@click.option(
    "--unrecorded", is_flag=True, help="With --delete: also those of operations nobody knows here."
)
@yes_option
@click.option(
    "--cloud",
    type=click.Choice(["emulator", "alibaba"]),
    help="Which cloud; else IMAGEFERRY_CLOUD, else emulator.",
)
@screen_flags
def orphans_command(
    regions: tuple[str, ...],
    others: bool,
    deletes: bool,
    unrecorded: bool,
    yes: bool,
    cloud: str | None,
    flags: Flags,
) -> None:
    """List what carries the lineage of this installation and is in no stack.

    Looks in every region of the account, all at once.
    """
    for region in regions:
        check_region(region)
    if (yes or unrecorded) and not deletes:
        raise misuse(
            "IF844",
            "--yes and --unrecorded mean nothing where nothing is deleted",
            remedy="give --delete as well, or leave them out",
        )
    if deletes:
        need_answerer(yes=yes, deed="orphans --delete")
    placed = replace(flags, cloud=cloud, region=regions[0] if regions else None)

    async def deed(session: Session) -> ExitCode:
        session.greet()
        plane = session.house.plane
        visibility = session.settings.visibility
        sighting = await plane.orphans(regions, visibility, others=others)
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
        [
            error("IF835", f"{region} was not asked: {why}", remedy="give the command again")
            for region, why in sighting.troubles
        ]
    )
    asked = counted(len(sighting.regions) - len(sighting.troubles), "region")
    if not sighting.orphans:
        screen.say(f"no orphans of installation {sighting.installation} in {asked}")
        return
    rows = [_row(one, now) for one in sighting.orphans]
    lines = table(rows, _HEADING)
    screen.say(screen.paint(lines[0], "bold"), *lines[1:])
    screen.say(f"{counted(len(rows), 'image')} in {asked}, in no record of this database")
    met = {one.verdict for one in sighting.orphans}
    screen.say(*(f"  {command}  {says}" for verdicts, command, says in _NEXT if met & verdicts))


def _row(orphan: Orphan, now: float) -> tuple[str, ...]:
    trace = orphan.trace
    what = _SAYS[orphan.verdict]
    if orphan.verdict is Verdict.FOREIGN:
        what += f" ({clean(trace.installation)})"
    return (
        clean(trace.region),
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
    under_way = sum(one.trace.is_under_way for one in chosen)
    rest = len(chosen) - under_way
    deeds = [f"delete {counted(rest, 'image')}"] if rest else []
    deeds += [f"cancel {counted(under_way, 'copy', 'copies')}"] if under_way else []
    return f"{' and '.join(deeds)}?"


def _tell_kept(session: Session, orphans: Sequence[Orphan], chosen: Sequence[Orphan]) -> None:
    """What is not deleted although it is shown, by why."""
    kept = [one for one in orphans if one not in chosen]
    for verdict in dict.fromkeys(one.verdict for one in kept):
        number = sum(one.verdict is verdict for one in kept)
        remedy = ""
        if verdict is Verdict.UNRECORDED:
            remedy = '; "imageferry adopt --lineage" takes them in, --unrecorded deletes them'
        session.screen.say(f"not deleted: {counted(number, 'image')} ({_SAYS[verdict]}){remedy}")
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
        "troubles": [{"region": region, "message": why} for region, why in sighting.troubles],
    }


def _orphan_json(orphan: Orphan, parting: Parting | None) -> dict[str, Json]:
    trace = orphan.trace
    return {
        "region": trace.region,
        "image_id": trace.thing_id,
        "name": trace.name,
        "status": trace.status,
        "created_at": None if trace.created_at is None else show_moment(trace.created_at),
        "size": trace.size,
        "installation": trace.installation,
        "operation_id": trace.operation_id,
        "logical_id": trace.address,
        "stack_name": orphan.stack_name or None,
        "verdict": orphan.verdict.value,
        "deleted": parting is not None and parting.is_gone,
        "said": [] if parting is None else list(parting.said),
    }
