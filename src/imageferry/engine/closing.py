"""How an operation ends: the stack's last status, its outputs and the closing event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from imageferry.engine.execution import Recorded
from imageferry.evaluation.errors import EvaluationError
from imageferry.evaluation.evaluator import evaluate
from imageferry.evaluation.scopes import MANNERS, Scope
from imageferry.model.changes import ChangeKind, ChangeSet
from imageferry.model.events import Event, stack_event
from imageferry.model.inquiries import Inquiry, InquiryKind
from imageferry.model.operations import OnFailure, Operation
from imageferry.model.stacks import Export, Resource, Stack
from imageferry.model.statuses import (
    ENDINGS,
    OperationStatus,
    ResourceStatus,
    StackStatus,
)
from imageferry.model.values import NO_VALUE, UNKNOWN, Secret, Value, reveal
from imageferry.ports.keeping import Closing


def final_status(
    stack: Stack, operation: Operation, end: OperationStatus, *, is_empty: bool
) -> StackStatus:
    """The stack's status after an operation that ended so; `is_empty`: it has no resources then.

    A stack that never came to be is gone once nothing of it is left, where that was asked for.
    """
    status = ENDINGS[stack.status, end]
    is_removal = operation.on_failure is OnFailure.DELETE and is_empty
    if status is StackStatus.CREATE_ROLLED_BACK and is_removal:
        return StackStatus.DELETED
    return status


def evaluate_outputs(
    change_set: ChangeSet, resources: Mapping[str, Resource]
) -> tuple[dict[str, Value], list[str]]:
    """The outputs, and a sentence for each that has no value; null stands for those."""
    outputs: dict[str, Value] = {}
    remarks = []
    manners = MANNERS[change_set.dialect]
    scope = Scope(change_set.bindings, Recorded(resources), manners)
    for wanted in change_set.outputs:
        value: Value
        try:
            value = evaluate(wanted.value, scope)
        except EvaluationError as refused:
            remarks.append(f'output "{wanted.name}": {refused.diagnostic.message}')
            value = None
        value = _without_gaps(value)
        hides = wanted.no_echo and not isinstance(value, Secret)
        outputs[wanted.name] = Secret(value) if hides else value
    return outputs, remarks


def _without_gaps(value: Value) -> Value:
    """The value with null for what is not known: the rest of a list is worth showing."""
    if value is UNKNOWN or value is NO_VALUE:
        return None
    if isinstance(value, Mapping):
        return {key: _without_gaps(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_gaps(item) for item in value]
    return value


def evaluate_exports(
    change_set: ChangeSet, outputs: Mapping[str, Value]
) -> tuple[tuple[Export, ...], list[str]]:
    """What is exported from now on, and a sentence for each export without a value."""
    exports = []
    remarks = []
    for wanted in change_set.outputs:
        if not wanted.export_name:
            continue
        value = outputs[wanted.name]
        if reveal(value) is None:
            remarks.append(f'"{wanted.export_name}" is not exported, since it has no value')
        else:
            exports.append(Export(wanted.export_name, wanted.name, value))
    return tuple(exports), remarks


_OF_STACKS = frozenset({InquiryKind.EXPORT, InquiryKind.STACK_OUTPUT})


def _asked(
    stack: Stack, change_set: ChangeSet, operation: Operation, end: OperationStatus
) -> tuple[Inquiry, ...]:
    """What the stack is made from that other stacks have said.

    Where an operation stopped half way, the resources may come from what was asked before it as
    well as from what it asked itself.
    """
    mine = tuple(inquiry for inquiry in change_set.bindings.answers if inquiry.kind in _OF_STACKS)
    match end:
        case OperationStatus.SUCCEEDED if operation.kind in {ChangeKind.CREATE, ChangeKind.UPDATE}:
            return mine
        case OperationStatus.ROLLED_BACK:
            return stack.asked
        case OperationStatus.SUCCEEDED if _restores_all(change_set):
            return change_set.asked_before or ()
        case _:
            return tuple(dict.fromkeys((*stack.asked, *mine)))


def _restores_all(change_set: ChangeSet) -> bool:
    """True of a rollback that knows what was asked before, and leaves nothing as it is."""
    return change_set.asked_before is not None and not change_set.left_out


def _evaluated_again(
    stack: Stack, origins: Sequence[ChangeSet], resources: Mapping[str, Resource], *, is_whole: bool
) -> tuple[Stack, list[str]]:
    """The stack with the outputs of the template that a rollback went back to; and what differs.

    What was made again has another id. Exports follow only where everything is restored
    (`is_whole`), and none is taken away: others may have imported it.
    """
    # What was kept of a failed deploy, and taken back later, is the newest of them.
    same = (one for one in origins if one.template == stack.template)
    origin = next((one for one in same if one.bindings.parameters == stack.parameters), None)
    if origin is None:
        return stack, []
    outputs, _ = evaluate_outputs(origin, resources)
    other = [name for name in outputs if outputs[name] != stack.outputs.get(name)]
    exports = stack.exports
    if is_whole and exports:
        last = origins[-1]
        values = outputs if last is origin else evaluate_outputs(last, resources)[0]
        exports = tuple(
            replace(export, value=values[export.output])
            if reveal(values.get(export.output)) is not None
            else export
            for export in exports
        )
    told = f"resources were made again, so that these outputs differ: {listed(other)}"
    return replace(stack, outputs=outputs, exports=exports), [told] if other else []


def _as_wanted(
    stack: Stack, change_set: ChangeSet, resources: Mapping[str, Resource], end: OperationStatus
) -> tuple[Stack, list[str]]:
    """The stack as its change set wants it to be; and a sentence for whatever has no value.

    What it exports changes only once all of it is there.
    """
    outputs, remarks = evaluate_outputs(change_set, resources)
    exports = stack.exports
    if end is OperationStatus.SUCCEEDED:
        exports, unexported = evaluate_exports(change_set, outputs)
        remarks += unexported
    after = replace(
        stack,
        template=change_set.template,
        template_name=change_set.template_name,
        parameters=change_set.bindings.parameters,
        outputs=outputs,
        exports=exports,
        description=change_set.description,
    )
    return after, remarks


_MOST_NAMED: Final = 20


def listed(names: Sequence[str]) -> str:
    """Names in a row, of many only the first."""
    shown = [*names[:_MOST_NAMED]]
    if len(names) > len(shown):
        shown.append(f"and {len(names) - len(shown)} more")
    return ", ".join(shown)


def reason_of(resources: Mapping[str, Resource], prefix: str = "") -> str:
    """Why it did not succeed: each failed resource with its own reason."""
    failures = [
        f"{resource.address}: {resource.status_reason}"
        for resource in resources.values()
        if resource.status
        in {
            ResourceStatus.CREATE_FAILED,
            ResourceStatus.UPDATE_FAILED,
            ResourceStatus.DELETE_FAILED,
        }
    ]
    parts = [prefix] if prefix else []
    shown = failures[:_MOST_NAMED]
    if len(failures) > len(shown):
        shown.append(f"and {len(failures) - len(shown)} more")
    return "; ".join([*parts, *shown])


def close(
    operation: Operation,
    stack: Stack,
    change_set: ChangeSet,
    resources: Mapping[str, Resource],
    end: OperationStatus,
    reason: str,
    now: float,
    notes: Sequence[str] = (),
    events: Sequence[Event] = (),
    origins: Sequence[ChangeSet] = (),
) -> Closing:
    """Everything that the end of an operation commits together, `events` before its own.

    `origins` are what the outputs of a stack come from that was undone.
    """
    status = final_status(stack, operation, end, is_empty=not resources)
    was_undone = operation.kind is ChangeKind.ROLLBACK or end in {
        OperationStatus.ROLLED_BACK,
        OperationStatus.ROLLBACK_FAILED,
    }
    after = replace(
        stack,
        status=status,
        status_reason=reason,
        updated_at=now,
        asked=_asked(stack, change_set, operation, end),
    )
    if was_undone:
        is_whole = status.is_restored and not change_set.left_out
        after, told = _evaluated_again(after, origins, resources, is_whole=is_whole)
        notes = [*notes, *told]
    if not was_undone and operation.kind is not ChangeKind.DELETE:
        after, told = _as_wanted(after, change_set, resources, end)
        notes = [*notes, *told]
    if status is StackStatus.DELETED:
        after = replace(after, outputs={}, exports=(), asked=(), is_protected=False, policy="")
    if status is StackStatus.DELETE_FAILED:
        # Half of it may be gone: nobody is to build on what is left.
        after = replace(after, exports=())
    event = stack_event(
        stack.stack_id,
        operation.operation_id,
        now,
        status,
        "; ".join([*([reason] if reason else []), *notes]),
    )
    return Closing(
        status=end,
        reason=reason,
        ended_at=now,
        stack=after,
        resources=tuple(resources.values()),
        events=(*events, event),
    )
