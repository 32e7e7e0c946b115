"""Finding: the stack that a request means, by name or id; and the words where there is none."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from imageferry.api.cfn.asks import Ask
from imageferry.api.cfn.faults import CfnFault, refused
from imageferry.api.cfn.names import is_arn, uuid_of
from imageferry.model.stacks import Stack
from imageferry.model.statuses import StackStatus

# Recorded from the service: it words the same thing in its own way in each operation.
WITH_ID: Final = "Stack with id {} does not exist"
IN_BRACKETS: Final = "Stack [{}] does not exist"
IN_QUOTES: Final = "Stack '{}' does not exist"

_MOST_SAID: Final = 2_048


async def find_stack(ask: Ask, name_or_id: str, missing: str = IN_BRACKETS) -> Stack:
    """The stack of a name or id, a deleted one by its id alone; raises CfnFault with `missing`."""
    found = await seek_stack(ask, name_or_id)
    if found is None:
        raise no_stack(name_or_id, missing)
    return found


async def find_living(ask: Ask, name_or_id: str, missing: str = IN_BRACKETS) -> Stack:
    """The stack of a name or id that has not been deleted."""
    found = await find_stack(ask, name_or_id, missing)
    if found.status is StackStatus.DELETED:
        raise no_stack(name_or_id, missing)
    return found


def no_stack(name_or_id: str, missing: str) -> CfnFault:
    """The refusal for a stack that is not there."""
    return refused(missing.format(name_or_id[:_MOST_SAID]))


async def seek_stack(ask: Ask, name_or_id: str) -> Stack | None:
    """The stack of a name or id, if there is one in this account."""
    place, store = ask.plane.place, ask.plane.desk.store
    by_id = await store.stack(name_or_id)
    if by_id is None and (is_arn(name_or_id) or _looks_like_uuid(name_or_id)):
        by_id = await store.stack_of_uuid(uuid_of(name_or_id))
    if by_id is not None:
        # An id is known to whoever has seen it once; the stack is another account's all the same.
        is_ours = replace(by_id.place, region="") == replace(place, region="")
        return by_id if is_ours else None
    found = await store.find_stacks(replace(place, region=ask.region), name_or_id)
    return found[0] if found else None


def _looks_like_uuid(text: str) -> bool:
    return len(text) == 36 and text.count("-") == 4
