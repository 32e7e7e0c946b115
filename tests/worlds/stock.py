"""What a line must have made: one of each, whole, and let in or put forward as it was asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from imageferry.model.stacks import Resource
from imageferry.model.statuses import ResourceStatus
from tests.worlds.kinds import KIND_OF, Kind, Thing
from tests.worlds.ships import LINEAGE
from tests.worlds.soundings import Soundings

_FINISHED = frozenset({ResourceStatus.CREATED, ResourceStatus.UPDATED})
_WELL = {
    Kind.INSTANCE: frozenset({"starting", "running"}),
    Kind.SNAPSHOT: frozenset({"accomplished"}),
}


def faults_of_things(seen: Soundings) -> Iterator[str]:
    """What is wrong with all that is no image, after one operation."""
    yield from _one_an_intent(seen)
    for resource in seen.resources:
        if resource.status in _FINISHED:
            kind = KIND_OF[resource.type_name]
            yield from _WHOLE.get(kind, _nothing)(seen, resource)


def _one_an_intent(seen: Soundings) -> Iterator[str]:
    """I1: no two things of one kind and lineage; no two exports of one wish in one operation."""
    living = seen.living_things()
    marks = Counter((one.kind, one.tags.get(LINEAGE)) for one in living.values())
    for (kind, mark), number in marks.items():
        if mark and number > 1:
            yield f"I1: {number} of the kind {kind.value} live of {mark}"
    exports = Counter(
        (str(one.about["image"]), str(one.about["bucket"]), str(one.about["objects"]))
        for thing_id, one in living.items()
        if one.kind is Kind.EXPORT
        and thing_id not in seen.log.late
        and thing_id not in seen.exports_before
    )
    for wish, number in exports.items():
        if number > 1:
            yield f"I1: {number} exports of {wish} in one operation"


def _nothing(_: Soundings, __: Resource) -> Iterator[str]:
    yield from ()


def _thing(seen: Soundings, resource: Resource) -> Iterator[str]:
    thing_id = str(resource.physical_id)
    found: Thing | None = seen.living_things().get(thing_id)
    if found is None:
        yield f"I1: {resource.address} is finished, and {thing_id} is not there"
    elif found.status not in _WELL[found.kind]:
        yield f"I1: {resource.address} is finished, and {thing_id} is {found.status}"


def _share(seen: Soundings, resource: Resource) -> Iterator[str]:
    properties: Mapping[str, Any] = resource.properties
    image_id = str(properties.get("ImageId"))
    if image_id in seen.meddled:
        return
    account = properties.get("AccountId")
    wanted = [*(properties.get("Accounts") or ()), *([account] if account else [])]
    if properties.get("IsPublic") is True:
        wanted.append("public")
    lacking = set(wanted) - seen.shares.get(image_id, set())
    if lacking:
        yield f"I1: {resource.address} is finished, and {image_id} is not shared with {lacking}"


def _family(seen: Soundings, resource: Resource) -> Iterator[str]:
    wanted = resource.attributes.get("ImageId")
    found = seen.launching[str(resource.address)]
    if found != wanted and wanted not in seen.meddled:
        yield f"I1: {resource.address} is finished, and launches {found} instead of {wanted}"


_WHOLE: Mapping[Kind, Callable[[Soundings, Resource], Iterator[str]]] = {
    Kind.INSTANCE: _thing,
    Kind.SNAPSHOT: _thing,
    Kind.SHARE: _share,
    Kind.FAMILY: _family,
}
