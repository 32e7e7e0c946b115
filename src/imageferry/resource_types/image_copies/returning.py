"""Giving an image back that was taken in: as it was found, one announced call at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from imageferry.cloud.ecs import join_resource_group, modify_image, tag_image, untag_image
from imageferry.cloud.errors import CloudError
from imageferry.cloud.images import Image
from imageferry.model.handlers import Context, Done, Failed, HandlerRequest, Pending
from imageferry.model.values import Json
from imageferry.resource_types.handling.faults import GIVE_UP, again, failed, says
from imageferry.resource_types.handling.lineages import LINEAGE_KEY, origin_of
from imageferry.resource_types.handling.notes import (
    changed_notes,
    list_note,
    number_note,
    step_key,
    text_note,
)
from imageferry.resource_types.image_copies.adopting import LINEAGE_CALL, asked_parts
from imageferry.resource_types.image_copies.cloud import ImageCloud
from imageferry.resource_types.image_copies.notes import Phase
from imageferry.resource_types.image_copies.updates import CALLS
from imageferry.resource_types.image_copies.wanted import WantedCopy

_UNSEEN: Final = 20.0
"""Seconds after which an image that no look shows is gone: one look may leave it out."""
_WORDS: Final = {
    "untag": "taking the tags off again",
    "tag": "putting its tags back",
    "modify": "putting its name and description back",
    "group": "putting it back into its resource group",
    LINEAGE_CALL: "giving it back",
}
_STAYS: Final = {
    "untag": "tags that were set",
    "tag": "the tags that were set",
    "modify": "the name or description that was set",
    "group": "the resource group that it was moved to",
}


def taken_in(request: HandlerRequest) -> Context | None:
    """What a step that deletes has to give back: of this operation, or of one that did not end."""
    if request.adopts is not None:
        return request.adopts
    noted = request.context.get("adopts")
    return noted if isinstance(noted, Mapping) else None


@dataclass(frozen=True, slots=True)
class _Return:
    """An image, how it was found, and what may have been changed since.

    `touched` are the calls of the adoption that were made or may have been: the cloud may take a
    while to show what they did. `before` is the lineage that was there, `asked` what was to be set.
    """

    region: str
    image: Image
    found: Context
    before: str | None
    wanted: WantedCopy
    asked: frozenset[str]
    touched: frozenset[str]

    @property
    def _tags(self) -> Mapping[str, Json]:
        tags = self.found.get("tags")
        return tags if isinstance(tags, Mapping) else {}

    def superfluous(self) -> list[str]:
        """The tags that were not there."""
        if not self.found:
            return []
        return [
            key
            for key in self._asked_tags()
            if key not in self._tags and (key in self.image.tags or "tag" in self.touched)
        ]

    def missing(self) -> list[tuple[str, str]]:
        """The tags that had another value."""
        wanted = dict(self.wanted.tags)
        return [
            (key, value)
            for key in self._asked_tags()
            if isinstance(value := self._tags.get(key), str)
            and (
                self.image.tags.get(key) != value
                or ("tag" in self.touched and wanted.get(key) != value)
            )
        ]

    def _asked_tags(self) -> list[str]:
        return sorted(
            part.removeprefix("tag ")
            for part in self.asked
            if part.startswith("tag ") and not any(one in part for one in self.wanted.secrets)
        )

    def former(self, part: str, now: str) -> str | None:
        """What a text was before it was set; None where it is that still, or cannot be set."""
        text = self.found.get(part)
        is_changed = part in self.asked and isinstance(text, str) and text != now
        return text or None if is_changed and isinstance(text, str) else None

    def needed(self) -> list[str]:
        """The calls that give the image back, in order; ours last, so that it can be found."""
        image, needed = self.image, []
        if self.superfluous():
            needed.append("untag")
        if self.missing():
            needed.append("tag")
        if self.former("name", image.name) or self.former("description", image.description):
            needed.append("modify")
        if self.former("resource_group", image.resource_group):
            needed.append("group")
        if self.touched & {LINEAGE_CALL, "untag"} or image.tags.get(LINEAGE_KEY) != self.before:
            needed.append(LINEAGE_CALL)
        return needed

    async def call(self, cloud: ImageCloud, name: str) -> None:
        """One of the calls that are needed; raises CloudError."""
        client, region, image = cloud.client, self.region, self.image
        match name:
            case "untag":
                await untag_image(client, region, image.image_id, self.superfluous())
            case "tag":
                await tag_image(client, region, image.image_id, self.missing())
            case "modify":
                await modify_image(
                    client,
                    region,
                    image.image_id,
                    name=self.former("name", image.name),
                    description=self.former("description", image.description),
                )
            case "group":
                group = self.former("resource_group", image.resource_group) or ""
                await join_resource_group(client, region, image.image_id, group)
            case _ if self.before is None:
                await untag_image(client, region, image.image_id, [LINEAGE_KEY])
            case _:
                await tag_image(client, region, image.image_id, [(LINEAGE_KEY, self.before)])

    def remarks(self) -> list[str]:
        """What cannot be set back, in words."""
        image = self.image
        texts = {
            "name": image.name,
            "description": image.description,
            "resource_group": image.resource_group,
        }
        said = []
        for part, now in texts.items():
            before = self.found.get(part, now)
            if part not in self.asked or before == now:
                continue
            word = part.replace("_", " ")
            if before is None:
                said.append(f"{image.image_id} keeps its {word}: the former one holds a secret")
            elif before == "":
                said.append(
                    f"{image.image_id} keeps the {word} that was set: the cloud cannot clear one"
                )
        return said


async def give_back(
    cloud: ImageCloud, wanted: WantedCopy, adopts: Context, request: HandlerRequest
) -> Done | Pending | Failed:
    """Set back what the adoption has changed, our tag last; the image itself stays.

    What the cloud refuses for good to set back is told, and is no obstacle: only our own tag has to
    go. An image that carries another's lineage by now is not touched.
    """
    context, key = request.context, step_key(request.token)
    image_id, region = text_note(adopts, "id") or "", text_note(adopts, "region") or ""
    is_announced = context.get("step") == key and context.get("phase") == Phase.GIVE_BACK
    returned = list(list_note(context, "returned")) if is_announced else []
    kept = list(list_note(context, "kept")) if is_announced else []
    stays = f"{image_id} in {region} is given back: it stays in the cloud"
    announced = text_note(context, "returns") if is_announced else None
    touched, asked = _touched(request), _noted_parts(adopts, context)
    if not (is_announced or touched or asked):
        return Done(None, notes=(stays,))
    try:
        image = await cloud.loader.look(region, image_id)
        if image is None:
            return _unseen(request, f"{image_id} is not in {region} any more")
        if not _may_be_ours(image, request.installation, text_note(adopts, "lineage")):
            return Done(None, notes=(f"{stays}, with the lineage that another has set",))
        giving = _Return(
            region,
            image,
            _mapping(adopts, "found"),
            text_note(adopts, "lineage"),
            wanted,
            asked | {*asked_parts(wanted, adopts)},
            touched,
        )
        needed = [name for name in giving.needed() if name not in returned]
        if needed and announced == needed[0]:
            await giving.call(cloud, needed[0])
            returned.append(needed.pop(0))
    except CloudError as error:
        trouble = request.now - number_note(context, "since", request.now)
        if error.is_passing and trouble <= GIVE_UP:
            return again(cloud.client, error, request.physical_id, context, trouble)
        if announced not in _STAYS or error.is_passing:
            return failed(error, context)
        kept.append(f"{image_id} keeps {_STAYS[announced]}: {says(error)}")
        context = changed_notes(
            context,
            returned=list[Json]([*returned, announced]),
            kept=list[Json](kept),
        )
        return Pending(request.physical_id, 0.0, context=context, observes=True)
    if not needed:
        return Done(None, notes=(stays, *kept, *giving.remarks()))
    noted: dict[str, Json] = {"returned": list[Json](returned), "kept": list[Json](kept)}
    noted |= {"step": key, "phase": Phase.GIVE_BACK, "adopts": dict(adopts), "since": request.now}
    context = changed_notes({**context, **noted}, returns=needed[0])
    return Pending(request.physical_id, 0.0, context=context, status_says=_WORDS[needed[0]])


def _unseen(request: HandlerRequest, says_gone: str) -> Done | Pending:
    left = request.intended_at + _UNSEEN - request.now
    if left <= 0:
        return Done(None, notes=(says_gone,))
    return Pending(
        request.physical_id,
        max(0.25, min(10.0, left)),
        context=request.context,
        observes=True,
        status_says="looking for the image that is to be given back",
    )


def _touched(request: HandlerRequest) -> frozenset[str]:
    """The calls of the adoption that were made, or may have been."""
    if request.attributes != {}:
        # A step that has ended leaves no notes of its own but these.
        return frozenset({LINEAGE_CALL, *CALLS})
    called = text_note(request.context, "next")
    return frozenset((*list_note(request.context, "done"), *(() if called is None else (called,))))


def _noted_parts(adopts: Context, context: Context) -> frozenset[str]:
    """What this adoption, or one of the same image before it, had begun to set."""
    earlier = _mapping(context, "adopts")
    return frozenset((*list_note(adopts, "asked"), *list_note(earlier, "asked")))


def _mapping(notes: Context, name: str) -> Context:
    found = notes.get(name)
    return found if isinstance(found, Mapping) else {}


def _may_be_ours(image: Image, installation: str, before: str | None) -> bool:
    """True where the tag is ours, or not shown: the cloud may take a while to show it."""
    value = image.tags.get(LINEAGE_KEY)
    if value is None or value == before:
        return True
    origin = origin_of(value)
    return origin is not None and origin.installation == installation
