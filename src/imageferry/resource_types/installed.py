"""InstalledTypes: every built-in type's schema and rules, light to load and without any cloud."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from imageferry.model.handlers import ErrorCode, Failed, HandlerRequest, Outcome
from imageferry.model.schemas import ResourceSchema, schema_from_json
from imageferry.ports.types import (
    BrokenType,
    Handler,
    Manifest,
    ResourceType,
    Route,
    no_freight,
    no_route,
)
from imageferry.resource_types.connected import Connected
from imageferry.resource_types.counterparts import APART, COUNTERPARTS
from imageferry.resource_types.packages.offers import OfferedTypes, Offers, nothing_offered
from imageferry.resource_types.rooms import load


class Entry(NamedTuple):
    """One built-in type: the room with its schema and rules, loaded once the type is asked for."""

    type_name: str
    room: str
    aliases: tuple[str, ...] = ()

    def connected(self, handler: Handler) -> ResourceType:
        """The type with its handler."""
        room = load(self.room)
        route: Route = getattr(room, "route", no_route)
        manifest: Manifest = getattr(room, "manifest", no_freight)
        return ResourceType(
            schema=read_schema(room.SCHEMA),
            check=room.check,
            handler=handler,
            route=route,
            counterpart=COUNTERPARTS.get(self.type_name),
            apart=APART.get(self.type_name, ""),
            manifest=manifest,
        )


TYPES: Final = (
    Entry("ALIYUN::ECS::CopyImage", "ecs.copy_image"),
    Entry("TF::Alicloud::ImageCopy", "tf.image_copy", ("TF::Alicloud::CopyImage",)),
    Entry("ALIYUN::ECS::CustomImage", "ecs.custom_image"),
    Entry("TF::Alicloud::Image", "tf.image"),
    Entry("TF::Alicloud::ImageImport", "tf.image_import"),
    Entry("DATASOURCE::ECS::Images", "ecs.images"),
    Entry("IMAGEFERRY::ECS::ImageFamily", "ecs.image_family"),
    Entry("ALIYUN::ECS::ImageSharePermission", "ecs.image_share_permission"),
    Entry("TF::Alicloud::ImageSharePermission", "tf.image_share_permission"),
    Entry("ALIYUN::ECS::Instance", "ecs.instance"),
    Entry("ALIYUN::ECS::Snapshot", "ecs.snapshot"),
    Entry("TF::Alicloud::ImageExport", "tf.image_export"),
)
_BY_NAME: Final = {name: entry for entry in TYPES for name in (entry.type_name, *entry.aliases)}
_HERE: Final = Path(__file__).parent


def find_entry(type_name: str) -> Entry | None:
    """The entry of a type by its name or alias."""
    return _BY_NAME.get(type_name)


def type_names() -> Sequence[str]:
    """The names of all built-in types, sorted, without aliases."""
    return sorted(entry.type_name for entry in TYPES)


def built_in_names() -> Collection[str]:
    """The names and aliases of all built-in types."""
    return _BY_NAME.keys()


@lru_cache(maxsize=64)
def read_schema(path: str) -> ResourceSchema:
    """A schema file of this package; raises KeyError or ValueError for a wrong one."""
    return schema_from_json(json.loads((_HERE / path).read_text(encoding="utf-8")))


class Unconnected:
    """The handler of a type while no cloud is connected: every question fails."""

    async def _refuse(self, request: HandlerRequest) -> Outcome:
        words = f"{request.type_name} cannot be asked: no cloud is connected"
        return Failed(ErrorCode.INTERNAL_FAILURE, words, context=request.context)

    create = read = update = delete = clean_up = _refuse


class InstalledTypes:
    """A `ports.Catalog` that tells schemas and rules; every handler fails.

    It loads neither the handlers nor the voice to the cloud: for validating and for reference.
    `offers` tells what installed packages offer; it is asked for what is not built in.
    """

    def __init__(self, offers: Offers = nothing_offered) -> None:
        self._found: dict[str, ResourceType] = {}
        self._offered = OfferedTypes(lambda _: Connected(Unconnected()), built_in_names, offers)

    def find(self, type_name: str) -> ResourceType | None:
        """The type of that name, or alias, if it is installed."""
        found = self._found.get(type_name)
        if found is None:
            entry = find_entry(type_name)
            if entry is None:
                return self._offered.find(type_name)
            found = entry.connected(Unconnected())
            self._found[type_name] = found
        return found

    def names(self) -> Sequence[str]:
        """The names of all installed types, sorted, without aliases."""
        return sorted([*type_names(), *self._offered.names()])

    def broken(self, type_name: str | None = None) -> Sequence[BrokenType]:
        """What installed packages offer and cannot be used, by name; of one name, where given."""
        return self._offered.broken(type_name)
