"""open_ways(stack, …): what may be asked of a stack from where it stands, and what that does."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final, NamedTuple

from imageferry.model.operations import Operation
from imageferry.model.stacks import Stack
from imageferry.model.statuses import WAYS, OperationStatus, StackStatus, Verb


class Effect(Enum):
    """What a way does from where a stack stands; the values are the command line's words for it."""

    BRING = "brings it to a template"
    RETRY = "tries again what is missing"
    CONTINUE = "goes on with the rollback; --skip LOGICAL_ID leaves a resource as it is"
    UNDO = "undoes what runs"
    DELETE = "deletes it"
    DELETE_AGAIN = "tries again; --retain LOGICAL_ID leaves a resource in the cloud"
    MAKE_AGAIN = "makes again what is gone"
    CREATE_ONCE_MORE = "makes it once more as it was asked for"
    UPDATE_ONCE_MORE = "tries the same update once more"
    FORWARD = "goes forward again instead"
    STOP = "stops the deletion where it is"
    BREAK_OFF = "breaks the rollback off, once you agree"
    GO_ON = "lets it go on"


class OpenWay(NamedTuple):
    """One thing that may be asked, and what it does from here."""

    verb: Verb
    effect: Effect


_EFFECTS: Final[Mapping[Verb, Effect]] = {
    Verb.DEPLOY: Effect.BRING,
    Verb.RETRY: Effect.RETRY,
    Verb.CONTINUE_ROLLBACK: Effect.CONTINUE,
    Verb.CANCEL: Effect.UNDO,
    Verb.DELETE: Effect.DELETE,
}
_EFFECTS_AT: Final[Mapping[tuple[StackStatus, Verb], Effect]] = {
    (StackStatus.DELETE_FAILED, Verb.DELETE): Effect.DELETE_AGAIN,
    (StackStatus.DELETE_FAILED, Verb.DEPLOY): Effect.MAKE_AGAIN,
    (StackStatus.CREATE_ROLLED_BACK, Verb.RETRY): Effect.CREATE_ONCE_MORE,
    (StackStatus.UPDATE_ROLLED_BACK, Verb.RETRY): Effect.UPDATE_ONCE_MORE,
    (StackStatus.CREATE_ROLLBACK_FAILED, Verb.RETRY): Effect.FORWARD,
    (StackStatus.UPDATE_ROLLBACK_FAILED, Verb.RETRY): Effect.FORWARD,
    (StackStatus.DELETING, Verb.CANCEL): Effect.STOP,
    (StackStatus.CREATE_ROLLING_BACK, Verb.CANCEL): Effect.BREAK_OFF,
    (StackStatus.UPDATE_ROLLING_BACK, Verb.CANCEL): Effect.BREAK_OFF,
}
_FAILED: Final = frozenset(
    {
        StackStatus.CREATE_FAILED,
        StackStatus.UPDATE_FAILED,
        StackStatus.DELETE_FAILED,
        StackStatus.CREATE_ROLLED_BACK,
        StackStatus.UPDATE_ROLLED_BACK,
        StackStatus.CREATE_ROLLBACK_FAILED,
        StackStatus.UPDATE_ROLLBACK_FAILED,
    }
)


def open_ways(
    stack: Stack, operation: Operation | None = None, is_run: bool | None = None
) -> list[OpenWay]:
    """What may be asked of a stack from here, the nearest way first.

    An operation that nobody runs can be told to go on, like one that was set aside.
    Where it stands as it was wanted, and where it is gone, nobody needs to be told.
    """
    if not stack.status.is_final:
        is_parked = operation is not None and operation.status is OperationStatus.PARKED
        waits = is_parked or is_run is False
        verbs = [Verb.RETRY, Verb.CANCEL] if waits else [Verb.CANCEL]
    elif stack.status in _FAILED:
        verbs = list(WAYS[stack.status])
    else:
        return []
    if stack.is_protected:
        verbs = [verb for verb in verbs if verb is not Verb.DELETE]
    return [OpenWay(verb, _effect(stack, verb)) for verb in verbs]


def _effect(stack: Stack, verb: Verb) -> Effect:
    if verb is Verb.RETRY and not stack.status.is_final:
        return Effect.GO_ON
    return _EFFECTS_AT.get((stack.status, verb), _EFFECTS[verb])
