"""ImageAdopter: whether an image that exists can be taken in as a copy that is wanted."""

from __future__ import annotations

from collections.abc import Mapping

from imageferry.cloud.errors import CloudError
from imageferry.cloud.images import Image
from imageferry.model.schemas import Problem
from imageferry.model.stacks import Resource
from imageferry.model.values import Json, Value, is_known
from imageferry.ports.traces import Candidate, Inspection, TraceTrouble
from imageferry.resource_types.handling.faults import says
from imageferry.resource_types.handling.lineages import LINEAGE_KEY, origin_of
from imageferry.resource_types.handling.properties import masked
from imageferry.resource_types.image_copies.adopting import (
    Mismatch,
    differing,
    found_notes,
    leaves_room,
    unsuitable,
)
from imageferry.resource_types.image_copies.cloud import ImageCloud
from imageferry.resource_types.image_copies.wanted import View, WantedCopy


class ImageAdopter:
    """The `ports.Adopter` of one type of image copy, by its view."""

    def __init__(self, cloud: ImageCloud, view: View) -> None:
        self._cloud = cloud
        self._view = view
        self._words = view.words

    async def inspect(self, candidate: Candidate) -> Inspection:
        """Look at an image; raises TraceTrouble where it cannot be looked at."""
        words, image_id = self._words, candidate.thing_id
        known = {name: value for name, value in candidate.properties.items() if is_known(value)}
        region_word = words.region
        if region_word is not None and region_word in candidate.properties.keys() - known.keys():
            why = "its region is known only once something else has been made"
            problem = Problem("IF838", (region_word,), f"{image_id} cannot be looked for", why)
            return Inspection({"id": image_id}, (problem,))
        wanted = self._view.wanted(known, candidate.region)
        image = await self._look(wanted.region, image_id)
        adopts: dict[str, Json] = {"id": image_id, "region": wanted.region}
        if image is None:
            problem = Problem(
                "IF838",
                () if region_word is None else (region_word,),
                f"there is no image {image_id} in {wanted.region}",
                remedy="check its id, and that it is in the region where it is wanted",
            )
            return Inspection(adopts, (problem,))
        adopts["found"] = found_notes(wanted, image)
        problems: list[Problem] = []
        refusal = unsuitable(wanted, image)
        if refusal:
            problems.append(Problem("IF838", (), refusal))
        value = image.tags.get(LINEAGE_KEY, "")
        origin = origin_of(value)
        operation_id = ""
        if origin is not None:
            adopts["lineage"] = value
            if origin.installation == candidate.installation:
                operation_id = origin.operation_id
            else:
                adopts["from"] = origin.installation
                if origin.installation not in candidate.taken_over:
                    problems.append(_foreign(image_id, origin.installation))
        different = differing(wanted, image)
        fixed = [one for one in different if one.part not in self._view.editable]
        problems += [self._refused(one, image_id, wanted) for one in fixed]
        return Inspection(
            adopts,
            tuple(problems),
            changes=tuple(
                self._change(one, known, wanted)
                for one in different
                if one.part in self._view.editable
            ),
            assumed=self._assumed(known, image),
            remarks=_remarks(wanted, image),
            operation_id=operation_id,
        )

    async def is_gone(self, resource: Resource, region: str) -> bool:
        """True where the recorded image is not in its region; raises TraceTrouble."""
        wanted = self._view.wanted(resource.properties, region)
        named = [resource.attributes.get(name) for name in ("ImageId", "Id")]
        image_id = next((one for one in named if isinstance(one, str) and one), None)
        if image_id is None or wanted.copies_nothing:
            return False
        return await self._look(wanted.region, image_id) is None

    async def _look(self, region: str, image_id: str) -> Image | None:
        try:
            return await self._cloud.loader.look(region, image_id)
        except CloudError as fault:
            raise TraceTrouble(says(fault)) from fault

    def _word(self, part: str) -> str:
        words = self._words
        return {
            "name": words.name,
            "description": words.description,
            "encrypted": words.encrypted,
            "tags": words.tags,
            "resource_group": words.resource_group,
        }[part]

    def _refused(self, one: Mismatch, image_id: str, wanted: WantedCopy) -> Problem:
        word = self._word(one.part)
        found, asked = (masked(str(side), wanted.secrets) for side in (one.found, one.wanted))
        return Problem(
            "IF840",
            (word,),
            f'"{word}" of {image_id} is {found} and not {asked}',
            why="it cannot be changed without making another image",
            remedy="say in the template what the image is, or choose another image",
        )

    def _change(
        self, one: Mismatch, properties: Mapping[str, Value], wanted: WantedCopy
    ) -> tuple[str, Value, Value]:
        word = self._word(one.part)
        return word, _covered(one.found, wanted.secrets), properties.get(word, one.wanted)

    def _assumed(self, properties: Mapping[str, Value], image: Image) -> tuple[str, ...]:
        """The properties that DescribeImages does not tell of an image."""
        words = self._words
        names = [words.source_id, words.source_region, words.key_id]
        if not image.tells_encryption:
            names.append(words.encrypted)
        names += words.made_of
        return tuple(name for name in names if properties.get(name))


def _covered(found: Value, secrets: tuple[str, ...]) -> Value:
    """What was found, without any of the secrets: somebody may have written one there."""
    if isinstance(found, str):
        return masked(found, secrets)
    if isinstance(found, Mapping):
        return {name: _covered(entry, secrets) for name, entry in found.items()}
    return found


def _foreign(image_id: str, installation: str) -> Problem:
    return Problem(
        "IF841",
        (),
        f"{image_id} was made by another installation, {installation}",
        why="its stack may still be looked after there",
        remedy=f"give --installation {installation} where that one is lost or gives it up",
    )


def _remarks(wanted: WantedCopy, image: Image) -> tuple[str, ...]:
    more = sorted(
        key
        for key in image.tags.keys() - {key for key, _ in wanted.tags}
        if not key.startswith(("acs:", "imageferry:"))
    )
    remarks = []
    if more:
        remarks.append(
            f"tags of {image.image_id} that are not in the template stay: {', '.join(more)}"
        )
    if not leaves_room(wanted, image):
        remarks.append(
            f"{image.image_id} has no room for the lineage tag: if the record is lost, nobody finds it"
        )
    return tuple(remarks)
