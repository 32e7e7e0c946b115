"""Perform one step: evaluate its properties, say what its handler is asked, and what to record."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from imageferry.engine.steps import Step
from imageferry.evaluation.conformance import conform
from imageferry.evaluation.errors import EvaluationError
from imageferry.evaluation.evaluator import evaluate
from imageferry.evaluation.scopes import MANNERS, Scope
from imageferry.model.addresses import ResourceAddress, render_path
from imageferry.model.changes import ChangeSet, Replacement
from imageferry.model.diagnostics import Severity
from imageferry.model.expressions import Literal
from imageferry.model.handlers import (
    Confirm,
    Context,
    ErrorCode,
    Failed,
    HandlerAction,
    HandlerRequest,
)
from imageferry.model.operations import StepRecord
from imageferry.model.schemas import ResourceSchema
from imageferry.model.stacks import Resource, Stack
from imageferry.model.statuses import StepStatus
from imageferry.model.values import UNKNOWN, Value, is_known
from imageferry.planning.differences import differences, replacement_of
from imageferry.ports.types import Catalog


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the engine trusts what it cannot see, in seconds.

    `token_lifetime`: for how long the cloud is trusted to remember a client token (unpublished).
    `visibility`: for how long a new thing may stay invisible.
    """

    token_lifetime: float = 600.0
    visibility: float = 300.0


@dataclass(frozen=True, slots=True)
class Site:
    """What every step of one run has in common; `hidden` are the texts of its NoEcho values."""

    stack: Stack
    operation_id: str
    installation: str
    change_set: ChangeSet
    catalog: Catalog
    patience: Patience
    deletes_remains: bool = False
    hidden: frozenset[str] = frozenset()


BEHIND = 5.0
"""Seconds by which clocks of several machines, or one that is being set, may differ."""


class Unready(Exception):
    """A step's properties cannot be had; the step fails before its handler is asked."""

    def __init__(self, failure: Failed) -> None:
        self.failure = failure
        super().__init__(failure.message)


class Recorded:
    """What references give while an operation runs: only what is recorded."""

    def __init__(self, resources: Mapping[str, Resource]) -> None:
        self._resources = resources

    def reference(self, address: ResourceAddress) -> Value:
        """The recorded physical id, UNKNOWN where there is none yet."""
        resource = self._resources.get(str(address))
        if resource is None or resource.physical_id is None:
            return UNKNOWN
        return resource.physical_id

    def attribute(self, address: ResourceAddress, name: str) -> Value:
        """The recorded attribute, UNKNOWN where the resource is not finished."""
        resource = self._resources.get(str(address))
        if resource is None or not resource.attributes:
            return UNKNOWN
        if name not in resource.attributes:
            raise LookupError(name)
        return resource.attributes[name]


def derive_token(operation_id: str, step: Step, phase: int, generation: int) -> str:
    """The client token of a step: the same on every repeat, 40 ASCII characters."""
    text = "\n".join(
        (operation_id, str(phase), str(step.address), step.action.value, str(generation))
    )
    return "if" + hashlib.sha256(text.encode()).hexdigest()[:38]


def begin(
    step: Step, site: Site, resources: Mapping[str, Resource], phase: int, now: float
) -> StepRecord:
    """The intent of a step, with its properties evaluated from what is recorded.

    Raises Unready where a property has no value, does not fit, or may not be changed.
    """
    generation = step.resource.generation if step.resource is not None else 0
    if step.action is HandlerAction.CREATE:
        before = resources.get(str(step.address))
        generation = (before.generation if before is not None else 0) + 1
    properties = _properties(step, site, resources)
    return StepRecord(
        phase=phase,
        step_id=step.step_id,
        address=step.address,
        type_name=step.type_name,
        action=step.action,
        status=StepStatus.INTENDED,
        token=derive_token(site.operation_id, step, phase, generation),
        intended_at=now,
        physical_id=step.resource.physical_id
        if step.resource is not None and step.action is not HandlerAction.CREATE
        else None,
        properties=properties,
        context=first_notes(step),
    )


def first_notes(step: Step) -> Context:
    """The notes that a step begins with: what an adoption takes in is never lost sight of."""
    former: Context = {}
    if step.resource is not None and step.action is HandlerAction.DELETE:
        former = step.resource.context
    return former if step.adopts is None else {**former, "adopts": dict(step.adopts)}


def _properties(
    step: Step, site: Site, resources: Mapping[str, Resource]
) -> Mapping[str, Value] | None:
    if step.leftover is not None:
        return {"leftover": step.leftover}
    wanted = step.wanted
    if wanted is None:
        return None
    found = site.catalog.find(wanted.type_name)
    if found is None:
        raise Unready(
            Failed(
                ErrorCode.INVALID_REQUEST, f'the type "{wanted.type_name}" is not installed here'
            )
        )
    if all(isinstance(part, Literal) for part in wanted.properties.values()):
        # Everything was known at planning, and conformed and checked there.
        known = {
            name: part.value
            for name, part in wanted.properties.items()
            if isinstance(part, Literal)
        }
        _refuse_in_place(step, found.schema, known, site)
        return known
    bindings = site.change_set.bindings
    scope = Scope(
        bindings, Recorded(resources), MANNERS[site.change_set.dialect], step.address.index
    )
    raw: dict[str, Value] = {}
    for name, expression in wanted.properties.items():
        try:
            raw[name] = evaluate(expression, scope)
        except EvaluationError as refused:
            raise Unready(
                Failed(ErrorCode.INVALID_REQUEST, refused.diagnostic.message)
            ) from refused
        if not is_known(raw[name]):
            raise Unready(
                Failed(
                    ErrorCode.INVALID_REQUEST,
                    f'"{name}" depends on a value that does not exist',
                )
            )
    conformed = conform(found.schema, raw)
    problems = [*conformed.problems, *found.check(conformed.values, site.stack.place.region)]
    wrong = [
        f"{render_path(problem.path)}: {problem.message}"
        for problem in problems
        if problem.severity is Severity.ERROR
    ]
    if wrong:
        raise Unready(Failed(ErrorCode.INVALID_REQUEST, "; ".join(wrong)))
    _refuse_in_place(step, found.schema, conformed.values, site)
    return conformed.values


def _refuse_in_place(
    step: Step, schema: ResourceSchema, wanted: Mapping[str, Value], site: Site
) -> None:
    """Raise Unready where an update needs a replacement that is not allowed.

    Of values that are known only now nobody could say so before; a plan may also have left that to
    its step.
    """
    if step.action is not HandlerAction.UPDATE or step.resource is None:
        return
    changed = differences(schema, step.resource.properties, wanted)
    if site.change_set.replacement_allowed or replacement_of(changed) is not Replacement.YES:
        return
    names = ", ".join(
        render_path(change.path)
        for change in changed
        if change.requires_replacement is Replacement.YES
    )
    raise Unready(
        Failed(
            ErrorCode.NOT_UPDATABLE,
            f"{names} turned out to change, which needs a replacement;"
            " allow replacements to carry it out",
        )
    )


def question(
    step: Step,
    record: StepRecord,
    site: Site,
    now: float,
    entered_at: float,
    wall: float,
    confirm: Confirm,
) -> HandlerRequest:
    """What the handler of a step is asked, from the step and its record.

    `confirm` raises once the operation is another's. `now` is the run's own time and `wall` the
    wall clock's: an intent is young by both, or old.
    """
    resource = step.resource
    return HandlerRequest(
        action=step.action,
        type_name=step.type_name,
        address=str(step.address),
        stack_id=site.stack.stack_id,
        stack_name=site.stack.name,
        region=site.stack.place.region,
        installation=site.installation,
        operation_id=site.operation_id,
        token=record.token,
        now=now,
        intended_at=record.intended_at,
        physical_id=record.physical_id
        if step.action is HandlerAction.CREATE or resource is None
        else resource.physical_id,
        properties=_asked(step, record),
        previous=resource.properties if resource is not None else {},
        attributes=resource.attributes if resource is not None else {},
        context=record.context,
        unfinished=resource.context if resource is not None else {},
        leftover=step.leftover,
        leftovers=resource.leftovers if resource is not None else (),
        replaces=_replaces(step, record, site),
        uncertain=_is_uncertain(step, record, site.patience, now, wall),
        repeated=record.intended_at < entered_at,
        visible_by=max(record.intended_at, entered_at) + site.patience.visibility,
        adopts=step.adopts,
        observed=step.observed,
        renews=step.renews,
        deletes_remains=site.deletes_remains
        or (resource is not None and resource.deletes_remains)
        or (step.wanted is not None and step.wanted.deletes_remains),
        made_at=resource.created_at if resource is not None else record.intended_at,
        confirm=confirm,
    )


def _is_uncertain(
    step: Step, record: StepRecord, patience: Patience, now: float, wall: float
) -> bool:
    """True for an intent without an id whose token the cloud may have forgotten by now."""
    # A clock that was set back tells nothing of how long ago it was.
    is_old = (
        max(now, wall) - record.intended_at > patience.token_lifetime
        or wall < record.intended_at - BEHIND
    )
    return (
        step.action is HandlerAction.CREATE
        and is_old
        and record.status is StepStatus.INTENDED
        and record.physical_id is None
    )


def _replaces(step: Step, record: StepRecord, site: Site) -> bool:
    """True where the update needs a new physical id, planned so or seen only now."""
    resource = step.resource
    if step.replaces or step.action is not HandlerAction.UPDATE or resource is None:
        return step.replaces
    found = site.catalog.find(step.type_name)
    if found is None:
        return False
    changed = differences(found.schema, resource.properties, record.properties or {})
    return replacement_of(changed) is Replacement.YES


def _asked(step: Step, record: StepRecord) -> Mapping[str, Value]:
    if step.leftover is None and record.properties is not None:
        return record.properties
    return step.resource.properties if step.resource is not None else {}


def retried(record: StepRecord, outcome: Failed, jitter: float) -> tuple[StepRecord, float] | None:
    """A failure that may pass: the record and the seconds until the next try, or None to give up."""
    if not outcome.retriable or record.attempts >= 20:
        return None
    delay = outcome.retry_after
    if delay is None:
        delay = min(60.0, 1.0 * 2**record.attempts) * (0.5 + jitter / 2)
    return replace(
        record,
        attempts=record.attempts + 1,
        context=outcome.context or record.context,
        reason=outcome.message,
    ), delay
