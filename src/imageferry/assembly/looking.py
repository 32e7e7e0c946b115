"""look_at_images: what plans of image copies ask the cloud, its rooms loaded once it is asked."""

from __future__ import annotations

from collections.abc import Sequence

from imageferry.model.forecasts import Experience, Proposal, Sight
from imageferry.ports.foresight import Foresight
from imageferry.resource_types.image_copies.cloud import ImageCloud
from imageferry.resource_types.image_copies.queues import Capacity
from imageferry.resource_types.image_copies.wanted import View


def look_at_images(cloud: ImageCloud, view: View, capacity: Capacity) -> Foresight:
    """The foresight of a type; most commands ask nothing, and load nothing for it."""

    async def ask(
        proposals: Sequence[Proposal], installation: str, experience: Sequence[Experience] = ()
    ) -> Sight:
        from imageferry.resource_types.image_copies.foresight.forecasts import CopyForesight

        return await CopyForesight(cloud, view, capacity)(proposals, installation, experience)

    return ask
