"""Signatures against vectors made by others, byte for byte."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imageferry.wire.alibaba_signing import (
    Credentials,
    canonical_query,
    canonical_request,
    is_valid_v1,
    is_valid_v3,
    pe,
    read_authorization,
    sign_v1,
    sign_v3,
    v1_string_to_sign,
    v3_string_to_sign,
)
from imageferry.wire.http import HttpRequest, Pairs

DATE = "2026-01-02T03:04:05Z"
NONCE = "0123456789abcdef0123456789abcdef"
COPY: Pairs = (
    ("ClientToken", "tok-1"),
    ("DestinationImageName", "web 01*~/镜像"),
    ("DestinationRegionId", "cn-shanghai"),
    ("Encrypted", "True"),
    ("ImageId", "m-bp1abc"),
    ("RegionId", "cn-hangzhou"),
    ("Tag.1.Key", "env"),
    ("Tag.1.Value", ""),
    ("Tag.2.Key", "a b"),
    ("Tag.2.Value", "x+y=z"),
)
TEST_KEY = Credentials("testid", "testsecret")


def _sdk_headers(kind: str) -> dict[str, str]:
    return {
        "accept": "application/json",
        "user-agent": "test-agent/1.0",
        "x-acs-credentials-provider": kind,
    }


def _v3_copy() -> HttpRequest:
    return sign_v3(
        HttpRequest("POST", "http", "127.0.0.1:18080", "/", COPY, _sdk_headers("static_ak")),
        action="CopyImage",
        version="2014-05-26",
        credentials=TEST_KEY,
        date=DATE,
        nonce=NONCE,
        also_signed=("accept", "user-agent"),
    )


def _v3_sts() -> HttpRequest:
    return sign_v3(
        HttpRequest("POST", "http", "127.0.0.1:18080", "/", (), _sdk_headers("static_sts")),
        action="DescribeRegions",
        version="2014-05-26",
        credentials=Credentials("STS.testid", "testsecret", "TOK/+="),
        date=DATE,
        nonce=NONCE,
        also_signed=("accept", "user-agent"),
    )


def _v3_public() -> HttpRequest:
    return sign_v3(
        HttpRequest(
            "POST",
            "https",
            "ecs.cn-shanghai.aliyuncs.com",
            "/",
            (
                ("ImageId", "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"),
                ("RegionId", "cn-shanghai"),
            ),
        ),
        action="RunInstances",
        version="2014-05-26",
        credentials=Credentials("YourAccessKeyId", "YourAccessKeySecret"),
        date="2023-10-26T10:22:32Z",
        nonce="3156853299f313e23d1673dc12e1703d",
    )


V3_VECTORS = [
    pytest.param(
        _v3_copy(),
        "accept;host;user-agent;x-acs-action;x-acs-content-sha256;x-acs-credentials-provider;"
        "x-acs-date;x-acs-signature-nonce;x-acs-version",
        "a8e673ce2f066cc4acfd6076b0992fb61c28555a2321f4c9916eba2c7d7522a5",
        "434676e91aae5c95d6d4870b57664366dab4cbf10ae568db8f3a9f67e129c99c",
        id="V3-a current Python client",
    ),
    pytest.param(
        _v3_sts(),
        "accept;host;user-agent;x-acs-accesskey-id;x-acs-action;x-acs-content-sha256;"
        "x-acs-credentials-provider;x-acs-date;x-acs-security-token;x-acs-signature-nonce;"
        "x-acs-version",
        None,
        "7c2a4b61119405af7f4d548b63c8d4ef14849e5626b87fd07b191c85055be131",
        id="V3-b temporary credentials",
    ),
    pytest.param(
        _v3_public(),
        "host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version",
        "7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259",
        "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0",
        id="V3-c published example",
    ),
]


@pytest.mark.parametrize(("request_", "names", "request_hash", "signature"), V3_VECTORS)
def test_v3_gives_the_published_signature(
    request_: HttpRequest, names: str, request_hash: str | None, signature: str
) -> None:
    authorization = read_authorization(request_.headers["authorization"])
    assert authorization is not None
    assert ";".join(authorization.signed_headers) == names
    assert authorization.signature == signature
    if request_hash is not None:
        text = v3_string_to_sign(
            canonical_request(
                request_,
                authorization.signed_headers,
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            )
        )
        assert text == f"ACS3-HMAC-SHA256\n{request_hash}"


def test_v3_canonical_query_of_the_first_vector() -> None:
    assert canonical_query(COPY) == (
        "ClientToken=tok-1&DestinationImageName=web%2001%2A~%2F%E9%95%9C%E5%83%8F"
        "&DestinationRegionId=cn-shanghai&Encrypted=True&ImageId=m-bp1abc&RegionId=cn-hangzhou"
        "&Tag.1.Key=env&Tag.1.Value=&Tag.2.Key=a%20b&Tag.2.Value=x%2By%3Dz"
    )


def _valid_v3(request: HttpRequest, secret: str = "testsecret") -> bool:
    authorization = read_authorization(request.headers["authorization"])
    return authorization is not None and is_valid_v3(request, authorization, secret)


def _with_header(request: HttpRequest, name: str, value: str) -> HttpRequest:
    return replace(request, headers={**request.headers, name: value})


def _without_header(request: HttpRequest, name: str) -> HttpRequest:
    return replace(request, headers={k: v for k, v in request.headers.items() if k != name})


def test_v3_vector_is_accepted() -> None:
    assert _valid_v3(_v3_copy())


def test_v3_host_is_taken_as_received() -> None:
    signed = sign_v3(
        HttpRequest("POST", "http", "http://127.0.0.1:18080", "/", COPY),
        action="CopyImage",
        version="2014-05-26",
        credentials=TEST_KEY,
        date=DATE,
        nonce=NONCE,
    )
    received = _with_header(replace(signed, host="127.0.0.1"), "host", "http://127.0.0.1:18080")
    assert _valid_v3(received)
    assert not _valid_v3(_with_header(received, "host", "127.0.0.1:18080"))


V3_CHANGES = [
    pytest.param(lambda r: replace(r, method="GET"), id="method"),
    pytest.param(lambda r: replace(r, path="/x"), id="path"),
    pytest.param(lambda r: replace(r, host="127.0.0.1:18081"), id="host"),
    pytest.param(lambda r: replace(r, query=(*r.query[:-1], ("Tag.2.Value", "x y=z"))), id="value"),
    pytest.param(lambda r: replace(r, query=r.query[:-1]), id="parameter taken away"),
    pytest.param(lambda r: replace(r, query=(*r.query, ("DryRun", ""))), id="parameter added"),
    pytest.param(lambda r: replace(r, body=b"x"), id="body"),
    pytest.param(lambda r: _with_header(r, "x-acs-action", "DeleteImage"), id="action"),
    pytest.param(lambda r: _with_header(r, "x-acs-date", "2026-01-02T03:04:06Z"), id="date"),
    pytest.param(lambda r: _with_header(r, "x-acs-signature-nonce", NONCE[::-1]), id="nonce"),
    pytest.param(lambda r: _with_header(r, "user-agent", "test-agent/1.1"), id="signed header"),
    pytest.param(lambda r: _with_header(r, "x-acs-content-sha256", "0" * 64), id="hash"),
    pytest.param(
        lambda r: _with_header(r, "x-acs-security-token", "mine"), id="unsigned x-acs header"
    ),
    pytest.param(
        lambda r: _with_header(
            r, "authorization", r.headers["authorization"].replace("Signature=4", "Signature=5")
        ),
        id="signature",
    ),
    pytest.param(
        lambda r: _with_header(
            r, "authorization", r.headers["authorization"].replace("x-acs-action;", "")
        ),
        id="name of a signed header",
    ),
]


@pytest.mark.parametrize("change", V3_CHANGES)
def test_v3_refuses_a_change(change) -> None:
    assert not _valid_v3(change(_v3_copy()))


def test_v3_refuses_another_secret() -> None:
    assert not _valid_v3(_v3_copy(), "testsecres")


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("", id="empty"),
        pytest.param("Bearer abc", id="other scheme"),
        pytest.param("ACS3-HMAC-SHA256 Credential=a,Signature=b", id="no signed headers"),
        pytest.param("ACS3-HMAC-SHA256 Credential=a,SignedHeaders=host", id="no signature"),
        pytest.param("ACS3-HMAC-SHA256 SignedHeaders=host,Signature=b", id="no key"),
    ],
)
def test_an_incomplete_authorization_is_none(header: str) -> None:
    assert read_authorization(header) is None


# --- V1 -------------------------------------------------------------------------------------------


def _v1_copy(response_format: str, extra: Pairs) -> HttpRequest:
    return sign_v1(
        HttpRequest("POST", "http", "127.0.0.1:18080", "/", (*COPY, *extra)),
        action="CopyImage",
        version="2014-05-26",
        credentials=TEST_KEY,
        date=DATE,
        nonce=NONCE,
        response_format=response_format,
    )


V1_VECTORS = [
    pytest.param(
        _v1_copy("JSON", (("SignatureType", ""),)),
        "7gd5lR5GFCGmQhTZ08cZK1hYdIg=",
        id="V1-a legacy Python client",
    ),
    pytest.param(
        _v1_copy("json", ()), "xuyG7ddNCNLspNsEqIKChneBDlo=", id="V1-b current client, older mode"
    ),
    pytest.param(
        sign_v1(
            HttpRequest("GET", "http", "ecs.aliyuncs.com", "/"),
            action="DescribeRegions",
            version="2014-05-26",
            credentials=TEST_KEY,
            date="2016-02-23T12:46:24Z",
            nonce="3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf",
            response_format="XML",
        ),
        "OLeaidS1JvxuMvnyHOwuJ+uX5qY=",
        id="V1-c published example",
    ),
]


@pytest.mark.parametrize(("request_", "signature"), V1_VECTORS)
def test_v1_gives_the_published_signature(request_: HttpRequest, signature: str) -> None:
    assert dict(request_.query)["Signature"] == signature
    assert is_valid_v1(request_, "testsecret")


def test_v1_string_to_sign_of_the_first_vector() -> None:
    request = _v1_copy("JSON", (("SignatureType", ""),))
    assert v1_string_to_sign("POST", request.query) == (
        "POST&%2F&AccessKeyId%3Dtestid%26Action%3DCopyImage%26ClientToken%3Dtok-1"
        "%26DestinationImageName%3Dweb%252001%252A~%252F%25E9%2595%259C%25E5%2583%258F"
        "%26DestinationRegionId%3Dcn-shanghai%26Encrypted%3DTrue%26Format%3DJSON"
        "%26ImageId%3Dm-bp1abc%26RegionId%3Dcn-hangzhou%26SignatureMethod%3DHMAC-SHA1"
        "%26SignatureNonce%3D0123456789abcdef0123456789abcdef%26SignatureType%3D"
        "%26SignatureVersion%3D1.0%26Tag.1.Key%3Denv%26Tag.1.Value%3D"
        "%26Tag.2.Key%3Da%2520b%26Tag.2.Value%3Dx%252By%253Dz"
        "%26Timestamp%3D2026-01-02T03%253A04%253A05Z%26Version%3D2014-05-26"
    )


def test_v1_covers_the_form_too() -> None:
    signed = _v1_copy("JSON", ())
    moved = replace(
        signed,
        query=tuple(pair for pair in signed.query if pair not in COPY),
        form=COPY,
    )
    assert is_valid_v1(moved, "testsecret")
    assert not is_valid_v1(replace(moved, form=COPY[1:]), "testsecret")


V1_CHANGES = [
    pytest.param(lambda r: replace(r, method="GET"), id="method"),
    pytest.param(lambda r: replace(r, query=r.query[1:]), id="parameter taken away"),
    pytest.param(lambda r: replace(r, query=(("DryRun", ""), *r.query)), id="parameter added"),
    pytest.param(lambda r: replace(r, query=(("ClientToken", "tok-2"), *r.query[1:])), id="value"),
    pytest.param(lambda r: replace(r, query=r.query[:-1]), id="no signature"),
    pytest.param(lambda r: replace(r, query=(*r.query, r.query[-1])), id="two signatures"),
]


@pytest.mark.parametrize("change", V1_CHANGES)
def test_v1_refuses_a_change(change) -> None:
    assert not is_valid_v1(change(_v1_copy("JSON", ())), "testsecret")


# --- Properties -----------------------------------------------------------------------------------

names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12).filter(
    lambda name: name != "Signature"
)
values = st.text(st.characters(codec="utf-8"), max_size=20)
queries = st.dictionaries(names, values, max_size=6).map(lambda pairs: tuple(pairs.items()))


@given(queries, st.binary(max_size=20), st.data())
def test_v3_is_valid_when_signed_and_not_when_changed(
    query: Pairs, body: bytes, data: st.DataObject
) -> None:
    signed = sign_v3(
        HttpRequest("POST", "http", "127.0.0.1:1", "/", query, {}, body),
        action="CopyImage",
        version="2014-05-26",
        credentials=TEST_KEY,
        date=DATE,
        nonce=NONCE,
    )
    assert _valid_v3(signed)
    assert _valid_v3(replace(signed, query=signed.query[::-1]))
    changed = data.draw(queries.filter(lambda other: sorted(other) != sorted(query)))
    assert not _valid_v3(replace(signed, query=changed))
    assert not _valid_v3(replace(signed, body=body + b"\0"))


@given(queries, queries)
def test_v1_is_valid_when_signed_and_not_when_changed(query: Pairs, changed: Pairs) -> None:
    reserved = {"Action", "Version", "Format", "AccessKeyId", "SignatureNonce", "Timestamp"}
    query = tuple(pair for pair in query if pair[0] not in reserved)
    signed = sign_v1(
        HttpRequest("POST", "http", "127.0.0.1:1", "/", query),
        action="CopyImage",
        version="2014-05-26",
        credentials=TEST_KEY,
        date=DATE,
        nonce=NONCE,
    )
    assert is_valid_v1(signed, "testsecret")
    if changed:
        assert not is_valid_v1(replace(signed, form=changed), "testsecret")


@pytest.mark.parametrize(
    ("text", "encoded"),
    [
        pytest.param("az09AZ-_.~", "az09AZ-_.~", id="unreserved"),
        pytest.param(" *+/=&", "%20%2A%2B%2F%3D%26", id="reserved"),
        pytest.param("镜", "%E9%95%9C", id="UTF-8"),
        pytest.param("²", "%C2%B2", id="digit outside ASCII"),
        pytest.param("", "", id="empty"),
    ],
)
def test_percent_encoding(text: str, encoded: str) -> None:
    assert pe(text) == encoded


def test_secrets_are_not_shown() -> None:
    shown = repr(Credentials("id", "hidden-secret", "hidden-token"))
    assert "hidden" not in shown


def test_temporary_credentials_travel_as_a_parameter_in_v1() -> None:
    signed = sign_v1(
        HttpRequest("GET", "http", "h", "/"),
        action="DescribeRegions",
        version="2014-05-26",
        credentials=Credentials("STS.a", "s", "T"),
        date=DATE,
        nonce=NONCE,
    )
    assert ("SecurityToken", "T") in signed.query
    assert is_valid_v1(signed, "s")


def test_a_required_header_must_be_signed() -> None:
    request = _without_header(_v3_copy(), "x-acs-date")
    assert not _valid_v3(request)
