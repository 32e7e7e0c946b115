"""page_of: a page of a list, and the token with which the next one is asked for."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Final, TypeVar

from imageferry.api.cfn.asks import Ask
from imageferry.api.cfn.faults import refused

T = TypeVar("T")

_FARTHEST: Final = 1_000_000_000


def page_of(ask: Ask, entries: Sequence[T], size: int) -> tuple[Sequence[T], str | None]:
    """The entries from where the request's `NextToken` says, and the next token; None at the end.

    Raises CfnFault for a token that was not given out for this operation.
    """
    begin = offset_of(ask)
    end = begin + size
    return entries[begin:end], token_at(ask, end) if end < len(entries) else None


def offset_of(ask: Ask) -> int:
    """How many entries were told before; 0 without a token. Raises CfnFault."""
    token = ask.text("NextToken")
    if not token:
        return 0
    try:
        action, _, offset = base64.urlsafe_b64decode(token.encode()).decode().partition(":")
    except (binascii.Error, ValueError) as fault:
        raise refused("The provided NextToken is not valid.") from fault
    if action != ask.call.action or not offset.isascii() or not offset.isdecimal():
        raise refused("The provided NextToken is not valid.")
    # Whoever makes up a token gets the end of the list, and no number that nothing can count to.
    return min(int(offset), _FARTHEST) if len(offset) < 20 else _FARTHEST


def token_at(ask: Ask, offset: int) -> str:
    """The token for what comes after so many entries."""
    return base64.urlsafe_b64encode(f"{ask.call.action}:{offset}".encode()).decode()
