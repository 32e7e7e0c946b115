"""Dry runs of planned copies: one for each kind of copy, with its real parameters and no token."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from imageferry.cloud.ecs import CopyRequest
from imageferry.cloud.errors import CloudError
from imageferry.model.forecasts import Doubt, Objection
from imageferry.resource_types.handling.lineages import MOST_TAGS, lineage
from imageferry.resource_types.image_copies.foresight.objections import NAME_TAKEN, of_dry_run
from imageferry.resource_types.image_copies.foresight.previews import Deed, Preview, own_images
from imageferry.resource_types.image_copies.foresight.surveys import Survey
from imageferry.resource_types.image_copies.lineage import tags_with_lineage
from imageferry.resource_types.image_copies.wanted import WantedCopy, copy_name
from imageferry.resource_types.image_copies.words import Words

MANY_COPIES: Final = 200
"""Beyond so many copies one dry run stands for all of a route and a key."""
_REHEARSED: Final = "plan"
"""What stands for the operation in the lineage of a dry run."""
_IGNORED: Final = "DryRunIgnored"

_Found = Mapping[int, list[Objection]]


async def rehearse_copies(
    survey: Survey,
    previews: Sequence[Preview],
    words: Words,
    found: _Found,
    installation: str,
) -> list[str]:
    """One dry run for each kind of copy; what it says holds for all of that kind.

    `found` are the objections so far, by the identity of the preview; new ones are added there.
    Returns what is to be said of the dry runs themselves.
    """
    groups: dict[tuple[object, ...], list[tuple[Preview, WantedCopy]]] = defaultdict(list)
    due = [
        (preview, preview.wanted)
        for preview in previews
        if preview.wanted is not None
        and preview.copies
        and preview.knows(words.source_id, words.source_region, words.region)
        and not any(one.doubt is Doubt.REFUSED for one in found[id(preview)])
    ]
    is_many = len(due) > MANY_COPIES
    for preview, wanted in due:
        groups[_kind(preview, wanted, is_many=is_many)].append((preview, wanted))
    queue = list(groups.values())
    # The first alone: an address that knows no dry run is not to be asked again.
    verdicts = [await _ask(survey, *group[0], words, found, installation) for group in queue[:1]]
    is_ignored = any(fault is not None and fault.code == _IGNORED for fault in verdicts)
    if not is_ignored:
        verdicts += await asyncio.gather(
            *(_ask(survey, *group[0], words, found, installation) for group in queue[1:])
        )
    for group, fault in zip(queue, verdicts, strict=False):
        if fault is not None:
            _put_down(group, fault, words, found)
    if is_ignored:
        return ["the cloud knows no dry runs here: no copy was tried out"]
    if is_many:
        return [f"{len(queue)} of {len(due)} copies were tried out, one for each route and key"]
    return []


def _put_down(
    group: Sequence[tuple[Preview, WantedCopy]],
    fault: CloudError,
    words: Words,
    found: _Found,
) -> None:
    """Tell every copy of a group what its first one was answered; a name is one copy's alone."""
    for position, (preview, _) in enumerate(group):
        objections = found[id(preview)]
        if fault.code == NAME_TAKEN and position:
            return
        said = of_dry_run(fault, words)
        if said.doubt.is_certain:
            # What was a doubt before is certain now.
            objections[:] = [
                one for one in objections if one.doubt.is_certain or one.cloud_code != fault.code
            ]
        if fault.code not in {one.cloud_code for one in objections}:
            objections.append(said)


async def _ask(
    survey: Survey,
    preview: Preview,
    wanted: WantedCopy,
    words: Words,
    found: _Found,
    installation: str,
) -> CloudError | None:
    """The refusal of one copy; a name that is taken must hide no other fault."""
    is_settled = any(one.cloud_code == NAME_TAKEN for one in found[id(preview)])
    # The image that holds the name until it is deleted or renamed for this one is no obstacle.
    is_freed = preview.deed is Deed.MAKE and own_images(preview) != ()
    is_sent = preview.knows(words.name) and not is_settled and not is_freed
    name = wanted.name if is_sent else None
    if name is not None and preview.deed is Deed.RENEW:
        name = copy_name(name, _REHEARSED)
    tags = wanted.tags if preview.knows(words.tags) else ()
    mark = lineage(installation, _REHEARSED, str(preview.proposal.address))
    request = CopyRequest(
        image_id=wanted.source_id,
        source_region=wanted.source_region,
        destination_region=wanted.region,
        client_token="",
        name=name,
        description=wanted.description,
        encrypted=wanted.encrypted,
        kms_key_id=wanted.key_id,
        resource_group_id=wanted.resource_group,
        tags=tags_with_lineage(replace(wanted, tags=tags), mark if len(tags) < MOST_TAGS else None),
    )
    fault = await survey.rehearse(request)
    if fault is None or fault.code != NAME_TAKEN or name is None:
        return fault
    other = await survey.rehearse(replace(request, name=None))
    return fault if other is None else other


def _kind(preview: Preview, wanted: WantedCopy, *, is_many: bool) -> tuple[object, ...]:
    """What one dry run stands for."""
    route = (wanted.source_region, wanted.region, wanted.key_id)
    if is_many:
        return route
    return (*route, wanted.source_id, wanted.encrypted, wanted.resource_group, preview.deed)
