"""EvaluationError, Refusal: how an expression or a function says that it cannot be evaluated."""

from __future__ import annotations

from imageferry.model.diagnostics import Diagnostic


class EvaluationError(Exception):
    """An expression has no value; carries the one diagnostic that says where and why."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        self.diagnostic = diagnostic
        super().__init__(diagnostic.message)


class Refusal(Exception):
    """A function refuses its arguments; the evaluator adds its name and place.

    The message goes on after the function's name: `needs a list, not text`. A `discreet` refusal
    shows nothing of its arguments, so it may be told also where they hold a secret.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "IF303",
        why: str = "",
        remedy: str = "",
        discreet: bool = False,
        names: tuple[str, ...] = (),
    ) -> None:
        self.message = message
        self.code = code
        self.why = why
        self.remedy = remedy
        self.discreet = discreet
        self.names = names
        super().__init__(message)
