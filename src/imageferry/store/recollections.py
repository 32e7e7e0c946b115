"""Recollection: resources as they were decoded last, so that what stays as it is is decoded once."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Final

from imageferry.model.stacks import Resource
from imageferry.store.codec import Reader, decode_resource

_MOST: Final = 6_000
"""Resources that are remembered; those of the stacks looked at longest ago are forgotten first."""

_SEALED: Final = '"$secret"'
"""What stands in the body of a resource that has secrets; they may be erased, and are read each time."""

_Kept = dict[str, tuple[str, Resource]]


@dataclass(slots=True)
class Recollection:
    """Bodies with the resources that they say, by stack and address; used by several threads.

    A body that is not the same text is decoded anew: what is remembered is never out of date.
    """

    _stacks: dict[str, _Kept] = field(default_factory=dict, repr=False)
    _turn: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def of(self, stack_id: str) -> _Kept:
        """What is remembered of a stack, by address: the body and the resource."""
        return self._stacks.get(stack_id, {})

    def keep(self, stack_id: str, kept: _Kept) -> None:
        """Remember the resources of a stack, and nothing else of it."""
        with self._turn:
            self._stacks.pop(stack_id, None)
            if kept and len(kept) <= _MOST:
                self._stacks[stack_id] = kept
            held = sum(map(len, self._stacks.values()))
            while held > _MOST:
                held -= len(self._stacks.pop(next(iter(self._stacks))))


def decoded(kept: _Kept, fresh: _Kept, reader: Reader, address: str, body: str) -> Resource:
    """The resource of a body: as it is remembered, or decoded; it is noted in `fresh`."""
    known = kept.get(address)
    if known is not None and known[0] == body:
        fresh[address] = known
        return known[1]
    resource = decode_resource(reader, address, body)
    if _SEALED not in body:
        fresh[address] = (body, resource)
    return resource
