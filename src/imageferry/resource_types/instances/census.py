"""InstanceCensus: the instances of an account that carry a lineage, region by region; their release."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from imageferry.cloud.instances import Instance, describe_instances
from imageferry.cloud.texts import seconds_of
from imageferry.model.handlers import Context, Failed
from imageferry.ports.traces import Trace, TraceEnd, TraceRemoval
from imageferry.resource_types.handling.lineages import LINEAGE_KEY
from imageferry.resource_types.handling.traces import (
    Found,
    kept_or_gone,
    removal_of,
    removal_request,
    trace_of,
)
from imageferry.resource_types.instances.cloud import InstanceCloud
from imageferry.resource_types.instances.deletion import release
from imageferry.resource_types.instances.wanted import read_wanted

INSTANCE: Final = "instance"
_UNDER_WAY: Final = frozenset({"Pending", "Starting"})
_PREPAID: Final = "ChargeTypeViolation"


class InstanceCensus:
    """Finds instances by their lineage, and releases them as their type does."""

    def __init__(self, cloud: InstanceCloud) -> None:
        self._cloud = cloud

    async def traces(self, region: str) -> Sequence[Trace]:
        """Every instance of a region with a lineage, in every status; raises CloudError."""
        found = await describe_instances(self._cloud.client, region, tags={LINEAGE_KEY: ""})
        return [trace for one in found if (trace := _trace(region, one)) is not None]

    async def remove(self, trace: Trace, notes: Context, now: float) -> TraceRemoval:
        """Release the instance, then see that it is gone; never one that is protected or prepaid."""
        if not notes:
            look = self._cloud.loader.look(trace.region, trace.thing_id)
            end = await kept_or_gone(trace, look, _trace)
            if end is not None:
                return end
        request = removal_request(trace, notes, now)
        outcome = await release(self._cloud, read_wanted({}, trace.region), request)
        if isinstance(outcome, Failed) and outcome.cloud_code == _PREPAID:
            words = (
                f"{trace.thing_id} is prepaid: release it in the cloud's console, or let it run out"
            )
            return TraceRemoval(TraceEnd.KEPT, said=(words,))
        return removal_of(outcome)


def _trace(region: str, instance: Instance) -> Trace | None:
    found = Found(
        instance.instance_id,
        instance.tags,
        name=instance.name,
        status=instance.status,
        created_at=seconds_of(instance.created_at),
        is_whole=instance.status in {"Running", "Stopped"},
        is_under_way=instance.status in _UNDER_WAY,
    )
    return trace_of(INSTANCE, region, found)
