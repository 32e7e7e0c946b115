"""What a call says of an image's system: checked, and as it is kept and shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from imageferry.emulator.calls import Call, Reply
from imageferry.emulator.errors import refusal

BOOT_MODES = ("BIOS", "UEFI", "UEFI-Preferred")
LICENSES = ("Auto", "Aliyun", "BYOL")
_SUPPORT = ("supported", "unsupported")
_IMDS = ("v1", "v2")

# Parameter: its column, the words that it may be (none: any), and the code and status for others.
_WORDS: Mapping[str, tuple[str, tuple[str, ...], str, int]] = {
    "OSType": ("os_type", ("linux", "windows"), "InvalidOSType", 400),
    "Platform": ("platform", (), "", 0),
    "Architecture": ("architecture", ("i386", "x86_64", "arm64"), "InvalidArchitecture", 400),
    "BootMode": ("boot_mode", BOOT_MODES, "InvalidBootMode.NotSupport", 400),
    "LicenseType": ("license_type", LICENSES, "InvalidLicenseType.NotSupported", 400),
    "DetectionStrategy": ("detection", ("Standard",), "InvalidParameter", 400),
}


def given_system(call: Call) -> dict[str, Any]:
    """What CreateImage or ImportImage says of the system, under the names that it is kept by."""
    system: dict[str, Any] = {}
    for name, (column, words, code, status) in _WORDS.items():
        text = call.text(name)
        if not text:
            continue
        if words and text not in words:
            raise refusal(code, f"{name} is one of {', '.join(words)}.", status=status)
        system[column] = text
    return {**system, **given_features(call)}


def given_features(call: Call) -> dict[str, Any]:
    """What a call says of the features and of secure boot."""
    found: dict[str, Any] = {}
    features = call.parameters.get("Features")
    if isinstance(features, dict):
        if imds := features.get("ImdsSupport"):
            if imds not in _IMDS:
                raise refusal("InvalidParameter.FeaturesImdsSupport")
            found["imds"] = imds
        if nvme := features.get("NvmeSupport"):
            if nvme not in _SUPPORT:
                raise refusal("InvalidParameter", "Features.NvmeSupport is supported or not.")
            found["nvme"] = nvme
    secure = call.parameters.get("SecureBootOptions")
    if isinstance(secure, dict) and (support := secure.get("SecureBootSupport")):
        found["secure_boot"] = support
    return found


def detection_reply(system: Mapping[str, Any], *, is_in_making: bool) -> Reply:
    """How the examination of an image went, where one was asked for: it finds nothing wrong."""
    if "detection" not in system:
        return {"Status": "", "Items": {"Item": []}}
    if is_in_making:
        return {"Status": "Processing", "Items": {"Item": []}}
    item = {"Name": "CLOUDINIT", "Value": "normal", "RiskLevel": "", "RiskCode": ""}
    return {"Status": "Finished", "Items": {"Item": [item]}}
