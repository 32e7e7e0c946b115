"""carry_out: work that goes on beside whoever asked, with signs of life in a document until it ends."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from typing import Final, TypeAlias

from imageferry.control.desk import Desk
from imageferry.control.papers import papers_of
from imageferry.model.values import Json
from imageferry.ports.documents import Document, DocumentChanged
from imageferry.ports.keeping import StoreError

PATIENCE: Final = 120.0
"""Seconds without a sign after which work was broken off with its process."""

_RENEWED: Final = 15.0
"""Seconds between two signs of work that goes on."""

_AGAIN: Final = 0.5

Body: TypeAlias = Mapping[str, Json]


Work: TypeAlias = Callable[[], Coroutine[None, None, Body]]


async def carry_out(desk: Desk, document: Document, work: Work, broken: Body) -> None:
    """Do the work, and keep as the document's body what it gives; `broken` where it was broken off.

    Nobody is left waiting for it, whatever happens: a document without a sign for PATIENCE is one
    whose process has ended.
    """
    working = asyncio.ensure_future(work())
    ended = broken
    try:
        while not (await asyncio.wait({working}, timeout=_RENEWED))[0]:
            # A sign whose commit was not told counts as well as one that was.
            with contextlib.suppress(DocumentChanged, StoreError):
                renewed = replace(document, updated_at=desk.clock.now())
                document = await papers_of(desk).change(renewed)
        ended = await working
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        await _keep_ended(desk, ended, document, is_broken=ended is broken)


async def _keep_ended(desk: Desk, ended: Body, document: Document, *, is_broken: bool) -> None:
    """Tried until it is kept, or the database has been away for as long as is waited for it."""
    papers = papers_of(desk)
    while True:
        now = desk.clock.now()
        try:
            # Where a sign was kept whose commit was not told, the version is another one.
            kept = await papers.get(document.kind, document.account_id, document.document_id)
            if kept is not None:
                await papers.change(replace(kept, body=ended, updated_at=now))
        except DocumentChanged:
            continue
        except StoreError:
            # A process that is about to end does not wait.
            if is_broken or now - document.updated_at > PATIENCE:
                raise
            await desk.clock.sleep(_AGAIN)
            continue
        return


def is_silent(desk: Desk, document: Document) -> bool:
    """True where there was no sign for so long that the process must have ended."""
    return desk.clock.now() - document.updated_at > PATIENCE
