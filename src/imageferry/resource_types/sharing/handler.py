"""ShareHandler: the handler of both types of image share, over one view of their words."""

from __future__ import annotations

from collections.abc import Mapping

from imageferry.cloud.errors import CloudError
from imageferry.model.handlers import (
    Context,
    Done,
    ErrorCode,
    Failed,
    HandlerRequest,
    Outcome,
    Pending,
)
from imageferry.model.values import Json
from imageferry.resource_types.handling.faults import failed
from imageferry.resource_types.handling.notes import step_key
from imageferry.resource_types.handling.properties import masked
from imageferry.resource_types.handling.sightings import Sightings
from imageferry.resource_types.image_copies.cloud import ImageCloud
from imageferry.resource_types.sharing.changes import (
    NOTHING,
    Change,
    noted_former,
    told_to_stay,
)
from imageferry.resource_types.sharing.granting import Audience, Goal, look, proceed, troubled
from imageferry.resource_types.sharing.leftovers import old_share, old_share_notes
from imageferry.resource_types.sharing.taking_back import (
    goals_of_deletion,
    has_begun,
    notes_of_deletion,
    what_stays,
)
from imageferry.resource_types.sharing.wanted import (
    Former,
    ShareView,
    WantedShare,
    recorded_former,
    stands_for,
)


class ShareHandler:
    """Shares an image and publishes it, and takes back what was granted here and no more."""

    def __init__(self, cloud: ImageCloud, view: ShareView) -> None:
        self._cloud = cloud
        self._view = view
        self._sightings: Sightings[Audience | None] = Sightings()

    def _wanted(self, request: HandlerRequest) -> WantedShare:
        return self._view.wanted(request.properties, request.region)

    async def create(self, request: HandlerRequest) -> Outcome:
        """Share and publish what is not yet, and note how it stood before."""
        change = Change(request, self._wanted(request), NOTHING, Former(), self._view.renews)
        return await self._bring(change)

    async def update(self, request: HandlerRequest) -> Outcome:
        """Grant what is new, revoke what was granted here and is not wanted any longer."""
        previous = self._view.wanted(request.previous, request.region)
        former = recorded_former(request.attributes)
        change = Change(request, self._wanted(request), previous, former, self._view.renews)
        return await self._bring(change)

    async def read(self, request: HandlerRequest) -> Outcome:
        """Look who has the image: NOT_FOUND where it, or a share that is nothing else, is gone."""
        wanted, former = self._wanted(request), recorded_former(request.attributes)
        observed = None
        try:
            audience = await look(self._cloud, wanted.region, wanted.image_id)
            leftovers = [one for one in request.leftovers if await self._still_there(one)]
        except CloudError as error:
            return failed(error, request.context)
        if audience is not None:
            observed = self._view.observed(wanted, audience.accounts, audience.is_public, former)
        if observed is None:
            where = f"{wanted.image_id} in {wanted.region}"
            words = f"there is no image {where}" if audience is None else f"{where} is not shared"
            return Failed(ErrorCode.NOT_FOUND, masked(words, wanted.secrets))
        return Done(
            self._view.physical_id(request, wanted),
            self._view.attributes(request, wanted, former),
            leftovers=tuple(leftovers),
            observed=observed,
        )

    async def delete(self, request: HandlerRequest) -> Outcome:
        """Take back what this resource has granted, unless it is to stay; the rest is not touched."""
        wanted = self._view.wanted(request.properties or request.previous, request.region)
        key = step_key(request.token)
        notes = dict(request.context)
        if notes.get("step") != key or notes.get("deletes") is not True:
            if not has_begun(request):
                return Done(request.physical_id)
            notes = notes_of_deletion(request, wanted, key)
        if wanted.keeps:
            return Done(request.physical_id, notes=what_stays(wanted))
        for goal in goals_of_deletion(wanted, notes):
            outcome = await self._take_back(goal, request, notes)
            if outcome is not None:
                return outcome
        named = list(wanted.accounts or ())
        said = told_to_stay(wanted.image_id, named, noted_former(notes), wanted.secrets)
        return Done(request.physical_id, notes=said)

    async def clean_up(self, request: HandlerRequest) -> Outcome:
        """Take back one share that a renewal has left over."""
        wanted, old = self._wanted(request), old_share(request.leftover or {})
        if old is None or not old_share_notes([old], wanted):
            return Done(request.physical_id)
        if old.stays:
            words = f"{old.image_id} in {old.region} stays shared or public: KeepPermission is true"
            return Done(request.physical_id, notes=(masked(words, wanted.secrets),))
        goal = Goal(
            old.image_id,
            old.region,
            revoked=old.accounts,
            public=old.public if old.image_id != wanted.image_id else None,
            removes=True,
            secrets=wanted.secrets,
        )
        outcome = await self._take_back(goal, request, _notes_of_step(request))
        return Done(request.physical_id) if outcome is None else outcome

    async def _take_back(
        self, goal: Goal, request: HandlerRequest, notes: Mapping[str, Json]
    ) -> Pending | Failed | None:
        cloud = self._cloud.confirmed(request.confirm)
        try:
            audience = await self._look(cloud, goal, request, notes)
        except CloudError as error:
            return troubled(cloud, goal, error, request, notes, request.physical_id)
        outcome = await proceed(cloud, goal, audience, request, notes, request.physical_id)
        self._note_announced(outcome, goal, audience, request)
        return outcome

    async def _look(
        self, cloud: ImageCloud, goal: Goal, request: HandlerRequest, notes: Mapping[str, Json]
    ) -> Audience | None:
        """Who has the image: as it was seen for the announcement, where that was a moment ago."""
        if notes.get("next") is not None:
            seen = self._sightings.take(_sighting(goal, request), request.now)
            if seen is not None:
                return seen[1]
        return await look(cloud, goal.region, goal.image_id)

    def _note_announced(
        self,
        outcome: Pending | Failed | None,
        goal: Goal,
        audience: Audience | None,
        request: HandlerRequest,
    ) -> None:
        if isinstance(outcome, Pending) and outcome.context.get("next") is not None:
            self._sightings.note(_sighting(goal, request), request.now, audience)

    async def _still_there(self, leftover: Context) -> bool:
        old = old_share(leftover)
        audience = None if old is None else await look(self._cloud, old.region, old.image_id)
        if old is None or audience is None:
            return old is None
        has_it = audience.accounts is None or any(
            stands_for(marked, one) for one in audience.accounts for marked in old.accounts
        )
        return has_it or old.public not in (None, audience.is_public)

    async def _bring(self, change: Change) -> Outcome:
        request, wanted, view = change.request, change.wanted, self._view
        cloud = self._cloud.confirmed(request.confirm)
        physical_id = view.physical_id(request, wanted)
        notes = _notes_of_step(request)
        goal = Goal(wanted.image_id, wanted.region, secrets=change.secrets)
        try:
            audience = await self._look(cloud, goal, request, notes)
        except CloudError as error:
            return troubled(cloud, goal, error, request, notes, physical_id)
        if audience is not None:
            _note_how_it_stood(notes, change, audience)
        former = noted_former(notes)
        goal = Goal(
            wanted.image_id,
            wanted.region,
            granted=wanted.accounts or (),
            revoked=change.revoked(former),
            public=change.public(former),
            secrets=change.secrets,
        )
        outcome = await proceed(cloud, goal, audience, request, notes, physical_id)
        self._note_announced(outcome, goal, audience, request)
        if outcome is not None:
            return outcome
        return Done(
            physical_id,
            view.attributes(request, wanted, former),
            leftovers=change.leftovers(),
            notes=change.said(former),
        )


def _sighting(goal: Goal, request: HandlerRequest) -> str:
    return f"{request.token} {goal.region} {goal.image_id}"


def _notes_of_step(request: HandlerRequest) -> dict[str, Json]:
    key = step_key(request.token)
    if request.context.get("step") == key:
        return dict(request.context)
    return {"step": key, "since": request.now}


def _note_how_it_stood(notes: dict[str, Json], change: Change, audience: Audience) -> None:
    """Write down, once and before the first call, what this step finds."""
    if "before" not in notes and audience.accounts is not None:
        notes["before"] = list(change.accounts_before(audience.accounts))
        notes |= {"image_id": change.wanted.image_id, "region": change.wanted.region}
    if "was_public" not in notes and audience.image is not None:
        notes["was_public"] = change.public_before(audience.is_public)
