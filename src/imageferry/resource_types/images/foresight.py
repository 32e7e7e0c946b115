"""What plans of made images ask the cloud: names, quota, and CreateImage or ImportImage as a dry run."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from imageferry.cloud.client import Client
from imageferry.cloud.image_making import MakeRequest, make_parameters
from imageferry.cloud.recipes import Recipe
from imageferry.model.forecasts import Doubt, Experience, Objection, Proposal, Sight
from imageferry.resource_types.handling.lineages import MOST_TAGS
from imageferry.resource_types.image_copies.foresight.objections import (
    handovers_of,
    of_name,
    of_place,
    of_quota,
)
from imageferry.resource_types.image_copies.foresight.previews import NAMED, Preview, understood
from imageferry.resource_types.image_copies.foresight.surveys import Survey
from imageferry.resource_types.image_copies.lineage import tags_with_lineage
from imageferry.resource_types.image_copies.queues import Capacity
from imageferry.resource_types.image_copies.wanted import View, WantedCopy
from imageferry.resource_types.rehearsing.lookups import Named
from imageferry.resource_types.rehearsing.rehearsals import Attempt, Intended, Rehearsal, hidden

_CALLS: Final = 15


@dataclass(frozen=True, slots=True)
class MadeForesight:
    """The `Foresight` of a type of made image: one page of images a region, and the dry runs."""

    client: Client
    view: View
    capacity: Capacity

    async def __call__(
        self,
        proposals: Sequence[Proposal],
        installation: str,
        experience: Sequence[Experience] = (),
    ) -> Sight:
        """What is foreseen of each proposal; nothing is raised for what the cloud says."""
        survey = Survey(self.client)
        previews = [understood(self.view, one) for one in proposals]
        found, rehearsed = await asyncio.gather(
            self._looked(survey, previews, installation),
            self._rehearsal()(proposals, installation, experience),
        )
        forecasts = tuple(
            forecast._replace(objections=_together(found[id(preview)], forecast.objections))
            for preview, forecast in zip(previews, rehearsed.forecasts, strict=True)
        )
        return rehearsed._replace(forecasts=forecasts, calls=rehearsed.calls + survey.calls)

    async def _looked(
        self, survey: Survey, previews: Sequence[Preview], installation: str
    ) -> Mapping[int, list[Objection]]:
        """What the images that are there say against each: its name, and how many there may be."""
        words, names = self.view.words, defaultdict[str, set[str]](set)
        for preview in previews:
            wanted = preview.wanted
            if wanted is not None and preview.deed in NAMED and preview.knows(words.region):
                asked = names[wanted.region]
                if wanted.name is not None and preview.knows(words.name):
                    asked.add(wanted.name)
        grounds = dict(
            zip(
                names,
                await asyncio.gather(*(survey.ground(one, names[one], ()) for one in names)),
                strict=True,
            )
        )
        handovers, coming = handovers_of(previews), defaultdict[str, int](int)
        found: dict[int, list[Objection]] = {}
        for preview in previews:
            said = found[id(preview)] = list[Objection]()
            wanted = preview.wanted
            ground = None if wanted is None else grounds.get(wanted.region)
            if wanted is None or ground is None or not preview.knows(words.region):
                continue
            if ground.fault is not None:
                said.append(of_place(ground.region, words.region or "", ground.fault, "image's"))
                continue
            said += of_name(preview, ground, handovers, words, installation)
            if preview.copies:
                refused = of_quota(ground, coming[wanted.region], self.capacity.quota)
                coming[wanted.region] += 1
                said += [] if refused is None else [refused]
            found[id(preview)] = [hidden(one, wanted.secrets) for one in said]
        return found

    def _rehearsal(self) -> Rehearsal:
        words, view = self.view.words, self.view

        async def attempt(intended: Intended) -> Attempt | Objection | None:
            wanted = view.wanted(intended.known, intended.proposal.region)
            if wanted.recipe is None:
                return None
            request = MakeRequest(
                region=wanted.region,
                recipe=wanted.recipe,
                client_token="",
                # Names are looked up: one that is taken would hide every other fault.
                description=wanted.description,
                resource_group_id=wanted.resource_group,
                tags=tags_with_lineage(wanted, _mark(wanted, intended)),
            )
            action = "ImportImage" if wanted.recipe.is_import else "CreateImage"
            parameters = make_parameters(request)
            properties = _properties(view, parameters)
            return Attempt(
                action,
                wanted.region,
                parameters,
                properties,
                _told,
                wanted.secrets,
                _named(wanted.recipe, wanted.region),
            )

        needs = (*words.made_of, *filter(None, (words.region, words.tags, words.resource_group)))
        return Rehearsal(self.client, attempt, needs, _CALLS)


def foresight(client: Client, view: View, capacity: Capacity) -> MadeForesight:
    """The `Foresight` of a type of made image."""
    return MadeForesight(client, view, capacity)


def _mark(wanted: WantedCopy, intended: Intended) -> str | None:
    return intended.lineage if len(wanted.tags) < MOST_TAGS else None


def _named(recipe: Recipe, region: str) -> tuple[Named, ...]:
    """What the image is made of, where the cloud can be asked for it."""
    if recipe.instance_id is not None:
        return (Named("instance", region, recipe.instance_id, "InstanceId"),)
    if recipe.snapshot_id is not None:
        return (Named("snapshot", region, recipe.snapshot_id, "SnapshotId"),)
    ids = [one.snapshot_id for one in recipe.disks if one.snapshot_id is not None]
    return tuple(Named("snapshot", region, one, "DiskDeviceMapping") for one in ids)


async def _told(reply: Mapping[str, Any]) -> str:
    """An image that is being made cannot be stopped by its id alone, so it is named."""
    return f'{reply.get("ImageId")} is being made: "imageferry orphans" lists it, delete it there'


def _properties(view: View, parameters: Mapping[str, Any]) -> dict[str, str]:
    """The properties that parts of the codes of CreateImage and ImportImage speak of."""
    source = "InstanceId" if parameters.get("InstanceId") else "SnapshotId"
    if parameters.get("DiskDeviceMapping"):
        source = "DiskDeviceMapping"
    words = view.words
    return {
        "Instance": source,
        "Snapshot": source,
        "Disk": source,
        "OSS": "DiskDeviceMapping",
        "InvalidSize": "DiskDeviceMapping",
        "InvalidDevice": "DiskDeviceMapping",
        "ImageFormat": "DiskDeviceMapping",
        "ImageSize": "DiskDeviceMapping",
        "ImageName": words.name,
        "ImageFamily": words.family,
        "BootMode": words.boot_mode,
        "Architecture": "Architecture",
        "Platform": "Platform",
        "Description": words.description,
        "ResourceGroup": words.resource_group,
        "Tag": words.tags,
        "Region": words.region or "",
    }


def _together(looked: Sequence[Objection], tried: Sequence[Objection]) -> tuple[Objection, ...]:
    """What was seen and what was answered, each code once."""
    codes = {one.cloud_code for one in looked if one.doubt is not Doubt.UNCHECKED}
    return (*looked, *(one for one in tried if one.cloud_code not in codes))
