"""Every region and its zones, as data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A region: its names in Chinese and English, and how many zones it has."""

    chinese: str
    english: str
    zones: int = 2
    is_closed: bool = False


PLACES: dict[str, Place] = {
    "cn-qingdao": Place("华北1（青岛）", "China (Qingdao)"),
    "cn-beijing": Place("华北2（北京）", "China (Beijing)", 8),
    "cn-zhangjiakou": Place("华北3（张家口）", "China (Zhangjiakou)", 3),
    "cn-huhehaote": Place("华北5（呼和浩特）", "China (Hohhot)"),
    "cn-wulanchabu": Place("华北6（乌兰察布）", "China (Ulanqab)", 3),
    "cn-hangzhou": Place("华东1（杭州）", "China (Hangzhou)", 8),
    "cn-shanghai": Place("华东2（上海）", "China (Shanghai)", 8),
    "cn-nanjing": Place("华东5（南京-本地地域）", "China (Nanjing - Local Region)", 1),
    "cn-fuzhou": Place("华东6（福州-本地地域）", "China (Fuzhou - Local Region)", 1),
    "cn-wuhan-lr": Place("华中1（武汉-本地地域）", "China (Wuhan - Local Region)", 1),
    "cn-shenzhen": Place("华南1（深圳）", "China (Shenzhen)", 6),
    "cn-heyuan": Place("华南2（河源）", "China (Heyuan)"),
    "cn-guangzhou": Place("华南3（广州）", "China (Guangzhou)"),
    "cn-chengdu": Place("西南1（成都）", "China (Chengdu)"),
    "cn-zhongwei": Place("西北2（中卫）", "China (Zhongwei)"),
    "cn-zhengzhou-jva": Place("郑州（联通合营）", "Zhengzhou (China Unicom Joint Venture)", 1),
    "cn-hongkong": Place("中国香港", "China (Hong Kong)", 3),
    "ap-northeast-1": Place("日本（东京）", "Japan (Tokyo)", 3),
    "ap-northeast-2": Place("韩国（首尔）", "South Korea (Seoul)"),
    "ap-southeast-1": Place("新加坡", "Singapore", 3),
    "ap-southeast-2": Place("澳大利亚（悉尼）", "Australia (Sydney)", is_closed=True),
    "ap-southeast-3": Place("马来西亚（吉隆坡）", "Malaysia (Kuala Lumpur)"),
    "ap-southeast-5": Place("印度尼西亚（雅加达）", "Indonesia (Jakarta)", 3),
    "ap-southeast-6": Place("菲律宾（马尼拉）", "Philippines (Manila)"),
    "ap-southeast-7": Place("泰国（曼谷）", "Thailand (Bangkok)"),
    "ap-southeast-8": Place("马来西亚（柔佛）", "Malaysia (Johor)"),
    "ap-south-1": Place("印度（孟买）", "India (Mumbai)", is_closed=True),
    "us-west-1": Place("美国（硅谷）", "US (Silicon Valley)"),
    "us-east-1": Place("美国（弗吉尼亚）", "US (Virginia)"),
    "us-southeast-1": Place("美国（亚特兰大）", "US (Atlanta)"),
    "na-south-1": Place("墨西哥", "Mexico"),
    "eu-central-1": Place("德国（法兰克福）", "Germany (Frankfurt)", 3),
    "eu-west-1": Place("英国（伦敦）", "UK (London)"),
    "me-east-1": Place("阿联酋（迪拜）", "UAE (Dubai)"),
    "me-central-1": Place("沙特（利雅得）", "Saudi Arabia (Riyadh)"),
}

# Regions for one industry need an entitlement: their ids are known, DescribeRegions hides them.
INDUSTRY_PLACES: dict[str, Place] = {
    "cn-hangzhou-finance": Place("华东1 金融云", "China (Hangzhou) Finance"),
    "cn-shanghai-finance-1": Place("华东2 金融云", "China (Shanghai) Finance"),
    "cn-shenzhen-finance-1": Place("华南1 金融云", "China (Shenzhen) Finance"),
    "cn-beijing-finance-1": Place("华北2 金融云（邀测）", "China (Beijing) Finance"),
    "cn-north-2-gov-1": Place("华北2 阿里政务云1", "China (Beijing) Government"),
    "cn-heyuan-acdr-1": Place("河源专属云汽车合规", "China (Heyuan) Automotive"),
}

# The first letters of ids, seen in published samples; other regions get letters of their own.
_ID_LETTERS: dict[str, str] = {
    "cn-hangzhou": "bp1",
    "cn-shanghai": "uf6",
    "cn-beijing": "2ze",
    "cn-shenzhen": "wz9",
    "cn-qingdao": "m5e",
    "cn-hongkong": "j6c",
}


def is_region(region: str) -> bool:
    """Whether there is such a region."""
    return region in PLACES or region in INDUSTRY_PLACES


def is_closed(region: str) -> bool:
    """Whether a region is sold out for good."""
    place = PLACES.get(region)
    return place is not None and place.is_closed


def id_letters(region: str) -> str:
    """Three characters with which the ids of a region begin."""
    known = _ID_LETTERS.get(region)
    if known is not None:
        return known
    index = [*PLACES, *INDUSTRY_PLACES].index(region) if is_region(region) else 0
    return f"t{index:02d}"


def zones(region: str) -> tuple[str, ...]:
    """The zone ids of a region: inland with a hyphen, outside without."""
    place = PLACES.get(region) or INDUSTRY_PLACES[region]
    hyphen = "-" if region.startswith("cn-") else ""
    letters = "bcdefghijk" if region.startswith("cn-") else "abcdefghij"
    return tuple(f"{region}{hyphen}{letter}" for letter in letters[: place.zones])
