"""ListStackEvents: what has happened to a stack, newest first, page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from imageferry.api.ros.asked import Asked, Reply, page_of, stack_of
from imageferry.api.ros.names import STACK_TYPE, moment, plain_id, status_word
from imageferry.api.ros.reasons import resource_reason, stack_event_reason
from imageferry.model.events import Event
from imageferry.model.stacks import Stack
from imageferry.model.statuses import StackStatus
from imageferry.model.values import Json

_AT_ONCE: Final = 1_000


async def list_events(asked: Asked) -> Reply:
    """ListStackEvents, with its filters by resource, type and status."""
    stack = await stack_of(asked)
    number, size = page_of(asked.given)
    offset = (number - 1) * size
    names, types, statuses = (
        frozenset(asked.given.texts(name))
        for name in ("LogicalResourceId", "ResourceType", "Status")
    )
    if not (names or types or statuses):
        # Events are numbered without a gap, so that a page can be found by its number.
        total = await asked.store.last_event_number(stack.stack_id)
        page = await asked.store.events_before(stack.stack_id, total - offset + 1, size)
        shown = [_reply(stack, event) for event in page] if offset < total else []
    else:
        chosen = [
            reply
            async for reply in _every(asked, stack)
            if (not names or reply["LogicalResourceId"] in names)
            and (not types or reply["ResourceType"] in types)
            and (not statuses or reply["Status"] in statuses)
        ]
        total, shown = len(chosen), chosen[offset : offset + size]
    events: list[Json] = [*shown]
    return {"PageNumber": number, "PageSize": size, "TotalCount": total, "Events": events}


async def _every(asked: Asked, stack: Stack) -> AsyncIterator[dict[str, Json]]:
    before: int | None = None
    while True:
        some = await asked.store.events_before(stack.stack_id, before, _AT_ONCE)
        for event in some:
            yield _reply(stack, event)
        if len(some) < _AT_ONCE:
            return
        before = some[-1].sequence


def _reply(stack: Stack, event: Event) -> dict[str, Json]:
    """An event; those of the stack itself bear its name and id (ROS reference, ListStackEvents)."""
    is_stack = not event.address
    uuid = plain_id(stack.stack_id)
    return {
        "EventId": f"{uuid}-{event.sequence}",
        "StackId": uuid,
        "StackName": stack.name,
        "LogicalResourceId": stack.name if is_stack else event.address,
        "PhysicalResourceId": uuid if is_stack else event.physical_id or "",
        "ResourceType": STACK_TYPE if is_stack else event.type_name,
        "Status": status_word(event.status),
        "StatusReason": _reason(event),
        "CreateTime": moment(event.time),
    }


def _reason(event: Event) -> str:
    if isinstance(event.status, StackStatus):
        return stack_event_reason(event.status, event.reason)
    return resource_reason(event.reason, event.address, event.type_name)
