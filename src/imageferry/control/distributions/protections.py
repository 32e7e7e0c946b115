"""find_protections: why copies are not to go: who uses them, with whom they are shared, their tags."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from imageferry.control.holdings import words_of_record
from imageferry.ports.images import Images, ImageUse
from imageferry.ports.keeping import Store


@dataclass(frozen=True, slots=True)
class Protections:
    """By logical id, the sentences that say why a copy is not to go; none where it may."""

    reasons: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


async def find_protections(
    store: Store,
    images: Images,
    stack_id: str,
    own: AbstractSet[str],
    candidates: Mapping[str, tuple[str, str]],
    *,
    accounts: Collection[str],
    keep_tags: Sequence[tuple[str, str | None]],
    family: str = "",
) -> Protections:
    """Look at candidates (region and image id by logical id), region by region, all at once.

    `own` are the resources of the stack `stack_id` that distribute writes itself; `accounts` those
    that it shares with, and `family` the image family that it keeps itself: what launches from that
    is the stack's own affair. What cannot be looked at is kept.
    """
    by_region: dict[str, list[str]] = {}
    for region, image_id in candidates.values():
        by_region.setdefault(region, []).append(image_id)
    answers = await asyncio.gather(*(images.uses(*pair) for pair in by_region.items()))
    uses = dict(zip(by_region, answers, strict=True))
    users = await _users(store, stack_id, own, {one for _, one in candidates.values()})
    return Protections(
        {
            key: (
                *_reasons(uses[region].get(image_id), accounts, keep_tags, family),
                *users.get(image_id, ()),
            )
            for key, (region, image_id) in candidates.items()
        }
    )


def _reasons(
    use: ImageUse | None,
    accounts: Collection[str],
    keep_tags: Sequence[tuple[str, str | None]],
    family: str,
) -> Iterator[str]:
    """Why an image is kept, as the cloud shows it; nothing where it is gone."""
    if use is None:
        return
    if use.trouble:
        yield f"it could not be looked at: {use.trouble}"
    if use.instances:
        yield f"used by {', '.join(use.instances)}"
    strangers = [one for one in use.accounts if one not in accounts]
    if strangers:
        yield f"shared with {', '.join(strangers)}"
    if use.is_public:
        yield "public"
    if use.family and use.family != family:
        yield f'what launches from the family "{use.family}"'
    for name, value in keep_tags:
        if name in use.tags and value in {None, use.tags[name]}:
            yield f"tagged {name}" + (f"={use.tags[name]}" if use.tags[name] else "")


async def _users(
    store: Store, stack_id: str, own: AbstractSet[str], image_ids: AbstractSet[str]
) -> dict[str, tuple[str, ...]]:
    """The resources of stacks that name one of the images."""
    found: dict[str, tuple[str, ...]] = {}
    for stack in await store.find_stacks(None):
        for key, resource in (await store.resources(stack.stack_id)).items():
            if stack.stack_id == stack_id and _is_own(key, own):
                continue
            words = words_of_record(resource.properties, resource.attributes, resource.physical_id)
            for image_id in words & image_ids:
                said = f'used by "{key}" of stack "{stack.name}"'
                found[image_id] = (*found.get(image_id, ()), said)
    return found


def _is_own(key: str, own: AbstractSet[str]) -> bool:
    return key in own or key.rstrip("0123456789") in own
