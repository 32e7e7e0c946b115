"""Sealer: contents encrypted in the rows that they belong to, each bound to its place."""

from __future__ import annotations

from sqlalchemy import Connection

from imageferry.ports.keeping import StoreError
from imageferry.store.secrets import LazyBox


class Sealer:
    """Encrypts what one kind of row holds; `what` names the kind in messages, such as `keys`.

    A content is bound to a scope and an id: in the row of another one it is not opened.
    """

    def __init__(self, box: LazyBox, what: str) -> None:
        self._box = box
        self._what = what

    def seal(self, connection: Connection, scope: str, bound_id: str, content: bytes) -> bytes:
        """The ciphertext; raises StoreError where what is kept was encrypted with another key."""
        return self._box.get_to_write(connection).seal(scope, bound_id, content)

    def open(self, scope: str, bound_id: str, ciphertext: bytes) -> bytes:
        """What `seal` was given; raises StoreError where the key is another one."""
        box = self._box.get()
        try:
            return box.open(scope, bound_id, ciphertext)
        except StoreError as failure:
            raise StoreError(
                f"{self._what} in the database were encrypted with another key; "
                "restore the key file of the home, or set IMAGEFERRY_SECRET_KEY to that key"
            ) from failure
