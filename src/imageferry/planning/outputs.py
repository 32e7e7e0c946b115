"""Outputs as a change set carries them: to be evaluated at the end, with what is exported foreseen."""

from __future__ import annotations

from collections.abc import Callable

from imageferry.evaluation.errors import EvaluationError
from imageferry.evaluation.evaluator import evaluate
from imageferry.evaluation.exports import export_name_of
from imageferry.evaluation.folding import specialise
from imageferry.evaluation.scopes import Scope
from imageferry.model.changes import WantedOutput
from imageferry.model.diagnostics import Diagnostic, TemplateError, error
from imageferry.model.expressions import Expression
from imageferry.model.templates import Output, Template
from imageferry.model.values import NO_VALUE, UNKNOWN, Secret, Value


def wanted_outputs(
    template: Template, scope: Scope, written: Callable[[Expression], Expression] | None = None
) -> tuple[WantedOutput, ...]:
    """The outputs whose condition holds; the scope's resources are as the changes will leave them.

    `written` is what becomes of each value once its computed texts are seen.
    Raises TemplateError for export names that are none, or that two outputs have.
    """
    outputs: list[WantedOutput] = []
    faults: list[Diagnostic] = []
    exported: dict[str, str] = {}
    for output in template.outputs.values():
        if output.condition is not None and not scope.bindings.conditions.get(
            output.condition, True
        ):
            continue
        try:
            wanted = _wanted(output, scope, written)
        except EvaluationError as refused:
            faults.append(refused.diagnostic)
            continue
        if wanted.export_name:
            first = exported.setdefault(wanted.export_name, wanted.name)
            if first != wanted.name:
                faults.append(_twice(first, output, wanted.export_name))
        outputs.append(wanted)
    if faults:
        raise TemplateError(faults)
    return tuple(outputs)


def _twice(first: str, output: Output, name: str) -> Diagnostic:
    return error(
        "IF361",
        f"the outputs '{first}' and '{output.name}' have the same export name '{name}'",
        why="a name is exported once in each account and region",
        remedy="give one of them another name",
        span=(None if output.export_name is None else output.export_name.span) or output.span,
    )


def _wanted(
    output: Output, scope: Scope, written: Callable[[Expression], Expression] | None
) -> WantedOutput:
    value = specialise(output.value, scope.bindings, None, scope.manners)
    if written is not None:
        value = written(value)
    name = export_name_of(output, scope)
    if name is None:
        return WantedOutput(output.name, value, output.description, output.no_echo)
    foreseen: Value
    try:
        foreseen = evaluate(value, scope)
    except EvaluationError:
        # It is told at the end, as with every output.
        foreseen = UNKNOWN
    if foreseen is NO_VALUE:
        foreseen = None
    if output.no_echo and foreseen is not UNKNOWN and not isinstance(foreseen, Secret):
        foreseen = Secret(foreseen)
    return WantedOutput(output.name, value, output.description, output.no_echo, name, foreseen)
