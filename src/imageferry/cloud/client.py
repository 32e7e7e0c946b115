"""Client: one call to the cloud signed, sent, paced and tried again, as parsed JSON or CloudError."""

from __future__ import annotations

import calendar
import copy
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from imageferry.cloud.backoff import next_delay
from imageferry.cloud.buckets import PUBLISHED_LIMITS, Buckets
from imageferry.cloud.credentials import CredentialsMissing, CredentialSource
from imageferry.cloud.endpoints import ECS, STS, Endpoints
from imageferry.cloud.errors import (
    SECRET_BEARING,
    CloudError,
    ErrorClass,
    NotSent,
    NotTrusted,
    classify,
)
from imageferry.model.paces import Limit
from imageferry.ports.pacing import Paces
from imageferry.ports.senses import Clock, Entropy
from imageferry.version import VERSION
from imageferry.wire.alibaba_rpc import decode_error, flatten
from imageferry.wire.alibaba_signing import Credentials, sign_v3
from imageferry.wire.http import HttpRequest, HttpResponse, Send

_VERSIONS: Final = {ECS: "2014-05-26", STS: "2015-04-01"}
_HEADERS: Final = {"accept": "application/json", "user-agent": f"imageferry/{VERSION}"}
_LONGEST_TRYING: Final = 60.0
"""Seconds after which a call is not tried again here: whoever stood still for so long may have lost
the operation to another process, which the caller finds out before it asks again."""

_FRESH: Final = 0.5
"""Seconds for which an operation that was ours counts as ours: nobody takes one over sooner."""

_CONFIRMATIONS: Final = 5
"""How often that is asked anew where the answer itself takes longer."""

_OUT_OF_DATE: Final = "InvalidTimeStamp.Expired"
_LONGEST_PACING: Final = 1.0
_TOLERATED: Final = 300.0
"""Seconds that a clock may be wrong; the cloud refuses what is signed fifteen minutes off."""


@dataclass(frozen=True, slots=True)
class Action:
    """One action of an API. `repeatable`: it reads, or carries a token, so that a call whose
    reply was lost may be sent again.
    """

    name: str
    repeatable: bool
    product: str = ECS


@dataclass(slots=True)
class _Dates:
    """By which clock calls are signed: `correction` seconds from ours, with the last text made."""

    correction: float = 0.0
    second: int = -1
    text: str = ""


class Client:
    """Calls to one account of one cloud.

    `counts` are the requests sent, by action. `limits` are the published limits to keep from the
    start; an emulator has none. Calls wait for the pace and between tries a few seconds at most;
    what takes longer is a CloudError with `retry_after`.
    """

    def __init__(
        self,
        send: Send,
        credentials: CredentialSource,
        endpoints: Endpoints,
        clock: Clock,
        entropy: Entropy,
        limits: Mapping[str, Limit] = PUBLISHED_LIMITS,
    ) -> None:
        self.clock = clock
        self.entropy = entropy
        self.counts: Counter[str] = Counter()
        self._send = send
        self._credentials = credentials
        self._endpoints = endpoints
        self._buckets = Buckets(limits, clock)
        self._dates = _Dates()
        self._confirm: Callable[[], Awaitable[None]] | None = None

    async def share_pace(self, paces: Paces, account_id: str, holder: str) -> None:
        """Keep the pace together with the account's other processes; `holder` names this one."""
        await self._buckets.share(paces, account_id, holder)

    def confirmed(self, confirm: Callable[[], Awaitable[None]]) -> Client:
        """The same client, which awaits `confirm` directly before each try of a call without a token.

        What that raises is raised by the call, which was not sent then. A process that stands still
        between the two finds out when it goes on, and asks once more.
        """
        twin = copy.copy(self)
        twin._confirm = confirm
        return twin

    async def call(
        self, action: Action, region: str, parameters: Mapping[str, object]
    ) -> dict[str, Any]:
        """The reply's JSON object; raises CloudError."""
        query = flatten(parameters)
        tries, waited, renewed, in_doubt, corrected = 0, 0.0, False, False, False
        began = self.clock.monotonic()
        while True:
            await self._keep_pace(action, region)
            tries += 1
            try:
                reply = await self._attempt(action, region, query)
            except CloudError as error:
                in_doubt = error.may_have_worked = error.may_have_worked or in_doubt
                if error.kind is ErrorClass.THROTTLED:
                    self._buckets.throttled(region, action.name)
                if self.clock.monotonic() - began > _LONGEST_TRYING:
                    if error.code == _OUT_OF_DATE:
                        # It lay about until its date was past, and says nothing of the clocks.
                        error.kind = ErrorClass.TRANSIENT
                    raise
                if error.code == "InvalidSecurityToken.Expired" and not renewed:
                    renewed = True
                    self._credentials.forget()
                    continue
                if error.code == _OUT_OF_DATE and not corrected:
                    # What is refused for its date was not carried out: once more with the right one.
                    corrected = True
                    continue
                delay = next_delay(
                    error,
                    tries,
                    waited,
                    repeatable=action.repeatable,
                    jitter=self.entropy.jitter(),
                )
                if delay is None:
                    raise
                waited += delay
                await self.clock.sleep(delay)
                if self.clock.monotonic() - began > _LONGEST_TRYING:
                    raise
            else:
                self._buckets.succeeded(region, action.name)
                return reply

    async def _keep_pace(self, action: Action, region: str) -> None:
        wait = await self._buckets.admit(region, action.name, _LONGEST_PACING)
        if wait:
            raise CloudError(
                "Throttling.Local",
                "held back to stay under the cloud's rate",
                ErrorClass.THROTTLED,
                action=action.name,
                region=region,
                retry_after=wait,
            )

    async def _attempt(
        self, action: Action, region: str, query: tuple[tuple[str, str], ...]
    ) -> dict[str, Any]:
        def failed(code: str, message: str, kind: ErrorClass) -> CloudError:
            return CloudError(code, message, kind, action=action.name, region=region)

        try:
            endpoint = self._endpoints.find(action.product, region)
            credentials = await self._credentials.current()
        except ValueError as error:
            raise failed("InvalidRegionId", str(error), ErrorClass.REFUSED) from None
        except CredentialsMissing as error:
            raise failed("InvalidAccessKeyId", str(error), ErrorClass.DENIED) from None
        request = sign_v3(
            HttpRequest("POST", endpoint.scheme, endpoint.host, "/", query, _HEADERS),
            action=action.name,
            version=_VERSIONS[action.product],
            credentials=credentials,
            date=self._now_text(),
            nonce=self.entropy.nonce(),
        )
        if self._confirm is not None and not action.repeatable:
            confirm = self._freshly(self._confirm, failed)
            await confirm()
            request = replace(request, confirm=confirm)
        self.counts[action.name] += 1
        try:
            response = await self._send(request)
        except NotTrusted as error:
            raise failed("NotTrusted", str(error), ErrorClass.REFUSED) from None
        except NotSent as error:
            raise failed("NoConnection", str(error), ErrorClass.TRANSIENT) from None
        except OSError as error:
            words = f"no reply came from {endpoint.host} ({type(error).__name__})"
            raise failed("NoReply", words, ErrorClass.UNCERTAIN) from None
        if response.status >= 400:
            self._set_right(response)
            raise _error_of(response, action.name, region, credentials)
        try:
            reply = json.loads(response.body)
        except ValueError:
            reply = None
        if not isinstance(reply, dict):
            words = f"the reply of {endpoint.host} is not a JSON object"
            raise failed("NoReply", words, ErrorClass.UNCERTAIN)
        return reply

    def _freshly(
        self, confirm: Callable[[], Awaitable[None]], failed: Callable[..., CloudError]
    ) -> Callable[[], Awaitable[None]]:
        """Confirms, unless that was done a moment ago: whoever stood still meanwhile, anew."""
        since = float("-inf")

        async def fresh() -> None:
            nonlocal since
            for _ in range(_CONFIRMATIONS):
                if self.clock.monotonic() - since <= _FRESH:
                    return
                began = self.clock.monotonic()
                await confirm()
                since = began
            if self.clock.monotonic() - since > _FRESH:
                words = "the database answers too slowly to say whose the operation is"
                raise failed("NotConfirmed", words, ErrorClass.TRANSIENT)

        return fresh

    def _set_right(self, response: HttpResponse) -> None:
        """Calls are signed by the cloud's clock where this machine's is far from it."""
        date = response.headers.get("date", "")
        try:
            said = calendar.timegm(time.strptime(date, "%a, %d %b %Y %H:%M:%S GMT"))
        except ValueError:
            return
        apart = said - self.clock.now()
        self._dates.correction = apart if abs(apart) > _TOLERATED else 0.0

    def _now_text(self) -> str:
        dates = self._dates
        second = int(self.clock.now() + dates.correction)
        if second != dates.second:
            dates.second = second
            dates.text = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(second))
        return dates.text


def _error_of(
    response: HttpResponse, action: str, region: str, credentials: Credentials
) -> CloudError:
    reply = decode_error(response.body)
    if reply is None:
        code, message, request_id = "NoErrorReply", f"status {response.status} without a code", ""
    else:
        code, request_id = reply.code, reply.request_id
        message = SECRET_BEARING.get(code) or _masked(reply.message, credentials)
    retry_after = response.headers.get("x-acs-retry-after", "")
    kind = classify(code, response.status)
    if retry_after.isdigit() and kind is ErrorClass.REFUSED:
        kind = ErrorClass.THROTTLED  # the official clients read this header as throttling
    return CloudError(
        code,
        message,
        kind,
        action=action,
        region=region,
        http_status=response.status,
        request_id=request_id,
        retry_after=int(retry_after) / 1000 if retry_after.isdigit() else None,
    )


def _masked(message: str, credentials: Credentials) -> str:
    for secret in (credentials.access_key_id, credentials.secret, credentials.security_token):
        # A word as short as a test's key could be any word of the message.
        if secret and len(secret) > 12:
            message = message.replace(secret, "****")
    return message


def tag_filters(tags: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    """Tags as a question names them; an empty value stands for every value of its key."""
    return [{"Key": key, "Value": value} if value else {"Key": key} for key, value in tags]


async def listed_pages(
    client: Client,
    action: Action,
    region: str,
    parameters: Mapping[str, Any],
    outer: str,
    inner: str,
) -> AsyncIterator[Mapping[str, Any]]:
    """The entries of all pages that follow each other by tokens, wrapped as `listed` has them.

    Raises CloudError.
    """
    token = None
    while True:
        reply = await client.call(action, region, {**parameters, "NextToken": token})
        for entry in listed(reply, outer, inner):
            yield entry
        token, last = reply.get("NextToken"), token
        if not token or token == last:
            return


def listed(reply: Mapping[str, Any], outer: str, inner: str) -> list[Mapping[str, Any]]:
    """The list that a reply wraps twice, as `Images.Image`; empty where it is not as documented."""
    box = reply.get(outer)
    found = box.get(inner) if isinstance(box, dict) else None
    return found if isinstance(found, list) else []
