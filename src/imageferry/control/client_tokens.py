"""once(desk, …): what a caller asks twice with one token is done once, and answered alike."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from imageferry.control.desk import Desk
from imageferry.control.papers import papers_of
from imageferry.control.requests import TokenInProgress, TokenMismatch
from imageferry.model.values import Json
from imageferry.ports.documents import Document, DocumentChanged, DocumentExists
from imageferry.ports.keeping import StoreError

KIND: Final = "client_token"

KEPT: Final = 7 * 86_400.0
"""Seconds for which a token counts after it was answered."""

LAPSE: Final = 3.0
"""Seconds without a sign after which whoever carries a request out has gone down with its process."""

_RENEWED: Final = 1.0
"""Seconds between two signs of whoever carries a request out."""

_PATIENCE: Final = 8.0
"""Seconds for which the second of two requests waits for the answer of the first."""

_OFTEN: Final = 0.1

Answer = Mapping[str, Json]


async def once(
    desk: Desk,
    action: str,
    token: str,
    asked: Mapping[str, Json],
    perform: Callable[[], Awaitable[Answer]],
) -> Answer:
    """The answer of the first request with a token to an action; without a token, of this one.

    `asked` are the parameters that make it the same request. Where the first one failed it is
    carried out again; so it is where the first one's process has died, which may have been after
    the deed: `perform` has to find what it did before. Raises TokenMismatch, TokenInProgress, and
    whatever `perform` does.
    """
    if not token:
        return await perform()
    print_of = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
    claim = await _claimed(desk, f"{action}:{token}", print_of)
    if not isinstance(claim, Document):
        return claim
    claim, answer = await _performed(desk, claim, perform)
    try:
        await papers_of(desk).change(_with(claim, print_of, answer, desk.clock.now()))
    except DocumentChanged:
        # It fell silent for so long that somebody else answers for the token now.
        return await once(desk, action, token, asked, perform)
    return answer


async def _claimed(desk: Desk, document_id: str, print_of: str) -> Document | Answer:
    """The right to carry a request out, or the answer that it has had already.

    Clocks of two machines differ: that a claim lapses is told by this process's own, from when it
    saw the claim last change.
    """
    papers, account, now = papers_of(desk), desk.place.account_id, desk.clock.now()
    fresh = Document(KIND, account, document_id, _body(print_of, None), now, now)
    try:
        await papers.add(fresh)
    except DocumentExists:
        pass
    else:
        return fresh
    began = changed_at = desk.clock.monotonic()
    version = -1
    while (kept := await papers.get(KIND, account, document_id)) is not None:
        moment, now = desk.clock.monotonic(), desk.clock.now()
        if kept.version != version:
            version, changed_at = kept.version, moment
        found = _standing(kept, print_of, now, is_silent=moment - changed_at >= LAPSE)
        if not isinstance(found, Document):
            return found
        if found is not kept:
            with contextlib.suppress(DocumentChanged):
                return await papers.change(found)
        elif moment - began >= _PATIENCE:
            raise TokenInProgress
        else:
            await desk.clock.sleep(_OFTEN)
    return await _claimed(desk, document_id, print_of)


def _standing(kept: Document, print_of: str, now: float, *, is_silent: bool) -> Document | Answer:
    """The answer, the claim as it would be taken over, or the same claim while another holds it."""
    body: Mapping[str, Any] = kept.body
    taken = _with(kept, print_of, None, now)
    if body["asked"] == _NOBODY or now - kept.updated_at > KEPT:
        return taken
    if body["asked"] != print_of:
        raise TokenMismatch
    if body["answer"] is not None:
        answer: Answer = body["answer"]
        return answer
    return taken if is_silent else kept


async def _performed(
    desk: Desk, claim: Document, perform: Callable[[], Awaitable[Answer]]
) -> tuple[Document, Answer]:
    """The claim as it is by then, and the answer; where there comes none, the claim is given up."""
    answer: Answer | None = None
    deed = asyncio.ensure_future(perform())
    try:
        while not (await asyncio.wait({deed}, timeout=_RENEWED))[0]:
            # Where it cannot be renewed somebody may take it over, and finds what was done.
            with contextlib.suppress(DocumentChanged, StoreError):
                renewed = replace(claim, updated_at=desk.clock.now())
                claim = await papers_of(desk).change(renewed)
        answer = await deed
    finally:
        if not deed.done():
            deed.cancel()
            await asyncio.gather(deed, return_exceptions=True)
        if answer is None:
            # Nothing came of it: the same token may ask again, also for something else.
            with contextlib.suppress(DocumentChanged, StoreError):
                await papers_of(desk).change(_with(claim, _NOBODY, None, desk.clock.now()))
    return claim, answer


_NOBODY: Final = ""
"""Stands in the place of what was asked where nobody holds the token."""


def _with(claim: Document, print_of: str, answer: Answer | None, now: float) -> Document:
    return replace(claim, body=_body(print_of, answer), updated_at=now)


def _body(print_of: str, answer: Answer | None) -> dict[str, Json]:
    return {"asked": print_of, "answer": None if answer is None else dict(answer)}
