"""Who may run an operation: one process, for as long as it lives."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from imageferry.dispatch.locks import OperationLock, Presence, remove_stale_locks
from imageferry.ports.keeping import StoreError

_HOLDS = """
import sys
from pathlib import Path
from imageferry.dispatch.locks import OperationLock, Presence
lock = OperationLock(Path(sys.argv[1]), sys.argv[2])
presence = Presence(Path(sys.argv[1]))
if lock.try_acquire():
    presence.announce()
    print("held", flush=True)
sys.stdin.readline()
"""

_COUNTS = """
import sys
from pathlib import Path
from imageferry.dispatch.locks import OperationLock
folder = Path(sys.argv[1])
counter = folder.parent / "counter"
taken = 0
while taken < 200:
    lock = OperationLock(folder, "contended")
    if lock.try_acquire():
        counter.write_text(str(int(counter.read_text()) + 1))
        taken += 1
        lock.release(has_ended=taken % 2 == 0)
"""


@contextmanager
def holder(folder: Path, operation_id: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLDS, str(folder), operation_id],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def test_one_holder_at_a_time(tmp_path: Path) -> None:
    folder = tmp_path / "home" / "locks"
    first, second = OperationLock(folder, "op"), OperationLock(folder, "op")
    other = OperationLock(folder, "another")
    assert not second.is_held()
    assert first.try_acquire()
    assert first.try_acquire()
    assert first.is_mine
    assert first.is_held()
    assert second.is_held()
    assert not second.try_acquire()
    assert not second.is_mine
    assert other.try_acquire()
    second.release()
    assert first.is_held()
    first.release()
    assert not second.is_held()
    assert second.try_acquire()
    second.release(has_ended=True)
    assert [path.name for path in folder.iterdir()] == ["another"]
    other.release()


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    lock = OperationLock(tmp_path, "op")
    presence = Presence(tmp_path)
    assert not presence.is_anyone()
    with holder(tmp_path, "op") as process:
        assert lock.is_held()
        assert not lock.try_acquire()
        assert presence.is_anyone()
        process.kill()
        process.wait()
        assert not lock.is_held()
        assert not presence.is_anyone()
        assert lock.try_acquire()
    lock.release()


def test_a_removed_file_is_not_taken_for_a_lock(tmp_path: Path) -> None:
    # Between opening the file and locking it the former holder may end and remove it.
    folder = tmp_path / "locks"
    folder.mkdir()
    (tmp_path / "counter").write_text("0")
    started = [
        subprocess.Popen([sys.executable, "-c", _COUNTS, str(folder)], stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    for process in started:
        assert process.communicate(timeout=60)[1] == b""
        assert process.returncode == 0
    assert (tmp_path / "counter").read_text() == "400"


def test_looking_does_not_keep_others_out(tmp_path: Path) -> None:
    ended = threading.Event()

    def look() -> None:
        while not ended.is_set():
            OperationLock(tmp_path, "op").is_held()

    looking = threading.Thread(target=look)
    looking.start()
    try:
        for _ in range(300):
            lock = OperationLock(tmp_path, "op")
            assert lock.try_acquire()
            lock.release()
    finally:
        ended.set()
        looking.join()


def test_files_of_ended_operations_are_removed(tmp_path: Path) -> None:
    for operation_id in ("ended", "open", "odd/../id %41"):
        lock = OperationLock(tmp_path, operation_id)
        assert lock.try_acquire()
        lock.release()
    presence = Presence(tmp_path)
    presence.announce()
    with holder(tmp_path, "running"):
        assert remove_stale_locks(tmp_path, {"open"}) == ["ended", "odd/../id %41"]
        names = {path.name for path in tmp_path.iterdir()}
        assert names == {"open", "running", ".workers"}
        assert OperationLock(tmp_path, "running").is_held()
    presence.withdraw()
    assert remove_stale_locks(tmp_path / "nowhere", set()) == []


def test_presence_is_announced_and_withdrawn(tmp_path: Path) -> None:
    first, second = Presence(tmp_path / "locks"), Presence(tmp_path / "locks")
    assert not second.is_anyone()
    first.announce()
    first.announce()
    second.announce()
    first.withdraw()
    assert first.is_anyone()
    second.withdraw()
    second.withdraw()
    assert not first.is_anyone()


def test_a_folder_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    folder = tmp_path / "file" / "locks"
    with pytest.raises(StoreError, match=r'the lock file ".*/file/locks/op" cannot be used'):
        OperationLock(folder, "op").try_acquire()
    with pytest.raises(StoreError, match="cannot be used"):
        OperationLock(folder, "op").is_held()
    with pytest.raises(StoreError, match="cannot be used"):
        Presence(folder).announce()
    with pytest.raises(StoreError, match="cannot be used"):
        Presence(folder).is_anyone()
