"""CommandRefused: the command line itself says no, before anything was begun."""

from __future__ import annotations

from collections.abc import Sequence

from imageferry.cli.exits import ExitCode
from imageferry.model.diagnostics import Diagnostic, error


class CommandRefused(Exception):
    """The command line itself says no: an exit code and everything that is wrong."""

    def __init__(self, code: ExitCode, diagnostics: Sequence[Diagnostic]) -> None:
        self.code = code
        self.diagnostics = tuple(diagnostics)
        super().__init__("; ".join(diagnostic.message for diagnostic in self.diagnostics))


def misuse(code: str, message: str, *, why: str = "", remedy: str = "") -> CommandRefused:
    """Wrong usage, as one diagnostic."""
    return CommandRefused(ExitCode.WRONG_USAGE, [error(code, message, why=why, remedy=remedy)])
