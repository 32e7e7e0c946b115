"""ImageCensus: the images of an account that carry a lineage, region by region, and their removal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from imageferry.cloud.images import Image, describe_images
from imageferry.model.handlers import Context, Done, Failed, Pending
from imageferry.ports.traces import Trace, TraceRemoval
from imageferry.resource_types.handling.lineages import LINEAGE_KEY
from imageferry.resource_types.handling.traces import (
    Found,
    kept_or_gone,
    removal_of,
    removal_request,
    trace_of,
)
from imageferry.resource_types.image_copies import deletion
from imageferry.resource_types.image_copies.cloud import ImageCloud
from imageferry.resource_types.image_copies.notes import Phase

IMAGE: Final = "image"
_UNDER_WAY: Final = frozenset({"Creating", "Waiting"})


class ImageCensus:
    """Finds images by their lineage: copies, and what was made of instances, snapshots and files."""

    def __init__(self, cloud: ImageCloud) -> None:
        self._cloud = cloud

    async def traces(self, region: str) -> Sequence[Trace]:
        """Every image of a region with a lineage, in every status; raises CloudError."""
        images = await describe_images(
            self._cloud.client, region, tags={LINEAGE_KEY: ""}, owner="self"
        )
        return [trace for image in images if (trace := _trace(region, image)) is not None]

    async def remove(self, trace: Trace, notes: Context, now: float) -> TraceRemoval:
        """Cancel or delete the image, then see that it is gone; by one call at most."""
        if not notes:
            look = self._cloud.loader.look(trace.region, trace.thing_id)
            end = await kept_or_gone(trace, look, _trace)
            if end is not None:
                return end
        removal = deletion.Removal(((trace.region, trace.thing_id),), {})
        request = removal_request(trace, notes, now)
        may_act = bool(notes) and notes.get("phase") != Phase.REMOVING
        outcome = await deletion.remove_images(self._cloud, removal, request, may_act=may_act)
        match outcome:
            case deletion.Removed(notes=said):
                return removal_of(Done(None, notes=said))
            case Pending() | Failed():
                return removal_of(outcome)


def _trace(region: str, image: Image) -> Trace | None:
    found = Found(
        image.image_id,
        image.tags,
        name=image.name,
        status=image.status,
        created_at=image.created_at,
        size=image.size,
        is_whole=image.status == "Available" and image.is_usable,
        is_under_way=image.status in _UNDER_WAY,
    )
    return trace_of(IMAGE, region, found)
