"""KeptTemplate: the templates that an account keeps with us, each with its versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from imageferry.api.ros.errors import RosError, template_not_found
from imageferry.model.values import Json
from imageferry.ports.documents import Document, DocumentChanged, DocumentExists, Documents

KIND: Final = "ros_template"
VERSION_KIND: Final = "ros_template_version"
"""The documents of the versions; each has the id of its template as parent, and its own as name."""

MOST_VERSIONS: Final = 100
_LAST_VERSION: Final = 65_000
"""ROS reference, UpdateTemplate: so many versions at once, and no number beyond this."""


@dataclass(frozen=True, slots=True)
class KeptTemplate:
    """A kept template: what is said of it as a whole, and the number of its latest version."""

    document: Document
    name: str
    description: str
    resource_group_id: str
    tags: Mapping[str, str]
    latest: int

    @property
    def template_id(self) -> str:
        """A UUID."""
        return self.document.document_id


@dataclass(frozen=True, slots=True)
class TemplateVersion:
    """One version: its text, and the name and description that the template had with it."""

    number: int
    body: str
    name: str
    description: str
    created_at: float
    updated_at: float

    @property
    def word(self) -> str:
        """The version as callers know it."""
        return f"v{self.number}"


async def found_template(papers: Documents, account_id: str, template_id: str) -> KeptTemplate:
    """A template of the account; raises RosError (TemplateNotFound)."""
    document = await papers.get(KIND, account_id, template_id)
    if document is None:
        raise template_not_found(template_id)
    return _template(document)


async def found_version(
    papers: Documents, kept: KeptTemplate, version: str = ""
) -> TemplateVersion:
    """A version of a template, the latest where none is named; raises RosError (TemplateNotFound)."""
    wanted = version or f"v{kept.latest}"
    account_id = kept.document.account_id
    found = await papers.find(VERSION_KIND, account_id, parent=kept.template_id, name=wanted)
    if not found:
        raise template_not_found(kept.template_id, version)
    return _version(found[0])


async def versions_of(papers: Documents, kept: KeptTemplate) -> list[TemplateVersion]:
    """All versions of a template, the newest first."""
    account_id = kept.document.account_id
    found = await papers.find(VERSION_KIND, account_id, parent=kept.template_id)
    return sorted((_version(one) for one in found), key=lambda one: one.number, reverse=True)


async def all_templates(papers: Documents, account_id: str) -> list[KeptTemplate]:
    """The templates of an account, the newest first."""
    return [_template(one) for one in await papers.find(KIND, account_id)]


async def keep_template(papers: Documents, kept: KeptTemplate, version: TemplateVersion) -> None:
    """Keep a new template with its first version."""
    await papers.add(_version_document(kept, version))
    await papers.add(kept.document)


async def add_version(
    papers: Documents, kept: KeptTemplate, version: TemplateVersion, *, rotates: bool
) -> None:
    """Keep another version, and what the template is called from then on.

    With as many as there may be, the oldest one goes where it `rotates`; otherwise raises RosError
    (RequestLimitExceeded). Raises RosError (TemplateBeingProcessed) where somebody else changes it.
    """
    account_id = kept.document.account_id
    former = await papers.find(VERSION_KIND, account_id, parent=kept.template_id)
    is_full = len(former) >= MOST_VERSIONS
    if (is_full and not rotates) or version.number > _LAST_VERSION:
        raise RosError(
            "RequestLimitExceeded",
            f"Request limit exceeded: a template has at most {MOST_VERSIONS} versions.",
        )
    try:
        await papers.add(_version_document(kept, version))
    except DocumentExists:
        raise _processed(kept) from None
    await change_template(
        papers,
        kept,
        version.updated_at,
        name=version.name,
        description=version.description,
        latest=version.number,
    )
    if is_full:
        oldest = min(former, key=lambda one: _version(one).number)
        await papers.remove(VERSION_KIND, account_id, oldest.document_id)


async def change_version(papers: Documents, kept: KeptTemplate, version: TemplateVersion) -> None:
    """Say something else of a version that is there."""
    account_id = kept.document.account_id
    found = await papers.find(VERSION_KIND, account_id, parent=kept.template_id, name=version.word)
    if not found:
        raise template_not_found(kept.template_id, version.word)
    body = _version_document(kept, version).body
    try:
        await papers.change(replace(found[0], body=body, updated_at=version.updated_at))
    except DocumentChanged:
        raise _processed(kept) from None


async def change_template(
    papers: Documents, kept: KeptTemplate, now: float, **changed: Json
) -> None:
    """Say something else of a template as a whole; raises RosError (TemplateBeingProcessed)."""
    body = {**kept.document.body, **changed}
    try:
        await papers.change(replace(kept.document, body=body, updated_at=now))
    except DocumentChanged:
        raise _processed(kept) from None


async def forget_template(papers: Documents, kept: KeptTemplate) -> None:
    """Forget a template with all its versions."""
    account_id = kept.document.account_id
    await papers.remove(KIND, account_id, kept.template_id)
    for one in await papers.find(VERSION_KIND, account_id, parent=kept.template_id):
        await papers.remove(VERSION_KIND, account_id, one.document_id)


def new_template(
    account_id: str,
    template_id: str,
    version: TemplateVersion,
    tags: Mapping[str, str],
    resource_group_id: str,
) -> KeptTemplate:
    """A template that is not kept yet, with its first version."""
    body: dict[str, Json] = {
        "name": version.name,
        "description": version.description,
        "resource_group_id": resource_group_id,
        "tags": dict(tags),
        "latest": version.number,
    }
    at = version.created_at
    return _template(Document(KIND, account_id, template_id, body, at, at))


def _processed(kept: KeptTemplate) -> RosError:
    return RosError(
        "TemplateBeingProcessed",
        f"Template {kept.template_id} is being processed, retry later.",
    )


def _template(document: Document) -> KeptTemplate:
    body: Mapping[str, Any] = document.body
    return KeptTemplate(
        document,
        body["name"],
        body["description"],
        body["resource_group_id"],
        body["tags"],
        body["latest"],
    )


def _version(document: Document) -> TemplateVersion:
    body: Mapping[str, Any] = document.body
    return TemplateVersion(
        int(document.name.removeprefix("v")),
        body["body"],
        body["name"],
        body["description"],
        document.created_at,
        document.updated_at,
    )


def _version_document(kept: KeptTemplate, version: TemplateVersion) -> Document:
    body: dict[str, Json] = {
        "body": version.body,
        "name": version.name,
        "description": version.description,
    }
    return Document(
        VERSION_KIND,
        kept.document.account_id,
        f"{kept.template_id}:{version.word}",
        body,
        version.created_at,
        version.updated_at,
        parent=kept.template_id,
        name=version.word,
    )
