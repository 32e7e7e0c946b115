"""One call: what is sent, what is tried again, what is told, and what is never told."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

import pytest

from imageferry.cloud.client import Action
from imageferry.cloud.credentials import CredentialsMissing
from imageferry.cloud.errors import CloudError, ErrorClass, NotSent, NotTrusted
from imageferry.model.paces import Limit
from imageferry.wire.alibaba_signing import Credentials, is_valid_v3, read_authorization
from imageferry.wire.http import HttpRequest, HttpResponse
from tests.cloud.stubs import Answer, CountedClock, Line, client_of, refusal, reply

READ = Action("DescribeImages", repeatable=True)
CHANGE = Action("DeleteImage", repeatable=False)


def call(line: Line, action: Action = READ, clock: CountedClock | None = None) -> dict[str, object]:
    return asyncio.run(
        client_of(line, clock).call(action, "cn-beijing", {"RegionId": "cn-beijing"})
    )


def test_a_call_is_signed_for_its_host_and_says_its_action() -> None:
    line = Line([reply(RequestId="R")])
    assert call(line) == {"RequestId": "R"}
    (request,) = line.requests
    assert (request.method, request.scheme, request.host) == (
        "POST",
        "https",
        "ecs.cn-beijing.aliyuncs.com",
    )
    assert request.headers["x-acs-action"] == "DescribeImages"
    assert request.headers["x-acs-version"] == "2014-05-26"
    assert request.headers["x-acs-date"] == "2025-10-09T08:53:20Z"
    authorization = read_authorization(request.headers["authorization"])
    assert authorization is not None
    assert is_valid_v3(request, authorization, "s3cr3t-of-the-key")


LOST = ConnectionResetError("gone")
THROTTLED = refusal("Throttling.User")
UNAVAILABLE = refusal("ServiceUnavailable", 503)
INTERNAL = refusal("InternalError", 500)
PAGE = HttpResponse(502, {}, b"<html>")


@pytest.mark.parametrize(
    ("action", "first", "tries"),
    [
        (READ, LOST, 2), (READ, THROTTLED, 2), (READ, UNAVAILABLE, 2), (READ, INTERNAL, 2),
        (READ, PAGE, 2), (READ, TimeoutError(), 2), (READ, NotSent("no"), 2),
        (READ, HttpResponse(200, {}, b""), 2), (READ, HttpResponse(200, {}, b"[]"), 2),
        (READ, refusal("InvalidImageId.NotFound", 404), 1),
        (READ, refusal("Forbidden.RAM", 403), 1), (READ, NotTrusted("no"), 1),
        (CHANGE, THROTTLED, 2), (CHANGE, UNAVAILABLE, 2), (CHANGE, NotSent("no"), 2),
        (CHANGE, LOST, 1), (CHANGE, INTERNAL, 1), (CHANGE, PAGE, 1),
        (CHANGE, HttpResponse(200, {}, b""), 1),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_tried_again(action: Action, first: Answer, tries: int) -> None:
    line = Line([first, reply(ok=True)])
    if tries == 1:
        with pytest.raises(CloudError):
            call(line, action)
    else:
        assert call(line, action) == {"ok": True}
    assert len(line.requests) == tries
    nonces = {request.headers["x-acs-signature-nonce"] for request in line.requests}
    assert len(nonces) == tries


@pytest.mark.parametrize(
    ("answer", "kind", "code", "status"),
    [
        (LOST, ErrorClass.UNCERTAIN, "NoReply", 0),
        (NotSent("x"), ErrorClass.TRANSIENT, "NoConnection", 0),
        (NotTrusted("x"), ErrorClass.REFUSED, "NotTrusted", 0),
        (THROTTLED, ErrorClass.THROTTLED, "Throttling.User", 400),
        (refusal("Whatever", 429), ErrorClass.THROTTLED, "Whatever", 429),
        (UNAVAILABLE, ErrorClass.TRANSIENT, "ServiceUnavailable", 503),
        (INTERNAL, ErrorClass.UNCERTAIN, "InternalError", 500),
        (refusal("InternalError", 403), ErrorClass.UNCERTAIN, "InternalError", 403),
        (PAGE, ErrorClass.UNCERTAIN, "NoErrorReply", 502),
        (refusal("Forbbiden", 403), ErrorClass.DENIED, "Forbbiden", 403),
        (refusal("InvalidAccessKeyId.NotFound", 404), ErrorClass.DENIED,
         "InvalidAccessKeyId.NotFound", 404),
        (refusal("QuotaExceed.Image", 403), ErrorClass.REFUSED, "QuotaExceed.Image", 403),
    ],
    ids=str,
)  # fmt: skip
def test_an_error_says_its_class_code_status_and_request(
    answer: Answer, kind: ErrorClass, code: str, status: int
) -> None:
    with pytest.raises(CloudError) as caught:
        call(Line([answer]), CHANGE)
    error = caught.value
    assert (error.kind, error.code, error.http_status) == (kind, code, status)
    assert (error.action, error.region) == ("DeleteImage", "cn-beijing")
    assert error.request_id == ("R-1" if status and code != "NoErrorReply" else "")


def test_the_cloud_says_how_long_to_wait() -> None:
    clock = CountedClock()
    line = Line([refusal("Throttling", headers={"x-acs-retry-after": "1500"}), reply(ok=True)])
    call(line, clock=clock)
    assert 1.5 <= clock.slept[0] <= 1.65


def test_a_long_wait_is_the_callers() -> None:
    line = Line([refusal("Throttling", headers={"x-acs-retry-after": "60000"})])
    clock = CountedClock()
    with pytest.raises(CloudError) as caught:
        call(line, clock=clock)
    assert caught.value.retry_after == 60.0
    assert clock.slept == []
    assert len(line.requests) == 1


def test_tries_end() -> None:
    line = Line([UNAVAILABLE])
    clock = CountedClock()
    with pytest.raises(CloudError):
        call(line, clock=clock)
    assert len(line.requests) == 4
    assert sum(clock.slept) <= 3.0


@pytest.mark.parametrize(
    "answer",
    [
        refusal("SignatureDoesNotMatch", message="server string to sign is: POST&s3cr3t&Name=hush"),
        refusal("InvalidAccessKeyId.NotFound", 404, "LTAI5tSecretKeyId001 and s3cr3t-of-the-key"),
    ],
    ids=["string to sign", "key in the message"],
)
def test_no_secret_is_in_an_error(answer: HttpResponse) -> None:
    with pytest.raises(CloudError) as caught:
        call(Line([answer]))
    text = f"{caught.value} {caught.value!r} {caught.value.message}"
    assert not any(word in text for word in ("s3cr3t", "LTAI5tSecretKeyId001", "hush"))


def test_a_bad_region_is_no_host() -> None:
    line = Line([reply()])
    with pytest.raises(CloudError) as caught:
        asyncio.run(client_of(line).call(READ, "evil.example/x", {}))
    assert caught.value.kind is ErrorClass.REFUSED
    assert line.requests == []


@dataclass
class Renewed:
    """Credentials that expire once."""

    forgotten: int = 0

    async def current(self) -> Credentials:
        return Credentials(f"key-{self.forgotten}", "secret", "token")

    def forget(self) -> None:
        self.forgotten += 1


def test_an_expired_token_is_renewed_once() -> None:
    expired = refusal("InvalidSecurityToken.Expired", 400)
    source, line = Renewed(), Line([expired, reply(ok=True)])
    client = client_of(line, credentials=source)
    assert asyncio.run(client.call(CHANGE, "cn-beijing", {})) == {"ok": True}
    assert [one.headers["x-acs-accesskey-id"] for one in line.requests] == ["key-0", "key-1"]
    client = client_of(Line([expired]), credentials=Renewed())
    with pytest.raises(CloudError):
        asyncio.run(client.call(CHANGE, "cn-beijing", {}))


def test_missing_credentials_are_told_without_a_call() -> None:
    class Missing:
        async def current(self) -> Credentials:
            raise CredentialsMissing("no access key was found; set one")

        def forget(self) -> None:
            raise AssertionError

    line = Line([reply()])
    with pytest.raises(CloudError) as caught:
        asyncio.run(client_of(line, credentials=Missing()).call(READ, "cn-beijing", {}))
    assert caught.value.kind is ErrorClass.DENIED
    assert line.requests == []


def test_a_published_limit_holds_calls_back() -> None:
    clock, line = CountedClock(), Line([reply(ok=True)])
    client = client_of(line, clock, {"DescribeImages": Limit(10, 10.0)})

    async def run(count: int) -> None:
        for _ in range(count):
            await client.call(READ, "cn-beijing", {})

    # Half of what is saved up goes at once, the rest within seconds, then a call a second.
    asyncio.run(run(5))
    assert clock.slept == []
    asyncio.run(run(15))
    assert 10.0 <= sum(clock.slept) <= 12.5
    assert client.counts["DescribeImages"] == 20


@pytest.mark.parametrize("wrong", [3600.0, -3600.0, -315_360_000.0], ids=["+1 h", "-1 h", "-10 y"])
def test_a_call_refused_for_its_date_is_signed_by_the_clouds_clock(wrong: float) -> None:
    clock = CountedClock()
    true = clock.seconds
    clock.seconds += wrong
    date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(true))
    refused = refusal("InvalidTimeStamp.Expired", headers={"date": date})
    line = Line([refused, reply(ok=True)])
    client = client_of(line, clock)
    asyncio.run(client.call(READ, "cn-beijing", {}))
    signed = [request.headers["x-acs-date"] for request in line.requests]
    assert len(signed) == 2
    assert signed[1] == time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(true))
    assert signed[0] != signed[1]


def test_a_call_that_lay_about_until_its_date_was_past_is_the_callers_to_repeat() -> None:
    clock = CountedClock()

    class Frozen(Line):
        async def send(self, request: HttpRequest) -> HttpResponse:
            clock.seconds += 3000.0
            return await super().send(request)

    date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(clock.seconds + 3000.0))
    line = Frozen([refusal("InvalidTimeStamp.Expired", headers={"date": date})])
    with pytest.raises(CloudError) as caught:
        asyncio.run(client_of(line, clock).call(READ, "cn-beijing", {}))
    assert caught.value.is_passing
    assert len(line.requests) == 1


def test_a_call_refused_for_its_date_twice_is_refused() -> None:
    line = Line([refusal("InvalidTimeStamp.Expired", headers={"date": "yesterday"})])
    with pytest.raises(CloudError) as caught:
        asyncio.run(client_of(line).call(READ, "cn-beijing", {}))
    assert caught.value.code == "InvalidTimeStamp.Expired"
    assert len(line.requests) == 2


@pytest.mark.parametrize(
    ("action", "answers", "confirmed"),
    [
        pytest.param(CHANGE, [reply(ok=True)], 1, id="a change"),
        pytest.param(CHANGE, [THROTTLED, UNAVAILABLE, reply(ok=True)], 3, id="each try of it"),
        pytest.param(READ, [THROTTLED, reply(ok=True)], 0, id="what may be repeated"),
    ],
)
def test_what_is_confirmed_before_it_is_sent(
    action: Action, answers: list[Answer], confirmed: int
) -> None:
    line = Line(answers)
    sent_before: list[int] = []

    async def confirm() -> None:
        sent_before.append(len(line.requests))

    client = client_of(line).confirmed(confirm)
    asyncio.run(client.call(action, "cn-beijing", {"RegionId": "cn-beijing"}))
    assert sent_before == list(range(confirmed))


def test_what_is_not_confirmed_is_not_sent() -> None:
    class Lost(Exception):
        """Another process owns it."""

    async def confirm() -> None:
        raise Lost

    line = Line([reply(ok=True)])
    with pytest.raises(Lost):
        asyncio.run(client_of(line).confirmed(confirm).call(CHANGE, "cn-beijing", {}))
    assert line.requests == []


def test_who_stood_still_before_sending_confirms_once_more() -> None:
    clock = CountedClock()
    line = Line([reply(ok=True)])
    confirmed = 0

    async def confirm() -> None:
        nonlocal confirmed
        confirmed += 1

    async def send_late(request: HttpRequest) -> HttpResponse:
        assert request.confirm is not None
        await request.confirm()
        assert confirmed == 1
        clock.seconds += 30.0
        await request.confirm()
        return await line.send(request)

    client = client_of(line, clock, send=send_late).confirmed(confirm)
    asyncio.run(client.call(CHANGE, "cn-beijing", {}))
    assert confirmed == 2


def test_an_answer_that_is_old_when_it_comes_confirms_nothing() -> None:
    clock = CountedClock()
    line = Line([reply(ok=True)])

    async def confirm() -> None:
        clock.seconds += 2.0

    with pytest.raises(CloudError, match="too slowly") as caught:
        asyncio.run(client_of(line, clock).confirmed(confirm).call(CHANGE, "cn-beijing", {}))
    assert caught.value.kind is ErrorClass.TRANSIENT
    assert not caught.value.may_have_worked
    assert line.requests == []
