"""DescribeRegions and DescribeZones."""

from __future__ import annotations

from imageferry.emulator.calls import Call, Reply
from imageferry.emulator.errors import refusal
from imageferry.emulator.places import PLACES, zones

_CHINESE = frozenset({"zh-CN", "zh-TW"})
_LANGUAGES = _CHINESE | {"en-US", "ja", "fr", "de", "ko"}
INSTANCE_TYPES = (
    "ecs.t6-c1m1.large", "ecs.c7.large", "ecs.g7.large", "ecs.g7.xlarge", "ecs.r7.large",
    "ecs.c8y.large",
)  # fmt: skip
_DISKS = ("cloud_efficiency", "cloud_ssd", "cloud_essd", "cloud_auto")


def describe_regions(call: Call) -> Reply:
    """Every region that needs no entitlement; no RegionId is needed."""
    is_chinese = _language(call) in _CHINESE
    return {
        "Regions": {
            "Region": [
                {
                    "RegionId": region,
                    "LocalName": place.chinese if is_chinese else place.english,
                    "RegionEndpoint": f"ecs.{region}.aliyuncs.com",
                    "Status": "soldOut" if place.is_closed else "available",
                }
                for region, place in PLACES.items()
            ]
        }
    }


def _language(call: Call) -> str:
    language = call.text("AcceptLanguage") or "zh-CN"
    if language not in _LANGUAGES:
        raise refusal("InvalidAcceptLanguage.NotFound")
    return language


def describe_zones(call: Call) -> Reply:
    """The zones of a region and what can be made in each."""
    _language(call)
    is_verbose = call.flag("Verbose") is not False
    return {"Zones": {"Zone": [_zone(zone, is_verbose) for zone in zones(call.region)]}}


def _zone(zone: str, is_verbose: bool) -> Reply:
    types = list(INSTANCE_TYPES) if is_verbose else []
    disks = list(_DISKS) if is_verbose else []
    families = sorted({name.rpartition(".")[0] for name in types})
    return {
        "ZoneId": zone,
        "LocalName": zone,
        "ZoneType": "AvailabilityZone",
        "AvailableResourceCreation": {
            "ResourceTypes": ["VSwitch", "IoOptimized", "Instance", "Disk"]
        },
        "AvailableInstanceTypes": {"InstanceTypes": types},
        "AvailableDiskCategories": {"DiskCategories": disks},
        "AvailableVolumeCategories": {"VolumeCategories": []},
        "AvailableDedicatedHostTypes": {"DedicatedHostType": []},
        "DedicatedHostGenerations": {"DedicatedHostGeneration": []},
        "AvailableResources": {
            "ResourcesInfo": [
                {
                    "IoOptimized": True,
                    "InstanceTypes": {"supportedInstanceType": types},
                    "InstanceTypeFamilies": {"supportedInstanceTypeFamily": families},
                    "InstanceGenerations": {"supportedInstanceGeneration": ["ecs-6", "ecs-7"]},
                    "NetworkTypes": {"supportedNetworkCategory": ["vpc"]},
                    "SystemDiskCategories": {"supportedSystemDiskCategory": disks},
                    "DataDiskCategories": {"supportedDataDiskCategory": disks},
                }
            ]
        },
    }
