"""READ and LIST: what the cloud shows, and nothing that was remembered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from imageferry.model.handlers import Done, ErrorCode, Failed, HandlerAction, Outcome
from imageferry.model.values import Json
from imageferry.ports.traces import Trace
from imageferry.provider.account import Account, find
from imageferry.provider.envelope import Action, Call, Progress, Status
from imageferry.provider.errors import code_of, not_found, refused
from imageferry.provider.identity import Source, current, source_of
from imageferry.provider.properties import ID, IMAGE, KEY, model_of, read_wanted
from imageferry.provider.standing import Phase, Standing
from imageferry.provider.steps import request_of

_PATIENCE: Final = 1.0
_LATE_TAGS: Final = 15.0
"""Seconds for which an image that is there is given time to be shown with its lineage."""
_NOWHERE: Final = Source("-", "-")
_PAGE: Final = 100
_ANY_KEY: Final = "-"
"""Stands for a key nobody has named, so that the one of the snapshots is told."""


async def seek(account: Account, properties: Mapping[str, Any], patience: float) -> Sequence[Trace]:
    """The images of the copy that properties name; raises TraceTrouble.

    What is not shown is looked for again for `patience` seconds: lists tell of new things late, and
    what is called gone stays for ever. Where the image's own id is known, one look at that says
    whether there is anything to wait for.
    """
    tracking_id, image_id = properties.get(ID), properties.get(IMAGE)
    if not isinstance(tracking_id, str) or not tracking_id:
        return ()
    found = await find(account, tracking_id)
    if found:
        return found
    clock = account.clock
    ends_at = clock.monotonic() + patience
    if isinstance(image_id, str) and image_id:
        if not await _is_there(account, tracking_id, image_id):
            return ()
        ends_at = clock.monotonic() + _LATE_TAGS
    while not found and clock.monotonic() < ends_at:
        await clock.sleep(0.5)
        found = await find(account, tracking_id)
    return found


async def _is_there(account: Account, tracking_id: str, image_id: str) -> bool:
    """False where the region certainly has no such image."""
    outcome = await _look(account, tracking_id, image_id, _NOWHERE)
    return not (isinstance(outcome, Failed) and outcome.code is ErrorCode.NOT_FOUND)


async def read_model(
    account: Account, tracking_id: str, trace: Trace, known: Mapping[str, Any]
) -> dict[str, Json] | Failed:
    """One copy as the cloud has it now."""
    source = source_of(trace)
    if source is None:
        return Failed(ErrorCode.NOT_FOUND, f"{trace.thing_id} carries another lineage by now")
    outcome = await _look(account, tracking_id, trace.thing_id, source)
    match outcome:
        case Done(observed=observed):
            return model_of(account, tracking_id, trace.thing_id, source, observed or {}, known)
        case Failed():
            return outcome
        case _:
            return Failed(ErrorCode.INTERNAL_FAILURE, "a look has not ended")


async def _look(account: Account, tracking_id: str, image_id: str, source: Source) -> Outcome:
    now = account.clock.now()
    standing = Standing(Phase.SHOW, tracking_id, now, now, image=image_id)
    call = Call(Action.READ, "", "", "", account.kind.schema.type_name)
    request = request_of(
        account, call, standing, HandlerAction.READ, source, "read", properties={KEY: _ANY_KEY}
    )
    return await account.kind.handler.read(request)


async def read(account: Account, call: Call) -> Progress:
    """READ: the copy with that identifier, or NotFound."""
    tracking_id = call.properties.get(ID)
    tracking_id = tracking_id if isinstance(tracking_id, str) else ""
    found = await seek(account, call.properties, _PATIENCE)
    if not found:
        return not_found(tracking_id, account.region)
    image = current(found, call.properties.get(IMAGE))
    known = read_wanted(account, call.properties).given
    model = await read_model(account, tracking_id, image, known)
    if isinstance(model, Failed):
        return refused(code_of(call.action, model), model.message)
    return Progress(Status.SUCCESS, model=model)


async def list_all(account: Account, call: Call) -> Progress:
    """LIST: the identifiers, a hundred at a time, in their own order."""
    found = await find(account)
    ids = sorted({trace.operation_id for trace in found})
    left = [one for one in ids if one > call.next_token]
    page = left[:_PAGE]
    return Progress(
        Status.SUCCESS,
        models=[{ID: one} for one in page],
        next_token=page[-1] if len(left) > _PAGE else None,
    )
