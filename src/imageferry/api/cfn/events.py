"""Events: a stack's history as CloudFormation tells it, newest first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from imageferry.api.cfn.asks import Ask, Reply
from imageferry.api.cfn.finding import IN_BRACKETS, find_stack
from imageferry.api.cfn.names import STACK_TYPE, event_id, event_word, stack_arn
from imageferry.api.cfn.paging import offset_of, token_at
from imageferry.model.events import Event
from imageferry.model.stacks import Stack
from imageferry.model.statuses import StackStatus

_PAGE: Final = 100
_BY_USERS: Final = frozenset(
    {StackStatus.REVIEWING, StackStatus.CREATING, StackStatus.UPDATING, StackStatus.DELETING}
)
"""What a stack comes to because somebody has asked for it."""


async def describe_events(ask: Ask) -> Reply:
    """The events of a stack, those of a deleted one by its id."""
    stack = await find_stack(ask, ask.text("StackName"), IN_BRACKETS)
    # A page is counted from its oldest event, so that new ones do not move what comes next.
    before = offset_of(ask) or None
    store = ask.plane.desk.store
    found = await store.events_before(stack.stack_id, before, _PAGE)
    tokens = {one: await _token(ask, one) for one in {event.operation_id for event in found}}
    oldest = found[-1].sequence if found else 0
    return {
        "StackEvents": [_shown(stack, event, tokens[event.operation_id]) for event in found],
        "NextToken": token_at(ask, oldest) if oldest > 1 and len(found) == _PAGE else None,
    }


async def _token(ask: Ask, operation_id: str) -> str | None:
    """The token that the caller gave for an operation; those of the control plane name more."""
    operation = await ask.plane.desk.store.operation(operation_id) if operation_id else None
    if operation is None or not operation.client_token:
        return None
    return operation.client_token.rsplit(" ", 1)[-1]


def _shown(stack: Stack, event: Event, token: str | None) -> Mapping[str, Any]:
    is_whole = not event.address
    arn = stack_arn(stack)
    return {
        "StackId": arn,
        "EventId": event_id(event),
        "StackName": stack.name,
        "OperationId": event.operation_id or None,
        "LogicalResourceId": stack.name if is_whole else event.address,
        "PhysicalResourceId": arn if is_whole else event.physical_id or "",
        "ResourceType": STACK_TYPE if is_whole else event.type_name,
        "Timestamp": event.time,
        "ResourceStatus": event_word(event),
        "ResourceStatusReason": _reason(event),
        "ClientRequestToken": token,
    }


def _reason(event: Event) -> str | None:
    if event.status in _BY_USERS:
        return "User Initiated"
    return event.reason or None
