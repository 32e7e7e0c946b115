"""What a world of an older version lacks: the statements that bring its file up to date."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence

from imageferry.emulator.schema import (
    LATER_SYSTEM_IMAGES,
    SCHEMA_VERSION,
    add_system_images,
)

_ADDED_TO_SNAPSHOTS = (
    "starts_at REAL",
    "fails_at REAL",
    "seconds REAL NOT NULL DEFAULT 0",
    "modified_at REAL",
    "visible_at REAL NOT NULL DEFAULT 0",
    "tags_visible_at REAL NOT NULL DEFAULT 0",
    "category TEXT NOT NULL DEFAULT 'standard'",
    "instant_days INTEGER",
)

UPGRADES: Mapping[int, Sequence[str]] = {
    # Imports had a table of their own, and a snapshot's progress followed from its end alone.
    1: (
        "CREATE TABLE tasks (sequence INTEGER PRIMARY KEY, task_id TEXT NOT NULL UNIQUE,"
        " action TEXT NOT NULL, image_id TEXT NOT NULL, region TEXT NOT NULL, owner TEXT NOT NULL,"
        " created_at REAL NOT NULL, starts_at REAL NOT NULL, ends_at REAL NOT NULL, fails_at REAL,"
        " seconds REAL NOT NULL, cancelled_at REAL, can_cancel INTEGER NOT NULL,"
        " visible_at REAL NOT NULL, details TEXT NOT NULL)",
        "CREATE INDEX tasks_by_image ON tasks (image_id, action)",
        "INSERT INTO tasks SELECT sequence, task_id, 'ImportImage', image_id, region, owner,"
        " created_at, created_at, ends_at, NULL, 0, NULL, 1, 0, '{}' FROM imports",
        "DROP TABLE imports",
        *(f"ALTER TABLE snapshots ADD COLUMN {column}" for column in _ADDED_TO_SNAPSHOTS),
    ),
}
"""By the version that a file has: what makes it one of the next version."""


def upgrade_world(sql: sqlite3.Connection, version: int) -> None:
    """Bring a file of an older version up to date, in the caller's transaction.

    Raises KeyError for a version that nothing leads on from.
    """
    while version < SCHEMA_VERSION:
        for statement in UPGRADES[version]:
            sql.execute(statement)
        version += 1
    add_system_images(sql, LATER_SYSTEM_IMAGES)
    sql.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
