"""Backups of a home: databases, key and a list of what they are, made whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from imageferry.model.upkeep import Backup, BackupRefused
from imageferry.ports.keeping import StoreError
from imageferry.store.keys import KEY_FILE

MANIFEST: Final = "backup.json"
_FORM: Final = 1
_BUSY: Final = 30.0


def make_backup(
    folder: Path, databases: Mapping[str, Path], key: Path | None, *, version: str, now: float
) -> Backup:
    """Copy databases (by the name that each gets) and key into a new folder, for its owner alone.

    Each database is copied as it is at one moment, while others go on to write. Raises BackupRefused
    where the folder exists or cannot be written, and StoreError where a database cannot be read;
    then nothing is left.
    """
    if folder.exists() or folder.is_symlink():
        raise BackupRefused(f'the folder "{folder}" exists already', "give a new one")
    draft = folder.with_name(f".{folder.name}.partial")
    try:
        with _no_remains(draft):
            folder.parent.mkdir(parents=True, exist_ok=True)
            draft.mkdir(mode=0o700)
            for name, path in databases.items():
                _copy_database(path, draft / name)
            if key is not None:
                _copy_private(key, draft / KEY_FILE)
            backup = _describe(draft, folder, list(databases), version, now)
            _write_synced(draft / MANIFEST, _manifest(backup))
            _sync_folder(draft)
            draft.rename(folder)
            _sync_folder(folder.parent)
    except OSError as failure:
        raise BackupRefused(
            f'the backup "{folder}" cannot be written: {str(failure.strerror).lower()}',
            "make room, or give another folder",
        ) from failure
    except sqlite3.Error as failure:
        raise StoreError(
            f"a database cannot be copied: {failure}; see with imageferry doctor"
        ) from failure
    return backup


def read_backup(folder: Path) -> Backup:
    """What a folder holds; raises BackupRefused where it is no backup, or not a whole one."""
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if not isinstance(found, dict) or found.get("form") != _FORM:
            raise BackupRefused(
                f'the backup "{folder}" has a form that is not known here',
                "restore it with the imageferry that made it",
            )
        backup = Backup(
            folder,
            str(found["version"]),
            float(found["made_at"]),
            str(found["installation"]),
            int(found["schema"]),
            dict(found["files"]),
        )
        wrong = [name for name, digest in backup.files.items() if _digest(folder / name) != digest]
    except FileNotFoundError as failure:
        missing = Path(str(failure.filename)).name
        raise BackupRefused(
            f'"{folder}" is no whole backup: it has no file "{missing}"',
            'give a folder that "imageferry home backup" has made',
        ) from failure
    except (OSError, ValueError, KeyError, TypeError) as failure:
        raise BackupRefused(
            f'the backup "{folder}" cannot be read: {type(failure).__name__}', "use another backup"
        ) from failure
    if wrong:
        raise BackupRefused(
            f'the backup "{folder}" is damaged: "{wrong[0]}" is not what was written',
            "use another backup",
        )
    return backup


def put_back(backup: Backup, databases: Mapping[str, Path], key: Path) -> list[str]:
    """Bring databases and key back to a backup; the names of what was put back.

    A database that is there is overwritten in one transaction. Raises StoreError.
    """
    done = []
    try:
        for name, path in databases.items():
            if name in backup.files:
                with closing(_open(backup.folder / name)) as source, closing(_open(path)) as target:
                    source.backup(target)
                done.append(name)
        if KEY_FILE in backup.files:
            draft = key.with_name(".key-restored")
            draft.unlink(missing_ok=True)
            _copy_private(backup.folder / KEY_FILE, draft)
            draft.replace(key)
            done.append(KEY_FILE)
    except OSError as failure:
        raise StoreError(
            f"the home cannot be written: {str(failure.strerror).lower()}; "
            "check the rights of its files, and restore again"
        ) from failure
    except sqlite3.Error as failure:
        raise StoreError(
            f"a database cannot be restored: {failure}; end what uses the home, and restore again"
        ) from failure
    return done


def _describe(draft: Path, folder: Path, databases: list[str], version: str, now: float) -> Backup:
    names = [*databases, *([KEY_FILE] if (draft / KEY_FILE).exists() else [])]
    installation, schema = "", 0
    for name in databases:
        found = _identity(draft / name)
        if found is not None:
            installation, schema = found
    files = {name: _digest(draft / name) for name in names}
    return Backup(folder, version, now, installation, schema, files)


def _identity(path: Path) -> tuple[str, int] | None:
    """Installation and version of the tables; None for a database that has none of ours."""
    with closing(_open(path)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        if not {"schema_version", "installation"} <= tables:
            return None
        version = connection.execute("SELECT version FROM schema_version").fetchone()
        found = connection.execute("SELECT value FROM installation WHERE name = 'id'").fetchone()
        return (found[0] if found else "", version[0] if version else 0)


def _copy_database(source: Path, target: Path) -> None:
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    os.close(descriptor)
    with closing(_open(source)) as connection:
        # SQLite documentation, "VACUUM": into an empty file, as it is at one moment, and without
        # the pages that were erased.
        connection.execute("VACUUM INTO ?", (str(target),))
    with closing(_open(target)) as copy:
        verdict = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if verdict != "ok":
        raise sqlite3.DatabaseError(f'"{source.name}" is damaged: {verdict}')
    with target.open("rb") as file:
        os.fsync(file.fileno())


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=_BUSY, isolation_level=None)


def _copy_private(source: Path, target: Path) -> None:
    _write_synced(target, source.read_bytes())


def _write_synced(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _manifest(backup: Backup) -> bytes:
    document: dict[str, Any] = {
        "form": _FORM,
        "version": backup.version,
        "made_at": backup.made_at,
        "installation": backup.installation,
        "schema": backup.schema,
        "files": dict(backup.files),
    }
    return json.dumps(document, indent=2).encode() + b"\n"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _no_remains(draft: Path) -> Iterator[None]:
    """Nothing half made is left behind; what a killed process left is taken away first."""
    shutil.rmtree(draft, ignore_errors=True)
    try:
        yield
    finally:
        shutil.rmtree(draft, ignore_errors=True)
