"""What the regions are called in Chinese, English and Japanese."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from imageferry.cloud.regions import REGIONS
from imageferry.ports.regions import RegionNames

# The console's list of regions, in its three languages.
_NAMES: Final[Mapping[str, tuple[str, str, str]]] = MappingProxyType(
    {
        "cn-qingdao": ("华北1（青岛）", "China (Qingdao)", "中国 (青島)"),
        "cn-beijing": ("华北2（北京）", "China (Beijing)", "中国 (北京)"),
        "cn-zhangjiakou": ("华北3（张家口）", "China (Zhangjiakou)", "中国 (張家口)"),
        "cn-huhehaote": ("华北5（呼和浩特）", "China (Hohhot)", "中国 (フフホト)"),
        "cn-wulanchabu": ("华北6（乌兰察布）", "China (Ulanqab)", "中国 (ウランチャブ)"),
        "cn-hangzhou": ("华东1（杭州）", "China (Hangzhou)", "中国 (杭州)"),
        "cn-shanghai": ("华东2（上海）", "China (Shanghai)", "中国 (上海)"),
        "cn-nanjing": ("华东5（南京-本地地域）", "China (Nanjing - Local Region)", "中国 (南京)"),
        "cn-fuzhou": ("华东6（福州-本地地域）", "China (Fuzhou - Local Region)", "中国 (福州)"),
        "cn-wuhan-lr": ("华中1（武汉-本地地域）", "China (Wuhan - Local Region)", "中国 (武漢)"),
        "cn-shenzhen": ("华南1（深圳）", "China (Shenzhen)", "中国 (深セン)"),
        "cn-heyuan": ("华南2（河源）", "China (Heyuan)", "中国 (河源)"),
        "cn-guangzhou": ("华南3（广州）", "China (Guangzhou)", "中国 (広州)"),
        "cn-chengdu": ("西南1（成都）", "China (Chengdu)", "中国 (成都)"),
        "cn-zhongwei": ("西北2（中卫）", "China (Zhongwei)", "中国 (中衛)"),
        "cn-zhengzhou-jva": ("郑州（联通合营）", "China (Zhengzhou)", "中国 (鄭州)"),
        "cn-hongkong": ("中国香港", "China (Hong Kong)", "中国 (香港)"),
        "ap-northeast-1": ("日本（东京）", "Japan (Tokyo)", "日本 (東京)"),
        "ap-northeast-2": ("韩国（首尔）", "South Korea (Seoul)", "韓国 (ソウル)"),
        "ap-southeast-1": ("新加坡", "Singapore", "シンガポール"),
        "ap-southeast-2": ("澳大利亚（悉尼）", "Australia (Sydney)", "オーストラリア (シドニー)"),
        "ap-southeast-3": (
            "马来西亚（吉隆坡）",
            "Malaysia (Kuala Lumpur)",
            "マレーシア (クアラルンプール)",
        ),
        "ap-southeast-5": (
            "印度尼西亚（雅加达）",
            "Indonesia (Jakarta)",
            "インドネシア (ジャカルタ)",
        ),
        "ap-southeast-6": ("菲律宾（马尼拉）", "Philippines (Manila)", "フィリピン (マニラ)"),
        "ap-southeast-7": ("泰国（曼谷）", "Thailand (Bangkok)", "タイ (バンコク)"),
        "ap-southeast-8": ("马来西亚（柔佛）", "Malaysia (Johor)", "マレーシア (ジョホール)"),
        "ap-south-1": ("印度（孟买）", "India (Mumbai)", "インド (ムンバイ)"),
        "us-west-1": ("美国（硅谷）", "US (Silicon Valley)", "米国 (シリコンバレー)"),
        "us-east-1": ("美国（弗吉尼亚）", "US (Virginia)", "米国 (バージニア)"),
        "us-southeast-1": ("美国（亚特兰大）", "US (Atlanta)", "米国 (アトランタ)"),
        "na-south-1": ("墨西哥", "Mexico", "メキシコ"),
        "eu-central-1": ("德国（法兰克福）", "Germany (Frankfurt)", "ドイツ (フランクフルト)"),
        "eu-west-1": ("英国（伦敦）", "UK (London)", "英国 (ロンドン)"),
        "me-east-1": ("阿联酋（迪拜）", "UAE (Dubai)", "アラブ首長国連邦 (ドバイ)"),
        "me-central-1": (
            "沙特（利雅得）",
            "SAU (Riyadh - Partner Region)",
            "サウジアラビア (リヤド)",
        ),
        "cn-hangzhou-finance": ("华东1 金融云", "China East 1 Finance", "中国東部 1 金融"),
        "cn-shanghai-finance-1": ("华东2 金融云", "China East 2 Finance", "中国東部 2 金融"),
        "cn-shenzhen-finance-1": ("华南1 金融云", "China South 1 Finance", "中国南部 1 金融"),
        "cn-beijing-finance-1": ("华北2 金融云", "China North 2 Finance", "中国北部 2 金融"),
        "cn-north-2-gov-1": ("华北2 阿里政务云1", "China North 2 Ali Gov 1", "中国北部 2 政務"),
        "cn-heyuan-acdr-1": ("河源专属云汽车合规", "Heyuan ACDR Auto", "河源 自動車"),
    }
)


def region_names() -> tuple[RegionNames, ...]:
    """Every published region with its names."""
    return tuple(RegionNames(region, *_NAMES[region]) for region in REGIONS)
