"""InstanceHandler: the handler of ALIYUN::ECS::Instance."""

from __future__ import annotations

from dataclasses import replace

from imageferry.model.handlers import Done, HandlerRequest, Outcome
from imageferry.resource_types.handling.lineages import origin_notes
from imageferry.resource_types.handling.notes import step_key
from imageferry.resource_types.instances.cloud import InstanceCloud
from imageferry.resource_types.instances.deletion import release
from imageferry.resource_types.instances.making import Making
from imageferry.resource_types.instances.reading import read_instance
from imageferry.resource_types.instances.replacing import clean_up_instance, update_instance
from imageferry.resource_types.instances.searching import own_lineage
from imageferry.resource_types.instances.waiting import Ready, attributes, make_instance
from imageferry.resource_types.instances.wanted import read_wanted


class InstanceHandler:
    """Launches an instance, changes and releases it; see `ports.Handler` for what it promises."""

    def __init__(self, cloud: InstanceCloud) -> None:
        self._cloud = cloud

    async def create(self, request: HandlerRequest) -> Outcome:
        """RunInstances for one, then wait until it runs."""
        wanted = read_wanted(request.properties, request.region)
        key = step_key(request.token)
        if request.context.get("step", key) != key:
            request = replace(request, context={})
        base = {"step": key, **origin_notes(request)}
        making = Making(wanted, own_lineage(request, wanted), base)
        outcome = await make_instance(self._cloud, making, request)
        if isinstance(outcome, Ready):
            instance = outcome.instance
            return Done(instance.instance_id, attributes(instance))
        return outcome

    async def read(self, request: HandlerRequest) -> Outcome:
        """Look at the instance: its attributes and properties as they are there, or NOT_FOUND."""
        wanted = read_wanted(request.properties, request.region)
        return await read_instance(self._cloud, wanted, request)

    async def update(self, request: HandlerRequest) -> Outcome:
        """Change in place, stopped only where it must be; or launch another in the place of this."""
        wanted = read_wanted(request.properties, request.region)
        before = read_wanted(request.previous, request.region)
        cloud = self._cloud.confirmed(request.confirm)
        return await update_instance(cloud, wanted, before, request)

    async def delete(self, request: HandlerRequest) -> Outcome:
        """Release whatever this resource has launched, and wait until it is gone."""
        wanted = read_wanted(request.properties or request.previous, request.region)
        return await release(self._cloud.confirmed(request.confirm), wanted, request)

    async def clean_up(self, request: HandlerRequest) -> Outcome:
        """Release one instance that a replacement has left over."""
        wanted = read_wanted(request.properties, request.region)
        cloud = self._cloud.confirmed(request.confirm)
        return await clean_up_instance(cloud, wanted, request)
