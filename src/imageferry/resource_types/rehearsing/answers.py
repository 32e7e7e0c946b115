"""What the answer to a dry run means for a planned change; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from imageferry.cloud.errors import CloudError
from imageferry.model.forecasts import Doubt, Objection
from imageferry.resource_types.handling.faults import CONFLICTS, REMEDIES

NAME_TAKEN: Final = "InvalidImageName.Duplicated"

# The deploy waits for what these codes speak of, or another change of the plan may end it.
_PASSING: Final = (
    *CONFLICTS,
    "IncorrectInstanceStatus",
    "IncorrectImageStatus",
    "IncorrectDiskStatus",
    "SnapshotNotReady",
    "InvalidSnapshotId.NotReady",
    "ImageIsImporting",
    "ImageIsExporting",
    "ConcurrentQuotaExceed",
    "QuotaExceed.ConcurrentSnapshotQuota",
    "TooManySnapshot.Unfinished",
)
_NOT_ASKED: Final = frozenset({"NotTrusted", "Throttling.Local"})


def objection_of(fault: CloudError, properties: Mapping[str, str]) -> Objection:
    """The objection that a refused dry run is; `properties` by parts of the codes that speak of them."""
    said = f"{fault.message.rstrip('. ')} ({fault.code})"
    if fault.is_passing or fault.code in _NOT_ASKED or "DryRun" in fault.code:
        return Objection(
            Doubt.UNCHECKED,
            f"{fault.action} could not be tried out in {fault.region}: {said}",
            remedy="plan again later, or deploy: the call itself is tried until it gets an answer",
            cloud_code=fault.code,
        )
    doubt = Doubt.POSSIBLE if fault.code.startswith(_PASSING) else Doubt.REFUSED
    return Objection(
        Doubt.NAME_TAKEN if fault.code == NAME_TAKEN else doubt,
        f"{fault.action} in {fault.region}: {said}",
        why="so the cloud answers when it is asked to check the call and not to carry it out",
        remedy=REMEDIES.get(fault.code, ""),
        property_name=next((name for part, name in properties.items() if part in fault.code), ""),
        cloud_code=fault.code,
    )
