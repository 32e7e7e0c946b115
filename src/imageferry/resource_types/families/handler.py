"""ImageFamilyHandler: makes one image of a family current, one announced call at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from imageferry.cloud.client import Client
from imageferry.cloud.errors import CloudError
from imageferry.cloud.families import newest_first, put_in_family
from imageferry.cloud.images import Image, ImageLoader
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
from imageferry.resource_types.families.looking import chosen, look_at_family
from imageferry.resource_types.families.reading import read_family
from imageferry.resource_types.families.records import (
    attributes_of,
    kept_owned,
    noted_owned,
    owned_notes,
    recorded_current,
    recorded_former,
    recorded_owned,
)
from imageferry.resource_types.families.succession import (
    ENDED_WELL,
    UNFINISHED,
    Marking,
    Membership,
    Owned,
    after,
    calls_for,
    former_after,
    older_than,
    released,
    rivals,
)
from imageferry.resource_types.families.wanted import WantedFamily, read_wanted
from imageferry.resource_types.handling.faults import GIVE_UP, again, failed
from imageferry.resource_types.handling.notes import (
    changed_notes,
    list_note,
    number_note,
    step_key,
    text_note,
)
from imageferry.resource_types.handling.sightings import Sightings

_PATIENCE: Final = 30.0
"""Seconds for which an image that is not shown, or not shown as it was changed, is waited for."""
_POLL: Final = 15.0
_SHARED: Final = frozenset({"ImageUseShared", "ImageIsPublic"})
_LOOK_AGAIN: Final = frozenset(
    {
        "ImageStatus.NotAvailable",
        "ImageStatus.NotDeprecated",
        "InvalidImageId.NotFound",
        "InvalidStatus.ImageIsCreating",
    }
)


class _Step(NamedTuple):
    """One step on a family, with its notes as they are now."""

    request: HandlerRequest
    wanted: WantedFamily
    owned: Owned
    notes: dict[str, Json]

    @property
    def waited(self) -> float:
        """Seconds since the step was first asked for."""
        return self.request.now - number_note(self.notes, "since", self.request.now)

    @property
    def physical_id(self) -> str:
        return self.request.physical_id or self.wanted.physical_id


def _begun(request: HandlerRequest, wanted: WantedFamily) -> _Step:
    """The step with its own notes, or with what the steps before it have left to be undone."""
    context, key = request.context, step_key(request.token)
    mine = context.get("step") == key
    former: Context = context if mine else context or request.unfinished
    owned = noted_owned(former) or recorded_owned(request.attributes)
    notes: dict[str, Json] = dict(context) if mine else {"step": key, "since": request.now}
    return _Step(request, wanted, owned, {**notes, **owned_notes(owned)})


class ImageFamilyHandler:
    """Keeps a family of a region as it is wanted; see `ports.Handler` for what it promises."""

    def __init__(self, client: Client, loader: ImageLoader) -> None:
        self._client = client
        self._loader = loader
        self._sightings: Sightings[Membership] = Sightings()

    async def create(self, request: HandlerRequest) -> Outcome:
        """Put the members in, and make one of them current."""
        return await self._settle(request)

    async def update(self, request: HandlerRequest) -> Outcome:
        """Make another one current, take members in and let members go."""
        return await self._settle(request)

    async def read(self, request: HandlerRequest) -> Outcome:
        """Which image launches from the family, and which members are in it."""
        return await read_family(self._client, self._loader, request)

    async def delete(self, request: HandlerRequest) -> Outcome:
        """Give every image back as it was found: what was done here is undone, and nothing else."""
        wanted = read_wanted(request.properties or request.previous, request.region)
        step = _begun(request, wanted)
        if not step.owned.ids:
            return Done(request.physical_id)
        alone = WantedFamily(wanted.family, wanted.region, (), None, wanted.secrets)
        step = step._replace(wanted=alone)
        try:
            at, membership = await self._look(step)
        except CloudError as error:
            return self._trouble(step, error, observes=True)
        hidden = step.owned.ids - membership.leaving.keys()
        if hidden and step.waited < _PATIENCE:
            return _wait(step, f"looking for {', '.join(sorted(hidden))}")
        leaving = reversed(newest_first(membership.leaving.values()))
        calls = [released(alone, one, step.owned) for one in leaving]
        calls = [call for call in calls if call.family or call.status]
        outcome = await self._advance(step, membership, calls)
        self._note_announced(outcome, step, at, membership)
        return outcome or Done(request.physical_id, notes=_kept_aside(step, membership))

    async def clean_up(self, request: HandlerRequest) -> Outcome:
        """Nothing is ever left over of a family."""
        return Done(request.physical_id)

    # --- one step ---------------------------------------------------------------------------------

    async def _settle(self, request: HandlerRequest) -> Outcome:
        wanted = read_wanted(request.properties, request.region)
        step = _begun(request, wanted)
        try:
            at, membership = await self._look(step)
        except CloudError as error:
            return self._trouble(step, error, observes=True)
        waits = _awaited(step, membership)
        if waits is not None:
            return waits
        current = chosen(wanted, membership, ENDED_WELL)
        refusal = _refusal(step, membership, current)
        if refusal is not None or current is None:
            return refusal or _missing(step)
        shared = list_note(step.notes, "shared")
        calls = calls_for(wanted, membership, current, step.owned, shared)
        outcome = await self._advance(step, membership, calls)
        self._note_announced(outcome, step, at, membership)
        if outcome is not None:
            return outcome
        before = recorded_current(request.attributes)
        former = former_after(recorded_former(request.attributes), before, current.image_id)
        if before is None:
            former = older_than(current, membership, step.owned, wanted.members)
        owned = kept_owned(step.owned, membership)
        return Done(
            step.physical_id,
            attributes_of(wanted, membership, current, owned, former),
            notes=(*_gone(wanted, membership), *_put_aside(wanted, membership)),
        )

    async def _look(self, step: _Step) -> tuple[float, Membership]:
        """The family and when it was seen: for the announcement, where that was a moment ago."""
        now = step.request.now
        seen = None
        if text_note(step.notes, "next") is not None:
            seen = self._sightings.take(step.request.token, now)
        if seen is not None:
            return seen
        return now, await look_at_family(self._client, self._loader, step.wanted, step.owned.ids)

    def _note_announced(
        self, outcome: Pending | Failed | None, step: _Step, at: float, membership: Membership
    ) -> None:
        """Keep what was seen for the call, and for the call after it: `done` tells what was made."""
        if isinstance(outcome, Pending) and outcome.context.get("next") is not None:
            self._sightings.note(step.request.token, at, membership)

    async def _advance(
        self, step: _Step, membership: Membership, calls: list[Marking]
    ) -> Pending | Failed | None:
        """The announced call is made, or the next one announced; None where nothing is to be done."""
        if not calls:
            return None
        done = list_note(step.notes, "done")
        fresh = [call for call in calls if call.key not in done]
        if not fresh:
            return _until_shown(step, calls)
        images = {**membership.members, **membership.leaving}
        call = fresh[0]
        if text_note(step.notes, "next") != call.key:
            return _announce(step, call, images, membership)
        client = self._client.confirmed(step.request.confirm)
        try:
            await put_in_family(
                client, step.wanted.region, call.image_id, family=call.family, status=call.status
            )
        except CloudError as error:
            return self._refused(step, call, error)
        notes = {**step.notes, "done": [*done, call.key], "at": step.request.now, "next": None}
        made = step._replace(notes=changed_notes(notes))
        if len(fresh) > 1:
            return _announce(made, fresh[1], images, membership)
        return Pending(
            made.physical_id, 0.0, context=made.notes, observes=True, status_says="looking at it"
        )

    def _refused(self, step: _Step, call: Marking, error: CloudError) -> Pending | Failed:
        """What a refused call means: put aside what is shared, look again where it has changed."""
        notes = changed_notes(step.notes, next=None)
        if error.code in _SHARED and call.status is not None:
            deprecated = step.owned.deprecated - {call.image_id}
            notes |= {
                "shared": [*list_note(notes, "shared"), call.image_id],
                "deprecated": sorted(deprecated),
            }
            said = f"{call.image_id} is shared and cannot be deprecated"
            return Pending(step.physical_id, 0.0, context=notes, observes=True, status_says=said)
        if error.code in _LOOK_AGAIN and step.waited <= GIVE_UP:
            return _wait(step._replace(notes=notes), f"looking again: {error.code}")
        return self._trouble(step, error)

    def _trouble(
        self, step: _Step, error: CloudError, *, observes: bool = False
    ) -> Pending | Failed:
        if not error.is_passing or step.waited > GIVE_UP:
            return failed(error, step.notes)
        return again(
            self._client, error, step.physical_id, step.notes, step.waited, observes=observes
        )


def _announce(
    step: _Step, call: Marking, images: Mapping[str, Image], membership: Membership
) -> Pending:
    """The next call, with what it will have done: noted first, so that nothing is forgotten."""
    owned = step.owned
    if call.image_id in membership.members:
        owned = after(call, images[call.image_id], owned)
    notes = {**step.notes, **owned_notes(owned), "next": call.key}
    return Pending(step.physical_id, 0.0, context=notes, status_says=_deed(call))


def _deed(call: Marking) -> str:
    deeds = [f"putting {call.image_id} into {call.family}"] if call.family else []
    deeds += [f"making {call.image_id} {call.status}"] if call.status else []
    return " and ".join(deeds)


def _wait(step: _Step, says: str) -> Pending:
    pause = max(0.25, min(_POLL, step.waited / 4))
    return Pending(step.physical_id, pause, context=step.notes, observes=True, status_says=says)


def _until_shown(step: _Step, calls: list[Marking]) -> Pending | Failed:
    """All is answered for and not all of it shown: wait, then say it again, for an hour at most."""
    if step.waited > GIVE_UP:
        ids = ", ".join(dict.fromkeys(call.image_id for call in calls))
        words = f"{ids} in {step.wanted.region} does not show what it was changed to"
        return Failed(ErrorCode.NOT_STABILIZED, words, retriable=True, context=step.notes)
    said_at = number_note(step.notes, "at", step.request.now)
    if step.request.now - said_at >= _PATIENCE:
        step = step._replace(notes=changed_notes(step.notes, done=None))
    return _wait(step, "waiting until it shows")


def _awaited(step: _Step, membership: Membership) -> Pending | None:
    """Members that are not made yet, or not shown yet, are waited for."""
    unmade = [one.image_id for one in membership.members.values() if one.status in UNFINISHED]
    current = chosen(step.wanted, membership, ENDED_WELL)
    if current is not None and current.status in ENDED_WELL and not current.is_usable:
        unmade.append(current.image_id)
    if unmade:
        return _wait(step, f"waiting for {', '.join(unmade)} to be made")
    hidden = [one for one in step.wanted.members if one not in membership.members]
    if hidden and step.waited < _PATIENCE:
        return _wait(step, f"looking for {', '.join(hidden)}")
    return None


def _missing(step: _Step) -> Failed:
    wanted = step.wanted
    if wanted.current is not None:
        words = f"the image {wanted.current} is not in {wanted.region}"
        remedy = "name one that is, as CurrentImageId"
    else:
        words = f"none of {', '.join(wanted.members)} is in {wanted.region} and can launch"
        remedy = "name images of that region in ImageIds"
    return Failed(ErrorCode.NOT_FOUND, f"{words}; {remedy}", context=step.notes)


def _refusal(step: _Step, membership: Membership, current: Image | None) -> Failed | None:
    """Why an image cannot be current; None where it can."""
    if current is None:
        return _missing(step)
    wanted = step.wanted
    if current.status not in ENDED_WELL:
        words = f"the image {current.image_id} in {wanted.region} is {current.status}"
        remedy = "an image that launches is Available"
        return Failed(ErrorCode.INVALID_REQUEST, f"{words}; {remedy}", context=step.notes)
    ahead = rivals(membership, wanted.family, current)
    if ahead:
        listed = ", ".join(one.image_id for one in ahead)
        return Failed(
            ErrorCode.RESOURCE_CONFLICT,
            f'the family "{wanted.family}" in {wanted.region} would launch {listed}, which is not'
            f" older than {current.image_id} and is none of ImageIds; add it to them, deprecate it,"
            " or put it into another family",
            context=step.notes,
        )
    return None


def _gone(wanted: WantedFamily, membership: Membership) -> tuple[str, ...]:
    """What is to be said of members that are not there, or cannot launch."""
    said = [
        f"{one} is not in {wanted.region} any longer: it is left out of the family"
        for one in wanted.members
        if one not in membership.members
    ]
    said += [
        f"{one.image_id} in {wanted.region} is {one.status}: it is left as it is"
        for one in membership.members.values()
        if one.status not in ENDED_WELL
    ]
    return tuple(said)


def _put_aside(wanted: WantedFamily, membership: Membership) -> tuple[str, ...]:
    return tuple(
        f"{one.image_id} is shared and cannot be deprecated: it is in the family"
        f' "{wanted.aside}" instead'
        for one in membership.members.values()
        if one.family == wanted.aside
    )


def _kept_aside(step: _Step, membership: Membership) -> tuple[str, ...]:
    """Images that had no family before: the cloud can put one into another, not into none."""
    kept = [one.image_id for one in membership.leaving.values() if one.family == step.wanted.aside]
    if not kept:
        return ()
    return (
        f"{', '.join(kept)} had no family before and cannot be without one again: in"
        f' "{step.wanted.aside}" now',
    )
