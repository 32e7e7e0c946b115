"""NoEcho values, encrypted in one table of their own; every other row only refers to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, Protocol

from sqlalchemy import Connection, bindparam, delete, exists, not_, select, text, update

from imageferry.model.values import Secret
from imageferry.ports.keeping import StoreError
from imageferry.store.codec import Reader, Writer, decode_hidden, encode_hidden
from imageferry.store.tables import (
    ACCESS_KEYS,
    CHANGE_SETS,
    DOCUMENTS,
    INSTALLATION,
    SECRETS,
    STACKS,
)

_KEY_NAME: Final = "key"

# Written alike by SQLite and PostgreSQL.
_KEEP: Final = text(
    "INSERT INTO secrets (stack_id, secret_id, ciphertext) "
    "VALUES (:stack_id, :secret_id, :ciphertext) ON CONFLICT DO NOTHING"
)
_KEEP_KEY: Final = text(
    "INSERT INTO installation (name, value) VALUES (:name, :value) ON CONFLICT DO NOTHING"
)
_KEY_FOUND: Final = select(INSTALLATION.c.value).where(INSTALLATION.c.name == _KEY_NAME)
_KEY_SHARED: Final = _KEY_FOUND.with_for_update(read=True)
_KEY_ALONE: Final = _KEY_FOUND.with_for_update()
_ANY_SECRET: Final = select(
    exists(select(SECRETS.c.secret_id))
    | exists(select(ACCESS_KEYS.c.key_id))
    | exists(select(DOCUMENTS.c.number))
)
_OF_STACK: Final = SECRETS.c.stack_id == bindparam("of_stack")
_THIS: Final = SECRETS.c.secret_id == bindparam("this_id")
_OPEN: Final = select(SECRETS.c.ciphertext).where(_OF_STACK, _THIS)
_KEPT: Final = select(SECRETS.c.secret_id).where(_OF_STACK)
_ERASE: Final = delete(SECRETS).where(_OF_STACK, _THIS)
_ERASE_WITHOUT_STACK: Final = delete(SECRETS).where(
    not_(exists().where(STACKS.c.stack_id == SECRETS.c.stack_id)),
    not_(exists().where(CHANGE_SETS.c.stack_id == SECRETS.c.stack_id)),
)


class SecretBox(Protocol):
    """What encrypts, with one key. `fingerprint` tells that key from another and no more."""

    fingerprint: str

    def name(self, stack_id: str, content: bytes) -> str:
        """The id of a content in a stack."""
        ...

    def seal(self, stack_id: str, secret_id: str, content: bytes) -> bytes:
        """The ciphertext of a content."""
        ...

    def open(self, stack_id: str, secret_id: str, ciphertext: bytes) -> bytes:
        """The content; raises StoreError where the key is another one."""
        ...


class LazyBox:
    """A SecretBox that is made when the first secret comes, and checked before it is written."""

    def __init__(self, make: Callable[[], SecretBox]) -> None:
        self._make = make
        self._box: SecretBox | None = None

    def get(self) -> SecretBox:
        """The box; raises StoreError where there is no key."""
        if self._box is None:
            self._box = self._make()
        return self._box

    def get_to_write(self, connection: Connection) -> SecretBox:
        """The box, of the same key as the secrets that are there; raises StoreError otherwise."""
        box = self.get()
        # Kept until the commit: who has other secrets in mind waits until ours are there to be seen.
        found = connection.execute(_KEY_SHARED).scalar()
        if found is None:
            connection.execute(_KEEP_KEY, {"name": _KEY_NAME, "value": box.fingerprint})
            # Another process may have been first, with another key.
            found = connection.execute(_KEY_SHARED).scalar()
        if found != box.fingerprint:
            # Whoever keeps a secret this moment has committed it then, or waits for our key.
            found = connection.execute(_KEY_ALONE).scalar()
        if found != box.fingerprint:
            if connection.execute(_ANY_SECRET).scalar():
                raise StoreError(
                    "the NoEcho values and whatever else is secret in the database were encrypted "
                    "with another key; "
                    "restore the key file of the home, or set IMAGEFERRY_SECRET_KEY to that key"
                )
            renew = update(INSTALLATION).where(INSTALLATION.c.name == _KEY_NAME)
            connection.execute(renew.values(value=box.fingerprint))
        return box


class Vault:
    """The secrets of one stack, in one transaction. `used` gathers the ids that were written."""

    def __init__(self, connection: Connection, box: LazyBox, stack_id: str) -> None:
        self._connection = connection
        self._box = box
        self._stack_id = stack_id
        self._opened: dict[str, Secret] = {}
        self._checked: SecretBox | None = None
        self.used: set[str] = set()

    def writer(self) -> Writer:
        """Encodes a document whose secrets are kept here."""
        return Writer(self._seal)

    def reader(self) -> Reader:
        """Decodes a document whose secrets are kept here."""
        return Reader(self._open)

    def seal_bytes(self, content: bytes) -> str:
        """Keep a content encrypted; gives its id."""
        if self._checked is None:
            self._checked = self._box.get_to_write(self._connection)
        box = self._checked
        secret_id = box.name(self._stack_id, content)
        if secret_id not in self.used:
            ciphertext = box.seal(self._stack_id, secret_id, content)
            row = {"stack_id": self._stack_id, "secret_id": secret_id, "ciphertext": ciphertext}
            self._connection.execute(_KEEP, row)
            self.used.add(secret_id)
        return secret_id

    def open_bytes(self, secret_id: str) -> bytes | None:
        """A kept content; None where it was erased."""
        asked = {"of_stack": self._stack_id, "this_id": secret_id}
        ciphertext = self._connection.execute(_OPEN, asked).scalar()
        if ciphertext is None:
            return None
        return self._box.get().open(self._stack_id, secret_id, bytes(ciphertext))

    def _seal(self, secret: Secret) -> str:
        return self.seal_bytes(encode_hidden(secret.revealed))

    def _open(self, secret_id: str | None) -> Secret:
        if secret_id is None:
            return Secret(None)
        found = self._opened.get(secret_id)
        if found is None:
            content = self.open_bytes(secret_id)
            found = Secret(None if content is None else decode_hidden(content))
            self._opened[secret_id] = found
        return found


def forgetful_writer() -> Writer:
    """Encodes a document whose secrets are not to be kept any more."""
    return Writer(lambda _: None)


def are_kept(connection: Connection, stack_id: str, secret_ids: Iterable[str]) -> bool:
    """True where all of these secrets are still there."""
    wanted = set(secret_ids)
    return not wanted or _kept(connection, stack_id).issuperset(wanted)


def are_any_kept(connection: Connection, stack_id: str) -> bool:
    """True where the stack has any secret at all."""
    query = select(SECRETS.c.secret_id).where(SECRETS.c.stack_id == stack_id).limit(1)
    return connection.execute(query).first() is not None


def erase_all_but(connection: Connection, stack_id: str, needed: Iterable[str]) -> None:
    """Erase the secrets of a stack that nothing needs any more."""
    gone = _kept(connection, stack_id).difference(needed)
    for secret_id in sorted(gone):
        connection.execute(_ERASE, {"of_stack": stack_id, "this_id": secret_id})


def erase_without_stack(connection: Connection) -> None:
    """Erase the secrets of stacks that never came to be and whose change sets are gone."""
    connection.execute(_ERASE_WITHOUT_STACK)


def _kept(connection: Connection, stack_id: str) -> set[str]:
    return set(connection.execute(_KEPT, {"of_stack": stack_id}).scalars())
