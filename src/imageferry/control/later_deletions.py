"""Deletions asked for while a stack is still being made: carried out once it has turned back."""

from __future__ import annotations

import contextlib
import logging
from functools import partial
from typing import Final

from imageferry.control.commands import delete_stack
from imageferry.control.desk import Desk
from imageferry.control.papers import papers_of
from imageferry.control.protection import refuse_deletion
from imageferry.control.requests import (
    ExecutionOptions,
    OperationHolds,
    RequestRefused,
    StackNotFound,
)
from imageferry.control.stacks import cancel_operation
from imageferry.model.diagnostics import TemplateError
from imageferry.model.stacks import Stack
from imageferry.model.statuses import StackStatus
from imageferry.ports.documents import Document, DocumentExists
from imageferry.ports.keeping import StoreUnavailable

KIND: Final = "later_deletion"

DEFERRED: Final = frozenset({StackStatus.CREATING, StackStatus.CREATE_ROLLING_BACK})
"""The statuses in which a stack can be deleted later: nothing of it is to stay anyway."""

_LOOKS_EVERY: Final = 2.0

_SWEEPS_EVERY: Final = 15.0
"""Seconds between two looks for what a process has left that is gone."""

_log = logging.getLogger(__name__)


async def delete_later(desk: Desk, stack: Stack) -> None:
    """Let a stack that is being made turn back, and delete it then; kept over a crash.

    Raises RequestRefused where the stack is protected.
    """
    refuse_deletion(stack)
    now = desk.clock.now()
    wish = Document(KIND, desk.place.account_id, stack.stack_id, {}, now, now)
    # Who wished it before may have died before anything else was done, or be another process.
    with contextlib.suppress(DocumentExists):
        await papers_of(desk).add(wish)
    _wait(desk, stack.stack_id)
    try:
        await cancel_operation(desk, stack)
    except RequestRefused:
        # It has come to its end just now, so that there is nothing to wait for.
        _log.debug("nothing is to be cancelled on stack %s", stack.stack_id)


async def take_up_deletions(desk: Desk) -> list[str]:
    """Wait on for what another process was to delete later; the ids of all stacks that wait."""
    if desk.documents is None:
        return []
    waiting = [wish.document_id for wish in await desk.documents.find(KIND, desk.place.account_id)]
    for stack_id in waiting:
        _wait(desk, stack_id)
    return waiting


def watch_deletions(desk: Desk) -> None:
    """Take up what others were to delete later, now and as long as the house is open."""
    desk.errands.begin_once("later deletions of others", partial(_watch, desk))


async def _watch(desk: Desk) -> None:
    while True:
        try:
            await take_up_deletions(desk)
        except StoreUnavailable as away:
            _log.debug("later deletions are looked for again: %s", away)
        await desk.clock.sleep(_SWEEPS_EVERY)


def _wait(desk: Desk, stack_id: str) -> None:
    desk.errands.begin_once(
        f"later deletion of {stack_id}", partial(_delete_patiently, desk, stack_id)
    )


async def _delete_patiently(desk: Desk, stack_id: str) -> None:
    """Wait also for a database that is away: nobody else would go on with the wish."""
    while True:
        try:
            await _delete_when_ended(desk, stack_id)
        except StoreUnavailable as away:
            _log.warning("the deletion of stack %s waits for the database: %s", stack_id, away)
            await desk.clock.sleep(_LOOKS_EVERY)
            continue
        return


async def _delete_when_ended(desk: Desk, stack_id: str) -> None:
    while True:
        stack = await desk.store.stack(stack_id)
        if stack is None or stack.status.is_final:
            break
        await desk.clock.sleep(_LOOKS_EVERY)
    if stack is not None:
        try:
            await delete_stack(desk, stack, (), ExecutionOptions())
        except (OperationHolds, RequestRefused, StackNotFound, TemplateError) as refused:
            _log.warning("stack %s was to be deleted and is not: %s", stack_id, refused)
    await papers_of(desk).remove(KIND, desk.place.account_id, stack_id)
