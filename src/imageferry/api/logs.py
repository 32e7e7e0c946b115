"""RequestLine, LogFormat: one line a request and an event, in JSON or for people; never a secret."""

from __future__ import annotations

import json
import logging
import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Final, Literal, TextIO

Form = Literal["json", "text"]

LOG: Final = logging.getLogger("imageferry.serve")

# That bytes are no request is counted among the refusals; here only its faults are of interest.
_LEAST: Final = {"uvicorn.error": logging.ERROR}

_LONGEST: Final = 200
"""Characters of a value that is shown: a caller may send any."""


@dataclass(frozen=True, slots=True)
class RequestLine:
    """What is written down of a request: neither its query nor its body nor its headers.

    `milliseconds` is the time to the reply; `sent` its bytes. `key_id` is empty where it is none of
    ours; that it has signed is verified only where the request was admitted.
    """

    request_id: str
    api: str
    action: str
    key_id: str
    account_id: str
    region: str
    method: str
    path: str
    status: int
    milliseconds: float
    received: int
    sent: int
    source: str
    refusal: str = ""


def log_request(line: RequestLine) -> None:
    """Write a request's line; a server's fault is an error, a refusal a warning."""
    level = logging.INFO
    if line.status >= 500:
        level = logging.ERROR
    elif line.refusal:
        level = logging.WARNING
    if LOG.isEnabledFor(level):
        LOG.log(level, "request", extra={"fields": asdict(line)})


def log_event(said: str, level: int = logging.INFO, **fields: object) -> None:
    """Write a line about what the server itself does."""
    LOG.log(level, said, extra={"fields": fields})


_WORD: Final = re.compile(r"[\w./-]{1,64}")


def word(text: str) -> str:
    """An action or a region; what is none may be a secret in the wrong place."""
    return text if _WORD.fullmatch(text) else ""


class LogFormat(logging.Formatter):
    """A record as one line (the logging library knows formats by class)."""

    def __init__(self, form: Form) -> None:
        super().__init__()
        self._is_json = form == "json"

    def format(self, record: logging.LogRecord) -> str:
        """The line: time in UTC, level, what happened, and with what."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        at = at.replace("+00:00", "Z")
        fields = {name: _bounded(value) for name, value in getattr(record, "fields", {}).items()}
        trace = _where(record.exc_info[1]) if record.exc_info else ""
        if self._is_json:
            document = {"time": at, "level": record.levelname.lower(), "event": record.getMessage()}
            more = {"traceback": trace} if trace else {}
            return json.dumps({**document, **fields, **more}, ensure_ascii=True, default=str)
        said = " ".join(f"{name}={_quoted(value)}" for name, value in fields.items() if value != "")
        line = f"{at} {record.levelname.lower()} {_printable(record.getMessage())} {said}".rstrip()
        return f"{line}\n{trace}" if trace else line


@contextmanager
def write_logs(form: Form, stream: TextIO) -> Iterator[None]:
    """Let the server's lines, and the engine's and the library's warnings, go to a stream."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(LogFormat(form))
    handler.addFilter(
        lambda record: (
            record.name == LOG.name or record.levelno >= _LEAST.get(record.name, logging.WARNING)
        )
    )
    logs = [logging.getLogger(name) for name in ("imageferry", "uvicorn.error")]
    for log in logs:
        log.addHandler(handler)
    try:
        yield
    finally:
        for log in logs:
            log.removeHandler(handler)


def _where(fault: BaseException | None) -> str:
    """The lines that a fault came through, and its kind; its message may hold what a caller sent."""
    lines: list[str] = []
    while fault is not None and len(lines) < _LONGEST:
        frames = traceback.extract_tb(fault.__traceback__)
        lines = [*traceback.format_list(frames), f"{type(fault).__qualname__}\n", *lines]
        fault = fault.__cause__ or (None if fault.__suppress_context__ else fault.__context__)
    return "".join(lines).rstrip()


def _bounded(value: object) -> object:
    return value[:_LONGEST] if isinstance(value, str) else value


def _printable(text: str) -> str:
    """Whoever calls must not be able to begin a line of the log, or colour it."""
    return "".join(one if one.isprintable() else f"\\x{ord(one):02x}" for one in text)


def _quoted(value: object) -> str:
    text = _printable(str(value)).replace('"', "'")
    return f'"{text}"' if " " in text else text
