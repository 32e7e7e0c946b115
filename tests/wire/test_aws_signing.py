"""Signature Version 4 against the published vectors, and against the client that most people use."""

from __future__ import annotations

import hmac
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as OtherCredentials
from hypothesis import given
from hypothesis import strategies as st

from imageferry.wire.alibaba_signing import Credentials
from imageferry.wire.aws_signing import (
    V4Authorization,
    V4Fault,
    V4Scope,
    is_signed_v4,
    is_valid_v4,
    presign_v4,
    read_v4,
    sign_v4,
    signing_key,
    v4_canonical_request,
    v4_string_to_sign,
    without_signature,
)
from imageferry.wire.http import HttpRequest, Pairs

SUITE = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
DATE = "20150830T123600Z"
FORM = "application/x-www-form-urlencoded"

VECTORS = {
    "get-vanilla": (
        HttpRequest("GET", "https", "example.amazonaws.com", "/"),
        "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    ),
    "get-vanilla-query-order-key-case": (
        HttpRequest(
            "GET",
            "https",
            "example.amazonaws.com",
            "/",
            (("Param2", "value2"), ("Param1", "value1")),
        ),
        "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    ),
    "get-vanilla-utf8-query": (
        HttpRequest("GET", "https", "example.amazonaws.com", "/", (("ሴ", "bar"),)),
        "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
    ),
    "get-header-value-trim": (
        HttpRequest(
            "GET",
            "https",
            "example.amazonaws.com",
            "/",
            headers={"my-header1": " value1", "my-header2": ' "a   b   c"'},
        ),
        "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
    ),
    "get-utf8": (
        HttpRequest("GET", "https", "example.amazonaws.com", "/ሴ"),
        "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85",
    ),
    "get-space": (
        HttpRequest("GET", "https", "example.amazonaws.com", "/example space/"),
        "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741",
    ),
    "get-relative-relative": (
        HttpRequest("GET", "https", "example.amazonaws.com", "/example1/example2/../.."),
        "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    ),
    "get-slashes": (
        HttpRequest("GET", "https", "example.amazonaws.com", "//example//"),
        "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84",
    ),
    "post-vanilla": (
        HttpRequest("POST", "https", "example.amazonaws.com", "/"),
        "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
    ),
    "post-header-key-sort": (
        HttpRequest(
            "POST", "https", "example.amazonaws.com", "/", headers={"my-header1": "value1"}
        ),
        "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
    ),
    "post-x-www-form-urlencoded": (
        HttpRequest(
            "POST",
            "https",
            "example.amazonaws.com",
            "/",
            headers={"content-type": FORM},
            body=b"Param1=value1",
        ),
        "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
    ),
}


def _signature(request: HttpRequest) -> str:
    return request.headers["authorization"].rpartition("=")[2]


@pytest.mark.parametrize("name", VECTORS)
def test_a_published_vector(name: str) -> None:
    request, expected = VECTORS[name]
    signed = sign_v4(
        request,
        credentials=SUITE,
        region="us-east-1",
        service="service",
        date=DATE,
        also_signed=tuple(request.headers),
    )
    assert _signature(signed) == expected
    assert _holds(signed, SUITE.secret)


def test_the_example_of_the_documentation() -> None:
    request = HttpRequest(
        "GET",
        "https",
        "iam.amazonaws.com",
        "/",
        (("Action", "ListUsers"), ("Version", "2010-05-08")),
        {"content-type": f"{FORM}; charset=utf-8"},
    )
    signed = sign_v4(request, credentials=SUITE, region="us-east-1", service="iam", date=DATE)
    scope = V4Scope("20150830", "us-east-1", "iam")
    assert signing_key(SUITE.secret, scope).hex() == (
        "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9"
    )
    assert _signature(signed) == (
        "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
    )


def test_the_string_to_sign_of_the_first_vector() -> None:
    request = replace(VECTORS["get-vanilla"][0], headers={"x-amz-date": DATE})
    canonical = v4_canonical_request(request, ("host", "x-amz-date"))
    text = v4_string_to_sign(DATE, V4Scope("20150830", "us-east-1", "service"), canonical)
    assert text.splitlines()[1:] == [
        DATE,
        "20150830/us-east-1/service/aws4_request",
        "bb579772317eb040ac9ed261061d46c1f17a8133879d6129b6e1c25292927e63",
    ]


# --- the other side is botocore -------------------------------------------------------------------

OTHER = OtherCredentials("AKIDEXAMPLE", SUITE.secret)
ADDRESS = "http://127.0.0.1:8787/"


def _received(other: AWSRequest) -> HttpRequest:
    """What a server sees of it."""
    prepared = other.prepare()
    parts = urlsplit(prepared.url)
    headers = {
        name.lower(): value.decode() if isinstance(value, bytes) else value
        for name, value in prepared.headers.items()
    }
    body = prepared.body or b""
    return HttpRequest(
        other.method,
        parts.scheme,
        parts.netloc,
        parts.path or "/",
        tuple(parse_qsl(parts.query, keep_blank_values=True)),
        {"host": parts.netloc, **headers},
        body if isinstance(body, bytes) else body.encode(),
    )


def _holds(request: HttpRequest, secret: str) -> bool:
    signed = read_v4(request)
    assert isinstance(signed, V4Authorization)
    return is_valid_v4(request, signed, secret)


BODIES = {
    "a form": (b"Action=DescribeStacks&Version=2010-05-15&StackName=a%20b%2Bc~", FORM),
    "no body": (b"", ""),
    "a template": (
        "Action=CreateStack&TemplateBody=%E9%95%9C é".encode(),
        f"{FORM}; charset=utf-8",
    ),
}


@pytest.mark.parametrize("case", BODIES)
def test_what_botocore_has_signed_holds(case: str) -> None:
    body, kind = BODIES[case]
    other = AWSRequest("POST", ADDRESS, headers={"Content-Type": kind} if kind else {}, data=body)
    SigV4Auth(OTHER, "cloudformation", "eu-central-1").add_auth(other)
    request = _received(other)
    signed = read_v4(request)
    assert isinstance(signed, V4Authorization)
    assert signed.scope.region == "eu-central-1"
    assert signed.scope.service == "cloudformation"
    assert is_valid_v4(request, signed, SUITE.secret)
    assert not is_valid_v4(request, signed, f"{SUITE.secret}x")
    assert not is_valid_v4(replace(request, body=body + b"&"), signed, SUITE.secret)


QUERIES: dict[str, Pairs] = {
    "plain": (("Action", "ListStacks"), ("Version", "2010-05-15")),
    "encoded": (("a b", "c+d"), ("é", "*~/%"), ("empty", ""), ("%41", "=&")),
}


@pytest.mark.parametrize("case", QUERIES)
def test_what_botocore_has_signed_in_the_query_holds(case: str) -> None:
    other = AWSRequest("GET", ADDRESS, params=dict(QUERIES[case]))
    SigV4QueryAuth(OTHER, "cloudformation", "us-east-1", expires=60).add_auth(other)
    request = _received(other)
    assert is_signed_v4(request)
    signed = read_v4(request)
    assert isinstance(signed, V4Authorization)
    assert signed.expires == 60
    assert is_valid_v4(request, signed, SUITE.secret)
    assert set(without_signature(request.query)) == set(QUERIES[case])


TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)


@given(
    query=st.lists(st.tuples(TEXTS, TEXTS), max_size=4),
    body=st.binary(max_size=40),
)
def test_botocore_signs_as_we_do(query: list[tuple[str, str]], body: bytes) -> None:
    pairs = tuple(dict(query).items())
    other = AWSRequest("POST", ADDRESS, params=dict(pairs), data=body)
    other.context["timestamp"] = DATE
    auth = SigV4Auth(OTHER, "cloudformation", "us-east-1")
    other.headers["X-Amz-Date"] = DATE
    theirs = auth.signature(auth.string_to_sign(other, auth.canonical_request(other)), other)
    ours = sign_v4(
        HttpRequest("POST", "http", "127.0.0.1:8787", "/", pairs, body=body),
        credentials=SUITE,
        region="us-east-1",
        service="cloudformation",
        date=DATE,
    )
    assert _signature(ours) == theirs


# --- what does not hold ---------------------------------------------------------------------------


def _ours() -> HttpRequest:
    return sign_v4(
        HttpRequest(
            "POST",
            "http",
            "h:1",
            "/",
            (("A", "b"),),
            {"content-type": FORM, "x-amz-meta": "1"},
            b"x",
        ),
        credentials=SUITE,
        region="us-east-1",
        service="cloudformation",
        date=DATE,
    )


def _with_header(request: HttpRequest, name: str, value: str) -> HttpRequest:
    return replace(request, headers={**request.headers, name: value})


ALTERED = {
    "method": lambda request: replace(request, method="GET"),
    "path": lambda request: replace(request, path="/x"),
    "query": lambda request: replace(request, query=(("A", "c"),)),
    "query added": lambda request: replace(request, query=(("A", "b"), ("B", ""))),
    "body": lambda request: replace(request, body=b"y"),
    "host": lambda request: replace(request, host="h:2"),
    "signed header": lambda request: _with_header(request, "x-amz-meta", "2"),
    "content type": lambda request: _with_header(request, "content-type", "text/plain"),
    "x-amz header added": lambda request: _with_header(request, "x-amz-more", "1"),
    "hash of another body": lambda request: _with_header(request, "x-amz-content-sha256", "0" * 64),
    "unhashed body": lambda request: _with_header(
        request, "x-amz-content-sha256", "UNSIGNED-PAYLOAD"
    ),
}


@pytest.mark.parametrize("part", ALTERED)
def test_an_altered_request_does_not_hold(part: str) -> None:
    assert _holds(_ours(), SUITE.secret)
    assert not _holds(ALTERED[part](_ours()), SUITE.secret)


def test_an_unhashed_body_does_not_hold_though_that_is_signed() -> None:
    request = sign_v4(
        HttpRequest(
            "POST",
            "http",
            "h:1",
            "/",
            headers={"x-amz-content-sha256": "UNSIGNED-PAYLOAD"},
            body=b"x",
        ),
        credentials=SUITE,
        region="us-east-1",
        service="s3",
        date=DATE,
    )
    assert not _holds(request, SUITE.secret)


@pytest.mark.parametrize("missing", ["host", "x-amz-date", "x-amz-meta"])
def test_these_headers_must_be_signed(missing: str) -> None:
    """Signed rightly, with the right secret, yet without one of them."""
    whole = _ours()
    names = tuple(sorted({"content-type", "host", "x-amz-date", "x-amz-meta"} - {missing}))
    canonical = v4_canonical_request(whole, names)
    scope = V4Scope(DATE[:8], "us-east-1", "cloudformation")
    text = v4_string_to_sign(DATE, scope, canonical)
    signature = hmac.digest(signing_key(SUITE.secret, scope), text.encode(), "sha256").hex()
    header = (
        f"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{scope}, "
        f"SignedHeaders={';'.join(names)}, Signature={signature}"
    )
    assert not _holds(_with_header(whole, "authorization", header), SUITE.secret)


def _header(**parts: str) -> str:
    whole = {
        "Credential": f"AKIDEXAMPLE/{DATE[:8]}/us-east-1/cloudformation/aws4_request",
        "SignedHeaders": "host;x-amz-date",
        "Signature": "0" * 64,
        **parts,
    }
    return "AWS4-HMAC-SHA256 " + ", ".join(
        f"{name}={value}" for name, value in whole.items() if value
    )


FAULTY = {
    "another algorithm": ("AWS4-ECDSA-P256-SHA256 Credential=a", V4Fault.AUTHORIZATION),
    "nothing after it": ("AWS4-HMAC-SHA256", V4Fault.CREDENTIAL),
    "no credential": (_header(Credential=""), V4Fault.CREDENTIAL),
    "credential without scope": (_header(Credential="AKIDEXAMPLE"), V4Fault.CREDENTIAL),
    "empty key": (
        _header(Credential=f"/{DATE[:8]}/us-east-1/cloudformation/aws4_request"),
        V4Fault.CREDENTIAL,
    ),
    "another terminator": (
        _header(Credential=f"A/{DATE[:8]}/us-east-1/cloudformation/aws5_request"),
        V4Fault.CREDENTIAL,
    ),
    "no region": (
        _header(Credential=f"A/{DATE[:8]}//cloudformation/aws4_request"),
        V4Fault.CREDENTIAL,
    ),
    "region in capitals": (
        _header(Credential=f"A/{DATE[:8]}/US-EAST-1/cloudformation/aws4_request"),
        V4Fault.CREDENTIAL,
    ),
    "no signed headers": (_header(SignedHeaders=""), V4Fault.SIGNED_HEADERS),
    "signed headers unsorted": (_header(SignedHeaders="x-amz-date;host"), V4Fault.SIGNED_HEADERS),
    "a signed header twice": (_header(SignedHeaders="host;host"), V4Fault.SIGNED_HEADERS),
    "signed headers in capitals": (_header(SignedHeaders="Host"), V4Fault.SIGNED_HEADERS),
    "no signature": (_header(Signature=""), V4Fault.SIGNATURE),
    "signature in capitals": (_header(Signature="A" * 64), V4Fault.SIGNATURE),
    "short signature": (_header(Signature="0" * 63), V4Fault.SIGNATURE),
    "two signatures": (_header() + f", Signature={'1' * 64}", V4Fault.AUTHORIZATION),
    "two headers in one": (f"{_header()},{_header()}", V4Fault.AUTHORIZATION),
}


@pytest.mark.parametrize("case", FAULTY)
def test_a_header_that_is_none(case: str) -> None:
    header, fault = FAULTY[case]
    request = HttpRequest(
        "POST", "http", "h", "/", headers={"authorization": header, "x-amz-date": DATE}
    )
    assert read_v4(request) is fault


@pytest.mark.parametrize("date", ["", "20150830", "2015-08-30T12:36:00Z", "20150831T000000Z", "x"])
def test_a_date_that_is_none_or_of_another_day(date: str) -> None:
    request = HttpRequest(
        "POST", "http", "h", "/", headers={"authorization": _header(), "x-amz-date": date}
    )
    assert read_v4(request) is V4Fault.DATE


@pytest.mark.parametrize(
    ("expires", "is_good"),
    [("1", True), ("604800", True), ("604801", False), ("0", False), ("-1", False), ("x", False)],
)
def test_how_long_a_query_may_be_signed_for(expires: str, is_good: bool) -> None:
    request = presign_v4(
        HttpRequest("GET", "http", "h", "/"),
        credentials=SUITE,
        region="us-east-1",
        service="sts",
        date=DATE,
        expires=60,
    )
    query = tuple((n, expires if n == "X-Amz-Expires" else v) for n, v in request.query)
    signed = read_v4(replace(request, query=query))
    assert isinstance(signed, V4Authorization) is is_good
    if not is_good:
        assert signed is V4Fault.EXPIRES


def test_a_query_with_two_signatures_is_none() -> None:
    request = presign_v4(
        HttpRequest("GET", "http", "h", "/"),
        credentials=SUITE,
        region="us-east-1",
        service="sts",
        date=DATE,
        expires=60,
    )
    twice = replace(request, query=(*request.query, ("x-amz-signature", "0" * 64)))
    assert read_v4(twice) is V4Fault.AUTHORIZATION
