"""Notifier: tells the receivers of stacks what became of them, at least once and in order."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Final, NamedTuple

from imageferry.control.desk import Desk
from imageferry.control.errands import Errands
from imageferry.control.notices import (
    KIND,
    Cursor,
    Ledger,
    Notice,
    body_of,
    ledger_of,
    notices_after,
    pending,
    receivers_of,
)
from imageferry.control.papers import papers_of
from imageferry.model.stacks import Stack
from imageferry.model.statuses import StackStatus
from imageferry.model.values import Json
from imageferry.ports.documents import Document, DocumentChanged
from imageferry.ports.keeping import StoreError
from imageferry.ports.posting import Poster, PostRefused

MOST_TRIES: Final = 12
"""How often a notice is tried before it is given up: for half an hour or so."""

HELD: Final = 30.0
"""Seconds after which whoever was about to post, and was not heard of again, is not waited for."""

_LONGEST_PAUSE: Final = 600.0
_AT_ONCE: Final = 20
"""Stacks whose receivers are posted to at once."""

_LOOKS_EVERY: Final = 15.0
_AGAIN: Final = 2.0
_FORGOTTEN: Final = 3600.0
"""Seconds after which what is kept for a stack that never came to be is of no use."""

Worded = Callable[[Desk, Stack, StackStatus], Json]
"""What a receiver is told of a stack that has come to a status; without any secret."""

Say = Callable[[str, Mapping[str, str]], None]
"""Hears what became of a notice: `told`, `not told yet`, `given up`; and of which."""


def pause_after(failures: int) -> float:
    """The seconds before a notice that has failed so often is tried again."""
    return float(min(_LONGEST_PAUSE, 2.0 ** (failures - 1)))


class _Outcome(NamedTuple):
    """Of one post: how far its receiver is, and what is said of it."""

    cursor: Cursor
    said: str
    words: Mapping[str, str]


class Notifier:
    """Posts what is due, each receiver's notices one after the other, the receivers beside each other.

    Several processes may do so on one database: one of them posts, and the others see that.
    """

    def __init__(self, desk: Desk, poster: Poster, worded: Worded, say: Say) -> None:
        self._desk = desk
        self._poster = poster
        self._worded = worded
        self._say = say
        self._name = desk.entropy.new_id()
        self._errands = Errands()
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._woken: dict[str, asyncio.Event] = {}
        self._stopping = asyncio.Event()

    def start(self) -> None:
        """Take up what is due, and go on looking: others end operations too."""
        self._errands.begin(self._watch())

    def ended(self, stack: Stack) -> None:
        """Tell what became of a stack whose operation has ended just now, if anybody wants to know."""
        if receivers_of(stack):
            self._begin(stack.stack_id)

    async def stop(self, drain: float) -> None:
        """Post what is due, for so many seconds; what has to wait is left to others."""
        self._stopping.set()
        await self._pause(drain, self._errands.settled())
        await self._errands.close()

    # --- one stack ---------------------------------------------------------------------------------

    def _begin(self, stack_id: str) -> None:
        woken = self._woken.get(stack_id)
        if woken is not None:
            woken.set()
            return
        self._woken[stack_id] = asyncio.Event()
        self._errands.begin(self._tell(stack_id, self._woken[stack_id]))

    async def _tell(self, stack_id: str, woken: asyncio.Event) -> None:
        """Until nothing is due any more, or whatever is has to wait and this process ends."""
        try:
            while True:
                woken.clear()
                try:
                    rest = await self._round(stack_id)
                except StoreError:
                    rest = _AGAIN
                if rest is None and not woken.is_set():
                    return
                if rest and self._stopping.is_set():
                    return
                if rest:
                    await self._pause(rest, self._stopping.wait(), woken.wait())
        finally:
            del self._woken[stack_id]

    async def _round(self, stack_id: str) -> float | None:
        """Post what is due now; the seconds until more is, or None."""
        papers, now = papers_of(self._desk), self._desk.clock.now()
        kept = await papers.get(KIND, self._desk.place.account_id, stack_id)
        if kept is None:
            return None
        ledger = ledger_of(kept)
        if ledger.holder not in {"", self._name} and ledger.held_until > now:
            return min(ledger.held_until - now, _AGAIN)
        stack = await self._desk.store.stack(stack_id)
        if stack is None:
            if now - kept.updated_at > _FORGOTTEN:
                await papers.remove(KIND, kept.account_id, stack_id)
            return None
        receivers = [url for url in receivers_of(stack) if url in ledger.cursors]
        after = min((ledger.cursors[url].told for url in receivers), default=0)
        due = pending(await notices_after(self._desk.store, stack_id, after), ledger, receivers)
        if not due:
            if stack.status is StackStatus.DELETED:
                await papers.remove(KIND, kept.account_id, stack_id)
            return None
        begins_at = {url: ledger.cursors[url].not_before for url in due}
        ready = {url: notice for url, notice in due.items() if begins_at[url] <= now}
        if not ready:
            return max(0.01, min(begins_at.values()) - now)
        async with self._turns:
            now = self._desk.clock.now()
            mine = replace(ledger, holder=self._name, held_until=now + HELD)
            try:
                kept = await papers.change(replace(kept, body=body_of(mine), updated_at=now))
            except DocumentChanged:
                return 0.0
            await self._post_all(stack, kept, ready)
        return 0.0

    async def _post_all(self, stack: Stack, kept: Document, ready: Mapping[str, Notice]) -> None:
        """Post to each receiver its next notice, and keep how far each is then."""
        cursors = ledger_of(kept).cursors
        urls = tuple(ready)
        posts = (self._post(stack, url, ready[url], cursors[url]) for url in urls)
        outcomes = await asyncio.gather(*posts)
        moved = {url: outcome.cursor for url, outcome in zip(urls, outcomes, strict=True)}
        await self._keep(kept, moved)
        for outcome in outcomes:
            self._say(outcome.said, outcome.words)

    async def _keep(self, kept: Document, moved: Mapping[str, Cursor]) -> None:
        papers = papers_of(self._desk)
        while True:
            written = Ledger({**ledger_of(kept).cursors, **moved})
            now = self._desk.clock.now()
            try:
                await papers.change(replace(kept, body=body_of(written), updated_at=now))
            except DocumentChanged:
                # An update has brought another receiver meanwhile.
                found = await papers.get(KIND, kept.account_id, kept.document_id)
                if found is None:
                    return
                kept = found
                continue
            return

    async def _post(self, stack: Stack, url: str, notice: Notice, cursor: Cursor) -> _Outcome:
        """Post one notice once; how far its receiver is then."""
        words = {"stack": stack.name, "stack_id": stack.stack_id, "status": notice.status.value}
        told = self._worded(self._desk, stack, notice.status)
        body = json.dumps(told, ensure_ascii=False).encode()
        try:
            words["receiver"] = self._poster.check(url)
            await self._poster.post(url, body)
        except PostRefused as refused:
            failures = cursor.failures + 1
            words["reason"] = refused.message
            if failures >= MOST_TRIES:
                return _Outcome(Cursor(notice.number), "given up", words)
            again = self._desk.clock.now() + pause_after(failures)
            return _Outcome(Cursor(cursor.told, failures, again), "not told yet", words)
        return _Outcome(Cursor(notice.number), "told", words)

    # --- all of them -------------------------------------------------------------------------------

    async def _watch(self) -> None:
        """Look again whenever an operation has begun or ended, wherever that was."""
        seen: int | None = None
        while not self._stopping.is_set():
            try:
                mark = await self._desk.store.mark()
                if mark != seen:
                    await self._sweep()
                seen = mark
            except StoreError:
                # It is away; what was missed is found once it is back.
                seen = None
            await self._pause(_LOOKS_EVERY, self._stopping.wait())

    async def _sweep(self) -> None:
        """Begin with every stack of which a receiver may not know all."""
        account = self._desk.place.account_id
        for kept in await papers_of(self._desk).find(KIND, account):
            told = min((one.told for one in ledger_of(kept).cursors.values()), default=0)
            if await self._desk.store.last_event_number(kept.document_id) > told:
                self._begin(kept.document_id)

    async def _pause(self, seconds: float, *ends: Awaitable[object]) -> None:
        """Wait, unless one of these comes to its end before."""
        awaited = [asyncio.ensure_future(one) for one in (self._desk.clock.sleep(seconds), *ends)]
        try:
            await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in awaited:
                one.cancel()
