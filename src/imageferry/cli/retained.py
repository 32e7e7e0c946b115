"""What left a stack's record and stays in the cloud, named at the end of a command with its id."""

from __future__ import annotations

from collections.abc import Sequence

from imageferry.cli.display.rendering import clean
from imageferry.cli.sessions import Session
from imageferry.model.changes import Action, ChangeSet
from imageferry.model.events import Event
from imageferry.model.operations import Operation
from imageferry.model.statuses import ResourceStatus
from imageferry.model.values import Json

_PAGE = 1000


async def retained_by(
    session: Session, operation: Operation, change_set: ChangeSet | None
) -> list[Event]:
    """The events of an operation that name what stays; nothing is read where nothing could."""
    if change_set is None or not any(
        change.retained
        or (change.action is Action.REPLACE and change.repairs and change.wanted is not None)
        for change in change_set.changes
    ):
        return []
    found: list[Event] = []
    after = 0
    while True:
        page = await session.house.plane.events(operation.stack_id, after, _PAGE)
        found += [
            event
            for event in page
            if event.operation_id == operation.operation_id
            and event.status is ResourceStatus.RETAINED
        ]
        if len(page) < _PAGE:
            return found
        after = page[-1].sequence


def retained_lines(events: Sequence[Event]) -> list[str]:
    """One line for each thing that stays."""
    if not events:
        return []
    return [
        "these stay in the cloud and are recorded here no longer:",
        *(
            f"  {clean(event.address)}  {clean(event.physical_id or '-')}  {clean(event.type_name)}"
            for event in events
        ),
    ]


def retained_json(events: Sequence[Event]) -> list[Json]:
    """What stays, for scripts that adopt it again."""
    return [
        {
            "logical_id": event.address,
            "type": event.type_name,
            "physical_id": event.physical_id,
        }
        for event in events
    ]
