"""HandlerRequest and the Outcome of a handler: Done, Pending or Failed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple, TypeAlias

from imageferry.model.values import Json, Value


class HandlerAction(Enum):
    """What the engine asks of a handler."""

    CREATE = "create"
    READ = "read"
    UPDATE = "update"
    DELETE = "delete"
    CLEAN_UP = "clean_up"


class ErrorCode(Enum):
    """The published codes of the CloudFormation handler contract."""

    INVALID_REQUEST = "InvalidRequest"
    ACCESS_DENIED = "AccessDenied"
    INVALID_CREDENTIALS = "InvalidCredentials"
    ALREADY_EXISTS = "AlreadyExists"
    NOT_FOUND = "NotFound"
    NOT_UPDATABLE = "NotUpdatable"
    NOT_STABILIZED = "NotStabilized"
    SERVICE_LIMIT_EXCEEDED = "ServiceLimitExceeded"
    GENERAL_SERVICE_EXCEPTION = "GeneralServiceException"
    INTERNAL_FAILURE = "InternalFailure"
    RESOURCE_CONFLICT = "ResourceConflict"
    THROTTLING = "Throttling"
    SERVICE_INTERNAL_ERROR = "ServiceInternalError"
    NETWORK_FAILURE = "NetworkFailure"


def reading_id(token: str) -> str:
    """The physical id of what makes nothing: it has none in the cloud, and a record needs one."""
    return f"read-{token[-16:]}"


Context = Mapping[str, Json]
"""A handler's own small notes (image ids, phase): committed before its next call, handed back."""


Confirm = Callable[[], Awaitable[None]]
"""Raises where another process owns the operation by now."""


async def unowned() -> None:
    """The Confirm of a request that belongs to no operation: nobody can take it over."""


@dataclass(frozen=True, slots=True)
class HandlerRequest:
    """One question to a handler.

    `token` is derived from operation, address, action and generation: the same on every repeat,
    at most 64 ASCII characters. `context` is what the handler last answered, empty on the first
    call of a step; but DELETE begins with the notes of the resource's last unfinished step, and
    UPDATE is given them as `unfinished`, so that it can abandon what a failed or cancelled update
    had begun. `uncertain` is True where an intent without an id is so old that the cloud may
    have forgotten the token: look for the thing first, and call again only if nothing is there
    once `visible_by` (seconds since 1970) has passed. `repeated` is True where an earlier process
    has committed the intent: its call may have been made, and a refusal now says nothing about
    that one. `intended_at` is when the intent was first
    committed. `properties` are conformed values without UNKNOWN, secrets still wrapped. For
    CLEAN_UP `leftover` is one of the maps that an earlier Done left over. `replaces` asks `update`
    for a new physical id. `adopts` (notes of an `Adopter`, the thing's id as `id`) asks CREATE to take an
    existing thing in and to make nothing, and DELETE to give it back as it was found and to delete
    nothing. `observed` asks `update` to set back what was changed outside: properties as the cloud
    has them, which differ from `previous`; `renews` to make what is gone anew behind the same
    physical id. `deletes_remains`: what the cloud keeps of a deleted
    thing, and bills, is to go as well, as far as it was made here; what was there before `made_at`,
    when this resource was begun, was not. `confirm` is awaited directly before each call that
    changes something and carries no token, whatever was looked at before it; what it raises is the
    engine's and goes through. Times are seconds since 1970.
    """

    action: HandlerAction
    type_name: str
    address: str
    stack_id: str
    stack_name: str
    region: str
    installation: str
    operation_id: str
    token: str
    now: float
    intended_at: float
    physical_id: str | None = None
    properties: Mapping[str, Value] = field(default_factory=dict)
    previous: Mapping[str, Value] = field(default_factory=dict)
    attributes: Mapping[str, Value] = field(default_factory=dict)
    context: Context = field(default_factory=dict)
    unfinished: Context = field(default_factory=dict)
    leftover: Context | None = None
    leftovers: tuple[Context, ...] = ()
    replaces: bool = False
    uncertain: bool = False
    repeated: bool = False
    visible_by: float = 0.0
    adopts: Context | None = None
    observed: Mapping[str, Value] = field(default_factory=dict)
    renews: bool = False
    deletes_remains: bool = False
    made_at: float = 0.0
    confirm: Confirm = field(default=unowned, compare=False, repr=False)


class Symptom(NamedTuple):
    """Something about a thing that is no property and not as it should be: `usable`, `status`.

    `mended_by` is the observed, restorable property whose update in place sets it back, if one does.
    """

    name: str
    healthy: str
    actual: str
    mended_by: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """The step has succeeded.

    `leftovers` are things of this resource that should go once everything that depends on it has
    moved on (a replaced image): each is handed back to the handler with CLEAN_UP. They are the
    whole list: an UPDATE repeats those of `request.leftovers` that are still left over, and a READ
    those that are still there. `notes` are sentences for people (events), without secrets. After
    DELETE and CLEAN_UP the ids are ignored.

    A READ tells in `observed` the properties as the cloud has them, in the type's own words, None
    for one that is not set there; what the cloud cannot tell is not in it, and None altogether means
    that nothing can be told. `symptoms` are what else is wrong. `remains` are things that the cloud
    keeps after a deletion, and bills: maps with `kind`, `region`, `of` and `ids`, and `why` where
    they were to go and did not.
    """

    physical_id: str | None
    attributes: Mapping[str, Value] = field(default_factory=dict)
    leftovers: tuple[Context, ...] = ()
    notes: tuple[str, ...] = ()
    observed: Mapping[str, Value] | None = None
    symptoms: tuple[Symptom, ...] = ()
    remains: tuple[Context, ...] = ()


@dataclass(frozen=True, slots=True)
class Pending:
    """The step goes on: ask again after `retry_after` seconds.

    An id is given as soon as the cloud has said it. `progress` is 0 to 100 or None. `status_says`
    is a short phrase for people (`Waiting`, `Creating 40%`). `observes`: the next call only reads;
    otherwise the engine commits `context` and checks its ownership directly before it.
    `remaining` is the estimated number of seconds to the end, where known. `queue` is the place
    among those that wait for their turn, from 1, and how many they are. `request_id` is the cloud's
    own of the call that has begun it; what is not told again stays.
    """

    physical_id: str | None
    retry_after: float
    progress: int | None = None
    context: Context = field(default_factory=dict)
    observes: bool = False
    status_says: str = ""
    remaining: float | None = None
    notes: tuple[str, ...] = ()
    queue: tuple[int, int] | None = None
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """The step has failed. `retriable`: the same step may be tried again as it is.

    `context` is kept with the resource, so that a later DELETE knows what was begun.
    """

    code: ErrorCode
    message: str
    request_id: str = ""
    retriable: bool = False
    context: Context = field(default_factory=dict)
    cloud_code: str = ""
    retry_after: float | None = None


Outcome: TypeAlias = Done | Pending | Failed
