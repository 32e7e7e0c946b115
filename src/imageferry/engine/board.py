"""Board: how far the operations run in this process are, for whoever watches in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from imageferry.model.operations import StepProgress


class Board:
    """The latest progress of each running step, in memory only; the journal never needs it."""

    def __init__(self) -> None:
        self._operations: dict[str, dict[str, StepProgress]] = {}
        self._outages: dict[str, str] = {}

    def open(self, operation_id: str, former: Iterable[StepProgress] = ()) -> None:
        """Begin to keep an operation's progress, where it stood when it was run last."""
        self._operations[operation_id] = {row.address: row for row in former}
        self._outages.pop(operation_id, None)

    def put(self, operation_id: str, progress: StepProgress) -> None:
        """The latest of one step."""
        self._operations[operation_id][progress.address] = progress

    def progress(self, operation_id: str) -> Mapping[str, StepProgress] | None:
        """The progress by address; None where the operation is not run in this process."""
        return self._operations.get(operation_id)

    def close(self, operation_id: str) -> None:
        """The operation is not run here any longer."""
        self._operations.pop(operation_id, None)

    def hold_up(self, operation_id: str, why: str) -> None:
        """The operation waits for the database, until it is opened again."""
        self._outages[operation_id] = why

    def outage(self, operation_id: str) -> str | None:
        """Why an operation of this process waits for the database; None where it does not."""
        return self._outages.get(operation_id)

    def give_up(self, operation_id: str) -> None:
        """The operation does not wait for the database any longer."""
        self._outages.pop(operation_id, None)
