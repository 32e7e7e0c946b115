"""Making one copy: CopyImage with its token, looking for it where the answer is in doubt."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from imageferry.cloud.ecs import CopyRequest, begin_copy
from imageferry.cloud.errors import CloudError
from imageferry.cloud.image_making import Begun, MakeRequest, make_image
from imageferry.cloud.images import Image
from imageferry.model.handlers import Context, ErrorCode, Failed, HandlerRequest, Pending
from imageferry.model.values import Json
from imageferry.resource_types.handling.faults import (
    GIVE_UP,
    STILL_RUNNING,
    TOKEN_FORGOTTEN,
    again,
    failed,
    says,
    sentenced,
    verdict_note,
)
from imageferry.resource_types.handling.lineages import (
    LINEAGE_KEY,
    TOKEN_TRUST,
    VISIBILITY,
    origin_of,
)
from imageferry.resource_types.handling.looks import SEARCH_LIMIT, look_again, still_looking
from imageferry.resource_types.handling.moments import snapped
from imageferry.resource_types.handling.notes import changed_notes, number_note, text_note
from imageferry.resource_types.handling.properties import masked
from imageferry.resource_types.image_copies.cloud import ImageCloud
from imageferry.resource_types.image_copies.lineage import Search, find_copy, tags_with_lineage
from imageferry.resource_types.image_copies.notes import Phase
from imageferry.resource_types.image_copies.wanted import WantedCopy


@dataclass(frozen=True, slots=True)
class Making:
    """One copy to be made: under which name and lineage, and what its answers carry.

    `identify` gives the physical id to answer with for an image id, or for none yet; `base` are
    the notes that every context keeps; `excluded` are images that are certainly not this copy.
    `verifies`: at its end the copy is compared with its source and with what was asked for.
    """

    wanted: WantedCopy
    name: str | None
    lineage: str | None
    identify: Callable[[str | None], str | None]
    base: Context
    excluded: tuple[str, ...] = ()
    verifies: bool = True


@dataclass(frozen=True, slots=True)
class Ready:
    """The copy is Available and Usable."""

    image: Image
    notes: tuple[str, ...] = ()


# The copy may be there already: a token that the cloud no longer knows, or a lost first answer.
_LOOK_FIRST: Final = TOKEN_FORGOTTEN | {
    "InvalidImageName.Duplicated",
    "OperationDenied.ImageCopyConflict",
}
_SOURCE_BUSY: Final = frozenset({"OperationDenied.ImageCopying", "IncorrectImageStatus"})
# ECS reference, CreateImage: what ends by itself, and for how long (seconds) that is waited for. An
# instance may be starting or stopping, a snapshot may be in the making, or too many of them.
_ENDS: Final[Mapping[str, float]] = {
    "IncorrectInstanceStatus": 1800.0,
    "IncorrectInstanceStatus.Initializing": 1800.0,
    "IncorrectDiskStatus": 1800.0,
    "IncorrectDiskStatus.CreatingSnapshot": 6 * 3600.0,
    "DiskCreatingSnapshot": 6 * 3600.0,
    "SnapshotNotReady": 6 * 3600.0,
    "InvalidSnapshotId.NotReady": 6 * 3600.0,
    "TooManySnapshot.Unfinished": 6 * 3600.0,
    "QuotaExceed.ConcurrentSnapshotQuota": 6 * 3600.0,
}
_CONFLICT = "OperationDenied.ImageCopyConflict"
_DUPLICATED = "InvalidImageName.Duplicated"
_CONFLICT_PATIENCE: Final = 12 * 3600.0
_SOURCE_PATIENCE: Final = 6 * 3600.0


def begin_waiting(
    making: Making,
    image_id: str,
    now: float,
    *,
    notes: tuple[str, ...] = (),
    task_id: str = "",
    request_id: str = "",
) -> Pending:
    """The answer once the copy's id is known."""
    context = changed_notes(making.base, phase=Phase.WAITING, image_id=image_id, at=now)
    if task_id:
        context["task"] = task_id
    return Pending(
        making.identify(image_id),
        # Those that begin within one second are looked at together from their first look on.
        snapped(now, 1.0),
        progress=0,
        context=context,
        observes=True,
        status_says="copying has begun" if making.wanted.recipe is None else "it is being made",
        notes=notes,
        request_id=request_id,
    )


async def start_copy(
    cloud: ImageCloud, making: Making, request: HandlerRequest
) -> Pending | Failed:
    """The announced CopyImage, or a look first where its token is too old to be trusted."""
    context, now = request.context, request.now
    if not context:
        if request.uncertain:
            return await look(cloud, making, request, max(request.visible_by, now))
    elif now - number_note(context, "at", now) >= TOKEN_TRUST:
        return await look(cloud, making, request, now + VISIBILITY)
    try:
        begun = await _call(cloud, making, request)
    except CloudError as error:
        return await _not_started(cloud, making, request, error)
    return begin_waiting(
        making, begun.image_id, now, task_id=begun.task_id, request_id=begun.request_id
    )


async def _call(cloud: ImageCloud, making: Making, request: HandlerRequest) -> Begun:
    """The one call that makes the image, with the request's token; raises CloudError."""
    wanted, tags = making.wanted, tags_with_lineage(making.wanted, making.lineage)
    if wanted.recipe is not None:
        made = MakeRequest(
            region=wanted.region,
            recipe=wanted.recipe,
            client_token=request.token,
            name=making.name,
            description=wanted.description,
            resource_group_id=wanted.resource_group,
            tags=tags,
        )
        return await make_image(cloud.client, made)
    asked = CopyRequest(
        image_id=wanted.source_id,
        source_region=wanted.source_region,
        destination_region=wanted.region,
        client_token=request.token,
        name=making.name,
        description=wanted.description,
        encrypted=wanted.encrypted,
        kms_key_id=wanted.key_id,
        resource_group_id=wanted.resource_group,
        tags=tags,
    )
    image_id, request_id = await begin_copy(cloud.client, asked)
    return Begun(image_id, request_id=request_id)


def _copy_notes(making: Making, request: HandlerRequest, *, renewed: bool) -> Context:
    """The notes that announce the call again; `renewed` where no earlier one can have worked."""
    context, now = request.context, request.now
    at = number_note(context, "at", request.intended_at)
    since = number_note(context, "since", at)
    lost = context.get("lost") is True
    return changed_notes(
        making.base,
        phase=Phase.COPY,
        at=now if renewed and not lost and now - at > VISIBILITY else at,
        since=since,
        lost=True if lost else None,
    )


async def _not_started(
    cloud: ImageCloud, making: Making, request: HandlerRequest, error: CloudError
) -> Pending | Failed:
    now = request.now
    had_no_effect = not error.may_have_worked
    notes = _copy_notes(making, request, renewed=had_no_effect)
    if not had_no_effect:
        notes = changed_notes(notes, lost=True)
    trouble = now - number_note(notes, "since", now)
    physical_id = making.identify(None)
    if error.is_passing or error.code in STILL_RUNNING:
        if trouble > GIVE_UP:
            return failed(error, notes)
        return again(cloud.client, error, physical_id, notes, trouble)
    if error.code in _LOOK_FIRST:
        until = number_note(request.context, "until", now + VISIBILITY)
        return await look(cloud, making, request, until, refusal=error)
    if making.wanted.recipe is not None:
        if trouble <= _ENDS.get(error.code, -1.0):
            return _wait_for_recipe(cloud, making, error, notes, trouble)
    elif error.code in _SOURCE_BUSY and trouble <= _SOURCE_PATIENCE:
        return await look_at_source(cloud, making, request, refusal=error)
    if notes.get("lost") is True or request.repeated:
        # This answer is no word on the earlier call: what that one may have made is looked for.
        until = max(request.visible_by, number_note(notes, "at", now) + VISIBILITY)
        return await look(cloud, making, request, until, refusal=error)
    return failed(error, changed_notes(making.base, phase=Phase.REFUSED))


def _wait_for_recipe(
    cloud: ImageCloud, making: Making, error: CloudError, notes: Context, trouble: float
) -> Pending:
    """The same call again once the instance, or the snapshot, should be ready for it."""
    source = "its source" if making.wanted.recipe is None else making.wanted.recipe.says
    words = masked(f"waiting for {source} ({error.code})", making.wanted.secrets)
    return Pending(
        making.identify(None),
        _patient(trouble, 2.0, cloud.client.entropy.jitter()),
        context=notes,
        status_says=words,
    )


# --- looking first --------------------------------------------------------------------------------


async def look(
    cloud: ImageCloud,
    making: Making,
    request: HandlerRequest,
    until: float,
    *,
    refusal: CloudError | None = None,
) -> Pending | Failed:
    """Look for the copy that may be there; call again only when `until` has passed without it."""
    context, now = request.context, request.now
    refused = refusal.code if refusal is not None else text_note(context, "refused")
    since = number_note(context, "since", number_note(context, "at", request.intended_at))
    verdict = context.get("verdict") if refusal is None else _verdict(making, refusal)
    is_first = _is_first(request, refusal)
    notes = changed_notes(
        making.base, phase=Phase.LOOK, until=until, since=since, refused=refused, verdict=verdict,
        first=is_first or None,
    )  # fmt: skip
    search = Search(making.wanted, making.name, making.lineage, since, making.excluded, is_first)
    try:
        found = await find_copy(cloud, search)
    except CloudError as error:
        return look_again(
            cloud.client, error, making.identify(None), notes, now - since, SEARCH_LIMIT
        )
    if found.mine is not None:
        said = [f"found {found.mine.image_id}, the {making.wanted.thing} that was begun before"]
        said += [_twin_says(twin) for twin in found.twins]
        return begin_waiting(making, found.mine.image_id, now, notes=tuple(said))
    if found.rivals:
        return _undecided(making, found.rivals, refusal)
    if refused == _DUPLICATED:
        waits = found.namesake is None or found.is_likely
        if now >= until or not waits:
            return _name_taken(making, found.namesake, found.is_likely, refusal)
    elif refused == _CONFLICT:
        return _after_the_other(cloud, making, request, now - since)
    elif now >= until:
        if refused in _LOOK_FIRST:
            words = f"the cloud knows this request with other parameters ({refused})"
            return Failed(ErrorCode.RESOURCE_CONFLICT, words, retriable=True, cloud_code=refused)
        if isinstance(verdict, Mapping):
            return sentenced(verdict, changed_notes(making.base, phase=Phase.REFUSED))
        announced = changed_notes(making.base, phase=Phase.COPY, at=now, since=since)
        return Pending(making.identify(None), 0.0, context=announced, status_says="not found")
    return still_looking(
        making.identify(None), until - now, notes, f"{making.wanted.a_thing} that was begun before"
    )


def _is_first(request: HandlerRequest, refusal: CloudError | None) -> bool:
    """True where no call of this intent was ever made but the one that was refused."""
    if refusal is None:
        return request.context.get("first") is True
    earlier = request.repeated or request.context.get("lost") is True
    return not (earlier or refusal.may_have_worked)


_UNNAMED: Final = "the name that the cloud gives to a copy without one"


def _verdict(making: Making, refusal: CloudError) -> dict[str, Json]:
    """A refusal for good, as notes keep it while an earlier call's outcome is looked for."""
    said = says(refusal)
    if making.name is None and refusal.code == _DUPLICATED:
        # The name is another image's, maybe one that is hidden: what the cloud says may show it.
        said = f"{refusal.action} in {refusal.region}: {_UNNAMED} is taken ({refusal.code})"
    return verdict_note(refusal, masked(said, making.wanted.secrets))


def _patient(waited: float, shortest: float, jitter: float) -> float:
    """Seconds until another look at what somebody else's copy holds up: rarer the longer it does."""
    return min(60.0, max(shortest, waited / 4)) * (1.0 + jitter)


def _twin_says(twin: Image) -> str:
    return (
        f"{twin.image_id} was made by the same request as well: once this has ended,"
        ' "imageferry orphans" lists it'
    )


def _undecided(making: Making, rivals: Sequence[Image], refusal: CloudError | None) -> Failed:
    """The end where several images could be the copy: none is taken, and no further one is made."""
    listed = ", ".join(image.image_id for image in rivals)
    return Failed(
        ErrorCode.ALREADY_EXISTS,
        f"the {making.wanted.thing} that was begun may be any of {listed} in {making.wanted.region}, and nothing"
        " tells which: none is touched; delete those that are not wanted, or take the right one in"
        ' with "imageferry adopt"',
        request_id="" if refusal is None else refusal.request_id,
        context=changed_notes(making.base, phase=Phase.REFUSED),
    )


def _name_taken(
    making: Making, namesake: Image | None, is_likely: bool, refusal: CloudError | None
) -> Failed:
    holder = "an image that is not shown" if namesake is None else namesake.image_id
    name = _UNNAMED if making.name is None else f'the name "{making.name}"'
    words = f"{name} is taken in {making.wanted.region} by {holder}"
    if is_likely:
        words += (
            f"; it has the size and age of the {making.wanted.thing} that was begun, but not our"
            " tag, so it is not touched"
        )
    elif namesake is not None and _is_of_this_installation(making, namesake):
        words += (
            "; this installation has made it: it is another stack's, or "
            '"imageferry orphans" lists it and "imageferry adopt" takes it in'
        )
    return Failed(
        ErrorCode.ALREADY_EXISTS,
        f"{words}; choose another name, or delete or rename that image",
        request_id="" if refusal is None else refusal.request_id,
        context=changed_notes(making.base, phase=Phase.REFUSED),
        cloud_code=_DUPLICATED,
    )


def _is_of_this_installation(making: Making, image: Image) -> bool:
    """True where an image was made from this very installation, by whatever operation."""
    theirs = origin_of(image.tags.get(LINEAGE_KEY, ""))
    ours = origin_of(making.lineage or "")
    return theirs is not None and ours is not None and theirs.installation == ours.installation


def _after_the_other(
    cloud: ImageCloud, making: Making, request: HandlerRequest, waited: float
) -> Pending | Failed:
    """The call again once the other copy of the source has ended; `waited` in seconds."""
    if waited > _CONFLICT_PATIENCE:
        words = f"another copy of {making.wanted.source_id} has been running for too long"
        return Failed(ErrorCode.RESOURCE_CONFLICT, words, retriable=True, cloud_code=_CONFLICT)
    return Pending(
        making.identify(None),
        _patient(waited, 20.0, cloud.client.entropy.jitter()),
        context=changed_notes(_copy_notes(making, request, renewed=True), at=request.now),
        status_says=f"waiting for another copy of the source ({_CONFLICT})",
    )


async def look_at_source(
    cloud: ImageCloud,
    making: Making,
    request: HandlerRequest,
    *,
    refusal: CloudError | None = None,
) -> Pending | Failed:
    """Wait until the source can be copied: it may itself still be in the making."""
    context, now, wanted = request.context, request.now, making.wanted
    since = number_note(context, "since", number_note(context, "at", request.intended_at))
    lost = True if context.get("lost") is True else None
    notes = changed_notes(making.base, phase=Phase.SOURCE, since=since, lost=lost)
    try:
        source = await cloud.loader.look(wanted.source_region, wanted.source_id)
    except CloudError as error:
        return look_again(cloud.client, error, making.identify(None), notes, now - since)
    refused = changed_notes(making.base, phase=Phase.REFUSED, lost=lost)
    status = "gone" if source is None else source.status
    if status not in {"Available", "Creating", "Waiting"} or now - since > _SOURCE_PATIENCE:
        words = (
            f"the source image {wanted.source_id} in {wanted.source_region} is {status}; "
            "only an Available image can be copied"
        )
        return Failed(
            ErrorCode.INVALID_REQUEST,
            words,
            request_id="" if refusal is None else refusal.request_id,
            context=refused,
            cloud_code="IncorrectImageStatus" if refusal is None else refusal.code,
        )
    if source is not None and status == "Available" and source.is_usable and refusal is None:
        announced = changed_notes(making.base, phase=Phase.COPY, at=now, since=since, lost=lost)
        return Pending(making.identify(None), 0.0, context=announced)
    return Pending(
        making.identify(None),
        _patient(now - since, 5.0, cloud.client.entropy.jitter()),
        context=notes,
        observes=True,
        status_says=f"waiting for the source image, which is {status}",
    )
