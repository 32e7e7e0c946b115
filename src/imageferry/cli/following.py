"""Follow an operation to its end: run it here where nobody else does, and show how far it is."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Final, NamedTuple, Protocol

from imageferry.cli.display.progress import Roster, Row, slowest, summary_of
from imageferry.cli.display.rendering import show_duration
from imageferry.cli.display.views import event_line
from imageferry.cli.interrupts import Interrupts
from imageferry.cli.main import load
from imageferry.cli.screens import Screen
from imageferry.cli.sessions import Session
from imageferry.model.changes import ChangeSet
from imageferry.model.events import Event
from imageferry.model.operations import Operation, StepProgress
from imageferry.model.stacks import Stack
from imageferry.model.statuses import OperationStatus
from imageferry.ports.dispatching import RunResult
from imageferry.ports.keeping import StoreUnavailable

HEARTBEAT: Final = 60.0
_LIVE_TICK: Final = 0.2
_SHORTEST_TICK: Final = 0.02
_LONGEST_TICK: Final = 1.0
_SUBMIT_EVERY: Final = 1.0
_DRAIN: Final = 30.0
_PAGE: Final = 1000

_log = logging.getLogger("imageferry.cli")


class Ending(Enum):
    """Why we no longer watch."""

    ENDED = "ended"
    PARKED = "parked"
    INTERRUPTED = "interrupted"
    TIMED_OUT = "timed out"


class Watched(NamedTuple):
    """Why we no longer watch, and the rows as they were then, where nothing else has told of them."""

    ending: Ending
    rows: tuple[Row, ...] = ()


class Display(Protocol):
    """What shows a running operation."""

    is_live: bool

    def open(self) -> None:
        """Begin."""
        ...

    def draw(self, rows: Sequence[Row], summary: str, now: float) -> None:
        """Show how far it is (`now` in seconds since 1970)."""
        ...

    def say(self, line: str) -> None:
        """Say that something has changed."""
        ...

    def close(self) -> None:
        """End."""
        ...


class PlainLines:
    """One line a change of status, and a heartbeat where nothing has changed for a minute."""

    is_live = False

    def __init__(self, screen: Screen, monotonic: Callable[[], float]) -> None:
        self._screen = screen
        self._monotonic = monotonic
        self._said_at = monotonic()

    def open(self) -> None:
        """Nothing to begin."""

    def draw(self, rows: Sequence[Row], summary: str, now: float) -> None:
        """A heartbeat, where it is due."""
        if self._monotonic() - self._said_at < HEARTBEAT:
            return
        line = f"still running: {summary}"
        row = slowest(rows)
        if row is not None:
            percent = "" if row.percent is None else f" {row.percent}%"
            line += f"; slowest {row.label}{f' {row.route}' if row.route else ''}{percent}"
            line += f", {row.says}" if row.queue is not None else ""
        self.say(line)

    def say(self, line: str) -> None:
        """One line, now."""
        self._screen.say(line)
        self._said_at = self._monotonic()

    def close(self) -> None:
        """Nothing to end."""


def open_display(session: Session) -> Display:
    """Live rows on a terminal, plain lines elsewhere."""
    screen = session.screen
    if screen.is_terminal:
        live: Display = load("live").LiveRows(screen.words, colours=screen.colours)
        return live
    return PlainLines(screen, session.house.clock.monotonic)


class Follower:
    """Watches one operation and, where its lock is free, lets this process run it."""

    def __init__(
        self, session: Session, display: Display, operation: Operation, stack: Stack,
        change_set: ChangeSet | None,
    ) -> None:  # fmt: skip
        self._house = session.house
        self._screen = session.screen
        self._display = display
        self._operation = operation
        self._stack = stack
        self._roster = Roster(change_set)
        self._seen = 0
        self._wake = asyncio.Event()
        self._fault: Exception | None = None
        self._submitted_at = float("-inf")
        self._looked_at = float("-inf")
        self._outage = _Outage(session, display)

    async def follow(self, wait_timeout: float | None) -> Watched:
        """Run and watch until the operation ends, or we are told to stop."""
        clock = self._house.clock
        gives_up_at = None if wait_timeout is None else clock.monotonic() + wait_timeout
        await self._house.dispatcher.start(self._run)
        self._display.open()
        try:
            with Interrupts(self._interrupted) as interrupts:
                ending = await self._watch(interrupts, gives_up_at)
                if ending in {Ending.INTERRUPTED, Ending.TIMED_OUT}:
                    self._house.worker.stop()
                await self._house.dispatcher.stop(_DRAIN)
        finally:
            self._display.close()
        return Watched(ending, tuple(self._roster.rows()) if self._display.is_live else ())

    async def _run(self, operation_id: str) -> RunResult:
        """What the dispatcher calls: the worker's run, its end noticed at once."""
        try:
            return await self._house.worker.run(operation_id)
        except Exception as fault:
            self._fault = fault
            raise
        finally:
            self._wake.set()

    def _interrupted(self) -> None:
        self._display.say(
            "stopping: calls in flight are recorded first; Ctrl-C again stops at once"
        )
        self._wake.set()

    async def _watch(self, interrupts: Interrupts, gives_up_at: float | None) -> Ending:
        clock = self._house.clock
        tick = _SHORTEST_TICK
        while True:
            if self._fault is not None:
                raise self._fault
            changed = False
            try:
                operation = await self._house.plane.operation(self._operation.operation_id)
                changed = await self._read_events()
                self._outage.tell(self._house.board.outage(self._operation.operation_id))
                if operation is None or not operation.status.is_open:
                    self._draw()
                    return Ending.ENDED
                if operation.status is OperationStatus.PARKED:
                    return Ending.PARKED
                now = clock.monotonic()
                if not interrupts.asked and not _has_come(gives_up_at, now):
                    await self._submit(now)
                    self._roster.take(await self._progress(now))
            except StoreUnavailable as failure:
                self._outage.bear(failure)
            if interrupts.asked:
                return Ending.INTERRUPTED
            if _has_come(gives_up_at, clock.monotonic()):
                return Ending.TIMED_OUT
            self._draw()
            tick = _SHORTEST_TICK if changed else min(tick * 1.5, _LONGEST_TICK)
            await self._pause(_LIVE_TICK if self._display.is_live else tick, gives_up_at)

    async def _submit(self, now: float) -> None:
        """Ask for the operation to be run here: whoever ran it may have died meanwhile."""
        if now - self._submitted_at < _SUBMIT_EVERY:
            return
        self._submitted_at = now
        await self._house.dispatcher.submit(
            None, self._operation.operation_id, stack_id=self._operation.stack_id
        )

    async def _progress(self, now: float) -> Mapping[str, StepProgress]:
        here = self._house.board.progress(self._operation.operation_id)
        if here is not None:
            return here
        if now - self._looked_at < 2 * _LONGEST_TICK:
            return {}
        self._looked_at = now
        view = await self._house.plane.view(self._operation.stack_id)
        return {one.progress.address: one.progress for one in view.resources if one.progress}

    async def _read_events(self) -> bool:
        """Take in and show the operation's new events; True where there were any."""
        found = False
        while True:
            page = await self._house.plane.events(self._operation.stack_id, self._seen, _PAGE)
            for event in page:
                self._seen = event.sequence
                if event.operation_id == self._operation.operation_id:
                    found = True
                    self._show(event)
            if len(page) < _PAGE:
                return found

    def _show(self, event: Event) -> None:
        self._roster.note(event)
        time = show_duration(event.time - self._operation.started_at).rjust(6)
        stack = self._stack
        line = event_line(event, stack.name, stack.dialect, time, self._screen.paint)
        _log.info("%s %s %s %s", event.address, event.status.value, event.physical_id, event.reason)
        # Live rows tell what becomes of each resource; what they cannot tell stands above them.
        if not self._display.is_live or not event.address:
            self._display.say(line)

    def _draw(self) -> None:
        now = self._house.clock.now()
        rows = self._roster.rows()
        self._display.draw(rows, summary_of(rows, now - self._operation.started_at), now)

    async def _pause(self, seconds: float, gives_up_at: float | None) -> None:
        """Wait, but not beyond the end of our patience, nor once there is news."""
        clock = self._house.clock
        if gives_up_at is not None:
            seconds = max(0.0, min(seconds, gives_up_at - clock.monotonic()))
        sleeping = asyncio.ensure_future(clock.sleep(seconds))
        waking = asyncio.ensure_future(self._wake.wait())
        _, late = await asyncio.wait({sleeping, waking}, return_when=asyncio.FIRST_COMPLETED)
        for one in late:
            one.cancel()
        self._wake.clear()


class _Outage:
    """What is said while the database is away: once that it is, and once that it is back."""

    def __init__(self, session: Session, display: Display) -> None:
        self._monotonic = session.house.clock.monotonic
        self._patience = session.house.settings.database_patience
        self._display = display
        self._began_at: float | None = None
        self._is_told = False

    def tell(self, why: str | None) -> None:
        """We can read; `why` says where the run in this process cannot write."""
        self._began_at = None
        if why is not None and not self._is_told:
            self._display.say(f"waiting for it: {why}")
        elif why is None and self._is_told:
            self._display.say("the database is back; going on")
        self._is_told = why is not None

    def bear(self, failure: StoreUnavailable) -> None:
        """We cannot read; raises the failure once that has taken too long."""
        now = self._monotonic()
        if self._began_at is None:
            self._began_at = now
        if now - self._began_at >= self._patience:
            raise failure
        if not self._is_told:
            self._display.say(f"waiting for it: {failure}")
        self._is_told = True


def _has_come(moment: float | None, now: float) -> bool:
    return moment is not None and now >= moment


async def follow(
    session: Session,
    operation: Operation,
    stack: Stack,
    change_set: ChangeSet | None,
    wait_timeout: float | None,
) -> Watched:
    """Watch an operation, running it here where its lock is free; says why watching ended."""
    display = open_display(session)
    return await Follower(session, display, operation, stack, change_set).follow(wait_timeout)
