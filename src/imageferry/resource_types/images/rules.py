"""The rules of made images that no schema can say: checked before the first call, all at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from imageferry.model.addresses import PropertyPath
from imageferry.model.diagnostics import Severity
from imageferry.model.schemas import Problem
from imageferry.model.values import Secret, Value
from imageferry.resource_types.image_copies.rules import (
    description_problems,
    name_problems,
    region_problems,
    tag_problems,
    timeout_problems,
)
from imageferry.resource_types.image_copies.words import Words
from imageferry.resource_types.images.properties import MADE_OF

_DISKS: Final = "DiskDeviceMapping"
_DEVICE: Final = r"/dev/(?:xvd|vd)([a-z])"
_BUCKET: Final = r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]"
_IDS: Final = {"InstanceId": ("i-", "an instance"), "SnapshotId": ("s-", "a snapshot")}
# ECS reference, CreateImage: a basic disk has 5 to 2000 GiB, the others have 20 to 32768 GiB; which
# one a disk will be is not said here. ImportImage: 1 to 2048 GiB.
_CREATED_SIZES: Final = (5, 32768)
_IMPORTED_SIZES: Final = (1, 2048)
# ECS reference, CreateImage and ImportImage, Platform; each names more from time to time.
_PLATFORMS: Final = frozenset(
    {
        "Aliyun", "Alibaba Cloud Linux", "AlmaLinux", "Anolis", "CentOS", "CentOS Stream", "CoreOS",
        "Customized Linux", "Debian", "Fedora", "Fedora CoreOS", "FreeBSD", "Gentoo", "Kylin",
        "OpenSUSE", "Others Linux", "RedHat", "Rocky Linux", "SUSE", "UOS", "Ubuntu", "Windows 7",
        "Windows Server 2003", "Windows Server 2008", "Windows Server 2012", "Windows Server 2016",
        "Windows Server 2019", "Windows Server 2022", "Windows Server 2025",
    }
)  # fmt: skip


def check_created(
    words: Words, properties: Mapping[str, Value], *, only_one_source: bool
) -> list[Problem]:
    """All problems of an image that is created; what is not known yet passes.

    `only_one_source`: several sources are an error, and not merely the first one taken.
    """
    problems = [*_sources(properties, only_one=only_one_source)]
    for name in _IDS:
        problems += _id((name,), name, properties.get(name))
    if not _is_given(properties.get("InstanceId")):
        problems += _created_disks(properties.get(_DISKS))
    return problems + _shared(words, properties)


def check_imported(words: Words, properties: Mapping[str, Value]) -> list[Problem]:
    """All problems of an image that is imported; what is not known yet passes."""
    return [*_imported_disks(properties.get(_DISKS)), *_shared(words, properties)]


def _shared(words: Words, properties: Mapping[str, Value]) -> list[Problem]:
    problems: list[Problem] = []
    for prop in (words.name, words.family):
        if prop:
            problems += name_problems(prop, properties.get(prop))
    problems += description_problems(words.description, properties.get(words.description))
    if words.region:
        problems += region_problems(words.region, properties.get(words.region))
    problems += _platform(properties.get("Platform"))
    if words.tags:
        problems += tag_problems(
            words.tags, properties.get(words.tags), key=words.tag_key, content=words.tag_value
        )
    if words.timeouts:
        problems += timeout_problems(words.timeouts, properties.get(words.timeouts))
    return problems


def _opened(value: Value) -> Value:
    return value.revealed if isinstance(value, Secret) else value


def _shown(value: Value) -> str:
    return "****" if isinstance(value, Secret) else str(value)


def _is_given(value: Value) -> bool:
    """True also for what is not known yet."""
    return _opened(value) not in (None, "", [], ())


def _sources(properties: Mapping[str, Value], *, only_one: bool) -> Iterator[Problem]:
    given = [name for name in MADE_OF if _is_given(properties.get(name))]
    if not given:
        yield Problem(
            "IF534", (), "nothing says what the image is made of",
            why="an image is made of an instance, of snapshots of several disks, or of one snapshot",
            remedy="give 'InstanceId', 'DiskDeviceMapping' or 'SnapshotId'",
        )  # fmt: skip
    for ignored in given[1:]:
        what = "excludes" if only_one else "is ignored beside"
        pair = (given[0], ignored) if only_one else (ignored, given[0])
        yield Problem(
            "IF535", (ignored,), f"'{pair[0]}' {what} '{pair[1]}'",
            why="an image is made of one of them",
            remedy="leave one of the two out",
            severity=Severity.ERROR if only_one else Severity.WARNING,
        )  # fmt: skip


def _id(path: PropertyPath, name: str, value: Value) -> Iterator[Problem]:
    text = _opened(value)
    prefix, what = _IDS[name]
    if isinstance(text, str) and text and not text.startswith(prefix):
        yield Problem(
            "IF541", path, f"'{_shown(value)}' does not look like the id of {what}",
            why=f"such ids begin with {prefix}",
            remedy="correct it if it is a slip; it is tried all the same",
            severity=Severity.WARNING,
        )  # fmt: skip


def _platform(value: Value) -> Iterator[Problem]:
    text = _opened(value)
    if isinstance(text, str) and text and text not in _PLATFORMS:
        near = next((one for one in sorted(_PLATFORMS) if one.lower() == text.lower()), None)
        yield Problem(
            "IF540", ("Platform",), f"'{_shown(value)}' is no platform that is known here",
            why="the cloud takes names such as CentOS, Ubuntu or Others Linux",
            remedy=f"did you mean '{near}'?" if near else "correct it if it is a slip; it is tried"
            " all the same",
            severity=Severity.WARNING,
        )  # fmt: skip


# --- disks ----------------------------------------------------------------------------------------


def _entries(value: Value) -> Iterator[tuple[int, Mapping[str, Value]]]:
    listed = _opened(value)
    for position, entry in enumerate(listed if isinstance(listed, list | tuple) else ()):
        disk = _opened(entry)
        if isinstance(disk, Mapping):
            yield position, disk


def _created_disks(value: Value) -> Iterator[Problem]:
    disks = list(_entries(value))
    yield from _devices(disks)
    yield from _sizes(disks, "Size", _CREATED_SIZES)
    for position, disk in disks:
        path: PropertyPath = (_DISKS, position)
        yield from _id((*path, "SnapshotId"), "SnapshotId", disk.get("SnapshotId"))
        kind = _opened(disk.get("DiskType"))
        wrong = "data" if position == 0 else "system"
        if kind == wrong:
            yield Problem(
                "IF538", (*path, "DiskType"), f"disk {position + 1} is a {wrong} disk",
                why="the first disk is the system disk, and all others are data disks",
                remedy=f"say {'system' if wrong == 'data' else 'data'}, or change the order",
            )  # fmt: skip
        if position == 0 and not _is_given(disk.get("SnapshotId")):
            yield Problem(
                "IF538", path, "the first disk has no snapshot",
                why="the first disk is the system disk, which cannot be empty",
                remedy="give its 'SnapshotId'",
            )  # fmt: skip


def _imported_disks(value: Value) -> Iterator[Problem]:
    disks = list(_entries(value))
    yield from _devices(disks)
    yield from _sizes(disks, "DiskImageSize", _IMPORTED_SIZES)
    for position, disk in disks:
        path: PropertyPath = (_DISKS, position)
        for name in ("OssBucket", "OssObject"):
            if not _is_given(disk.get(name)):
                yield Problem(
                    "IF539", path, f"disk {position + 1} has no '{name}'",
                    why="a disk is read from an object in a bucket of the same region",
                    remedy=f"give '{name}'",
                )  # fmt: skip
        bucket = _opened(disk.get("OssBucket"))
        if isinstance(bucket, str) and bucket and not re.fullmatch(_BUCKET, bucket):
            yield Problem(
                "IF539", (*path, "OssBucket"), f"'{_shown(disk['OssBucket'])}' is no bucket's name",
                why="it has 3 to 63 lower case letters, digits and '-', not at its ends",
                remedy="give the name alone, without address and object",
            )  # fmt: skip


def _devices(disks: Sequence[tuple[int, Mapping[str, Value]]]) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for position, disk in disks:
        path = (_DISKS, position, "Device")
        text = _opened(disk.get("Device"))
        if not isinstance(text, str) or not text:
            continue
        found = re.fullmatch(_DEVICE, text)
        shown = _shown(disk["Device"])
        if found is None:
            yield Problem(
                "IF536", path, f"'{shown}' is no device",
                why="devices are /dev/xvda to /dev/xvdz, or /dev/vda to /dev/vdz",
                remedy="write it so, or leave it out",
            )  # fmt: skip
            continue
        letter = found[1]
        if (letter == "a") is not (position == 0):
            yield Problem(
                "IF536", path, f"'{shown}' is the device of disk {position + 1}",
                why="the first disk is the system disk, and its device alone ends with a",
                remedy="change the device, or the order of the disks",
            )  # fmt: skip
        elif seen.setdefault(letter, position) != position:
            yield Problem(
                "IF536", path, f"the device '{shown}' is given twice",
                why=f"disk {seen[letter] + 1} has it already",
                remedy="give each disk a device of its own",
            )  # fmt: skip


def _sizes(
    disks: Sequence[tuple[int, Mapping[str, Value]]], name: str, sizes: tuple[int, int]
) -> Iterator[Problem]:
    least, most = sizes
    for position, disk in disks:
        size = _opened(disk.get(name))
        if isinstance(size, int) and not isinstance(size, bool) and not least <= size <= most:
            yield Problem(
                "IF537", (_DISKS, position, name), f"disk {position + 1} has {_shown(disk[name])} GiB",
                why=f"the cloud makes disks of {least} to {most} GiB here",
                remedy="choose a size between them",
            )  # fmt: skip
