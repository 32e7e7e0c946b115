"""Recollection: what templates say of outputs, kept in memory for those who ask again and again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from imageferry.model.stacks import Stack

_MOST: Final = 20_000

_Key = tuple[str, str | None, float]


class Recollection:
    """The descriptions of the outputs of the stacks that were asked for last.

    To read a template takes longer than everything else that is told of a stack. One that was
    operated on since is another: its template may have changed.
    """

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._kept: dict[_Key, Mapping[str, str]] = {}

    def find(self, stack: Stack) -> Mapping[str, str] | None:
        """The descriptions by output; None where they are not known, or not any more."""
        return self._kept.get(_key(stack))

    def keep(self, stack: Stack, descriptions: Mapping[str, str]) -> None:
        """Remember them; of too many the first ones are forgotten."""
        self._kept[_key(stack)] = descriptions
        while len(self._kept) > self._most:
            del self._kept[next(iter(self._kept))]


def _key(stack: Stack) -> _Key:
    return stack.stack_id, stack.operation_id, stack.updated_at
