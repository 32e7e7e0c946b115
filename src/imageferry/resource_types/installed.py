"""InstalledTypes: every built-in type's schema and rules, light to load and without any cloud."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from imageferry.model.handlers import ErrorCode, Failed, HandlerRequest, Outcome
from imageferry.model.schemas import ResourceSchema, schema_from_json
from imageferry.ports.types import Check, Handler, ResourceType, Route, no_route
from imageferry.resource_types.counterparts import COUNTERPARTS
from imageferry.resource_types.ecs import copy_image
from imageferry.resource_types.tf import image_copy


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
)
_BY_NAME: Final = {name: entry for entry in TYPES for name in (entry.type_name, *entry.aliases)}
_HERE: Final = Path(__file__).parent


def find_entry(type_name: str) -> Entry | None:
    """The entry of a type by its name or alias."""
    return _BY_NAME.get(type_name)


def type_names() -> Sequence[str]:
    """The names of all built-in types, sorted, without aliases."""
    return sorted(entry.type_name for entry in TYPES)


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
    """

    def __init__(self) -> None:
        self._found: dict[str, ResourceType] = {}

    def find(self, type_name: str) -> ResourceType | None:
        """The type of that name, or alias, if it is installed."""
        found = self._found.get(type_name)
        if found is None:
            entry = find_entry(type_name)
            if entry is None:
                return None
            found = entry.connected(Unconnected())
            self._found[type_name] = found
        return found

    def names(self) -> Sequence[str]:
        """The names of all installed types, sorted, without aliases."""
        return type_names()
