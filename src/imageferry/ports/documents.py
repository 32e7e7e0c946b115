"""Documents: the socket behind which what only callers of the APIs keep with us is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from imageferry.model.values import Json


class DocumentExists(Exception):
    """A document of that id, or of that name with the same parent, is there already."""


class DocumentChanged(Exception):
    """Somebody else has changed or removed the document since it was read."""


@dataclass(frozen=True, slots=True)
class Document:
    """Something with a life of its own beside stacks: a named change set, a template, a detection.

    `kind` says which; ids are unique within a kind and account. `parent` is what it belongs to,
    such as a stack's id; where `name` is not empty, it is the only one of its kind, account and
    parent. `version` counts the changes. Times are seconds since 1970. The body is kept encrypted.
    """

    kind: str
    account_id: str
    document_id: str
    body: Mapping[str, Json]
    created_at: float
    updated_at: float
    parent: str = ""
    name: str = ""
    version: int = 0


class Documents(Protocol):
    """Keeps documents. Every method is one transaction. Raises StoreError."""

    async def add(self, document: Document) -> None:
        """Keep a new one; raises DocumentExists."""
        ...

    async def change(self, document: Document) -> Document:
        """Replace body, name and `updated_at` of the version that was read, and give the new one.

        Raises DocumentChanged, and DocumentExists for a name that another one has.
        """
        ...

    async def get(self, kind: str, account_id: str, document_id: str) -> Document | None:
        """One document."""
        ...

    async def find(
        self,
        kind: str,
        account_id: str,
        *,
        parent: str | None = None,
        name: str | None = None,
        offset: int = 0,
        limit: int | None = None,
    ) -> list[Document]:
        """The documents of a kind, the newest first."""
        ...

    async def count(self, kind: str, account_id: str, *, parent: str | None = None) -> int:
        """How many there are."""
        ...

    async def remove(self, kind: str, account_id: str, document_id: str) -> bool:
        """Forget one; False where there was none."""
        ...

    async def remove_older(self, kind: str, before: float) -> int:
        """Forget those of a kind, of every account, that were last changed before a moment."""
        ...
