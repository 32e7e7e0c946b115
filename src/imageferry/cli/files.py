"""write_file: a file that a command leaves, never over another one unasked."""

from __future__ import annotations

from pathlib import Path

from imageferry.cli.exits import ExitCode
from imageferry.cli.refusals import CommandRefused, misuse
from imageferry.model.diagnostics import error


def write_file(path: Path, text: str, *, force: bool) -> None:
    """Write the text as UTF-8, over what is there only with `force`.

    Raises CommandRefused where something is there, or nothing can be written.
    """
    try:
        with path.open("w" if force else "x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise misuse(
            "IF853",
            f'"{path}" exists',
            why="a file is written over only where that is asked for",
            remedy="give --force, or another name by --output",
        ) from None
    except OSError as fault:
        refusal = error(
            "IF854",
            f'"{path}" cannot be written',
            why=str(fault.strerror).lower(),
            remedy="name a file in a folder that exists and may be written to",
        )
        raise CommandRefused(ExitCode.FAILED, [refusal]) from None
