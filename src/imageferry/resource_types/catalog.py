"""TypeCatalog: the resource types that are installed, by name and alias."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final

from imageferry.cloud.client import Client
from imageferry.model.handlers import ErrorCode, Failed, HandlerRequest, Outcome
from imageferry.model.schemas import ResourceSchema, schema_from_json
from imageferry.ports import Check, Handler, ResourceType
from imageferry.resource_types.ecs import copy_image
from imageferry.resource_types.image_copies import ImageCopyHandler, image_cloud
from imageferry.resource_types.image_wanted import ImageCloud, View
from imageferry.resource_types.tf import image_copy


@dataclass(frozen=True, slots=True)
class Entry:
    """One installed type: where its schema stands, its rules, and how its handler is made."""

    type_name: str
    schema: str
    check: Check
    handler: Callable[[ImageCloud], Handler]
    aliases: tuple[str, ...] = ()


def _copies(view: View) -> Callable[[ImageCloud], Handler]:
    return lambda cloud: ImageCopyHandler(cloud, view)


TYPES: Final = (
    Entry(copy_image.TYPE_NAME, copy_image.SCHEMA, copy_image.check, _copies(copy_image.VIEW)),
    Entry(
        image_copy.TYPE_NAME,
        image_copy.SCHEMA,
        image_copy.check,
        _copies(image_copy.VIEW),
        image_copy.ALIASES,
    ),
)
_BY_NAME: Final[Mapping[str, Entry]] = {
    name: entry for entry in TYPES for name in (entry.type_name, *entry.aliases)
}


@lru_cache(maxsize=64)
def read_schema(path: str) -> ResourceSchema:
    """A schema file of this package; raises KeyError or ValueError for a wrong one."""
    text = files("imageferry.resource_types").joinpath(path).read_text(encoding="utf-8")
    return schema_from_json(json.loads(text))


class Unconnected:
    """The handler of a type while no cloud is connected: every question fails."""

    async def _refuse(self, request: HandlerRequest) -> Outcome:
        words = f"{request.type_name} cannot be asked: no cloud is connected"
        return Failed(ErrorCode.INTERNAL_FAILURE, words, context=request.context)

    create = read = update = delete = clean_up = _refuse


class TypeCatalog:
    """The `ports.Catalog` of the built-in types.

    Without a client the catalog tells schemas and rules, and every handler fails.
    """

    def __init__(self, client: Client | None) -> None:
        self._cloud = None if client is None else image_cloud(client)
        self._found: dict[str, ResourceType] = {}

    def find(self, type_name: str) -> ResourceType | None:
        """The type of that name, or alias, if it is installed."""
        found = self._found.get(type_name)
        if found is not None:
            return found
        entry = _BY_NAME.get(type_name)
        if entry is None:
            return None
        handler = Unconnected() if self._cloud is None else entry.handler(self._cloud)
        found = ResourceType(read_schema(entry.schema), entry.check, handler)
        self._found[type_name] = found
        return found

    def names(self) -> Sequence[str]:
        """The names of all installed types, sorted, without aliases."""
        return sorted(entry.type_name for entry in TYPES)
