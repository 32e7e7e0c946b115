"""Agenda: which steps are due, how long to wait, or finished; decided from steps and journal alone."""

from __future__ import annotations

import heapq
from collections.abc import Iterable

from imageferry.engine.steps import Steps
from imageferry.model.operations import StepRecord
from imageferry.model.statuses import StepStatus

TOGETHER = 0.01
"""Seconds by which a step may be performed early, so that those due at one moment go together."""


class Agenda:
    """What remains to be done of one wave of steps.

    It is made from the steps and the journal, and told of each later record: after a crash the
    same steps and the same journal make the same agenda. It knows no clock but the times given.
    `has_failed` is True once a step has failed.
    """

    def __init__(self, steps: Steps, records: Iterable[StepRecord], *, parallel: int = 0) -> None:
        self._steps = steps
        self._successors = steps.graph.after()
        self._missing = {name: len(before) for name, before in steps.graph.before.items()}
        self._parallel = parallel
        self._due: list[tuple[float, int, str]] = []
        self._order = {name: number for number, name in enumerate(steps.by_id)}
        self._ready: list[tuple[int, str]] = []
        self._held: set[str] = set()
        self._final: dict[str, StepStatus] = {}
        self.is_stopping = False
        self.has_failed = False
        for name, count in self._missing.items():
            if count == 0:
                heapq.heappush(self._ready, (self._order[name], name))
        started = []
        for record in records:
            if record.step_id not in self._order:
                continue
            if record.status.is_final:
                self._settle(record.step_id, record.status)
            else:
                started.append(record.step_id)
        # What was begun before a crash is due at once: its handler finds out how it stands.
        for name in started:
            self._held.add(name)
            heapq.heappush(self._due, (0.0, self._order[name], name))
        self._ready = [entry for entry in self._ready if entry[1] not in self._held]
        heapq.heapify(self._ready)

    def stop_starting(self) -> None:
        """Begin no further step; those begun are dropped as they fall due."""
        self.is_stopping = True
        self._ready.clear()
        self._due.clear()

    def due(self, now: float) -> list[str]:
        """The steps to perform now, waiting ones first; each is held until told of."""
        if self.is_stopping:
            return []
        names = []
        while self._due and self._due[0][0] <= now + TOGETHER:
            names.append(heapq.heappop(self._due)[2])
        while self._ready and (not self._parallel or len(self._held) < self._parallel):
            name = heapq.heappop(self._ready)[1]
            if name in self._final:
                continue
            self._held.add(name)
            names.append(name)
        return names

    def next_time(self) -> float | None:
        """When the next waiting step falls due; None where none waits."""
        return self._due[0][0] if self._due else None

    def wait(self, step_id: str, until: float) -> None:
        """A begun step is to be performed again at a time."""
        if not self.is_stopping:
            heapq.heappush(self._due, (until, self._order[step_id], step_id))

    def settle(self, step_id: str, status: StepStatus) -> list[str]:
        """A step has ended. Returns the steps that can now never start, because it failed."""
        return self._settle(step_id, status)

    def _settle(self, step_id: str, status: StepStatus) -> list[str]:
        if step_id in self._final:
            return []
        self._final[step_id] = status
        self._held.discard(step_id)
        if status is StepStatus.DONE:
            for successor in self._successors[step_id]:
                self._missing[successor] -= 1
                if self._missing[successor] == 0 and successor not in self._final:
                    heapq.heappush(self._ready, (self._order[successor], successor))
            return []
        self.has_failed = True
        skipped: list[str] = []
        pending = list(self._successors[step_id])
        while pending:
            name = pending.pop()
            if name not in self._final:
                self._final[name] = StepStatus.SKIPPED
                skipped.append(name)
                pending.extend(self._successors[name])
        return skipped

    @property
    def is_finished(self) -> bool:
        """True where every step has ended or never will start."""
        return len(self._final) == len(self._order)

    @property
    def failed(self) -> list[str]:
        """The steps that failed themselves."""
        return [name for name, status in self._final.items() if status is StepStatus.FAILED]
