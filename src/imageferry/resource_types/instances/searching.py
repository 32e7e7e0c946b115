"""Finding the instance that an intent may have made already: by its lineage tag, or all it was given."""

from __future__ import annotations

import calendar
from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

from imageferry.cloud.instances import Instance, describe_instances
from imageferry.model.handlers import HandlerRequest
from imageferry.resource_types.handling.lineages import LINEAGE_KEY, MOST_TAGS, lineage
from imageferry.resource_types.instances.cloud import InstanceCloud
from imageferry.resource_types.instances.wanted import WantedInstance

_CLOCK_DIFFERENCE: Final = 900.0
"""Seconds by which the cloud's clock may run behind ours: it refuses requests beyond that."""


class Finding(NamedTuple):
    """`mine` carries the lineage; `twins` do as well: the cloud has made more than was asked for.

    `rivals` are instances of which any could be it, and nobody can tell which.
    """

    mine: Instance | None = None
    twins: tuple[Instance, ...] = ()
    rivals: tuple[Instance, ...] = ()


def own_lineage(request: HandlerRequest, wanted: WantedInstance) -> str | None:
    """The lineage of what a request makes; None where the user's own tags leave no room."""
    if len(wanted.tags) >= MOST_TAGS:
        return None
    return lineage(request.installation, request.operation_id, request.address)


def tags_with_lineage(wanted: WantedInstance, value: str | None) -> tuple[tuple[str, str], ...]:
    """The tags that an instance is made with."""
    return wanted.tags if value is None else (*wanted.tags, (LINEAGE_KEY, value))


async def find_instance(
    cloud: InstanceCloud,
    wanted: WantedInstance,
    value: str | None,
    since: float,
    excluded: Collection[str] = (),
) -> Finding:
    """Look for an instance by lineage tag, in every status; raises CloudError.

    Where the user's own tags left no room for ours, all tags, name, type and age must fit, and only
    one may.
    """
    if value is not None:
        ours = await describe_instances(cloud.client, wanted.region, tags={LINEAGE_KEY: value})
        exact = [one for one in ours if one.tags.get(LINEAGE_KEY) == value]
        young = [
            one for one in exact if _is_young_enough(one, since) and one.instance_id not in excluded
        ]
        return Finding(young[0], tuple(young[1:])) if young else Finding()
    tags = dict(wanted.tags)
    shown = await describe_instances(cloud.client, wanted.region, tags=tags)
    alike = [
        one
        for one in shown
        if dict(one.tags) == tags
        and wanted.name in {None, one.name}
        and wanted.launch.get("InstanceType") == one.instance_type
        and _is_young_enough(one, since)
        and one.instance_id not in excluded
    ]
    return Finding(rivals=tuple(alike)) if len(alike) > 1 else Finding(next(iter(alike), None))


def _is_young_enough(instance: Instance, since: float) -> bool:
    made_at = _minute(instance.created_at)
    return made_at is None or made_at >= since - _CLOCK_DIFFERENCE


def _minute(text: str) -> float | None:
    """`2017-12-10T04:04Z` as seconds since 1970."""
    try:
        date, clock = text.rstrip("Z").split("T")
        year, month, day = (int(part) for part in date.split("-"))
        hour, minute = (int(part) for part in clock.split(":")[:2])
    except ValueError:
        return None
    return float(calendar.timegm((year, month, day, hour, minute, 0)))


def named(instances: Sequence[Instance]) -> str:
    """The ids of instances, for a sentence."""
    return ", ".join(one.instance_id for one in instances)
