"""once(desk, …): what a caller asks twice with one token is done once, and answered alike."""

from __future__ import annotations

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

KIND: Final = "client_token"

KEPT: Final = 7 * 86_400.0
"""Seconds for which a token counts after it was first used."""

_ABANDONED: Final = 300.0
"""Seconds after which a first request without an answer has gone down with its process."""


async def once(
    desk: Desk,
    action: str,
    token: str,
    asked: Mapping[str, Json],
    perform: Callable[[], Awaitable[Mapping[str, Json]]],
) -> Mapping[str, Json]:
    """The answer of the first request with a token to an action; without a token, of this one.

    `asked` are the parameters that make it the same request. Where the first one failed it is
    carried out again. Raises TokenMismatch, TokenInProgress, and whatever `perform` does.
    """
    if not token:
        return await perform()
    papers, account = papers_of(desk), desk.place.account_id
    print_of = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
    now = desk.clock.now()
    claim = Document(
        KIND, account, f"{action}:{token}", {"asked": print_of, "answer": None}, now, now
    )
    try:
        await papers.add(claim)
    except DocumentExists:
        kept = await papers.get(KIND, account, claim.document_id)
        if kept is None:
            return await once(desk, action, token, asked, perform)
        earlier = await _earlier(desk, kept, claim)
        if not isinstance(earlier, Document):
            return earlier
        claim = earlier
    answer: Mapping[str, Json] | None = None
    try:
        answer = await perform()
    finally:
        if answer is None:
            # Nothing came of it: the same token may ask again.
            await papers.remove(KIND, account, claim.document_id)
    body: dict[str, Json] = {"asked": print_of, "answer": dict(answer)}
    try:
        await papers.change(replace(claim, body=body, updated_at=desk.clock.now()))
    except DocumentChanged as taken_over:
        # It took so long that somebody else has asked anew, and answers for the token now.
        raise TokenInProgress from taken_over
    return answer


async def _earlier(desk: Desk, kept: Document, claim: Document) -> Document | Mapping[str, Json]:
    """The answer of an earlier request, or the claim of one that was given up, taken over."""
    body: Mapping[str, Any] = kept.body
    now = desk.clock.now()
    is_old = now - kept.created_at > KEPT
    if not is_old and body["asked"] != claim.body["asked"]:
        raise TokenMismatch
    if not is_old and body["answer"] is not None:
        answer: Mapping[str, Json] = body["answer"]
        return answer
    if not is_old and now - kept.updated_at < _ABANDONED:
        raise TokenInProgress
    try:
        return await papers_of(desk).change(replace(kept, body=claim.body, updated_at=now))
    except DocumentChanged as somebody:
        raise TokenInProgress from somebody
