"""answer(account, call): one invocation of a registry type, within the time that it may take."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from imageferry.model.handlers import ErrorCode
from imageferry.provider.account import Account
from imageferry.provider.changing import begin_change, change
from imageferry.provider.envelope import Action, Call, Progress, Status
from imageferry.provider.errors import refused
from imageferry.provider.looking import list_all, read
from imageferry.provider.making import begin_making, make
from imageferry.provider.properties import told
from imageferry.provider.removing import begin_removal, remove
from imageferry.provider.standing import BadContext, Standing, read_context

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
                progress = await _NEXT[call.action](account, call, standing)
            else:
                progress = await _FIRST[call.action](account, call)
    except BadContext as fault:
        return refused(ErrorCode.INVALID_REQUEST, str(fault))
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


def _late(account: Account, call: Call, standing: Standing | None) -> Progress:
    """The cloud has not answered in time: the same once more, from where it stood."""
    if standing is None:
        return refused(ErrorCode.NETWORK_FAILURE, "the cloud has not answered in time")
    given = {} if call.action is Action.DELETE else standing.wanted
    return Progress(
        Status.IN_PROGRESS,
        model=told(account, standing.tracking_id, standing.image, given),
        context=call.context,
        delay=_LATER,
        message="the cloud has not answered in time: the same once more",
    )
