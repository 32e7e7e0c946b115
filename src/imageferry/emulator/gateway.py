"""What stands before every action: who signs, when, and whether the signature holds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from imageferry.emulator.actions import ACTIONS, NAMES, VERSIONS
from imageferry.emulator.calls import Action
from imageferry.emulator.choices import Choices
from imageferry.emulator.errors import EcsError, missing, refusal
from imageferry.emulator.world import ACCOUNT
from imageferry.wire.alibaba_rpc import Parameter, nest
from imageferry.wire.alibaba_signing import (
    Authorization,
    is_valid_v1,
    is_valid_v3,
    read_authorization,
    v1_string_to_sign,
    v3_server_string,
)
from imageferry.wire.http import HttpRequest, Pairs


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A key that may sign; `denied` names actions that it may not call."""

    secret: str = field(repr=False)
    account: str = ACCOUNT
    security_token: str | None = field(default=None, repr=False)
    is_active: bool = True
    denied: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Admitted:
    """A request that passed: the action, its parameters, and the account that asks."""

    name: str
    action: Action
    parameters: Mapping[str, Parameter]
    pairs: Pairs
    account: str


class Nonces:
    """Nonces seen by this process: two generations, each at least as long as the time window."""

    LARGEST = 500_000

    def __init__(self) -> None:
        """Begin with none."""
        self._young: set[int] = set()
        self._old: set[int] = set()
        self._born = 0.0

    def is_used(self, key: str, nonce: str) -> bool:
        """Whether it was remembered."""
        mark = hash((key, nonce))
        return mark in self._young or mark in self._old

    def remember(self, key: str, nonce: str, now: float, window: float) -> None:
        """Remember one; the older generation falls when the younger one is full of days."""
        # A timestamp may lie a window ahead, so a nonce has to outlive two of them.
        if now - self._born > 2 * window or len(self._young) >= self.LARGEST:
            self._old, self._young, self._born = self._young, set(), now
        self._young.add(hash((key, nonce)))


@dataclass(frozen=True, slots=True)
class _Signed:
    """What both generations of signatures say, in one form."""

    access_key_id: str
    date: str
    nonce: str
    token: str
    authorization: Authorization | None


_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def admit(
    request: HttpRequest,
    keys: Mapping[str, AccessKey],
    choices: Choices,
    nonces: Nonces,
    now: float,
) -> Admitted:
    """Check a request in the order of the gateway; raises EcsError."""
    pairs = (*request.query, *request.form)
    common = dict(pairs)
    headers = request.headers
    name = headers.get("x-acs-action") or common.get("Action", "")
    version = headers.get("x-acs-version") or common.get("Version", "")
    action = find_action(name, version)
    if request.method not in ("GET", "POST"):
        raise refusal("UnsupportedHTTPMethod")
    if common.get("Format", "JSON").upper() not in ("JSON", "XML"):
        raise refusal("InvalidParameter.Format")
    has_header = "authorization" in headers
    signed = _read_v3(headers) if has_header else _read_v1(common)
    _check_time(signed.date, choices, now)
    if choices.nonce_check and nonces.is_used(signed.access_key_id, signed.nonce):
        raise refusal("SignatureNonceUsed")
    key = keys.get(signed.access_key_id)
    if key is None:
        raise refusal("InvalidAccessKeyId.NotFound", status=choices.unknown_key_status)
    if not key.is_active:
        raise refusal("InvalidAccessKeyId.Inactive")
    _check_signature(request, signed, key.secret)
    _check_token(signed.token, key, keys)
    if choices.nonce_check:
        nonces.remember(signed.access_key_id, signed.nonce, now, choices.clock_window_seconds)
    if name in key.denied:
        raise refusal("Forbidden.RAM")
    return Admitted(name, action, nest(pairs), pairs, key.account)


def find_action(name: str, version: str) -> Action:
    """The action of that name and version; raises EcsError."""
    if not name:
        raise missing("Action")
    if not version:
        raise missing("Version")
    action = ACTIONS.get((version, name))
    if action is not None:
        return action
    if name in NAMES and version not in VERSIONS:
        raise refusal("NoSuchVersion")
    raise refusal("InvalidApi.NotFound", f"It is {name}.")


def _read_v3(headers: Mapping[str, str]) -> _Signed:
    authorization = read_authorization(headers["authorization"])
    if authorization is None:
        raise refusal("IncompleteSignature")
    for name in ("x-acs-date", "x-acs-signature-nonce"):
        if not headers.get(name):
            raise missing(name)
    return _Signed(
        authorization.access_key_id,
        headers["x-acs-date"],
        headers["x-acs-signature-nonce"],
        headers.get("x-acs-security-token", ""),
        authorization,
    )


_V1_NEEDED = ("AccessKeyId", "Signature", "Timestamp", "SignatureNonce")


def _read_v1(common: Mapping[str, str]) -> _Signed:
    for name in _V1_NEEDED:
        if not common.get(name):
            raise missing(name)
    if common.get("SignatureMethod") != "HMAC-SHA1":
        raise refusal("InvalidSignatureMethod")
    if common.get("SignatureVersion") != "1.0":
        raise refusal("InvalidParameter", "SignatureVersion is 1.0.")
    return _Signed(
        common["AccessKeyId"],
        common["Timestamp"],
        common["SignatureNonce"],
        common.get("SecurityToken", ""),
        None,
    )


def _check_time(date: str, choices: Choices, now: float) -> None:
    if not _DATE.fullmatch(date):
        raise refusal("InvalidTimeStamp.Format")
    try:
        said = datetime.fromisoformat(date).timestamp()
    except ValueError:
        raise refusal("InvalidTimeStamp.Format") from None
    if choices.clock_check and abs(now - said) > choices.clock_window_seconds:
        raise refusal("InvalidTimeStamp.Expired")


def _check_signature(request: HttpRequest, signed: _Signed, secret: str) -> None:
    if signed.authorization is not None:
        if is_valid_v3(request, signed.authorization, secret):
            return
        text = v3_server_string(request, signed.authorization)
    else:
        if is_valid_v1(request, secret):
            return
        text = v1_string_to_sign(request.method, (*request.query, *request.form))
    # Clients look for these words, and one of them fails on a message without a colon.
    raise EcsError(
        "SignatureDoesNotMatch",
        400,
        f"The signature is not the one that the secret gives. server string to sign is:{text}",
    )


def _check_token(token: str, key: AccessKey, keys: Mapping[str, AccessKey]) -> None:
    if token == (key.security_token or ""):
        return
    if not token:
        raise refusal("MissingSecurityToken")
    if any(token == other.security_token for other in keys.values()):
        raise refusal("InvalidSecurityToken.MismatchWithAccessKey")
    raise refusal("InvalidSecurityToken.Malformed")
