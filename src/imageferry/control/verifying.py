"""Verifying: a verification that goes on while whoever asked comes back for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from typing import Any, Final

from imageferry.control.desk import Desk
from imageferry.control.drift import recorded
from imageferry.control.papers import papers_of
from imageferry.control.requests import OperationHolds, RequestRefused, StackNotFound
from imageferry.control.signs import Body, carry_out, is_silent
from imageferry.control.verdicts_kept import keep_verification
from imageferry.control.verification import verify_stack
from imageferry.model.stacks import Stack
from imageferry.ports.documents import Document, DocumentChanged, DocumentExists
from imageferry.ports.keeping import StoreError

KIND: Final = "verifying"
"""One document a stack: how far its last verification is that was begun to be come back for."""

_BROKEN_OFF: Final = "the process that verified has ended before it was done; begin again"


class VerifyingStatus(Enum):
    """How far a verification is."""

    IN_PROGRESS = "in progress"
    COMPLETE = "complete"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Verifying:
    """A verification of a whole stack, begun at `at` (seconds since 1970); `reason` of a failure."""

    stack_id: str
    status: VerifyingStatus
    at: float
    reason: str = ""


async def begin_verification(desk: Desk, stack: Stack) -> Verifying:
    """Begin to verify a stack; it goes on in this process. One that goes on already is that one.

    Raises OperationHolds and StackNotFound.
    """
    await recorded(desk, stack, ())
    papers, account = papers_of(desk), desk.place.account_id
    begun = Verifying(stack.stack_id, VerifyingStatus.IN_PROGRESS, desk.clock.now())
    while True:
        kept = await papers.get(KIND, account, stack.stack_id)
        former = None if kept is None else _as_far(desk, kept)
        if former is not None and former.status is VerifyingStatus.IN_PROGRESS:
            return former
        try:
            if kept is None:
                document = Document(KIND, account, stack.stack_id, _body(begun), begun.at, begun.at)
                await papers.add(document)
            else:
                document = await papers.change(
                    replace(kept, body=_body(begun), updated_at=begun.at)
                )
        except (DocumentExists, DocumentChanged):
            # Somebody else has begun at the same moment: one of the two is enough.
            continue
        break
    broken = replace(begun, status=VerifyingStatus.FAILED, reason=_BROKEN_OFF)
    work = partial(_verified, desk, stack, begun)
    desk.errands.begin(carry_out(desk, document, work, _body(broken)))
    return begun


async def last_verifying(desk: Desk, stack_id: str) -> Verifying | None:
    """The verification of a stack that was begun so last; None where none was."""
    kept = await papers_of(desk).get(KIND, desk.place.account_id, stack_id)
    return None if kept is None else _as_far(desk, kept)


async def _verified(desk: Desk, stack: Stack, begun: Verifying) -> Body:
    try:
        await keep_verification(desk, stack, await verify_stack(desk, stack))
    except (OperationHolds, RequestRefused, StackNotFound, StoreError) as failure:
        return _body(replace(begun, status=VerifyingStatus.FAILED, reason=str(failure)))
    return _body(replace(begun, status=VerifyingStatus.COMPLETE))


def _as_far(desk: Desk, document: Document) -> Verifying:
    body: Mapping[str, Any] = document.body
    found = Verifying(
        document.document_id, VerifyingStatus(body["status"]), body["at"], body["reason"]
    )
    if found.status is VerifyingStatus.IN_PROGRESS and is_silent(desk, document):
        return replace(found, status=VerifyingStatus.FAILED, reason=_BROKEN_OFF)
    return found


def _body(verifying: Verifying) -> Body:
    return {"status": verifying.status.value, "at": verifying.at, "reason": verifying.reason}
