"""AccountCensus: the `ports.Census` of an account, asking the census of each kind of thing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache

from imageferry.cloud.client import Client
from imageferry.cloud.ecs import region_words
from imageferry.cloud.errors import CloudError
from imageferry.model.addresses import ResourceAddress
from imageferry.model.handlers import Context
from imageferry.ports.traces import Trace, TraceRemoval, TraceTrouble
from imageferry.resource_types.handling.faults import says
from imageferry.resource_types.handling.lineages import lineage
from imageferry.resource_types.handling.traces import KindCensus


class AccountCensus:
    """Everything of an account that carries a lineage, by the `censuses` of each kind.

    `home_region` is asked for the list of regions. `censuses` is called once somebody searches:
    few commands do, and what they need is not loaded for the others.
    """

    def __init__(
        self,
        client: Client,
        home_region: str,
        censuses: Callable[[], Mapping[str, KindCensus]],
        adoptable: Sequence[str],
    ) -> None:
        self._client = client
        self._home_region = home_region
        self._censuses = cache(censuses)
        self._adoptable = tuple(adoptable)

    @property
    def kinds(self) -> Sequence[str]:
        """The kinds of things, in the order in which they are told."""
        return tuple(self._censuses())

    @property
    def adoptable(self) -> Sequence[str]:
        """Those that can be taken in."""
        return self._adoptable

    async def regions(self) -> Sequence[str]:
        """Every region of the account, sorted; raises TraceTrouble."""
        try:
            return sorted(await region_words(self._client, self._home_region))
        except CloudError as fault:
            raise TraceTrouble(says(fault)) from fault

    async def traces(self, region: str, kind: str) -> Sequence[Trace]:
        """What of one kind carries a lineage in a region; raises TraceTrouble."""
        try:
            return await self._censuses()[kind].traces(region)
        except CloudError as fault:
            raise TraceTrouble(says(fault)) from fault

    async def remove(self, trace: Trace, notes: Context, now: float) -> TraceRemoval:
        """Bring the removal of one trace forward, as things of its kind go."""
        return await self._censuses()[trace.kind].remove(trace, notes, now)

    def is_for(self, trace: Trace, address: ResourceAddress) -> bool:
        """True where the lineage is what it would be for that address, cut where it is long."""
        said = lineage(trace.installation, trace.operation_id, str(address))
        return said == f"{trace.installation}/{trace.operation_id}/{trace.address}"
