"""One step of an operation: what the handler is asked, how long for, and what is answered then."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from imageferry.model.handlers import (
    HandlerAction,
    HandlerRequest,
    Outcome,
    Pending,
)
from imageferry.ports.traces import TraceTrouble
from imageferry.provider.account import Account
from imageferry.provider.envelope import Call, Progress, Status
from imageferry.provider.errors import failure_of, is_passing
from imageferry.provider.identity import Source, address_of, token_of
from imageferry.provider.properties import IMAGE, told
from imageferry.provider.standing import Standing, context_of

LONGEST_DELAY: Final = 60
"""Seconds between two callbacks at most."""
_AT_A_TIME: Final = 15.0
"""Seconds that one invocation goes on looking by itself, where the next look is near."""
_NEAR: Final = 2.0
"""Seconds: looks at what may be hidden come so near to each other, and are counted by one process."""
_TRUSTED: Final = 600.0
"""Seconds for which the cloud is relied on to know a token again."""
_VISIBLE: Final = 300.0
"""Seconds within which a new thing must have become visible."""
TROUBLE: Final = 900.0
"""Seconds for which looks that get no good answer are tried again."""

Ask = Callable[[HandlerRequest], Awaitable[Outcome]]


def request_of(
    account: Account,
    call: Call,
    standing: Standing,
    action: HandlerAction,
    source: Source,
    deed: str,
    **more: Any,
) -> HandlerRequest:
    """What the type's handler is asked; `deed` tells the calls of one operation apart."""
    now = account.clock.now()
    token = token_of(standing.tracking_id, call, deed)
    uncertain = standing.uncertain or now - standing.at > _TRUSTED
    return HandlerRequest(
        action=action,
        type_name=account.kind.schema.type_name,
        address=address_of(source, token),
        stack_id=call.stack_id,
        stack_name="",
        region=account.region,
        installation=account.installation,
        operation_id=standing.tracking_id,
        token=token,
        now=now,
        intended_at=standing.since,
        physical_id=standing.tracking_id,
        attributes={IMAGE: standing.image} if standing.image else {},
        context=standing.notes,
        uncertain=uncertain,
        visible_by=now if standing.uncertain else now + _VISIBLE,
        made_at=standing.at,
        **more,
    )


async def advance(account: Account, ask: Ask, request: HandlerRequest) -> Outcome:
    """Ask, and go on as long as the next question only looks and is due at once.

    Whatever announces a change is answered first: the callback's context is what commits it.
    """
    ends_at = account.clock.monotonic() + _AT_A_TIME
    outcome = await ask(request)
    while (
        isinstance(outcome, Pending)
        and outcome.observes
        and outcome.retry_after <= _NEAR
        and account.clock.monotonic() < ends_at
    ):
        await account.clock.sleep(outcome.retry_after)
        request = replace(request, context=outcome.context, now=account.clock.now())
        outcome = await ask(request)
    return outcome


def on_the_way(
    account: Account,
    standing: Standing,
    properties: Mapping[str, Any],
    delay: float = 0.0,
    says: str = "",
) -> Progress:
    """The answer IN_PROGRESS; its model always holds the primary identifier."""
    return Progress(
        Status.IN_PROGRESS,
        model=told(account, standing.tracking_id, standing.image, properties),
        context=context_of(standing),
        delay=min(LONGEST_DELAY, math.ceil(delay)),
        message=says or None,
    )


def pending(
    account: Account, standing: Standing, outcome: Pending, properties: Mapping[str, Any]
) -> Progress:
    """The answer while a handler's step goes on."""
    words = outcome.status_says
    if outcome.progress is not None and str(outcome.progress) not in words:
        words = f"{words} {outcome.progress}%".strip()
    known = replace(standing, notes=outcome.context)
    return on_the_way(account, known, properties, outcome.retry_after, words)


def look_later(
    account: Account, standing: Standing, trouble: TraceTrouble, properties: Mapping[str, Any]
) -> Progress | None:
    """The same look again where that may help, and has not been tried for long; None otherwise."""
    troubled = account.clock.now() - standing.since
    if not is_passing(trouble) or troubled > TROUBLE:
        return None
    words = f"trying again: {failure_of(trouble).message}"
    return on_the_way(account, standing, properties, max(5.0, troubled / 4), words)


def next_phase(account: Account, standing: Standing, **changes: Any) -> Standing:
    """Where the operation stands next; notes belong to one phase."""
    fresh: dict[str, Any] = {"notes": {}, "since": account.clock.now(), "uncertain": False}
    return replace(standing, **{**fresh, **changes})
