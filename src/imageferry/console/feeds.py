"""Hub: what pages are told while they are looked at; made once for all who look at the same."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from imageferry.console.desk import ConsoleDesk
from imageferry.console.patches import changed
from imageferry.console.visits import PageRefused
from imageferry.control.plane import ControlPlane
from imageferry.control.requests import StackNotFound
from imageferry.ports.keeping import StoreError

_STEP: Final = 1.0
"""Seconds between two looks whether anything has changed."""

_SEATS_A_SECOND: Final = 200
"""How many who look on are told within a second: with more of them each is told less often."""

_SHARE: Final = 4.0
"""The looks take at most one part in so many, plus one, of the time: operations come first."""

_BREATH: Final = 0.2
"""Seconds of looking after which a long look lets everything else go on."""

_ANYWAY: Final = 20.0
"""Seconds after which a page is made again although no operation has said anything."""

_ANYWAY_A_SECOND: Final = 4
"""So many pages at most are made again for that within a second."""

_ASK: Final = 5.0
"""Seconds after which it is looked again whether whoever looks on may do so still."""

_ASKED_A_SECOND: Final = 100
"""How many are asked about within a second: with more of them each is asked about less often."""

_STALLED: Final = 30.0
"""Seconds after which nothing more is remembered for whoever does not take what he is told."""

_BEATS: Final = 3
"""After so many of those looks a stream that has nothing to say shows that it lives."""

MOST_SEATS: Final = 2_000
"""Streams that are open at the same time."""

_log = logging.getLogger(__name__)

Parts = Mapping[str, str]
"""The parts of a page that change, by name, as markup."""

_NOTHING: Final[Parts] = MappingProxyType({})

Pulse = tuple[object, ...]


class Full(Exception):
    """So many streams are open that no other one is."""


@dataclass(eq=False, slots=True)
class _Seat:
    """One who looks on; `told` are the parts as he has them, or is just taking since `told_at`."""

    news: asyncio.Event = field(default_factory=asyncio.Event)
    told: Parts = field(default_factory=lambda: _NOTHING)
    told_at: float | None = None
    is_troubled: bool = False


@dataclass(eq=False, slots=True)
class _Feed:
    """One page, in one language, as all who look at it see it.

    `news` are the events that tell of the parts as they are now, by the identity of what was told
    before, with that itself.
    """

    plane: ControlPlane
    topic: str
    make: Callable[[], Awaitable[Parts]]
    seats: set[_Seat] = field(default_factory=set)
    parts: Parts = field(default_factory=dict)
    pulse: Pulse | None = None
    news: dict[int, tuple[Parts, bytes]] = field(default_factory=dict)
    made_at: float = 0.0
    trouble: str = ""
    is_over: bool = False


@dataclass(slots=True)
class _Pulses:
    """What has been read of one account within one look; nothing is read that nobody asks for."""

    mark: int = -1
    fleet: Pulse = ()
    stacks: dict[str, Pulse] = field(default_factory=dict)


@dataclass(slots=True)
class Hub:
    """Every open stream. One task looks for all of them, and only while there are any."""

    desk: ConsoleDesk
    _feeds: dict[object, _Feed] = field(default_factory=dict)
    _looking: asyncio.Task[None] | None = None
    _stirred: asyncio.Event = field(default_factory=asyncio.Event)
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)
    _breathed_at: float = 0.0
    _stirs: int = 0
    _last: dict[str, _Pulses] = field(default_factory=dict)
    _is_closed: bool = False

    @property
    def seats(self) -> int:
        """How many streams are open."""
        return sum(len(feed.seats) for feed in self._feeds.values())

    async def stream(
        self,
        key: object,
        topic: str,
        plane: ControlPlane,
        make: Callable[[], Awaitable[Parts]],
        is_admitted: Callable[[], Awaitable[bool]],
    ) -> AsyncIterator[bytes]:
        """The events of a page, until whoever looks leaves, may look no longer, or the hub closes.

        `key` is the same for all whose pages are the same; `topic` is the id of the stack that the
        page is about, or empty. `make` gives the parts. Raises Full before the first event.
        """
        if self.seats >= MOST_SEATS or self._is_closed:
            raise Full
        return self._events(key, topic, plane, make, is_admitted)

    async def _events(
        self,
        key: object,
        topic: str,
        plane: ControlPlane,
        make: Callable[[], Awaitable[Parts]],
        is_admitted: Callable[[], Awaitable[bool]],
    ) -> AsyncIterator[bytes]:
        if self.seats >= MOST_SEATS:
            # Others have sat down between the promise of a seat and this.
            return
        seat = _Seat()
        if key not in self._feeds:
            self._arrived.set()
        feed = self._feeds.setdefault(key, _Feed(plane, topic, make))
        feed.seats.add(seat)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look(), name="console feeds")
        try:
            # Not all come back in the same moment when a server is back.
            yield f"retry: {1500 + round(3000 * self.desk.entropy.jitter())}\n\n".encode()
            if feed.parts:
                seat.news.set()
            asked_at, silent = self.desk.clock.monotonic(), 0
            while not self._is_done(feed):
                ask = max(_ASK, self.seats / _ASKED_A_SECOND)
                is_told = await _within(ask, seat.news)
                moment = self.desk.clock.monotonic()
                if moment - asked_at >= ask or not is_told:
                    # Somebody may have been shown the door, or have another role than before.
                    if not await _may_stay(is_admitted):
                        yield _event("over", "")
                        return
                    asked_at = moment
                if not is_told:
                    silent += 1
                    if silent % _BEATS == 0:
                        yield _event("beat", "")
                    continue
                silent = 0
                seat.news.clear()
                if self._is_done(feed):
                    continue
                if feed.trouble:
                    seat.is_troubled = True
                    yield _event("trouble", feed.trouble)
                    continue
                if seat.told is feed.parts and not seat.is_troubled:
                    continue
                event = _news_for(feed, seat.told)
                seat.told, seat.told_at, seat.is_troubled = feed.parts, moment, False
                yield event
                seat.told_at = None
            if feed.is_over:
                yield _event("over", "")
        finally:
            feed.seats.discard(seat)
            if not feed.seats:
                self._feeds.pop(key, None)

    def _is_done(self, feed: _Feed) -> bool:
        return self._is_closed or feed.is_over

    def stir(self) -> None:
        """Look again at once: something was changed here."""
        self._stirs += 1
        for feed in self._feeds.values():
            feed.pulse = None
        self._stirred.set()

    async def close(self) -> None:
        """End every stream."""
        self._is_closed = True
        for feed in self._feeds.values():
            for seat in feed.seats:
                seat.news.set()
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)

    # --- looking ----------------------------------------------------------------------------------

    async def _look(self) -> None:
        clock = self.desk.clock
        while self._feeds and not self._is_closed:
            self._breathed_at = clock.monotonic()
            try:
                await self._round()
            except StoreError as away:
                _log.warning("what is looked at in the console is not read: %s", away)
                for feed in self._feeds.values():
                    self._tell(feed, "the database does not answer; it is tried again")
            except Exception:
                # A fault of ours in one look must not be the last look.
                _log.exception("what is looked at in the console was not read")
            least = max(_STEP, _SHARE * (clock.monotonic() - self._breathed_at))
            self._stirred.clear()
            await self._pause(least, self._stirred)
            # Whoever opens a page that nobody else has open is not kept waiting by how many there are.
            if all(feed.pulse is not None for feed in self._feeds.values()):
                self._arrived.clear()
                rest = self.seats / _SEATS_A_SECOND - least
                await self._pause(rest, self._stirred, self._arrived)

    async def _pause(self, length: float, *unless: asyncio.Event) -> None:
        if length <= 0:
            return
        waiting = [
            asyncio.create_task(self.desk.clock.sleep(length)),
            *(asyncio.create_task(one.wait()) for one in unless),
        ]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waiting:
                one.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

    async def _breathe(self) -> None:
        took = self.desk.clock.monotonic() - self._breathed_at
        if took >= _BREATH:
            await self.desk.clock.sleep(_SHARE * took)
            self._breathed_at = self.desk.clock.monotonic()

    async def _round(self) -> None:
        """One look at everything that is looked at."""
        read: dict[str, _Pulses] = {}
        now = self.desk.clock.monotonic()
        anyway = max(_ANYWAY, len(self._feeds) / _ANYWAY_A_SECOND)
        for feed in list(self._feeds.values()):
            if not feed.seats:
                continue
            for seat in feed.seats:
                if seat.told_at is not None and seat.told_at < now - _STALLED:
                    seat.told, seat.told_at = _NOTHING, None
            account = feed.plane.place.account_id
            if account not in read:
                read[account] = await self._pulses(feed.plane)
            found = read[account]
            moved = found.stacks.get(feed.topic, ()) if feed.topic else found.fleet
            # What goes on beside operations, such as a detection, is news once it has ended.
            pulse = (moved, feed.plane.desk.errands.ended)
            if feed.pulse == pulse and not feed.trouble and now - feed.made_at < anyway:
                continue
            had_trouble, is_news = bool(feed.trouble), False
            await self._breathe()
            stirs = self._stirs
            try:
                made = await feed.make()
            except (StackNotFound, PageRefused):
                feed.is_over = True
            except StoreError:
                raise
            except Exception:
                # A fault of ours in one page must not leave all others as they stand.
                _log.exception("the parts of a page could not be made")
                feed.is_over = True
            else:
                is_news = made != feed.parts
                if is_news:
                    feed.parts, feed.news = made, {}
            # What was changed while the page was made may not be on it.
            feed.pulse = pulse if stirs == self._stirs else None
            feed.made_at, feed.trouble = now, ""
            if is_news or had_trouble or feed.is_over:
                for seat in feed.seats:
                    seat.news.set()
        self._last = read

    def _tell(self, feed: _Feed, trouble: str) -> None:
        if feed.trouble != trouble:
            feed.trouble = trouble
            for seat in feed.seats:
                seat.news.set()

    async def _pulses(self, plane: ControlPlane) -> _Pulses:
        """What changes with everything that operations do: a few reads, however many look on."""
        store, account = plane.desk.store, plane.place.account_id
        found, former = _Pulses(await store.mark()), self._last.get(account, _Pulses())
        running: list[object] = []
        topics = {
            feed.topic
            for feed in self._feeds.values()
            if feed.topic and feed.plane.place.account_id == account
        }
        at_work: dict[str, object] = {}
        for operation in await store.open_operations():
            progress = self.desk.live(operation.operation_id)
            if progress is None:
                written, _ = await store.progress(operation.operation_id)
                at_work[operation.stack_id] = written
            else:
                at_work[operation.stack_id] = tuple(progress.values())
            number = await store.last_event_number(operation.stack_id)
            running.append((operation.stack_id, number, at_work[operation.stack_id]))
        for topic in topics:
            if topic in at_work or found.mark != former.mark or topic not in former.stacks:
                number = await store.last_event_number(topic)
                found.stacks[topic] = (number, at_work.get(topic))
            else:
                found.stacks[topic] = former.stacks[topic]
        found.fleet = (found.mark, *running)
        return found


async def _within(seconds: float, news: asyncio.Event) -> bool:
    """Wait for news, so long at most; True where there are any."""
    try:
        async with asyncio.timeout(seconds):
            return await news.wait()
    except TimeoutError:
        return False


async def _may_stay(is_admitted: Callable[[], Awaitable[bool]]) -> bool:
    try:
        return await is_admitted()
    except StoreError:
        # Nobody can tell, and while the database is away there is nothing to be told either.
        return True


def _news_for(feed: _Feed, told: Parts) -> bytes:
    """The event that tells of a page to whoever knows it so; made once for all who know it so."""
    known = feed.news.get(id(told))
    if known is not None:
        return known[1]
    event = _event("parts", json.dumps(changed(told, feed.parts), ensure_ascii=False))
    feed.news[id(told)] = (told, event)
    return event


def _event(name: str, text: str) -> bytes:
    lines = "".join(f"data: {line}\n" for line in text.split("\n"))
    return f"event: {name}\n{lines}\n".encode("utf-8", "replace")
