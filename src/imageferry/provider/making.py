"""CREATE: the identifier first, then the copy, then that it is shown; or nothing is left of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from imageferry.model.handlers import Done, ErrorCode, Failed, HandlerAction, Pending
from imageferry.ports.traces import TraceTrouble
from imageferry.provider.account import Account, find
from imageferry.provider.envelope import Call, Progress, Status
from imageferry.provider.errors import code_of, failure_of, refused
from imageferry.provider.identity import current, new_tracking_id
from imageferry.provider.looking import read_model
from imageferry.provider.properties import IMAGE, Wanted, read_wanted, told
from imageferry.provider.removing import clean, cleaning
from imageferry.provider.standing import Phase, Standing
from imageferry.provider.steps import (
    advance,
    look_later,
    next_phase,
    on_the_way,
    pending,
    request_of,
)

_SHOWN_WITHIN: Final = 300.0
"""Seconds within which a finished copy has to be shown with its lineage."""


async def begin_making(account: Account, call: Call) -> Progress:
    """The first call: the identifier reaches CloudFormation before anything can be lost."""
    wanted = read_wanted(account, call.properties)
    if wanted.faults:
        return refused(ErrorCode.INVALID_REQUEST, "; ".join(wanted.faults))
    now = account.clock.now()
    standing = Standing(Phase.MAKE, new_tracking_id(call), now, now, wanted=wanted.given)
    return on_the_way(account, standing, wanted.given, says="copying begins")


async def make(account: Account, call: Call, standing: Standing) -> Progress:
    """Bring the copy forward; what fails is cleaned up before it is told."""
    wanted = read_wanted(account, standing.wanted)
    if standing.phase is Phase.CLEAN:
        return await clean(account, call, standing)
    if standing.phase is Phase.SHOW:
        return await show(account, call, standing, wanted)
    if not standing.notes:
        try:
            # Who asks again long after the first time may find it made: then it is looked for first.
            found = await find(account, standing.tracking_id)
        except TraceTrouble as trouble:
            later = look_later(account, standing, trouble, wanted.given)
            return later or await _clean(account, call, standing, failure_of(trouble))
        standing = replace(standing, uncertain=bool(found))
    request = request_of(
        account, call, standing, HandlerAction.CREATE, wanted.source, "create",
        properties=wanted.values,
    )  # fmt: skip
    outcome = await advance(account, account.kind.handler.create, request)
    match outcome:
        case Pending():
            image = outcome.context.get("image_id")
            known = replace(standing, image=image if isinstance(image, str) else "")
            return pending(account, known, outcome, wanted.given)
        case Failed():
            return await _clean(account, call, standing, outcome)
        case Done():
            image_id = str(outcome.attributes[IMAGE])
            shown = next_phase(account, standing, phase=Phase.SHOW, image=image_id)
            return await show(account, call, shown, wanted)


async def show(account: Account, call: Call, standing: Standing, wanted: Wanted) -> Progress:
    """The end: the copy is whole, and shown to whoever looks for it by its identifier."""
    try:
        found = await find(account, standing.tracking_id)
    except TraceTrouble as trouble:
        later = look_later(account, standing, trouble, wanted.given)
        return later or await _unshown(account, call, standing, failure_of(trouble))
    shown = [one for one in found if one.thing_id == standing.image]
    if not shown:
        if account.clock.now() - standing.since <= _SHOWN_WITHIN:
            return on_the_way(account, standing, wanted.given, 1.0, "copied, and not shown yet")
        words = f"{standing.image} in {account.region} never got its lineage tag"
        return await _unshown(account, call, standing, Failed(ErrorCode.NOT_STABILIZED, words))
    model = await read_model(account, standing.tracking_id, current(shown), wanted.given)
    if isinstance(model, Failed):
        if model.retriable:
            return on_the_way(account, standing, wanted.given, 5.0, model.message)
        return await _unshown(account, call, standing, model)
    # What was asked for is told as it was asked for; the rest as the cloud has it.
    answer = {**model, **told(account, standing.tracking_id, standing.image, wanted.given)}
    return Progress(Status.SUCCESS, model=answer)


async def _unshown(account: Account, call: Call, standing: Standing, failure: Failed) -> Progress:
    if standing.before:
        return refused(code_of(call.action, failure), failure.message)
    return await _clean(account, call, standing, failure)


async def _clean(account: Account, call: Call, standing: Standing, failure: Failed) -> Progress:
    return await clean(account, call, cleaning(account, standing, failure))
