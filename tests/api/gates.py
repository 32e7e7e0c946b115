"""A gate with keys in memory, a small API behind it, and the three ways to sign for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from imageferry.api.admission import Admitted, Asked, Gate, admit, carried_out, gate_of
from imageferry.api.calls import Answer, ApiCall, Refused
from imageferry.api.desk import ApiChoices, ApiDesk
from imageferry.api.recognition import World
from imageferry.model.access import AccessKey, AuditRecord, Role
from imageferry.ports.access import Replayed
from imageferry.ports.keeping import StoreUnavailable
from imageferry.wire.alibaba_signing import Credentials, sign_v1, sign_v3
from imageferry.wire.aws_signing import presign_v4, sign_v4
from imageferry.wire.http import HttpRequest, HttpResponse, Pairs

ACCOUNT = "1234567890123456"
NOW = 1_800_000_000.0
SECRET = "s3cr3t-of-the-key-that-nobody-sees"
FORM = {"content-type": "application/x-www-form-urlencoded"}

OPERATOR = AccessKey("IFAKOPERATOR00000000", ACCOUNT, Role.OPERATOR, SECRET, NOW)
READER = AccessKey("IFAKREADER0000000000", ACCOUNT, Role.READER, f"{SECRET}-r", NOW)
ADMIN = AccessKey("IFAKADMIN00000000000", ACCOUNT, Role.ADMIN, f"{SECRET}-a", NOW)
FOREIGN = AccessKey("IFAKFOREIGN000000000", "9999999999999999", Role.ADMIN, f"{SECRET}-f", NOW)
REVOKED = AccessKey(
    "IFAKREVOKED000000000", ACCOUNT, Role.ADMIN, f"{SECRET}-v", NOW, revoked_at=NOW - 60
)
NOBODY = AccessKey("IFAKNOBODY0000000000", ACCOUNT, Role.ADMIN, f"{SECRET}-n", NOW)
BUILT_IN = AccessKey("emulator", ACCOUNT, Role.ADMIN, "emulator", 0.0)


@dataclass
class Time:
    """A clock that stands still until it is told."""

    wall: float = NOW

    def now(self) -> float:
        return self.wall

    def monotonic(self) -> float:
        return self.wall - NOW

    async def sleep(self, seconds: float) -> None:
        self.wall += seconds


class Chance:
    """Nothing here is left to it."""

    def new_id(self) -> str:
        return "00000000-0000-4000-8000-000000000000"

    def nonce(self) -> str:
        return "0"

    def jitter(self) -> float:
        return 0.0


@dataclass
class MemoryKeys:
    """Keys in memory, and how often one was looked up."""

    keys: dict[str, AccessKey] = field(default_factory=dict)
    looks: int = 0
    is_away: bool = False

    async def add(self, key: AccessKey) -> None:
        self.keys[key.key_id] = key

    async def get(self, key_id: str) -> AccessKey | None:
        self.looks += 1
        if self.is_away:
            raise StoreUnavailable("the database at /secret/place is away")
        return self.keys.get(key_id)

    async def list(self, account_id: str | None = None) -> list[AccessKey]:
        return [key for key in self.keys.values() if account_id in (None, key.account_id)]

    async def revoke(self, key_id: str, now: float) -> bool:
        self.keys[key_id] = replace(self.keys[key_id], revoked_at=now)
        return True


@dataclass
class MemoryAudit:
    """Records in memory; several gates may share it, as processes share a database."""

    kept: list[AuditRecord] = field(default_factory=list)
    marks: set[str] = field(default_factory=set)
    is_away: bool = False

    async def begin(self, record: AuditRecord, mark: str) -> int:
        if self.is_away:
            raise StoreUnavailable("the database at /secret/place is away")
        if mark in self.marks:
            raise Replayed
        self.marks.add(mark)
        self.kept.append(replace(record, number=len(self.kept) + 1))
        return len(self.kept)

    async def end(self, number: int, outcome: str, target: str = "") -> None:
        if self.is_away:
            raise StoreUnavailable("the database at /secret/place is away")
        former = self.kept[number - 1]
        self.kept[number - 1] = replace(former, outcome=outcome, target=target or former.target)

    async def records(
        self, *, account_id: str | None = None, before: int | None = None, limit: int = 100
    ) -> list[AuditRecord]:
        return self.kept[::-1][:limit]


NEEDS = {"Look": Role.READER, "Change": Role.OPERATOR, "Rule": Role.ADMIN}


@dataclass
class Ledger:
    """An API of three actions that writes down what it was asked."""

    calls: list[ApiCall] = field(default_factory=list)
    raises: BaseException | None = None
    name: str = "ledger"

    def needs(self, action: str) -> Role | None:
        return NEEDS.get(action)

    async def answer(self, call: ApiCall) -> Answer:
        self.calls.append(call)
        if self.raises is not None:
            raise self.raises
        return Answer(HttpResponse(200, {}, b"done"), "stack/one")

    def refuse(self, refused: Refused, action: str, request_id: str, host: str) -> HttpResponse:
        return HttpResponse(400, {}, refused.refusal.value.encode())


async def _no_fetch(_: str, __: int) -> bytes:
    return b""


@dataclass
class Place:
    """One server: its gate, its API, and all that its gate stands on."""

    time: Time = field(default_factory=Time)
    keys: MemoryKeys = field(default_factory=MemoryKeys)
    audit: MemoryAudit = field(default_factory=MemoryAudit)
    api: Ledger = field(default_factory=Ledger)
    rate: float = 200.0
    gate: Gate = field(init=False)

    def __post_init__(self) -> None:
        for key in (OPERATOR, READER, ADMIN, FOREIGN, REVOKED):
            self.keys.keys.setdefault(key.key_id, key)
        # Of a control plane the gate asks only whether there is one for the account.
        desk = ApiDesk(
            {ACCOUNT: object()},  # type: ignore[dict-item]
            self.keys,
            self.audit,
            _no_fetch,
            self.time,
            Chance(),
            ApiChoices(),
        )
        self.gate = gate_of(desk, {BUILT_IN.key_id: BUILT_IN}, self.rate)

    async def admit(
        self,
        request: HttpRequest,
        world: World,
        action: str = "Look",
        *,
        service: str = "cloudformation",
        source: str = "127.0.0.1",
    ) -> Admitted:
        asked = Asked(request, world, self.api, action, service, "request-1", source)
        return await admit(self.gate, asked)

    async def ask(self, request: HttpRequest, world: World, action: str = "Look") -> Answer:
        return await carried_out(self.gate, self.api, await self.admit(request, world, action))


def alibaba_date(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def aws_date(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")


HOST = "127.0.0.1:8787"


def request_for(query: Pairs = (), form: Pairs = (), host: str = HOST) -> HttpRequest:
    body = urlencode(form).encode()
    headers = dict(FORM) if form else {}
    return HttpRequest("POST", "http", host, "/", query, headers, body, form)


@dataclass(frozen=True)
class Generation:
    """One way to sign: `sign(key, action, now, nonce, query, form, token, host)` gives a whole request."""

    name: str
    world: World
    has_nonce: bool
    sign: Callable[..., HttpRequest]


def _credentials(key: AccessKey, token: str | None) -> Credentials:
    return Credentials(key.key_id, key.secret, token)


def _v1(key, action, now, nonce, query=(), form=(), token=None, host=HOST):
    return sign_v1(
        request_for(query, form, host),
        action=action,
        version="2019-09-10",
        credentials=_credentials(key, token),
        date=alibaba_date(now),
        nonce=nonce,
    )


def _v3(key, action, now, nonce, query=(), form=(), token=None, host=HOST):
    return sign_v3(
        request_for(query, form, host),
        action=action,
        version="2019-09-10",
        credentials=_credentials(key, token),
        date=alibaba_date(now),
        nonce=nonce,
    )


def _v4(key, action, now, nonce, query=(), form=(), token=None, host=HOST):
    # There is no nonce; what makes two requests two is what they say.
    form = (("Action", action), ("Version", "2010-05-15"), ("Said", nonce), *form)
    return sign_v4(
        request_for(query, form, host),
        credentials=_credentials(key, token),
        region="eu-central-1",
        service="cloudformation",
        date=aws_date(now),
    )


def _v4_query(key, action, now, nonce, query=(), form=(), token=None, host=HOST):
    query = (("Action", action), ("Version", "2010-05-15"), ("Said", nonce), *query)
    return presign_v4(
        request_for(query, form, host),
        credentials=_credentials(key, token),
        region="eu-central-1",
        service="cloudformation",
        date=aws_date(now),
        expires=300,
    )


GENERATIONS = {
    kind.name: kind
    for kind in (
        Generation("v1", World.ALIBABA, True, _v1),
        Generation("v3", World.ALIBABA, True, _v3),
        Generation("v4", World.AWS, False, _v4),
        Generation("v4 in the query", World.AWS, False, _v4_query),
    )
}


EACH = pytest.mark.parametrize("kind", GENERATIONS.values(), ids=GENERATIONS)
PAIRS = (("StackName", "demo"), ("Parameters.1.ParameterKey", "P"))
FIELDS = (("TemplateBody", "ROSTemplateFormatVersion: '2015-09-01'"),)


def signed(
    kind: Generation,
    key: AccessKey = OPERATOR,
    action: str = "Look",
    now: float = NOW,
    nonce: str = "n-1",
    **more: Any,
) -> HttpRequest:
    """A request of that key, signed in that way."""
    return kind.sign(key, action, now, nonce, PAIRS, FIELDS, **more)


def refusal(place: Place, request: HttpRequest, world: World, action: str = "Look") -> Refused:
    """Why the gate refuses it; nothing has reached the API then."""
    with pytest.raises(Refused) as caught:
        asyncio.run(place.admit(request, world, action))
    assert place.api.calls == []
    assert SECRET not in str(caught.value)
    return caught.value
