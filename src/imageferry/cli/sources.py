"""Files that the user names: read once, within bounds, with words for what goes wrong."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from imageferry.dialects.syntax.source_text import MAX_SOURCE_BYTES
from imageferry.model.diagnostics import Diagnostic, Span, error

STANDARD_INPUT: Final = "-"


class SourceUnreadable(Exception):
    """A file could not be read; carries the one diagnostic that says why."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        self.diagnostic = diagnostic
        super().__init__(diagnostic.message)


def source_name(path: str) -> str:
    """The name that diagnostics give a source: the path as it was typed."""
    return "<stdin>" if path == STANDARD_INPUT else path


def read_source(path: str, what: str) -> bytes:
    """The bytes of a file, or of standard input for `-`; at most one more than can be read.

    Who reads them refuses what is too large, so that a huge file costs nothing. Raises
    SourceUnreadable.
    """
    try:
        if path == STANDARD_INPUT:
            return sys.stdin.buffer.read(MAX_SOURCE_BYTES + 1)
        with Path(path).open("rb") as stream:
            return stream.read(MAX_SOURCE_BYTES + 1)
    except (OSError, ValueError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) else str(fault)
        raise SourceUnreadable(
            error(
                "IF801",
                f'the {what} "{path}" cannot be read',
                why=(reason or type(fault).__name__).lower(),
                remedy='name a readable file, or "-" for standard input',
                span=Span(source_name(path), 1, 1),
            )
        ) from None
