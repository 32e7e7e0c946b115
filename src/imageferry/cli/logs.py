"""The beginning of a command: its screen, and the log where its flags want it."""

from __future__ import annotations

import logging
import sys

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
        handler.close()
    log.propagate = False
    log.addHandler(logging.NullHandler())
    log.setLevel(logging.DEBUG)
    handlers: list[logging.Handler] = []
    if flags.log_file is not None:
        try:
            handlers.append(logging.FileHandler(flags.log_file, encoding="utf-8"))
        except OSError as fault:
            raise misuse(
                "IF814",
                f'the log file "{flags.log_file}" cannot be written',
                why=str(fault.strerror).lower(),
                remedy="name a file in a folder that exists and may be written to",
            ) from None
    if flags.debug:
        handlers.append(logging.StreamHandler(sys.stderr))
    for handler in handlers:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        log.addHandler(handler)


def begin(flags: Flags) -> Screen:
    """Open the log and the screen as the flags ask for."""
    open_log(flags)
    return open_screen(as_json=flags.as_json, no_color=flags.no_color, debug=flags.debug)
