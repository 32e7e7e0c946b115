"""Comparing an image that was made with its recipe: its system, its family, the disks asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from imageferry.cloud.images import Image
from imageferry.cloud.recipes import Recipe
from imageferry.model.verdicts import Against, Comparison
from imageferry.resource_types.handling.asides import aside

_NO_FAMILY: Final = "none"


def compare_made(recipe: Recipe, image: Image) -> tuple[Comparison, ...]:
    """Every value that was asked for and that the cloud tells; what neither side tells is left out.

    What an instance runs on decides the architecture of its image, whatever is asked.
    """
    # A family of this house puts aside by a name of its own what must not launch from it.
    is_aside = image.family == aside(recipe.family or "")
    architecture = None if recipe.instance_id else recipe.architecture
    sides = (
        ("architecture", architecture, image.architecture),
        ("boot mode", recipe.boot_mode, image.boot_mode),
        ("family", None if is_aside else recipe.family, image.family or _NO_FAMILY),
        ("disks", _listed(_asked_disks(recipe)), _listed(_shown_disks(image))),
    )
    return tuple(
        Comparison(what, asked, shown, Against.ASKED)
        for what, asked, shown in sides
        if asked and shown
    )


def _asked_disks(recipe: Recipe) -> Sequence[tuple[str, int | None]]:
    """Kind and GiB of each disk; the first is the system's unless it is said to be another."""
    sizes = (
        [(None, one.size) for one in recipe.imports]
        if recipe.is_import
        else [(one.kind, one.size) for one in recipe.disks]
    )
    return [
        (kind or ("data" if number else "system"), size)
        for number, (kind, size) in enumerate(sizes)
    ]


def _shown_disks(image: Image) -> Sequence[tuple[str, int | None]]:
    return [(one.kind, one.size) for one in image.disks]


def _listed(disks: Sequence[tuple[str, int | None]]) -> str:
    """`data 100 GiB, system 40 GiB`; empty where the size of one is not told: its snapshot has it."""
    if any(size is None for _, size in disks):
        return ""
    return ", ".join(sorted(f"{kind} {size} GiB" for kind, size in disks))
