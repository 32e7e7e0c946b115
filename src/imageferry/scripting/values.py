"""What scripts are given: plans, reports, events and results, frozen, typed, and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Final, NamedTuple

from imageferry.control.requests import Planned
from imageferry.model.changes import Action
from imageferry.model.diagnostics import Diagnostic
from imageferry.model.values import Json
from imageferry.scripting.faults import (
    AuthError,
    CloudUnreachable,
    DeployError,
    EngineError,
    PartialFailure,
    QuotaError,
    UnknownOutcome,
)

SCHEMA_VERSION: Final = 1
"""The version of every JSON object here: keys may be added to it, none goes before it grows."""


class PropertyPlan(NamedTuple):
    """One property before and after, as JSON: secrets are `****`, `(known later)` says what it says."""

    path: str
    before: Json
    after: Json
    requires_replacement: str


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """What happens to one resource. `action`: Create, Update, Replace, Delete, Move, Adopt or None.

    `source` and `destination` are the regions that it carries between, empty where it carries
    nothing or they are known later. `blocked` says why it may not be done.
    """

    logical_id: str
    type: str
    action: Action
    replacement: str
    physical_id: str | None
    source: str = ""
    destination: str = ""
    properties: tuple[PropertyPlan, ...] = ()
    blocked: tuple[Diagnostic, ...] = ()

    @property
    def changes(self) -> bool:
        """True where anything would be done."""
        return self.action is not Action.NONE


@dataclass(frozen=True, slots=True)
class Plan:
    """What it takes to bring a stack to what is asked; nothing was done yet.

    `is_empty`: nothing differs, and executing does nothing. `plan_id` is that of the change set,
    and `origin` what the engine executes.
    """

    plan_id: str
    stack_name: str
    stack_id: str
    region: str
    kind: str
    changes: tuple[PlannedChange, ...]
    origin: Planned = field(repr=False, compare=False)
    warnings: tuple[Diagnostic, ...] = ()
    is_empty: bool = False

    @property
    def blocked(self) -> tuple[Diagnostic, ...]:
        """Why the plan may not be executed; empty where it may."""
        return tuple(reason for change in self.changes for reason in change.blocked)

    @property
    def summary(self) -> Mapping[str, int]:
        """How many changes there are of each action, in the words of `action`."""
        counts = {action.value: 0 for action in Action}
        for change in self.changes:
            counts[change.action.value] += 1
        return counts

    def to_json(self) -> dict[str, Json]:
        """The plan as one JSON object."""
        return {
            "version": SCHEMA_VERSION,
            "plan_id": self.plan_id,
            "stack_name": self.stack_name,
            "stack_id": self.stack_id,
            "region": self.region,
            "kind": self.kind,
            "is_empty": self.is_empty,
            "summary": dict(self.summary),
            "changes": [
                {
                    "logical_id": one.logical_id,
                    "type": one.type,
                    "action": one.action.value,
                    "replacement": one.replacement,
                    "physical_id": one.physical_id,
                    "source": one.source,
                    "destination": one.destination,
                    "blocked": [reason.message for reason in one.blocked],
                    "properties": [dict(entry._asdict()) for entry in one.properties],
                }
                for one in self.changes
            ],
        }


@dataclass(frozen=True, slots=True)
class ResourceReport:
    """One resource as it stands. `status` is the word of the template's language.

    `region` is the one that the thing is in, as far as that is known. `progress` is 0 to 100, None
    where nobody knows; `remaining` is in seconds. Secrets in `attributes` are `****`.
    """

    logical_id: str
    type: str
    physical_id: str | None
    status: str
    status_reason: str
    region: str
    is_done: bool
    has_failed: bool
    attributes: Mapping[str, Json] = field(default_factory=dict)
    progress: int | None = None
    remaining: float | None = None
    says: str = ""


@dataclass(frozen=True, slots=True)
class StackReport:
    """A stack as it stands. `status` is the word of the template's language; secrets are `****`."""

    stack_id: str
    name: str
    cloud: str
    account_id: str
    region: str
    dialect: str
    status: str
    status_reason: str
    is_running: bool
    outputs: Mapping[str, Json]
    parameters: Mapping[str, Json]
    resources: tuple[ResourceReport, ...]
    created_at: datetime
    updated_at: datetime
    operation_id: str | None = None

    def to_json(self) -> dict[str, Json]:
        """The stack as one JSON object."""
        return {
            "version": SCHEMA_VERSION,
            "stack_id": self.stack_id,
            "stack_name": self.name,
            "cloud": self.cloud,
            "account_id": self.account_id,
            "region": self.region,
            "dialect": self.dialect,
            "status": self.status,
            "status_reason": self.status_reason,
            "is_running": self.is_running,
            "outputs": dict(self.outputs),
            "parameters": dict(self.parameters),
            "created_at": self.created_at.isoformat(),
            "updated_at": self.updated_at.isoformat(),
            "operation_id": self.operation_id,
            "resources": [
                {
                    "logical_id": one.logical_id,
                    "type": one.type,
                    "physical_id": one.physical_id,
                    "status": one.status,
                    "status_reason": one.status_reason,
                    "region": one.region,
                    "attributes": dict(one.attributes),
                    "progress": one.progress,
                }
                for one in self.resources
            ],
        }


@dataclass(frozen=True, slots=True)
class StackEvent:
    """One change of status of the stack (`logical_id` empty) or of one resource.

    `sequence` counts from 1 without a gap in each stack; `at` is in UTC.
    """

    sequence: int
    at: datetime
    logical_id: str
    type: str
    status: str
    reason: str
    physical_id: str | None


class Ending(Enum):
    """How an operation ended, or that it has not."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ROLLED_BACK = "rolled back"
    ROLLBACK_FAILED = "rollback failed"
    PARKED = "parked"
    RUNNING = "running"


@dataclass(frozen=True, slots=True)
class RegionResult:
    """What became of the resources of one region, by their logical ids."""

    region: str
    done: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def is_done(self) -> bool:
        """True where every resource of the region is there as it should be."""
        return bool(self.done) and not self.failed and not self.others


@dataclass(frozen=True, slots=True)
class Failure:
    """Why one step failed: our code, what was said, and the cloud's request id where there is one."""

    logical_id: str
    code: str
    message: str
    request_id: str = ""


_KINDS: Final[Mapping[str, type[EngineError]]] = {
    "ServiceLimitExceeded": QuotaError,
    "AccessDenied": AuthError,
    "InvalidCredentials": AuthError,
    "NetworkFailure": CloudUnreachable,
    "ServiceInternalError": CloudUnreachable,
    "Throttling": CloudUnreachable,
}


@dataclass(frozen=True, slots=True)
class Result:
    """What an operation has come to; `stack` is as it stood when this was asked."""

    operation_id: str
    ending: Ending
    reason: str
    stack: StackReport
    regions: Mapping[str, RegionResult]
    failures: tuple[Failure, ...] = ()

    @property
    def is_ok(self) -> bool:
        """True where everything that was asked for was done."""
        return self.ending is Ending.SUCCEEDED

    @property
    def outputs(self) -> Mapping[str, Json]:
        """The stack's outputs."""
        return self.stack.outputs

    def raise_for_failure(self) -> Result:
        """The result itself where all went well; otherwise the exception that its cause deserves.

        QuotaError, AuthError and CloudUnreachable where every failure is of that kind,
        UnknownOutcome for what was set aside, PartialFailure where some regions are done, else
        DeployError.
        """
        if self.is_ok:
            return self
        kinds = {_KINDS.get(failure.code, DeployError) for failure in self.failures}
        said = "; ".join(f"{one.logical_id}: {one.message}" for one in self.failures)
        message = f'"{self.stack.name}" {self.ending.value}: {said or self.reason}'
        if self.ending in {Ending.PARKED, Ending.RUNNING}:
            raise UnknownOutcome(message, result=self)
        if any(one.is_done for one in self.regions.values()) and self.ending is Ending.FAILED:
            raise PartialFailure(message, result=self)
        kind = kinds.pop() if len(kinds) == 1 else DeployError
        raise kind(message, result=self)

    def to_json(self) -> dict[str, Json]:
        """The result as one JSON object."""
        return {
            "version": SCHEMA_VERSION,
            "operation_id": self.operation_id,
            "ending": self.ending.value,
            "reason": self.reason,
            "stack": self.stack.to_json(),
            "regions": {
                name: {
                    "done": list(one.done),
                    "failed": list(one.failed),
                    "others": list(one.others),
                }
                for name, one in self.regions.items()
            },
            "failures": [
                {
                    "logical_id": one.logical_id,
                    "code": one.code,
                    "message": one.message,
                    "request_id": one.request_id,
                }
                for one in self.failures
            ],
        }


@dataclass(frozen=True, slots=True)
class DriftReport:
    """A stack beside the cloud. `status`: IN_SYNC, DRIFTED, NOT_CHECKED or UNKNOWN."""

    status: str
    checked_at: datetime
    resources: tuple[DriftedResource, ...]

    @property
    def has_drifted(self) -> bool:
        """True where anything is seen to differ."""
        return self.status == "DRIFTED"


class DriftedProperty(NamedTuple):
    """One difference: ADD, REMOVE or NOT_EQUAL; values as JSON, secrets as `****`."""

    path: str
    kind: str
    expected: Json
    actual: Json


@dataclass(frozen=True, slots=True)
class DriftedResource:
    """One resource beside the cloud. `status`: IN_SYNC, MODIFIED, DELETED, NOT_CHECKED or UNKNOWN."""

    logical_id: str
    physical_id: str | None
    status: str
    differences: tuple[DriftedProperty, ...]
    reason: str
