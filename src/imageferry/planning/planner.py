"""plan: from a template and what exists to a ChangeSet that carries everything its doing needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from imageferry.evaluation.conformance import conform
from imageferry.evaluation.errors import EvaluationError
from imageferry.evaluation.evaluator import evaluate
from imageferry.evaluation.scopes import Manners, Scope
from imageferry.model.addresses import ResourceAddress, render_path
from imageferry.model.changes import (
    Action,
    ChangeKind,
    ChangeSet,
    Replacement,
    ResourceChange,
    WantedOutput,
)
from imageferry.model.diagnostics import Diagnostic, Severity, TemplateError, error, warning
from imageferry.model.expressions import Expression, Literal
from imageferry.model.schemas import Problem, ResourceSchema
from imageferry.model.stacks import Resource, Stack
from imageferry.model.statuses import ResourceStatus
from imageferry.model.templates import Bindings, Template
from imageferry.model.values import UNKNOWN, Value
from imageferry.planning.differences import settled, signature
from imageferry.planning.expansion import Draft, expand
from imageferry.planning.idle_readings import without_idle
from imageferry.planning.instances import Instance, change_of, deletion_of
from imageferry.planning.moves import match
from imageferry.planning.outputs import wanted_outputs
from imageferry.planning.readings import (
    drafts_with_results,
    results_of,
    with_reading,
    with_results,
)
from imageferry.ports.types import Catalog

_STANDING = {Action.NONE, Action.MOVE}
_STAYING = {Action.NONE, Action.MOVE, Action.UPDATE}


@dataclass(frozen=True, slots=True)
class Intention:
    """What somebody wants of a stack; `template` is None for nothing at all.

    `gone` are the addresses of recorded resources that the cloud does not have any longer: what is
    still wanted there is made anew. `readings` are what was found, by address, for those resources
    that only read and could be read so far.
    """

    change_set_id: str
    stack: Stack
    kind: ChangeKind
    template: Template | None
    bindings: Bindings
    manners: Manners
    replacement_allowed: bool
    now: float
    gone: frozenset[str] = frozenset()
    readings: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)


@dataclass(slots=True)
class _Expectation:
    """What references will give once the changes planned so far are carried out.

    `moving` are the addresses at which something will be done.
    """

    physical_ids: dict[ResourceAddress, Value] = field(default_factory=dict)
    attributes: dict[ResourceAddress, Mapping[str, Value]] = field(default_factory=dict)
    schemas: dict[ResourceAddress, ResourceSchema] = field(default_factory=dict)
    moving: set[ResourceAddress] = field(default_factory=set)

    def reference(self, address: ResourceAddress) -> Value:
        return self.physical_ids.get(address, UNKNOWN)

    def attribute(self, address: ResourceAddress, name: str) -> Value:
        schema = self.schemas.get(address)
        if schema is not None and name not in schema.attributes:
            raise LookupError(name)
        return self.attributes.get(address, {}).get(name, UNKNOWN)

    def put(self, change: ResourceChange, resource: Resource | None, renewed: bool) -> None:
        if change.reading is not None and change.reading.attributes is not None:
            self.attributes[change.address] = change.reading.attributes
            return
        if change.action not in _STANDING:
            self.moving.add(change.address)
        if change.reading is not None:
            return
        if change.action is Action.CREATE or resource is None or change.repairs:
            return
        if change.replacement is Replacement.NO:
            self.physical_ids[change.address] = resource.physical_id
            schema = self.schemas[change.address]
            kept = {
                name: value
                for name, value in resource.attributes.items()
                if not (renewed and name in schema.renewed_attributes)
            }
            self.attributes[change.address] = kept


def plan(intention: Intention, resources: Mapping[str, Resource], catalog: Catalog) -> ChangeSet:
    """Compare what is wanted with what exists.

    Raises TemplateError where a value cannot be evaluated or does not fit its type. Replacements
    that are not allowed are in the change set, marked as blocked.
    """
    expectation = _Expectation()
    changes: list[ResourceChange] = []
    groups: list[list[Draft]] = []
    template, results = intention.template, None
    if template is not None:
        results = results_of(template, catalog)
        template = with_results(template, catalog)
        groups = expand(template, intention.bindings, intention.manners)
        if results is not None:
            groups = [drafts_with_results(drafts, results) for drafts in groups]
    wanted_ids = {drafts[0].address.logical_id for drafts in groups}
    by_id = _by_logical_id(resources)
    faults: list[Diagnostic] = []
    for drafts in groups:
        try:
            known: dict[str, Value] = {}
            evaluated = [
                _evaluate(draft, intention, expectation, catalog, known) for draft in drafts
            ]
        except TemplateError as refused:
            faults.extend(refused.diagnostics)
            continue
        for instance in evaluated:
            expectation.schemas[instance.draft.address] = instance.schema
        existing = by_id.get(drafts[0].address.logical_id, [])
        changes += _group(evaluated, existing, intention, expectation, catalog)
    if faults:
        raise TemplateError(faults)
    for logical_id, gone in by_id.items():
        if logical_id not in wanted_ids:
            changes += [deletion_of(resource, resource.address) for resource in gone]
    outputs: tuple[WantedOutput, ...] = ()
    if template is not None:
        scope = Scope(intention.bindings, expectation, intention.manners)
        outputs = wanted_outputs(template, scope, results)
        changes = without_idle(changes, resources, outputs, scope)
    return ChangeSet(
        change_set_id=intention.change_set_id,
        stack_id=intention.stack.stack_id,
        stack_name=intention.stack.name,
        kind=intention.kind,
        dialect=intention.stack.dialect,
        region=intention.stack.place.region,
        changes=tuple(changes),
        outputs=outputs,
        bindings=intention.bindings,
        template=intention.stack.template,
        template_name=intention.stack.template_name,
        description="" if intention.template is None else intention.template.description,
        warnings=_warnings(changes),
        replacement_allowed=intention.replacement_allowed,
        created_at=intention.now,
    )


def _by_logical_id(resources: Mapping[str, Resource]) -> dict[str, list[Resource]]:
    found: dict[str, list[Resource]] = {}
    for resource in resources.values():
        found.setdefault(resource.address.logical_id, []).append(resource)
    return found


def _evaluate(
    draft: Draft,
    intention: Intention,
    expectation: _Expectation,
    catalog: Catalog,
    known: dict[str, Value],
) -> Instance:
    """A draft with its values; `known` keeps those that all instances of the definition share."""
    found = catalog.find(draft.definition.type_name)
    if found is None:
        raise TemplateError(
            [
                error(
                    "IF509",
                    f'"{draft.address}" has the type "{draft.definition.type_name}",'
                    " which is not installed",
                    span=draft.definition.type_span,
                )
            ]
        )
    scope = Scope(intention.bindings, expectation, intention.manners, draft.address.index)
    raw: dict[str, Value] = {}
    faults: list[Diagnostic] = []
    for name, expression in draft.properties.items():
        if name in known:
            raw[name] = known[name]
            continue
        try:
            raw[name] = evaluate(expression, scope)
        except EvaluationError as refused:
            faults.append(refused.diagnostic)
            continue
        if name in draft.shared:
            known[name] = raw[name]
    conformed = conform(found.schema, raw)
    values = conformed.values
    is_settled = settled(values)
    problems = list(conformed.problems)
    if draft.depends_on and is_settled and not faults:
        # What other resources give was not known yet when the template was checked.
        problems += found.check(values, intention.stack.place.region)
    faults += _misfits(draft, problems)
    if faults:
        raise TemplateError(faults)
    properties: Mapping[str, Expression]
    if is_settled:
        properties = {name: Literal(value) for name, value in values.items()}
    else:
        properties = {
            name: draft.properties[name] if value is UNKNOWN or not settled({"": value})
            else Literal(value)
            for name, value in raw.items()
        }  # fmt: skip
    return Instance(draft, found.schema, values, properties)


def _misfits(draft: Draft, problems: Sequence[Problem]) -> list[Diagnostic]:
    """What does not fit the type, at the property's line."""
    spans = draft.definition.property_spans
    return [
        Diagnostic(
            problem.code,
            problem.severity,
            f"{draft.address}.{render_path(problem.path)}: {problem.message}",
            problem.why,
            problem.remedy,
            spans.get(str(problem.path[0])) if problem.path else draft.definition.span,
        )
        for problem in problems
        if problem.severity is Severity.ERROR
    ]


def _group(
    evaluated: Sequence[Instance],
    existing: Sequence[Resource],
    intention: Intention,
    expectation: _Expectation,
    catalog: Catalog,
) -> list[ResourceChange]:
    """The changes of all instances of one definition."""
    plain = {resource.address: resource for resource in existing}
    counted = {
        resource.address.index: resource
        for resource in existing
        if resource.address.index is not None
    }
    changes: list[ResourceChange] = []
    source: Mapping[int, int] = {}
    doomed: Mapping[int, int] = {index: index for index in counted}
    if evaluated and evaluated[0].draft.address.index is not None and counted:
        matching = match(*_signatures(evaluated, counted, catalog))
        source, doomed = matching.source, matching.doomed
    for instance in evaluated:
        address = instance.draft.address
        if address.index is None:
            resource = plain.pop(address, None)
        else:
            came_from = source.get(address.index)
            resource = None if came_from is None else counted[came_from]
            if resource is not None:
                plain.pop(resource.address, None)
        is_gone = resource is not None and str(resource.address) in intention.gone
        if is_gone and not instance.schema.renewed_attributes:
            resource = None
        change, renewed = change_of(
            instance, resource, catalog, replacement_allowed=intention.replacement_allowed
        )
        if is_gone and change.action in _STAYING:
            # What stands for it in references stays; what is behind it is made anew.
            change, renewed = replace(change, action=Action.UPDATE, renews=True), True
        if instance.schema.reads_only:
            waits = any(other in expectation.moving for other in instance.draft.depends_on)
            found = intention.readings.get(str(address))
            change = with_reading(
                change, instance.schema, instance.values, resource, found, waits=waits
            )
        expectation.put(change, resource, renewed)
        changes.append(change)
    for resource in plain.values():
        index = resource.address.index
        place = resource.address
        if index is not None and index in doomed:
            place = ResourceAddress(place.logical_id, doomed[index])
        changes.append(deletion_of(resource, place))
    return changes


def _signatures(
    evaluated: Sequence[Instance], counted: Mapping[int, Resource], catalog: Catalog
) -> tuple[dict[int, str | None], dict[int, str | None]]:
    """What each wanted and each existing instance is, by index; a mark where both are the same."""
    wanted: dict[int, str | None] = {}
    existing: dict[int, str | None] = {}
    for instance in evaluated:
        index = instance.draft.address.index or 0
        resource = counted.get(index)
        if (
            resource is not None
            and resource.properties == instance.values
            and _is_settled(resource)
            and settled(instance.values)
        ):
            wanted[index] = existing[index] = f"the same at {index}"
        else:
            wanted[index] = (
                signature(instance.schema, instance.values) if settled(instance.values) else None
            )
    for index, resource in counted.items():
        if index not in existing:
            existing[index] = _signature(resource, catalog)
    return wanted, existing


def _is_settled(resource: Resource) -> bool:
    return resource.status.is_whole and resource.status is not ResourceStatus.UPDATE_FAILED


def _signature(resource: Resource, catalog: Catalog) -> str | None:
    found = catalog.find(resource.type_name)
    if found is None or not _is_settled(resource):
        return None
    return signature(found.schema, resource.properties)


def _warnings(changes: Sequence[ResourceChange]) -> tuple[Diagnostic, ...]:
    return tuple(
        warning(
            "IF603",
            f'"{render_path(changed.path)}" of "{change.address}" is removed,'
            " and the cloud keeps its old text",
            why="the ECS API cannot clear it",
            span=changed.span,
        )
        for change in changes
        if change.action is Action.UPDATE
        for changed in change.properties
        if changed.after is None and changed.remark.startswith("the cloud cannot clear")
    )
