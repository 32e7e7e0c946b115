"""WantedInstance: an instance as its properties mean it, and what RunInstances is told of it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from imageferry.model.values import Value
from imageferry.resource_types.handling.properties import flag_of, plain, tags_of, text_of

BANDWIDTH: Final = 1
"""Mbit/s of an address that is asked for without saying how fast it shall be."""


@dataclass(frozen=True, slots=True)
class WantedInstance:
    """One instance as its type's properties mean it; None: left to the cloud.

    `image` is an id or a pattern of one. `user_data` is as it was written, `launch` what RunInstances
    is told beside image, login, user data and tags. `secrets` are the texts of NoEcho values.
    """

    region: str
    image: str | None
    family: str | None
    launch: Mapping[str, Any]
    name: str | None = None
    description: str | None = None
    password: str | None = None
    inherits_password: bool = False
    key_pair: str | None = None
    user_data: str | None = None
    disk_size: int | None = None
    is_protected: bool | None = None
    ends_subscription: bool = False
    uses_additional: bool | None = None
    tags: tuple[tuple[str, str], ...] = ()
    secrets: tuple[str, ...] = ()

    def login(self) -> dict[str, Any]:
        """How one logs in, in the words of RunInstances and ReplaceSystemDisk."""
        return {
            "Password": self.password,
            "PasswordInherit": True if self.inherits_password else None,
            "KeyPairName": self.key_pair,
        }


_TEXTS: Final = (
    "InstanceType",
    "InstanceName",
    "HostName",
    "Description",
    "SecurityGroupId",
    "VSwitchId",
    "ZoneId",
    "IoOptimized",
    "PrivateIpAddress",
    "InternetChargeType",
    "InstanceChargeType",
    "PeriodUnit",
    "SpotStrategy",
    "SpotInterruptionBehavior",
    "DeploymentSetId",
    "DedicatedHostId",
    "RamRoleName",
    "ResourceGroupId",
    "SecurityEnhancementStrategy",
    "HpcClusterId",
    "Affinity",
    "CreditSpecification",
    "HttpEndpoint",
    "HttpTokens",
    "StorageSetId",
    "Tenancy",
)
_NUMBERS: Final = (
    "Period",
    "AutoRenewPeriod",
    "SpotDuration",
    "StorageSetPartitionNumber",
    "DeploymentSetGroupNo",
)
_SYSTEM_DISK: Final = {
    "SystemDiskCategory": "Category",
    "SystemDiskSize": "Size",
    "SystemDiskDiskName": "DiskName",
    "SystemDiskDescription": "Description",
    "SystemDiskPerformanceLevel": "PerformanceLevel",
}
_DATA_DISK: Final = {
    "Category": "Category",
    "Size": "Size",
    "DiskName": "DiskName",
    "Description": "Description",
    "Device": "Device",
    "SnapshotId": "SnapshotId",
    "Encrypted": "Encrypted",
    "KMSKeyId": "KMSKeyId",
    "PerformanceLevel": "PerformanceLevel",
    "AutoSnapshotPolicyId": "AutoSnapshotPolicyId",
    "ProvisionedIops": "ProvisionedIops",
    "BurstingEnabled": "BurstingEnabled",
    "StorageClusterId": "StorageClusterId",
    "DeleteWithInstance": "DeleteWithInstance",
}


def read_wanted(properties: Mapping[str, Value], region: str) -> WantedInstance:
    """Conformed properties without UNKNOWN, for a stack in `region`."""
    secrets: list[str] = []
    user_data = text_of(properties.get("UserData"), secrets)
    password = text_of(properties.get("Password"), secrets)
    if password is not None and password not in secrets:
        # A secret by what it is, however it was written.
        secrets.append(password)
    launch: dict[str, Any] = {
        **{name: text_of(properties.get(name), secrets) for name in _TEXTS},
        **{name: _whole(properties.get(name), secrets) for name in _NUMBERS},
        "SecurityGroupIds": _texts(properties.get("SecurityGroupIds"), secrets),
        "SpotPriceLimit": _number_text(properties.get("SpotPriceLimit"), secrets),
        "AutoRenew": _truth(properties.get("AutoRenew"), secrets),
        "DeletionProtection": flag_of(properties.get("DeletionProtection"), secrets),
        "InternetMaxBandwidthOut": _bandwidth(properties, secrets),
        "SystemDisk": _mapped(_SYSTEM_DISK, properties, secrets),
        "DataDisk": [
            _mapped(_DATA_DISK, disk, secrets)
            for disk in _listed(properties.get("DiskMappings"), secrets)
            if isinstance(disk, Mapping)
        ],
        "PrivatePoolOptions": _mapped(
            {"Id": "Id", "MatchCriteria": "MatchCriteria"},
            plain(properties.get("PrivatePoolOptions"), secrets),
            secrets,
        ),
    }
    zones = _texts(properties.get("ZoneIds"), secrets)
    if launch["ZoneId"] is None and zones:
        launch["ZoneId"] = zones[0]
    if launch["InstanceChargeType"] == "PrePaid":
        launch["AutoPay"] = True
    return WantedInstance(
        region=region,
        image=text_of(properties.get("ImageId"), secrets),
        family=text_of(properties.get("ImageFamily"), secrets),
        launch={name: value for name, value in launch.items() if value not in (None, [], {})},
        name=launch["InstanceName"],
        description=launch["Description"],
        password=password,
        inherits_password=flag_of(properties.get("PasswordInherit"), secrets) is True,
        key_pair=text_of(properties.get("KeyPairName"), secrets),
        user_data=user_data,
        disk_size=_whole(properties.get("SystemDiskSize"), secrets),
        is_protected=launch["DeletionProtection"],
        ends_subscription=flag_of(properties.get("SubscriptionDeletionForce"), secrets) is True,
        uses_additional=flag_of(properties.get("UseAdditionalService"), secrets),
        tags=tags_of(properties.get("Tags"), "Key", "Value", secrets),
        secrets=tuple(secrets),
    )


def encoded(user_data: str) -> str:
    """User data as the cloud takes it. Templates give it as plain text: ROS reference, UserData."""
    return base64.b64encode(user_data.encode()).decode()


def _bandwidth(properties: Mapping[str, Value], secrets: list[str]) -> int | None:
    """Mbit/s to the internet, with which an instance of a VPC gets a public address; None for none."""
    public = flag_of(properties.get("AllocatePublicIP"), secrets)
    given = _whole(properties.get("InternetMaxBandwidthOut"), secrets)
    if public is False:
        return None
    return BANDWIDTH if public and given is None else given


def _listed(value: Value, secrets: list[str]) -> list[Value]:
    opened = plain(value, secrets)
    return [plain(one, secrets) for one in opened] if isinstance(opened, list | tuple) else []


def _texts(value: Value, secrets: list[str]) -> list[str]:
    return [one for one in _listed(value, secrets) if isinstance(one, str) and one]


def _whole(value: Value, secrets: list[str]) -> int | None:
    opened = plain(value, secrets)
    if isinstance(opened, bool) or not isinstance(opened, int | float | str):
        return None
    try:
        return int(float(opened))
    except ValueError:
        return None


def _number_text(value: Value, secrets: list[str]) -> str | None:
    opened = plain(value, secrets)
    if isinstance(opened, bool) or not isinstance(opened, int | float | str) or opened == "":
        return None
    return str(opened)


def _truth(value: Value, secrets: list[str]) -> bool | None:
    """`AutoRenew` is a text of its own: `True` or `False`."""
    opened = plain(value, secrets)
    if isinstance(opened, str) and opened:
        return opened.lower() == "true"
    return opened if isinstance(opened, bool) else None


def _mapped(
    names: Mapping[str, str], given: Value, secrets: list[str]
) -> dict[str, str | int | float | bool]:
    """Members that are set, under the names that RunInstances has for them."""
    if not isinstance(given, Mapping):
        return {}
    found: dict[str, str | int | float | bool] = {}
    for name, asked in names.items():
        opened = plain(given.get(name), secrets)
        if isinstance(opened, float) and opened.is_integer():
            opened = int(opened)
        if isinstance(opened, str | int | float) and opened != "":
            found[asked] = opened
    return found
