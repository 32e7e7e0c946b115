"""`imageferry drift`: what was changed in the cloud behind a stack's back; nothing is changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import click

from imageferry.cli.comparing import code_of_unknown, comparing
from imageferry.cli.display.rendering import (
    Paint,
    clean,
    counted,
    plain,
    show_moment,
    show_value,
    table,
)
from imageferry.cli.display.views import leftover_words
from imageferry.cli.display.ways import deploying
from imageferry.cli.exits import ExitCode
from imageferry.cli.flags import Flags, house_flags, stack_option
from imageferry.cli.sessions import Session, run
from imageferry.cli.stacks import find_stack
from imageferry.model.addresses import PropertyPath, render_path
from imageferry.model.diagnostics import Diagnostic, error
from imageferry.model.drift import (
    RESOURCE_DRIFT_WORDS,
    STACK_DRIFT_WORDS,
    Difference,
    DifferenceKind,
    ResourceDrift,
    ResourceDriftStatus,
    StackDrift,
    StackDriftStatus,
)
from imageferry.model.stacks import Stack
from imageferry.model.values import Json, mask

_COLOURS: Final = {
    ResourceDriftStatus.IN_SYNC: "green",
    ResourceDriftStatus.MODIFIED: "yellow",
    ResourceDriftStatus.DELETED: "red",
    ResourceDriftStatus.NOT_CHECKED: "dim",
    ResourceDriftStatus.UNKNOWN: "red",
}


@click.command(
    "drift",
    epilog="""\b
Examples:
  imageferry drift --stack golden
  imageferry drift -s golden --resource Copies --resource 'Other[2]' --json
  imageferry drift -s golden --quiet || imageferry deploy copy.yml -s golden --refresh

\b
Exits with 0 where nothing differs, 7 where something does, 1 where something could not be looked at,
10 while the stack is being changed.
""",
)
@stack_option
@click.option(
    "--resource",
    "logical_ids",
    metavar="LOGICAL_ID",
    multiple=True,
    help="Only this resource, or this instance of it (`Name[0]`). May be repeated.",
)
@click.option("--quiet", "-q", is_flag=True, help="Say only what differs.")
@house_flags
def drift_command(stack_name: str, logical_ids: tuple[str, ...], quiet: bool, flags: Flags) -> None:
    """Compare every property of a stack's resources with the cloud, and change nothing."""

    async def deed(session: Session) -> ExitCode:
        stack = await find_stack(session, stack_name)
        with comparing():
            drift = await session.house.plane.drift(stack, logical_ids)
        session.screen.say(*drift_lines(stack, drift, session.screen.paint, quiet=quiet))
        session.screen.diagnose(_unanswered(drift))
        session.screen.give(drift_json(stack, drift))
        return exit_code(drift)

    run(flags, deed)


def exit_code(drift: StackDrift) -> ExitCode:
    """What the command exits with: drift before anything that could not be looked at."""
    statuses = {one.status for one in drift.resources}
    if any(status.is_drift for status in statuses):
        return ExitCode.DRIFT_FOUND
    if ResourceDriftStatus.UNKNOWN not in statuses:
        return ExitCode.DONE
    return code_of_unknown(one.error_code for one in drift.resources)


def _unanswered(drift: StackDrift) -> list[Diagnostic]:
    return [
        error(
            "IF847",
            f"{one.address} could not be looked at: {one.reason}",
            why="whether it has drifted is not known",
            remedy="give the command again; it changes nothing",
        )
        for one in drift.resources
        if one.status is ResourceDriftStatus.UNKNOWN
    ]


def drift_lines(
    stack: Stack, drift: StackDrift, paint: Paint = plain, *, quiet: bool = False
) -> list[str]:
    """One line a resource and one a difference, then a summary; `quiet` leaves out what is well."""
    words = RESOURCE_DRIFT_WORDS[stack.dialect]
    shown = [one for one in drift.resources if one.status.is_drift or not quiet]
    rows = table(
        [
            (clean(str(one.address)), words[one.status], clean(one.physical_id or "-"))
            for one in shown
        ]
    )
    lines = []
    for one, row in zip(shown, rows, strict=True):
        word = words[one.status]
        lines.append("  " + row.replace(word, paint(word, _COLOURS[one.status]), 1))
        lines += [f"      {line}" for line in _details(one)]
    if quiet and not shown:
        return []
    lines += [*([""] if lines else []), paint(_summary(stack, drift), "bold")]
    if drift.status is StackDriftStatus.DRIFTED and not quiet:
        way = f"{deploying(stack)} --refresh"
        lines.append(f"  {way}  sets back what can be set back")
    return lines


def _details(drift: ResourceDrift) -> list[str]:
    lines = [_difference_line(one) for one in drift.differences]
    if drift.reason and drift.status is not ResourceDriftStatus.UNKNOWN:
        lines.append(clean(drift.reason))
    lines += [
        f"left over, and gone by now: {leftover_words(leftover)}"
        for leftover in drift.gone_leftovers
    ]
    return lines


def _difference_line(difference: Difference) -> str:
    path = clean(_shown_path(difference.path))
    wanted, actual = show_value(difference.wanted), show_value(difference.actual)
    if not difference.is_property:
        return f"{path}: {clean(str(difference.actual))}, and should be {difference.wanted}"
    match difference.kind:
        case DifferenceKind.ADD:
            return f"{path}: {actual} was added"
        case DifferenceKind.REMOVE:
            return f"{path}: {wanted} was removed"
        case DifferenceKind.NOT_EQUAL:
            return f"{path}: {wanted} is {actual} in the cloud"


def _shown_path(path: PropertyPath) -> str:
    """The entry of a list stands in brackets: its name may be anything."""
    head, *entry = path
    return render_path((head,)) + "".join(f"[{part}]" for part in entry)


def _summary(stack: Stack, drift: StackDrift) -> str:
    mark = drift.mark
    word = STACK_DRIFT_WORDS[stack.dialect][drift.status]
    said = (
        f'stack "{clean(stack.name)}" is {word}: {mark.drifted} of'
        f" {counted(mark.checked, 'resource')} drifted"
    )
    left_out = len(drift.resources) - mark.checked
    return f"{said}, {left_out} not checked" if left_out else said


def drift_json(stack: Stack, drift: StackDrift) -> dict[str, Json]:
    """The object of `drift --json`."""
    return {
        "stack_id": stack.stack_id,
        "stack_name": stack.name,
        "cloud": stack.place.cloud,
        "region": stack.place.region,
        "dialect": stack.dialect,
        "drift_status": STACK_DRIFT_WORDS[stack.dialect][drift.status],
        "checked_at": show_moment(drift.checked_at),
        "drifted": drift.mark.drifted,
        "checked": drift.mark.checked,
        "resources": [_resource_json(one, stack.dialect) for one in drift.resources],
    }


def _resource_json(drift: ResourceDrift, dialect: str) -> dict[str, Json]:
    return {
        "logical_id": str(drift.address),
        "type": drift.type_name,
        "physical_id": drift.physical_id,
        "drift_status": RESOURCE_DRIFT_WORDS[dialect][drift.status],
        "reason": drift.reason,
        "differences": _differences_json(drift.differences),
        "gone_leftovers": [dict(leftover) for leftover in drift.gone_leftovers],
    }


def _differences_json(differences: Sequence[Difference]) -> list[Json]:
    return [
        {
            "path": _shown_path(one.path),
            "type": one.kind.value,
            "wanted": mask(one.wanted),
            "actual": mask(one.actual),
            "is_property": one.is_property,
        }
        for one in differences
    ]
