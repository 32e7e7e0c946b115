"""What is said again of an address that a template came from."""

from __future__ import annotations

import pytest

from imageferry.api.ros.template_sources import shown_url

ADDRESSES = {
    "as it is": ("https://h.example/t.yml", "https://h.example/t.yml"),
    "a signature": ("https://h.example/t.yml?Expires=1&Signature=word", "https://h.example/t.yml"),
    "a fragment": ("https://h.example:8443/t.yml#word", "https://h.example:8443/t.yml"),
    "an object": ("oss://bucket/t?RegionId=cn-hangzhou", "oss://bucket/t?RegionId=cn-hangzhou"),
}


@pytest.mark.parametrize(("given", "shown"), ADDRESSES.values(), ids=ADDRESSES)
def test_no_query_that_gives_access_is_said_again(given: str, shown: str) -> None:
    assert shown_url(given) == shown
