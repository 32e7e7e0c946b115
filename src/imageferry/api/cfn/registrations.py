"""Registrations: versions of installed types as callers have registered them; no code is taken in.

A type that is installed has a first version that nobody has registered. Every version of it means
the code that is installed here: a version is a name under which a caller finds it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from imageferry.api.cfn.asks import Ask
from imageferry.api.cfn.faults import CfnFault
from imageferry.api.cfn.names import arn_of
from imageferry.control.desk import Desk
from imageferry.control.papers import papers_of
from imageferry.model.stacks import Place
from imageferry.ports.documents import Document, DocumentChanged, DocumentExists

REGISTRATION: Final = "cfn_type_registration"
DEFAULT: Final = "cfn_type_default"
FIRST_VERSION: Final = "00000001"
_REGISTRY_FAULT: Final = "CFNRegistryException"


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a type; `registered_at` is None for the one that came with the installation."""

    version_id: str
    token: str = ""
    registered_at: float | None = None
    is_live: bool = True


def registry_fault(message: str) -> CfnFault:
    """A refusal of the registry."""
    return CfnFault(_REGISTRY_FAULT, message)


def type_missing(name: str) -> CfnFault:
    """The refusal for a type, or a version of it, that is not here."""
    return CfnFault("TypeNotFoundException", f"The type '{name}' cannot be found.", 404)


def type_arn(place: Place, region: str, type_name: str, version_id: str = "") -> str:
    """`arn:aws:cloudformation:REGION:ACCOUNT:type/resource/A-B-C`, and `/00000001` for a version."""
    word = type_name.replace("::", "-")
    whole = arn_of(Place(place.cloud, place.account_id, region), "type/resource", word, version_id)
    return whole if version_id else whole.rstrip("/")


async def versions_of(ask: Ask, type_name: str) -> list[Version]:
    """Every version of an installed type, oldest first, those that were deregistered too."""
    found = await _registrations(ask, type_name)
    return [Version(FIRST_VERSION), *(_version(one) for one in reversed(found))]


async def register(ask: Ask, type_name: str, package: str) -> str:
    """Keep a new version, and give the token under which its registration is told.

    The one that was kept for the same caller's token before is found again: whoever kept it may
    have died before it could say so.
    """
    desk = ask.plane.desk
    now = desk.clock.now()
    asked_by = ask.text("ClientRequestToken")
    while True:
        kept = await _registrations(ask, type_name)
        asked = (package, asked_by)
        made = [
            one for one in kept
            if asked_by and (one.body["package"], one.body.get("asked_by")) == asked
        ]  # fmt: skip
        if made:
            return made[0].document_id
        number = len(kept) + 2
        document = Document(
            REGISTRATION,
            desk.place.account_id,
            desk.entropy.new_id(),
            {
                "type": type_name,
                "region": ask.region,
                "package": package,
                "is_live": True,
                "asked_by": asked_by,
            },
            now,
            now,
            parent=_parent(ask, type_name),
            name=f"{number:08d}",
        )
        try:
            await papers_of(desk).add(document)
        except DocumentExists:
            # Somebody else has registered the same number meanwhile; the next one is free.
            continue
        return document.document_id


async def registration(ask: Ask, token: str) -> tuple[str, str, str] | None:
    """Type name, region and version of a registration, by its token."""
    desk = ask.plane.desk
    found = await papers_of(desk).get(REGISTRATION, desk.place.account_id, token)
    if found is None:
        return None
    return str(found.body["type"]), str(found.body["region"]), found.name


async def default_version(ask: Ask, type_name: str) -> str:
    """The version that counts where none is named."""
    found = await _default(ask.plane.desk, _parent(ask, type_name))
    return FIRST_VERSION if found is None else str(found.body["version"])


async def choose_default(ask: Ask, type_name: str, version_id: str) -> None:
    """Let a version count where none is named."""
    desk = ask.plane.desk
    now = desk.clock.now()
    key = _parent(ask, type_name)
    body = {"version": version_id}
    kept = await _default(desk, key)
    try:
        if kept is None:
            await papers_of(desk).add(Document(DEFAULT, desk.place.account_id, key, body, now, now))
        else:
            await papers_of(desk).change(
                Document(
                    DEFAULT, kept.account_id, key, body, kept.created_at, now, version=kept.version
                )
            )
    except (DocumentExists, DocumentChanged) as clash:
        raise registry_fault(
            f"The default version of {type_name} is being changed by another request; ask again."
        ) from clash


async def withdraw(ask: Ask, type_name: str, version: Version) -> None:
    """Mark a registered version as deregistered; its number is not given out again."""
    desk = ask.plane.desk
    kept = await papers_of(desk).get(REGISTRATION, desk.place.account_id, version.token)
    if kept is None:
        raise type_missing(type_name)
    gone = Document(
        REGISTRATION,
        kept.account_id,
        kept.document_id,
        {**kept.body, "is_live": False},
        kept.created_at,
        desk.clock.now(),
        kept.parent,
        kept.name,
        kept.version,
    )
    try:
        await papers_of(desk).change(gone)
    except DocumentChanged as clash:
        raise registry_fault(
            f"Version {version.version_id} of {type_name} is being changed by another request."
        ) from clash


async def _registrations(ask: Ask, type_name: str) -> list[Document]:
    """What is kept of the versions that were registered, newest first."""
    desk = ask.plane.desk
    return await papers_of(desk).find(
        REGISTRATION, desk.place.account_id, parent=_parent(ask, type_name)
    )


async def _default(desk: Desk, key: str) -> Document | None:
    return await papers_of(desk).get(DEFAULT, desk.place.account_id, key)


def _parent(ask: Ask, type_name: str) -> str:
    """What the versions of a type belong to: the registry of one region."""
    return f"{ask.region}:{type_name}"


def _version(document: Document) -> Version:
    body: Mapping[str, Any] = document.body
    return Version(document.name, document.document_id, document.created_at, body["is_live"])
