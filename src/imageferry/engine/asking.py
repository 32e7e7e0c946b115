"""Ask a handler: its answer as it may be recorded, with no text of a NoEcho value in any sentence."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterable
from dataclasses import replace

from imageferry.model.handlers import (
    Context,
    Done,
    ErrorCode,
    Failed,
    HandlerAction,
    HandlerRequest,
    Outcome,
    Pending,
)
from imageferry.model.hiding import covered, hidden_texts
from imageferry.model.recordable import unfit_for_the_record
from imageferry.model.verdicts import Comparison, Verdict
from imageferry.ports.keeping import Fenced, StoreError
from imageferry.ports.types import Handler, Verifier

log = logging.getLogger(__name__)


async def ask(
    handler: Handler, request: HandlerRequest, hidden: frozenset[str] = frozenset()
) -> Outcome:
    """The handler's answer; a fault of its own is a Failed, never an exception.

    Raises Fenced or StoreError where the operation could not be confirmed before a call.

    `hidden` are the texts of the NoEcho values of the stack. Where there are any, neither they nor
    those of the request are in what is answered for people, or logged.
    """
    if hidden:
        hidden = hidden | hidden_texts(request.properties.values(), request.previous.values())
    try:
        outcome = await answer(handler, request)
    except (Fenced, StoreError):
        # The request's own `confirm` said so: the call was not made.
        raise
    except Exception as fault:
        return _internal_fault(fault, request, hidden)
    unfit = unfit_for_the_record(request.action, outcome)
    if unfit:
        words = covered(f"the handler of {request.type_name} {unfit}", hidden)
        log.error("%s, at %s", words, request.address)
        return Failed(ErrorCode.INTERNAL_FAILURE, f"internal fault: {words}")
    return discreet(outcome, hidden) if hidden else outcome


async def verdict_of(
    verifier: Verifier, request: HandlerRequest, hidden: frozenset[str] = frozenset()
) -> Verdict | Failed:
    """A verifier's answer; a fault of its own is a Failed, and `hidden` texts are in no sentence."""
    try:
        verdict = await verifier(request)
    except Exception as fault:
        return _internal_fault(fault, request, hidden)
    if isinstance(verdict, Failed):
        return replace(verdict, message=covered(verdict.message, hidden))
    return replace(
        verdict,
        comparisons=tuple(_comparison_covered(one, hidden) for one in verdict.comparisons),
        remarks=_all(verdict.remarks, hidden),
    )


def _comparison_covered(one: Comparison, hidden: frozenset[str]) -> Comparison:
    """Two values that differ must not look alike when both are covered."""
    expected, actual = covered(one.expected, hidden), covered(one.actual, hidden)
    if expected == actual and not one.is_equal:
        actual = f"not {expected}"
    return Comparison(covered(one.what, hidden), expected, actual, one.against)


def _internal_fault(fault: Exception, request: HandlerRequest, hidden: frozenset[str]) -> Failed:
    said = covered(traceback.format_exc(), hidden)
    log.error("the handler of %s failed at %s\n%s", request.type_name, request.address, said)
    return Failed(
        ErrorCode.INTERNAL_FAILURE,
        f"internal fault of the handler of {request.type_name}: {type(fault).__name__}"
        " (its traceback is in the log)",
    )


async def answer(handler: Handler, request: HandlerRequest) -> Outcome:
    """What the handler itself answers, or raises."""
    match request.action:
        case HandlerAction.CREATE:
            return await handler.create(request)
        case HandlerAction.READ:
            return await handler.read(request)
        case HandlerAction.UPDATE:
            return await handler.update(request)
        case HandlerAction.DELETE:
            return await handler.delete(request)
        case HandlerAction.CLEAN_UP:
            return await handler.clean_up(request)


def discreet(outcome: Outcome, hidden: frozenset[str]) -> Outcome:
    """The outcome with every sentence for people covered.

    Ids, attributes and notes of the handler for itself stay: what is done with them needs them as
    they are, and handlers keep no secret in them.
    """
    match outcome:
        case Done():
            return replace(
                outcome,
                notes=_all(outcome.notes, hidden),
                symptoms=tuple(
                    one._replace(
                        healthy=covered(one.healthy, hidden), actual=covered(one.actual, hidden)
                    )
                    for one in outcome.symptoms
                ),
                remains=tuple(_why_covered(one, hidden) for one in outcome.remains),
            )
        case Pending():
            return replace(
                outcome,
                notes=_all(outcome.notes, hidden),
                status_says=covered(outcome.status_says, hidden),
            )
        case Failed():
            return replace(outcome, message=covered(outcome.message, hidden))


def _all(sentences: Iterable[str], hidden: frozenset[str]) -> tuple[str, ...]:
    return tuple(covered(one, hidden) for one in sentences)


def _why_covered(remains: Context, hidden: frozenset[str]) -> Context:
    why = remains.get("why")
    return {**remains, "why": covered(why, hidden)} if isinstance(why, str) else remains
