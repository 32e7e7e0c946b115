"""look_at(visit, stack): the resources of a stack as they stand, and how far its operation is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from imageferry.console.visits import Visit
from imageferry.control.cells import region_of
from imageferry.control.matrix import row_views
from imageferry.control.requests import ResourceView
from imageferry.model.changes import ChangeKind
from imageferry.model.operations import Operation
from imageferry.model.stacks import Stack, StackQuery
from imageferry.model.statuses import ResourceStatus
from imageferry.ports.keeping import Survey

_WHOLE: Final = frozenset({ResourceStatus.CREATED, ResourceStatus.UPDATED})
_GONE: Final = frozenset({ResourceStatus.DELETED, ResourceStatus.RETAINED})
_MOVING: Final = frozenset(
    {ResourceStatus.CREATING, ResourceStatus.UPDATING, ResourceStatus.DELETING}
)
_FAILED: Final = frozenset(
    {ResourceStatus.CREATE_FAILED, ResourceStatus.UPDATE_FAILED, ResourceStatus.DELETE_FAILED}
)


class Standing(NamedTuple):
    """A stack's resources this moment, those among them that were not begun; its last operation."""

    views: Sequence[ResourceView]
    operation: Operation | None

    @property
    def is_open(self) -> bool:
        """Whether an operation holds the stack."""
        return self.operation is not None and self.operation.status.is_open


class Tally(NamedTuple):
    """How many of a stack's resources are as they should be, of all; of those that move, how far.

    `percent` (0 to 100) and `remaining` (an estimate in seconds) are None where nothing moves, and
    the latter where nobody knows.
    """

    done: int
    total: int
    moving: int
    failed: int
    percent: int | None = None
    remaining: float | None = None


async def look_at(visit: Visit, stack: Stack) -> Standing:
    """The standing of one stack, deleted or not; raises StoreError."""
    query = StackQuery(stack.place, ids=(stack.stack_id,), with_deleted=True)
    return await standing_in(visit, stack, await visit.core.store.survey(query, 0, 1))


async def standing_in(visit: Visit, stack: Stack, survey: Survey) -> Standing:
    """The standing of one stack of a survey."""
    views = await row_views(visit.core, stack, survey, visit.desk.live, visit.now)
    return Standing(views, survey.operations.get(stack.stack_id))


def tally_of(standing: Standing) -> Tally:
    """The resources counted; where an operation is open, how far it is as a whole."""
    operation = standing.operation
    statuses = [one.resource.status for one in standing.views]
    is_deletion = operation is not None and operation.kind is ChangeKind.DELETE
    if is_deletion and standing.is_open:
        done = sum(status in _GONE for status in statuses)
    else:
        statuses = [status for status in statuses if status not in _GONE]
        done = sum(status in _WHOLE for status in statuses)
    tally = Tally(
        done,
        len(statuses),
        sum(status in _MOVING for status in statuses),
        sum(status in _FAILED for status in statuses),
    )
    if not standing.is_open or not tally.total:
        return tally
    steps = [one.progress for one in standing.views if one.elapsed is not None and one.progress]
    under_way = sum(step.percent or 0 for step in steps)
    left = [step.remaining for step in steps if step.remaining is not None]
    percent = min(100, round((100 * tally.done + under_way) / tally.total))
    return tally._replace(percent=percent, remaining=max(left, default=None))


def regions_by_address(visit: Visit, stack: Stack, views: Iterable[ResourceView]) -> dict[str, str]:
    """In which region each resource of a stack is, or is to be."""
    catalog = visit.core.catalog
    return {
        str(view.resource.address): region_of(
            catalog, view.resource.type_name, view.resource.properties, stack
        )
        for view in views
    }
