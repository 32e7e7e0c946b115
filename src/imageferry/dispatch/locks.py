"""OperationLock and Presence: who runs an operation, and whether anybody would, on one machine.

An operating-system lock on a file goes with the process that holds it, however it ends. The file
itself says nothing: it may be left behind and is taken up again.
"""

from __future__ import annotations

import fcntl
import os
import select
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote

from imageferry.ports.keeping import StoreError

LOCK_FOLDER: Final = "locks"
"""The folder of the lock files inside the home."""

_WORKERS: Final = ".workers"
SERVERS: Final = ".servers"
"""The presence of processes that answer APIs, whether they run operations or not."""

# Somebody who only looks shares the lock for a moment: so often is it tried, a pause in between,
# in seconds. The operating system's locks know no clock of ours.
_ATTEMPTS: Final = 2_000
_PAUSE: Final = 0.001

_LONGEST_WORD: Final = 300


class OperationLock:
    """The right to run one operation, for as long as this process lives and has not released it.

    Two locks of one operation exclude each other inside one process, too.
    """

    def __init__(self, folder: Path, operation_id: str) -> None:
        self.operation_id = operation_id
        self._path = folder / quote(operation_id, safe="")
        self._descriptor: int | None = None

    @property
    def is_mine(self) -> bool:
        """True where this very lock was acquired and not yet released."""
        return self._descriptor is not None

    def try_acquire(self) -> bool:
        """Take the lock if nobody has it; True where it is mine then. Raises StoreError."""
        if self._descriptor is not None:
            return True
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            for _ in range(_ATTEMPTS):
                descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                # Whoever had the lock before may have removed the file we opened: then another
                # process could lock a new file of this name, and neither would know of the other.
                if _lock(descriptor, fcntl.LOCK_EX) and _is_still(descriptor, self._path):
                    self._descriptor = descriptor
                    return True
                # Who holds the lock does not share it; who only looks does, and will be gone.
                is_held = not _lock(descriptor, fcntl.LOCK_SH)
                os.close(descriptor)
                if is_held:
                    return False
                select.select((), (), (), _PAUSE)
        except OSError as failure:
            raise _unusable(self._path, failure) from failure
        return False

    def is_held(self) -> bool:
        """True where anybody, this process too, holds the lock. Raises StoreError."""
        if self._descriptor is not None:
            return True
        try:
            descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        except OSError as failure:
            raise _unusable(self._path, failure) from failure
        try:
            return not _lock(descriptor, fcntl.LOCK_SH)
        except OSError as failure:
            raise _unusable(self._path, failure) from failure
        finally:
            os.close(descriptor)

    def release(self, *, has_ended: bool = False) -> None:
        """Let go of the lock; with `has_ended` its file goes too. Not mine: does nothing."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is None:
            return
        try:
            if has_ended:
                # While the lock is held, so that nobody's new file is taken for this one.
                self._path.unlink(missing_ok=True)
        finally:
            os.close(descriptor)


class Presence:
    """Says that a process lives here that takes up operations which nobody runs, or else SERVERS."""

    def __init__(self, folder: Path, name: str = _WORKERS) -> None:
        self._path = folder / name
        self._descriptor: int | None = None

    def announce(self, word: str = "") -> None:
        """Say so until `withdraw`, or until the process ends; and a word, which is read by `word`.

        Raises StoreError.
        """
        if self._descriptor is not None:
            return
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            if word:
                os.ftruncate(descriptor, 0)
                os.pwrite(descriptor, word.encode(), 0)
        except OSError as failure:
            raise _unusable(self._path, failure) from failure
        self._descriptor = descriptor

    def word(self) -> str:
        """What the last one has said who announced himself; empty where nobody is there.

        Raises StoreError.
        """
        if not self.is_anyone():
            return ""
        try:
            return self._path.read_text("utf-8", "replace")[:_LONGEST_WORD]
        except OSError as failure:
            raise _unusable(self._path, failure) from failure

    def withdraw(self) -> None:
        """Say so no longer."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def is_anyone(self) -> bool:
        """True where any process, this one too, has announced itself. Raises StoreError."""
        try:
            descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        except OSError as failure:
            raise _unusable(self._path, failure) from failure
        try:
            for _ in range(_ATTEMPTS):
                if _lock(descriptor, fcntl.LOCK_EX):
                    return False
                # Who is announced shares the lock; who looks, as we do, does not, and will be gone.
                if _lock(descriptor, fcntl.LOCK_SH):
                    return True
                select.select((), (), (), _PAUSE)
        except OSError as failure:
            raise _unusable(self._path, failure) from failure
        finally:
            os.close(descriptor)
        return True


def remove_stale_locks(folder: Path, open_ids: set[str]) -> list[str]:
    """Remove the files of operations that have ended, as a killed process leaves them.

    `open_ids` are all operations that are open. Gives the operation ids whose files went.
    """
    names = {quote(operation_id, safe="") for operation_id in open_ids} | {_WORKERS, SERVERS}
    removed = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name in names:
            continue
        lock = OperationLock(folder, unquote(path.name))
        if lock.try_acquire():
            lock.release(has_ended=True)
            removed.append(lock.operation_id)
    return removed


def _lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_still(descriptor: int, path: Path) -> bool:
    mine = os.fstat(descriptor)
    try:
        there = path.stat()
    except FileNotFoundError:
        return False
    return (mine.st_dev, mine.st_ino) == (there.st_dev, there.st_ino)


def _unusable(path: Path, failure: OSError) -> StoreError:
    return StoreError(
        f'the lock file "{path}" cannot be used: {failure.strerror}; '
        "check the rights of the home, and that it is on a local disk"
    )
