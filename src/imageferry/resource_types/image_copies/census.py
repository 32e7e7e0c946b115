"""ImageCensus: the images of an account that carry a lineage, region by region, and their removal."""

from __future__ import annotations

from collections.abc import Sequence

from imageferry.cloud.ecs import region_words
from imageferry.cloud.errors import CloudError
from imageferry.cloud.images import Image, describe_images
from imageferry.model.addresses import ResourceAddress
from imageferry.model.handlers import (
    Context,
    Failed,
    HandlerAction,
    HandlerRequest,
    Pending,
)
from imageferry.ports.traces import Trace, TraceEnd, TraceRemoval, TraceTrouble
from imageferry.resource_types.handling.faults import says
from imageferry.resource_types.handling.lineages import LINEAGE_KEY, lineage, origin_of
from imageferry.resource_types.image_copies import deletion
from imageferry.resource_types.image_copies.cloud import ImageCloud
from imageferry.resource_types.image_copies.notes import Phase

_UNDER_WAY = frozenset({"Creating", "Waiting"})


class ImageCensus:
    """The `ports.Census` of image copies; `home_region` is asked for the list of regions."""

    def __init__(self, cloud: ImageCloud, home_region: str) -> None:
        self._cloud = cloud
        self._home_region = home_region

    async def regions(self) -> Sequence[str]:
        """Every region of the account, sorted; raises TraceTrouble."""
        try:
            return sorted(await region_words(self._cloud.client, self._home_region))
        except CloudError as fault:
            raise TraceTrouble(says(fault)) from fault

    async def traces(self, region: str) -> Sequence[Trace]:
        """Every image of a region with a lineage, in every status; raises TraceTrouble."""
        try:
            images = await describe_images(
                self._cloud.client, region, tags={LINEAGE_KEY: ""}, owner="self"
            )
        except CloudError as fault:
            raise TraceTrouble(says(fault)) from fault
        return [trace for image in images if (trace := _trace(region, image)) is not None]

    async def remove(self, trace: Trace, notes: Context, now: float) -> TraceRemoval:
        """Cancel or delete the image, then see that it is gone; by one call at most."""
        if not notes:
            kept = await self._kept(trace)
            if kept is not None:
                return kept
        removal = deletion.Removal(((trace.region, trace.thing_id),), {})
        request = _request(trace, notes, now)
        may_act = bool(notes) and notes.get("phase") != Phase.REMOVING
        outcome = await deletion.remove_images(self._cloud, removal, request, may_act=may_act)
        match outcome:
            case deletion.Removed(notes=said):
                return TraceRemoval(TraceEnd.GONE, said=said)
            case Pending():
                return TraceRemoval(
                    None,
                    outcome.context,
                    outcome.retry_after,
                    acts=not outcome.observes,
                    said=outcome.notes,
                )
            case Failed():
                return TraceRemoval(TraceEnd.KEPT, said=(outcome.message,))

    async def _kept(self, trace: Trace) -> TraceRemoval | None:
        """Look once more, by id: an image that says something else by now is none of ours to remove."""
        try:
            image = await self._cloud.loader.look(trace.region, trace.thing_id)
        except CloudError as fault:
            return TraceRemoval(TraceEnd.KEPT, said=(says(fault),))
        if image is None:
            return TraceRemoval(TraceEnd.GONE)
        again = _trace(trace.region, image)
        same = again is not None and (again.installation, again.operation_id, again.address) == (
            trace.installation,
            trace.operation_id,
            trace.address,
        )
        if same:
            return None
        return TraceRemoval(
            TraceEnd.KEPT, said=(f"{trace.thing_id} carries another lineage by now",)
        )

    def is_for(self, trace: Trace, address: ResourceAddress) -> bool:
        """True where the lineage is what it would be for that address, cut where it is long."""
        said = lineage(trace.installation, trace.operation_id, str(address))
        return said == f"{trace.installation}/{trace.operation_id}/{trace.address}"


def _trace(region: str, image: Image) -> Trace | None:
    origin = origin_of(image.tags.get(LINEAGE_KEY, ""))
    if origin is None:
        return None
    return Trace(
        region,
        image.image_id,
        origin.installation,
        origin.operation_id,
        origin.address,
        name=image.name,
        status=image.status,
        created_at=image.created_at,
        size=image.size,
        is_whole=image.status == "Available" and image.is_usable,
        is_under_way=image.status in _UNDER_WAY,
    )


def _request(trace: Trace, notes: Context, now: float) -> HandlerRequest:
    """The question of a removal that no stack asks."""
    return HandlerRequest(
        action=HandlerAction.CLEAN_UP,
        type_name="",
        address=trace.address,
        stack_id="",
        stack_name="",
        region=trace.region,
        installation=trace.installation,
        operation_id=trace.operation_id,
        token="",
        now=now,
        intended_at=now,
        context=notes,
    )
