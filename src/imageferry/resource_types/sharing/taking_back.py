"""Deleting a share: which images lose which accounts, and what is told to stay."""

from __future__ import annotations

from collections.abc import Mapping

from imageferry.model.handlers import HandlerRequest
from imageferry.model.values import Json
from imageferry.resource_types.handling.notes import list_note, number_note, text_note
from imageferry.resource_types.handling.properties import masked
from imageferry.resource_types.sharing.changes import noted_former
from imageferry.resource_types.sharing.granting import Goal
from imageferry.resource_types.sharing.wanted import (
    WantedShare,
    is_mark_of_secret,
    mark,
    recorded_former,
)


def has_begun(request: HandlerRequest) -> bool:
    """False where no step ever came so far as to look how the image stood, let alone to call."""
    return "before" in request.context or bool(request.attributes)


def notes_of_deletion(request: HandlerRequest, wanted: WantedShare, key: str) -> dict[str, Json]:
    """What the last unfinished step has noted, or else the record, as the notes of this step."""
    recorded, given = recorded_former(request.attributes), request.context
    noted = given if "before" in given else {}
    public = noted.get("was_public", recorded.is_public)
    notes: dict[str, Json] = {
        "step": key,
        "deletes": True,
        "since": request.now,
        "before": list(list_note(noted, "before") if noted else recorded.accounts),
        "asked": list(list_note(noted, "asked")),
        "image_id": text_note(noted, "image_id") or wanted.image_id,
        "region": text_note(noted, "region") or wanted.region,
        "old_before": list(recorded.accounts),
        "at": number_note(noted, "at", request.now),
    }
    return notes if public is None else {**notes, "was_public": public}


def goals_of_deletion(wanted: WantedShare, notes: Mapping[str, Json]) -> list[Goal]:
    """Image by image: the recorded one, and another that an unfinished step has begun with."""
    former, secrets = noted_former(notes), wanted.secrets
    began_with = text_note(notes, "image_id") or wanted.image_id
    asked = [one for one in list_note(notes, "asked") if not is_mark_of_secret(one)]
    is_same = began_with == wanted.image_id
    before = former.accounts if is_same else list_note(notes, "old_before")
    granted = dict.fromkeys((*(wanted.accounts or ()), *(asked if is_same else ())))
    public = former.is_public
    if wanted.is_public is None or public == wanted.is_public:
        public = None
    revoked = tuple(one for one in granted if mark(one, secrets) not in before)
    goals = [
        Goal(
            wanted.image_id, wanted.region, revoked=revoked, public=public,
            removes=True, secrets=secrets,
        )
    ]  # fmt: skip
    if not is_same:
        region = text_note(notes, "region") or wanted.region
        begun = tuple(one for one in asked if mark(one, secrets) not in former.accounts)
        goals.append(Goal(began_with, region, revoked=begun, removes=True, secrets=secrets))
    return goals


def what_stays(wanted: WantedShare) -> tuple[str, ...]:
    """A sentence about what is not taken back because KeepPermission says so."""
    held = ["public"] if wanted.is_public else []
    if wanted.accounts:
        held.append(f"shared with {', '.join(wanted.accounts)}")
    if not held:
        return ()
    words = f"{wanted.image_id} in {wanted.region} stays {' and '.join(held)}"
    why = "KeepPermission is true, and while it is so the image cannot be deleted"
    return (masked(f"{words}: {why}", wanted.secrets),)
