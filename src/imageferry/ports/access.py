"""AccessKeys and Audit: the sockets behind which keys are kept, and what was written with them."""

from __future__ import annotations

from typing import Protocol

from imageferry.model.access import AccessKey, AuditRecord


class Replayed(Exception):
    """A request with this mark was admitted before."""


class AccessKeys(Protocol):
    """The keys that may sign requests. Secrets are kept encrypted. Raises StoreError."""

    async def add(self, key: AccessKey) -> None:
        """Keep a new key."""
        ...

    async def get(self, key_id: str) -> AccessKey | None:
        """One key, revoked or not."""
        ...

    async def list(self, account_id: str | None = None) -> list[AccessKey]:
        """All keys, or those of one account, the newest first."""
        ...

    async def revoke(self, key_id: str, now: float) -> bool:
        """Let a key count no longer; False where there is none, or it was revoked before."""
        ...


class Audit(Protocol):
    """What was asked to be changed, by whom, and how that ended. Raises StoreError."""

    async def begin(self, record: AuditRecord, mark: str) -> int:
        """Keep a record before anything is changed; gives its number.

        `mark` stands for the one signed request, in every process: raises Replayed where it was
        used before.
        """
        ...

    async def end(self, number: int, outcome: str, target: str = "") -> None:
        """Say how it ended; `target` where that is known better by now."""
        ...

    async def records(
        self, *, account_id: str | None = None, before: int | None = None, limit: int = 100
    ) -> list[AuditRecord]:
        """The newest records, those with a number below `before`."""
        ...
