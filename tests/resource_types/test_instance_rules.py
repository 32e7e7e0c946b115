"""The rules of instances that no schema says."""

from __future__ import annotations

import pytest

from imageferry.model.values import UNKNOWN, Secret, Value
from imageferry.resource_types.ecs.instance import check
from tests.resource_types.launching import (
    PASSWORD,
    REGION,
    USUAL,
)

SPOT: dict[str, Value] = {"SpotStrategy": "SpotWithPriceLimit"}
PREPAID: dict[str, Value] = {"InstanceChargeType": "PrePaid", "Period": 1}


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({}, []),
        ({"ImageId": None}, ["IF545"]),
        ({"ImageFamily": "golden"}, ["IF545"]),
        ({"Password": Secret("short")}, ["IF546"]),
        ({"Password": Secret("alllowercase")}, ["IF546"]),
        ({"Password": Secret(PASSWORD)}, []),
        ({"Password": PASSWORD}, ["IF546 warning"]),
        ({"Password": Secret(PASSWORD), "PasswordInherit": True}, ["IF546"]),
        ({"SecurityGroupId": None}, ["IF547"]),
        ({"SecurityGroupIds": ["sg-2"]}, ["IF547"]),
        ({"VSwitchId": None}, ["IF547"]),
        ({"ZoneIds": ["cn-hangzhou-b", "cn-hangzhou-c"]}, ["IF548 warning"]),
        ({"AllocatePublicIP": False, "InternetMaxBandwidthOut": 5}, ["IF548 warning"]),
        ({"AllocatePublicIP": True, "InternetMaxBandwidthOut": 0}, ["IF548 warning"]),
        ({"Period": 1}, ["IF548 warning"]),
        ({"Period": 1, "InstanceChargeType": "PrePaid"}, []),
        ({"HostName": "-web"}, ["IF549"]),
        ({"InstanceName": "1web"}, ["IF549"]),
        ({"UserData": "x" * 40_000}, ["IF549"]),
        ({"SystemDiskSize": 10}, ["IF549"]),
        ({"PrivateIpAddress": "10.0.0.256"}, ["IF549"]),
        ({"PrivateIpAddress": "10.0.0.255"}, []),
        ({"InstanceChargeType": "PrePaid"}, ["IF549"]),
        ({"InstanceChargeType": "PrePaid", "Period": UNKNOWN}, []),
        ({**SPOT, "SpotPriceLimit": "0.1234"}, ["IF549"]),
        ({**SPOT, "SpotPriceLimit": "cheap"}, ["IF549"]),
        ({**SPOT, "SpotPriceLimit": "0.1230"}, []),
        ({**SPOT, "SpotDuration": 1, "SpotInterruptionBehavior": "Stop"}, []),
        ({"SpotPriceLimit": "1"}, ["IF548 warning"]),
        ({"SpotStrategy": UNKNOWN, "SpotPriceLimit": "1", "SpotDuration": 1}, []),
        ({"SpotDuration": 1, "SpotInterruptionBehavior": "Stop"}, ["IF548 warning"] * 2),
        ({**SPOT, **PREPAID}, ["IF548 warning"]),
        ({"SystemDiskCategory": "cloud_ssd", "SystemDiskPerformanceLevel": "PL1"}, ["IF549"]),
        ({"SystemDiskPerformanceLevel": "PL1"}, ["IF549"]),
        ({"SystemDiskCategory": "cloud_essd", "SystemDiskPerformanceLevel": "PL1"}, []),
        ({"SystemDiskCategory": UNKNOWN, "SystemDiskPerformanceLevel": "PL1"}, []),
        ({"DiskMappings": [{"Size": 20}, {"Size": 4, "Category": "cloud"}]}, ["IF549"]),
        ({"DiskMappings": [{"Size": 5}]}, ["IF549"]),
        ({"DiskMappings": [{"Size": 5, "Category": UNKNOWN}, {"Size": UNKNOWN}]}, []),
        ({"DiskMappings": [{"Size": 40, "PerformanceLevel": "PL0"}]}, ["IF549"]),
        ({"DiskMappings": [{"Size": 1, "Category": "cloud_essd", "PerformanceLevel": "PL0"}]}, []),
        ({"Tags": [{"Key": "aliyun-x"}]}, ["IF531"]),
        ({"Description": "https://example.com"}, ["IF525"]),
    ],
    ids=lambda value: str(value)[:50],
)  # fmt: skip
def test_rules(changes: dict[str, Value], codes: list[str]) -> None:
    properties = {name: value for name, value in {**USUAL, **changes}.items() if value is not None}
    found = [
        one.code if one.severity.value == "error" else f"{one.code} {one.severity.value}"
        for one in check(properties, REGION)
    ]
    assert found == codes
