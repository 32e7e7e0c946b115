"""SqlPaces: how fast the cloud may be called, one row a key, shared by every process."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from sqlalchemy import Connection, delete, select, text

from imageferry.model.paces import Demand, Grant, Pace, lent
from imageferry.store.codec import dumps, loads
from imageferry.store.lanes import Lanes
from imageferry.store.tables import PACES

_BODY: Final = select(PACES.c.body).where(PACES.c.key == text(":key")).with_for_update()
_KEYS: Final = select(PACES.c.key)
_KEEP: Final = text(
    "INSERT INTO paces (key, body, updated_at) VALUES (:key, :body, :now) "
    "ON CONFLICT (key) DO UPDATE SET body = excluded.body, updated_at = excluded.updated_at"
)
_NOTHING: Final = "null"
_BEGIN: Final = text(
    "INSERT INTO paces (key, body, updated_at) VALUES (:key, 'null', :now) ON CONFLICT DO NOTHING"
)


class SqlPaces:
    """The `ports.Paces` of a database. One lease is one small transaction, at most one a second."""

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes

    async def lease(self, key: str, demand: Demand, now: float) -> Grant:
        """Calls for one second; raises StoreError."""

        def lease(connection: Connection) -> Grant:
            # The row is there before it is locked: two that come first would both begin it.
            connection.execute(_BEGIN, {"key": key, "now": now})
            body = connection.execute(_BODY, {"key": key}).scalar_one()
            after, grant = lent(_decoded(body), demand, now)
            if after is None:
                connection.execute(delete(PACES).where(PACES.c.key == key))
            else:
                connection.execute(_KEEP, {"key": key, "body": _encoded(after), "now": now})
            return grant

        return await self._lanes.write(lease)

    async def known(self) -> Collection[str]:
        """The keys that somebody has found to be limited; raises StoreError."""
        return await self._lanes.read(lambda c: frozenset(c.execute(_KEYS).scalars()))


def _encoded(pace: Pace) -> str:
    return dumps(
        [
            pace.rate,
            pace.capacity,
            pace.level,
            pace.filled_at,
            pace.throttled_at,
            pace.raised_at,
            dict(pace.holders),
        ]
    )


def _decoded(body: str) -> Pace | None:
    return None if body == _NOTHING else Pace(*loads(body))
