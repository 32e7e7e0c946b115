"""Reviews: a named change set approved or rejected by somebody, with a comment that stays with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, Final

from imageferry.control.desk import Desk
from imageferry.control.named_changes import (
    Naming,
    amend,
    changes_of,
    execute_named,
    named_of,
    propose,
)
from imageferry.control.requests import ChangeSetStatusWrong, RequestRefused, StackRequest
from imageferry.control.stacks import taken_over
from imageferry.model.named_changes import ExecutionStatus, NamedChangeSet
from imageferry.model.operations import OnFailure, Operation
from imageferry.model.statuses import StackStatus
from imageferry.model.values import Json
from imageferry.ports.keeping import StoreError

_DETAIL: Final = "review"
"""Under which name it stands among the details of a change set; no API gives that back."""

_BEGINNING: Final = 60.0
"""Seconds after which an approval that has begun nothing was broken off with its process."""

_BEING_BEGUN: Final = (
    "look at the change set again; where nothing has begun within a minute, approve it once more"
)

LONGEST_COMMENT: Final = 2_000


class Decision(Enum):
    """What somebody has made of a change set."""

    APPROVED = "approved"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Review:
    """Who has decided what, when (seconds since 1970), and why. `token` marks the one request."""

    decision: Decision
    by: str
    at: float
    comment: str = ""
    token: str = ""


def review_of(named: NamedChangeSet) -> Review | None:
    """What somebody has made of a change set; None where nobody has decided."""
    kept: Any = named.details.get(_DETAIL)
    if not isinstance(kept, Mapping):
        return None
    return Review(
        Decision(kept["decision"]), kept["by"], kept["at"], kept["comment"], kept["token"]
    )


async def approve(
    desk: Desk, named: NamedChangeSet, by: str, comment: str, on_failure: OnFailure | None = None
) -> Operation:
    """Execute a change set in somebody's name; of two at one moment one does, and the other is told.

    Raises RequestRefused where somebody else has decided, and what `execute_named` raises.
    """
    review = Review(
        Decision.APPROVED, by, desk.clock.now(), _bounded(comment), desk.entropy.new_id()
    )

    def claimed(now: NamedChangeSet) -> NamedChangeSet:
        _refuse_decided(now, review.at)
        return _with(now, review)

    def left(now: NamedChangeSet) -> NamedChangeSet:
        return _with(now, None) if review_of(now) == review else now

    claim = await amend(desk, named, claimed)
    token = f"review:{claim.change_set_id}:{review.token}"
    try:
        return await execute_named(desk, claim, on_failure, token)
    except StoreError:
        # It may have been begun although nobody has said so: then the comment belongs to it.
        raise
    except Exception:
        # Nothing was begun, whatever it is that goes on to the caller: it may be approved again.
        await amend(desk, claim, left)
        raise


async def reject(desk: Desk, named: NamedChangeSet, by: str, comment: str) -> NamedChangeSet:
    """Let a change set be executed by nobody any more; it stays, with who said so and why.

    Raises RequestRefused where somebody else has decided, ChangeSetStatusWrong where it cannot be
    executed anyway.
    """
    review = Review(
        Decision.REJECTED, by, desk.clock.now(), _bounded(comment), desk.entropy.new_id()
    )
    said = f"rejected by {by}" + (f": {review.comment}" if review.comment else "")

    def rejected(now: NamedChangeSet) -> NamedChangeSet:
        _refuse_decided(now, review.at)
        closed = replace(now, execution=ExecutionStatus.UNAVAILABLE, reason=said)
        return _with(closed, review)

    return await amend(desk, named, rejected)


def _refuse_decided(now: NamedChangeSet, at: float) -> None:
    """Raise RequestRefused or ChangeSetStatusWrong where there is nothing left to decide."""
    former = review_of(now)
    is_open = now.execution is ExecutionStatus.AVAILABLE
    is_being_begun = former is not None and at - former.at < _BEGINNING
    if former is not None and (not is_open or is_being_begun):
        raise RequestRefused(
            f'"{now.name}" was {former.decision.value} by {former.by} already',
            _BEING_BEGUN if is_open else "look at the change set again",
        )
    if not is_open:
        raise ChangeSetStatusWrong(now)


def _with(named: NamedChangeSet, review: Review | None) -> NamedChangeSet:
    details = {name: kept for name, kept in named.details.items() if name != _DETAIL}
    if review is not None:
        details[_DETAIL] = {
            "decision": review.decision.value,
            "by": review.by,
            "at": review.at,
            "comment": review.comment,
            "token": review.token,
        }
    return replace(named, details=details)


def _bounded(comment: str) -> str:
    text = comment.strip()
    return text if len(text) <= LONGEST_COMMENT else text[: LONGEST_COMMENT - 1] + "…"


# --- once more --------------------------------------------------------------------------------------

_NUMBERED: Final = re.compile(r"(?P<stem>.*?)-(?P<number>\d{1,6})", re.DOTALL)
_LONGEST_NAME: Final = 120


async def propose_again(
    desk: Desk, named: NamedChangeSet, by: str, *, replaces: bool = False
) -> NamedChangeSet:
    """Plan what a change set wants for the stack as it is now, under the next free name.

    `by` is who asks for it; `replaces` allows replacements although that one did not.

    Raises RequestRefused where what it wants is not kept any more, and what `propose` raises.
    """
    change_set = await changes_of(desk, named)
    if change_set is None:
        raise RequestRefused(
            f'what the change set "{named.name}" wants is not kept any more',
            "make a new one with the template and its parameters",
        )
    stack = await desk.store.stack(named.stack_id)
    is_there = stack is not None and stack.status is not StackStatus.DELETED
    is_new = not is_there or (stack is not None and stack.status is StackStatus.REVIEWING)
    former = {} if stack is None or is_new else stack.parameters
    wanted = change_set.bindings.parameters
    request = StackRequest(
        stack_name=named.stack_name,
        region=named.place.region,
        template=change_set.template,
        template_name=change_set.template_name,
        parameters=wanted,
        replace=replaces or change_set.replacement_allowed,
        adopt=change_set.adoptions or None,
        taken_over=taken_over(change_set),
        is_protected=named.is_protected,
        policy=named.policy,
        tags=named.tags,
        options=named.options,
    )
    kind = named.kind if named.kind == "IMPORT" else ("CREATE" if is_new else "UPDATE")
    names = {one.name for one in await named_of(desk, named.stack_id)} if is_there else set()
    changed = [name for name, value in wanted.items() if former.get(name) != value]
    naming = Naming(
        _next_name(named.name, names),
        kind,
        named.description,
        named.waiting,
        {**_lasting(named), "changed_parameters": changed, "by": by},
    )
    return await propose(desk, request, naming)


def _lasting(named: NamedChangeSet) -> dict[str, Json]:
    """What was said of a change set and holds as well for another one that wants the same."""
    return {name: kept for name, kept in named.details.items() if name == "command"}


def _next_name(name: str, taken: set[str]) -> str:
    found = _NUMBERED.fullmatch(name)
    stem, number = (found["stem"], int(found["number"])) if found else (name, 1)
    stem = stem[:_LONGEST_NAME]
    while True:
        number += 1
        if f"{stem}-{number}" not in taken:
            return f"{stem}-{number}"
