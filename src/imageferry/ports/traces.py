"""Trace, Census, Adopter: the sockets through which what we left in a cloud is found and taken in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from imageferry.model.addresses import ResourceAddress
from imageferry.model.handlers import Context
from imageferry.model.schemas import Problem
from imageferry.model.stacks import Resource
from imageferry.model.values import Value


@dataclass(frozen=True, slots=True)
class Trace:
    """One thing in a cloud that says by whose operation, and for which address, it was made.

    `address` is as the thing says it, cut where it is long: `Census.is_for` compares. `created_at` is
    in seconds since 1970, `size` in GiB, each None where the cloud does not say. `is_whole` is True
    where the thing is finished and could be used, `is_under_way` while it is being made. `kind` is one
    word of `Census.kinds`.
    """

    region: str
    thing_id: str
    installation: str
    operation_id: str
    address: str
    kind: str = "image"
    name: str = ""
    status: str = ""
    created_at: float | None = None
    size: int | None = None
    is_whole: bool = False
    is_under_way: bool = False


class TraceTrouble(Exception):
    """A region could not be asked, in words for people."""


class TraceEnd(Enum):
    """What became of a trace that was to go."""

    GONE = "gone"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class TraceRemoval:
    """How far a removal is: ended as `end`, or to go on with `notes` after `pause` seconds.

    `acts`: the next call changes something. `said` are sentences for people: why it was kept, or
    what it leaves behind.
    """

    end: TraceEnd | None
    notes: Context = field(default_factory=dict)
    pause: float = 0.0
    acts: bool = False
    said: tuple[str, ...] = ()


class Census(Protocol):
    """Finds what carries a lineage, and removes it."""

    @property
    def kinds(self) -> Sequence[str]:
        """The kinds of things that carry one, each one word for people: `image`."""
        ...

    @property
    def adoptable(self) -> Sequence[str]:
        """Those of the kinds for which some type has an `Adopter`."""
        ...

    async def regions(self) -> Sequence[str]:
        """Every region of the account, sorted; raises TraceTrouble."""
        ...

    async def traces(self, region: str, kind: str) -> Sequence[Trace]:
        """What of one kind carries a lineage in a region, whosever it is; raises TraceTrouble."""
        ...

    async def remove(self, trace: Trace, notes: Context, now: float) -> TraceRemoval:
        """Bring the removal of one trace forward by one call at most.

        Begins with empty notes, and looks once more before anything is deleted: what no longer
        carries the lineage of the trace is kept.
        """
        ...

    def is_for(self, trace: Trace, address: ResourceAddress) -> bool:
        """True where the trace was made for that address."""
        ...


@dataclass(frozen=True, slots=True)
class Candidate:
    """A thing that is to be taken in: which, for whom, and as what.

    `properties` are conformed values with UNKNOWN inside; `region` is the stack's, `installation`
    ours. `taken_over` are other installations whose things may be taken over.
    """

    thing_id: str
    properties: Mapping[str, Value]
    region: str
    installation: str
    taken_over: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a look at a candidate has shown.

    `adopts` is handed to the handler as `HandlerRequest.adopts`; `problems` say why it cannot be
    taken in; `changes` are the properties that will be brought to what is wanted: name, value now,
    value then. `assumed` are properties that nobody can read from the thing, taken as they are
    wanted; `remarks` are sentences for people. `operation_id` is the operation of ours that made the
    thing, where it says so.
    """

    adopts: Context
    problems: tuple[Problem, ...] = ()
    changes: tuple[tuple[str, Value, Value], ...] = ()
    assumed: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    operation_id: str = ""


class Adopter(Protocol):
    """A type's way of taking in a thing that exists already."""

    async def inspect(self, candidate: Candidate) -> Inspection:
        """Look whether a thing can be taken in as it is wanted; raises TraceTrouble."""
        ...

    async def is_gone(self, resource: Resource, region: str) -> bool:
        """True where what is recorded, of a stack in `region`, is not in the cloud any longer.

        Raises TraceTrouble.
        """
        ...
