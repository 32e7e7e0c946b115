"""The home and its key: made once, for its owner alone."""

from __future__ import annotations

import stat
import subprocess
import sys
import tempfile
from base64 import b64encode
from pathlib import Path

import pytest

from imageferry.ports.keeping import StoreError
from imageferry.store.keys import key_from_text, prepare_home, read_or_make_key

_STARTS = """
import os, sys
from pathlib import Path
from imageferry.store.keys import prepare_home, read_or_make_key
home = Path(sys.argv[1])
sys.stdin.readline()
prepare_home(home)
print(read_or_make_key(home, lambda: os.urandom(32)).hex())
"""

_PREPARES = """
import os
import sys
from pathlib import Path
from imageferry.ports.keeping import StoreError
from imageferry.store.keys import prepare_home
if os.geteuid() == 0:
    os.setuid(65534)  # the superuser may write anywhere
try:
    prepare_home(Path(sys.argv[1]))
except StoreError as refused:
    print(refused)
"""


def test_the_key_is_made_once_and_read_again(tmp_path: Path) -> None:
    made = read_or_make_key(tmp_path, lambda: b"k" * 32)
    assert len(made) == 32
    assert read_or_make_key(tmp_path, lambda: b"x" * 32) == made
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["key"]
    # Whoever sets the variable to what the file says has the same key.
    text = (tmp_path / "key").read_text()
    assert text == b64encode(b"k" * 32).decode() + "\n"
    assert key_from_text(text.strip(), "IMAGEFERRY_SECRET_KEY") == made


def test_processes_that_start_at_once_have_one_key(tmp_path: Path) -> None:
    home = tmp_path / "deep" / "home"
    started = [
        subprocess.Popen(
            [sys.executable, "-c", _STARTS, str(home)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    keys = {process.communicate(timeout=30)[0] for process in started}
    assert [process.returncode for process in started] == [0] * 4
    assert len(keys) == 1
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert [path.name for path in home.iterdir()] == ["key"]


@pytest.mark.parametrize("text", ["", "short", " " * 40], ids=["empty", "short", "spaces"])
def test_a_key_that_is_too_short_is_refused(text: str) -> None:
    with pytest.raises(StoreError, match=r"IMAGEFERRY_SECRET_KEY has \d+ characters") as refused:
        key_from_text(text, "IMAGEFERRY_SECRET_KEY")
    assert "openssl rand" in str(refused.value)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_key_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    read_or_make_key(tmp_path, lambda: b"k" * 32)
    (tmp_path / "key").chmod(mode)
    with pytest.raises(StoreError, match="chmod 600"):
        read_or_make_key(tmp_path, lambda: b"k" * 32)


def test_a_key_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be read or made"):
        read_or_make_key(tmp_path / "nowhere", lambda: b"k" * 32)


def test_a_home_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match=r'the home ".*/file/home" cannot be made'):
        prepare_home(tmp_path / "file" / "home")
    with pytest.raises(StoreError, match="cannot be made"):
        prepare_home(tmp_path / "file")


def test_a_home_that_may_not_be_written_is_said() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        home = Path(folder) / "home"
        home.mkdir(mode=0o555)
        done = subprocess.run(
            [sys.executable, "-c", _PREPARES, str(home)],
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        said = done.stdout
    assert said.startswith(f'the home "{home}" may not be written')
    assert "IMAGEFERRY_HOME" in said
