"""Rehearsal: the foresight of a type whose things are made by one call, which has a dry run."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final, NamedTuple

from imageferry.cloud.client import Client
from imageferry.cloud.errors import CloudError
from imageferry.cloud.rehearsals import IGNORED, Undo, rehearse
from imageferry.model.changes import Action
from imageferry.model.forecasts import Experience, Forecast, Objection, Proposal, Sight
from imageferry.model.values import Value, is_known
from imageferry.resource_types.handling.lineages import lineage
from imageferry.resource_types.handling.properties import masked
from imageferry.resource_types.rehearsing.answers import objection_of
from imageferry.resource_types.rehearsing.lookups import Named, missing

_AT_ONCE: Final = 16
"""Calls in flight at the same time."""
_OPERATION: Final = "plan"
"""What stands for the operation in the lineage of a dry run."""
_MAKES: Final = frozenset({Action.CREATE, Action.REPLACE})
_OWN: Final = frozenset({"Tag", "ImageName", "InstanceName", "HostName", "Description"})
"""Parameters that are each thing's own: two calls that differ in nothing else are tried out once."""


class Intended(NamedTuple):
    """A planned thing: its properties that are known, the names of those that are known later."""

    proposal: Proposal
    known: Mapping[str, Value]
    unknown: frozenset[str]
    lineage: str


async def _nothing_to_undo(reply: Mapping[str, Any]) -> str:
    return "nothing was begun"


class Attempt(NamedTuple):
    """A call to be tried out; no `action`: one that has no dry run.

    `properties` are those that parts of its error codes speak of, `named` what must be there for it.
    """

    action: str
    region: str
    parameters: Mapping[str, Any]
    properties: Mapping[str, str]
    undo: Undo = _nothing_to_undo
    secrets: tuple[str, ...] = ()
    named: tuple[Named, ...] = ()

    @property
    def key(self) -> str:
        """The same for two calls of which one is tried out."""
        shared = {name: one for name, one in self.parameters.items() if name not in _OWN}
        return json.dumps([self.action, self.region, shared], sort_keys=True, default=str)


Rehearsed = Callable[[Intended], Awaitable[Attempt | Objection | None]]
"""What is tried out of a planned thing, or why it would be refused; None: nothing. Raises CloudError."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The `Foresight` of a type. `needs` are properties without which nothing can be tried out,
    `calls` about how many calls making one thing takes, polling included. `spent` tells how many
    calls `attempt` has made itself.
    """

    client: Client
    attempt: Rehearsed
    needs: tuple[str, ...]
    calls: int
    spent: Callable[[], int] = int

    async def __call__(
        self,
        proposals: Sequence[Proposal],
        installation: str,
        experience: Sequence[Experience] = (),
    ) -> Sight:
        """What is foreseen of each proposal; nothing is raised for what the cloud says."""
        stage = _Stage(self.client)
        made = [one for one in proposals if one.action in _MAKES]
        intentions = {id(one): intended_of(one, installation) for one in made}
        open_ones = {key: self._left_open(one) for key, one in intentions.items()}
        attempts = await asyncio.gather(
            *(
                stage.prepared(self.attempt, one)
                for key, one in intentions.items()
                if not open_ones[key]
            )
        )
        due = [key for key in intentions if not open_ones[key]]
        said = dict(zip(due, await stage.perform(attempts), strict=True))
        usual = _usual_seconds(experience)
        forecasts = tuple(
            Forecast(one.address, said.get(id(one), ()), notes=_notes(open_ones[id(one)], usual))
            if id(one) in intentions
            else Forecast(one.address)
            for one in proposals
        )
        calls = stage.calls + self.spent()
        return Sight(forecasts, (), calls, self.calls * len(made), stage.notes)

    def _left_open(self, intended: Intended) -> tuple[str, ...]:
        return tuple(name for name in self.needs if name in intended.unknown)


def intended_of(proposal: Proposal, installation: str) -> Intended:
    """A proposal with what is known of it apart from what is not."""
    known = {name: value for name, value in proposal.properties.items() if is_known(value)}
    unknown = frozenset(proposal.properties.keys() - known.keys())
    return Intended(
        proposal, known, unknown, lineage(installation, _OPERATION, str(proposal.address))
    )


class _Stage:
    """Calls that are tried out, each kind once, few at the same time; counted."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._is_ignored = False
        self.calls = 0

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be said of the dry runs themselves."""
        if not self._is_ignored:
            return ()
        return ("the cloud knows no dry runs here: no more of them was tried out",)

    async def prepared(self, attempt: Rehearsed, intended: Intended) -> Attempt | Objection | None:
        """What is tried out; a call that was needed to know it and failed is an objection."""
        try:
            async with self._places:
                return await attempt(intended)
        except CloudError as fault:
            return objection_of(fault, {})

    async def perform(
        self, attempts: Sequence[Attempt | Objection | None]
    ) -> list[tuple[Objection, ...]]:
        """What the cloud says of each."""
        kinds: dict[str, Attempt] = {}
        named: list[Named] = []
        for one in attempts:
            if isinstance(one, Attempt):
                named += one.named
                if one.action:
                    kinds.setdefault(one.key, one)
        gone, calls = await missing(self._client, named)
        self.calls += calls
        queue = list(kinds.items())
        # The first alone: an address that knows no dry run is not to be asked again.
        answers = dict([await self._ask(*pair) for pair in queue[:1]])
        if not self._is_ignored:
            answers |= dict(await asyncio.gather(*(self._ask(*pair) for pair in queue[1:])))
        return [_answered(one, answers, gone) for one in attempts]

    async def _ask(self, key: str, attempt: Attempt) -> tuple[str, Objection | None]:
        async with self._places:
            self.calls += 1
            try:
                await rehearse(
                    self._client, attempt.action, attempt.region, attempt.parameters, attempt.undo
                )
            except CloudError as fault:
                self._is_ignored = self._is_ignored or fault.code == IGNORED
                return key, objection_of(fault, attempt.properties)
        return key, None


def _answered(
    one: Attempt | Objection | None,
    answers: Mapping[str, Objection | None],
    gone: Mapping[Named, Objection],
) -> tuple[Objection, ...]:
    match one:
        case Attempt():
            said = [gone[each] for each in one.named if each in gone]
            tried = answers.get(one.key)
            if tried is not None and tried.cloud_code not in {each.cloud_code for each in said}:
                said.append(tried)
            return tuple(hidden(each, one.secrets) for each in said)
        case Objection():
            return (one,)
        case None:
            return ()


def hidden(objection: Objection, secrets: tuple[str, ...]) -> Objection:
    """The objection without any of the secrets."""
    return objection._replace(
        message=masked(objection.message, secrets), why=masked(objection.why, secrets)
    )


def _usual_seconds(experience: Sequence[Experience]) -> float | None:
    return median(one.seconds for one in experience) if experience else None


def _notes(left_open: Sequence[str], usual: float | None) -> tuple[str, ...]:
    """What could not be tried out, and how long the making of earlier ones has taken."""
    notes = []
    if left_open:
        notes.append(f"not checked, as it is known only later: {', '.join(left_open)}")
    if usual is not None and usual >= 60:
        notes.append(f"takes about {round(usual / 60)} min, as earlier ones have")
    return tuple(notes)
