"""Deletions that wait for a creation to turn back: over deaths, outages, and in several processes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from imageferry.control.desk import Desk
from imageferry.control.errands import Errands
from imageferry.control.later_deletions import (
    KIND,
    delete_later,
    take_up_deletions,
    watch_deletions,
)
from imageferry.control.papers import papers_of
from imageferry.model.changes import ChangeKind
from imageferry.model.stacks import Stack
from imageferry.model.statuses import StackStatus
from imageferry.ports.documents import Document
from imageferry.ports.keeping import Store, StoreUnavailable
from tests.control.test_plane import opened, request
from tests.scenarios.things import Things, play
from tests.scenarios.workshop import Workshop


async def creating(shop: Workshop) -> tuple[Stack, str]:
    operation = await opened(shop, request())
    return (await shop.plane.view(operation.stack_id)).stack, operation.operation_id


def process(desk: Desk) -> Desk:
    """Another process on the same records."""
    return replace(desk, errands=Errands())


async def is_deleted(shop: Workshop, stack: Stack) -> None:
    """Wait for the operation that deletes, and carry it out."""
    last = await shop.store.last_operation(stack.stack_id)
    while last is None or last.kind is not ChangeKind.DELETE:
        await shop.clock.sleep(0.5)
        last = await shop.store.last_operation(stack.stack_id)
    await shop.run(last.operation_id)
    await shop.clock.sleep(5.0)
    assert (await shop.plane.view(stack.stack_id)).stack.status is StackStatus.DELETED
    assert await papers_of(shop.plane.desk).find(KIND, shop.plane.place.account_id) == []


def test_whoever_asks_again_after_a_death_is_heard(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        desk = shop.plane.desk
        stack, operation_id = await creating(shop)
        now = desk.clock.now()
        # The first process died with the wish in the records, and nothing else done.
        wish = Document(KIND, desk.place.account_id, stack.stack_id, {}, now, now)
        await papers_of(desk).add(wish)
        other = process(desk)
        await delete_later(other, stack)
        found = await shop.store.operation(operation_id)
        assert found is not None and found.cancel_requested
        await shop.run(operation_id)
        await is_deleted(shop, stack)
        await other.errands.settled()

    play(tmp_path, program)


def test_two_processes_wait_for_one_end_and_delete_once(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        desk = shop.plane.desk
        stack, operation_id = await creating(shop)
        one, two = process(desk), process(desk)
        for _ in range(3):
            await delete_later(one, stack)
        await take_up_deletions(one)
        await take_up_deletions(two)
        await shop.run(operation_id)
        await is_deleted(shop, stack)
        await one.errands.settled()
        await two.errands.settled()
        events = await shop.plane.events(stack.stack_id)
        ends = [event for event in events if event.status is StackStatus.DELETED]
        assert len(ends) == 1

    play(tmp_path, program)


def test_what_another_process_leaves_later_on_is_taken_up(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        desk = shop.plane.desk
        living, dying = process(desk), process(desk)
        watch_deletions(living)
        stack, operation_id = await creating(shop)
        await delete_later(dying, stack)
        await dying.errands.close()
        await shop.run(operation_id)
        await is_deleted(shop, stack)
        await living.errands.close()

    play(tmp_path, program)


class Away:
    """A store that does not answer for a while."""

    def __init__(self, store: Store, looks: int) -> None:
        self._store, self._looks = store, looks

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def stack(self, stack_id: str) -> Stack | None:
        self._looks -= 1
        if self._looks >= 0:
            raise StoreUnavailable("the database is away")
        return await self._store.stack(stack_id)


def test_a_database_that_is_away_for_a_while_is_waited_for(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        desk = shop.plane.desk
        stack, operation_id = await creating(shop)
        store: Any = Away(desk.store, 5)
        other = replace(process(desk), store=store)
        await delete_later(other, stack)
        await shop.run(operation_id)
        await is_deleted(shop, stack)
        await other.errands.settled()

    play(tmp_path, program)
