"""The regions of Alibaba Cloud as published, and what others call them."""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import lru_cache
from typing import Final

REGIONS: Final = (
    "cn-qingdao", "cn-beijing", "cn-zhangjiakou", "cn-huhehaote", "cn-wulanchabu", "cn-hangzhou",
    "cn-shanghai", "cn-nanjing", "cn-fuzhou", "cn-wuhan-lr", "cn-shenzhen", "cn-heyuan",
    "cn-guangzhou", "cn-chengdu", "cn-zhongwei", "cn-zhengzhou-jva", "cn-hongkong",
    "ap-northeast-1", "ap-northeast-2", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3",
    "ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "ap-southeast-8", "ap-south-1",
    "us-west-1", "us-east-1", "us-southeast-1", "na-south-1", "eu-central-1", "eu-west-1",
    "me-east-1", "me-central-1",
    "cn-hangzhou-finance", "cn-shanghai-finance-1", "cn-shenzhen-finance-1",
    "cn-beijing-finance-1", "cn-north-2-gov-1", "cn-heyuan-acdr-1",
)  # fmt: skip

_KNOWN: Final = frozenset(REGIONS)

ALIASES: Final = {
    "us-west-2": "us-west-1",
    "us-east-2": "us-east-1",
    "eu-west-2": "eu-west-1",
    "eu-west-3": "eu-west-1",
    "eu-central-2": "eu-central-1",
    "ap-southeast-4": "ap-southeast-1",
    "ap-northeast-3": "ap-northeast-1",
    "ap-east-1": "cn-hongkong",
    "me-south-1": "me-east-1",
    "cn-north-1": "cn-beijing",
    "cn-northwest-1": "cn-zhongwei",
    "hangzhou": "cn-hangzhou",
    "shanghai": "cn-shanghai",
    "beijing": "cn-beijing",
    "shenzhen": "cn-shenzhen",
    "hongkong": "cn-hongkong",
    "cn-hong-kong": "cn-hongkong",
    "singapore": "ap-southeast-1",
    "tokyo": "ap-northeast-1",
    "frankfurt": "eu-central-1",
    "london": "eu-west-1",
    "virginia": "us-east-1",
}
"""Names of other clouds and of cities, and the region that is meant or lies nearest."""

_FORM = re.compile(r"[a-z]{2,}(?:-[a-z0-9]+)+\Z")


def is_region(text: str) -> bool:
    """True for a published region."""
    return text in _KNOWN


def is_well_formed(text: str) -> bool:
    """True for what could be a region: `cn-hangzhou`, `ap-southeast-1`."""
    return _FORM.match(text) is not None


@lru_cache(maxsize=256)
def nearest_region(text: str) -> str | None:
    """The region that was probably meant, None where there is no telling."""
    plain = text.strip().lower().replace("_", "-").replace(" ", "-")
    if plain in _KNOWN:
        return plain
    if plain in ALIASES:
        return ALIASES[plain]
    close = get_close_matches(plain, REGIONS, n=1, cutoff=0.75)
    return close[0] if close else None
