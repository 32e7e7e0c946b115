"""Distributions as templates: written for ROS and CloudFormation, and read back from a stack's; pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from imageferry.control.distributions.versions import (
    TEMPLATE_NAME,
    Copy,
    Distribution,
    Version,
    family_id,
    pointer,
    regions_of,
)
from imageferry.conversion.documents import Form, open_document, write_document
from imageferry.conversion.parts import plain
from imageferry.conversion.writing import Spelling
from imageferry.model.diagnostics import TemplateError
from imageferry.model.families import FAMILY_TYPE
from imageferry.model.values import Json

MARK: Final = "ImageferryDistribution"
"""The section of a template's Metadata by which it is known that it was written here."""

COPY_TYPE: Final = "ALIYUN::ECS::CopyImage"
SHARE_TYPE: Final = "ALIYUN::ECS::ImageSharePermission"

_FORMAT: Final = 1
_WRITTEN: Final = frozenset({COPY_TYPE, SHARE_TYPE, FAMILY_TYPE})
# ROS, ALIYUN::ECS::ImageSharePermission: more accounts in one resource are passed over.
_ACCOUNTS_EACH: Final = 10
_MINUTE: Final = "%Y-%m-%dT%H:%M:%SZ"


def ros_template(distribution: Distribution) -> bytes:
    """The template of a distribution's stack in its source region, as YAML of ROS."""
    resources: dict[str, Json] = {}
    for copy in distribution.copies:
        resources[copy.logical_id] = {"Type": COPY_TYPE, "Properties": _ros_copy(copy)}
    for copy in distribution.copies:
        for number, accounts in enumerate(_parts(distribution.accounts)):
            resources[f"{copy.logical_id}Share{number + 1 if number else ''}"] = {
                "Type": SHARE_TYPE,
                "Properties": {
                    "ImageId": _attribute(copy.logical_id, "ImageId"),
                    "RegionId": copy.region,
                    "Accounts": list(accounts),
                    "KeepPermission": False,
                },
            }
    document: dict[str, Json] = {
        "ROSTemplateFormatVersion": "2015-09-01",
        "Description": _description(distribution),
        "Metadata": {MARK: _notes(distribution)},
    }
    if distribution.family:
        regions = regions_of(distribution.copies)
        document["Parameters"] = {pointer(region): _pointer(region) for region in regions}
        resources |= {family_id(region): _ros_family(distribution, region) for region in regions}
    document["Resources"] = resources
    document["Outputs"] = _ros_outputs(distribution)
    return _written(document)


def _pointer(region: str) -> Json:
    return {
        "Type": "String",
        "Default": "",
        "Description": f"The image that launches from the family in {region}; empty: the newest.",
    }


def _ros_family(distribution: Distribution, region: str) -> Json:
    copies = distribution.in_region(region)
    return {
        "Type": FAMILY_TYPE,
        "Properties": {
            "ImageFamily": distribution.family,
            "RegionId": region,
            "ImageIds": [_attribute(one.logical_id, "ImageId") for one in copies],
            "CurrentImageId": {"Ref": pointer(region)},
        },
    }


def _description(distribution: Distribution) -> str:
    newest = distribution.newest
    return (
        f"{newest.name} ({newest.image_id}) and the versions before it, carried from"
        f" {distribution.source_region} by imageferry distribute."
    )


def _notes(distribution: Distribution) -> Json:
    return {
        "Format": _FORMAT,
        "SourceRegionId": distribution.source_region,
        "Accounts": list(distribution.accounts),
        "ImageFamily": distribution.family,
        "Versions": [
            {
                "ImageId": one.image_id,
                "ImageName": one.name,
                "Created": datetime.fromtimestamp(one.created_at, UTC).strftime(_MINUTE),
            }
            for one in distribution.versions
        ],
    }


def _ros_copy(copy: Copy) -> dict[str, Json]:
    wanted: dict[str, Json] = {
        "ImageId": copy.image_id,
        "DestinationRegionId": copy.region,
        "DestinationImageName": copy.name,
        "DestinationDescription": copy.description,
        "Encrypted": copy.encrypted,
        "KMSKeyId": copy.key_id,
        "Tag": [{"Key": key, "Value": value} for key, value in copy.tags],
    }
    return {name: value for name, value in wanted.items() if value not in (None, "", [])}


def _attribute(name: str, attribute: str) -> Json:
    return {"Fn::GetAtt": [name, attribute]}


def _parts(accounts: Sequence[str]) -> list[Sequence[str]]:
    return [
        accounts[start : start + _ACCOUNTS_EACH]
        for start in range(0, len(accounts), _ACCOUNTS_EACH)
    ]


def _ros_outputs(distribution: Distribution) -> Json:
    regions = regions_of(distribution.copies)
    newest = {
        region: _attribute(distribution.in_region(region)[-1].logical_id, "ImageId")
        for region in regions
    }
    versions: dict[str, Json] = {
        one.image_id: {
            copy.region: _attribute(copy.logical_id, "ImageId")
            for copy in distribution.copies
            if copy.image_id == one.image_id
        }
        for one in distribution.versions
    }
    current = {region: _attribute(family_id(region), "ImageId") for region in regions}
    launched: dict[str, Json] = {
        "CurrentImageIds": {
            "Description": "What launches from the image family in each region.",
            "Value": current,
        }
    }
    return {
        "NewestImageIds": {
            "Description": "The newest version in each region.",
            "Value": newest,
        },
        **(launched if distribution.family else {}),
        "ImageIds": {
            "Description": "The copies of every version that is kept, by the id of its source.",
            "Value": versions,
        },
    }


# --- CloudFormation -------------------------------------------------------------------------------


def cfn_template(distribution: Distribution) -> bytes:
    """The same for CloudFormation: one template, to be deployed once in each destination region.

    Its image type copies into the region of its stack, so keys are looked up by that region. A
    version is written as it is in the first of its regions.
    """
    keys = {copy.region: copy.key_id for copy in distribution.copies if copy.key_id}
    has_all = all(copy.key_id for copy in distribution.copies)
    resources: dict[str, Json] = {}
    for version in distribution.versions:
        copy = next(one for one in distribution.copies if one.image_id == version.image_id)
        resources[version.mark] = {
            "Type": "TF::Alicloud::ImageCopy",
            "Properties": _cfn_copy(copy, distribution, bool(keys), has_all=has_all),
        }
        for account in distribution.accounts:
            resources[f"{version.mark}Share{account}"] = {
                "Type": "TF::Alicloud::ImageSharePermission",
                "Properties": {
                    "ImageId": _attribute(version.mark, "Id"),
                    "AccountId": account,
                },
            }
    document: dict[str, Json] = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": _description(distribution)[:-1] + "; deploy it in each region.",
    }
    if keys:
        regions = regions_of(distribution.copies)
        document["Mappings"] = {
            "Keys": {region: {"KmsKeyId": keys.get(region, "")} for region in regions}
        }
        if not has_all:
            document["Conditions"] = {
                "HasKey": {"Fn::Not": [{"Fn::Equals": [_key(), ""]}]},
            }
    if distribution.family:
        document["Parameters"] = {"Current": _pointer("this region")}
        resources["Family"] = {
            "Type": FAMILY_TYPE,
            "Properties": {
                "ImageFamily": distribution.family,
                "ImageIds": [_attribute(one.mark, "Id") for one in distribution.versions],
                "CurrentImageId": {"Ref": "Current"},
            },
        }
    document["Resources"] = resources
    document["Outputs"] = {
        "NewestImageId": {
            "Description": "The newest version in the region of this stack.",
            "Value": _attribute(distribution.newest.mark, "Id"),
        },
        **(_cfn_current() if distribution.family else {}),
    }
    return _written(document)


def _cfn_current() -> dict[str, Json]:
    return {
        "CurrentImageId": {
            "Description": "What launches from the image family in the region of this stack.",
            "Value": _attribute("Family", "ImageId"),
        }
    }


def _key() -> Json:
    return {"Fn::FindInMap": ["Keys", {"Ref": "AWS::Region"}, "KmsKeyId"]}


def _cfn_copy(
    copy: Copy, distribution: Distribution, has_keys: bool, *, has_all: bool
) -> dict[str, Json]:
    key: Json = _key() if has_keys else ""
    encrypted: Json = copy.encrypted
    if has_keys and not has_all:
        key = {"Fn::If": ["HasKey", _key(), {"Ref": "AWS::NoValue"}]}
        alike = [one for one in distribution.copies if one.image_id == copy.image_id]
        if not all(one.encrypted for one in alike):
            encrypted = {"Fn::If": ["HasKey", True, {"Ref": "AWS::NoValue"}]}
    wanted: dict[str, Json] = {
        "SourceImageId": copy.image_id,
        "SourceRegionId": distribution.source_region,
        "ImageName": copy.name,
        "Description": copy.description,
        "Encrypted": encrypted,
        "KmsKeyId": key,
        "Tags": [{"MapKey": name, "MapValue": value} for name, value in copy.tags],
    }
    return {name: value for name, value in wanted.items() if value not in (None, "", [])}


def _written(document: Json) -> bytes:
    """A document as YAML with short tags, which reads back to the same values."""
    source = open_document(json.dumps(document, ensure_ascii=False).encode(), TEMPLATE_NAME)
    return write_document(source, Form.YAML, Spelling.SHORT).text.encode()


# --- reading it back ------------------------------------------------------------------------------


def read_distribution(template: bytes) -> Distribution | None:
    """The distribution that a stack's template was written from; None where it was not."""
    try:
        document = plain(open_document(template, TEMPLATE_NAME).root)
    except TemplateError:
        return None
    root = _map(document)
    notes = _map(_map(root.get("Metadata")).get(MARK))
    if notes.get("Format") != _FORMAT:
        return None
    resources = _map(root.get("Resources"))
    return Distribution(
        source_region=str(notes.get("SourceRegionId", "")),
        versions=tuple(_version(_map(one)) for one in _list(notes.get("Versions"))),
        copies=tuple(
            read_copy(name, _map(_map(found).get("Properties")))
            for name, found in resources.items()
            if _map(found).get("Type") == COPY_TYPE
        ),
        accounts=tuple(map(str, _list(notes.get("Accounts")))),
        family=str(notes.get("ImageFamily") or ""),
    )


def strangers_in(template: bytes) -> tuple[str, ...]:
    """The resources of a distribution's template that were not written here."""
    document = plain(open_document(template, TEMPLATE_NAME).root)
    types = {
        name: _map(found).get("Type") for name, found in _map(_map(document)["Resources"]).items()
    }
    return tuple(name for name, found in types.items() if found not in _WRITTEN)


def read_copy(name: str, properties: Mapping[str, Any]) -> Copy:
    """A copy from the properties of its resource, as they are written or recorded."""
    encrypted = properties.get("Encrypted")
    return Copy(
        logical_id=name,
        image_id=str(properties.get("ImageId") or ""),
        region=str(properties.get("DestinationRegionId") or ""),
        name=str(properties.get("DestinationImageName") or ""),
        description=str(properties.get("DestinationDescription") or ""),
        encrypted=encrypted if isinstance(encrypted, bool) else None,
        key_id=str(properties.get("KMSKeyId") or ""),
        tags=tuple(
            (str(_map(tag).get("Key")), str(_map(tag).get("Value") or ""))
            for tag in _list(properties.get("Tag"))
        ),
    )


def _version(entry: Mapping[str, Any]) -> Version:
    created = datetime.strptime(str(entry["Created"]), _MINUTE).replace(tzinfo=UTC)
    return Version(str(entry["ImageId"]), str(entry["ImageName"]), created.timestamp())


def _map(found: object) -> Mapping[str, Any]:
    return found if isinstance(found, Mapping) else {}


def _list(found: object) -> Sequence[Any]:
    return found if isinstance(found, list | tuple) else ()
