"""Inside the child process: limits, then one request a line and one answer a line until the end."""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import warnings
from collections.abc import Callable
from typing import Any, Final

_WALL_SECONDS: Final = 1.0
_MEMORY_BYTES: Final = 64 * 1_048_576
_OPEN_FILES: Final = 3


def _limit(kind: int, amount: int) -> None:
    """Set a limit as far as the system knows it; macOS lacks some."""
    try:
        resource.setrlimit(kind, (amount, amount))
    except (ValueError, OSError) as fault:
        print(f"limit {kind} is not known here: {fault}", file=sys.stderr)  # noqa: T201


def _confine() -> None:
    # Python itself adds a locale to an environment that has none.
    os.environ.clear()
    _limit(resource.RLIMIT_AS, _MEMORY_BYTES)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    # Standard input, output and errors are open already: no other file can ever be.
    _limit(resource.RLIMIT_NOFILE, _OPEN_FILES)


def _allow_more_time() -> None:
    """Let this request have its time; the limit on the processor's time is for the whole life."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, highest = resource.getrlimit(resource.RLIMIT_CPU)
    allowed = int(used.ru_utime + used.ru_stime + _WALL_SECONDS) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (allowed, highest))
    signal.setitimer(signal.ITIMER_REAL, _WALL_SECONDS)


def serve(answer: Callable[[Any], Any]) -> None:
    """Answer every line of standard input. The kernel ends the process where one takes too long."""
    # To tell of a warning, Python would open files.
    warnings.simplefilter("ignore")
    _confine()
    requests = sys.stdin.buffer
    for line in requests:
        _allow_more_time()
        try:
            reply = answer(json.loads(line))
        except MemoryError:
            os._exit(1)
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.stdout.buffer.write(json.dumps(reply).encode() + b"\n")
        sys.stdout.buffer.flush()
