"""ApiCall, Api and Refusal: one admitted request, what answers it, and why one is not admitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from imageferry.model.access import Role
from imageferry.wire.http import HttpResponse, Pairs


class Refusal(Enum):
    """Why a request is not carried out, before any action has seen it."""

    UNSIGNED = "unsigned"
    INCOMPLETE = "incomplete signature"
    UNKNOWN_KEY = "unknown key"
    REVOKED_KEY = "revoked key"
    BAD_SIGNATURE = "bad signature"
    STALE = "stale"
    REPLAYED = "replayed"
    FORBIDDEN = "forbidden"
    FOREIGN_ACCOUNT = "foreign account"
    THROTTLED = "throttled"
    TOO_LARGE = "too large"
    MALFORMED = "malformed"
    UNSUPPORTED_METHOD = "unsupported method"
    UNKNOWN_ACTION = "unknown action"
    UNKNOWN_VERSION = "unknown version"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"


class Refused(Exception):
    """A request that is not carried out: why, and what of the request is meant.

    `detail` is for the caller: it names no secret, no file and no line of code.
    """

    def __init__(self, refusal: Refusal, detail: str = "", subject: str = "") -> None:
        self.refusal = refusal
        self.detail = detail
        self.subject = subject
        super().__init__(f"{refusal.value}: {detail}" if detail else refusal.value)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who has signed: an access key of one account, with a role."""

    key_id: str
    account_id: str
    role: Role


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One admitted request.

    `pairs` are the parameters of query and form, decoded, in their order, without those of the
    signature. `region` is the one that was signed for (Signature Version 4), or empty. `source` is
    the client's address; `now` in seconds since 1970. `host` is the authority that it talks to.
    """

    action: str
    pairs: Pairs
    caller: Caller
    region: str
    request_id: str
    source: str
    host: str
    now: float
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply, and what the audit keeps of it: what it was about, and `ok` or the code."""

    response: HttpResponse
    target: str = ""
    outcome: str = "ok"


class Api(Protocol):
    """One API: which actions there are, and their answers. It raises nothing for a caller's mistake."""

    @property
    def name(self) -> str:
        """The API in audit records and metrics, such as `ros`."""
        ...

    def needs(self, action: str) -> Role | None:
        """The least role that an action takes; None where there is no such action.

        What takes more than a reader changes something, and is audited.
        """
        ...

    async def answer(self, call: ApiCall) -> Answer:
        """Carry out an action that `needs` knows."""
        ...

    def refuse(self, refused: Refused, action: str, request_id: str, host: str) -> HttpResponse:
        """The refusal in this API's words, with its code and status."""
        ...
