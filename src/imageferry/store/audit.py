"""SqlAudit: what was asked to be changed, by whom, and how that ended."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, RowMapping, bindparam, insert, select, update

from imageferry.model.access import AuditRecord, Role
from imageferry.ports.access import Replayed
from imageferry.store.backends import Conflict
from imageferry.store.lanes import Lanes
from imageferry.store.tables import AUDIT

_NEWEST_FIRST: Final = select(AUDIT).order_by(AUDIT.c.number.desc())
_END: Final = update(AUDIT).where(AUDIT.c.number == bindparam("numbered"))


class SqlAudit:
    """The `ports.Audit` of a database. A mark counts for as long as its record is kept."""

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes

    async def begin(self, record: AuditRecord, mark: str) -> int:
        """Keep a record, and give its number; raises Replayed for a mark of before, StoreError."""
        row = {
            "mark": mark,
            "at": record.at,
            "account_id": record.account_id,
            "key_id": record.key_id,
            "role": record.role.value,
            "api": record.api,
            "action": record.action,
            "target": record.target,
            "region": record.region,
            "request_id": record.request_id,
            "source": record.source,
            "outcome": record.outcome,
        }

        def begin(connection: Connection) -> int:
            key = connection.execute(insert(AUDIT).values(row)).inserted_primary_key
            return int(key[0]) if key is not None else 0

        try:
            return await self._lanes.write(begin)
        except Conflict:
            raise Replayed from None

    async def end(self, number: int, outcome: str, target: str = "") -> None:
        """Say how it ended; raises StoreError."""
        said = {"outcome": outcome, **({"target": target} if target else {})}
        await self._lanes.write(lambda c: c.execute(_END, {"numbered": number, **said}))

    async def records(
        self, *, account_id: str | None = None, before: int | None = None, limit: int = 100
    ) -> list[AuditRecord]:
        """The newest records, those with a number below `before`; raises StoreError."""
        query = _NEWEST_FIRST.limit(max(limit, 0))
        if account_id is not None:
            query = query.where(AUDIT.c.account_id == account_id)
        if before is not None:
            query = query.where(AUDIT.c.number < before)
        return await self._lanes.read(lambda c: [_record(r) for r in c.execute(query).mappings()])


def _record(row: RowMapping) -> AuditRecord:
    return AuditRecord(
        at=row["at"],
        account_id=row["account_id"],
        key_id=row["key_id"],
        role=Role(row["role"]),
        api=row["api"],
        action=row["action"],
        target=row["target"],
        region=row["region"],
        request_id=row["request_id"],
        source=row["source"],
        outcome=row["outcome"],
        number=row["number"],
    )
