"""What stands before every action: signatures, clocks, nonces, keys."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from imageferry.emulator.calls import cloud_time
from imageferry.emulator.gateway import AccessKey
from imageferry.wire.alibaba_rpc import flatten
from imageferry.wire.alibaba_signing import Credentials, sign_v1
from imageferry.wire.http import HttpRequest, Pairs
from tests.emulator.clouds import GOLDEN, Cloud, HandClock, Refused, read

KEYS = {
    "emulator": AccessKey("emulator"),
    "STS.one": AccessKey("secret-1", security_token="token-1"),
    "asleep": AccessKey("secret-2", is_active=False),
    "reader": AccessKey("secret-3", denied=frozenset({"CopyImage", "DeleteImage"})),
    "other": AccessKey("secret-4", account="1000000000000002"),
}


@pytest.fixture
def cloud(open_cloud: Callable[..., Cloud]) -> Cloud:
    return open_cloud(keys=KEYS)


def v1_request(
    clock: HandClock,
    parameters: dict[str, object],
    *,
    method: str = "POST",
    action: str = "DescribeImages",
    nonce: str = "n-1",
    extra: Pairs = (),
    response_format: str = "JSON",
) -> HttpRequest:
    return sign_v1(
        HttpRequest(method, "http", "127.0.0.1", "/", (*flatten(parameters), *extra)),
        action=action,
        version="2014-05-26",
        credentials=Credentials("emulator", "emulator"),
        date=cloud_time(clock.now()),
        nonce=nonce,
        response_format=response_format,
    )


def _refusal(cloud: Cloud, request: HttpRequest) -> Refused:
    with pytest.raises(Refused) as caught:
        read(cloud.emulator.answer(request).response)
    return caught.value


def test_both_generations_are_served(cloud: Cloud, clock: HandClock) -> None:
    newer = cloud.call("DescribeImages", RegionId="cn-hangzhou", ImageId=GOLDEN)
    older = read(
        cloud.emulator.answer(
            v1_request(clock, {"RegionId": "cn-hangzhou", "ImageId": GOLDEN})
        ).response
    )
    assert newer["Images"] == older["Images"]


def test_v1_with_get_an_empty_signature_type_and_a_form(cloud: Cloud, clock: HandClock) -> None:
    get = v1_request(
        clock, {"RegionId": "cn-hangzhou"}, method="GET", extra=(("SignatureType", ""),)
    )
    assert read(cloud.emulator.answer(get).response)["TotalCount"] == 8
    signed = v1_request(clock, {"RegionId": "cn-hangzhou", "ImageId": GOLDEN}, nonce="n-2")
    in_form = {"RegionId", "ImageId"}
    split = replace(
        signed,
        query=tuple(pair for pair in signed.query if pair[0] not in in_form),
        form=tuple(pair for pair in signed.query if pair[0] in in_form),
    )
    assert read(cloud.emulator.answer(split).response)["TotalCount"] == 1


def test_replies_are_json_with_a_request_id(cloud: Cloud) -> None:
    response = cloud.emulator.answer(cloud.request("DescribeRegions")).response
    assert response is not None
    assert response.headers["content-type"] == "application/json;charset=utf-8"
    request_id = json.loads(response.body)["RequestId"]
    assert [len(part) for part in request_id.split("-")] == [8, 4, 4, 4, 12]
    assert request_id == request_id.upper()


def test_who_calls(cloud: Cloud) -> None:
    identity = cloud.call("GetCallerIdentity", "2015-04-01")
    assert (identity["AccountId"], identity["IdentityType"]) == ("1000000000000001", "Account")


GATEWAY_ERRORS: list[tuple[str, Callable[[HttpRequest], HttpRequest], int, str]] = [
    ("no action", lambda r: _header(r, "x-acs-action", ""), 400, "MissingParameter"),
    ("no version", lambda r: _header(r, "x-acs-version", ""), 400, "MissingParameter"),
    (
        "unknown action",
        lambda r: _header(r, "x-acs-action", "FlyImage"),
        404,
        "InvalidApi.NotFound",
    ),
    ("unknown version", lambda r: _header(r, "x-acs-version", "1999-01-01"), 400, "NoSuchVersion"),
    (
        "other product",
        lambda r: _header(r, "x-acs-version", "2015-04-01"),
        404,
        "InvalidApi.NotFound",
    ),
    ("method", lambda r: replace(r, method="PUT"), 400, "UnsupportedHTTPMethod"),
    (
        "YAML",
        lambda r: replace(r, query=(*r.query, ("Format", "YAML"))),
        400,
        "InvalidParameter.Format",
    ),
    ("no date", lambda r: _header(r, "x-acs-date", ""), 400, "MissingParameter"),
    ("date", lambda r: _header(r, "x-acs-date", "today"), 400, "InvalidTimeStamp.Format"),
    (
        "month 13",
        lambda r: _header(r, "x-acs-date", "2026-13-01T00:00:00Z"),
        400,
        "InvalidTimeStamp.Format",
    ),
    (
        "old",
        lambda r: _header(r, "x-acs-date", "2020-01-01T00:00:00Z"),
        400,
        "InvalidTimeStamp.Expired",
    ),
    (
        "half a signature",
        lambda r: _header(r, "authorization", "ACS3-HMAC-SHA256 Credential=emulator"),
        400,
        "IncompleteSignature",
    ),
    ("no signature at all", lambda r: _header(r, "authorization", None), 400, "MissingParameter"),
    (
        "unknown key",
        lambda r: _swap(r, "Credential=emulator", "Credential=nobody"),
        404,
        "InvalidAccessKeyId.NotFound",
    ),
    (
        "key asleep",
        lambda r: _swap(r, "Credential=emulator", "Credential=asleep"),
        400,
        "InvalidAccessKeyId.Inactive",
    ),
    (
        "other secret",
        lambda r: _swap(r, "Credential=emulator", "Credential=reader"),
        400,
        "SignatureDoesNotMatch",
    ),
    (
        "one byte",
        lambda r: replace(r, query=(("RegionId", "cn-hangzhoU"),)),
        400,
        "SignatureDoesNotMatch",
    ),
    ("body", lambda r: replace(r, body=b" "), 400, "SignatureDoesNotMatch"),
]


def _header(request: HttpRequest, name: str, value: str | None) -> HttpRequest:
    headers = {**request.headers, name: value or ""}
    if value is None:
        del headers[name]
    return replace(request, headers=headers)


def _swap(request: HttpRequest, old: str, new: str) -> HttpRequest:
    return _header(request, "authorization", request.headers["authorization"].replace(old, new))


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [pytest.param(*row[1:], id=row[0]) for row in GATEWAY_ERRORS],
)
def test_the_gateway_refuses(
    cloud: Cloud, change: Callable[[HttpRequest], HttpRequest], status: int, code: str
) -> None:
    error = _refusal(cloud, change(cloud.request("DescribeImages", RegionId="cn-hangzhou")))
    assert (error.status, error.code) == (status, code)


V1_ERRORS: list[tuple[str, Callable[[Pairs], Pairs], int, str]] = [
    ("no key", lambda q: _without(q, "AccessKeyId"), 400, "MissingParameter"),
    ("no signature", lambda q: _without(q, "Signature"), 400, "MissingParameter"),
    ("no timestamp", lambda q: _without(q, "Timestamp"), 400, "MissingParameter"),
    ("no nonce", lambda q: _without(q, "SignatureNonce"), 400, "MissingParameter"),
    ("method", lambda q: _with(q, "SignatureMethod", "HMAC-MD5"), 400, "InvalidSignatureMethod"),
    ("version", lambda q: _with(q, "SignatureVersion", "9"), 400, "InvalidParameter"),
    ("one byte", lambda q: _with(q, "RegionId", "cn-hangzhoU"), 400, "SignatureDoesNotMatch"),
    (
        "unknown key",
        lambda q: _with(q, "AccessKeyId", "nobody"),
        404,
        "InvalidAccessKeyId.NotFound",
    ),
]


def _without(query: Pairs, name: str) -> Pairs:
    return tuple(pair for pair in query if pair[0] != name)


def _with(query: Pairs, name: str, value: str) -> Pairs:
    return (*_without(query, name), (name, value))


@pytest.mark.parametrize(
    ("change", "status", "code"), [pytest.param(*row[1:], id=row[0]) for row in V1_ERRORS]
)
def test_the_gateway_refuses_the_older_signature(
    cloud: Cloud, clock: HandClock, change: Callable[[Pairs], Pairs], status: int, code: str
) -> None:
    request = v1_request(clock, {"RegionId": "cn-hangzhou"})
    error = _refusal(cloud, replace(request, query=change(request.query)))
    assert (error.status, error.code) == (status, code)


def test_a_wrong_signature_is_answered_with_the_servers_string(
    cloud: Cloud, clock: HandClock
) -> None:
    request = v1_request(clock, {"RegionId": "cn-hangzhou"})
    error = _refusal(cloud, replace(request, query=_with(request.query, "RegionId", "x")))
    assert "server string to sign is:POST&%2F&AccessKeyId%3Demulator" in error.message
    newer = _refusal(cloud, replace(cloud.request("DescribeRegions"), method="GET"))
    assert "server string to sign is:ACS3-HMAC-SHA256\n" in newer.message


def test_a_nonce_is_good_once(cloud: Cloud, clock: HandClock) -> None:
    request = cloud.request("DescribeRegions")
    read(cloud.emulator.answer(request).response)
    assert _refusal(cloud, request).code == "SignatureNonceUsed"
    clock.advance(899)
    assert _refusal(cloud, request).code == "SignatureNonceUsed"
    clock.advance(2)
    assert _refusal(cloud, request).code == "InvalidTimeStamp.Expired"


def test_the_checks_of_clock_and_nonce_can_be_switched_off(cloud: Cloud, clock: HandClock) -> None:
    cloud.world.choose({"nonce_check": False, "clock_check": False})
    request = cloud.request("DescribeRegions")
    read(cloud.emulator.answer(request).response)
    clock.advance(100_000)
    read(cloud.emulator.answer(request).response)


def test_a_clock_ahead_is_refused_too(cloud: Cloud, clock: HandClock) -> None:
    clock.advance(1000)
    request = cloud.request("DescribeRegions")
    clock.advance(-1000)
    assert _refusal(cloud, request).code == "InvalidTimeStamp.Expired"


@pytest.mark.parametrize(
    ("credentials", "code"),
    [
        pytest.param(Credentials("STS.one", "secret-1", "token-1"), "", id="right"),
        pytest.param(Credentials("STS.one", "secret-1"), "MissingSecurityToken", id="missing"),
        pytest.param(
            Credentials("STS.one", "secret-1", "else"),
            "InvalidSecurityToken.Malformed",
            id="malformed",
        ),
        pytest.param(
            Credentials("emulator", "emulator", "token-1"),
            "InvalidSecurityToken.MismatchWithAccessKey",
            id="another key's",
        ),
    ],
)
def test_temporary_credentials(cloud: Cloud, credentials: Credentials, code: str) -> None:
    cloud.credentials = credentials
    if code:
        assert _refusal(cloud, cloud.request("DescribeRegions")).code == code
    else:
        cloud.call("DescribeRegions")


def test_a_key_without_rights(cloud: Cloud) -> None:
    cloud.credentials = Credentials("reader", "secret-3")
    assert cloud.call("DescribeImages", RegionId="cn-hangzhou")["TotalCount"] == 8
    with pytest.raises(Refused) as caught:
        cloud.copy("web")
    assert (caught.value.status, caught.value.code) == (403, "Forbidden.RAM")


def test_the_status_of_an_unknown_key_is_a_choice(cloud: Cloud) -> None:
    cloud.world.choose({"unknown_key_status": 400})
    cloud.credentials = Credentials("nobody", "x")
    assert _refusal(cloud, cloud.request("DescribeRegions")).status == 400


def test_accounts_see_their_own_images_and_those_shared_with_them(
    cloud: Cloud, clock: HandClock
) -> None:
    image = {"ImageId": GOLDEN, "RegionId": "cn-hangzhou"}
    mine, other = cloud.credentials, Credentials("other", "secret-4")
    cloud.credentials = other
    assert cloud.images("cn-hangzhou") == []
    with pytest.raises(Refused, match=r"InvalidImageId\.NotFound"):
        cloud.copy("web")
    cloud.credentials = mine
    cloud.call("ModifyImageSharePermission", **image, AddAccount=["1000000000000002"])
    cloud.credentials = other
    [shown] = cloud.images("cn-hangzhou", ImageOwnerAlias="others")
    assert (shown["ImageOwnerAlias"], shown["IsSelfShared"]) == ("others", "True")
    with pytest.raises(Refused, match=r"OperationDenied\.SameRegionOnly"):
        cloud.copy("web")
    copied = cloud.copy("web", "cn-hangzhou")
    assert [one["ImageId"] for one in cloud.images("cn-hangzhou")] == [copied]
    with pytest.raises(Refused, match=r"InvalidImageId\.NotFound"):
        cloud.call("DeleteImage", **image)


def test_the_emulator_is_a_transport(cloud: Cloud) -> None:
    response = asyncio.run(cloud.emulator.handle(cloud.request("DescribeRegions")))
    assert response.status == 200
