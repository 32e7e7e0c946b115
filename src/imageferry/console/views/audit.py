"""The audit: who has asked to change what, and how that ended."""

from __future__ import annotations

from collections.abc import Mapping

from imageferry.console.visits import Visit

_ON_A_PAGE = 50


async def audit(visit: Visit) -> Mapping[str, object]:
    """The newest records of the account, or those before a number."""
    asked = visit.query.get("before", "")
    before = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 16 else None
    records = await visit.desk.audit.records(
        account_id=visit.session.account_id, before=before, limit=_ON_A_PAGE + 1
    )
    return {
        "title": visit.language("Audit"),
        "section": "audit",
        "records": records[:_ON_A_PAGE],
        "older": records[_ON_A_PAGE - 1].number if len(records) > _ON_A_PAGE else None,
        "is_first": before is None,
    }
