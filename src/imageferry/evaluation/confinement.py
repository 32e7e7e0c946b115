"""Confinement: a child process for programs that others wrote, which can be stopped at any moment."""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import sys
from threading import Lock
from typing import Any, Final

WALL_SECONDS: Final = 1
MEMORY_MEBIBYTES: Final = 64

# The child stops itself by a kernel timer. These are for a child that is stopped or starved.
_START_MILLISECONDS: Final = 15_000
_ANSWER_MILLISECONDS: Final = 1_000 * WALL_SECONDS + 4_000
_LONGEST_ANSWER: Final = 16_777_216

_BOOTSTRAP: Final = (
    "import sys; sys.path[:] = sys.argv[2:]; "
    "from importlib import import_module; import_module(sys.argv[1]).main()"
)


_PROGRAMS: Final = (b"Jq", b"MatchPattern")


def runs_programs(source: bytes) -> bool:
    """Whether a template may hold programs, each of which may keep its asker waiting for seconds."""
    return any(word in source for word in _PROGRAMS)


class Confined(Exception):
    """The child did not answer; says why in words that follow the program's name."""


class _Gone(Exception):
    """The child's pipes are closed."""


class Confinement:
    """One child process that runs `module`, started when first needed and kept between calls.

    It has an empty environment, opens no file, and ends by a kernel timer after one second with
    one request, or beyond 64 MiB. What it leaves behind is a new child for the next request.
    """

    def __init__(self, module: str) -> None:
        self._module = module
        self._lock = Lock()
        self._pid = 0
        self._owner = 0
        self._to_child = -1
        self._from_child = -1

    def ask(self, request: Any) -> Any:
        """The child's answer, both JSON; raises Confined where it gave none."""
        line = json.dumps(request).encode() + b"\n"
        with self._lock:
            try:
                return self._exchange(line)
            except _Gone:
                # It ended between two requests, which is nobody's fault.
                self._reap()
            try:
                return self._exchange(line)
            except _Gone:
                self._reap()
                raise Confined("could not be run") from None

    def close(self) -> None:
        """End the child, if there is one."""
        with self._lock:
            if self._pid and self._owner == os.getpid():
                self._reap()

    def _exchange(self, line: bytes) -> Any:
        limit = _ANSWER_MILLISECONDS
        if not self._pid or self._owner != os.getpid():
            self._start()
            limit = _START_MILLISECONDS
        try:
            self._send(line)
        except BrokenPipeError:
            raise _Gone from None
        answer = self._receive(limit)
        if answer is None:
            raise Confined(_why_ended(self._reap()))
        return json.loads(answer)

    def _start(self) -> None:
        request_end, to_child = os.pipe()
        from_child, answer_end = os.pipe()
        try:
            self._pid = os.posix_spawn(
                sys.executable,
                [sys.executable, "-I", "-S", "-c", _BOOTSTRAP, self._module, *sys.path],
                {},
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, request_end, 0),
                    (os.POSIX_SPAWN_DUP2, answer_end, 1),
                    (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
                ],
                # Ctrl-C in the terminal is not meant for the child.
                setpgroup=0,
                setsigdef=(signal.SIGALRM, signal.SIGXCPU, signal.SIGPIPE),
            )
        except OSError as fault:
            os.close(to_child)
            os.close(from_child)
            raise Confined(f"could not be run ({fault.strerror})") from None
        finally:
            os.close(request_end)
            os.close(answer_end)
        self._owner = os.getpid()
        self._to_child, self._from_child = to_child, from_child
        atexit.register(self.close)

    def _send(self, line: bytes) -> None:
        rest = memoryview(line)
        while rest:
            rest = rest[os.write(self._to_child, rest) :]

    def _receive(self, milliseconds: int) -> bytes | None:
        """One line; None where the child ended, said too much or said nothing for too long."""
        ready = select.poll()
        ready.register(self._from_child, select.POLLIN)
        received = bytearray()
        while ready.poll(milliseconds):
            piece = os.read(self._from_child, 65_536)
            received += piece
            if piece.endswith(b"\n"):
                return bytes(received)
            if not piece or len(received) > _LONGEST_ANSWER:
                return None
        return None

    def _reap(self) -> int:
        """End the child and give its wait status."""
        atexit.unregister(self.close)
        status = 0
        if self._pid:
            os.close(self._to_child)
            os.close(self._from_child)
            # An ended child is a zombie until it is waited for, so the id is still its own.
            os.kill(self._pid, signal.SIGKILL)
            _, status = os.waitpid(self._pid, 0)
        self._pid = 0
        return status


def _why_ended(status: int) -> str:
    ended_by = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    if ended_by in (signal.SIGALRM, signal.SIGXCPU, signal.SIGKILL):
        return f"ran longer than {WALL_SECONDS} s and was stopped"
    return f"needed more than {MEMORY_MEBIBYTES} MiB, or failed in a way of its own"
