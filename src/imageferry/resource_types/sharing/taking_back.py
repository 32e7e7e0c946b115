"""Deleting a share: which images lose which accounts, and what is told to stay."""

from __future__ import annotations

from collections.abc import Mapping

from imageferry.model.handlers import HandlerRequest
from imageferry.model.values import Json
from imageferry.resource_types.handling.notes import changed_notes, list_note, text_note
from imageferry.resource_types.handling.properties import masked
from imageferry.resource_types.sharing.changes import noted_former
from imageferry.resource_types.sharing.granting import Goal
from imageferry.resource_types.sharing.wanted import (
    WantedShare,
    marks,
    recorded_former,
)


def has_begun(request: HandlerRequest) -> bool:
    """False where no step ever came so far as to look how the image stood, let alone to call."""
    return "before" in request.context or bool(request.attributes)


def notes_of_deletion(request: HandlerRequest, wanted: WantedShare, key: str) -> dict[str, Json]:
    """What the last unfinished step has noted, or else the record, as the notes of this step."""
    recorded, given = recorded_former(request.attributes), request.context
    noted = given if "before" in given else {}
    begun = text_note(noted, "image_id") or wanted.image_id
    is_same = begun == wanted.image_id
    public = noted.get("was_public", recorded.is_public)
    return changed_notes(
        {"step": key, "deletes": True, "since": request.now},
        before=list(list_note(noted, "before") if noted and is_same else recorded.accounts),
        was_public=public if is_same else recorded.is_public,
        asked=list(list_note(noted, "asked")),
        begun=None if is_same else begun,
        begun_in=text_note(noted, "region"),
        begun_public=public if noted.get("sets_public") is True else None,
    )


def goals_of_deletion(wanted: WantedShare, notes: Mapping[str, Json]) -> list[Goal]:
    """Image by image: the recorded one, and another that an unfinished step has begun with."""
    former, secrets = noted_former(notes), wanted.secrets
    asked, begun = list_note(notes, "asked"), text_note(notes, "begun")
    granted = (*marks(wanted.accounts or (), secrets), *(asked if begun is None else ()))
    public = former.is_public
    if wanted.is_public is None or public == wanted.is_public:
        public = None
    goals = [
        Goal(
            wanted.image_id,
            wanted.region,
            revoked=tuple(one for one in dict.fromkeys(granted) if one not in former.accounts),
            public=public,
            removes=True,
            secrets=secrets,
        )
    ]
    if begun is not None:
        region, was_public = text_note(notes, "begun_in"), notes.get("begun_public")
        goals.append(
            Goal(
                begun,
                region or wanted.region,
                revoked=asked,
                public=was_public if isinstance(was_public, bool) else None,
                removes=True,
                secrets=secrets,
            )
        )
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
