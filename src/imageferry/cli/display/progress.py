"""Row and Roster: how far each resource of a running operation is, told from events and progress."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from imageferry.cli.display.change_sets import route_of
from imageferry.cli.display.rendering import clean, counted, show_duration
from imageferry.model.changes import Action, ChangeSet
from imageferry.model.events import Event
from imageferry.model.operations import StepProgress
from imageferry.model.statuses import ResourceStatus

_RUNNING: Final = frozenset(
    {ResourceStatus.CREATING, ResourceStatus.UPDATING, ResourceStatus.DELETING}
)
_BETWEEN: Final = "; "
"""What stands between the sentences of a reason."""
_WORD: Final = re.compile(r"[\w-]+")
_FAILED: Final = frozenset(
    {ResourceStatus.CREATE_FAILED, ResourceStatus.UPDATE_FAILED, ResourceStatus.DELETE_FAILED}
)


@dataclass(frozen=True, slots=True)
class Row:
    """One resource while people watch. Times are seconds since 1970, `remaining` is seconds."""

    label: str
    route: str
    status: ResourceStatus = ResourceStatus.NOT_STARTED
    percent: int | None = None
    says: str = ""
    remaining: float | None = None
    queue: tuple[int, int] | None = None
    physical_id: str = ""
    reason: str = ""
    began_at: float | None = None
    ended_at: float | None = None

    @property
    def is_running(self) -> bool:
        """True while the resource is being worked on."""
        return self.status in _RUNNING

    @property
    def has_failed(self) -> bool:
        """True where the resource's last step failed."""
        return self.status in _FAILED

    @property
    def has_ended(self) -> bool:
        """True where nothing more is expected of the resource, as far as is known."""
        return not self.is_running and self.status is not ResourceStatus.NOT_STARTED

    def elapsed(self, now: float) -> float | None:
        """Seconds since its work began, or that its work took."""
        if self.began_at is None:
            return None
        return max(0.0, (self.ended_at if self.ended_at is not None else now) - self.began_at)


class Roster:
    """The rows of one operation. Events say what changed; progress says how far it is."""

    def __init__(self, change_set: ChangeSet | None) -> None:
        changes = () if change_set is None else change_set.changes
        self._rows: dict[str, Row] = {
            str(change.address): Row(
                clean(str(change.address)),
                route_of(change, change_set.region if change_set else ""),
            )
            for change in changes
            if change.action is not Action.NONE
        }

    def note(self, event: Event) -> None:
        """Take in a change of status of one resource."""
        if not event.address or not isinstance(event.status, ResourceStatus):
            return
        row = self._rows.get(event.address) or Row(clean(event.address), "")
        begins = event.status in _RUNNING
        began_at = row.began_at
        if begins and not row.is_running:
            began_at = event.time
        self._rows[event.address] = replace(
            row,
            status=event.status,
            physical_id=clean(event.physical_id or row.physical_id),
            reason=clean(event.reason),
            percent=row.percent if begins and row.is_running else None,
            remaining=row.remaining if begins and row.is_running else None,
            queue=row.queue if begins and row.is_running else None,
            says=row.says if begins and row.is_running else "",
            began_at=began_at,
            ended_at=None if begins else event.time,
        )

    def take(self, progress: Mapping[str, StepProgress]) -> None:
        """Take in how far the running steps are."""
        for address, step in progress.items():
            row = self._rows.get(address)
            if row is not None and row.is_running:
                self._rows[address] = replace(
                    row,
                    percent=step.percent,
                    says=clean(step.says),
                    remaining=step.remaining,
                    queue=step.queue,
                )

    def rows(self) -> list[Row]:
        """Every row, in the order of the change set."""
        return list(self._rows.values())


def summary_of(rows: Iterable[Row], elapsed: float) -> str:
    """`3 of 20 done, 5 running, 1 failed, 12 waiting, 1m05s, about 2m left`."""
    everything = list(rows)
    running = [row for row in everything if row.is_running]
    failed = sum(1 for row in everything if row.has_failed)
    done = sum(1 for row in everything if row.has_ended) - failed
    waiting = len(everything) - len(running) - failed - done
    parts = [f"{done} of {counted(len(everything), 'resource')} done"]
    queued = sum(1 for row in running if row.queue is not None)
    parts += [f"{len(running) - queued} running"] if len(running) > queued else []
    parts += [f"{queued} queued"] if queued else []
    parts += [f"{failed} failed"] if failed else []
    parts += [f"{waiting} waiting"] if waiting else []
    parts.append(show_duration(elapsed))
    estimates = [row.remaining for row in running if row.remaining is not None]
    parts += [f"about {show_duration(max(estimates))} left"] if estimates else []
    return ", ".join(parts)


def remarks_of(rows: Iterable[Row], told: Iterable[str] = ()) -> list[str]:
    """What is to be known of resources that came to a good end, such as what was kept of them.

    A sentence that names one of the ids that are `told` elsewhere is left out.
    """
    known = set(told)
    remarks = []
    for row in rows:
        if row.reason and row.has_ended and not row.has_failed:
            sentences = row.reason.split(_BETWEEN)
            rest = [said for said in sentences if known.isdisjoint(_WORD.findall(said))]
            remarks += [f"{row.label}: {_BETWEEN.join(rest)}"] if rest else []
    return remarks


def slowest(rows: Iterable[Row]) -> Row | None:
    """The running row that has furthest to go."""
    running = [row for row in rows if row.is_running]
    return min(running, key=lambda row: (row.percent or 0, row.label), default=None)


def visible(rows: list[Row], height: int) -> list[Row]:
    """The rows that a screen of so many lines has room for: all, or the most telling ones.

    Running ones come first, then failed, ended and waiting ones; the order of the change set is
    kept among those chosen.
    """
    if len(rows) <= height:
        return rows
    rank = {id(row): _interest(row) for row in rows}
    chosen = sorted(rows, key=lambda row: rank[id(row)])[: max(0, height)]
    kept = {id(row) for row in chosen}
    return [row for row in rows if id(row) in kept]


def _interest(row: Row) -> int:
    if row.is_running:
        return 0
    if row.has_failed:
        return 1
    return 2 if row.has_ended else 3
