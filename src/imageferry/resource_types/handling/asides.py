"""aside(family): the name under which an image is put aside that must not launch from its family."""

from __future__ import annotations

from typing import Final

LONGEST: Final = 128
"""Characters of an image family's name."""
_ASIDE: Final = "-aside"


def aside(family: str) -> str:
    """The family of those that are taken out of this one: the cloud cannot clear a family."""
    return family[: LONGEST - len(_ASIDE)] + _ASIDE
