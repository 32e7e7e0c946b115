"""WantedCopy and View: an image as its types mean it, and the words of one type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from imageferry.cloud.recipes import Recipe
from imageferry.model.handlers import HandlerRequest
from imageferry.model.values import MASK, Value, is_known
from imageferry.ports.types import Freight
from imageferry.resource_types.image_copies.words import Words

NAME_LIMIT: Final = 128


@dataclass(frozen=True, slots=True)
class WantedCopy:
    """One image copy, or with a `recipe` an image that is made; empty texts are None.

    Times are seconds. `region` is the destination. `encrypted` None is not sent. `secrets` are
    texts of properties that must not be shown. What is made has no source image and no source
    region.
    """

    source_id: str
    source_region: str
    region: str
    name: str | None = None
    description: str | None = None
    encrypted: bool | None = None
    key_id: str | None = None
    tags: tuple[tuple[str, str], ...] = ()
    resource_group: str | None = None
    same_region_allowed: bool = False
    force: bool = False
    create_timeout: float | None = None
    delete_timeout: float | None = None
    secrets: tuple[str, ...] = ()
    recipe: Recipe | None = None

    @property
    def thing(self) -> str:
        """What it is called in a sentence: a copy, or an image."""
        return "copy" if self.recipe is None else "image"

    @property
    def a_thing(self) -> str:
        """The same with its article."""
        return "a copy" if self.recipe is None else "an image"

    @property
    def copies_nothing(self) -> bool:
        """True where the source itself is the result, which is never deleted."""
        return self.same_region_allowed and self.source_region == self.region


def route_of(
    wanted: Callable[[Mapping[str, Value], str], WantedCopy],
    properties: Mapping[str, Value],
    region: str,
) -> tuple[str, str] | None:
    """Source and destination of a copy, no source for what is made; None while one is not known."""
    if not all(is_known(value) for name, value in properties.items() if "Region" in name):
        return None
    known = {name: value for name, value in properties.items() if is_known(value)}
    copy = wanted(known, region)
    return copy.source_region, copy.region


def manifest_of(
    wanted: Callable[[Mapping[str, Value], str], WantedCopy],
    properties: Mapping[str, Value],
    region: str,
) -> Freight | None:
    """What a copy carries, or what is made; what is secret of it is masked."""
    known = {name: value for name, value in properties.items() if is_known(value)}
    copy = wanted(known, region)
    shown = dict.fromkeys(copy.secrets, MASK)
    texts = (copy.source_id, copy.name or "", copy.source_region, copy.region)
    return Freight(*(shown.get(text, text) for text in texts))


class View(NamedTuple):
    """How one type speaks of an image copy.

    `physical_id` gives what `Ref` gives for an image id (None: not known yet); `recorded_id` the
    image id that a request's record names. `renews`: another source, region or key makes a new
    image behind the same physical id; otherwise only with a replacement. `editable` is what changes in
    place: name, description, tags, resource_group. `words` are the names of its properties.
    """

    wanted: Callable[[Mapping[str, Value], str], WantedCopy]
    physical_id: Callable[[HandlerRequest, str | None], str | None]
    attributes: Callable[[HandlerRequest, WantedCopy, str], dict[str, Value]]
    recorded_id: Callable[[HandlerRequest], str | None]
    renews: bool
    editable: frozenset[str]
    words: Words


def image_itself(request: HandlerRequest, image_id: str | None) -> str | None:
    """The physical id of a type whose `Ref` gives the image's id."""
    return image_id or request.physical_id


def recorded_image(request: HandlerRequest) -> str | None:
    """The image id in the record of such a type."""
    image_id = request.attributes.get("ImageId")
    return image_id if isinstance(image_id, str) and image_id else request.physical_id


def copy_name(name: str, key: str) -> str:
    """The name under which a copy is made that will take the place of another."""
    return f"{name[: NAME_LIMIT - len(key) - 1]}-{key}"


def aside_name(name: str, key: str) -> str:
    """The name that an image gets when another takes its place."""
    return copy_name(name, f"old-{key}")
