"""Notices: what the receivers of a stack's changes of status are still to be told, and from where on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from imageferry.control.desk import Desk
from imageferry.model.stacks import Stack
from imageferry.model.statuses import StackStatus
from imageferry.model.values import Json
from imageferry.ports.documents import Document, DocumentChanged, DocumentExists
from imageferry.ports.keeping import Store

KIND: Final = "notice"
"""One document a stack with receivers, until it is deleted and all of them know: a Ledger."""

OPTION: Final = "notification_urls"
"""The option of a stack that lists its receivers."""

_PAGE: Final = 1000


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far one receiver is: the number of the last event that it knows, or was given up.

    `failures` of the next notice so far, which is not tried again before `not_before` (seconds
    since 1970).
    """

    told: int
    failures: int = 0
    not_before: float = 0.0


@dataclass(frozen=True, slots=True)
class Ledger:
    """How far each receiver of a stack is, by its address.

    `holder` posts at this moment; if it is not heard of again, somebody else may from `held_until`
    on.
    """

    cursors: Mapping[str, Cursor]
    holder: str = ""
    held_until: float = 0.0


@dataclass(frozen=True, slots=True)
class Notice:
    """A change of a stack's status that its receivers are told: the event's number, and what it is."""

    number: int
    status: StackStatus


def receivers_of(stack: Stack) -> tuple[str, ...]:
    """The addresses that want to be told of a stack's changes."""
    listed = stack.options.get(OPTION)
    if not isinstance(listed, (list, tuple)):
        return ()
    return tuple(dict.fromkeys(one for one in listed if isinstance(one, str)))


async def expect_notices(desk: Desk, stack: Stack) -> None:
    """Keep from which event on each receiver of a stack is to be told, before anything happens.

    One that the stack has already stays where it is. Without receivers nothing is read or written.
    """
    urls, papers = receivers_of(stack), desk.documents
    if not urls or papers is None:
        return
    account = desk.place.account_id
    while True:
        kept = await papers.get(KIND, account, stack.stack_id)
        former = {} if kept is None else ledger_of(kept).cursors
        known = await desk.store.stack(stack.stack_id)
        last = await desk.store.last_event_number(stack.stack_id)
        # Until the change is made, those of before it are the stack's.
        present = () if known is None else receivers_of(known)
        cursors = {url: former.get(url, Cursor(last)) for url in present}
        cursors = {**dict.fromkeys(urls, Cursor(last)), **cursors}
        if cursors == former:
            return
        now = desk.clock.now()
        try:
            if kept is None:
                body = body_of(Ledger(cursors))
                await papers.add(Document(KIND, account, stack.stack_id, body, now, now))
            else:
                body = body_of(replace(ledger_of(kept), cursors=cursors))
                await papers.change(replace(kept, body=body, updated_at=now))
        except (DocumentExists, DocumentChanged):
            # Somebody has written meanwhile: look again at what there is.
            continue
        return


async def notices_after(store: Store, stack_id: str, after: int) -> list[Notice]:
    """The notices of a stack's events after a number, oldest first.

    ROS reference, CreateStack, NotificationURLs: of every status that is not one of being worked
    on. A failure that is undone has no event of its own, but only that of its undoing.
    """
    found: list[Notice] = []
    while True:
        page = await store.events(stack_id, after, _PAGE)
        for event in page:
            status = event.status
            if event.address or not isinstance(status, StackStatus):
                continue
            if status.is_final and status is not StackStatus.REVIEWING:
                found.append(Notice(event.sequence, status))
        if len(page) < _PAGE:
            return found
        after = page[-1].sequence


def pending(
    notices: Iterable[Notice], ledger: Ledger, receivers: Iterable[str]
) -> dict[str, Notice]:
    """The next notice of each receiver that has one to be told."""
    found: dict[str, Notice] = {}
    for url in receivers:
        cursor = ledger.cursors.get(url)
        following = (one for one in notices if cursor is not None and one.number > cursor.told)
        notice = next(following, None)
        if notice is not None:
            found[url] = notice
    return found


def ledger_of(document: Document) -> Ledger:
    """What a document of ours says."""
    body: Mapping[str, Any] = document.body
    cursors = {url: Cursor(*cursor) for url, cursor in body["cursors"].items()}
    return Ledger(cursors, body["holder"], body["held_until"])


def body_of(ledger: Ledger) -> dict[str, Json]:
    """A ledger as it is kept."""
    cursors: dict[str, Json] = {
        url: [cursor.told, cursor.failures, cursor.not_before]
        for url, cursor in ledger.cursors.items()
    }
    return {"cursors": cursors, "holder": ledger.holder, "held_until": ledger.held_until}
