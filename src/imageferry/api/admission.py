"""Gate, admit, carried_out: what a signed request must pass, and what is kept of those that write."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from imageferry.api.authentication import Authenticated, authenticate
from imageferry.api.calls import Answer, Api, ApiCall, Refusal, Refused
from imageferry.api.desk import ApiDesk
from imageferry.api.keyring import KeyRing
from imageferry.api.nonces import Nonces
from imageferry.api.recognition import World
from imageferry.control.rates import Rates, network_of
from imageferry.model.access import AccessKey, AuditRecord, Role
from imageferry.ports.access import Replayed
from imageferry.ports.keeping import StoreError
from imageferry.wire.http import HttpRequest, Pairs

RATE: Final = 200.0
"""Requests a second of one key, and twice as many at once, where nobody chose otherwise."""

REPEATED: Final = 2.0
"""Seconds in which a reading request without nonce may come again, and a writing one is put off.

Clients sign by the second, and some ask twice within one; a clock that ticks between two sockets
makes it two. Who is put off signs anew by itself, and that is another request.
"""

_WEIGHED: Final = 16_384
"""Bytes of a request, beyond the first so many, that count as another request."""

_REFUSED_RATE: Final = 20.0
_REFUSED_BURST: Final = 400.0

_TARGETS: Final = (
    "StackName",
    "StackId",
    "ChangeSetName",
    "ChangeSetId",
    "TemplateId",
    "TemplateName",
    "TypeName",
    "ResourceId.1",
)
"""Parameters that say what a request is about, the first that is there."""

_NAME: Final = re.compile(r"[\w.:/*@-]{1,255}")
"""Names of stacks and change sets, ids of all kinds, ARNs and names of types and regions."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Gate:
    """What requests are admitted with: one for a server.

    `rates` counts what each key sends; `refused` what came from each address and was refused.
    """

    desk: ApiDesk
    keys: KeyRing
    nonces: Nonces
    rates: Rates
    refused: Rates


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was recognised: nothing of it is believed yet.

    `service` is what a signature of Signature Version 4 has to be for; it counts for AWS alone.
    `source` is the client's address without its port.
    """

    request: HttpRequest
    world: World
    api: Api
    action: str
    service: str
    request_id: str
    source: str


@dataclass(frozen=True, slots=True)
class Admitted:
    """A call that may be carried out; `number` is that of its audit record, None where it reads."""

    call: ApiCall
    number: int | None


def gate_of(
    desk: ApiDesk, built_in: Mapping[str, AccessKey] | None = None, rate: float = RATE
) -> Gate:
    """A gate that has seen nothing; `rate` in requests a second of one key, 0 is no limit at all."""
    return Gate(
        desk,
        KeyRing(desk.keys, built_in or {}),
        Nonces(desk.choices.clock_window),
        Rates(rate, 2 * rate),
        Rates(_REFUSED_RATE if rate else 0.0, _REFUSED_BURST),
    )


async def admit(gate: Gate, asked: Asked) -> Admitted:
    """Let a request in; one that writes is in the audit afterwards. Raises Refused."""
    now = gate.desk.clock.now()
    signed = await _authenticated(gate, asked, now)
    caller = signed.caller
    # What needs more than a reader changes something.
    needed = asked.api.needs(asked.action)
    is_write = needed is not None and needed is not Role.READER
    _need_unseen(gate, signed, is_write, now)
    if not gate.rates.take(caller.key_id, gate.desk.clock.monotonic(), _weight(asked.request)):
        raise Refused(Refusal.THROTTLED, f'too many requests of the access key "{caller.key_id}"')
    # Not before: who was told to come again later may come with the same signature.
    gate.nonces.remember(signed.mark, now)
    if caller.account_id not in gate.desk.planes:
        raise Refused(
            Refusal.FOREIGN_ACCOUNT,
            f'the access key "{caller.key_id}" is of an account that is not served here',
            caller.key_id,
        )
    if needed is None:
        raise Refused(
            Refusal.UNKNOWN_ACTION, f'there is no action "{asked.action[:80]}"', asked.action[:80]
        )
    if not caller.role.covers(needed):
        raise Refused(
            Refusal.FORBIDDEN,
            f'"{asked.action}" takes the role "{needed.value}", '
            f'and the access key "{caller.key_id}" has the role "{caller.role.value}"',
            asked.action,
        )
    call = ApiCall(
        action=asked.action,
        pairs=signed.pairs,
        caller=caller,
        region=signed.region,
        request_id=asked.request_id,
        source=asked.source,
        host=asked.request.headers.get("host") or asked.request.host,
        now=now,
        headers=asked.request.headers,
    )
    return Admitted(call, await _begun(gate, asked, call, signed) if is_write else None)


def _weight(request: HttpRequest) -> float:
    """How many requests one counts as: what it takes to answer grows with the template in it."""
    size = len(request.body) + sum([len(value) for _, value in request.query])
    return 1 + size // _WEIGHED


async def carried_out(gate: Gate, api: Api, admitted: Admitted) -> Answer:
    """The API's answer; how it ended is in the audit, also where the API raised something."""
    if admitted.number is None:
        return await api.answer(admitted.call)
    outcome, target = "interrupted", ""
    try:
        answer = await api.answer(admitted.call)
        outcome, target = answer.outcome, answer.target
        return answer
    except Refused as refused:
        outcome = refused.refusal.value
        raise
    except StoreError:
        outcome = Refusal.UNAVAILABLE.value
        raise
    except Exception:
        # A fault of ours: the audit says so, and the door answers for it.
        outcome = Refusal.INTERNAL.value
        raise
    finally:
        await _end(gate, admitted.number, outcome, target)


async def _authenticated(gate: Gate, asked: Asked, now: float) -> Authenticated:
    moment = gate.desk.clock.monotonic()
    network = network_of(asked.source)
    try:
        signed = await authenticate(
            asked.request,
            asked.world,
            gate.keys,
            window=gate.desk.choices.clock_window,
            now=now,
            asks_anew=gate.refused.has_some(network, moment),
        )
        if asked.world is World.AWS and signed.service != asked.service:
            raise Refused(
                Refusal.BAD_SIGNATURE,
                f'the signature is for the service "{signed.service}", '
                f'and this is "{asked.service}"',
                signed.service,
            )
    except Refused as refused:
        if gate.refused.take(network, moment):
            raise
        raise Refused(
            Refusal.THROTTLED, "too many refused requests came from this address"
        ) from refused
    except StoreError as error:
        raise _unavailable(error) from error
    return signed


def _need_unseen(gate: Gate, signed: Authenticated, is_write: bool, now: float) -> None:
    """Raises Refused for a request that was admitted before."""
    first = gate.nonces.first_seen(signed.mark)
    if first is None:
        return
    if signed.has_nonce:
        raise Refused(
            Refusal.REPLAYED, "the nonce of the signature was used before", signed.caller.key_id
        )
    is_soon = now - first <= REPEATED
    if is_write or not is_soon:
        raise _replayed(signed.caller.key_id, is_soon=is_soon)


def _replayed(key_id: str, *, is_soon: bool) -> Refused:
    if is_soon:
        # Clients repeat what is throttled, signed anew; what is refused outright they give up.
        return Refused(
            Refusal.THROTTLED,
            "the same was asked with the same signature a moment ago; ask again a second later",
            key_id,
        )
    return Refused(
        Refusal.REPLAYED,
        "this very request was admitted before; to ask the same again, sign it anew",
        key_id,
    )


def _unavailable(error: StoreError) -> Refused:
    # Whose database it is, and where, is nothing for callers.
    _log.warning("a request was refused, for the database does not answer: %s", error)
    return Refused(Refusal.UNAVAILABLE, "the database does not answer; ask again a little later")


async def _begun(gate: Gate, asked: Asked, call: ApiCall, signed: Authenticated) -> int:
    """The number of the audit record, kept before anything is changed."""
    record = AuditRecord(
        at=call.now,
        account_id=call.caller.account_id,
        key_id=call.caller.key_id,
        role=call.caller.role,
        api=asked.api.name,
        action=call.action,
        target=_target(call.pairs),
        region=_named(call.region or dict(call.pairs).get("RegionId", "")),
        request_id=call.request_id,
        source=call.source,
    )
    try:
        return await gate.desk.audit.begin(record, signed.mark)
    except Replayed:
        # By another process; when it came there is not asked, for it was not before it was signed.
        is_soon = not signed.has_nonce and abs(call.now - signed.signed_at) <= REPEATED
        raise _replayed(call.caller.key_id, is_soon=is_soon) from None
    except StoreError as error:
        # Nothing was done. Where the record was kept all the same, its mark refuses the next.
        gate.nonces.forget(signed.mark)
        raise _unavailable(error) from error


def _target(pairs: Pairs) -> str:
    given = dict(pairs)
    return _named(next((given[name] for name in _TARGETS if given.get(name)), ""))


def _named(text: str) -> str:
    """A name or an id; what is none may be a secret in the wrong place, and is not written down."""
    return text if _NAME.fullmatch(text) else ""


async def _end(gate: Gate, number: int, outcome: str, target: str) -> None:
    try:
        await gate.desk.audit.end(number, outcome, _named(target))
    except StoreError as error:
        # The change is made, or refused, whether this is written or not: the answer goes out.
        _log.warning(
            "how the audited request %d ended (%s) was not kept: %s", number, outcome, error
        )
