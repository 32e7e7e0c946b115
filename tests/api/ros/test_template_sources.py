"""Addresses of templates and policies: in which region a bucket is."""

from __future__ import annotations

from pathlib import Path

import pytest

from imageferry.api.ros.template_sources import whole_url
from tests.api.ros.stories import Talk, told


@pytest.mark.parametrize(
    ("url", "region", "whole"),
    [
        pytest.param("oss://b/t", "cn-beijing", "oss://b/t?RegionId=cn-beijing", id="none"),
        pytest.param("OSS://b/t", "cn-beijing", "oss://b/t?RegionId=cn-beijing", id="capitals"),
        pytest.param("oss://b/t?a=1", "cn-beijing", "oss://b/t?a=1&RegionId=cn-beijing", id="more"),
        pytest.param(
            "oss://b/t?RegionId=eu-west-1", "cn-beijing", "oss://b/t?RegionId=eu-west-1", id="own"
        ),
        pytest.param("oss://b/t", "", "oss://b/t", id="no-region-at-all"),
        pytest.param("https://b/t", "cn-beijing", "https://b/t", id="no-bucket"),
        pytest.param("oss://[", "cn-beijing", "oss://[", id="no-address"),
    ],
)
def test_the_region_of_a_bucket(url: str, region: str, whole: str) -> None:
    assert whole_url(url, region) == whole


@pytest.mark.parametrize(
    ("action", "given"),
    [
        pytest.param("CreateStack", {"StackName": "a"}, id="stack"),
        pytest.param("CreateTemplate", {"TemplateName": "a"}, id="kept-template"),
        pytest.param("ValidateTemplate", {}, id="validated"),
    ],
)
def test_a_bucket_is_in_the_region_of_the_request(
    action: str, given: dict[str, str], tmp_path: Path
) -> None:
    async def story(talk: Talk) -> None:
        refused = await talk.refused(action, **given, TemplateURL="oss://golden/carry.yml")
        assert refused[:2] == (400, "InvalidParameter")
        # No host is allowed here; which one it would have been is told.
        assert "golden.oss-cn-hangzhou.aliyuncs.com" in refused[2]
        broken = await talk.refused(action, **given, TemplateURL="oss://[")
        assert broken[:2] == (400, "InvalidParameter")

    told(tmp_path, story)
