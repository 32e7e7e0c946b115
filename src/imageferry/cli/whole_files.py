"""write_whole(path, text): a file that is written whole or not at all; an old one stays until then."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Write a text as UTF-8, its folder too where there is none; raises OSError and leaves nothing."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside.write_text(text, encoding="utf-8")
        aside.replace(path)
    except OSError:
        # What stands in the way of the file may stand in the way of looking for it.
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)
        raise
