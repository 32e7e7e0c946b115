"""Trodden: which lines of some packages were reached, traced so that known ground costs little."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any, TypeAlias

_Tracer: TypeAlias = "Callable[[FrameType, str, Any], _Tracer | None]"


class Trodden:
    """The lines that were reached, by code object.

    A function all of whose lines are known is not traced any more, so that a run over known ground
    pays for its calls only. `calls` counts the calls of functions under `folders`: a measure of work
    that is the same on every machine.
    """

    def __init__(self, folders: tuple[str, ...]) -> None:
        self._folders = folders
        self._open: dict[CodeType, set[int] | None] = {}
        self._new = 0
        self.calls = 0

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Trace what is done inside."""
        self._new = 0
        self.calls = 0
        before = sys.gettrace()
        sys.settrace(self._call)
        try:
            yield
        finally:
            sys.settrace(before)

    @property
    def new_lines(self) -> int:
        """How many lines the last watch reached for the first time."""
        return self._new

    def _lines_of(self, code: CodeType) -> set[int] | None:
        if not code.co_filename.startswith(self._folders):
            return None
        return {line for _, _, line in code.co_lines() if line is not None}

    def _call(self, frame: FrameType, event: str, argument: Any) -> _Tracer | None:
        code = frame.f_code
        try:
            missing = self._open[code]
        except KeyError:
            missing = self._open[code] = self._lines_of(code)
        if missing is None:
            return None
        self.calls += 1
        if not missing:
            return None
        self._reach(missing, frame.f_lineno)
        return self._line

    def _line(self, frame: FrameType, event: str, argument: Any) -> _Tracer | None:
        missing = self._open[frame.f_code]
        if not missing:
            return None
        self._reach(missing, frame.f_lineno)
        return self._line

    def _reach(self, missing: set[int], line: int) -> None:
        if line in missing:
            missing.discard(line)
            self._new += 1
