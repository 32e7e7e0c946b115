"""Whether the things that a planned change names by their ids are there, each kind in pages."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from imageferry.cloud.client import Client
from imageferry.cloud.errors import CloudError
from imageferry.cloud.gathering import PAGE
from imageferry.cloud.images import describe_images
from imageferry.cloud.instances import describe_instances, known_disks
from imageferry.cloud.snapshots import describe_snapshots
from imageferry.model.forecasts import Doubt, Objection
from imageferry.resource_types.handling.faults import REMEDIES


class Named(NamedTuple):
    """A thing that a property names: `kind` is a key of the table below."""

    kind: str
    region: str
    thing_id: str
    property_name: str


async def _images(client: Client, region: str, ids: Sequence[str]) -> Collection[str]:
    return {one.image_id for one in await describe_images(client, region, ids=ids)}


async def _instances(client: Client, region: str, ids: Sequence[str]) -> Collection[str]:
    return {one.instance_id for one in await describe_instances(client, region, ids=ids)}


async def _snapshots(client: Client, region: str, ids: Sequence[str]) -> Collection[str]:
    return await describe_snapshots(client, region, ids)


_KINDS: Final[
    Mapping[str, tuple[str, Callable[[Client, str, Sequence[str]], Awaitable[Collection[str]]]]]
] = {
    "image": ("InvalidImageId.NotFound", _images),
    "instance": ("InvalidInstanceId.NotFound", _instances),
    "snapshot": ("InvalidSnapshotId.NotFound", _snapshots),
    "disk": ("InvalidDiskId.NotFound", known_disks),
}
"""For each kind what the cloud answers for an id that it does not know, and who looks."""


async def missing(client: Client, named: Iterable[Named]) -> tuple[Mapping[Named, Objection], int]:
    """Those that are not there, and how many calls that took; what cannot be looked up is left out."""
    groups: dict[tuple[str, str], set[str]] = defaultdict(set)
    everything = set(named)
    for one in everything:
        groups[one.kind, one.region].add(one.thing_id)
    pages = [
        (kind, region, sorted(ids)[start : start + PAGE])
        for (kind, region), ids in groups.items()
        for start in range(0, len(ids), PAGE)
    ]
    answers = await asyncio.gather(
        *(_KINDS[kind][1](client, region, ids) for kind, region, ids in pages),
        return_exceptions=True,
    )
    gone: set[tuple[str, str, str]] = set()
    for (kind, region, ids), there in zip(pages, answers, strict=True):
        match there:
            case CloudError():
                continue
            case BaseException():
                raise there
            case _:
                gone |= {(kind, region, one) for one in ids if one not in there}
    found = {
        one: _objection(one) for one in everything if (one.kind, one.region, one.thing_id) in gone
    }
    return found, len(pages)


def _objection(one: Named) -> Objection:
    code = _KINDS[one.kind][0]
    return Objection(
        Doubt.REFUSED,
        f"there is no {one.kind} {one.thing_id} in {one.region} that this account can see",
        why=f"the cloud answers {code}",
        remedy=REMEDIES.get(code, ""),
        property_name=one.property_name,
        cloud_code=code,
    )
