"""Trial: a small engine for one resource; it commits notes, repeats, and may die at any call."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from imageferry.engine.asking import answer
from imageferry.evaluation.conformance import conform
from imageferry.model.diagnostics import Severity
from imageferry.model.handlers import (
    Context,
    Done,
    Failed,
    HandlerAction,
    HandlerRequest,
    Outcome,
    Pending,
)
from imageferry.model.schemas import ResourceSchema
from imageferry.model.values import Value
from imageferry.ports.types import Handler
from imageferry.testing.clouds import EmulatedCloud
from imageferry.testing.lines import Death, Passage, ProcessDied
from imageferry.testing.promises import Exchange, broken_promises
from imageferry.testing.subjects import Properties, Subject, changed, given

_MOST_ANSWERS: Final = 3_000
_MOST_TRIES: Final = 20
_VISIBILITY: Final = 300.0
_MOST_TOLD: Final = 16
_EMPTY: Final[tuple[object, ...]] = (None, "", (), {}, False)
_TOKEN_TRUST: Final = 600.0
INSTALLATION: Final = "inst1234"
"""Whose lineage the things of a trial carry."""

_OPERATION: Final = "5e1c7a52-0000-4000-8000-00000000000"


class ContractBroken(AssertionError):
    """A handler breaks a promise; the text says which, and what went before."""


@dataclass(frozen=True, slots=True)
class Answers:
    """How a step ended, and every answer on the way."""

    outcome: Outcome
    seen: Sequence[Outcome]
    seconds: float

    @property
    def failure(self) -> Failed:
        """The failure that the step ended with; raises ContractBroken where it did not fail."""
        if isinstance(self.outcome, Failed):
            return self.outcome
        raise ContractBroken(f"it should have failed, and ended as {self.outcome}")


class Trial:
    """One resource of a subject, in a cloud of its own: the record, and steps as the engine makes them."""

    def __init__(self, subject: Subject, cloud: EmulatedCloud) -> None:
        self.subject = subject
        self.cloud = cloud
        self.physical_id: str | None = None
        self.properties: Properties = {}
        self.attributes: Properties = {}
        self.context: Context = {}
        self.leftovers: tuple[Context, ...] = ()
        self.restarts_always = False
        self.answers_allowed: int | None = None
        self._steps = 0
        self._operation = 1
        self._entered_at = 0.0
        self._made_at = 0.0
        self._log: list[str] = []
        self._handler, self.schema = self._connect()
        self._others = dict(subject.others(cloud))
        self._there = frozenset(subject.things(cloud))

    def _connect(self) -> tuple[Handler, ResourceSchema]:
        self._entered_at = self.cloud.clock.now()
        found = self.subject.resource_type(self.cloud)
        self._check = found.check
        self.adopter = found.adopter
        return found.handler, found.schema

    # What is there.

    @property
    def example(self) -> Properties:
        """The example's properties, conformed and checked."""
        return self.conformed(given(self.cloud, self.subject.properties))

    def wanted(self, change: str) -> Properties:
        """The properties after a change of the subject."""
        first = given(self.cloud, self.subject.properties)
        return self.conformed(changed(first, given(self.cloud, self.subject.changes[change])))

    def conformed(self, properties: Properties) -> Properties:
        """The properties as a handler gets them; raises ContractBroken for an example that is wrong."""
        found = conform(self.schema, properties)
        problems = [*found.problems, *self._check(found.values, self.subject.region)]
        wrong = [one.message for one in problems if one.severity is Severity.ERROR]
        if wrong:
            raise ContractBroken(f"the example {dict(properties)} is wrong: {'; '.join(wrong)}")
        return found.values

    def made(self) -> list[str]:
        """The ids of what was made since the trial began."""
        return sorted(frozenset(self.subject.things(self.cloud)) - self._there)

    def fail(self, says: str) -> ContractBroken:
        """The broken promise with what went before it."""
        before = list(dict.fromkeys(self._log))[-_MOST_TOLD:]
        return ContractBroken("\n  ".join([f"{self.subject.type_name}: {says}", *before]))

    def require(self, holds: bool, says: str) -> None:
        """Raise ContractBroken unless it holds."""
        if not holds:
            raise self.fail(says)

    def require_nothing_else_changed(self) -> None:
        """What was there before the resource, and is none of it, is as it was."""
        now = self.subject.others(self.cloud)
        for name, before in self._others.items():
            after = now.get(name)
            self.require(
                after == before,
                f"{name} was there before and is none of ours: it was {before}, and is {after}",
            )

    # Steps.

    def next_operation(self) -> None:
        """What follows belongs to another operation, as after a command of its own."""
        self._operation += 1

    def request(self, action: HandlerAction, wanted: Properties, **more: Any) -> HandlerRequest:
        """The question of a new step."""
        self._steps += 1
        now = self.cloud.clock.now()
        if action is HandlerAction.CREATE:
            self._made_at = now
        details: dict[str, Any] = {
            "properties": wanted,
            "previous": self.properties,
            "unfinished": self.context if action is HandlerAction.UPDATE else {},
            "context": self.context if action is HandlerAction.DELETE else {},
            **more,
        }
        return HandlerRequest(
            action=action,
            type_name=self.subject.type_name,
            address="Trial",
            stack_id="stack-1",
            stack_name="trials",
            region=self.subject.region,
            installation=INSTALLATION,
            operation_id=f"{_OPERATION}{self._operation:x}",
            token=f"if0000000000000000000000000000{self._steps:08x}",
            now=now,
            intended_at=now,
            physical_id=None if action is HandlerAction.CREATE else self.physical_id,
            attributes=self.attributes,
            leftovers=self.leftovers,
            made_at=self._made_at,
            **details,
        )

    async def ask(self, request: HandlerRequest, before: Outcome | None = None) -> Outcome:
        """One question, its answer held against every promise."""
        line, began = self.cloud.line, len(self.cloud.line.passages)
        had, since = frozenset(self.made()), self.cloud.clock.now()
        request = replace(
            request,
            now=since,
            visible_by=max(request.intended_at, self._entered_at) + _VISIBILITY,
            uncertain=request.uncertain or _is_old(request, since),
        )
        try:
            outcome = await answer(self._handler, request)
        except Exception as fault:
            raise self.fail(
                f"{request.action.value} raised {fault!r}; it answers Failed"
            ) from fault
        finally:
            passages = line.passages[began:]
            self._log += [_told(request.action, one) for one in passages if one.changes]
        self._log.append(f"{request.action.value} → {_shown(outcome)}")
        seconds = self.cloud.clock.now() - since
        exchange = Exchange(request, before, outcome, passages, seconds)
        for says in broken_promises(exchange, self.schema):
            raise self.fail(says)
        if not any(one.trouble for one in passages):
            self._require_ids(frozenset(self.made()) - had, outcome)
        return outcome

    def _require_ids(self, new: frozenset[str], outcome: Outcome) -> None:
        if not self.subject.tells_id:
            return
        told = json.dumps(
            [
                getattr(outcome, "physical_id", None),
                dict(getattr(outcome, "context", {})),
                repr(dict(getattr(outcome, "attributes", {}))),
            ]
        )
        for thing in new:
            self.require(thing in told, f"{thing} was made, and its id is not in the answer")

    def restart(self) -> None:
        """A new process: a new handler, and nothing in memory."""
        self.cloud.restart()
        self._handler, self.schema = self._connect()

    async def perform(self, request: HandlerRequest) -> Answers:
        """Ask until the end, waiting as asked; after a death, ask again in a new process.

        Where `answers_allowed` is set, the step is left after so many answers, as by a cancel.
        """
        seen: list[Outcome] = []
        began, tries = self.cloud.clock.now(), 0
        before: Outcome | None = None
        for _ in range(_MOST_ANSWERS):
            try:
                outcome = await self.ask(request, before)
            except ProcessDied as death:
                self._log.append(f"the process died at {death}")
                self.restart()
                # Whoever comes after knows what was committed, and no more.
                request = replace(request, repeated=True)
                continue
            seen.append(outcome)
            is_left = self.answers_allowed is not None and len(seen) >= self.answers_allowed
            if isinstance(outcome, Done) or is_left:
                return Answers(outcome, seen, self.cloud.clock.now() - began)
            pause = outcome.retry_after
            if isinstance(outcome, Failed):
                tries += 1
                if not outcome.retriable or tries > _MOST_TRIES:
                    return Answers(outcome, seen, self.cloud.clock.now() - began)
                pause = min(60.0, 2.0**tries) if pause is None else pause
            following = _committed(request, outcome)
            if self.restarts_always and following != request:
                self.restart()
            request, before = following, outcome
            await self.cloud.clock.sleep(pause or 0.0)
        raise self.fail(f"there is no end after {_MOST_ANSWERS} answers")

    async def perform_to_death(self, request: HandlerRequest, when: Death) -> HandlerRequest:
        """Ask until the process dies at its first changing call; the question as it is recorded."""
        self.cloud.line.die(1, when)
        for _ in range(_MOST_ANSWERS):
            try:
                outcome = await self.ask(request)
            except ProcessDied:
                self._log.append("the process died")
                self.restart()
                return replace(request, repeated=True)
            if not isinstance(outcome, Pending):
                break
            request = _committed(request, outcome)
            await self.cloud.clock.sleep(outcome.retry_after)
        raise self.fail("it came to an end without a call that changes something")

    async def create(self, wanted: Properties | None = None, **more: Any) -> Answers:
        """Make the resource; the example, unless told otherwise."""
        wanted = self.example if wanted is None else wanted
        answers = await self.perform(self.request(HandlerAction.CREATE, wanted, **more))
        self.take(answers, wanted)
        if not isinstance(answers.outcome, Done):
            self.record_begun(answers, wanted)
        return answers

    def record_begun(self, answers: Answers, wanted: Properties) -> None:
        """Record what a create has told that did not come to its end."""
        told = [one.physical_id for one in answers.seen if isinstance(one, Pending)]
        self.physical_id = next(filter(None, reversed(told)), None)
        self.properties = wanted

    async def read(self) -> Answers:
        """Look at the resource."""
        return await self.perform(self.request(HandlerAction.READ, self.properties))

    async def update(self, wanted: Properties, **more: Any) -> Answers:
        """Bring the resource to other properties."""
        answers = await self.perform(self.request(HandlerAction.UPDATE, wanted, **more))
        self.take(answers, wanted)
        return answers

    async def delete(self, **more: Any) -> Answers:
        """Remove the resource, beginning with the notes of its last unfinished step."""
        answers = await self.perform(self.request(HandlerAction.DELETE, self.properties, **more))
        if isinstance(answers.outcome, Failed) and answers.outcome.context:
            self.context = answers.outcome.context
        return answers

    async def clean_up(self) -> None:
        """Remove what updates have left over; raises ContractBroken where that fails."""
        for leftover in self.leftovers:
            request = self.request(HandlerAction.CLEAN_UP, self.properties, leftover=leftover)
            answers = await self.perform(request)
            self.require(isinstance(answers.outcome, Done), f"{leftover} could not be cleaned up")
        self.leftovers = ()

    def take(self, answers: Answers, wanted: Properties) -> None:
        """Record how a create or an update has ended, or was left."""
        last = next((one for one in reversed(answers.seen) if isinstance(one, Pending)), None)
        match answers.outcome:
            case Done(physical_id=physical_id, attributes=attributes, leftovers=leftovers):
                self.physical_id, self.attributes = physical_id, attributes
                self.leftovers, self.context, self.properties = leftovers, {}, wanted
            case Failed(context=context):
                self.context = context or (last.context if last else {})
            case Pending(context=context):
                self.context = context


def _committed(request: HandlerRequest, outcome: Pending | Failed) -> HandlerRequest:
    """The next question, from what is written down of an answer alone."""
    notes: Mapping[str, Value] = outcome.context or request.context
    context = json.loads(json.dumps(dict(notes)))
    physical_id = request.physical_id
    if isinstance(outcome, Pending) and request.action is HandlerAction.CREATE:
        physical_id = outcome.physical_id
    uncertain = request.uncertain and physical_id is None
    return replace(request, context=context, physical_id=physical_id, uncertain=uncertain)


def _is_old(request: HandlerRequest, now: float) -> bool:
    """True where the cloud may have forgotten the token of a create whose id is not known."""
    is_unknown = request.action is HandlerAction.CREATE and request.physical_id is None
    return is_unknown and now - request.intended_at > _TOKEN_TRUST


def _shown(outcome: Outcome) -> str:
    """An answer with what is not empty in it."""
    parts = ((one.name, getattr(outcome, one.name)) for one in fields(outcome))
    said = ", ".join(f"{name}={value!r}" for name, value in parts if value not in _EMPTY)
    return f"{type(outcome).__name__}({said})"


def _told(action: HandlerAction, passage: Passage) -> str:
    trouble = f" ({passage.trouble.value})" if passage.trouble else ""
    return f"{action.value} called {passage.name}{trouble}"


@asynccontextmanager
async def trial_of(subject: Subject) -> AsyncIterator[Trial]:
    """A trial in a new cloud, prepared; at its end, what is not ours has to be as it was."""
    cloud = EmulatedCloud()
    try:
        cloud.choose(speed=100_000.0)
        await subject.prepare(cloud)
        trial = Trial(subject, cloud)
        yield trial
        trial.require_nothing_else_changed()
    finally:
        cloud.close()
