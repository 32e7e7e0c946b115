"""Events: a stack's history as CloudFormation tells it, newest first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from imageferry.api.cfn.asks import Ask, Reply
from imageferry.api.cfn.courses import find_course
from imageferry.api.cfn.finding import IN_BRACKETS, find_stack
from imageferry.api.cfn.histories import Course, Told, told
from imageferry.api.cfn.names import STACK_TYPE, event_id, stack_arn
from imageferry.api.cfn.paging import offset_of, token_at
from imageferry.model.stacks import Stack

_PAGE: Final = 100


async def describe_events(ask: Ask) -> Reply:
    """The events of a stack, those of a deleted one by its id."""
    stack = await find_stack(ask, ask.text("StackName"), IN_BRACKETS)
    # A page is counted from its oldest event, so that new ones do not move what comes next.
    before = offset_of(ask) or None
    store = ask.plane.desk.store
    found = await store.events_before(stack.stack_id, before, _PAGE)
    courses = {one: await find_course(ask, one) for one in {event.operation_id for event in found}}
    oldest = found[-1].sequence if found else 0
    return {
        "StackEvents": [
            _shown(stack, one, courses[event.operation_id])
            for event in found
            for one in reversed(told(event, courses[event.operation_id]))
        ],
        "NextToken": token_at(ask, oldest) if oldest > 1 and len(found) == _PAGE else None,
    }


def _token(course: Course) -> str | None:
    """The token that the caller gave for an operation; those of the control plane name more."""
    if course.operation is None or not course.operation.client_token:
        return None
    return course.operation.client_token.rsplit(" ", 1)[-1]


def _shown(stack: Stack, one: Told, course: Course) -> Mapping[str, Any]:
    event = one.event
    is_whole = not event.address
    arn = stack_arn(stack)
    return {
        "StackId": arn,
        "EventId": event_id(event, one.word, one.turn),
        "StackName": stack.name,
        "OperationId": event.operation_id or None,
        "LogicalResourceId": stack.name if is_whole else event.address,
        "PhysicalResourceId": arn if is_whole else event.physical_id or "",
        "ResourceType": STACK_TYPE if is_whole else event.type_name,
        "Timestamp": event.time,
        "ResourceStatus": one.word,
        "ResourceStatusReason": one.reason or None,
        "ResourceProperties": one.properties,
        "ClientRequestToken": _token(course),
    }
