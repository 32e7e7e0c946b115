"""Access keys of the APIs: made by chance of the machine, and kept in the database of a home."""

from __future__ import annotations

import secrets
import string
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, NamedTuple

from imageferry.assembly.house import open_records, open_voice
from imageferry.assembly.senses import RealClock, RealEntropy
from imageferry.control.links import end_links, make_link
from imageferry.dispatch.locks import LOCK_FOLDER, SERVERS, Presence
from imageferry.model.access import AccessKey, Role
from imageferry.ports.access import AccessKeys, Audit
from imageferry.ports.senses import Clock
from imageferry.settings import Settings

_PREFIX: Final = "IFAK"
_ID_LETTERS: Final = string.ascii_uppercase + string.digits
_SECRET_LETTERS: Final = string.ascii_letters + string.digits
_ID_LENGTH: Final = 16
_SECRET_LENGTH: Final = 40


def make_access_key(account_id: str, role: Role, note: str, clock: Clock) -> AccessKey:
    """A key that nobody can guess: `IFAK` and 16 letters and digits, and a secret of 40."""
    return AccessKey(
        key_id=_PREFIX + _drawn(_ID_LETTERS, _ID_LENGTH),
        account_id=account_id,
        role=role,
        secret=_drawn(_SECRET_LETTERS, _SECRET_LENGTH),
        created_at=clock.now(),
        note=note,
    )


class Keyring(NamedTuple):
    """The keys of a home, and what was written with them."""

    keys: AccessKeys
    audit: Audit


@asynccontextmanager
async def open_keys(settings: Settings) -> AsyncIterator[Keyring]:
    """The keys in the database of a home, without any cloud; raises StoreError."""
    store = open_records(settings, RealEntropy())
    try:
        yield Keyring(store.access_keys, store.audit)
    finally:
        await store.close()


async def make_console_link(
    settings: Settings, account_id: str, role: Role, lifetime: float
) -> tuple[str, float]:
    """The token of a new link to the console, and until when it may be used, seconds since 1970.

    `lifetime` in seconds. Raises StoreError.
    """
    clock, entropy = RealClock(), RealEntropy()
    store = open_records(settings, entropy)
    try:
        ends_at = clock.now() + lifetime
        return await make_link(store.documents, clock, entropy, account_id, role, lifetime), ends_at
    finally:
        await store.close()


async def end_console_links(settings: Settings, account_id: str | None) -> tuple[int, int]:
    """Let no link to the console count any more; gives how many did, and the sessions that ended.

    Raises StoreError.
    """
    store = open_records(settings, RealEntropy())
    try:
        return await end_links(store.documents, account_id)
    finally:
        await store.close()


def serving_address(settings: Settings) -> str:
    """Where a server of this home listens, such as `http://127.0.0.1:8787`; empty where none does.

    On PostgreSQL it is not known which servers there are. Raises StoreError.
    """
    return Presence(settings.home / LOCK_FOLDER, SERVERS).word()


async def own_account(settings: Settings) -> str:
    """The account of the credentials of this home, as the cloud says.

    Raises CredentialsMissing, and CloudError where the cloud does not say.
    """
    async with open_voice(settings, RealClock(), RealEntropy()) as voice:
        return voice.account_id


def _drawn(letters: str, length: int) -> str:
    return "".join(secrets.choice(letters) for _ in range(length))
