"""Board: how far the operations run in this process are, for whoever watches in it."""

from __future__ import annotations

from collections.abc import Mapping

from imageferry.model.operations import StepProgress


class Board:
    """The latest progress of each running step, in memory only; the journal never needs it."""

    def __init__(self) -> None:
        self._operations: dict[str, dict[str, StepProgress]] = {}

    def open(self, operation_id: str) -> None:
        """Begin to keep an operation's progress."""
        self._operations[operation_id] = {}

    def put(self, operation_id: str, progress: StepProgress) -> None:
        """The latest of one step."""
        self._operations[operation_id][progress.address] = progress

    def progress(self, operation_id: str) -> Mapping[str, StepProgress] | None:
        """The progress by address; None where the operation is not run in this process."""
        return self._operations.get(operation_id)

    def close(self, operation_id: str) -> None:
        """The operation is not run here any longer."""
        self._operations.pop(operation_id, None)
