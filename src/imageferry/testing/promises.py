"""What a handler promises of every answer, whatever is asked: each broken promise as a sentence."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from imageferry.model.handlers import Done, Failed, HandlerAction, HandlerRequest, Outcome, Pending
from imageferry.model.hiding import hidden_texts
from imageferry.model.schemas import ResourceSchema, ValueType
from imageferry.model.values import Secret, Value, reveal
from imageferry.testing.lines import Passage

LARGEST_NOTES: Final = 2_048
"""Bytes of JSON that a context may have: it is written down with every step."""

LONGEST_ANSWER: Final = 1.5
"""Seconds for which an answer may wait, for looks that share a page or for the cloud's pace."""

_LONGEST_PAUSE: Final = 3_600.0
_KINDS: Final[Mapping[ValueType, type | tuple[type, ...]]] = {
    ValueType.STRING: str,
    ValueType.BOOLEAN: bool,
    ValueType.INTEGER: int,
    ValueType.NUMBER: (int, float),
    ValueType.LIST: (list, tuple),
    ValueType.MAP: Mapping,
    ValueType.ANY: object,
}


class Exchange(NamedTuple):
    """One question and its answer.

    `before` is the answer that came before it in the same process, None for the first one of a
    step or after a death. `seconds` is the virtual time that passed inside.
    """

    request: HandlerRequest
    before: Outcome | None
    outcome: Outcome
    passages: Sequence[Passage]
    seconds: float


def broken_promises(exchange: Exchange, schema: ResourceSchema) -> Iterator[str]:
    """Every promise that an answer breaks."""
    yield from _of_time(exchange)
    yield from _of_calls(exchange)
    yield from _of_secrets(exchange)
    match exchange.outcome:
        case Pending():
            yield from _of_pending(exchange, exchange.outcome)
        case Done():
            yield from _of_done(exchange, exchange.outcome, schema)
        case Failed():
            if not exchange.outcome.message.strip():
                yield "a Failed says why in its message"
            yield from _of_notes(exchange.outcome.context)


def _of_time(exchange: Exchange) -> Iterator[str]:
    is_disturbed = any(one.trouble for one in exchange.passages)
    if exchange.seconds > LONGEST_ANSWER and not is_disturbed:
        yield f"it waited {exchange.seconds:g} s inside one call; what takes time is Pending"
    if exchange.request.action is HandlerAction.READ and isinstance(exchange.outcome, Pending):
        yield "read answers at once: Done or Failed"


def _of_calls(exchange: Exchange) -> Iterator[str]:
    request = exchange.request
    made = {(one.name, one.said) for one in exchange.passages if one.changes}
    names = ", ".join(sorted(name for name, _ in made))
    if len(made) > 1:
        yield f"one invocation made {len(made)} changing calls: {names}"
    if not made:
        return
    if request.action is HandlerAction.READ:
        yield f"read changed something: {names}"
    if isinstance(exchange.before, Pending) and exchange.before.observes:
        yield f"the Pending before said that it only observes, and {names} followed"
    has_token = all(request.token and request.token in said for _, said in made)
    is_announced = bool(request.context) and (exchange.before is not None or request.repeated)
    if not has_token and not is_announced:
        yield (
            f"{names} carries no token and was made before its context was committed: answer"
            " Pending with the context that announces it, and make it when you are asked again"
        )


def _of_secrets(exchange: Exchange) -> Iterator[str]:
    request, outcome = exchange.request, exchange.outcome
    hidden = hidden_texts(request.properties.values(), request.previous.values())
    if not hidden:
        return
    said: dict[str, str] = {}
    match outcome:
        case Done():
            said["a note"] = "\n".join(outcome.notes)
            said["a symptom"] = "\n".join(f"{one.healthy} {one.actual}" for one in outcome.symptoms)
            said["a leftover"] = _text_of([dict(one) for one in outcome.leftovers])
            said["a remainder"] = _text_of([dict(one) for one in outcome.remains])
        case Pending():
            said["a note"] = "\n".join(outcome.notes)
            said["status_says"] = outcome.status_says
            said["the context"] = _text_of(dict(outcome.context))
        case Failed():
            said["the message"] = outcome.message
            said["the context"] = _text_of(dict(outcome.context))
    for place, text in said.items():
        if any(secret in text for secret in hidden):
            yield f"a secret stands in {place}"


def _text_of(value: object) -> str:
    """A value as it would be written down; what is no JSON is told elsewhere."""
    return json.dumps(value, default=str, ensure_ascii=False)


def _of_pending(exchange: Exchange, pending: Pending) -> Iterator[str]:
    yield from _of_notes(pending.context)
    if not (math.isfinite(pending.retry_after) and 0 <= pending.retry_after <= _LONGEST_PAUSE):
        yield f"retry_after is {pending.retry_after}: seconds from 0 to {_LONGEST_PAUSE:g}"
    if pending.progress is not None and not 0 <= pending.progress <= 100:
        yield f"progress is {pending.progress}: a number from 0 to 100, or None"
    before = exchange.before
    if not isinstance(before, Pending):
        return
    if pending.progress is not None and pending.progress < (before.progress or 0):
        yield f"progress fell from {before.progress} to {pending.progress}"
    if exchange.request.action is HandlerAction.CREATE and before.physical_id is not None:
        if pending.physical_id is None:
            yield f"the physical id {before.physical_id} was told and is forgotten again"
        elif pending.physical_id != before.physical_id:
            yield f"the physical id changed from {before.physical_id} to {pending.physical_id}"


def _of_notes(context: Mapping[str, object]) -> Iterator[str]:
    try:
        text = json.dumps(dict(context))
    except (TypeError, ValueError) as fault:
        yield f"the context is no JSON: {fault}"
        return
    if len(text.encode()) > LARGEST_NOTES:
        yield f"the context has {len(text.encode())} bytes, and may have {LARGEST_NOTES}"


def _of_done(exchange: Exchange, done: Done, schema: ResourceSchema) -> Iterator[str]:
    action = exchange.request.action
    if action in {HandlerAction.DELETE, HandlerAction.CLEAN_UP}:
        return
    if not done.physical_id:
        yield f"{action.value} is Done without a physical id"
    yield from _of_attributes(done.attributes, schema)
    for leftover in (*done.leftovers, *done.remains):
        yield from _of_notes(leftover)


def _of_attributes(attributes: Mapping[str, Value], schema: ResourceSchema) -> Iterator[str]:
    for name in sorted(schema.attributes.keys() - attributes.keys()):
        yield f'the attribute "{name}" of the schema is missing'
    for name in sorted(attributes.keys() - schema.attributes.keys()):
        yield f'the attribute "{name}" is not in the schema'
    for name, one in schema.attributes.items():
        value = reveal(attributes.get(name))
        if value is None or isinstance(value, Secret):
            continue
        is_boolean = isinstance(value, bool)
        fits = isinstance(value, _KINDS[one.value_type])
        if not fits or (is_boolean and one.value_type in {ValueType.INTEGER, ValueType.NUMBER}):
            yield f'the attribute "{name}" is {value!r}, and {one.value_type.value} in the schema'
