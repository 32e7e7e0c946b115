"""format_time: the time of the operation, as a text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from imageferry.evaluation.conversions import kind_of
from imageferry.evaluation.errors import Refusal
from imageferry.evaluation.scopes import Manners, Scope
from imageferry.model.inquiries import Inquiry, InquiryKind
from imageferry.model.values import UNKNOWN, Value

_LONGEST: Final = 1_000
_CODE: Final = re.compile(r"%(.?)", re.DOTALL)
# C library, strftime. Codes with a width would let a template fill the memory, so none has one.
_CODES: Final = frozenset("aAbBcCdDeFgGhHIjklmMnpPrRSstTuUVwWxXyYzZ%f")
# What ROS reads beside names: the hours that a zone is ahead of UTC, at most a day.
_OFFSET: Final = re.compile(r"(?:UTC|GMT)([+-])([01]?\d|2[0-3])(?::?([0-5]\d))?")


def _parts(arguments: Sequence[Value]) -> tuple[Value, Value]:
    """Format and zone, from one text or a list of one or two."""
    (given,) = arguments
    if not isinstance(given, (list, tuple)):
        return given, None
    if not 1 <= len(given) <= 2:
        raise Refusal(f"needs a text, or a list of 1 to 2, not {len(given)}", code="IF302")
    return given[0], given[1] if len(given) == 2 else None


def check_time(arguments: Sequence[Value], manners: Manners) -> None:
    """Format and zone, where they are written out."""
    form, zone = _parts(arguments)
    if form is not UNKNOWN and form is not None:
        _checked_form(form)
    if zone is not UNKNOWN:
        _zone(zone)


def _checked_form(form: Value) -> str:
    if not isinstance(form, str):
        raise Refusal(f"needs a text as its format, not {kind_of(form)}")
    if len(form) > _LONGEST:
        raise Refusal(f"has a format of more than {_LONGEST:,} characters")
    for code in _CODE.findall(form):
        if code not in _CODES:
            raise Refusal(
                f"has a format with '%{code}', which means nothing",
                remedy="use codes such as '%Y-%m-%d %H:%M:%S', and '%%' for '%'",
            )
    return form


def _zone(zone: Value) -> tzinfo:
    if zone is None or zone == "":
        return UTC
    if not isinstance(zone, str):
        raise Refusal(f"needs the name of a time zone, not {kind_of(zone)}")
    offset = _OFFSET.fullmatch(zone)
    if offset is not None:
        sign = -1 if offset[1] == "-" else 1
        return timezone(sign * timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0)))
    try:
        return ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise Refusal(
            f"finds no time zone '{zone[:80]}'",
            remedy="use a name of the tz database, such as 'Asia/Shanghai'",
        ) from None


def format_time(arguments: Sequence[Value], scope: Scope) -> Value:
    """`format` or `[format, zone]`: the time of the operation, in UTC unless a zone is named."""
    form, zone = _parts(arguments)
    if form is None:
        return None
    text, place = _checked_form(form), _zone(zone)
    now = scope.bindings.answers.get(Inquiry(InquiryKind.NOW), UNKNOWN)
    if now is UNKNOWN:
        return UNKNOWN
    if isinstance(now, bool) or not isinstance(now, (int, float)):
        raise Refusal(f"was told no time, but {kind_of(now)}")
    try:
        moment = datetime.fromtimestamp(now, place)
        # The C library would read '%s' in the zone of this machine.
        seconds = str(int(now))
        form = _CODE.sub(lambda found: seconds if found[1] == "s" else found[0], text)
        return moment.strftime(form)
    except (ValueError, OverflowError, OSError):
        raise Refusal("cannot write the time in this format") from None
