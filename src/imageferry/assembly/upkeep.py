"""Upkeep of a home: backup and restore, bringing the tables up to date, and pruning."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from imageferry.dispatch.locks import LOCK_FOLDER, SERVERS, OperationLock, Presence
from imageferry.model.upkeep import Backup, BackupRefused, Pruned, Upgrade
from imageferry.ports.senses import Clock
from imageferry.settings import Settings
from imageferry.store.backups import make_backup, put_back, read_backup
from imageferry.store.databases import Database, open_database, version_of_tables
from imageferry.store.keys import KEY_FILE, prepare_home
from imageferry.store.migrations import known_version
from imageferry.store.upkeep import give_back_room, prune
from imageferry.version import VERSION

DATABASE: Final = "imageferry.db"
WORLD: Final = "emulator.db"


class NotOurDatabase(Exception):
    """The records are kept by a database server, which has tools of its own for this."""


class HomeInUse(Exception):
    """A process works on the home; `by` says which, or which operation it runs."""

    def __init__(self, by: str) -> None:
        self.by = by
        super().__init__(by)


def backup_home(settings: Settings, folder: Path, clock: Clock, *, with_key: bool) -> Backup:
    """Copy the home's databases, and its key, into a new folder.

    Raises BackupRefused, StoreError, and NotOurDatabase where a server keeps the records.
    """
    files = {DATABASE: _database_file(settings), WORLD: settings.home / WORLD}
    there = {name: path for name, path in files.items() if path.exists()}
    if DATABASE not in there:
        raise BackupRefused(
            f'the home "{settings.home}" has no database yet',
            "there is nothing to back up; IMAGEFERRY_HOME names another home",
        )
    key = settings.home / KEY_FILE
    wanted = key if with_key and key.exists() else None
    return make_backup(folder.absolute(), there, wanted, version=VERSION, now=clock.now())


def look_at_backup(folder: Path) -> Backup:
    """What a backup holds, checked; raises BackupRefused."""
    return read_backup(folder.absolute())


def restore_home(settings: Settings, backup: Backup) -> list[str]:
    """Bring the home back to a backup; the names of what was put back.

    Raises BackupRefused, StoreError, HomeInUse, and NotOurDatabase where a server keeps the records.
    """
    path = _database_file(settings)
    if backup.schema > known_version():
        raise BackupRefused(
            f'the backup "{backup.folder}" was made by imageferry {backup.version}, whose tables '
            f"have version {backup.schema}; this one knows {known_version()}",
            "restore it with a newer imageferry",
        )
    prepare_home(settings.home)
    _need_quiet(settings.home / LOCK_FOLDER)
    files = {DATABASE: path, WORLD: settings.home / WORLD}
    return put_back(backup, files, settings.home / KEY_FILE)


def look_at_upgrade(settings: Settings) -> Upgrade:
    """Which version the tables have; nothing is changed. Raises StoreError."""
    path = _file_of(settings)
    is_there = path is None or path.exists()
    return Upgrade(version_of_tables(settings.database_url) if is_there else 0, known_version())


def upgrade_home(settings: Settings) -> Upgrade:
    """Bring the tables to the version of this code; raises StoreError."""
    found = look_at_upgrade(settings)
    prepare_home(settings.home)
    with _opened(settings):
        return found


def prune_home(
    settings: Settings, before: float, *, events: bool, only_look: bool
) -> tuple[Pruned, int]:
    """Remove what nobody needs of what ended before a moment, and give the room back.

    Gives what went, and by how many bytes the database's file is smaller. Raises StoreError.
    """
    with _opened(settings) as database:
        path = _file_of(settings)
        size = _size(path)
        pruned = prune(database, before, events=events, only_look=only_look)
        if not only_look and not pruned.is_empty:
            give_back_room(database)
        return pruned, max(0, size - _size(path))


@contextmanager
def _opened(settings: Settings) -> Iterator[Database]:
    database = open_database(settings.database_url)
    try:
        yield database
    finally:
        database.close()


def _database_file(settings: Settings) -> Path:
    path = _file_of(settings)
    if path is None:
        raise NotOurDatabase
    return path


def _file_of(settings: Settings) -> Path | None:
    """The database's file; None where a server keeps it."""
    try:
        address = make_url(settings.database_url)
    except ArgumentError:
        return None
    if address.get_backend_name() != "sqlite" or not address.database:
        return None
    return Path(address.database)


def _size(path: Path | None) -> int:
    return path.stat().st_size if path is not None and path.exists() else 0


def _need_quiet(locks: Path) -> None:
    """Raise HomeInUse where a process runs an operation here, waits for one, or answers APIs."""
    if Presence(locks, SERVERS).is_anyone():
        raise HomeInUse("a server")
    for path in sorted(locks.iterdir()) if locks.is_dir() else ():
        operation_id = unquote(path.name)
        if not path.name.startswith(".") and OperationLock(locks, operation_id).is_held():
            raise HomeInUse(f'operation "{operation_id}"')
    if Presence(locks).is_anyone():
        raise HomeInUse("a worker")
