"""Asking before something is done, and refusing where nobody can answer."""

from __future__ import annotations

import signal
import sys

import click

from imageferry.cli.refusals import misuse
from imageferry.cli.screens import Screen


def need_answerer(*, yes: bool, deed: str) -> None:
    """Refuse at once where there is neither `--yes` nor a terminal to ask at."""
    if not yes and not sys.stdin.isatty():
        raise misuse(
            "IF813",
            f"{deed} asks before it does anything, and there is no terminal to ask at",
            remedy="give --yes where nobody can answer",
        )


def agrees(screen: Screen, question: str) -> bool:
    """Ask; True for yes. Ctrl-C ends the command, nothing having been done."""
    # The running loop would take the first Ctrl-C for itself and leave the question open.
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return click.confirm(question, err=screen.as_json)
    except click.Abort:
        # The question's line is still open.
        screen.warn([""])
        raise
    finally:
        signal.signal(signal.SIGINT, handler)
