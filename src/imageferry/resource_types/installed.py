"""InstalledTypes: every built-in type's schema and rules, light to load and without any cloud."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from imageferry.model.handlers import ErrorCode, Failed, HandlerRequest, Outcome
from imageferry.model.schemas import ResourceSchema, schema_from_json
from imageferry.ports.types import BrokenType, Check, Handler, ResourceType, Route, no_route
from imageferry.resource_types.counterparts import COUNTERPARTS
from imageferry.resource_types.ecs import (
    copy_image,
    custom_image,
    image_family,
    images,
    instance,
    snapshot,
)
from imageferry.resource_types.ecs import image_share_permission as ecs_share
from imageferry.resource_types.offers import OfferedTypes, Offers, nothing_offered
from imageferry.resource_types.tf import image, image_copy, image_export, image_import
from imageferry.resource_types.tf import image_share_permission as tf_share


class Entry(NamedTuple):
    """One built-in type: where its schema stands, its rules, and where it carries things."""

    type_name: str
    schema: str
    check: Check
    route: Route = no_route
    aliases: tuple[str, ...] = ()

    def connected(self, handler: Handler) -> ResourceType:
        """The type with its handler."""
        return ResourceType(
            schema=read_schema(self.schema),
            check=self.check,
            handler=handler,
            route=self.route,
            counterpart=COUNTERPARTS.get(self.type_name),
        )


TYPES: Final = (
    Entry(copy_image.TYPE_NAME, copy_image.SCHEMA, copy_image.check, copy_image.route),
    Entry(
        image_copy.TYPE_NAME,
        image_copy.SCHEMA,
        image_copy.check,
        image_copy.route,
        image_copy.ALIASES,
    ),
    Entry(custom_image.TYPE_NAME, custom_image.SCHEMA, custom_image.check, custom_image.route),
    Entry(image.TYPE_NAME, image.SCHEMA, image.check, image.route),
    Entry(image_import.TYPE_NAME, image_import.SCHEMA, image_import.check, image_import.route),
    Entry(images.TYPE_NAME, images.SCHEMA, images.check),
    Entry(image_family.TYPE_NAME, image_family.SCHEMA, image_family.check),
    Entry(ecs_share.TYPE_NAME, ecs_share.SCHEMA, ecs_share.check),
    Entry(tf_share.TYPE_NAME, tf_share.SCHEMA, tf_share.check),
    Entry(instance.TYPE_NAME, instance.SCHEMA, instance.check),
    Entry(snapshot.TYPE_NAME, snapshot.SCHEMA, snapshot.check),
    Entry(image_export.TYPE_NAME, image_export.SCHEMA, image_export.check),
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
        self._offered = OfferedTypes(lambda _: Unconnected(), built_in_names, offers)

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
