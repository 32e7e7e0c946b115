"""The home folder, and the key in it that secrets are encrypted with."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Final

from imageferry.ports.keeping import StoreError

KEY_FILE: Final = "key"
_SHORTEST: Final = 32


def prepare_home(home: Path) -> None:
    """Make the home folder, for its owner alone, if it is not there; raises StoreError."""
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as failure:
        raise _unusable(home, failure) from failure
    if not os.access(home, os.W_OK | os.X_OK):
        raise StoreError(
            f'the home "{home}" may not be written; '
            "give yourself the right to write to it, or set IMAGEFERRY_HOME to another folder"
        )


def key_from_text(text: str, origin: str) -> bytes:
    """The 32 bytes of a key that somebody wrote, or that stand in the key file.

    `origin` names the place in the StoreError for a text that is too short to be a key.
    """
    words = text.strip()
    if len(words) < _SHORTEST:
        raise StoreError(
            f"the key in {origin} has {len(words)} characters and needs at least {_SHORTEST}; "
            "make one with: openssl rand -base64 32"
        )
    return hashlib.sha256(b"imageferry secret key\0" + words.encode()).digest()


def read_or_make_key(home: Path, fresh: Callable[[], bytes]) -> bytes:
    """The key of a home, made of 32 bytes of `fresh` on first use.

    Whoever starts at the same time gets the same key. Raises StoreError where the file cannot be
    read or made, or where others may read it.
    """
    path = home / KEY_FILE
    try:
        text = _read_private(path)
        if text is None:
            _make(path, b64encode(fresh()) + b"\n")
            text = _read_private(path)
    except OSError as failure:
        raise StoreError(
            f'the key file "{path}" cannot be read or made: {failure.strerror}; '
            "check the rights of the folder, or set IMAGEFERRY_SECRET_KEY"
        ) from failure
    if text is None:
        raise StoreError(f'the key file "{path}" vanished while it was made; run the command again')
    return key_from_text(text, f'the file "{path}"')


def _read_private(path: Path) -> str | None:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if mode & 0o077:
                raise StoreError(
                    f'the key file "{path}" may be read by others (its mode is {mode:04o}); '
                    f"run: chmod 600 {path}"
                )
            return file.read()
    except FileNotFoundError:
        return None


def _make(path: Path, content: bytes) -> None:
    # Written aside and linked into place, so that nobody ever reads half a key and the first wins.
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".key-")
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _unusable(home: Path, failure: OSError) -> StoreError:
    reason = str(failure.strerror).lower()
    if isinstance(failure, (FileExistsError, NotADirectoryError)):
        reason = "a file stands in its place"
    return StoreError(
        f'the home "{home}" cannot be made: {reason}; '
        "set IMAGEFERRY_HOME to a folder that may be written"
    )
