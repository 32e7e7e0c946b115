"""open_ways(stack, …): what may be asked of a stack from where it stands, and what that does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from imageferry.model.operations import Operation
from imageferry.model.stacks import Stack
from imageferry.model.statuses import WAYS, OperationStatus, StackStatus, Verb


class OpenWay(NamedTuple):
    """One thing that may be asked, and what it does from here."""

    verb: Verb
    says: str


_SAYS: Final[Mapping[Verb, str]] = {
    Verb.DEPLOY: "brings it to a template",
    Verb.RETRY: "tries again what is missing",
    Verb.CONTINUE_ROLLBACK: "goes on with the rollback; --skip LOGICAL_ID leaves a resource as it is",
    Verb.CANCEL: "undoes what runs",
    Verb.DELETE: "deletes it",
}
_SAYS_AT: Final[Mapping[tuple[StackStatus, Verb], str]] = {
    (StackStatus.DELETE_FAILED, Verb.DELETE): "tries again; --retain LOGICAL_ID leaves a resource"
    " in the cloud",
    (StackStatus.DELETE_FAILED, Verb.DEPLOY): "makes again what is gone",
    (StackStatus.CREATE_ROLLED_BACK, Verb.RETRY): "makes it once more as it was asked for",
    (StackStatus.UPDATE_ROLLED_BACK, Verb.RETRY): "tries the same update once more",
    (StackStatus.CREATE_ROLLBACK_FAILED, Verb.RETRY): "goes forward again instead",
    (StackStatus.UPDATE_ROLLBACK_FAILED, Verb.RETRY): "goes forward again instead",
    (StackStatus.DELETING, Verb.CANCEL): "stops the deletion where it is",
    (StackStatus.CREATE_ROLLING_BACK, Verb.CANCEL): "breaks the rollback off, once you agree",
    (StackStatus.UPDATE_ROLLING_BACK, Verb.CANCEL): "breaks the rollback off, once you agree",
}
_GOES_ON: Final = "lets it go on"
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

ALL_SAYINGS: Final[tuple[str, ...]] = (*_SAYS.values(), *_SAYS_AT.values(), _GOES_ON)
"""Everything that `says` may be, for whoever has it in another language."""


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
    return [OpenWay(verb, _says(stack, verb)) for verb in verbs]


def _says(stack: Stack, verb: Verb) -> str:
    if verb is Verb.RETRY and not stack.status.is_final:
        return _GOES_ON
    return _SAYS_AT.get((stack.status, verb), _SAYS[verb])
