"""Endpoints, proxies and regions: where a request goes."""

from __future__ import annotations

import pytest

from imageferry.cloud.endpoints import Endpoint, Endpoints, is_loopback, parse_endpoint
from imageferry.cloud.regions import REGIONS, nearest_region
from imageferry.cloud.transport import find_proxy


@pytest.mark.parametrize(
    ("product", "region", "host"),
    [
        ("ecs", "cn-beijing", "ecs.cn-beijing.aliyuncs.com"),
        ("ecs", "ap-southeast-1", "ecs.ap-southeast-1.aliyuncs.com"),
        ("ecs", "cn-hangzhou", "ecs-cn-hangzhou.aliyuncs.com"),
        ("sts", "cn-hangzhou", "sts.cn-hangzhou.aliyuncs.com"),
    ],
)
def test_the_regional_rule(product: str, region: str, host: str) -> None:
    assert Endpoints().find(product, region) == Endpoint("https", host)


@pytest.mark.parametrize(
    "region", ["", "x", "evil.com/", "cn-x@evil", "CN-BEIJING", "cn-beijing\n"]
)
def test_what_is_no_region_is_no_host(region: str) -> None:
    with pytest.raises(ValueError, match="not a region id"):
        Endpoints().find("ecs", region)


@pytest.mark.parametrize("region", REGIONS)
def test_every_region_has_a_host(region: str) -> None:
    assert region in Endpoints().find("ecs", region).host
    assert nearest_region(region) == region


@pytest.mark.parametrize(
    ("text", "scheme", "host"),
    [
        ("127.0.0.1:8080", "http", "127.0.0.1:8080"),
        ("localhost:1", "http", "localhost:1"),
        ("[::1]:8080", "http", "[::1]:8080"),
        ("http://127.0.0.1:8080/", "http", "127.0.0.1:8080"),
        ("https://127.0.0.1:8080", "https", "127.0.0.1:8080"),
        ("ecs.example.com", "https", "ecs.example.com"),
        ("https://ecs.example.com:8443", "https", "ecs.example.com:8443"),
    ],
)
def test_an_override(text: str, scheme: str, host: str) -> None:
    found = parse_endpoint(text)
    assert found == Endpoint(scheme, host)
    assert Endpoints(found).find("ecs", "anything at all") == found


@pytest.mark.parametrize(
    "text",
    [
        "http://ecs.example.com", "http://127.0.0.1.example.com", "ftp://x", "https://x/base", "",
        "a b", "https://", "https://user@host", "x:port",
    ],
)  # fmt: skip
def test_an_override_that_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"endpoint|in clear"):
        parse_endpoint(text)


def test_an_emulator_on_another_machine_may_be_plain() -> None:
    assert parse_endpoint("http://lab:80", plain_allowed=True) == Endpoint("http", "lab:80")


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True), ("127.0.0.1:80", True), ("127.9.9.9", True), ("[::1]:443", True),
        ("emulator.localhost", True), ("127.0.0.1.nip.io", False), ("10.0.0.1", False),
        ("localhost.example.com", False),
    ],
)  # fmt: skip
def test_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


@pytest.mark.parametrize(
    ("environ", "scheme", "host", "expected"),
    [
        ({}, "https", "ecs.x.com", None),
        ({"HTTPS_PROXY": "http://p:1"}, "https", "ecs.x.com", "http://p:1"),
        ({"https_proxy": "http://p:1"}, "https", "ecs.x.com", "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1"}, "http", "ecs.x.com", None),
        ({"ALL_PROXY": "http://p:2"}, "http", "ecs.x.com", "http://p:2"),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "x.com"}, "https", "ecs.x.com:443", None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": ".x.com, y"}, "https", "ecs.x.com", None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "x.org"}, "https", "ecs.x.com", "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1", "no_proxy": "*"}, "https", "ecs.x.com", None),
        ({"HTTP_PROXY": "http://p:1"}, "http", "127.0.0.1:8080", None),
    ],
)
def test_proxies(environ: dict[str, str], scheme: str, host: str, expected: str | None) -> None:
    assert find_proxy(environ, scheme, host) == expected
