"""Where the regions lie, to a tenth of a degree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple


class Coordinates(NamedTuple):
    """Degrees north and degrees east; south and west are negative."""

    latitude: float
    longitude: float


REGION_COORDINATES: Final[Mapping[str, Coordinates]] = {
    "cn-qingdao": Coordinates(36.1, 120.4),
    "cn-beijing": Coordinates(39.9, 116.4),
    "cn-zhangjiakou": Coordinates(40.8, 114.9),
    "cn-huhehaote": Coordinates(40.8, 111.7),
    "cn-wulanchabu": Coordinates(41.0, 113.1),
    "cn-hangzhou": Coordinates(30.3, 120.2),
    "cn-shanghai": Coordinates(31.2, 121.5),
    "cn-nanjing": Coordinates(32.1, 118.8),
    "cn-fuzhou": Coordinates(26.1, 119.3),
    "cn-wuhan-lr": Coordinates(30.6, 114.3),
    "cn-shenzhen": Coordinates(22.5, 114.1),
    "cn-heyuan": Coordinates(23.7, 114.7),
    "cn-guangzhou": Coordinates(23.1, 113.3),
    "cn-chengdu": Coordinates(30.6, 104.1),
    "cn-zhongwei": Coordinates(37.5, 105.2),
    "cn-zhengzhou-jva": Coordinates(34.7, 113.6),
    "cn-hongkong": Coordinates(22.3, 114.2),
    "ap-northeast-1": Coordinates(35.7, 139.7),
    "ap-northeast-2": Coordinates(37.5, 127.0),
    "ap-southeast-1": Coordinates(1.3, 103.8),
    "ap-southeast-2": Coordinates(-33.9, 151.2),
    "ap-southeast-3": Coordinates(3.1, 101.7),
    "ap-southeast-5": Coordinates(-6.2, 106.8),
    "ap-southeast-6": Coordinates(14.6, 121.0),
    "ap-southeast-7": Coordinates(13.8, 100.5),
    "ap-southeast-8": Coordinates(1.5, 103.7),
    "ap-south-1": Coordinates(19.1, 72.9),
    "us-west-1": Coordinates(37.4, -122.0),
    "us-east-1": Coordinates(38.9, -77.4),
    "us-southeast-1": Coordinates(33.7, -84.4),
    "na-south-1": Coordinates(20.6, -100.4),
    "eu-central-1": Coordinates(50.1, 8.7),
    "eu-west-1": Coordinates(51.5, -0.1),
    "me-east-1": Coordinates(25.2, 55.3),
    "me-central-1": Coordinates(24.7, 46.7),
    # Cut off from the region of the same city: drawn a little beside it.
    "cn-hangzhou-finance": Coordinates(30.0, 119.8),
    "cn-shanghai-finance-1": Coordinates(31.5, 121.1),
    "cn-shenzhen-finance-1": Coordinates(22.8, 114.5),
    "cn-beijing-finance-1": Coordinates(40.2, 116.9),
    "cn-north-2-gov-1": Coordinates(39.6, 115.9),
    "cn-heyuan-acdr-1": Coordinates(23.9, 115.1),
    # Names of other clouds and of zones to come, where people have them in their templates.
    "ap-northeast-3": Coordinates(34.7, 135.5),
    "ap-southeast-4": Coordinates(-37.8, 145.0),
    "ap-east-1": Coordinates(22.3, 114.2),
    "eu-west-2": Coordinates(51.5, -0.1),
    "eu-west-3": Coordinates(48.9, 2.4),
    "eu-north-1": Coordinates(59.3, 18.1),
    "eu-south-1": Coordinates(45.5, 9.2),
    "us-west-2": Coordinates(45.8, -119.7),
    "us-east-2": Coordinates(40.0, -83.0),
    "ca-central-1": Coordinates(45.5, -73.6),
    "sa-east-1": Coordinates(-23.5, -46.6),
    "af-south-1": Coordinates(-33.9, 18.4),
    "me-south-1": Coordinates(26.1, 50.6),
}
"""Every published region and some well-known others: the middle of the city it is named after."""
