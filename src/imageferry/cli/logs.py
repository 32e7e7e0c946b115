"""The beginning of a command: its screen, and the log where its flags want it."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import sys
from io import TextIOWrapper

from imageferry.cli.flags import Flags
from imageferry.cli.refusals import misuse
from imageferry.cli.screens import Screen, open_screen


def open_log(flags: Flags) -> None:
    """Let the log go where the flags say: to a file, to stderr, or nowhere."""
    if not logging.root.handlers:
        # Libraries that log their troubles would else be heard on stderr, tracebacks and all.
        logging.root.addHandler(logging.NullHandler())
    log = logging.getLogger("imageferry")
    for handler in [*log.handlers]:
        log.removeHandler(handler)
        # The disk may be full: the last lines are lost then, as others before.
        with contextlib.suppress(OSError):
            handler.close()
    log.propagate = False
    # A full disk, or a pipe that nobody empties, costs lines of the log and nothing else.
    logging.raiseExceptions = False
    log.addHandler(logging.NullHandler())
    log.setLevel(logging.DEBUG)
    handlers: list[logging.Handler] = []
    if flags.log_file is not None:
        try:
            to_file = logging.FileHandler(flags.log_file, encoding="utf-8", delay=True)
            to_file.stream = _opened(flags.log_file)
            handlers.append(to_file)
        except OSError as fault:
            nobody = fault.errno == errno.ENXIO
            raise misuse(
                "IF814",
                f'the log file "{flags.log_file}" cannot be written',
                why="nobody reads that pipe" if nobody else str(fault.strerror).lower(),
                remedy="name a file in a folder that exists and may be written to",
            ) from None
    if flags.debug:
        handlers.append(logging.StreamHandler(sys.stderr))
    for handler in handlers:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        log.addHandler(handler)


def _opened(path: str) -> TextIOWrapper:
    """The file to append to. A pipe never holds the command up: what it does not take is lost."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NONBLOCK, 0o666)
    return os.fdopen(descriptor, "a", encoding="utf-8")


def begin(flags: Flags) -> Screen:
    """Open the log and the screen as the flags ask for."""
    open_log(flags)
    return open_screen(as_json=flags.as_json, no_color=flags.no_color, debug=flags.debug)
