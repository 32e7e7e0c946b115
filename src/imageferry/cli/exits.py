"""ExitCode: what a command's exit says to a script."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The fixed contract of the command line."""

    DONE = 0
    FAILED = 1
    WRONG_USAGE = 2
    NOT_AUTHORISED = 3
    PARTLY_DONE = 4
    NO_SUCH_STACK = 6
    DRIFT_FOUND = 7
    INTERRUPTED = 8
    STOPPED_WATCHING = 9
    STACK_HELD = 10
