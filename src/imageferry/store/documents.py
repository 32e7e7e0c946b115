"""SqlDocuments: what only callers of the APIs keep with us, the bodies encrypted."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Row,
    Select,
    bindparam,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)

from imageferry.ports.documents import Document, DocumentChanged, DocumentExists
from imageferry.store.backends import Conflict
from imageferry.store.codec import dumps, loads
from imageferry.store.lanes import Lanes
from imageferry.store.sealing import Sealer
from imageferry.store.secrets import LazyBox
from imageferry.store.tables import DOCUMENTS

_LEVEL: Final = 3
_THIS: Final = (
    (DOCUMENTS.c.kind == bindparam("of_kind"))
    & (DOCUMENTS.c.account_id == bindparam("of_account"))
    & (DOCUMENTS.c.document_id == bindparam("wanted"))
)
_ONE: Final = select(DOCUMENTS).where(_THIS)
_CHANGE: Final = update(DOCUMENTS).where(_THIS, DOCUMENTS.c.version == bindparam("read"))
_REMOVE: Final = delete(DOCUMENTS).where(_THIS)


class SqlDocuments:
    """The `ports.Documents` of a database."""

    def __init__(self, lanes: Lanes, box: LazyBox) -> None:
        self._lanes = lanes
        self._sealer = Sealer(box, "documents of the APIs")

    async def add(self, document: Document) -> None:
        """Keep a new one; raises DocumentExists and StoreError."""

        def add(connection: Connection) -> None:
            row = {
                "kind": document.kind,
                "account_id": document.account_id,
                "document_id": document.document_id,
                "parent": document.parent,
                "name": document.name,
                "version": document.version,
                "created_at": document.created_at,
                "updated_at": document.updated_at,
                "body": self._seal(connection, document),
            }
            connection.execute(insert(DOCUMENTS).values(row))

        try:
            await self._lanes.write(add)
        except Conflict:
            raise DocumentExists from None

    async def change(self, document: Document) -> Document:
        """Replace body, name and `updated_at` of the version that was read, and give the new one.

        Raises DocumentChanged where that version is there no more, DocumentExists and StoreError.
        """
        changed = replace(document, version=document.version + 1)

        def change(connection: Connection) -> bool:
            columns = {
                "name": changed.name,
                "version": changed.version,
                "updated_at": changed.updated_at,
                "body": self._seal(connection, changed),
            }
            this = _key(changed.kind, changed.account_id, changed.document_id)
            asked = {**this, "read": document.version, **columns}
            return connection.execute(_CHANGE, asked).rowcount > 0

        try:
            is_done = await self._lanes.write(change)
        except Conflict:
            raise DocumentExists from None
        if not is_done:
            raise DocumentChanged
        return changed

    async def get(self, kind: str, account_id: str, document_id: str) -> Document | None:
        """One document; raises StoreError."""

        def get(connection: Connection) -> Document | None:
            row = connection.execute(_ONE, _key(kind, account_id, document_id)).first()
            return None if row is None else self._document_of(row)

        return await self._lanes.read(get)

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
        """The documents of a kind, the newest first; raises StoreError."""
        query = _narrowed(select(DOCUMENTS), kind, account_id, parent)
        if name is not None:
            query = query.where(DOCUMENTS.c.name == name)
        query = query.order_by(DOCUMENTS.c.created_at.desc(), DOCUMENTS.c.number.desc())
        query = query.offset(offset).limit(_ALL if limit is None else limit)
        return await self._lanes.read(
            lambda c: [self._document_of(row) for row in c.execute(query)]
        )

    async def count(self, kind: str, account_id: str, *, parent: str | None = None) -> int:
        """How many there are; raises StoreError."""
        query = _narrowed(select(func.count()).select_from(DOCUMENTS), kind, account_id, parent)
        return await self._lanes.read(lambda c: int(c.execute(query).scalar_one()))

    async def remove(self, kind: str, account_id: str, document_id: str) -> bool:
        """Forget one; False where there was none. Raises StoreError."""
        this = _key(kind, account_id, document_id)
        return await self._lanes.write(lambda c: c.execute(_REMOVE, this).rowcount > 0)

    async def remove_older(self, kind: str, before: float) -> int:
        """Forget those of a kind, of every account, that were last changed before a moment."""
        old = (DOCUMENTS.c.kind == kind, DOCUMENTS.c.updated_at < before)
        # A look needs no right to write; mostly there is nothing to do.
        if not await self._lanes.read(lambda c: c.execute(select(exists().where(*old))).scalar()):
            return 0
        gone = delete(DOCUMENTS).where(*old)
        return await self._lanes.write(lambda c: c.execute(gone).rowcount)

    def _seal(self, connection: Connection, document: Document) -> bytes:
        content = zlib.compress(dumps(dict(document.body)).encode("ascii"), _LEVEL)
        scope = _scope(document.kind, document.account_id)
        return self._sealer.seal(connection, scope, document.document_id, content)

    def _document_of(self, row: Row[Any]) -> Document:
        scope = _scope(row.kind, row.account_id)
        content = self._sealer.open(scope, row.document_id, bytes(row.body))
        return Document(
            kind=row.kind,
            account_id=row.account_id,
            document_id=row.document_id,
            body=loads(zlib.decompress(content)),
            created_at=row.created_at,
            updated_at=row.updated_at,
            parent=row.parent,
            name=row.name,
            version=row.version,
        )


_ALL: Final = (1 << 31) - 1
"""A limit that is none, for databases that want one beside an offset."""


def _narrowed(query: Select[Any], kind: str, account_id: str, parent: str | None) -> Select[Any]:
    query = query.where(DOCUMENTS.c.kind == kind, DOCUMENTS.c.account_id == account_id)
    return query if parent is None else query.where(DOCUMENTS.c.parent == parent)


def _key(kind: str, account_id: str, document_id: str) -> dict[str, Any]:
    return {"of_kind": kind, "of_account": account_id, "wanted": document_id}


def _scope(kind: str, account_id: str) -> str:
    return f"document:{kind}:{account_id}"
