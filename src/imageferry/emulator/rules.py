"""The rules that actions share: names, descriptions, tags, keys, groups and client tokens."""

from __future__ import annotations

import re
from collections.abc import Mapping

from imageferry.emulator.calls import Call
from imageferry.emulator.errors import refusal
from imageferry.wire.alibaba_rpc import decode_tags

_LETTER = "A-Za-z\u3400-\u4dbf\u4e00-\u9fff"
_NAME = re.compile(f"[{_LETTER}][{_LETTER}0-9.:_-]{{1,127}}")
_WEB = ("http://", "https://")
_KEY_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9/:._-]*")
_GROUP_ID = re.compile(r"rg-[A-Za-z0-9-]+")
MAX_TAGS = 20
MAX_GIB = 2048


def check_name(name: str, code: str = "InvalidImageName.Malformed") -> str:
    """An image name or family: ECS reference, CopyImage, DestinationImageName."""
    if not _NAME.fullmatch(name) or name.startswith(("aliyun", "acs:", *_WEB)):
        raise refusal(code, f"It is {name[:140]}.")
    return name


def check_description(text: str) -> str:
    """A description, which may be empty (unset)."""
    if text and (not 2 <= len(text) <= 256 or text.startswith(_WEB)):
        raise refusal("InvalidDescription.Malformed")
    return text


def read_tags(call: Call, *, too_many: str = "InvalidTagCount") -> dict[str, str]:
    """The tags of a call, by the rules of the tag actions."""
    given = decode_tags(call.parameters.get("Tag"))
    if len(given) > MAX_TAGS:
        raise refusal(too_many)
    tags: dict[str, str] = {}
    for key, value in given:
        if key is None:
            raise refusal("InvalidTag.Mismatch")
        # The bare API bars "aliyun" in keys only.
        if not 1 <= len(key) <= 128 or key.startswith(("aliyun", "acs:")) or _has_web(key):
            raise refusal("InvalidTagKey.Malformed", f"It is {key[:140]}.")
        if len(value) > 128 or value.startswith("acs:") or _has_web(value):
            raise refusal("InvalidTagValue.Malformed", f"Its key is {key}.")
        if key in tags:
            raise refusal("Duplicate.TagKey", f"It is {key}.")
        tags[key] = value
    if len({key.lower() for key in tags}) < len(tags):
        raise refusal("TagKey.Duplication")
    return tags


def _has_web(text: str) -> bool:
    return any(word in text for word in _WEB)


def read_tag_filter(call: Call) -> tuple[tuple[str, str | None], ...]:
    """Tags that a Describe call looks for; an empty value matches any."""
    given = decode_tags(call.parameters.get("Tag"))
    if len(given) > MAX_TAGS:
        raise refusal("InvalidTagCount")
    wanted: list[tuple[str, str | None]] = []
    for key, value in given:
        if key is None:
            raise refusal("InvalidTag.Mismatch")
        wanted.append((key, value or None))
    return tuple(wanted)


def check_group(call: Call) -> str:
    """A resource group id, which may be empty (the default group); every well-formed one exists."""
    group = call.text("ResourceGroupId")
    if group and not _GROUP_ID.fullmatch(group):
        raise refusal("InvalidResourceGroup.NotFound")
    return group


def check_key(key_id: str) -> str:
    """A KMS key id; every well-formed one exists in every region."""
    if not _KEY_ID.fullmatch(key_id):
        raise refusal("InvalidParameter.KMSKeyId.NotFound")
    return key_id


def check_token(token: str) -> str:
    """A ClientToken: ASCII, 64 characters at most."""
    if not token.isascii() or len(token) > 64:
        raise refusal("InvalidClientToken.ValueNotSupported")
    return token


def merged_tags(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
    """Old tags with new ones over them; 20 at most."""
    tags = {**old, **new}
    if len(tags) > MAX_TAGS:
        raise refusal("QuotaExceed.Tags")
    if len({key.lower() for key in tags}) < len(tags):
        raise refusal("TagKey.Duplication")
    return tags
