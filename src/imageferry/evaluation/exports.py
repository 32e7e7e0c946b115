"""export_name_of(output, scope): under which name an output is given to other stacks."""

from __future__ import annotations

from typing import Final

from imageferry.evaluation.conversions import kind_of
from imageferry.evaluation.errors import EvaluationError
from imageferry.evaluation.evaluator import evaluate
from imageferry.evaluation.scopes import Scope
from imageferry.model.diagnostics import Diagnostic, error
from imageferry.model.templates import Output
from imageferry.model.values import NO_VALUE, UNKNOWN, Secret

_LONGEST: Final = 1_024


def export_name_of(output: Output, scope: Scope) -> str | None:
    """The name; None where the output is not exported. Raises EvaluationError for what is no name."""
    if output.export_name is None:
        return None
    value = evaluate(output.export_name, scope)
    if value is UNKNOWN:
        why = "it must be known before any resource exists"
        raise EvaluationError(_refused(output, "cannot be told yet", why))
    if value is NO_VALUE:
        return None
    if isinstance(value, Secret):
        raise EvaluationError(_refused(output, "comes from a secret", "names are shown"))
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise EvaluationError(_refused(output, f"is {kind_of(value)}", "it must be a text"))
    if not value.strip():
        raise EvaluationError(_refused(output, "is empty", "other stacks ask for it by name"))
    if len(value) > _LONGEST:
        words = f"has {len(value):,} characters"
        raise EvaluationError(_refused(output, words, f"{_LONGEST:,} are the most"))
    return value


def _refused(output: Output, words: str, why: str) -> Diagnostic:
    assert output.export_name is not None
    return error(
        "IF360",
        f"the export name of output '{output.name}' {words}",
        why=why,
        remedy="write a name such as '${AWS::StackName}-ImageId' with 'Fn::Sub'",
        span=output.export_name.span or output.span,
    )
