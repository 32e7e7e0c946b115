"""SqlAccessKeys: the keys that may sign requests, their secrets encrypted."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, RowMapping, bindparam, insert, select, update

from imageferry.model.access import AccessKey, Role
from imageferry.ports.keeping import StoreError
from imageferry.store.backends import Conflict
from imageferry.store.lanes import Lanes
from imageferry.store.sealing import Sealer
from imageferry.store.secrets import LazyBox
from imageferry.store.tables import ACCESS_KEYS

_BY_ID: Final = select(ACCESS_KEYS).where(ACCESS_KEYS.c.key_id == bindparam("wanted"))
_NEWEST_FIRST: Final = select(ACCESS_KEYS).order_by(
    ACCESS_KEYS.c.created_at.desc(), ACCESS_KEYS.c.key_id
)
_REVOKE: Final = update(ACCESS_KEYS).where(
    ACCESS_KEYS.c.key_id == bindparam("wanted"), ACCESS_KEYS.c.revoked_at.is_(None)
)


class SqlAccessKeys:
    """The `ports.AccessKeys` of a database."""

    def __init__(self, lanes: Lanes, box: LazyBox) -> None:
        self._lanes = lanes
        self._sealer = Sealer(box, "the secrets of access keys")

    async def add(self, key: AccessKey) -> None:
        """Keep a new key; raises StoreError, also where its id is taken."""

        def add(connection: Connection) -> None:
            content = key.secret.encode()
            row = {
                "key_id": key.key_id,
                "account_id": key.account_id,
                "role": key.role.value,
                "note": key.note,
                "created_at": key.created_at,
                "revoked_at": key.revoked_at,
                "secret": self._sealer.seal(
                    connection, _scope(key.account_id, key.role.value), key.key_id, content
                ),
            }
            connection.execute(insert(ACCESS_KEYS).values(row))

        try:
            await self._lanes.write(add)
        except Conflict:
            raise StoreError(f'there is an access key "{key.key_id}" already') from None

    async def get(self, key_id: str) -> AccessKey | None:
        """One key, revoked or not; raises StoreError."""

        def get(connection: Connection) -> AccessKey | None:
            row = connection.execute(_BY_ID, {"wanted": key_id}).mappings().first()
            return None if row is None else self._key_of(row)

        return await self._lanes.read(get)

    async def list(self, account_id: str | None = None) -> list[AccessKey]:
        """All keys, or those of one account, the newest first; raises StoreError."""
        query = _NEWEST_FIRST
        if account_id is not None:
            query = query.where(ACCESS_KEYS.c.account_id == account_id)
        return await self._lanes.read(
            lambda c: [self._key_of(row) for row in c.execute(query).mappings()]
        )

    async def revoke(self, key_id: str, now: float) -> bool:
        """Let a key count no longer; False where there is none, or it was revoked before."""
        revoked = {"wanted": key_id, "revoked_at": now}
        return await self._lanes.write(lambda c: c.execute(_REVOKE, revoked).rowcount > 0)

    def _key_of(self, row: RowMapping) -> AccessKey:
        scope = _scope(row["account_id"], row["role"])
        return AccessKey(
            key_id=row["key_id"],
            account_id=row["account_id"],
            role=Role(row["role"]),
            secret=self._sealer.open(scope, row["key_id"], bytes(row["secret"])).decode(),
            created_at=row["created_at"],
            note=row["note"],
            revoked_at=row["revoked_at"],
        )


def _scope(account_id: str, role: str) -> str:
    # A row that somebody has given another account or role opens no more.
    return f"access-key:{account_id}:{role}"
