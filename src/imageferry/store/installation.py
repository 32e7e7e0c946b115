"""The id of this installation: made once, the same for every process."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, select, text

from imageferry.store.tables import INSTALLATION

_FIND: Final = select(INSTALLATION.c.value).where(INSTALLATION.c.name == "id")
_KEEP: Final = text(
    "INSERT INTO installation (name, value) VALUES ('id', :value) ON CONFLICT DO NOTHING"
)
_LENGTH: Final = 8


def find_installation(connection: Connection) -> str | None:
    """The id, where one was made."""
    found: str | None = connection.execute(_FIND).scalar()
    return found


def make_installation(connection: Connection, unique: str) -> str:
    """The id: of something unique, or what another process made first."""
    connection.execute(_KEEP, {"value": unique.replace("-", "")[:_LENGTH]})
    return str(connection.execute(_FIND).scalar_one())
