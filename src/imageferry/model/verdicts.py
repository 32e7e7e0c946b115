"""Verdict, Comparison: whether a made thing is what was asked for, each value beside the other."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple


class Against(Enum):
    """What a value is compared with: what the template asks, or what it was made from."""

    ASKED = "asked"
    SOURCE = "source"
    HEALTH = "health"


class Comparison(NamedTuple):
    """One value of a made thing beside the one that it should be; texts for people, no secret."""

    what: str
    expected: str
    actual: str
    against: Against

    @property
    def is_equal(self) -> bool:
        """True where the thing is as it should be."""
        return self.expected == self.actual

    def __str__(self) -> str:
        """`size is 20 GiB, and 40 GiB in the source`."""
        wanted = {
            Against.ASKED: f"{self.expected} was asked for",
            Against.SOURCE: f"{self.expected} in the source",
            Against.HEALTH: f"should be {self.expected}",
        }[self.against]
        return f"{self.what} is {self.actual}, and {wanted}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was compared of one thing, where it is and from what it was made.

    `kind` is one word for people: `image`. `remarks` say what could not be compared, and why.
    """

    thing_id: str
    region: str
    source_id: str = ""
    source_region: str = ""
    comparisons: tuple[Comparison, ...] = ()
    remarks: tuple[str, ...] = ()
    kind: str = "image"

    @property
    def differences(self) -> tuple[Comparison, ...]:
        """The values that are not as they should be."""
        return tuple(one for one in self.comparisons if not one.is_equal)
