"""Links that let one browser sign in to the console, once: made where the database is, and spent."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from imageferry.model.access import Role
from imageferry.ports.documents import Document, Documents
from imageferry.ports.senses import Clock, Entropy

KIND: Final = "console_link"
LIFETIME: Final = 3600.0
"""Seconds for which a link may be used, where nothing else is said."""

SESSION_KIND: Final = "console_session"
"""The kind of the documents of sessions, which the console keeps, with their `key_id`."""

BY_LINK: Final = "link"
"""Whose a session is that a link has opened, in place of an access key; no key has so short an id."""

_NOBODY: Final = ""


@dataclass(frozen=True, slots=True)
class Link:
    """What a link gives: a role in an account, until a moment (seconds since 1970)."""

    account_id: str
    role: Role
    ends_at: float


async def make_link(
    documents: Documents,
    clock: Clock,
    entropy: Entropy,
    account_id: str,
    role: Role,
    lifetime: float = LIFETIME,
) -> str:
    """The token of a new link; `lifetime` in seconds. Raises StoreError.

    Only its digest is kept: whoever reads the database cannot use it.
    """
    now = clock.now()
    token = (entropy.new_id() + entropy.new_id()).replace("-", "")
    body = {"account_id": account_id, "role": role.value, "ends_at": now + lifetime}
    await documents.remove_older(KIND, now - 30 * 24 * 3600)
    await documents.add(Document(KIND, _NOBODY, _digest(token), body, now, now))
    return token


async def spend_link(documents: Documents, token: str, now: float) -> Link | None:
    """What a link gives; None where it was used before, is too old, or never was. Raises StoreError."""
    found = await documents.get(KIND, _NOBODY, _digest(token))
    if found is None or not await documents.remove(KIND, _NOBODY, found.document_id):
        return None
    body: Mapping[str, Any] = found.body
    link = Link(str(body["account_id"]), Role(body["role"]), float(body["ends_at"]))
    return link if now < link.ends_at else None


async def end_links(documents: Documents, account_id: str | None = None) -> tuple[int, int]:
    """Let no link of an account, or of any, count any more, nor what links have opened.

    Gives how many links were not used yet, and how many sessions ended. Raises StoreError.
    """
    ended = {KIND: 0, SESSION_KIND: 0}
    for kind in ended:
        for one in await documents.find(kind, _NOBODY):
            is_link = kind == KIND or one.body["key_id"] == BY_LINK
            if is_link and account_id in {None, one.body["account_id"]}:
                ended[kind] += await documents.remove(kind, _NOBODY, one.document_id)
    return ended[KIND], ended[SESSION_KIND]


def _digest(token: str) -> str:
    return hashlib.sha256(f"imageferry console link {token}".encode()).hexdigest()
