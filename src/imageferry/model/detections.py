"""Detection and FoundDrift: a comparison with the cloud that somebody asked for and comes back to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from imageferry.model.drift import ResourceDriftStatus, StackDriftStatus
from imageferry.model.values import Json


class DetectionStatus(Enum):
    """How far a detection is."""

    IN_PROGRESS = "DETECTION_IN_PROGRESS"
    COMPLETE = "DETECTION_COMPLETE"
    FAILED = "DETECTION_FAILED"


@dataclass(frozen=True, slots=True)
class Detection:
    """A comparison of a stack with the cloud, begun at `at` (seconds since 1970).

    `drifted` counts the resources that differ; `drift_status` is None until it is complete.
    """

    detection_id: str
    stack_id: str
    status: DetectionStatus
    at: float
    reason: str = ""
    drift_status: StackDriftStatus | None = None
    drifted: int = 0


@dataclass(frozen=True, slots=True)
class FoundDifference:
    """One difference; `path` is a JSON pointer below the properties, `kind` ADD, REMOVE or NOT_EQUAL."""

    path: str
    kind: str
    expected: Json
    actual: Json


@dataclass(frozen=True, slots=True)
class FoundDrift:
    """What the last comparison of one resource found, ready to be shown: secrets are masked.

    `expected` are the properties as recorded, `actual` the same as the cloud has them; both empty
    where nothing could be compared, for the `reason`. `at` is in seconds since 1970.
    """

    stack_id: str
    logical_id: str
    physical_id: str
    type_name: str
    status: ResourceDriftStatus
    at: float
    expected: Mapping[str, Json]
    actual: Mapping[str, Json]
    differences: tuple[FoundDifference, ...] = ()
    reason: str = ""
