"""The emulated cloud's memory: one SQLite file, one transaction a request, ids and settings.

Several processes may hold one file open. `synchronous` is NORMAL: a killed process loses nothing
that was answered, a power cut may lose the last moments, and a commit costs no disk flush. Settings
and faults are kept in memory until SQLite says that another connection wrote.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from imageferry.emulator.choices import Choices, changed, decode_choices
from imageferry.emulator.faults import Fault, decode_fault
from imageferry.emulator.places import id_letters
from imageferry.emulator.progress import Queued, Span, replanned, rescaled
from imageferry.emulator.schema import SCHEMA_VERSION, create_world, save_choices
from imageferry.emulator.upgrades import UPGRADES, upgrade_world

MEMORY = ":memory:"
ACCOUNT = "1000000000000001"
SECOND_ACCOUNT = "1000000000000002"
_BUSY_SECONDS = 15.0
_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"


class World:
    """One emulated cloud; not to be used by two threads at a time."""

    def __init__(
        self,
        path: Path | str,
        *,
        now: Callable[[], float],
        entropy: Callable[[int], bytes],
        speed: float | None = None,
    ) -> None:
        """Open or make the world at `path`, or one in memory for `":memory:"`.

        `now` gives seconds since 1970; `entropy(n)` gives n bytes that new ids are made of; `speed`
        replaces the speed that the world has. Raises ValueError for a file of another version.
        """
        self.now = now
        self._entropy = entropy
        self.sql = sqlite3.connect(
            path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        self._seen_version = -1
        self._has_spent = False
        self.choices = Choices()
        self.faults: tuple[Fault, ...] = ()
        try:
            self.sql.execute("PRAGMA journal_mode=WAL")
            self.sql.execute("PRAGMA synchronous=NORMAL")
            with self.writing():
                self._found()
        except sqlite3.OperationalError:
            self.sql.close()
            raise
        except sqlite3.DatabaseError as error:
            self.sql.close()
            raise ValueError(
                f'"{path}" is not a world of the emulator ({error}); remove it, or name another file'
            ) from error
        except ValueError:
            self.sql.close()
            raise
        if speed is not None and speed != self.choices.speed:
            self.choose({"speed": speed})

    def _found(self) -> None:
        version = self.sql.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, SCHEMA_VERSION, *UPGRADES):
            raise ValueError(
                f"the emulator's world has version {version}, this program reads version "
                f"{SCHEMA_VERSION}; remove the file, or use the program that made it"
            )
        if version == 0:
            create_world(self.sql, ACCOUNT, self.now(), Choices())
        elif version != SCHEMA_VERSION:
            upgrade_world(self.sql, version)
        self._seen_version = -1
        self.refresh()

    def close(self) -> None:
        """Let go of the file."""
        self.sql.close()

    # --- transactions ----------------------------------------------------------------------------

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction that may write; an exception undoes it."""
        self.sql.execute("BEGIN IMMEDIATE")
        try:
            self.refresh()
            yield
        except BaseException:
            self.sql.execute("ROLLBACK")
            # What was read of settings and faults may be part of what was undone.
            self._seen_version = -1
            raise
        self.sql.execute("COMMIT")

    @contextmanager
    def reading(self) -> Iterator[None]:
        """One transaction that sees one moment and writes nothing."""
        self.sql.execute("BEGIN")
        try:
            self.refresh()
            yield
        finally:
            self.sql.execute("COMMIT")

    def refresh(self) -> None:
        """Read settings and faults again if another connection wrote since."""
        version = self.sql.execute("PRAGMA data_version").fetchone()[0]
        if version != self._seen_version:
            if self.sql.execute("PRAGMA user_version").fetchone()[0] != SCHEMA_VERSION:
                return
            settings = self.sql.execute("SELECT name, value FROM settings")
            self.choices = decode_choices(dict(settings))
        elif not self._has_spent:
            return
        rows = self.sql.execute(
            "SELECT id, kind, action, region, image, skip, remaining, details FROM faults"
            " ORDER BY id"
        )
        self.faults = tuple(decode_fault(row) for row in rows)
        self._seen_version, self._has_spent = version, False

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        return self.sql.execute(statement, values).fetchall()

    def row(self, statement: str, *values: object) -> tuple[Any, ...] | None:
        """The first row of a query."""
        first: tuple[Any, ...] | None = self.sql.execute(statement, values).fetchone()
        return first

    # --- ids --------------------------------------------------------------------------------------

    def new_id(self, prefix: str, region: str) -> str:
        """An id as the cloud forms them: prefix, letters of the region, 20 in all."""
        letters = id_letters(region)
        while True:
            tail = "".join([_LETTERS[byte % 36] for byte in self._entropy(20 - len(letters))])
            new = f"{prefix}-{letters}{tail}"
            # With a seeded source two processes on one file could make the same id.
            taken = _TAKEN.get(prefix)
            if taken is None or self.sql.execute(taken, {"id": new}).fetchone()[0] == 0:
                return new

    def request_id(self) -> str:
        """An upper-case UUID."""
        text = self._entropy(16).hex().upper()
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-A{text[17:20]}-{text[20:]}"

    # --- settings, faults, and the queue ----------------------------------------------------------

    def choose(self, changes: dict[str, object]) -> Choices:
        """Change settings; running copies go on from where they are. Raises ValueError."""
        with self.writing():
            before = self.choices
            self.choices = changed(before, changes)
            save_choices(self.sql, self.choices)
            if self.choices.speed != before.speed:
                self._rescale()
            if (self.choices.speed, self.choices.running_copies) != (
                before.speed,
                before.running_copies,
            ):
                for (region,) in self.rows(
                    "SELECT DISTINCT queue_region FROM images WHERE queue_region IS NOT NULL"
                    " AND ends_at > ?",
                    self.now(),
                ):
                    self.requeue(region)
        return self.choices

    def _rescale(self) -> None:
        now = self.now()
        for table, (key, starts, ends) in _MAKINGS.items():
            for made, starts_at, ends_at, fails_at, seconds in self.rows(
                f"SELECT {key}, {starts}, {ends}, fails_at, seconds FROM {table}"  # noqa: S608
                f" WHERE {starts} <= ? AND {ends} > ?",
                now,
                now,
            ):
                span = rescaled(
                    Span(starts_at, ends_at, fails_at), now, seconds, self.choices.speed
                )
                self.sql.execute(
                    f"UPDATE {table} SET {starts} = ?, {ends} = ? WHERE {key} = ?",  # noqa: S608
                    (span.starts_at, span.ends_at, made),
                )

    def requeue(self, region: str) -> None:
        """Plan the waiting copies of a queue anew, in the caller's transaction."""
        now = self.now()
        queue = [
            Queued(image_id, Span(starts_at, ends_at, fails_at), seconds)
            for image_id, starts_at, ends_at, fails_at, seconds in self.rows(
                "SELECT image_id, starts_at, ends_at, fails_at, seconds FROM images"
                " WHERE queue_region = ? AND ends_at > ? ORDER BY sequence",
                region,
                now,
            )
        ]
        spans = replanned(queue, now, self.choices.running_copies, self.choices.speed)
        for image_id, span in spans.items():
            self.move(image_id, span)

    def move(self, image_id: str, span: Span) -> None:
        """Give an image another span."""
        self.sql.execute(
            "UPDATE images SET starts_at = ?, ends_at = ? WHERE image_id = ?",
            (span.starts_at, span.ends_at, image_id),
        )

    def add_fault(self, fault: Fault) -> int:
        """Add a fault and return its number, in the caller's transaction."""
        cursor = self.sql.execute(
            "INSERT INTO faults (kind, action, region, image, skip, remaining, details)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                fault.kind,
                fault.action,
                fault.region,
                fault.image,
                fault.skip,
                fault.remaining,
                json.dumps(dict(fault.details)),
            ),
        )
        self._seen_version = -1
        return int(cursor.lastrowid or 0)

    def spend_fault(self, fault: Fault) -> None:
        """Count one use of a fault, in the caller's transaction."""
        if fault.skip:
            self.sql.execute("UPDATE faults SET skip = skip - 1 WHERE id = ?", (fault.id,))
        elif fault.remaining is not None:
            self.sql.execute(
                "UPDATE faults SET remaining = remaining - 1 WHERE id = ?", (fault.id,)
            )
            self.sql.execute("DELETE FROM faults WHERE remaining <= 0")
        else:
            return
        self._has_spent = True

    def remove_faults(self, fault_id: int | None = None) -> int:
        """Remove one fault, or all; returns how many there were, in the caller's transaction."""
        cursor = self.sql.execute(
            "DELETE FROM faults WHERE ? IS NULL OR id = ?", (fault_id, fault_id)
        )
        self._seen_version = -1
        return cursor.rowcount

    def reset(self, *, keep_settings: bool = False) -> None:
        """Make the world fresh again: inhabitants, settings, no faults."""
        with self.writing():
            choices = self.choices if keep_settings else Choices()
            for (table,) in self.rows(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            ):
                self.sql.execute(f"DROP TABLE {table}")
            create_world(self.sql, ACCOUNT, self.now(), choices)
            self._seen_version = -1
            self.refresh()


_MAKINGS = {
    "images": ("image_id", "starts_at", "ends_at"),
    "snapshots": ("snapshot_id", "starts_at", "ready_at"),
    "tasks": ("task_id", "starts_at", "ends_at"),
}
"""What takes its time at the world's speed: the table, its key, and where begin and end stand."""

_TAKEN = {
    prefix: f"SELECT EXISTS (SELECT 1 FROM {table} WHERE {column} = :id)"  # noqa: S608
    " OR EXISTS (SELECT 1 FROM gone WHERE gone.id = :id)"
    for prefix, table, column in (
        ("m", "images", "image_id"),
        ("s", "snapshots", "snapshot_id"),
        ("i", "instances", "instance_id"),
        ("t", "tasks", "task_id"),
    )
}
