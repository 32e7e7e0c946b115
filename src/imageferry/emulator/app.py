"""The emulator in the round: a request in, checked, carried out, and its reply out.

`Emulator.handle` has the shape of a transport, so that a client may use it in its own process
without a port; the server puts the same emulator on an address.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from imageferry.emulator.actions import ECS
from imageferry.emulator.calls import Call, Reply
from imageferry.emulator.controls import CONTROL_PATH, answer_control
from imageferry.emulator.errors import EcsError, missing, refusal
from imageferry.emulator.faults import (
    MAKING_KINDS,
    RAW_REPLIES,
    REFUSALS,
    DroppedConnection,
    Fault,
    disguised,
    matching,
)
from imageferry.emulator.gateway import AccessKey, Admitted, Nonces, admit, find_action
from imageferry.emulator.markup import XML_TYPE, encode_reply, wants_xml
from imageferry.emulator.places import is_region
from imageferry.emulator.rules import check_token
from imageferry.emulator.world import SECOND_ACCOUNT, World
from imageferry.wire.alibaba_rpc import ErrorReply, decode_boolean, encode_error, nest
from imageferry.wire.http import HttpRequest, HttpResponse, Pairs

DEFAULT_KEYS: Mapping[str, AccessKey] = {
    "emulator": AccessKey("emulator"),
    "emulator-2": AccessKey("emulator-2", SECOND_ACCOUNT),
}
"""The key of the account whose world it is, and that of a neighbour to share images with."""
_JSON = "application/json;charset=utf-8"
# Signatures differ on every try, and so do these; a repeated request is the same without them.
_NOT_COMPARED = frozenset(
    [
        "AccessKeyId",
        "Action",
        "Format",
        "Signature",
        "SignatureMethod",
        "SignatureNonce",
        "SignatureType",
        "SignatureVersion",
        "SecurityToken",
        "Timestamp",
        "Version",
        "ClientToken",
        "OwnerAccount",
        "OwnerId",
        "ResourceOwnerAccount",
        "ResourceOwnerId",
    ]
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply, or None where the connection ends without one; `delay` in seconds before it."""

    response: HttpResponse | None
    delay: float = 0.0


class Emulator:
    """An emulated ECS on one world."""

    def __init__(
        self,
        world_path: Path | str,
        *,
        now: Callable[[], float],
        entropy: Callable[[int], bytes],
        sleep: Callable[[float], Awaitable[None]],
        keys: Mapping[str, AccessKey] = DEFAULT_KEYS,
        speed: float | None = None,
    ) -> None:
        """Open the world at `world_path` (`":memory:"`: one of its own).

        `now` gives seconds since 1970 on the caller's clock, `entropy(n)` gives n bytes for new
        ids, `sleep` is awaited by slow replies only, `speed` replaces the world's speed of copies.
        """
        self.world = World(world_path, now=now, entropy=entropy, speed=speed)
        self._keys = dict(keys)
        self._sleep = sleep
        self._nonces = Nonces()

    def close(self) -> None:
        """Let go of the world's file."""
        self.world.close()

    def call(self, name: str, pairs: Pairs, account: str = "") -> Reply:
        """Carry out an ECS action as the account's owner would in a console: unsigned, no faults.

        `account` is another account's id, that of the first key where it is empty. Where no RegionId is given, it is that of the image that is named. Raises EcsError.
        """
        action = find_action(name, ECS)
        self.world.refresh()
        with self.world.writing():
            given = dict(pairs)
            named = given.get("ImageId") or given.get("ResourceId.1") or ""
            row = self.world.row("SELECT region FROM images WHERE image_id = ?", named)
            if row is not None and not given.get("RegionId"):
                pairs = (*pairs, ("RegionId", row[0]))
            caller = account or next(iter(self._keys.values())).account
            return self._perform(Admitted(name, action, nest(pairs), pairs, caller), ())

    async def handle(self, request: HttpRequest) -> HttpResponse:
        """Carry out one request; ConnectionError where a fault ends the connection."""
        answer = self.answer(request)
        if answer.delay:
            await self._sleep(answer.delay)
        if answer.response is None:
            raise ConnectionError("the emulator ended the connection, as a fault told it to")
        return answer.response

    def answer(self, request: HttpRequest) -> Answer:
        """Carry out one request, without waiting."""
        if request.path.startswith(CONTROL_PATH):
            return Answer(answer_control(self.world, request))
        request_id = self.world.request_id()
        try:
            self.world.refresh()
            admitted = admit(
                request, self._keys, self.world.choices, self._nonces, self.world.now()
            )
            return self._carry_out(admitted, request_id, xml=wants_xml(request))
        except EcsError as error:
            return Answer(_error_response(error, request, request_id))
        except DroppedConnection:
            return Answer(None)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise
            # Another process held the file for longer than the busy timeout.
            busy = EcsError("ServiceUnavailable", 503, f"The world's file is not free: {error}.")
            return Answer(_error_response(busy, request, request_id))

    def _carry_out(self, admitted: Admitted, request_id: str, *, xml: bool = False) -> Answer:
        action, world = admitted.action, self.world
        root = admitted.name if xml else ""
        if not action.writes:
            with world.reading():
                if not matching(world.faults, admitted.name, admitted.parameters):
                    return _response(self._perform(admitted, ()), request_id, root)
        error: EcsError | None = None
        reply: Reply = {}
        with world.writing():
            met = matching(world.faults, admitted.name, admitted.parameters)
            for fault in met:
                world.spend_fault(fault)
            met = tuple(fault for fault in met if not fault.skip)
            instead = next((fault for fault in met if fault.kind not in MAKING_KINDS), None)
            if instead is not None and instead.kind in RAW_REPLIES:
                return _raw_response(instead)
            if instead is not None and instead.kind == "drop":
                return Answer(None)
            if instead is not None and instead.kind == "ignored":
                return _response({}, request_id, root)
            try:
                reply = self._tried(admitted, met, instead)
            except EcsError as refused:
                # With no fault to count, the whole transaction is undone.
                if not met:
                    raise
                error = refused
        if error is not None:
            raise error
        if instead is not None and instead.kind in {"unlisted", "shown"}:
            reply = disguised(instead, reply)
        return _after(instead, _response(reply, request_id, root))

    def _tried(self, admitted: Admitted, met: tuple[Fault, ...], instead: Fault | None) -> Reply:
        """Carry out the action so that an error undoes it, and not the counting of faults."""
        if instead is not None and instead.kind in REFUSALS:
            raise REFUSALS[instead.kind](instead)
        if not met:
            return self._perform(admitted, ())
        sql = self.world.sql
        sql.execute("SAVEPOINT action")
        try:
            reply = self._perform(admitted, met)
        except EcsError:
            sql.execute("ROLLBACK TO action")
            raise
        finally:
            sql.execute("RELEASE action")
        return reply

    def _perform(self, admitted: Admitted, faults: tuple[Fault, ...]) -> Reply:
        action = admitted.action
        call = Call(
            admitted.name,
            admitted.parameters,
            admitted.account,
            self.world.now(),
            self.world,
            faults,
        )
        for name in action.required:
            if not call.text(name):
                raise missing(name)
        region = call.text("RegionId")
        if action.checks_region and region and not is_region(region):
            raise refusal("InvalidRegionId.NotFound", status=action.unknown_region_status)
        token = check_token(call.text("ClientToken")) if action.takes_token else ""
        if token:
            reply, fingerprint = _first_reply(call, token, admitted.pairs)
            if reply is not None:
                return reply
        is_dry_run = action.takes_dry_run and decode_boolean(call.text("DryRun"))
        if is_dry_run and call.choices.dry_run_checks == "parameters":
            raise refusal("DryRunOperation")
        reply = action.perform(call)
        if is_dry_run:
            raise refusal("DryRunOperation")
        if token:
            _remember_reply(call, token, fingerprint, reply)
        return reply


# --- the same token twice makes one thing -----------------------------------------------------------


# CreateImage and CreateSnapshot list codes of their own.
_MISMATCHES: Mapping[str, tuple[str, int]] = {
    "CreateImage": ("IdempotenceParamNotMatch", 400),
    "CreateSnapshot": ("IdempotentParameterMismatch", 403),
}


def _first_reply(call: Call, token: str, pairs: Pairs) -> tuple[Reply | None, str]:
    compared = sorted({pair for pair in pairs if pair[0] not in _NOT_COMPARED})
    fingerprint = hashlib.sha256(json.dumps(compared).encode()).hexdigest()
    row = call.world.row(
        "SELECT parameters, reply FROM tokens WHERE account = ? AND action = ? AND token = ?"
        " AND created_at > ?",
        call.account,
        call.action,
        token,
        call.now - call.choices.token_lifetime_seconds,
    )
    if row is None:
        return None, fingerprint
    if row[0] != fingerprint:
        code, status = _MISMATCHES.get(call.action, ("IdempotentParameterMismatch", 400))
        raise refusal(code, status=status)
    reply: Reply = json.loads(row[1])
    return reply, fingerprint


def _remember_reply(call: Call, token: str, fingerprint: str, reply: Reply) -> None:
    sql = call.world.sql
    sql.execute(
        "DELETE FROM tokens WHERE created_at <= ?",
        (call.now - call.choices.token_lifetime_seconds,),
    )
    sql.execute(
        "INSERT INTO tokens (account, action, token, parameters, reply, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (call.account, call.action, token, fingerprint, json.dumps(reply), call.now),
    )


# --- replies ----------------------------------------------------------------------------------------


def _after(fault: Fault | None, answer: Answer) -> Answer:
    match fault.kind if fault is not None else "":
        case "lost_reply":
            return Answer(None)
        case "cut_body" if answer.response is not None:
            whole = answer.response
            half = whole.body[: len(whole.body) // 2]
            return Answer(HttpResponse(whole.status, whole.headers, half))
        case "slow" if fault is not None:
            return Answer(answer.response, float(fault.details["seconds"]))
    return answer


def _response(reply: Reply, request_id: str, root: str = "") -> Answer:
    """The answer in JSON, or in XML where the action that names its root is given."""
    if root:
        document = encode_reply(f"{root}Response", {"RequestId": request_id, **reply})
        return Answer(HttpResponse(200, {"content-type": XML_TYPE}, document))
    body = json.dumps({"RequestId": request_id, **reply}, ensure_ascii=False, separators=(",", ":"))
    return Answer(HttpResponse(200, {"content-type": _JSON}, body.encode()))


def _raw_response(fault: Fault) -> Answer:
    raw = RAW_REPLIES[fault.kind]
    return Answer(HttpResponse(raw.status, {"content-type": raw.content_type}, raw.body))


def _error_response(error: EcsError, request: HttpRequest, request_id: str) -> HttpResponse:
    headers = {"content-type": _JSON}
    if error.retry_after_ms is not None:
        headers["x-acs-retry-after"] = str(error.retry_after_ms)
    host = request.headers.get("host", request.host)
    recommend = f"https://api.aliyun.com/troubleshoot?q={error.code}&requestId={request_id}"
    if wants_xml(request):
        words = {
            "RequestId": request_id,
            "HostId": host,
            "Code": error.code,
            "Message": error.message,
            "Recommend": recommend,
        }
        headers["content-type"] = XML_TYPE
        return HttpResponse(error.status, headers, encode_reply("Error", words))
    body = encode_error(ErrorReply(error.code, error.message, request_id, host, recommend))
    return HttpResponse(error.status, headers, body)
