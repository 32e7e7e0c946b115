"""Exports: what the stacks of a region give to one another, and who takes it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from imageferry.api.cfn.asks import Ask, Reply
from imageferry.api.cfn.changes import plain
from imageferry.api.cfn.faults import refused
from imageferry.api.cfn.names import stack_arn
from imageferry.api.cfn.paging import page_of
from imageferry.model.inquiries import Inquiry, InquiryKind
from imageferry.model.stacks import Stack, StackQuery

_PAGE: Final = 100
_ALL: Final = 1_000_000


async def list_exports(ask: Ask) -> Reply:
    """Every export of the account and region, by name."""
    exports = sorted(
        (
            {
                "ExportingStackId": stack_arn(stack),
                "Name": export.name,
                "Value": _text(plain(export.value)),
            }
            for stack in await _living(ask)
            for export in stack.exports
        ),
        key=lambda one: one["Name"],
    )
    shown, token = page_of(ask, exports, _PAGE)
    return {"Exports": shown, "NextToken": token}


async def list_imports(ask: Ask) -> Reply:
    """The names of the stacks that import one export."""
    name = ask.text("ExportName")
    inquiry = Inquiry(InquiryKind.EXPORT, (name,))
    importers = sorted(stack.name for stack in await _living(ask) if inquiry in stack.asked)
    if not importers:
        raise refused(f"Export '{name}' is not imported by any stack.")
    shown, token = page_of(ask, importers, _PAGE)
    return {"Imports": shown, "NextToken": token}


async def _living(ask: Ask) -> list[Stack]:
    """Every stack of the region, without its template: there may be many."""
    query = StackQuery(replace(ask.plane.place, region=ask.region))
    found, _ = await ask.plane.desk.store.find_page(query, 0, _ALL)
    return list(found)


def _text(value: object) -> str:
    return value if isinstance(value, str) else str(value)
