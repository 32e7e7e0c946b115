"""Backup, Upgrade and Pruned: what came of looking after a home, and why it could not be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PASSING_DOCUMENTS: Final = frozenset({"client_token", "detection", "change_set"})
"""The kinds of documents that count no longer once they are old; others go with their stack only."""


class BackupRefused(Exception):
    """A folder cannot be made a backup, or is none; says why, and how to mend it."""

    def __init__(self, message: str, remedy: str) -> None:
        self.message = message
        self.remedy = remedy
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup as its list describes it. `made_at` is in seconds since 1970, `files` are digests.

    `schema` is the version of the tables, 0 where there is no database of ours.
    """

    folder: Path
    version: str
    made_at: float
    installation: str
    schema: int
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Upgrade:
    """The version of the tables as found (0 where there were none) and as this code knows them."""

    found: int
    known: int


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was removed: deleted stacks with all that is theirs, and of living ones the journals
    of ended operations, the change sets that nobody can execute any more, and events; of the APIs'
    documents those of such stacks and those that count no longer, and old records of their audit.
    """

    stacks: int = 0
    operations: int = 0
    journals: int = 0
    change_sets: int = 0
    events: int = 0
    documents: int = 0
    audit: int = 0

    @property
    def is_empty(self) -> bool:
        """True where there was nothing to remove."""
        return self == Pruned()
