"""What leaves a stack's record and stays in the cloud: an event that names each, with its id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from imageferry.model.events import Event
from imageferry.model.handlers import Context
from imageferry.model.stacks import Resource
from imageferry.model.statuses import OperationStatus, ResourceStatus
from imageferry.planning.undoing import set_aside
from imageferry.ports.keeping import Entry

_TURNED_BACK = {OperationStatus.ROLLED_BACK, OperationStatus.ROLLBACK_FAILED}


def retained_events(
    entry: Entry,
    removed: Sequence[Resource],
    resources: Mapping[str, Resource],
    end: OperationStatus,
    now: float,
) -> list[Event]:
    """One event for each thing that no record names from now on.

    `removed` are resources that were let go of, `resources` those that there are at the end. What
    a replacement has left behind is let go of as well, unless it was taken back.
    """
    replaced: Iterable[Resource] = ()
    if end not in _TURNED_BACK:
        aside = set_aside(entry.change_set, entry.resources, resources)
        replaced = [entry.resources[key] for key in aside]
    told = [(kept, "stays in the cloud and is no longer recorded here") for kept in removed]
    told += [(kept, "was replaced and stays in the cloud, as its policy says") for kept in replaced]
    return [
        Event(
            stack_id=entry.stack.stack_id,
            operation_id=entry.operation.operation_id,
            time=now,
            address=str(kept.address),
            type_name=kept.type_name,
            status=ResourceStatus.RETAINED,
            reason="; ".join([says, *(_left_over(leftover) for leftover in kept.leftovers)]),
            physical_id=kept.physical_id,
        )
        for kept, says in told
    ]


def _left_over(leftover: Context) -> str:
    words = " ".join(str(value) for value in leftover.values() if isinstance(value, str))
    return f"so does what it had replaced: {words}"
