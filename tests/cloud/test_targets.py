"""What an address stands for: the forms that hide one, the rules of hosts, and private networks."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from imageferry.cloud.targets import (
    Target,
    is_reachable,
    parse_network,
    parse_rule,
    parse_target,
)
from imageferry.ports.fetching import FetchRefused

BOTH = ("https", "http")


@pytest.mark.parametrize(
    ("url", "target"),
    [
        pytest.param(
            "https://T.Example.com./a%20b?X=1#part",
            Target("https", "t.example.com", 443, "/a%20b", "X=1"),
            id="a name",
        ),
        pytest.param("HTTP://example.com", Target("http", "example.com", 80, "/"), id="no path"),
        pytest.param(
            "https://example.com:8443/t", Target("https", "example.com", 8443, "/t"), id="a port"
        ),
        pytest.param("https://192.0.2.7/", Target("https", "192.0.2.7", 443, "/"), id="IPv4"),
        pytest.param(
            "https://[2001:DB8:0::1]:1/", Target("https", "2001:db8::1", 1, "/"), id="IPv6"
        ),
        pytest.param(
            "oss://golden/a/t.yml?RegionId=cn-hangzhou",
            Target("https", "golden.oss-cn-hangzhou.aliyuncs.com", 443, "/a/t.yml"),
            id="an object of OSS",
        ),
    ],
)
def test_what_is_asked_for(url: str, target: Target) -> None:
    assert parse_target(url, BOTH) == target


@pytest.mark.parametrize(
    ("url", "said"),
    [
        pytest.param("", "no URL", id="nothing"),
        pytest.param("https://example.com/" + "a" * 5120, "too long", id="too long"),
        pytest.param("https://example.com/a b", "no URL", id="a space"),
        pytest.param("https://example.com/\n", "no URL", id="a line's end"),
        pytest.param("https://example.com\\@evil/", "no URL", id="a backslash"),
        pytest.param("https://例子.com/", "no URL", id="a name in another script"),
        pytest.param("https:///t", "host of the address is none", id="no host"),
        pytest.param("https:example.com", "host of the address is none", id="no slashes"),
        pytest.param("https://a..b/", "host of the address is none", id="an empty label"),
        pytest.param("https://a%2eb/", "host of the address is none", id="a host with percents"),
        pytest.param("https://[::1%25eth0]/", "host of the address is none", id="a zone"),
        pytest.param("https://[::1/", "no URL", id="half a bracket"),
        pytest.param("https://example.com:99999/", "no URL", id="no such port"),
        pytest.param("https://example.com:0/", "names no port", id="port 0"),
        pytest.param("file:///etc/passwd", 'by "file"', id="a file"),
        pytest.param("ftp://example.com/t", 'by "ftp"', id="ftp"),
        pytest.param("gopher://example.com/t", 'by "gopher"', id="gopher"),
        pytest.param("data:text/plain,hello", 'by "data"', id="data"),
        pytest.param("templates/t.yml", "without a scheme", id="no scheme"),
        pytest.param("s3://golden/t.yml", 'by "s3"', id="s3"),
        pytest.param("https://me:hush@example.com/", "user's name", id="a password"),
        pytest.param("https://example.com@127.0.0.1/", "user's name", id="a host before another"),
        pytest.param("https://2130706433/", "not everybody reads", id="a decimal address"),
        pytest.param("https://017700000001/", "not everybody reads", id="an octal address"),
        pytest.param("https://0x7f000001/", "not everybody reads", id="a hexadecimal address"),
        pytest.param("https://0x7f.1/", "not everybody reads", id="two parts"),
        pytest.param("https://127.1/", "not everybody reads", id="a short address"),
        pytest.param("https://0177.0.0.1/", "not everybody reads", id="an octal part"),
        pytest.param("https://127.0.0.1./", "not everybody reads", id="an address with a dot"),
        pytest.param("https://10.0.0.256/", "not everybody reads", id="too large a part"),
        pytest.param("oss://golden/t.yml", "in which region", id="OSS without a region"),
        pytest.param("oss://golden/?RegionId=cn-hangzhou", "no object", id="OSS without an object"),
        pytest.param("oss://a.b/t?RegionId=cn-hangzhou", "no object", id="OSS with another host"),
        pytest.param("oss://gold/t?RegionId=a.evil.com/", "region", id="OSS with a false region"),
    ],
)
def test_what_cannot_be_asked_for(url: str, said: str) -> None:
    with pytest.raises(FetchRefused) as refused:
        parse_target(url, BOTH)
    assert said in refused.value.message
    assert refused.value.remedy
    assert "hush" not in refused.value.message + refused.value.remedy


def test_only_the_schemes_that_are_allowed() -> None:
    with pytest.raises(FetchRefused) as refused:
        parse_target("http://example.com/", ("https",))
    assert refused.value.is_forbidden
    with pytest.raises(FetchRefused):
        parse_target("oss://golden/t.yml?RegionId=cn-hangzhou", ("http",))


@pytest.mark.parametrize(
    ("rule", "url", "admits"),
    [
        ("t.example.com", "https://t.example.com/", True),
        ("T.Example.Com", "https://t.example.com/", True),
        ("t.example.com", "http://t.example.com/", True),
        ("t.example.com", "https://t.example.com:8443/", False),
        ("t.example.com:8443", "https://t.example.com:8443/", True),
        ("t.example.com:8443", "https://t.example.com/", False),
        ("t.example.com", "https://x.t.example.com/", False),
        ("*.example.com", "https://x.t.example.com/", True),
        ("*.example.com", "https://example.com/", False),
        ("*.example.com", "https://evilexample.com/", False),
        ("*.0.2.7", "https://192.0.2.7/", False),
        ("192.0.2.7", "https://192.0.2.7/", True),
        ("[2001:db8::1]:8443", "https://[2001:db8:0::1]:8443/", True),
        ("*", "https://anything.example/", True),
        ("*", "https://anything.example:22/", False),
    ],
)
def test_rules_of_hosts(rule: str, url: str, admits: bool) -> None:
    found = parse_rule(rule)
    target = parse_target(url, BOTH)
    assert found.admits(target) is admits


@pytest.mark.parametrize("text", ["", "a b", "https://a", "a:0", "a:b", "*a.com", "[::1", "a/b"])
def test_what_is_no_rule(text: str) -> None:
    with pytest.raises(ValueError, match=r"no (host|port)"):
        parse_rule(text)


@pytest.mark.parametrize("text", ["", "10.0.0.1/8", "example.com", "10.0.0.0/33"])
def test_what_is_no_network(text: str) -> None:
    with pytest.raises(ValueError, match="no address or network"):
        parse_network(text)


PRIVATE = (
    "0.0.0.0", "10.1.2.3", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254",
    "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1",
    "192.168.1.1", "198.18.0.1", "203.0.113.9", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:100.100.100.200", "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2002:7f00:1::1", "2002:808:808::1", "3fff::1",
    "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1", "4000::1",
)  # fmt: skip
PUBLIC = ("8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8")


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_that_are_not_public_are_refused(address: str) -> None:
    assert not is_reachable(ip_address(address), ())


@pytest.mark.parametrize("address", [*PUBLIC, "64:ff9b::808:808"])
def test_public_addresses_are_admitted(address: str) -> None:
    assert is_reachable(ip_address(address), ())


def test_what_is_allowed_of_the_private_is_admitted_and_credentials_never() -> None:
    allowed = [parse_network("10.1.0.0/16"), parse_network("fd00::/8"), parse_network("0.0.0.0/0")]
    for address in ("10.1.2.3", "::ffff:10.1.2.3", "fd00::7", "127.0.0.1"):
        assert is_reachable(ip_address(address), allowed)
    for address in ("100.100.100.200", "::ffff:169.254.169.254", "fd00:ec2::254"):
        assert not is_reachable(ip_address(address), allowed)
    assert not is_reachable(ip_address("10.2.0.1"), allowed[:2])
