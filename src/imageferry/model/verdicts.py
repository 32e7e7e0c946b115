"""Verdict, Comparison: whether a made thing is what was asked for, each value beside the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from imageferry.model.addresses import ResourceAddress


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

    `remarks` say what could not be compared, and why.
    """

    thing_id: str
    region: str
    source_id: str = ""
    source_region: str = ""
    comparisons: tuple[Comparison, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def differences(self) -> tuple[Comparison, ...]:
        """The values that are not as they should be."""
        return tuple(one for one in self.comparisons if not one.is_equal)


class Standing(Enum):
    """How a resource has come through a verification."""

    VERIFIED = "verified"
    DIFFERS = "differs"
    MISSING = "missing"
    UNKNOWN = "unknown"
    NOT_VERIFIED = "not verified"


@dataclass(frozen=True, slots=True)
class ResourceVerification:
    """One resource of a stack; `reason` says why there is no verdict, or that it is missing."""

    address: ResourceAddress
    type_name: str
    physical_id: str | None
    standing: Standing
    verdict: Verdict | None = None
    reason: str = ""
    error_code: str = ""


@dataclass(frozen=True, slots=True)
class StackVerification:
    """Every resource of a stack that could be verified, and when (seconds since 1970)."""

    verified_at: float
    resources: tuple[ResourceVerification, ...]

    @property
    def standing(self) -> Standing:
        """The worst of all: a difference before anything that is not known."""
        return worst([one.standing for one in self.resources])


_WORST = (Standing.MISSING, Standing.DIFFERS, Standing.UNKNOWN, Standing.VERIFIED)


def worst(standings: Sequence[Standing]) -> Standing:
    """The one that counts for a whole: a thing that is missing is a difference."""
    found = next((one for one in _WORST if one in standings), Standing.NOT_VERIFIED)
    return Standing.DIFFERS if found is Standing.MISSING else found
