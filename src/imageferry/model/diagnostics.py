"""Span, Diagnostic, TemplateError: what is wrong, where, why, and how to mend it; how much is shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, NamedTuple


class Span(NamedTuple):
    """A place in a source: its name as the user gave it, line and column counted from 1.

    There are more of these than of anything else, and they are made and compared as tuples are.
    """

    source: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.source}:{self.line}:{self.column}"


class Severity(Enum):
    """How much a diagnostic matters: an error refuses the template, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


_LONGEST: Final = 1_500

MAX_DIAGNOSTICS: Final = 1_000
"""So many faults are shown, errors before warnings; nobody reads more."""

CUT_SHORT: Final = "IF199"
"""The code of the diagnostic that stands for all that is not shown."""

ENDED: Final = "IF198"
"""The code of the diagnostic that says where reading has ended; it is always shown."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One fault: `code` is stable (`IF201`), `message` says what, `why` and `remedy` may be empty.

    `names` are what it is about, for whoever has to say it in the words of somebody else; they say
    nothing that the message does not, and are kept nowhere.
    """

    code: str
    severity: Severity
    message: str
    why: str = ""
    remedy: str = ""
    span: Span | None = None
    names: tuple[str, ...] = field(default=(), compare=False, repr=False)

    @property
    def is_error(self) -> bool:
        """True where the diagnostic refuses what it speaks of."""
        return self.severity is Severity.ERROR


def error(
    code: str,
    message: str,
    *,
    why: str = "",
    remedy: str = "",
    span: Span | None = None,
    names: tuple[str, ...] = (),
) -> Diagnostic:
    """An error, in one line where it is made."""
    return Diagnostic(code, Severity.ERROR, _cut(message), _cut(why), _cut(remedy), span, names)


def warning(
    code: str, message: str, *, why: str = "", remedy: str = "", span: Span | None = None
) -> Diagnostic:
    """A warning, in one line where it is made."""
    return Diagnostic(code, Severity.WARNING, _cut(message), _cut(why), _cut(remedy), span)


def _cut(text: str) -> str:
    """The text, unless a name in it is so long that nobody would read it."""
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def cut_short() -> Diagnostic:
    """What stands last where there are more faults than are shown."""
    return warning(
        CUT_SHORT,
        f"there are more faults than the {MAX_DIAGNOSTICS:,} that are shown",
        remedy="begin with these",
    )


def shown(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The diagnostics in their order; of more than MAX_DIAGNOSTICS the first errors, then warnings.

    That there are more is said once, at the end.
    """
    every = tuple(diagnostics)
    kept = [one for one in every if one.code != CUT_SHORT]
    if len(kept) == len(every) <= MAX_DIAGNOSTICS:
        return every
    # The sort is stable: among errors, and among warnings, the order stays.
    first = sorted(
        range(len(kept)), key=lambda index: (kept[index].code != ENDED, not kept[index].is_error)
    )
    chosen = sorted(first[:MAX_DIAGNOSTICS])
    return (*(kept[index] for index in chosen), cut_short())


class TemplateError(Exception):
    """A template, its parameters or its plan is refused; carries the diagnostics, all at once."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = shown(diagnostics)
        super().__init__("; ".join(d.message for d in self.diagnostics if d.is_error))
