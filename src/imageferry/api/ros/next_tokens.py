"""Pages by NextToken: opaque marks of where a listing goes on, worth something in that listing alone."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from typing import TypeVar

from imageferry.api.ros.errors import invalid

Entry = TypeVar("Entry")


def page_after(
    entries: Sequence[Entry], token: str, listing: Sequence[str], size: int
) -> tuple[list[Entry], str]:
    """The entries of a page, and the token of the next one, which is empty where this is the last.

    `listing` says what is listed: a token of another listing is refused with InvalidParameter.
    """
    first = _offset(token, listing) if token else 0
    last = first + size
    rest = _token(last, listing) if last < len(entries) else ""
    return list(entries[first:last]), rest


def _token(offset: int, listing: Sequence[str]) -> str:
    return base64.urlsafe_b64encode(f"{_mark(offset, listing)}{offset}".encode()).decode()


def _offset(token: str, listing: Sequence[str]) -> int:
    try:
        said = base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, UnicodeError):
        raise _refused() from None
    mark, number = said[:_MARK], said[_MARK:]
    if not (number.isdigit() and len(number) < _DIGITS and mark == _mark(int(number), listing)):
        raise _refused()
    return int(number)


_MARK = 16
_DIGITS = 10


def _mark(offset: int, listing: Sequence[str]) -> str:
    said = "\n".join((str(offset), *listing))
    return hashlib.sha256(said.encode()).hexdigest()[:_MARK]


def _refused() -> Exception:
    return invalid("NextToken", "it is not a token of this listing")
