"""StackDrift, ResourceDrift, Difference: how the cloud differs from the record, and each dialect's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, NamedTuple

from imageferry.model.addresses import PropertyPath, ResourceAddress
from imageferry.model.handlers import Context
from imageferry.model.values import Value


class ResourceDriftStatus(Enum):
    """How one resource compares. UNKNOWN: the cloud was asked and gave no answer."""

    IN_SYNC = "IN_SYNC"
    MODIFIED = "MODIFIED"
    DELETED = "DELETED"
    NOT_CHECKED = "NOT_CHECKED"
    UNKNOWN = "UNKNOWN"

    @property
    def is_drift(self) -> bool:
        """True where the cloud is seen to differ from the record."""
        return self in {ResourceDriftStatus.MODIFIED, ResourceDriftStatus.DELETED}


class StackDriftStatus(Enum):
    """How a whole stack compares."""

    IN_SYNC = "IN_SYNC"
    DRIFTED = "DRIFTED"
    NOT_CHECKED = "NOT_CHECKED"
    UNKNOWN = "UNKNOWN"


class DifferenceKind(Enum):
    """What became of a value: ADD came to a list, REMOVE is gone, NOT_EQUAL is another one."""

    ADD = "ADD"
    REMOVE = "REMOVE"
    NOT_EQUAL = "NOT_EQUAL"


class Difference(NamedTuple):
    """One difference. `path` begins with a property's name; a list whose order means nothing is
    followed by its entry's own name. `is_property` is False for a symptom, which no property says;
    `mended_by` is the property whose update sets one back, empty where none does.
    """

    path: PropertyPath
    kind: DifferenceKind
    wanted: Value
    actual: Value
    is_property: bool = True
    mended_by: str = ""


@dataclass(frozen=True, slots=True)
class ResourceDrift:
    """One resource against the cloud.

    `observed` are the properties that differ, as the cloud has them. `gone_leftovers` are left over
    things of the record that are not there any longer. `reason` says why nothing could be compared.
    """

    address: ResourceAddress
    type_name: str
    physical_id: str | None
    status: ResourceDriftStatus
    differences: tuple[Difference, ...] = ()
    observed: Mapping[str, Value] | None = None
    gone_leftovers: tuple[Context, ...] = ()
    reason: str = ""
    error_code: str = ""


@dataclass(frozen=True, slots=True)
class DriftMark:
    """What the last comparison of a whole stack found, and when (seconds since 1970)."""

    status: StackDriftStatus
    checked_at: float
    drifted: int = 0
    checked: int = 0


@dataclass(frozen=True, slots=True)
class StackDrift:
    """A stack against the cloud, at one moment (seconds since 1970)."""

    status: StackDriftStatus
    checked_at: float
    resources: tuple[ResourceDrift, ...]

    @property
    def mark(self) -> DriftMark:
        """What is kept with the stack."""
        drifted = sum(one.status.is_drift for one in self.resources)
        unchecked = {ResourceDriftStatus.NOT_CHECKED, ResourceDriftStatus.UNKNOWN}
        checked = sum(one.status not in unchecked for one in self.resources)
        return DriftMark(self.status, self.checked_at, drifted, checked)


# CloudFormation API reference, StackDriftInformation and StackResourceDrift; ROS API reference,
# DetectStackDrift and ListStackResourceDrifts, which know no UNKNOWN.
STACK_DRIFT_WORDS: Final[Mapping[str, Mapping[StackDriftStatus, str]]] = {
    "cloudformation": {status: status.value for status in StackDriftStatus},
    "ros": {
        **{status: status.value for status in StackDriftStatus},
        StackDriftStatus.UNKNOWN: StackDriftStatus.NOT_CHECKED.value,
    },
}
RESOURCE_DRIFT_WORDS: Final[Mapping[str, Mapping[ResourceDriftStatus, str]]] = {
    "cloudformation": {status: status.value for status in ResourceDriftStatus},
    "ros": {
        **{status: status.value for status in ResourceDriftStatus},
        ResourceDriftStatus.UNKNOWN: ResourceDriftStatus.NOT_CHECKED.value,
    },
}


def stack_drift_status(resources: tuple[ResourceDrift, ...]) -> StackDriftStatus:
    """The status of a stack from those of its resources."""
    statuses = {one.status for one in resources}
    if any(status.is_drift for status in statuses):
        return StackDriftStatus.DRIFTED
    if ResourceDriftStatus.UNKNOWN in statuses:
        return StackDriftStatus.UNKNOWN
    if ResourceDriftStatus.IN_SYNC in statuses:
        return StackDriftStatus.IN_SYNC
    return StackDriftStatus.NOT_CHECKED
