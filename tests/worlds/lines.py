"""Lines: stacks that bake, find, carry, share, launch, import and export images, as templates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

HOME = "ap-southeast-1"
"""Where lines are: the region of the instance that is there from the beginning."""
IMAGE = "m-golden0000000000002"
SNAPSHOT = "s-golden0000000000002"
DISK = "d-golden0000000000002"
INSTANCE = "i-golden0000000000002"

Part = Mapping[str, Any]
_Made = tuple[str, dict[str, Any]]


def resources_of(line: Mapping[str, Part], *, is_ros: bool) -> dict[str, Any]:
    """The resources of a line, by their names; what a part leaves out is not said."""
    writers = _ROS if is_ros else _CFN
    resources = {}
    for name, part in line.items():
        type_name, properties = writers[part["kind"]](part, line)
        resources[name] = {
            "Type": type_name,
            **({"DeletionPolicy": part["policy"]} if part.get("policy") else {}),
            "Properties": {key: value for key, value in properties.items() if value is not None},
        }
    return resources


def named_by(line: Mapping[str, Part]) -> set[str]:
    """The parts that others are made of, or hold for."""
    found = set()
    for part in line.values():
        of = part.get("of", ())
        found |= {of} if isinstance(of, str) else set(of)
        found |= {part.get("current", ""), "Found" if part.get("image") == "found" else ""}
    return found


def filled(value: Any) -> Any:
    """The text, or a reference to the NoEcho parameter."""
    if value == "SECRET":
        return {"Ref": "Secret"}
    return {"Fn::Join": ["-", ["key", {"Ref": "Secret"}]]} if value == "SECRET-KEY" else value


def _tags(part: Part, key: str, value: str) -> list[Any] | None:
    tags = part.get("tags") or {}
    return [{key: name, value: filled(text)} for name, text in tags.items()] or None


def _ros_instance(part: Part, line: Mapping[str, Part]) -> _Made:
    image: Any = {"golden": IMAGE, "found": {"Fn::Select": [0, {"Ref": "Found"}]}}
    source = part.get("image", "golden")
    return "ALIYUN::ECS::Instance", {
        "ImageId": image.get(source, source),
        "InstanceType": "ecs.c7.large",
        "InstanceName": filled(part.get("name")),
        "Description": filled(part.get("description")),
        "VSwitchId": "vsw-bp1example",
        "SecurityGroupId": "sg-bp1example",
        "Password": {"Ref": "Secret"} if part.get("login", "password") == "password" else None,
        "KeyPairName": None if part.get("login", "password") == "password" else "builder",
        "SystemDiskCategory": "cloud_essd",
        "SystemDiskSize": part.get("size", 40),
        "UserData": filled(part.get("data")),
        "Tags": _tags(part, "Key", "Value"),
    }


def _ros_snapshot(part: Part, line: Mapping[str, Part]) -> _Made:
    return "ALIYUN::ECS::Snapshot", {
        "DiskId": DISK,
        "SnapshotName": filled(part.get("name")),
        "Description": filled(part.get("description")),
        "Tags": _tags(part, "Key", "Value"),
    }


def _origin(part: Part, line: Mapping[str, Part]) -> dict[str, Any]:
    match part.get("of", "golden"):
        case "golden":
            return {"SnapshotId": SNAPSHOT}
        case "instance":
            return {"InstanceId": INSTANCE}
        case name if line[name]["kind"] == "snapshot":
            return {"SnapshotId": {"Ref": name}}
        case name:
            return {"InstanceId": {"Ref": name}}


def _ros_image(part: Part, line: Mapping[str, Part]) -> _Made:
    return "ALIYUN::ECS::CustomImage", {
        **_origin(part, line),
        "ImageName": filled(part.get("name")),
        "Description": filled(part.get("description")),
        "ImageFamily": part.get("family"),
        "Tag": _tags(part, "Key", "Value"),
    }


def _ros_copy(part: Part, line: Mapping[str, Part]) -> _Made:
    of = part.get("of", "golden")
    return "ALIYUN::ECS::CopyImage", {
        "ImageId": IMAGE if of == "golden" else {"Ref": of},
        "DestinationRegionId": part["region"],
        "DestinationImageName": filled(part.get("name")),
        "Encrypted": part.get("encrypted"),
        "Tag": _tags(part, "Key", "Value"),
    }


def _ros_share(part: Part, line: Mapping[str, Part]) -> _Made:
    of = part.get("of", "golden")
    is_copy = of != "golden" and line[of]["kind"] == "copy"
    return "ALIYUN::ECS::ImageSharePermission", {
        "ImageId": IMAGE if of == "golden" else {"Ref": of},
        "RegionId": line[of]["region"] if is_copy else None,
        "Accounts": list(part["accounts"]) or None,
        "IsPublic": part.get("public"),
        "KeepPermission": part.get("keep", False),
    }


def _ros_family(part: Part, line: Mapping[str, Part]) -> _Made:
    regions = {line[one].get("region", HOME) for one in part["of"]}
    return "IMAGEFERRY::ECS::ImageFamily", {
        "ImageFamily": part.get("family", "web"),
        "RegionId": min(regions),
        "ImageIds": [{"Ref": one} for one in part["of"]],
        "CurrentImageId": {"Ref": part["current"]} if part.get("current") else None,
    }


def _ros_query(part: Part, line: Mapping[str, Part]) -> _Made:
    return "DATASOURCE::ECS::Images", {
        "ImageName": part.get("name", "golden-*"),
        "ImageOwnerAlias": "self",
    }


def _cfn_image(part: Part, line: Mapping[str, Part]) -> _Made:
    return "TF::Alicloud::Image", {
        **_origin(part, line),
        "ImageName": filled(part.get("name")),
        "Description": filled(part.get("description")),
        "Tags": _tags(part, "MapKey", "MapValue"),
        "Force": part.get("force"),
        "Timeouts": _limit(part),
    }


def _limit(part: Part) -> dict[str, Any] | None:
    return {"Create": part["limit"]} if part.get("limit") else None


def _cfn_import(part: Part, line: Mapping[str, Part]) -> _Made:
    disk = {"OssBucket": "images", "OssObject": part.get("object", "golden.qcow2")}
    return "TF::Alicloud::ImageImport", {
        "DiskDeviceMapping": [{**disk, "DiskImageSize": 40}],
        "ImageName": filled(part.get("name")),
        "Description": filled(part.get("description")),
        "Timeouts": _limit(part),
    }


def _of(part: Part) -> Any:
    of = part.get("of", "golden")
    return IMAGE if of == "golden" else {"Fn::GetAtt": [of, "Id"]}


def _cfn_export(part: Part, line: Mapping[str, Part]) -> _Made:
    return "TF::Alicloud::ImageExport", {
        "ImageId": _of(part),
        "OssBucket": part.get("bucket", "golden-images"),
        "OssPrefix": filled(part.get("prefix")),
        "Timeouts": _limit(part),
    }


def _cfn_share(part: Part, line: Mapping[str, Part]) -> _Made:
    return "TF::Alicloud::ImageSharePermission", {
        "ImageId": _of(part),
        "AccountId": part["accounts"][0],
    }


def _cfn_copy(part: Part, line: Mapping[str, Part]) -> _Made:
    return "TF::Alicloud::ImageCopy", {
        "SourceImageId": "m-golden0000000000001",
        "SourceRegionId": "cn-hangzhou",
        "ImageName": filled(part.get("name")),
        "Encrypted": part.get("encrypted"),
        "Tags": _tags(part, "MapKey", "MapValue"),
    }


_Writer = Callable[[Part, Mapping[str, Part]], _Made]
_ROS: Mapping[str, _Writer] = {
    "instance": _ros_instance,
    "snapshot": _ros_snapshot,
    "image": _ros_image,
    "copy": _ros_copy,
    "share": _ros_share,
    "family": _ros_family,
    "query": _ros_query,
}
_CFN: Mapping[str, _Writer] = {
    "image": _cfn_image,
    "import": _cfn_import,
    "export": _cfn_export,
    "share": _cfn_share,
    "copy": _cfn_copy,
}
