"""`imageferry worker`: run what others have left, on this machine or on many, until told to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import click

from imageferry.assembly.house import Calling, House, is_shared, open_house
from imageferry.assembly.notifying import NotifyChoices, notifier_on
from imageferry.assembly.senses import RealClock
from imageferry.cli.display.rendering import clean, counted, show_duration, show_moment
from imageferry.cli.display.views import cloud_line
from imageferry.cli.exits import ExitCode
from imageferry.cli.flags import Flags, house_flags
from imageferry.cli.interrupts import Interrupts
from imageferry.cli.logs import begin
from imageferry.cli.notifying import notify_flags
from imageferry.cli.refusals import misuse
from imageferry.cli.screens import Screen, beside
from imageferry.cli.sessions import settings_of
from imageferry.control.later_deletions import take_up_deletions, watch_deletions
from imageferry.model.operations import Operation
from imageferry.model.statuses import OperationStatus
from imageferry.model.values import Json
from imageferry.ports.dispatching import OPERATIONS_AT_ONCE, RunResult
from imageferry.ports.keeping import StoreError, StoreUnavailable
from imageferry.settings import Settings

_DRAIN: Final = 10.0
"""Seconds that calls in flight have to be recorded in, once the worker is told to stop."""

_LOOK: Final = 0.5
"""Seconds between two looks at what is open, or whether the database is back."""

_SIGN: Final = 5.0
"""Seconds between two looks whether the database is there at all."""

_ARRIVAL: Final = 10.0
"""Seconds for which a worker that begins tries again where the database is away; later it waits."""


@dataclass(slots=True)
class Tally:
    """What became of the operations that this worker has run, once it `has_begun`."""

    endings: dict[str, OperationStatus] = field(default_factory=dict)
    has_begun: bool = False

    def number(self, *, good: bool) -> int:
        """How many ended well, or not."""
        return sum((one is OperationStatus.SUCCEEDED) is good for one in self.endings.values())


@click.command(
    "worker",
    epilog="""\b
Examples:
  imageferry worker
  imageferry worker --concurrency 1000
  imageferry worker --drain --json

\b
Any number of workers may run on one database on PostgreSQL (IMAGEFERRY_DATABASE_URL), on any
number of machines. Each takes operations of its own cloud and account only. SIGTERM and Ctrl-C
record the calls in flight and hand the operations to others.
""",
)
@click.option(
    "--concurrency",
    metavar="N",
    type=click.IntRange(min=1),
    default=OPERATIONS_AT_ONCE,
    show_default=True,
    help="At most so many operations at once. One that waits for a copy costs next to nothing.",
)
@click.option(
    "--drain", "--once", "drain", is_flag=True, help="End as soon as no operation is open."
)
@notify_flags
@house_flags
def worker_command(concurrency: int, drain: bool, flags: Flags, notify: NotifyChoices) -> None:
    """Run operations that `--no-wait` has recorded or that a dead process has left."""
    screen = beside(begin(flags))
    chosen = settings_of(flags)
    if is_shared(chosen) and chosen.cloud == "emulator" and not chosen.ecs_endpoint:
        raise misuse(
            "IF870",
            "a worker on PostgreSQL cannot use the emulator inside its own process",
            why="no other machine would see the same emulated cloud",
            remedy="set IMAGEFERRY_ECS_ENDPOINT to an emulator that is served",
        )
    code = asyncio.run(_work(chosen, screen, Calling(True, concurrency), notify, drain=drain))
    click.get_current_context().exit(code)


async def _work(
    chosen: Settings, screen: Screen, calling: Calling, notify: NotifyChoices, *, drain: bool
) -> ExitCode:
    clock = RealClock()
    ends_at = clock.monotonic() + min(_ARRIVAL, chosen.database_patience)
    tally = Tally()
    while True:
        try:
            async with open_house(chosen, calling=calling) as house:
                working = _Working(house, screen, tally, notify, drain=drain)
                return await working.work(calling.parallel)
        except StoreUnavailable as away:
            # A session that is cut while it is opened says nothing about the next one.
            if tally.has_begun or clock.monotonic() >= ends_at:
                raise
            screen.say(_line(clock.now(), "waiting", reason=str(away)))
        await clock.sleep(_LOOK)


class _Working:
    """One worker from its first line to its last."""

    def __init__(
        self, house: House, screen: Screen, tally: Tally, notify: NotifyChoices, *, drain: bool
    ) -> None:
        self._house = house
        self._screen = screen
        self._notifier = notifier_on(house, notify, self._told)
        self._drain = drain
        self._tally = tally
        self._asked = asyncio.Event()
        self._own: dict[str, bool] = {}

    async def work(self, parallel: int) -> ExitCode:
        house = self._house
        place = house.plane.place
        self._screen.say(cloud_line(place.cloud, place.account_id, "", house.settings.ecs_endpoint))
        with Interrupts(self._interrupted):
            await house.dispatcher.start(self._run)
            watch_deletions(house.plane.desk)
            if self._notifier is not None:
                self._notifier.start()
            self._tally.has_begun = True
            self._say("working", concurrency=str(parallel))
            parked = await self._watch()
            house.worker.stop()
            await house.dispatcher.stop(_DRAIN)
            if self._notifier is not None:
                await self._notifier.stop(_DRAIN)
        return self._end(parked)

    async def _watch(self) -> int:
        """Wait for the end; gives how many operations are parked, where it was told to drain."""
        clock = self._house.clock
        is_away = False
        while not self._asked.is_set():
            try:
                parked = await self._left()
            except StoreUnavailable as away:
                if not is_away:
                    self._say("waiting", reason=str(away))
                is_away = True
            else:
                if is_away:
                    self._say("going on", reason="the database is back")
                is_away = False
                if parked is not None:
                    return parked
            rest = _LOOK if self._drain or is_away else _SIGN
            sleeping = asyncio.ensure_future(clock.sleep(rest))
            asked = asyncio.ensure_future(self._asked.wait())
            await asyncio.wait({sleeping, asked}, return_when=asyncio.FIRST_COMPLETED)
            for one in (sleeping, asked):
                one.cancel()
        return 0

    async def _left(self) -> int | None:
        """Told to drain, how many are parked once nothing else is open; None before, and else.

        Raises StoreUnavailable where the database is away: who looks at the log shall know.
        """
        if not self._drain:
            await self._house.store.mark()
            return None
        # Asked for first: a deletion that waits no longer is an operation by then.
        waiting = set(await take_up_deletions(self._house.plane.desk))
        found = await self._open()
        if any(one.status is not OperationStatus.PARKED for one in found):
            return None
        # What waits for a parked operation does so until somebody tells that to go on.
        return None if waiting - {one.stack_id for one in found} else len(found)

    async def _open(self) -> list[Operation]:
        """The open operations of our cloud and account."""
        place = self._house.plane.place
        found = await self._house.store.open_operations()
        for one in found:
            if one.stack_id not in self._own:
                stack = await self._house.store.stack(one.stack_id)
                self._own[one.stack_id] = stack is not None and (
                    (stack.place.cloud, stack.place.account_id) == (place.cloud, place.account_id)
                )
        return [one for one in found if self._own[one.stack_id]]

    async def _run(self, operation_id: str) -> RunResult:
        house = self._house
        began = house.clock.monotonic()
        self._say("taken", operation=operation_id)
        try:
            result = await house.worker.run(operation_id)
        except StoreError as failure:
            self._say("broke off", operation=operation_id, reason=str(failure))
            raise
        took = show_duration(house.clock.monotonic() - began)
        if result.stopped:
            self._say("handed back", operation=operation_id, after=took)
        elif result.status is None:
            self._say("left", operation=operation_id, reason="another process owns it")
        else:
            if self._notifier is not None and result.stack is not None:
                self._notifier.ended(result.stack)
            self._tally.endings[operation_id] = result.status
            self._say("ended", operation=operation_id, status=result.status.value, after=took)
        return result

    def _told(self, said: str, words: Mapping[str, str]) -> None:
        self._say(f"notice {said}", **words)

    def _interrupted(self) -> None:
        self._say("stopping", reason="calls in flight are recorded first")
        self._asked.set()

    def _end(self, parked: int) -> ExitCode:
        good, bad = self._tally.number(good=True), self._tally.number(good=False)
        self._screen.say(
            f"{counted(good + bad, 'operation')} run here: {good} done, {bad} without success"
            + (f"; {parked} parked: see imageferry list" if parked else "")
        )
        document: dict[str, Json] = {
            "cloud": self._house.plane.place.cloud,
            "account_id": self._house.plane.place.account_id,
            "succeeded": good,
            "failed": bad,
            "parked": parked,
        }
        self._screen.give(document)
        if not self._drain or self._asked.is_set() or not bad + parked:
            return ExitCode.DONE
        return ExitCode.PARTLY_DONE if good else ExitCode.FAILED

    def _say(self, deed: str, **words: str) -> None:
        self._screen.say(_line(self._house.clock.now(), deed, **words))


def _line(now: float, deed: str, **words: str) -> str:
    """One line of a log: when, what, and on what; values with blanks in quotes."""
    said = " ".join(f"{name}={_quoted(clean(word))}" for name, word in words.items())
    return f"{show_moment(now)} {deed} {said}".rstrip()


def _quoted(word: str) -> str:
    inner = word.replace('"', "'")
    return f'"{inner}"' if " " in word else inner
