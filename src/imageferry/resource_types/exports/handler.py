"""ImageExportHandler: exports an image, watches the task, ends it; the objects are never deleted."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Final

from imageferry.cloud.errors import CloudError
from imageferry.model.handlers import (
    Done,
    ErrorCode,
    Failed,
    HandlerRequest,
    Outcome,
    Pending,
)
from imageferry.model.values import Json, Value
from imageferry.resource_types.exports.abandoning import (
    ABANDONS,
    Abandoned,
    abandon_export,
    abandoning_notes,
    wished,
)
from imageferry.resource_types.exports.making import Exported, Making, Memory, Phase, make_export
from imageferry.resource_types.exports.wanted import WantedExport, read_wanted
from imageferry.resource_types.handling.faults import failed
from imageferry.resource_types.handling.notes import changed_notes, step_key
from imageferry.resource_types.image_copies.cloud import ImageCloud

_IDS: Final = uuid.UUID("9d4a4f0e-6a3f-5c1b-8a47-3f6b0e1d7c52")


def _tracking_id(request: HandlerRequest) -> str:
    """What `Ref` gives: known before the first call, the same on every repeat of it."""
    if request.physical_id is not None:
        return request.physical_id
    return str(uuid.uuid5(_IDS, f"{request.stack_id}\n{request.address}\n{request.token}"))


def _attributes(request: HandlerRequest, wanted: WantedExport) -> dict[str, Value]:
    return {"Id": wanted.image_id, "tfcfnid": _tracking_id(request)}


def _stays(wanted: WantedExport) -> str:
    return f"what was exported stays: {wanted.says_objects()}; delete it there once nobody needs it"


class ImageExportHandler:
    """The handler of exports; see `ports.Handler` for what it promises."""

    def __init__(self, cloud: ImageCloud) -> None:
        self._cloud = cloud
        self._memory = Memory()

    async def create(self, request: HandlerRequest) -> Outcome:
        """ExportImage, then wait until its task is finished."""
        key, wanted = step_key(request.token), read_wanted(request.properties)
        if request.context.get("step", key) != key:
            request = replace(request, context={})
        outcome = await self._make(request, wanted, key)
        if isinstance(outcome, Exported):
            return Done(_tracking_id(request), _attributes(request, wanted))
        return outcome

    async def _make(
        self, request: HandlerRequest, wanted: WantedExport, key: str
    ) -> Exported | Pending | Failed:
        base = {"step": key, **wanted.notes()}
        making = Making(wanted, _tracking_id(request), base, self._memory)
        return await make_export(self._cloud, making, request)

    async def read(self, request: HandlerRequest) -> Outcome:
        """Look at the image: the export lives for as long as it does, as it does in the provider
        that the type stands for. Into buckets nobody looks here.
        """
        wanted, region = read_wanted(request.properties), request.region
        try:
            image = await self._cloud.loader.look(region, wanted.image_id)
        except CloudError as error:
            return failed(error, request.context)
        if image is None:
            words = f"the exported image {wanted.image_id} is not in {region}"
            return Failed(ErrorCode.NOT_FOUND, words)
        return Done(_tracking_id(request), _attributes(request, wanted), observed={})

    async def update(self, request: HandlerRequest) -> Outcome:
        """Export anew behind the same `Ref` where image, bucket or prefix are others."""
        key = step_key(request.token)
        wanted, before = read_wanted(request.properties), read_wanted(request.previous)
        context = request.context if request.context.get("step") == key else {}
        request = replace(request, context=context)
        if not context:
            begun = abandoning_notes(request.unfinished, {"step": key}, request.now)
            if begun is not None:
                return self._abandoning(request, begun)
        if context.get("phase") in ABANDONS:
            ended = await abandon_export(
                self._cloud, self._memory, wanted, request, _tracking_id(request)
            )
            if not isinstance(ended, Abandoned):
                return ended
            request = replace(request, context={"step": key, "phase": Phase.PLAN})
        is_new = wanted.is_same_as != before.is_same_as
        if not (is_new or request.renews):
            return Done(_tracking_id(request), _attributes(request, wanted))
        outcome = await self._make(request, wanted, key)
        if isinstance(outcome, Exported):
            notes = (_stays(before),) if is_new else ()
            return Done(_tracking_id(request), _attributes(request, wanted), notes=notes)
        return outcome

    def _abandoning(self, request: HandlerRequest, notes: dict[str, Json]) -> Pending:
        return Pending(
            _tracking_id(request),
            0.0,
            context=notes,
            observes=True,
            status_says="ending an earlier export",
        )

    async def delete(self, request: HandlerRequest) -> Outcome:
        """End what still runs; the objects in the bucket stay, and are told."""
        wanted = read_wanted(request.properties or request.previous)
        key, context = step_key(request.token), request.context
        made = [wanted] if "Id" in request.attributes else []
        if context.get("step") != key or context.get("deletes") is not True:
            notes = changed_notes({"step": key, "deletes": True})
            begun = abandoning_notes(context, notes, request.now)
            if begun is not None:
                return self._abandoning(request, begun)
        else:
            ended = await abandon_export(
                self._cloud, self._memory, wanted, request, _tracking_id(request)
            )
            if not isinstance(ended, Abandoned):
                return ended
            if ended.has_finished:
                made.append(wished(context, wanted))
        told = dict.fromkeys(_stays(one) for one in made)
        return Done(request.physical_id, notes=tuple(told))

    async def clean_up(self, request: HandlerRequest) -> Outcome:
        """Nothing is ever left over that could be removed here."""
        return Done(request.physical_id)
