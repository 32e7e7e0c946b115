"""What resources that only read are given: looked up before anything is planned, round by round."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from imageferry.control.desk import Desk
from imageferry.control.looks import look_request
from imageferry.control.requests import RequestRefused
from imageferry.engine.asking import ask
from imageferry.model.changes import ChangeSet, ResourceChange
from imageferry.model.diagnostics import Diagnostic, error
from imageferry.model.expressions import Literal
from imageferry.model.handlers import (
    Done,
    ErrorCode,
    Failed,
    Pending,
)
from imageferry.model.hiding import hidden_texts
from imageferry.model.stacks import Resource, Stack
from imageferry.model.values import Value, reveal
from imageferry.planning.planner import Intention, plan

_MOST_LOOKS: Final = 8
"""How often one reading that is refused for the moment is tried."""
_TOGETHER: Final = 8
"""Readings under way at once."""
_DENIED: Final = frozenset({ErrorCode.ACCESS_DENIED, ErrorCode.INVALID_CREDENTIALS})


async def plan_with_readings(
    desk: Desk, stack: Stack, intention: Intention, resources: Mapping[str, Resource]
) -> ChangeSet:
    """Plan, read what can be read now, and plan again with that, until nothing new can be read.

    What was read is in the change set, and counts for its whole operation. Raises what `plan`
    raises, and RequestRefused where something cannot be read.
    """
    change_set = plan(intention, resources, desk.catalog)
    found: dict[str, Mapping[str, Value]] = {}
    shared: dict[str, Mapping[str, Value]] = {}
    while due := [one for one in change_set.changes if one.reading and one.reading.is_due]:
        found |= await _read_all(desk, stack, due, shared)
        change_set = plan(replace(intention, readings=found), resources, desk.catalog)
    return change_set


async def _read_all(
    desk: Desk,
    stack: Stack,
    due: Sequence[ResourceChange],
    shared: dict[str, Mapping[str, Value]],
) -> dict[str, Mapping[str, Value]]:
    """What is found for each, by address; the same question is asked once."""
    installation = await desk.store.installation()
    questions: dict[str, ResourceChange] = {}
    keys: dict[str, str] = {}
    for change in due:
        key = keys[str(change.address)] = _key(change)
        if key not in shared:
            questions.setdefault(key, change)
    places = asyncio.Semaphore(_TOGETHER)

    async def look(change: ResourceChange) -> Mapping[str, Value] | Failed:
        async with places:
            return await _read(desk, stack, change, installation)

    answers = await asyncio.gather(*map(look, questions.values()))
    faults: list[Diagnostic] = []
    is_denied = False
    for (key, change), answer in zip(questions.items(), answers, strict=True):
        if isinstance(answer, Failed):
            faults.append(_fault(change, answer))
            is_denied = is_denied or answer.code in _DENIED
        else:
            shared[key] = answer
    if faults:
        told = "; ".join(one.message for one in faults)
        raise RequestRefused(told, diagnostics=faults, is_denied=is_denied)
    return {address: shared[key] for address, key in keys.items()}


def _properties(change: ResourceChange) -> dict[str, Value]:
    wanted = {} if change.wanted is None else change.wanted.properties
    return {name: part.value for name, part in wanted.items() if isinstance(part, Literal)}


def _key(change: ResourceChange) -> str:
    opened = {name: reveal(value) for name, value in _properties(change).items()}
    return json.dumps([change.type_name, opened], sort_keys=True)


async def _read(
    desk: Desk, stack: Stack, change: ResourceChange, installation: str
) -> Mapping[str, Value] | Failed:
    found = desk.catalog.find(change.type_name)
    assert found is not None
    properties = _properties(change)
    request = look_request(desk, stack, change.type_name, change.address, installation, properties)
    hidden = hidden_texts(properties.values(), stack.parameters.values())
    for look in range(1, _MOST_LOOKS + 1):
        outcome = await ask(found.handler, request, hidden)
        match outcome:
            case Done():
                return outcome.attributes
            case Failed() if not outcome.retriable or look == _MOST_LOOKS:
                return outcome
            case Failed():
                delay = outcome.retry_after or min(30.0, 2.0**look)
            case Pending():
                delay = outcome.retry_after
                request = replace(request, context=outcome.context)
        await desk.clock.sleep(delay)
        request = replace(request, now=desk.clock.now())
    raise AssertionError("the last look has an end")


def _fault(change: ResourceChange, failure: Failed) -> Diagnostic:
    request = f", request id {failure.request_id}" if failure.request_id else ""
    return error(
        "IF374",
        f'"{change.address}" cannot be read: {failure.message}',
        why=f"{failure.code.value}{request}; what it finds is needed before anything is planned",
        remedy="mend that, or its properties, and give the command again; nothing was changed",
        span=None if change.wanted is None else change.wanted.span,
    )
