"""ordered(diagnostics), Findings: a report in the order of the lines, bounded, nothing told twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set

from imageferry.model.diagnostics import (
    CUT_SHORT,
    MAX_DIAGNOSTICS,
    Diagnostic,
    Severity,
    Span,
    cut_short,
    shown,
)

# Several properties that are missing share the one place that their resource has.
_SHARING = frozenset({"IF502"})


def ordered(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Each diagnostic once, by line and column; those without a place come first.

    Of more than MAX_DIAGNOSTICS the first errors are kept, and what comes last says that there are
    more.
    """
    kept = sorted(dict.fromkeys(diagnostics), key=_place)
    return shown(kept)


def _place(diagnostic: Diagnostic) -> tuple[int, int, str]:
    span = diagnostic.span
    return (0, 0, diagnostic.code) if span is None else (span.line, span.column, diagnostic.code)


class Findings:
    """What the checks of one template have found so far, and no more than a report shows.

    Who looks for more is not asked any further once there are enough errors. `are_copied`: the
    template holds copies of the same lines, of which each place is told once.
    """

    __slots__ = ("_are_copied", "_found", "_has_more", "_left", "_said")

    def __init__(self, *, are_copied: bool = False) -> None:
        self._found: dict[Diagnostic, None] = {}
        self._left = dict.fromkeys(Severity, MAX_DIAGNOSTICS)
        self._has_more = False
        self._are_copied = are_copied
        self._said: set[tuple[str, Span | None, str]] = set()

    def __iter__(self) -> Iterator[Diagnostic]:
        yield from self._found
        if self._has_more:
            yield cut_short()

    def __bool__(self) -> bool:
        return bool(self._found)

    @property
    def is_full(self) -> bool:
        """True where further errors would not be shown."""
        return self._left[Severity.ERROR] <= 0 and self._has_more

    def codes(self) -> Set[str]:
        """The codes that were found."""
        return {one.code for one in self._found}

    def take(self, faults: Iterable[Diagnostic]) -> None:
        """Add faults, as long as there is room for them."""
        if self.is_full:
            return
        for fault in faults:
            self._add(fault)
            if self.is_full:
                return

    def take_new(self, faults: Iterable[Diagnostic], *, beside_errors: bool = False) -> None:
        """Add those faults that no earlier check has told of at the same place.

        `beside_errors`: only what is an error counts as told.
        """
        told = {(one.code, one.span) for one in self._found if one.is_error or not beside_errors}
        self.take(fault for fault in faults if (fault.code, fault.span) not in told)

    def _add(self, fault: Diagnostic) -> None:
        if fault.code == CUT_SHORT:
            self._has_more = True
            return
        if fault in self._found or self._is_copy(fault):
            return
        if self._left[fault.severity] <= 0:
            self._has_more = True
            return
        self._left[fault.severity] -= 1
        self._found[fault] = None

    def _is_copy(self, fault: Diagnostic) -> bool:
        if not self._are_copied or fault.span is None:
            return False
        words = fault.message.partition(": ")[2] if fault.code in _SHARING else ""
        key = (fault.code, fault.span, words)
        if key in self._said:
            return True
        self._said.add(key)
        return False
