"""Which API a request means, and what of its bytes cannot be read."""

from __future__ import annotations

import pytest

from imageferry.api.calls import Refusal, Refused
from imageferry.api.reading import need_readable, request_of
from imageferry.api.recognition import Recognised, Wanted, recognise
from imageferry.wire.http import HttpRequest, Pairs

V3 = "ACS3-HMAC-SHA256 Credential=AK,SignedHeaders=host,Signature=00"
FORM = {"content-type": "application/x-www-form-urlencoded"}


def v4(service: str) -> str:
    return (
        f"AWS4-HMAC-SHA256 Credential=AK/20260101/cn-beijing/{service}/aws4_request,"
        " SignedHeaders=host, Signature=00"
    )


def asked(headers: dict[str, str] | None = None, query: Pairs = ()) -> Recognised | None:
    return recognise(HttpRequest("POST", "http", "h", "/", query, headers or {}))


@pytest.mark.parametrize(
    ("headers", "query", "expected"),
    [
        pytest.param(
            {"authorization": V3, "x-acs-version": "2019-09-10", "x-acs-action": "GetStack"},
            (),
            Recognised(Wanted.ROS, "GetStack", "2019-09-10", "AK"),
            id="ros by its header",
        ),
        pytest.param(
            {},
            (("Version", "2019-09-10"), ("Action", "GetStack"), ("AccessKeyId", "AK"),
             ("Signature", "s")),
            Recognised(Wanted.ROS, "GetStack", "2019-09-10", "AK"),
            id="ros by its query",
        ),
        pytest.param(
            {"authorization": V3, "x-acs-version": "2014-05-26", "x-acs-action": "CopyImage"},
            (),
            Recognised(Wanted.ECS, "CopyImage", "2014-05-26", "AK"),
            id="ecs",
        ),
        pytest.param(
            {"authorization": V3, "x-acs-version": "2015-04-01", "x-acs-action": "AssumeRole"},
            (),
            Recognised(Wanted.STS, "AssumeRole", "2015-04-01", "AK"),
            id="sts",
        ),
        pytest.param(
            {"authorization": V3, "x-acs-version": "2018-01-01", "x-acs-action": "Do"},
            (),
            Recognised(Wanted.ROS, "Do", "2018-01-01", "AK", is_known=False),
            id="a version that is none",
        ),
        pytest.param(
            {"authorization": v4("cloudformation")},
            (("Version", "2010-05-15"), ("Action", "ListStacks")),
            Recognised(Wanted.CLOUDFORMATION, "ListStacks", "2010-05-15", "AK"),
            id="cloudformation",
        ),
        pytest.param(
            {"authorization": v4("sts")},
            (("Version", "2011-06-15"), ("Action", "GetCallerIdentity")),
            Recognised(Wanted.AWS_STS, "GetCallerIdentity", "2011-06-15", "AK"),
            id="sts of aws",
        ),
        pytest.param(
            {"authorization": v4("s3")},
            (),
            Recognised(Wanted.CLOUDFORMATION, "", "", "AK", is_known=False),
            id="signed for a service that is not here",
        ),
        pytest.param(
            {"authorization": v4("sts")},
            (("Version", "2010-05-15"), ("Action", "ListStacks")),
            Recognised(Wanted.AWS_STS, "ListStacks", "2010-05-15", "AK", is_known=False),
            id="scope and version contradict each other",
        ),
        pytest.param(
            {},
            (("X-Amz-Algorithm", "AWS4-HMAC-SHA256"), ("Version", "2010-05-15"),
             ("X-Amz-Credential", "AK/20260101/cn-beijing/cloudformation/aws4_request")),
            Recognised(Wanted.CLOUDFORMATION, "", "2010-05-15", "AK"),
            id="presigned",
        ),
        pytest.param(
            {"authorization": "AWS4-HMAC-SHA256 nonsense"},
            (("Version", "2010-05-15"),),
            Recognised(Wanted.CLOUDFORMATION, "", "2010-05-15", ""),
            id="an authorization that is none",
        ),
        pytest.param(
            {},
            (("Version", "2010-05-15"), ("Action", "ListStacks")),
            Recognised(Wanted.CLOUDFORMATION, "ListStacks", "2010-05-15", ""),
            id="unsigned",
        ),
        pytest.param(
            {},
            (("Version", "2010-05-15"), ("Action", "ListStacks"), ("Signature", "s"),
             ("SignatureVersion", "2")),
            Recognised(Wanted.CLOUDFORMATION, "ListStacks", "2010-05-15", ""),
            id="an older signature of aws",
        ),
        pytest.param(
            {},
            (("Version", "2018-01-01"), ("Action", "Do"), ("Signature", "s")),
            Recognised(Wanted.ROS, "Do", "2018-01-01", "", is_known=False),
            id="signed in the query for a version that is none",
        ),
        pytest.param({}, (("Action", "ListStacks"),), None, id="neither signature nor version"),
        pytest.param({"authorization": "Basic eDp5"}, (), None, id="another way of signing in"),
    ],
)  # fmt: skip
def test_what_is_wanted(headers: dict[str, str], query: Pairs, expected: Recognised | None) -> None:
    assert asked(headers, query) == expected


def test_query_and_form_are_read_as_one() -> None:
    request = request_of("POST", "http", "/", b"A=%E9%95%9C+x&B", FORM, b"C=1%2B1&D=")
    assert request.query == (("A", "镜 x"), ("B", ""))
    assert request.form == (("C", "1+1"), ("D", ""))
    need_readable(request)


@pytest.mark.parametrize(
    ("query", "headers", "body", "reason", "says"),
    [
        pytest.param(b"A=1&A=2", {}, b"", Refusal.MALFORMED, '"A" is given twice', id="twice"),
        pytest.param(
            b"A=1", FORM, b"A=1", Refusal.MALFORMED, '"A" is given twice', id="in both places"
        ),
        pytest.param(b"A=%ff", {}, b"", Refusal.MALFORMED, "query is not in UTF-8", id="query"),
        pytest.param(b"", FORM, b"A=%ff", Refusal.MALFORMED, "form is not in UTF-8", id="form"),
        pytest.param(
            b"",
            {"content-type": "application/json"},
            b"{}",
            Refusal.MALFORMED,
            'not "application/json"',
            id="another type",
        ),
        pytest.param(b"", {}, b"A=1", Refusal.MALFORMED, "no content type", id="no type"),
        pytest.param(
            b"",
            {"content-type": "application/x-www-form-urlencoded; charset=utf-16"},
            b"A=1",
            Refusal.MALFORMED,
            "charset",
            id="another charset",
        ),
        pytest.param(
            b"&".join(b"A%d=" % number for number in range(20_001)),
            {},
            b"",
            Refusal.TOO_LARGE,
            "more than 20000",
            id="too many",
        ),
    ],
)
def test_what_cannot_be_read(
    query: bytes, headers: dict[str, str], body: bytes, reason: Refusal, says: str
) -> None:
    with pytest.raises(Refused) as refused:
        need_readable(request_of("POST", "http", "/", query, headers, body))
    assert refused.value.refusal is reason
    assert says in refused.value.detail


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="no content type"),
        pytest.param({"content-type": "application/octet-stream"}, id="octets"),
        pytest.param({"content-type": "application/json; charset=utf-8"}, id="json"),
    ],
)
def test_an_empty_body_may_be_of_any_type(headers: dict[str, str]) -> None:
    need_readable(request_of("POST", "http", "/", b"A=1", headers, b""))
