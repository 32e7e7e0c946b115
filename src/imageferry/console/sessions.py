"""Session, SessionBook: who has signed in to the console, remembered durably and for seconds."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from imageferry.console.desk import ConsoleDesk
from imageferry.control.links import BY_LINK, SESSION_KIND
from imageferry.model.access import Role
from imageferry.ports.documents import Document, DocumentExists

_NOBODY: Final = ""
"""Sessions belong to no account, for nobody is known before they are read."""

LIFETIME: Final = 12 * 3600.0
"""Seconds for which a session counts, whatever is done in it."""

_BELIEVED: Final = 3.0
"""Seconds for which a session is believed without another look, as keys of the APIs are."""

_LARGEST: Final = 4_096


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who has signed in. `token` is what the browser has, and is never written down.

    `key_id` is the access key, or of a one-time link the word `link`. Times are seconds since 1970.
    """

    token: str = field(repr=False)
    key_id: str
    account_id: str
    role: Role
    ends_at: float

    @property
    def csrf(self) -> str:
        """What a form has to bring, so that no other site can send one."""
        return _digest("csrf", self.token)

    def accepts(self, given: str) -> bool:
        """Whether that is the token of this session's forms."""
        return hmac.compare_digest(self.csrf.encode(), given.encode("utf-8", "surrogateescape"))


@dataclass(slots=True)
class SessionBook:
    """Opens, finds and ends sessions. All methods may raise StoreError.

    They are kept with us, so that they outlive this process and count for every server of a
    database. A key that is revoked ends its sessions, and changes of its role are theirs.
    """

    desk: ConsoleDesk
    _seen: dict[str, tuple[float, Session | None]] = field(default_factory=dict, repr=False)

    async def open(self, key_id: str, account_id: str, role: Role) -> Session:
        """A new session."""
        desk = self.desk
        now = desk.clock.now()
        await desk.documents.remove_older(SESSION_KIND, now - LIFETIME)
        while True:
            token = (desk.entropy.new_id() + desk.entropy.new_id()).replace("-", "")
            session = Session(token, key_id, account_id, role, now + LIFETIME)
            body = {"key_id": key_id, "account_id": account_id, "role": role.value}
            document = Document(SESSION_KIND, _NOBODY, _digest("session", token), body, now, now)
            try:
                await desk.documents.add(document)
            except DocumentExists:
                continue
            return session

    async def find(self, token: str) -> Session | None:
        """The session of a token, where it counts still."""
        if not token or len(token) > 256:
            return None
        now = self.desk.clock.now()
        name = _digest("session", token)
        seen = self._seen.get(name)
        # A clock that was set back must not make a session live longer.
        if seen is not None and now < seen[0] <= now + _BELIEVED:
            return seen[1]
        session = await self._look(name, token, now)
        self._seen.pop(name, None)
        if len(self._seen) >= _LARGEST:
            del self._seen[next(iter(self._seen))]
        self._seen[name] = (now + _BELIEVED, session)
        return session

    async def end(self, session: Session) -> None:
        """Let a session count no longer."""
        name = _digest("session", session.token)
        self._seen.pop(name, None)
        await self.desk.documents.remove(SESSION_KIND, _NOBODY, name)

    async def _look(self, name: str, token: str, now: float) -> Session | None:
        found = await self.desk.documents.get(SESSION_KIND, _NOBODY, name)
        if found is None or now >= found.created_at + LIFETIME:
            return None
        body: Mapping[str, Any] = found.body
        account_id, role = str(body["account_id"]), Role(body["role"])
        key_id = str(body["key_id"])
        if account_id not in self.desk.planes:
            return None
        if key_id != BY_LINK:
            key = self.desk.built_in.get(key_id) or await self.desk.keys.get(key_id)
            if key is None or key.revoked_at is not None or key.account_id != account_id:
                return None
            role = key.role
        return Session(token, key_id, account_id, role, found.created_at + LIFETIME)


def _digest(what: str, token: str) -> str:
    return hashlib.sha256(f"imageferry console {what} {token}".encode()).hexdigest()
