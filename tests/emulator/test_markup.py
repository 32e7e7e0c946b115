"""Replies in XML, as the older protocol has them."""

from __future__ import annotations

import base64
import hmac
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from imageferry.emulator.calls import cloud_time
from imageferry.emulator.markup import encode_reply
from imageferry.wire.alibaba_rpc import flatten
from imageferry.wire.alibaba_signing import Credentials, sign_v1, v1_string_to_sign
from imageferry.wire.http import HttpRequest
from tests.emulator.clouds import GOLDEN, Cloud, HandClock


def older_request(clock: HandClock, response_format: str, **parameters: object) -> HttpRequest:
    """A request signed in the query."""
    plain = HttpRequest("POST", "http", "127.0.0.1", "/", flatten(parameters))
    return sign_v1(
        plain,
        action="DescribeImages",
        version="2014-05-26",
        credentials=Credentials("emulator", "emulator"),
        date=cloud_time(clock.now()),
        nonce="n-1",
        response_format=response_format,
    )


def answered(cloud: Cloud, request: HttpRequest) -> tuple[int, ElementTree.Element]:
    response = cloud.emulator.answer(request).response
    assert response is not None
    assert response.headers["content-type"] == "text/xml;charset=utf-8"
    return response.status, ElementTree.fromstring(response.body.decode())


def test_an_older_request_is_answered_in_xml(cloud: Cloud, clock: HandClock) -> None:
    cloud.call(
        "TagResources",
        RegionId="cn-hangzhou",
        ResourceType="image",
        ResourceId=[GOLDEN],
        Tag=[{"Key": "a", "Value": "<&>"}, {"Key": "b"}],
    )
    asked = older_request(clock, "XML", RegionId="cn-hangzhou", ImageId=GOLDEN)
    status, root = answered(cloud, asked)
    assert (status, root.tag, root.findtext("TotalCount")) == (200, "DescribeImagesResponse", "1")
    [image] = root.findall("Images/Image")
    assert image.findtext("ImageId") == GOLDEN
    assert image.findtext("IsCopied") == "false"
    pairs = [
        (tag.findtext("TagKey"), tag.findtext("TagValue")) for tag in image.findall("Tags/Tag")
    ]
    assert pairs == [("a", "<&>"), ("b", "")]
    assert root.findtext("RequestId")


def test_a_request_that_asks_for_xml_gets_its_refusal_in_xml(
    cloud: Cloud, clock: HandClock
) -> None:
    asked = older_request(clock, "XML", RegionId="cn-nowhere")
    status, root = answered(cloud, asked)
    assert (status, root.tag, root.findtext("Code")) == (404, "Error", "InvalidRegionId.NotFound")
    assert [one.tag for one in root] == ["RequestId", "HostId", "Code", "Message", "Recommend"]


def test_a_newer_request_is_answered_in_json_unless_it_asks(cloud: Cloud) -> None:
    plain = cloud.request("DescribeRegions")
    response = cloud.emulator.answer(plain).response
    assert response is not None
    assert response.headers["content-type"].startswith("application/json")
    status, root = answered(cloud, cloud.request("DescribeRegions", Format="xml"))
    assert (status, root.tag) == (200, "DescribeRegionsResponse")


@pytest.mark.parametrize("knows_secret", [True, False], ids=["right", "wrong"])
def test_an_older_request_that_says_no_format_is_answered_in_xml(
    cloud: Cloud, clock: HandClock, knows_secret: bool
) -> None:
    signed = older_request(clock, "JSON", RegionId="cn-hangzhou", ImageId=GOLDEN)
    unsaid = tuple(pair for pair in signed.query if pair[0] not in {"Format", "Signature"})
    secret = b"emulator&" if knows_secret else b"guessed&"
    digest = hmac.digest(secret, v1_string_to_sign("POST", unsaid).encode(), "sha1")
    query = (*unsaid, ("Signature", base64.b64encode(digest).decode()))
    status, root = answered(cloud, replace(signed, query=query))
    if knows_secret:
        assert (status, root.findtext("Images/Image/ImageId")) == (200, GOLDEN)
    else:
        assert (status, root.findtext("Code")) == (400, "SignatureDoesNotMatch")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"A": {"B": []}}, "<A></A>"),
        ({"A": {"B": ["x", "y"]}}, "<A><B>x</B><B>y</B></A>"),
        ({"A": None}, "<A></A>"),
        ({"A": True, "B": 3}, "<A>true</A><B>3</B>"),
        ({"A": "a\x00b"}, "<A>a\ufffdb</A>"),
        ({"A": "镜像"}, "<A>镜像</A>"),
    ],
    ids=["no members", "members", "nothing", "a flag and a number", "unwritable", "Chinese"],
)
def test_how_a_reply_is_written(value: dict[str, object], text: str) -> None:
    written = encode_reply("R", value).decode()
    assert written == f'<?xml version="1.0" encoding="UTF-8"?><R>{text}</R>'
    ElementTree.fromstring(written)
