"""Making one instance: the image settled, RunInstances with its token, looking where in doubt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from imageferry.cloud.errors import CloudError
from imageferry.cloud.instances import Instance, run_instance
from imageferry.model.handlers import Context, ErrorCode, Failed, HandlerRequest, Pending
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
from imageferry.resource_types.handling.lineages import TOKEN_TRUST, VISIBILITY
from imageferry.resource_types.handling.looks import SEARCH_LIMIT, look_again, still_looking
from imageferry.resource_types.handling.notes import changed_notes, number_note, text_note
from imageferry.resource_types.handling.properties import masked
from imageferry.resource_types.instances.cloud import InstanceCloud
from imageferry.resource_types.instances.launch_images import is_exact, newest_fitting
from imageferry.resource_types.instances.phases import Phase
from imageferry.resource_types.instances.searching import find_instance, named, tags_with_lineage
from imageferry.resource_types.instances.wanted import WantedInstance, encoded

FIRST_LOOK: Final = 1.0
"""Seconds after the call until the instance is looked at: it takes a while to be prepared."""


@dataclass(frozen=True, slots=True)
class Making:
    """One instance to be made: with which lineage, and the notes that every context keeps.

    `excluded` are instances that are certainly not this one.
    """

    wanted: WantedInstance
    lineage: str | None
    base: Context
    excluded: tuple[str, ...] = ()


def launch_parameters(making: Making, image: str | None) -> dict[str, Any]:
    """What RunInstances is told, but for region, amount and token."""
    wanted = making.wanted
    data = wanted.user_data
    return {
        **wanted.launch,
        **wanted.login(),
        "ImageId": image,
        "ImageFamily": wanted.family if image is None else None,
        "UserData": None if data is None else encoded(data),
        "Tag": [
            {"Key": key, "Value": value} for key, value in tags_with_lineage(wanted, making.lineage)
        ],
    }


def begin_waiting(
    making: Making,
    context: Context,
    instance_id: str,
    now: float,
    *,
    notes: tuple[str, ...] = (),
) -> Pending:
    """The answer once the instance's id is known."""
    return Pending(
        instance_id,
        FIRST_LOOK,
        context=changed_notes(
            making.base,
            phase=Phase.WAITING,
            image=context.get("image"),
            instance_id=instance_id,
            at=now,
        ),
        observes=True,
        status_says="launching",
        notes=notes,
    )


async def start_launch(
    cloud: InstanceCloud, making: Making, request: HandlerRequest
) -> Pending | Failed:
    """The announced RunInstances, or a look first where its token is too old to be trusted."""
    context, now, wanted = request.context, request.now, making.wanted
    if not context:
        if request.uncertain:
            return await look(cloud, making, request, max(request.visible_by, now))
        if wanted.image is not None and not is_exact(wanted.image):
            return await settle_image(cloud, making, request)
    elif text_note(context, "image") is None and context.get("phase") == Phase.SETTLE:
        return await settle_image(cloud, making, request)
    elif now - number_note(context, "at", now) >= TOKEN_TRUST:
        return await look(cloud, making, request, now + VISIBILITY)
    image = text_note(context, "image") or wanted.image
    if image is not None and not is_exact(image):
        return await settle_image(cloud, making, request)
    try:
        instance_id = await run_instance(
            cloud.client, wanted.region, launch_parameters(making, image), request.token
        )
    except CloudError as error:
        return await _not_started(cloud, making, request, error)
    return begin_waiting(making, context, instance_id, now)


async def settle_image(
    cloud: InstanceCloud, making: Making, request: HandlerRequest
) -> Pending | Failed:
    """The image that a pattern means now, noted before the call: its token goes with that one only."""
    now, wanted = request.now, making.wanted
    since = number_note(request.context, "since", request.intended_at)
    notes = changed_notes(making.base, phase=Phase.SETTLE, since=since)
    pattern = wanted.image or ""
    try:
        image, others = await newest_fitting(cloud.client, wanted.region, pattern)
    except CloudError as error:
        if not error.is_passing or now - since > GIVE_UP:
            return failed(error, changed_notes(notes, phase=Phase.REFUSED))
        return again(cloud.client, error, None, notes, now - since, observes=True)
    shown = masked(pattern, wanted.secrets)
    if image is None:
        return Failed(
            ErrorCode.NOT_FOUND,
            no_such_image(shown, wanted.region, others),
            context=changed_notes(notes, phase=Phase.REFUSED),
        )
    announced = changed_notes(making.base, phase=Phase.LAUNCH, image=image, at=now, since=since)
    return Pending(
        None,
        0.0,
        context=announced,
        status_says=f"launching from {image}",
        notes=(f'"{shown}" is {image}, the newest public image that fits in {wanted.region}',),
    )


def no_such_image(pattern: str, region: str, others: list[str]) -> str:
    """The sentence on a pattern that nothing fits."""
    words = f'no public image of {region} that can be used begins with "{pattern}"'
    if not others:
        return f"{words}; give the id of an image"
    return f"{words}; there are {', '.join(others)}"


async def _not_started(
    cloud: InstanceCloud, making: Making, request: HandlerRequest, error: CloudError
) -> Pending | Failed:
    context, now = request.context, request.now
    at = number_note(context, "at", request.intended_at)
    lost = context.get("lost") is True or error.may_have_worked
    renewed = not lost and now - at > VISIBILITY
    notes = changed_notes(
        making.base,
        phase=Phase.LAUNCH,
        image=context.get("image"),
        at=now if renewed else at,
        since=number_note(context, "since", at),
        lost=True if lost else None,
    )
    trouble = now - number_note(notes, "since", now)
    if error.is_passing or error.code in STILL_RUNNING:
        if trouble > GIVE_UP:
            return failed(error, notes, message=_said(making, error))
        return again(cloud.client, error, None, notes, trouble)
    if error.code in TOKEN_FORGOTTEN:
        until = number_note(context, "until", now + VISIBILITY)
        return await look(cloud, making, request, until, refusal=error)
    if lost or request.repeated:
        # This answer is no word on the earlier call: what that one may have made is looked for.
        until = max(request.visible_by, number_note(notes, "at", now) + VISIBILITY)
        return await look(cloud, making, request, until, refusal=error)
    refused = changed_notes(making.base, phase=Phase.REFUSED)
    return failed(error, refused, message=_said(making, error))


def _said(making: Making, error: CloudError) -> str:
    return masked(says(error), making.wanted.secrets)


async def look(
    cloud: InstanceCloud,
    making: Making,
    request: HandlerRequest,
    until: float,
    *,
    refusal: CloudError | None = None,
) -> Pending | Failed:
    """Look for the instance that may be there; call again only when `until` passes without it."""
    context, now = request.context, request.now
    since = number_note(context, "since", number_note(context, "at", request.intended_at))
    verdict = (
        context.get("verdict") if refusal is None else verdict_note(refusal, _said(making, refusal))
    )
    notes = changed_notes(
        making.base,
        phase=Phase.LOOK,
        image=context.get("image"),
        until=until,
        since=since,
        verdict=verdict,
    )
    try:
        found = await find_instance(cloud, making.wanted, making.lineage, since, making.excluded)
    except CloudError as error:
        return look_again(cloud.client, error, None, notes, now - since, SEARCH_LIMIT)
    if found.mine is not None:
        return _found(making, context, found.mine, found.twins, now)
    if found.rivals:
        return Failed(
            ErrorCode.ALREADY_EXISTS,
            f"the instance that was begun may be any of {named(found.rivals)} in"
            f" {making.wanted.region}, and nothing tells which: none is touched; release those that"
            " are not wanted",
            context=changed_notes(making.base, phase=Phase.REFUSED),
        )
    if now < until:
        return still_looking(None, until - now, notes, "an instance that was begun before")
    if isinstance(verdict, Mapping):
        return sentenced(verdict, changed_notes(making.base, phase=Phase.REFUSED))
    phase = Phase.SETTLE if _has_to_settle(making, context) else Phase.LAUNCH
    announced = changed_notes(
        making.base, phase=phase, image=context.get("image"), at=now, since=since
    )
    return Pending(None, 0.0, context=announced, status_says="not found")


def _found(
    making: Making,
    context: Context,
    mine: Instance,
    twins: tuple[Instance, ...],
    now: float,
) -> Pending:
    said = [f"found {mine.instance_id}, the instance that was begun before"]
    if twins:
        said.append(f"{named(twins)} was made by the same request as well: release it")
    return begin_waiting(making, context, mine.instance_id, now, notes=tuple(said))


def _has_to_settle(making: Making, context: Context) -> bool:
    image = making.wanted.image
    return image is not None and not is_exact(image) and "image" not in context
