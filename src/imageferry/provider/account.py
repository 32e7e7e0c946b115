"""Account: what the type's code works with, on one cloud account and in its destination region."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple

from imageferry.ports.senses import Clock
from imageferry.ports.traces import Census, Trace
from imageferry.ports.types import ResourceType
from imageferry.provider.identity import own

KIND: Final = "image"


Confirm = Callable[[], Awaitable[None]]
"""Ends where the key is one of the account that it must belong to; raises BadConfiguration where it is
not, and TraceTrouble where nobody says."""


class Account(NamedTuple):
    """A type on an account. `write_only` are the properties that no answer may hold.

    `confirm` is asked before an operation begins, where the configuration names an account.
    """

    kind: ResourceType
    census: Census
    region: str
    installation: str
    clock: Clock
    write_only: frozenset[str]
    confirm: Confirm | None = None


async def find(account: Account, tracking_id: str = "") -> Sequence[Trace]:
    """The images of one copy, or of all, as the region shows them now; raises TraceTrouble."""
    traces = await account.census.traces(account.region, KIND)
    return own(traces, account.installation, tracking_id)
