"""CopyForesight: what the cloud would say of planned image copies, asked in a few calls a region."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from imageferry.cloud.errors import CloudError
from imageferry.cloud.images import Image
from imageferry.cloud.shelves import Seen
from imageferry.model.forecasts import (
    Backlog,
    Doubt,
    Experience,
    Forecast,
    Lookalike,
    Objection,
    Proposal,
    Remains,
    Sight,
)
from imageferry.resource_types.handling.properties import masked
from imageferry.resource_types.image_copies.cloud import ImageCloud
from imageferry.resource_types.image_copies.foresight.backlogs import (
    backlog_of,
    left_of,
    paces_of,
    polls_of,
)
from imageferry.resource_types.image_copies.foresight.grounds import Ground
from imageferry.resource_types.image_copies.foresight.lookalikes import lookalike_of
from imageferry.resource_types.image_copies.foresight.objections import (
    Handovers,
    handovers_of,
    of_listing,
    of_name,
    of_place,
    of_quota,
    of_source,
)
from imageferry.resource_types.image_copies.foresight.previews import (
    Deed,
    Preview,
    calls_in_place,
    understood,
)
from imageferry.resource_types.image_copies.foresight.rehearsals import rehearse_copies
from imageferry.resource_types.image_copies.foresight.surveys import Survey
from imageferry.resource_types.image_copies.queues import Capacity
from imageferry.resource_types.image_copies.wanted import View
from imageferry.resource_types.image_copies.words import Words

_CALLS: Final[Mapping[Deed, int]] = {
    Deed.MAKE: 1,
    Deed.RENEW: 5,
    Deed.RENAME: 0,
    Deed.REMOVE: 3,
    Deed.NOTHING: 0,
}
"""Calls that each deed takes beside the looks at copies, and beside what changes in place: what
waits is counted with its region."""


@dataclass(frozen=True, slots=True)
class _Sights:
    """Everything that was seen for one plan."""

    grounds: Mapping[str, Ground]
    sources: Mapping[tuple[str, str], Seen]
    source_faults: Mapping[str, CloudError]
    listing: Mapping[str, str]
    handovers: Handovers
    installation: str
    paces: Mapping[str, float]

    def source(self, preview: Preview, words: Words) -> Seen | None:
        """The source image of a change, where its id and region are known and it was seen."""
        if preview.wanted is None or not preview.knows(words.source_id, words.source_region):
            return None
        return self.sources.get((preview.wanted.source_region, preview.wanted.source_id))


class CopyForesight:
    """The `Foresight` of one type of image copy."""

    def __init__(self, cloud: ImageCloud, view: View, capacity: Capacity) -> None:
        self._cloud = cloud
        self._view = view
        self._words = view.words
        self._capacity = capacity

    async def __call__(
        self,
        proposals: Sequence[Proposal],
        installation: str,
        experience: Sequence[Experience] = (),
    ) -> Sight:
        """What is foreseen of each proposal; nothing is raised for what the cloud says."""
        words = self._words
        previews = [understood(self._view, proposal) for proposal in proposals]
        survey = Survey(self._cloud.client)
        sights = await self._look(survey, previews, installation, experience)
        found = {id(preview): self._objections(preview, sights) for preview in previews}
        self._count_quota(previews, sights, found)
        notes = await rehearse_copies(survey, previews, words, found, installation)
        forecasts = tuple(
            self._forecast(preview, sights, found[id(preview)]) for preview in previews
        )
        coming = [one for one in forecasts if one.route is not None and not one.is_refused]
        backlogs = self._backlogs(coming, sights)
        ahead = sum(_CALLS[preview.deed] for preview in previews) + sum(map(polls_of, backlogs))
        in_place = [one for one in previews if one.deed in {Deed.RENAME, Deed.NOTHING}]
        ahead += sum(calls_in_place(self._view, preview) for preview in in_place)
        refused = sum(one.route is not None and one.is_refused for one in forecasts)
        if refused:
            notes.append(f"copies that would be refused are not in the estimate: {refused}")
        unknown = sum(one.gib is None for one in coming)
        if unknown:
            notes.append(f"copies whose size is not known are in the time alone: {unknown}")
        return Sight(forecasts, backlogs, survey.calls, ahead, tuple(notes))

    # --- looking ----------------------------------------------------------------------------------

    async def _look(
        self,
        survey: Survey,
        previews: Sequence[Preview],
        installation: str,
        experience: Sequence[Experience],
    ) -> _Sights:
        words = self._words
        names: dict[str, set[str]] = defaultdict(set)
        ids: dict[str, set[str]] = defaultdict(set)
        wanted_sources: dict[str, set[str]] = defaultdict(set)
        for preview in previews:
            wanted = preview.wanted
            if wanted is not None and preview.deed is not Deed.NOTHING:
                is_copy = preview.deed in {Deed.MAKE, Deed.RENEW}
                if is_copy and preview.knows(words.source_id, words.source_region):
                    wanted_sources[wanted.source_region].add(wanted.source_id)
                if preview.knows(words.region) and not wanted.copies_nothing:
                    asked = names[wanted.region]
                    if wanted.name is not None and preview.knows(words.name):
                        asked.add(wanted.name)
            removed = None if preview.proposal.deletes_remains else preview.removes
            if removed is not None and preview.former is not None:
                ids[preview.former.region].add(removed)
        regions = sorted(names.keys() | ids.keys())
        home = previews[0].proposal.region if previews else ""
        listing, grounds, sources = await asyncio.gather(
            survey.region_words(home) if names else _nothing(),
            asyncio.gather(*(survey.ground(one, names[one], ids[one]) for one in regions)),
            asyncio.gather(*(survey.sources(*pair) for pair in sorted(wanted_sources.items()))),
        )
        pairs = list(zip(sorted(wanted_sources), sources, strict=True))
        by_region = {ground.region: ground for ground in grounds}
        return _Sights(
            by_region,
            {(region, key): one for region, (found, _) in pairs for key, one in found.items()},
            {region: fault for region, (_, fault) in pairs if fault is not None},
            listing,
            handovers_of(previews),
            installation,
            paces_of(self._view, experience, by_region),
        )

    def _objections(self, preview: Preview, sights: _Sights) -> list[Objection]:
        words, wanted = self._words, preview.wanted
        found: list[Objection] = []
        if wanted is None or preview.deed is Deed.NOTHING:
            return found
        if preview.deed in {Deed.MAKE, Deed.RENEW} and preview.knows(
            words.source_id, words.source_region
        ):
            fault = sights.source_faults.get(wanted.source_region)
            if fault is not None:
                found.append(of_place(wanted.source_region, words.source_region, fault, "source"))
            else:
                found += of_source(wanted, sights.source(preview, words), words)
        ground = sights.grounds.get(wanted.region)
        if ground is None or wanted.copies_nothing or not preview.knows(words.region):
            return found
        prop = words.region or ""
        listed = of_listing(wanted.region, prop, sights.listing)
        if ground.fault is not None:
            found.append(of_place(wanted.region, prop, ground.fault, "destination"))
        if listed is not None and not any(one.doubt is Doubt.REFUSED for one in found):
            found.append(listed)
        found += of_name(preview, ground, sights.handovers, words, sights.installation)
        return found

    def _count_quota(
        self,
        previews: Sequence[Preview],
        sights: _Sights,
        found: Mapping[int, list[Objection]],
    ) -> None:
        coming: dict[str, int] = defaultdict(int)
        for preview in previews:
            wanted = preview.wanted
            if wanted is None or not preview.copies or not preview.knows(self._words.region):
                continue
            ground = sights.grounds.get(wanted.region)
            if ground is None:
                continue
            refused = of_quota(ground, coming[wanted.region], self._capacity.quota)
            coming[wanted.region] += 1
            if refused is not None:
                found[id(preview)].append(refused)

    # --- what comes of it -------------------------------------------------------------------------

    def _forecast(
        self, preview: Preview, sights: _Sights, objections: Sequence[Objection]
    ) -> Forecast:
        words, wanted, address = self._words, preview.wanted, preview.proposal.address
        remains = _remains(preview, sights)
        if wanted is None:
            return Forecast(address, tuple(objections), remains=remains)
        source = sights.source(preview, words)
        ground = sights.grounds.get(wanted.region)
        lookalike: Lookalike | None = None
        if ground is not None:
            lookalike = lookalike_of(preview, ground, source, words, sights.installation)
        forecast = Forecast(
            address,
            _shown(objections, wanted.secrets),
            _masked_lookalike(lookalike, wanted.secrets),
            remains=remains,
        )
        if not preview.copies:
            return forecast
        route, seconds = None, None
        if preview.knows(words.source_region, words.region):
            route = (wanted.source_region, wanted.region)
            seconds = self._expected(wanted.region, _whole(source), sights)
        return forecast._replace(
            route=route,
            gib=None if source is None else source.gib,
            seconds=seconds,
            notes=_left_open(preview, words),
        )

    def _expected(self, region: str, image: Image, sights: _Sights) -> float:
        """Seconds that a copy takes once it runs: as seen here, as recorded, or as first guessed."""
        watches, pace = self._cloud.watches, sights.paces.get(region)
        if pace is None or image.size is None or watches.knows(region):
            return watches.expected(region, image)
        return pace * image.size

    def _backlogs(self, forecasts: Iterable[Forecast], sights: _Sights) -> tuple[Backlog, ...]:
        coming: dict[str, list[tuple[int | None, float]]] = defaultdict(list)
        watches = self._cloud.watches
        for forecast in forecasts:
            if forecast.route is not None:
                coming[forecast.route[1]].append((forecast.gib, forecast.seconds or 0.0))
        backlogs = []
        for region, copies in sorted(coming.items()):
            ground = sights.grounds.get(region)
            ahead = () if ground is None else ground.ahead
            is_measured = watches.knows(region) or region in sights.paces
            before = [
                left_of(one.image, self._expected(region, _whole(one), sights))
                for one in sorted(ahead, key=lambda one: one.image.status != "Creating")
            ]
            backlogs.append(
                backlog_of(region, copies, before, self._capacity.queue, is_measured=is_measured)
            )
        return tuple(backlogs)


def _left_open(preview: Preview, words: Words) -> tuple[str, ...]:
    """What could not be looked at, as it is known only later."""
    looked_at = (
        words.source_id,
        words.source_region,
        words.region,
        words.name,
        words.encrypted,
        words.key_id,
    )
    later = [name for name in looked_at if name in preview.unknown]
    return (
        (f"not checked, as it is known only later: {', '.join(map(str, later))}",) if later else ()
    )


_UNSEEN: Final = Image("", "", "")
"""An image of which nothing is known: its copy takes as long as the usual one."""


async def _nothing() -> Mapping[str, str]:
    return {}


def _whole(seen: Seen | None) -> Image:
    """The image with the size of all its disks, by which the time of a copy goes."""
    return _UNSEEN if seen is None else replace(seen.image, size=seen.gib)


def _remains(preview: Preview, sights: _Sights) -> tuple[Remains, ...]:
    image_id = preview.removes
    if image_id is None or preview.former is None or preview.proposal.deletes_remains:
        return ()
    ground = sights.grounds.get(preview.former.region)
    seen = None if ground is None else ground.seen.get(image_id)
    if seen is None or not seen.image.snapshots:
        return ()
    return (Remains(preview.former.region, image_id, len(seen.image.snapshots), seen.gib or 0),)


def _shown(objections: Iterable[Objection], secrets: tuple[str, ...]) -> tuple[Objection, ...]:
    if not secrets:
        return tuple(objections)
    return tuple(
        one._replace(
            message=masked(one.message, secrets),
            why=masked(one.why, secrets),
            remedy=masked(one.remedy, secrets),
        )
        for one in objections
    )


def _masked_lookalike(lookalike: Lookalike | None, secrets: tuple[str, ...]) -> Lookalike | None:
    if lookalike is None or not secrets:
        return lookalike
    return lookalike._replace(name=masked(lookalike.name, secrets))
