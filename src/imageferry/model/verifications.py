"""StackVerification: how the resources of a stack have come through a verification."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from imageferry.model.addresses import ResourceAddress
from imageferry.model.verdicts import Verdict


class VerificationStatus(Enum):
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
    status: VerificationStatus
    verdict: Verdict | None = None
    reason: str = ""
    error_code: str = ""


@dataclass(frozen=True, slots=True)
class StackVerification:
    """Every resource of a stack that could be verified, and when (seconds since 1970)."""

    verified_at: float
    resources: tuple[ResourceVerification, ...]

    @property
    def status(self) -> VerificationStatus:
        """The worst of all: a difference before anything that is not known."""
        return worst([one.status for one in self.resources])


_WORST = (
    VerificationStatus.MISSING,
    VerificationStatus.DIFFERS,
    VerificationStatus.UNKNOWN,
    VerificationStatus.VERIFIED,
)


def worst(statuses: Sequence[VerificationStatus]) -> VerificationStatus:
    """The one that counts for a whole: a thing that is missing is a difference."""
    found = next((one for one in _WORST if one in statuses), VerificationStatus.NOT_VERIFIED)
    return VerificationStatus.DIFFERS if found is VerificationStatus.MISSING else found
