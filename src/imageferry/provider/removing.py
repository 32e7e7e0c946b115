"""Removing whatever carries a copy's lineage: for a deletion, and after a creation has failed."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from imageferry.model.handlers import Done, Failed, HandlerAction, Pending
from imageferry.ports.traces import TraceTrouble
from imageferry.provider.account import Account, find
from imageferry.provider.envelope import Action, Call, Progress, Status
from imageferry.provider.errors import code_of, failure_of, not_found, refused
from imageferry.provider.identity import Source, current
from imageferry.provider.looking import seek
from imageferry.provider.properties import ID, READ_ONLY, read_wanted
from imageferry.provider.standing import Phase, Standing
from imageferry.provider.steps import (
    advance,
    look_later,
    next_phase,
    on_the_way,
    pending,
    request_of,
)

_PATIENCE: Final = 10.0
"""Seconds for which what is not shown, and is known by the identifier alone, is looked for again."""
_HIDDEN: Final = 300.0
_NOWHERE: Final = Source("-", "-")
_LIMITS: Final = ("Force", "Timeouts")


async def begin_removal(account: Account, call: Call) -> Progress:
    """The first call of a DELETE: NotFound, or the first answer on the way."""
    tracking_id = call.properties.get(ID)
    tracking_id = tracking_id if isinstance(tracking_id, str) else ""
    found = await seek(account, call.properties, _PATIENCE)
    if not found:
        return not_found(tracking_id, account.region)
    now = account.clock.now()
    # The identifier alone may be given: a limit or leave to force that is not said is not there.
    said = {name: value for name, value in call.properties.items() if name in _LIMITS}
    given = read_wanted(account, said).given
    standing = Standing(Phase.REMOVE, tracking_id, now, now, before=given)
    return await remove(account, call, standing)


async def remove(account: Account, call: Call, standing: Standing) -> Progress:
    """Bring a deletion forward: one image after the other, until none is shown any longer."""
    outcome = await _remove_all(account, call, standing)
    match outcome:
        case Progress():
            return outcome
        case Failed():
            return refused(code_of(call.action, outcome), outcome.message)
        case None:
            return Progress(Status.SUCCESS)


async def clean(account: Account, call: Call, standing: Standing) -> Progress:
    """Bring the cleaning after a failed creation forward, and fail with its failure in the end."""
    outcome = await _remove_all(account, call, standing)
    if isinstance(outcome, Progress):
        return outcome
    failure = standing.failure
    if failure is None:
        return refused("InternalFailure", "there is no failure to clean up after")
    words = failure.message
    if isinstance(outcome, Failed):
        words += f"; what it has begun could not be removed: {outcome.message}"
    return refused(code_of(Action.CREATE, failure), words)


def cleaning(account: Account, standing: Standing, failure: Failed) -> Standing:
    """What a failed creation is followed by; the handler's notes tell what it had begun."""
    notes = failure.context or standing.notes
    return next_phase(account, standing, phase=Phase.CLEAN, notes=notes, failure=failure)


async def _remove_all(account: Account, call: Call, standing: Standing) -> Progress | Failed | None:
    """One image's removal brought forward; None once everything is gone.

    What only the notes of a creation know goes first, then what the region shows.
    """
    properties = standing.wanted
    if not standing.notes and not standing.image:
        try:
            found = await find(account, standing.tracking_id)
        except TraceTrouble as trouble:
            return look_later(account, standing, trouble, properties) or failure_of(trouble)
        left = [one for one in found if one.thing_id not in standing.gone]
        if not left:
            return _shown_still(account, standing, bool(found))
        standing = replace(standing, image=current(left).thing_id)
    handler = account.kind.handler
    request = request_of(
        account, call, standing, HandlerAction.DELETE, _NOWHERE,
        f"delete {standing.image}",
        properties={**{name: one for name, one in standing.wanted.items() if name not in READ_ONLY},
                    **standing.before},
    )  # fmt: skip
    outcome = await advance(account, handler.delete, request)
    match outcome:
        case Pending():
            return pending(account, standing, outcome, properties)
        case Failed():
            return outcome
        case Done():
            gone = (*standing.gone, standing.image) if standing.image else standing.gone
            return await _remove_all(
                account, call, next_phase(account, standing, image="", gone=gone)
            )


def _shown_still(account: Account, standing: Standing, is_shown: bool) -> Progress | None:
    """Lists may show for a while what is gone: the end is not told before they stop."""
    if not is_shown or account.clock.now() - standing.since > _HIDDEN:
        return None
    return on_the_way(account, standing, {}, 2.0, "deleted, and shown for a moment longer")
