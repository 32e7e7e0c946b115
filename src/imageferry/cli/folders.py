"""Templates below a folder: what is worth reading there, and what is passed over."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from imageferry.cli.sources import SourceUnreadable
from imageferry.model.diagnostics import Span, error

_SUFFIXES: Final = frozenset({".yml", ".yaml", ".json", ".template"})
# Without either word a file is no template, whatever else it is.
_SIGNS: Final = (b"FormatVersion", b"Resources")


def files_below(folder: str) -> Iterator[str]:
    """Every file of a template's suffix below a folder, in order; nothing hidden, no link followed.

    Raises SourceUnreadable where a folder cannot be looked into.
    """
    for root, folders, names in os.walk(folder, onerror=_refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(root, name)
            if not name.startswith(".") and path.suffix.lower() in _SUFFIXES and path.is_file():
                yield str(path)


def may_be_template(source: bytes) -> bool:
    """False for what is certainly no template, such as a file of parameters."""
    return any(sign in source for sign in _SIGNS)


def no_templates(folder: str) -> SourceUnreadable:
    """What is told of a folder without any template."""
    return SourceUnreadable(
        error(
            "IF801",
            f'the folder "{folder}" holds no template',
            why="templates are files that end in .yml, .yaml, .json or .template and have a "
            "version key or 'Resources'",
            remedy="name the file itself if it is called otherwise",
            span=Span(folder, 1, 1),
        )
    )


def _refuse(fault: OSError) -> None:
    raise SourceUnreadable(
        error(
            "IF801",
            f'the folder "{fault.filename}" cannot be looked into',
            why=(fault.strerror or type(fault).__name__).lower(),
            remedy="make it readable, or name the files",
            span=Span(str(fault.filename), 1, 1),
        )
    ) from None
