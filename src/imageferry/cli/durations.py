"""Durations as people type them: `90s`, `15m`, `1h30m`, or plain seconds."""

from __future__ import annotations

import re
from typing import Final

import click

_PARTS: Final = re.compile(r"(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?\Z")
_SECONDS: Final = re.compile(r"\d{1,9}\Z")


def seconds_of(text: str) -> float | None:
    """The seconds that a duration says; None where it says none."""
    if _SECONDS.match(text):
        return float(text)
    found = _PARTS.match(text)
    if found is None or not text:
        return None
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return float(hours * 3600 + minutes * 60 + seconds)


def duration(context: click.Context, parameter: click.Parameter, text: str | None) -> float | None:
    """A click callback: the option's duration in seconds, above zero."""
    if text is None:
        return None
    seconds = seconds_of(text.strip().lower())
    if not seconds:
        raise click.BadParameter(
            f'"{text}" is no duration above zero; write seconds, or 90s, 15m, 1h30m',
            ctx=context,
            param=parameter,
        )
    return seconds
