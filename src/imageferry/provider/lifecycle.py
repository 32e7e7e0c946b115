"""answer(account, call): one invocation of a registry type, within the time that it may take."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from imageferry.model.handlers import ErrorCode
from imageferry.ports.traces import TraceTrouble
from imageferry.provider.account import Account
from imageferry.provider.changing import begin_change, change
from imageferry.provider.configuration import BadConfiguration
from imageferry.provider.envelope import Action, Call, Progress
from imageferry.provider.errors import INVALID_CONFIGURATION, code_of, failure_of, refused
from imageferry.provider.identity import new_tracking_id
from imageferry.provider.looking import list_all, read
from imageferry.provider.making import begin_making, make
from imageferry.provider.properties import ID, read_wanted
from imageferry.provider.removing import begin_removal, remove
from imageferry.provider.standing import BadContext, Phase, Standing, read_context
from imageferry.provider.steps import look_later, on_the_way

_log = logging.getLogger(__name__)

_LIMITS: Final[Mapping[Action, float]] = {Action.READ: 25.0, Action.LIST: 25.0}
_LIMIT: Final = 50.0
"""Seconds for one invocation: CloudFormation waits 60, and 30 where nothing is changed."""
_LATER: Final = 5

First = Callable[[Account, Call], Awaitable[Progress]]
Next = Callable[[Account, Call, Standing], Awaitable[Progress]]

_FIRST: Final[Mapping[Action, First]] = {
    Action.CREATE: begin_making,
    Action.READ: read,
    Action.UPDATE: begin_change,
    Action.DELETE: begin_removal,
    Action.LIST: list_all,
}
_NEXT: Final[Mapping[Action, Next]] = {
    Action.CREATE: make,
    Action.UPDATE: change,
    Action.DELETE: remove,
}


async def answer(account: Account, call: Call) -> Progress:
    """What a call is answered; nothing is raised for what the cloud or the caller did wrong."""
    standing: Standing | None = None
    try:
        async with asyncio.timeout(_LIMITS.get(call.action, _LIMIT)):
            if call.context and call.action in _NEXT:
                standing = read_context(call.context)
            progress = await _carry_on(account, call, standing)
    except BadContext as fault:
        return refused(ErrorCode.INVALID_REQUEST, str(fault))
    except BadConfiguration as fault:
        return refused(INVALID_CONFIGURATION, str(fault))
    except TraceTrouble as trouble:
        progress = _troubled(account, call, standing, trouble)
    except TimeoutError:
        progress = _late(account, call, standing)
    except Exception as fault:
        # A fault of our own: where it was, and nothing of what was in it, which may be secret.
        where = traceback.extract_tb(fault.__traceback__)[-1]
        _log.error("%s in %s:%s", type(fault).__name__, where.filename, where.lineno)
        words = f"the handler itself has failed ({type(fault).__name__}); its log says where"
        return refused(ErrorCode.INTERNAL_FAILURE, words)
    _log.info(
        "%s %s: %s %s", call.action.value, call.type_name, progress.status.value,
        progress.code or progress.message or "",
    )  # fmt: skip
    return progress


async def _carry_on(account: Account, call: Call, standing: Standing | None) -> Progress:
    has_begun = standing is not None and standing.phase is not Phase.BEGIN
    if account.confirm is not None and not has_begun:
        await account.confirm()
    if standing is None:
        return await _FIRST[call.action](account, call)
    if standing.phase is Phase.BEGIN:
        first = replace(call, properties=standing.wanted, previous=standing.before, context={})
        return await _FIRST[call.action](account, first)
    return await _NEXT[call.action](account, call, standing)


def _begun(account: Account, call: Call, standing: Standing | None) -> Standing | None:
    """Where an operation stands whose first call has come to nothing yet: all of it is to be kept.

    None for what needs no second call, and for what is asked of a copy that is not named.
    """
    if call.action not in _NEXT:
        return None
    if standing is not None:
        return standing
    is_new = call.action is Action.CREATE
    tracking_id = new_tracking_id(call) if is_new else call.properties.get(ID)
    if not isinstance(tracking_id, str) or not tracking_id:
        return None
    now = account.clock.now()
    return Standing(
        Phase.BEGIN, tracking_id, now, now, wanted=call.properties, before=call.previous
    )


def _told(account: Account, call: Call, standing: Standing) -> Mapping[str, Any]:
    """What the model says of the properties meanwhile; that of a deletion says nothing of them."""
    return {} if call.action is Action.DELETE else read_wanted(account, standing.wanted).given


def _troubled(
    account: Account, call: Call, standing: Standing | None, trouble: TraceTrouble
) -> Progress:
    """A first look that got no good answer: again where that may help, and the end otherwise."""
    standing = _begun(account, call, standing)
    if standing is not None:
        later = look_later(account, standing, trouble, _told(account, call, standing))
        if later is not None:
            return later
    failure = failure_of(trouble)
    return refused(code_of(call.action, failure), failure.message)


def _late(account: Account, call: Call, standing: Standing | None) -> Progress:
    """The cloud has not answered in time: the same once more, from where it stood."""
    words = "the cloud has not answered in time"
    standing = _begun(account, call, standing)
    if standing is None:
        return refused(ErrorCode.NETWORK_FAILURE, words)
    given = _told(account, call, standing)
    return on_the_way(account, standing, given, _LATER, f"{words}: the same once more")
