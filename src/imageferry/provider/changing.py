"""UPDATE: in place, or another image behind the same identifier; what fails is taken back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from imageferry.model.handlers import Context, Done, ErrorCode, Failed, HandlerAction, Pending
from imageferry.ports.traces import Trace
from imageferry.provider.account import Account
from imageferry.provider.envelope import Call, Progress
from imageferry.provider.errors import code_of, not_found, refused
from imageferry.provider.identity import current
from imageferry.provider.looking import read_model, seek
from imageferry.provider.making import show
from imageferry.provider.properties import ID, IMAGE, Wanted, before_of, read_wanted
from imageferry.provider.standing import Phase, Standing
from imageferry.provider.steps import advance, next_phase, on_the_way, pending, request_of

_PATIENCE: Final = 2.0
"""Seconds for which a copy is looked for again; what is called gone here is not lost by it."""


async def begin_change(account: Account, call: Call) -> Progress:
    """The first call: what is there is looked at, and nothing is changed yet."""
    tracking_id = call.properties.get(ID)
    tracking_id = tracking_id if isinstance(tracking_id, str) else ""
    found = await seek(account, call.properties, _PATIENCE)
    if not found:
        return not_found(tracking_id, account.region)
    wanted = read_wanted(account, call.properties)
    if wanted.faults:
        return refused(ErrorCode.INVALID_REQUEST, "; ".join(wanted.faults))
    image = current(found, call.properties.get(IMAGE))
    previous = read_wanted(account, call.previous).given
    model = await read_model(account, tracking_id, image, previous)
    if isinstance(model, Failed):
        return refused(code_of(call.action, model), model.message)
    now = account.clock.now()
    standing = Standing(
        Phase.CHANGE,
        tracking_id,
        now,
        now,
        wanted=wanted.given,
        before=before_of(model, wanted.values, previous),
        image=image.thing_id,
        leftovers=tuple(_leftover(account, one) for one in found if one is not image),
    )
    return on_the_way(account, standing, wanted.given, says="changing begins")


def _leftover(account: Account, trace: Trace) -> dict[str, str]:
    """What an update could not clear away, so that this one tries again."""
    return {"image_id": trace.thing_id, "region": account.region}


async def change(account: Account, call: Call, standing: Standing) -> Progress:
    """Bring the update forward."""
    wanted = read_wanted(account, standing.wanted)
    match standing.phase:
        case Phase.CLEAR:
            return await _clear(account, call, standing, wanted)
        case Phase.SHOW:
            return await show(account, call, standing, wanted)
        case Phase.UNDO:
            return await _undo(account, call, standing, wanted)
        case _:
            return await _change(account, call, standing, wanted)


async def _change(account: Account, call: Call, standing: Standing, wanted: Wanted) -> Progress:
    request = request_of(
        account, call, standing, HandlerAction.UPDATE, wanted.source, "update",
        properties=wanted.values, previous=read_wanted(account, standing.before).values,
        leftovers=standing.leftovers,
    )  # fmt: skip
    outcome = await advance(account, account.kind.handler.update, request)
    match outcome:
        case Pending():
            return pending(account, standing, outcome, wanted.given)
        case Failed():
            notes = outcome.context or standing.notes
            undoing = next_phase(account, standing, phase=Phase.UNDO, notes=notes, failure=outcome)
            # Committed before the first call that takes something back.
            return on_the_way(account, undoing, wanted.given, says="taking back what was begun")
        case Done():
            done = next_phase(
                account, standing, phase=Phase.CLEAR, image=str(outcome.attributes[IMAGE]),
                leftovers=outcome.leftovers,
            )  # fmt: skip
            return await _clear(account, call, done, wanted)


async def _clear(account: Account, call: Call, standing: Standing, wanted: Wanted) -> Progress:
    """The images that were replaced go; one that cannot go yet is tried again by the next update."""
    while standing.leftovers:
        leftover = standing.leftovers[0]
        request = request_of(
            account, call, standing, HandlerAction.CLEAN_UP, wanted.source,
            f"clear {leftover.get('image_id')}", properties=wanted.values, leftover=leftover,
        )  # fmt: skip
        outcome = await advance(account, account.kind.handler.clean_up, request)
        if isinstance(outcome, Pending):
            return pending(account, standing, outcome, wanted.given)
        standing = next_phase(account, standing, leftovers=standing.leftovers[1:])
    if standing.failure is not None:
        return refused(code_of(call.action, standing.failure), standing.failure.message)
    return await show(account, call, next_phase(account, standing, phase=Phase.SHOW), wanted)


async def _undo(account: Account, call: Call, standing: Standing, wanted: Wanted) -> Progress:
    """Back to what was before, as the rollback of a stack does it; then the failure is told."""
    former = read_wanted(account, standing.before)
    begun = "undo" in standing.notes
    notes = standing.notes if begun else {}
    request = request_of(
        account, call, replace(standing, notes=_inner(notes)), HandlerAction.UPDATE,
        former.source, "undo", properties=former.values, previous=former.values,
        unfinished={} if begun else standing.notes,
    )  # fmt: skip
    outcome = await advance(account, account.kind.handler.update, request)
    match outcome:
        case Pending():
            told = replace(outcome, context={"undo": dict(outcome.context)})
            return pending(account, standing, told, wanted.given)
        case Failed():
            failure = standing.failure or outcome
            words = f"{failure.message}; it could not be taken back: {outcome.message}"
            return refused(code_of(call.action, failure), words)
        case Done():
            cleared = next_phase(account, standing, phase=Phase.CLEAR, leftovers=outcome.leftovers)
            return await _clear(account, call, cleared, former)


def _inner(notes: Context) -> Context:
    """The notes of the way back, which stand apart from those of the step that has failed."""
    found = notes.get("undo")
    return found if isinstance(found, Mapping) else {}
