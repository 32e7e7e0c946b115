"""Plans: the change sets that somebody looks at, read once: they never change any more."""

from __future__ import annotations

from typing import Final

from imageferry.model.changes import ChangeSet
from imageferry.ports.keeping import Store

_MOST: Final = 20_000
"""So many changes are held together, and the last change set whatever it has."""


class Plans:
    """The change sets asked for last, the oldest forgotten first.

    Only those that an operation carries out, or has carried out, and those that wait under a name:
    what was only shown may be written anew.
    """

    def __init__(self) -> None:
        self._held: dict[str, ChangeSet] = {}
        self._changes = 0

    async def find(self, store: Store, change_set_id: str) -> ChangeSet | None:
        """A change set, from memory where it was asked for before; None where it is not kept."""
        held = self._held.pop(change_set_id, None)
        if held is not None:
            self._held[change_set_id] = held
            return held
        found = await store.change_set(change_set_id)
        if found is not None:
            self._hold(found)
        return found

    def _hold(self, change_set: ChangeSet) -> None:
        if change_set.change_set_id in self._held:
            return
        self._held[change_set.change_set_id] = change_set
        self._changes += len(change_set.changes)
        while self._changes > _MOST and len(self._held) > 1:
            oldest = self._held.pop(next(iter(self._held)))
            self._changes -= len(oldest.changes)
