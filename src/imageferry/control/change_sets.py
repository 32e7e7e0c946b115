"""Create and execute change sets: every deed begins here."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

from imageferry.control.adoption import settle_adoptions
from imageferry.control.desk import Desk
from imageferry.control.drift import drifts_of, gone_from
from imageferry.control.exports import concerns_others, faults_of_exports
from imageferry.control.inquiries import Question, answer_inquiries
from imageferry.control.notices import expect_notices
from imageferry.control.openings import begin
from imageferry.control.protection import judged, keep_choices, refuse_removal
from imageferry.control.readings import plan_with_readings
from imageferry.control.requests import (
    ExecutionOptions,
    LanguageForeign,
    OperationHolds,
    Planned,
    RequestRefused,
    StackRequest,
    in_use,
)
from imageferry.control.surroundings import pseudo_parameters
from imageferry.control.templates import (
    Prepared,
    kept_parameters,
    language_of,
    prepare,
    read_template,
    stack_name_fault,
)
from imageferry.dialects.customs import CUSTOMS
from imageferry.engine.closing import evaluate_outputs
from imageferry.evaluation.scopes import MANNERS
from imageferry.model.changes import ChangeKind, ChangeSet
from imageferry.model.diagnostics import Diagnostic, TemplateError
from imageferry.model.events import Event
from imageferry.model.inquiries import Inquiry
from imageferry.model.operations import Operation
from imageferry.model.stacks import Place, Resource, Stack
from imageferry.model.statuses import WAYS, StackStatus, Verb
from imageferry.model.templates import Bindings, Template
from imageferry.model.values import Value
from imageferry.planning.planner import Intention
from imageferry.planning.refreshing import set_back
from imageferry.planning.selection import only
from imageferry.ports.keeping import Outdated, Overtaken, Protection, StackBusy, Store

_KINDS = {StackStatus.CREATING: ChangeKind.CREATE, StackStatus.UPDATING: ChangeKind.UPDATE}


async def create_change_set(
    desk: Desk,
    request: StackRequest,
    known: Mapping[Inquiry, Value] | None = None,
    parts: Sequence[str] = (),
) -> Planned:
    """What it takes to bring a stack to what is asked.

    `known` are answers that count as they are; `parts` the only resources to be touched, all where
    it is empty. Raises TemplateError, RequestRefused, or OperationHolds where the stack is busy with something
    else; where it is busy with just this, the answer says so (`running`).
    """
    place = replace(desk.place, region=request.region)
    stacks = await desk.store.find_stacks(place, request.stack_name)
    existing = stacks[0] if stacks else None
    previous = {} if existing is None else existing.parameters
    template, warnings = await desk.asides(
        request.template, lambda: _read(request, place, existing)
    )
    stack = existing or _new_stack(desk, request, place, template.dialect)
    open_one = None if existing is None else await _open_change_set(desk, existing)
    question = Question(
        stack,
        template,
        request.parameters,
        kept_parameters(template, previous, request.kept),
        pseudo_parameters(place, stack.stack_id, stack.name),
        (known or {}) if open_one is None else open_one.bindings.answers,
    )
    answered = await answer_inquiries(desk, question)
    prepared = await desk.asides(
        request.template,
        lambda: prepare(
            template,
            request.parameters,
            previous,
            place,
            stack.stack_id,
            stack.name,
            desk.catalog,
            warnings,
            answered,
            request.kept,
        ),
    )
    replaces = CUSTOMS[template.dialect].replaces if request.replace is None else request.replace
    if existing is not None:
        running = await _running(
            desk, existing, request.template, prepared.bindings, replaces, request.adopt or {}
        )
        if running is not None:
            return running
    kind = _KINDS[WAYS[stack.status][Verb.DEPLOY]]
    planned = await _planned(desk, request, stack, prepared, kind, replaces, existing is None)
    if not parts:
        return planned
    return replace(planned, change_set=only(planned.change_set, parts), is_current=False)


def _read(
    request: StackRequest, place: Place, existing: Stack | None
) -> tuple[Template, tuple[Diagnostic, ...]]:
    """The template that is asked for, in the language that the stack was made from."""
    previous = {} if existing is None else existing.parameters
    surroundings = pseudo_parameters(place, "", request.stack_name)
    # The id of a stack belongs to it; a loop over it would make other names in each.
    del surroundings["stack_id"]
    template, warnings = read_template(
        request.template,
        request.template_name,
        request.parameters,
        previous,
        surroundings,
        request.kept,
        is_strict=request.is_strict,
    )
    if request.language is not None and template.dialect != request.language:
        raise LanguageForeign(template.dialect, request.language)
    if existing is not None and existing.dialect != template.dialect:
        raise RequestRefused(
            f'the stack "{existing.name}" was made from a {language_of(existing.dialect)} template'
            f" and cannot be updated with a {language_of(template.dialect)} one",
            "give the new stack another name, or delete the old one first",
        )
    return template, warnings


async def _planned(
    desk: Desk,
    request: StackRequest,
    stack: Stack,
    prepared: Prepared,
    kind: ChangeKind,
    replaces: bool,
    is_new: bool,
) -> Planned:
    resources: Mapping[str, Resource] = {}
    if not is_new:
        resources = await desk.store.resources(stack.stack_id)
    drifts = await drifts_of(desk, stack, resources) if request.refresh else ()
    wanted = replace(stack, template=request.template, template_name=request.template_name)
    change_set = await plan_with_readings(
        desk,
        stack,
        Intention(
            change_set_id=desk.entropy.new_id(),
            stack=wanted,
            kind=kind,
            template=prepared.template,
            bindings=prepared.bindings,
            manners=MANNERS[prepared.template.dialect],
            replacement_allowed=replaces,
            now=desk.clock.now(),
            gone=gone_from(drifts),
        ),
        resources,
    )
    change_set = set_back(change_set, drifts, desk.catalog, resources) if drifts else change_set
    change_set = replace(change_set, warnings=(*prepared.warnings, *change_set.warnings))
    if request.adopt is not None:
        change_set = await settle_adoptions(desk, stack, change_set, request, resources)
    change_set = judged(change_set, request, stack, resources)
    faults = await faults_of_exports(desk.store, stack, change_set, prepared.template)
    if faults:
        raise TemplateError([*prepared.warnings, *faults])
    is_current = (
        change_set.is_empty
        and kind is ChangeKind.UPDATE
        and stack.template == request.template
        and stack.parameters == prepared.bindings.parameters
        and stack.status in {StackStatus.CREATED, StackStatus.UPDATED}
        and _says_the_same(change_set, stack, resources)
    )
    first = wanted if is_new else stack
    return Planned(
        change_set,
        replace(first, parameters=prepared.bindings.parameters) if is_new else first,
        is_new,
        fingerprint(change_set),
        is_current=is_current,
        is_protected=request.is_protected,
        policy=request.policy,
        tags=request.tags,
        options=request.options,
    )


def _says_the_same(change_set: ChangeSet, stack: Stack, resources: Mapping[str, Resource]) -> bool:
    """True where not even an output would differ: the world beside the template may have changed."""
    if not change_set.bindings.answers:
        return True
    outputs, _ = evaluate_outputs(change_set, resources)
    return outputs == stack.outputs


async def _open_change_set(desk: Desk, stack: Stack) -> ChangeSet | None:
    """The change set of the operation that is open on a stack."""
    operation = await desk.store.last_operation(stack.stack_id)
    if operation is None or not operation.status.is_open:
        return None
    return await desk.store.change_set(operation.change_set_id)


def _new_stack(desk: Desk, request: StackRequest, place: Place, dialect: str) -> Stack:
    customs = CUSTOMS[dialect]
    fault = stack_name_fault(dialect, request.stack_name)
    if fault is not None:
        raise TemplateError([fault])
    stack_id = customs.identify(
        place.region, place.account_id, request.stack_name, desk.entropy.new_id()
    )
    now = desk.clock.now()
    return Stack(
        stack_id,
        request.stack_name,
        place,
        dialect,
        StackStatus.REVIEWING,
        created_at=now,
        updated_at=now,
    )


async def _running(
    desk: Desk,
    stack: Stack,
    template: bytes,
    bindings: Bindings,
    replaces: bool,
    adoptions: Mapping[str, str],
) -> Planned | None:
    """The open operation of a stack where it does just what is asked; raises OperationHolds."""
    operation = await desk.store.last_operation(stack.stack_id)
    if operation is None or not operation.status.is_open:
        if operation is not None and not stack.status.is_final:
            # It has ended since the stack was read: nothing is planned for what was halfway.
            raise OperationHolds(operation, stack)
        return None
    change_set = await desk.store.change_set(operation.change_set_id)
    is_same = (
        change_set is not None
        and change_set.kind in _KINDS.values()
        and change_set.adoptions.items() <= adoptions.items()
        and bool(change_set.adoptions) == bool(adoptions)
        and (adoptions or not change_set.left_out)
        and change_set.template == template
        and change_set.bindings.parameters == bindings.parameters
        and change_set.replacement_allowed == replaces
        and not operation.cancel_requested
    )
    if change_set is None or not is_same:
        raise OperationHolds(operation, stack)
    return Planned(change_set, stack, False, operation.fingerprint, running=operation)


async def execute_change_set(desk: Desk, planned: Planned, options: ExecutionOptions) -> Operation:
    """Save the change set, open its operation and hand it out; or hand out the one that runs.

    Raises TemplateError where replacements are needed and not allowed, RequestRefused where the
    stacks beside it or its protection forbid it by now, or it is not what it was when this was
    planned, all before any call, and OperationHolds where another operation does something else,
    or this with other options.
    """
    if planned.running is not None:
        await keep_choices(desk, planned)
        return await _rejoin(desk, planned.running, planned.stack, options)
    change_set = planned.change_set
    if change_set.blocked:
        raise TemplateError(change_set.blocked)
    known = await _as_planned(desk, planned)
    refuse_removal(planned, known, options)
    await desk.store.save_change_set(change_set)
    operation, stack, begun = begin(desk, planned, known, options)
    await expect_notices(desk, stack)
    try:
        opened = await _opened(desk.store, planned, operation, stack, begun)
    except StackBusy as busy:
        return await _met(desk, busy.operation, planned, options)
    except Outdated as outdated:
        raise RequestRefused(
            f'stack "{stack.name}" was changed after this was planned, so the '
            "plan is out of date; plan again and look at what it would do now"
        ) from outdated
    await _submit(desk, opened)
    return opened


async def _as_planned(desk: Desk, planned: Planned) -> Stack:
    """The stack of this moment; raises RequestRefused where it was worked on since it was planned."""
    stack = planned.stack
    if planned.is_new:
        return stack
    known = await desk.store.stack(stack.stack_id)
    if known is None:
        # It is planned for, and nothing of it was ever kept.
        return stack
    if known.operation_id != stack.operation_id and known.status.is_final:
        raise RequestRefused(
            f'"{stack.name}" was changed after this was planned',
            "give the command again: it plans from what there is now",
        )
    return known


async def _opened(
    store: Store, planned: Planned, operation: Operation, stack: Stack, begun: Event
) -> Operation:
    """Open the operation while the stacks beside it allow it; nobody comes in between."""
    change_set = planned.change_set
    # What was planned is right for the stack as it was then, and for no other.
    follows = None if planned.is_new else planned.stack.operation_id
    protection = Protection(planned.is_protected, planned.policy, planned.tags, planned.options)
    if not concerns_others(planned.stack, change_set):
        return await store.open_operation(
            operation, stack, [begun], follows=follows, protection=protection
        )
    while True:
        mark = await store.mark()
        faults = await faults_of_exports(store, planned.stack, change_set)
        if faults:
            raise in_use(faults)
        try:
            return await store.open_operation(operation, stack, [begun], mark, follows, protection)
        except Overtaken:
            # Somebody has opened or ended an operation meanwhile: look at the others again.
            continue


async def _met(
    desk: Desk, other: Operation, planned: Planned, options: ExecutionOptions
) -> Operation:
    """Somebody was quicker: the operation that was opened meanwhile, where it does the same."""
    stack = await desk.store.stack(other.stack_id) or planned.stack
    change_set = planned.change_set
    if change_set.kind not in _KINDS.values():
        same = other if other.kind is change_set.kind else None
    elif change_set.left_out and not change_set.adoptions:
        same = None
    else:
        found = await _running(
            desk,
            stack,
            change_set.template,
            change_set.bindings,
            change_set.replacement_allowed,
            change_set.adoptions,
        )
        same = None if found is None else found.running
    if same is None:
        raise OperationHolds(other, stack)
    return await _rejoin(desk, same, stack, options)


async def _rejoin(
    desk: Desk, operation: Operation, stack: Stack, options: ExecutionOptions
) -> Operation:
    limit = None if operation.deadline is None else operation.deadline - operation.started_at
    # The difference of two dates is not to the last digit what their sum was made from.
    has_other_limit = (limit is None) != (options.timeout is None) or (
        limit is not None and options.timeout is not None and abs(limit - options.timeout) > 0.01
    )
    if has_other_limit or (options.on_failure, options.parallel, options.deletes_remains) != (
        operation.on_failure,
        operation.parallel,
        operation.deletes_remains,
    ):
        raise OperationHolds(operation, stack)
    await _submit(desk, operation)
    return operation


async def _submit(desk: Desk, operation: Operation) -> None:
    await desk.dispatcher.submit(None, operation.operation_id, stack_id=operation.stack_id)


def fingerprint(change_set: ChangeSet) -> str:
    """What a change set was made from, without its parameters' values: for people to compare."""
    digest = hashlib.sha256(change_set.template)
    digest.update(f"{change_set.kind.value} {change_set.replacement_allowed}".encode())
    return digest.hexdigest()[:16]
