"""Account: what the type's code works with, on one cloud account and in its destination region."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from imageferry.ports.senses import Clock
from imageferry.ports.traces import Census, Trace
from imageferry.ports.types import ResourceType
from imageferry.provider.identity import own

KIND: Final = "image"


class Account(NamedTuple):
    """A type on an account. `write_only` are the properties that no answer may hold."""

    kind: ResourceType
    census: Census
    region: str
    installation: str
    clock: Clock
    write_only: frozenset[str]


async def find(account: Account, tracking_id: str = "") -> Sequence[Trace]:
    """The images of one copy, or of all, as the region shows them now; raises TraceTrouble."""
    traces = await account.census.traces(account.region, KIND)
    return own(traces, account.installation, tracking_id)
