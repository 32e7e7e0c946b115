"""Bygones: the resources that a deleted stack had, as its events still tell of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from imageferry.model.addresses import parse_address
from imageferry.model.stacks import Resource
from imageferry.model.statuses import StackStatus
from imageferry.ports.keeping import Store

_AT_ONCE: Final = 1_000


async def resources_gone(store: Store, stack_id: str) -> list[Resource]:
    """The resources in the order of their first events, each with its last status and id.

    They have no properties: of what is deleted, these are not kept.
    """
    found: dict[str, Resource] = {}
    after = 0
    while events := await store.events(stack_id, after, _AT_ONCE):
        for event in events:
            if not event.address or isinstance(event.status, StackStatus):
                continue
            before = found.get(event.address) or Resource(
                parse_address(event.address),
                event.type_name,
                event.status,
                created_at=event.time,
            )
            found[event.address] = replace(
                before,
                type_name=event.type_name,
                status=event.status,
                status_reason=event.reason,
                physical_id=event.physical_id or before.physical_id,
                updated_at=event.time,
            )
        after = events[-1].sequence
    return list(found.values())
