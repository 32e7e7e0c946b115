"""continents_of: regions under the parts of the world that they are in, in the order of a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

_PARTS: Final = (
    (("cn-",), "China"),
    (("ap-",), "Asia and Pacific"),
    (("us-", "na-", "sa-"), "Americas"),
    (("eu-",), "Europe"),
    (("me-", "af-"), "Middle East and Africa"),
    (("",), "Elsewhere"),
)


def continents_of(
    regions: Sequence[tuple[str, str]],
) -> list[tuple[str, list[tuple[str, str]]]]:
    """The English name of each part of the world that has any, with its regions and their labels."""
    left = list(regions)
    found: list[tuple[str, list[tuple[str, str]]]] = []
    for prefixes, name in _PARTS:
        here = [one for one in left if one[0].startswith(prefixes)]
        left = [one for one in left if one not in here]
        if here:
            found.append((name, here))
    return found
