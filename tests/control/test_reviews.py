"""Reviews: one decides, the comment stays, and what was rejected is executed by nobody."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from imageferry.control.named_changes import (
    Naming,
    changes_of,
    drop_named,
    execute_named,
    find_named,
    propose,
)
from imageferry.control.requests import ChangeSetStatusWrong, RequestRefused
from imageferry.control.reviews import (
    LONGEST_COMMENT,
    Decision,
    approve,
    propose_again,
    reject,
    review_of,
)
from imageferry.model.changes import ChangeSet
from imageferry.model.diagnostics import TemplateError
from imageferry.model.named_changes import ExecutionStatus, NamedChangeSet, ProposalStatus
from imageferry.model.operations import OnFailure, Operation
from imageferry.ports.keeping import Store
from tests.control.test_plane import request
from tests.scenarios.things import Things, play
from tests.scenarios.workshop import Workshop

CREATE = Naming("first", "CREATE", "a try", details={"mine": 1})
UPDATE = Naming("second", "UPDATE")


async def found(shop: Workshop, named: NamedChangeSet) -> NamedChangeSet:
    again = await find_named(shop.plane.desk, named.change_set_id)
    assert again is not None
    return again


def test_an_approval_is_executed_once_and_keeps_its_comment(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        desk = shop.plane.desk
        named = await propose(desk, request(), CREATE)
        replies = await asyncio.gather(
            *(approve(desk, named, who, f"by {who}", OnFailure.KEEP) for who in ("one", "two")),
            return_exceptions=True,
        )
        (operation,) = [one for one in replies if isinstance(one, Operation)]
        (refused,) = [one for one in replies if isinstance(one, RequestRefused)]
        assert operation.on_failure is OnFailure.KEEP
        standing = await found(shop, named)
        review = review_of(standing)
        assert review is not None and review.decision is Decision.APPROVED
        assert review.comment == f"by {review.by}"
        assert f"was approved by {review.by} already" in refused.message
        assert standing.details["mine"] == 1
        await shop.run(operation.operation_id)
        done = await found(shop, named)
        assert done.execution is ExecutionStatus.EXECUTE_COMPLETE
        assert review_of(done) == review
        with pytest.raises(RequestRefused, match="was approved by"):
            await reject(desk, named, "late", "no")

    play(tmp_path, program)


def test_a_rejection_stays_and_nothing_executes_it(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        desk = shop.plane.desk
        named = await propose(desk, request(), CREATE)
        await reject(desk, named, "somebody", "  " + "x" * 3_000)
        rejected = await found(shop, named)
        review = review_of(rejected)
        assert review is not None and len(review.comment) == LONGEST_COMMENT
        assert rejected.execution is ExecutionStatus.UNAVAILABLE
        assert rejected.status is ProposalStatus.CREATE_COMPLETE
        assert rejected.reason.startswith("rejected by somebody: xxx")
        with pytest.raises(ChangeSetStatusWrong):
            await execute_named(desk, named)
        for late in (approve(desk, named, "a", ""), reject(desk, named, "b", "")):
            with pytest.raises(RequestRefused, match="was rejected by somebody already"):
                await late
        assert world.calls == []
        await drop_named(desk, rejected)
        with pytest.raises(RequestRefused, match="is there no more"):
            await approve(desk, named, "a", "")

    play(tmp_path, program)


class Standstill:
    """A store that gives no change set any more: whoever asks for one waits for good."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.is_asked = asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def change_set(self, change_set_id: str) -> ChangeSet | None:
        self.is_asked.set()
        await asyncio.Event().wait()
        raise AssertionError("nobody sets it")


def test_an_approval_that_ended_with_its_process_is_given_once_more(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        desk = shop.plane.desk
        named = await propose(desk, request(), CREATE)
        store: Any = Standstill(desk.store)
        lost = asyncio.create_task(approve(replace(desk, store=store), named, "one", "go"))
        await store.is_asked.wait()
        lost.cancel()
        await asyncio.gather(lost, return_exceptions=True)
        # Nobody can tell whether that one still begins it, and for a while nobody else does.
        assert review_of(await found(shop, named)) is not None
        for decided in (approve, reject):
            with pytest.raises(RequestRefused, match="by one already") as refused:
                await decided(desk, named, "two", "no")
            assert "within a minute" in refused.value.remedy
        assert await desk.store.last_operation(named.stack_id) is None
        await desk.clock.sleep(61)
        operation = await approve(desk, named, "two", "again")
        with pytest.raises(RequestRefused, match="by two already"):
            await approve(desk, named, "three", "")
        await shop.run(operation.operation_id)
        assert await desk.store.last_operation(named.stack_id) is not None
        done = await found(shop, named)
        assert done.operation_id == operation.operation_id
        assert review_of(done) is not None and done.details["mine"] == 1

    play(tmp_path, program)


def test_what_could_not_be_begun_may_be_approved_again(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        desk = shop.plane.desk
        await shop.deploy(request().template.decode())
        named = await propose(desk, request(Name="other"), UPDATE)
        kept = await changes_of(desk, named)
        assert kept is not None
        blocked = await propose(desk, request(Size=2), replace(UPDATE, name="blocked"))
        with pytest.raises(ChangeSetStatusWrong):
            await approve(desk, blocked, "somebody", "")
        refused = (await changes_of(desk, blocked)) or kept
        reasons = refused.changes
        # What was planned was written over by hand: it is refused only once it is executed.
        await desk.store.save_change_set(replace(kept, changes=reasons))
        with pytest.raises(TemplateError):
            await approve(desk, named, "somebody", "go")
        assert review_of(await found(shop, named)) is None
        await desk.store.save_change_set(kept)
        operation = await approve(desk, named, "somebody", "go")
        await shop.run(operation.operation_id)
        done = await found(shop, named)
        assert done.execution is ExecutionStatus.EXECUTE_COMPLETE

    play(tmp_path, program)


@pytest.mark.parametrize(
    ("name", "next_name"),
    [
        pytest.param("first", "first-2", id="the first time"),
        pytest.param("first-9", "first-10", id="a number goes on"),
        pytest.param("a-b", "a-b-2", id="what is no number stays"),
    ],
)
def test_the_same_is_planned_again_under_another_name(
    tmp_path: Path, name: str, next_name: str
) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        desk = shop.plane.desk
        named = await propose(desk, request(), replace(CREATE, name=name))
        await reject(desk, named, "somebody", "not yet")
        again = await propose_again(desk, await found(shop, named), "me")
        assert (again.name, again.kind, again.description) == (next_name, "CREATE", "a try")
        assert again.execution is ExecutionStatus.AVAILABLE
        assert review_of(again) is None
        operation = await approve(desk, again, "somebody", "")
        await shop.run(operation.operation_id)
        once_more = await propose_again(desk, await found(shop, named), "me")
        assert once_more.kind == "UPDATE" and once_more.is_empty

    play(tmp_path, program)
