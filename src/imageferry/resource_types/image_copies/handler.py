"""ImageCopyHandler: the handler of all types of image copies and of made images, over their views."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from imageferry.cloud.errors import CloudError
from imageferry.model.handlers import (
    Done,
    Failed,
    HandlerRequest,
    Outcome,
    Pending,
)
from imageferry.model.values import Json, Value
from imageferry.resource_types.handling.lineages import (
    MOST_TAGS,
    VISIBILITY,
    noted_lineage,
    origin_notes,
)
from imageferry.resource_types.handling.looks import SEARCH_LIMIT, look_again, still_looking
from imageferry.resource_types.handling.notes import changed_notes, number_note, step_key, text_note
from imageferry.resource_types.image_copies.adopting import take_in
from imageferry.resource_types.image_copies.cloud import ImageCloud
from imageferry.resource_types.image_copies.deletion import Removal, Removed, remove_images
from imageferry.resource_types.image_copies.lineage import (
    Search,
    find_copy,
    own_lineage,
    untagged_copies,
)
from imageferry.resource_types.image_copies.making import Making, Ready
from imageferry.resource_types.image_copies.notes import (
    Phase,
    Target,
    Whose,
    birth_of_all,
    born_of,
    may_have_copied,
    noted_birth,
    noted_targets,
    target_notes,
)
from imageferry.resource_types.image_copies.reading import read_copy
from imageferry.resource_types.image_copies.renewal import update_copy
from imageferry.resource_types.image_copies.returning import give_back, taken_in
from imageferry.resource_types.image_copies.snapshots import SWEEP_NOTES
from imageferry.resource_types.image_copies.waiting import make_copy
from imageferry.resource_types.image_copies.wanted import View, WantedCopy

_STEPS_READ: Final = 10_000
_REMEMBERED: Final = (*sorted(SWEEP_NOTES), "cancelled", "given")


class ImageCopyHandler:
    """Copies or makes an image, changes and removes it; see `ports.Handler` for what it promises."""

    def __init__(self, cloud: ImageCloud, view: View) -> None:
        self._cloud = cloud
        self._view = view
        self._looking: set[str] = set()
        self._read: dict[str, tuple[Mapping[str, Value], WantedCopy]] = {}

    def _wanted(self, request: HandlerRequest) -> WantedCopy:
        """What a step wants, read once: a copy is looked at a hundred times with the same words."""
        found = self._read.get(request.token)
        if found is not None and found[0] is request.properties:
            return found[1]
        if len(self._read) >= _STEPS_READ:
            del self._read[next(iter(self._read))]
        wanted = self._view.wanted(request.properties, request.region)
        self._read[request.token] = (request.properties, wanted)
        return wanted

    async def create(self, request: HandlerRequest) -> Outcome:
        """The call that makes the image, then wait until it is Available and Usable."""
        view, key = self._view, step_key(request.token)
        wanted = self._wanted(request)
        if request.adopts is not None:
            return await take_in(self._cloud.confirmed(request.confirm), view, request)
        if wanted.copies_nothing:
            source = wanted.source_id
            notes = (f"source and destination are {wanted.region}: nothing is copied",)
            attributes = view.attributes(request, wanted, source)
            return Done(view.physical_id(request, source), attributes, notes=notes)
        if request.context.get("step", key) != key:
            request = replace(request, context={})
        making = Making(
            wanted=wanted,
            name=wanted.name,
            lineage=own_lineage(request, wanted),
            identify=lambda image_id: view.physical_id(request, image_id),
            base={"step": key, "region": wanted.region, **origin_notes(request), **born_of(wanted)},
        )
        outcome = await make_copy(self._cloud, making, request)
        if not isinstance(outcome, Pending):
            self._read.pop(request.token, None)
        if isinstance(outcome, Ready):
            image_id = outcome.image.image_id
            attributes = view.attributes(request, wanted, image_id)
            return Done(view.physical_id(request, image_id), attributes, notes=outcome.notes)
        return outcome

    async def read(self, request: HandlerRequest) -> Outcome:
        """Look at the image: its attributes and properties as they are there, or NOT_FOUND."""
        return await read_copy(self._cloud, self._view, request)

    async def update(self, request: HandlerRequest) -> Outcome:
        """Change in place, or renew: copy, wait, rename the old, rename the new."""
        return await update_copy(self._cloud.confirmed(request.confirm), self._view, request)

    async def delete(self, request: HandlerRequest) -> Outcome:
        """Cancel or delete whatever this resource has made, and wait until it is gone."""
        wanted = self._view.wanted(request.properties or request.previous, request.region)
        adopted = taken_in(request)
        if adopted is not None:
            cloud = self._cloud.confirmed(request.confirm)
            return await give_back(cloud, wanted, adopted, request)
        key = step_key(request.token)
        context, may_act = request.context, True
        if context.get("step") != key or context.get("deletes") is not True:
            given = request
            request, found = self._targets(request, wanted, key)
            if found is not None:
                return found
            context = request.context
            if context.get("phase") != Phase.SEARCH:
                if request.token not in self._looking:
                    # The first look is one of many that share a page, and changes nothing.
                    self._looking.add(request.token)
                    return Pending(
                        given.physical_id,
                        0.0,
                        context=given.context,
                        observes=True,
                        status_says="deleting",
                    )
                self._looking.discard(request.token)
                may_act = False
        if context.get("phase") == Phase.SEARCH:
            return await self._search(request, wanted)
        return await self._remove(request, wanted, key, may_act=may_act)

    async def clean_up(self, request: HandlerRequest) -> Outcome:
        """Delete one image that a renewal has left over."""
        leftover = request.leftover or {}
        image_id, region = text_note(leftover, "image_id"), text_note(leftover, "region")
        wanted = self._view.wanted(request.properties, request.region)
        in_use = {
            self._view.recorded_id(request),
            wanted.source_id if wanted.copies_nothing else "",
        }
        if image_id is None or region is None or image_id in in_use:
            return Done(request.physical_id)
        key = step_key(request.token)
        if request.context.get("step", key) != key:
            request = replace(request, context={})
        # What was made of somebody's snapshots leaves them alone, whatever is wanted by now.
        whose = noted_birth(leftover)
        removal = self._removal(request, wanted, ((region, image_id),), key, whose)
        may_act = bool(request.context) and request.context.get("phase") != Phase.REMOVING
        cloud = self._cloud.confirmed(request.confirm)
        outcome = await remove_images(cloud, removal, request, may_act=may_act)
        if isinstance(outcome, Removed):
            return Done(request.physical_id, notes=outcome.notes, remains=outcome.remains)
        return outcome

    # --- deleting ---------------------------------------------------------------------------------

    def _removal(
        self,
        request: HandlerRequest,
        wanted: WantedCopy,
        targets: tuple[Target, ...],
        key: str,
        whose: Whose,
    ) -> Removal:
        limit = wanted.delete_timeout
        born = number_note(request.context, "born", 0.0)
        return Removal(
            targets,
            changed_notes(
                {"step": key, "deletes": True, "born": born or None},
                given=request.context.get("given"),
            ),
            physical_id=request.physical_id,
            force=wanted.force,
            born=born,
            deadline=None if limit is None else request.intended_at + limit,
            sweeps=request.deletes_remains,
            whose=whose,
        )

    def _targets(
        self, request: HandlerRequest, wanted: WantedCopy, key: str
    ) -> tuple[HandlerRequest, Outcome | None]:
        """What an earlier step's notes and the record say was made, as the notes of this step."""
        former, recorded = request.context, self._view.recorded_id(request)
        made_in = text_note(former, "began_in") or text_note(former, "region") or wanted.region
        named = [
            *noted_targets(former),
            (made_in, text_note(former, "image_id")),
            (wanted.region, text_note(former, "old_id")),
            (wanted.region, recorded),
        ]
        targets = [
            (region, image_id)
            for region, image_id in dict.fromkeys(named)
            if image_id is not None and image_id != wanted.source_id
        ]
        # Without any notes the call was the first of the resource, made as soon as it was begun.
        at = number_note(former, "at", number_note(former, "since", request.made_at))
        notes: dict[str, Json] = {
            "step": key,
            "deletes": True,
            "targets": target_notes(targets),
            "region": made_in,
            "born": at if former.get("phase") == Phase.WAITING else former.get("born"),
            # Of an image that an earlier step has deleted, nobody else knows the snapshots.
            **{name: former[name] for name in _REMEMBERED if name in former},
        }
        if may_have_copied(former) or not (targets or former or recorded is not None):
            notes |= {
                "phase": Phase.SEARCH,
                "operation": text_note(former, "operation") or request.operation_id,
                "address": text_note(former, "address") or request.address,
                "maker": text_note(former, "maker") or text_note(former, "step"),
                "began": number_note(former, "began", at),
                "until": max(at + VISIBILITY, number_note(former, "until", 0.0)),
            }
            return replace(request, context=changed_notes(notes)), None
        if not targets:
            return request, Done(request.physical_id)
        return replace(request, context=changed_notes(notes)), None

    async def _search(self, request: HandlerRequest, wanted: WantedCopy) -> Done | Pending | Failed:
        """The id was never said: find the copy by its lineage, or be sure that there is none."""
        context, now = request.context, request.now
        until = number_note(context, "until", now)
        began = number_note(context, "began", 0.0)
        region = text_note(context, "region") or wanted.region
        known = noted_targets(context)
        tagged = len(wanted.tags) < MOST_TAGS
        search = Search(
            replace(wanted, region=region),
            None if tagged else wanted.name,
            noted_lineage(request, context) if tagged else None,
            began,
            [image_id for _, image_id in known],
        )
        told: tuple[str, ...] = ()
        try:
            found = await find_copy(self._cloud, search)
            if tagged and found.mine is None and now >= until:
                told = await untagged_copies(self._cloud, search, text_note(context, "maker"))
        except CloudError as error:
            trouble = now - request.intended_at
            client = self._cloud.client
            return look_again(client, error, request.physical_id, context, trouble, SEARCH_LIMIT)
        targets = list(known)
        if found.mine is not None:
            targets += [(region, image.image_id) for image in (found.mine, *found.twins)]
        elif found.rivals:
            listed = ", ".join(image.image_id for image in found.rivals)
            words = f"any of {listed} in {region} may be the {wanted.thing}: none is deleted"
            if not targets:
                return Done(request.physical_id, notes=(words,))
        elif now < until:
            what = f"{wanted.a_thing} that may have been begun"
            return still_looking(request.physical_id, until - now, context, what)
        if not targets:
            return Done(request.physical_id, notes=told)
        removing = changed_notes(
            context, phase=Phase.REMOVE, targets=target_notes(targets), until=None, maker=None
        )
        return Pending(
            request.physical_id, 0.0, context=removing, status_says="deleting", notes=told
        )

    async def _remove(
        self, request: HandlerRequest, wanted: WantedCopy, key: str, *, may_act: bool
    ) -> Done | Pending | Failed:
        context = request.context
        whose = birth_of_all(wanted, context)
        removal = self._removal(request, wanted, noted_targets(context), key, whose)
        may_act = may_act and context.get("phase") != Phase.REMOVING
        cloud = self._cloud.confirmed(request.confirm)
        outcome = await remove_images(cloud, removal, request, may_act=may_act)
        if isinstance(outcome, Removed):
            return Done(request.physical_id, notes=outcome.notes, remains=outcome.remains)
        return outcome
