"""The rules of an instance's disks that no schema can say: sizes by category, performance levels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from imageferry.model.schemas import Problem
from imageferry.model.values import Secret, Value

_SIZES: Final[Mapping[str, tuple[int, int]]] = {
    "cloud": (5, 2000),
    "cloud_efficiency": (20, 32_768),
    "cloud_ssd": (20, 32_768),
    "cloud_essd": (1, 65_536),
    "cloud_auto": (1, 65_536),
    "cloud_essd_entry": (10, 32_768),
    "ephemeral_ssd": (5, 800),
}
_USUAL: Final = "cloud_efficiency"
_WITH_LEVELS: Final = "cloud_essd"


def disk_problems(properties: Mapping[str, Value]) -> Iterator[Problem]:
    """What is wrong with the disks; what is not known yet passes."""
    category = _opened(properties.get("SystemDiskCategory"))
    level = _opened(properties.get("SystemDiskPerformanceLevel"))
    yield from _level(("SystemDiskPerformanceLevel",), level, category)
    disks = _opened(properties.get("DiskMappings"))
    for position, entry in enumerate(disks if isinstance(disks, list | tuple) else ()):
        disk = _opened(entry)
        if not isinstance(disk, Mapping):
            continue
        category, size = _opened(disk.get("Category")), _opened(disk.get("Size"))
        path = ("DiskMappings", position)
        bounds = _SIZES.get((category or _USUAL) if isinstance(category, str | None) else "")
        is_size = isinstance(size, int) and not isinstance(size, bool)
        if bounds and is_size and not bounds[0] <= size <= bounds[1]:  # type: ignore[operator]
            yield Problem(
                "IF549", (*path, "Size"), f"data disk {position + 1} has {size:,} GiB",
                why=f"one of {category or _USUAL} has {bounds[0]:,} to {bounds[1]:,}",
                remedy="choose a size between them, or another category",
            )  # fmt: skip
        level = _opened(disk.get("PerformanceLevel"))
        yield from _level((*path, "PerformanceLevel"), level, category)


def _level(path: tuple[str | int, ...], level: Value, category: Value) -> Iterator[Problem]:
    if isinstance(level, str) and level and isinstance(category, str | None):
        if category == _WITH_LEVELS:
            return
        yield Problem(
            "IF549", path, f"a disk of {category or _USUAL} has no performance level",
            why=f"only {_WITH_LEVELS} has levels",
            remedy=f"leave it out, or choose {_WITH_LEVELS}",
        )  # fmt: skip


def _opened(value: Value) -> Value:
    return value.revealed if isinstance(value, Secret) else value
