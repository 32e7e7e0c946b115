"""lay_database(home): a home's empty database, its tables made once a process and copied from then on."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from imageferry.store.databases import open_database

NAME = "imageferry.db"


@cache
def _empty() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / NAME
        open_database(f"sqlite:///{path}").close()
        return path.read_bytes()


def lay_database(home: Path) -> None:
    """Where there is no database yet, what opening one would have made; that takes much longer."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = home / NAME
    if not path.exists():
        path.write_bytes(_empty())
        path.chmod(0o600)
