"""The actions of kept templates: create, change, list, show and delete them, and their versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from imageferry.api.ros.asked import (
    ANY_REGION,
    FIRST_PAGE,
    PAGES,
    Asked,
    Reply,
    Row,
    page_of,
)
from imageferry.api.ros.errors import exclusive, invalid, missing
from imageferry.api.ros.kept_templates import (
    KeptTemplate,
    TemplateVersion,
    add_version,
    all_templates,
    change_template,
    change_version,
    forget_template,
    found_template,
    found_version,
    keep_template,
    new_template,
    versions_of,
)
from imageferry.api.ros.names import LANGUAGE, moment
from imageferry.api.ros.next_tokens import page_after
from imageferry.api.ros.parameters import (
    Field,
    Given,
    boolean,
    integer,
    lists,
    structures,
    text,
    texts,
)
from imageferry.api.ros.tag_rules import has_tags, told_tags
from imageferry.api.ros.template_sources import LARGEST, fetched
from imageferry.api.ros.wishes import checked_tags
from imageferry.control.papers import papers_of
from imageferry.control.summaries import summarised
from imageferry.model.access import Role
from imageferry.model.values import Json

_ROTATES: Final = "DeleteOldestNonSharedVersionWhenLimitExceeded"
_USUAL_VERSIONS: Final = 50

_NAMES, _TYPES = "TemplateNames", "ResourceTypes"
# The other filters sort the templates that the service itself publishes.
_FILTERS: Final = (
    "Categories", "DeployTypes", "ApplicationScenes", "BasicServices", _TYPES, _NAMES,
)  # fmt: skip

TEMPLATE_ID: Final = text("TemplateId", needed=True, longest=64)
_NAME: Final = (
    r"[0-9A-Za-z\u3400-\u9fff][0-9A-Za-z\u3400-\u9fff_-]*",
    "it must begin with a digit, a letter or a Chinese character, and have only these, - and _",
)
_SAID: Final[tuple[Field, ...]] = (
    text("Description", longest=256),
    text("TemplateBody"),
    text("TemplateURL", longest=1_024),
    texts("ValidationOptions"),
)


async def create_template(asked: Asked) -> Reply:
    """CreateTemplate: the first version of a template that is kept from now on."""
    body = await _body(asked)
    if body is None:
        raise missing("TemplateBody", "TemplateURL")
    now = asked.desk.clock.now()
    given = asked.given
    version = TemplateVersion(
        1, body, given.text("TemplateName"), given.text("Description"), now, now
    )
    kept = new_template(
        asked.plane.place.account_id,
        asked.desk.entropy.new_id(),
        version,
        checked_tags(given, "Tags") or {},
        given.text("ResourceGroupId"),
    )
    await keep_template(papers_of(asked.desk), kept, version)
    return {"TemplateId": kept.template_id}


async def update_template(asked: Asked) -> Reply:
    """UpdateTemplate: with a body another version; without one, the latest says something else."""
    papers, given = papers_of(asked.desk), asked.given
    kept = await _kept(asked)
    if given.boolean("IsDraft"):
        raise invalid("IsDraft", "drafts are not kept here")
    body = await _body(asked)
    latest = await found_version(papers, kept)
    now = asked.desk.clock.now()
    changed = replace(
        latest,
        name=given.text("TemplateName", latest.name),
        description=given.text("Description", latest.description),
        updated_at=now,
    )
    if body is None:
        await change_template(papers, kept, now, name=changed.name, description=changed.description)
        await change_version(papers, kept, changed)
        return {"TemplateId": kept.template_id, "TemplateVersion": changed.word}
    version = replace(changed, number=latest.number + 1, body=body, created_at=now)
    rotates = given.text("RotateStrategy") == _ROTATES
    await add_version(papers, kept, version, rotates=rotates)
    return {"TemplateId": kept.template_id, "TemplateVersion": version.word}


async def list_templates(asked: Asked) -> Reply:
    """ListTemplates: the account's own templates; nobody shares any here."""
    given = asked.given
    number, size = page_of(given)
    found: list[KeptTemplate] = []
    if given.text("ShareType", "Private") == "Private":
        wanted = given.text("TemplateName")
        group = given.text("ResourceGroupId")
        found = [
            one
            for one in await all_templates(papers_of(asked.desk), asked.plane.place.account_id)
            if (not wanted or one.name == wanted)
            and (not group or one.resource_group_id == group)
            and has_tags(one.tags, given.structures("Tag"))
            and await _passes(asked, one, _filters(given))
        ]
    first = (number - FIRST_PAGE) * size
    shows_tags = given.text("IncludeTags") == "Enabled"
    return {
        "Templates": [_listed(asked, one, shows_tags) for one in found[first : first + size]],
        "PageNumber": number,
        "PageSize": size,
        "TotalCount": len(found),
    }


def _filters(given: Given) -> Mapping[str, frozenset[str]]:
    """By the name of each filter, its values."""
    found: dict[str, set[str]] = {}
    for one in given.structures("Filters"):
        found.setdefault(one["Name"], set()).add(one["Value"])
    return {name: frozenset(values) for name, values in found.items()}


async def _passes(asked: Asked, one: KeptTemplate, filters: Mapping[str, frozenset[str]]) -> bool:
    """True where a template has one of the values of each filter; none belongs to a category."""
    if filters.keys() - {_NAMES, _TYPES}:
        return False
    if _NAMES in filters and one.name not in filters[_NAMES]:
        return False
    if _TYPES not in filters:
        return True
    version = await found_version(papers_of(asked.desk), one)
    read = await summarised(
        asked.desk, version.body.encode(), asked.region, name=one.name, is_strict=False
    )
    return any(found.type_name in filters[_TYPES] for found in read.template.resources.values())


async def delete_template(asked: Asked) -> Reply:
    """DeleteTemplate: with all its versions; stacks that were made of it stay as they are."""
    await forget_template(papers_of(asked.desk), await _kept(asked))
    return {}


async def list_template_versions(asked: Asked) -> Reply:
    """ListTemplateVersions: the newest first."""
    kept = await _kept(asked)
    versions = await versions_of(papers_of(asked.desk), kept)
    size = asked.given.integer("MaxResults") or _USUAL_VERSIONS
    page, rest = page_after(
        versions, asked.given.text("NextToken"), ("versions", kept.template_id), size
    )
    reply: dict[str, Json] = {
        "Versions": [
            {
                "TemplateId": kept.template_id,
                "TemplateVersion": one.word,
                "TemplateName": one.name,
                "Description": one.description,
                "CreateTime": moment(one.created_at),
                "UpdateTime": moment(one.updated_at),
            }
            for one in page
        ]
    }
    return {**reply, "NextToken": rest} if rest else reply


async def get_kept_template(asked: Asked) -> Reply:
    """GetTemplate by TemplateId: one version, the latest where none is named."""
    kept = await _kept(asked)
    version = await found_version(papers_of(asked.desk), kept, asked.given.text("TemplateVersion"))
    reply = {
        **_listed(asked, kept, asked.given.text("IncludeTags") == "Enabled"),
        "TemplateName": version.name,
        "Description": version.description,
        "TemplateVersion": version.word,
        "CreateTime": moment(version.created_at),
        "UpdateTime": moment(version.updated_at),
        "TemplateBody": version.body,
    }
    if asked.given.text("IncludePermission") == "Enabled":
        reply["Permissions"] = []
    return reply


async def _kept(asked: Asked) -> KeptTemplate:
    account_id = asked.plane.place.account_id
    return await found_template(papers_of(asked.desk), account_id, asked.given.text("TemplateId"))


async def _body(asked: Asked) -> str | None:
    """The text that was given or fetched, read once: what is no ROS template is refused."""
    sources = [name for name in ("TemplateBody", "TemplateURL") if asked.given.text(name)]
    if not sources:
        return None
    if len(sources) > 1:
        raise exclusive(*sources)
    if sources == ["TemplateBody"]:
        source = asked.given.text("TemplateBody").encode()
    else:
        source = await fetched(asked, asked.given.text("TemplateURL"), LARGEST)
    if len(source) > LARGEST:
        raise invalid(sources[0], f"it must have at most {LARGEST:,} bytes")
    read = await summarised(asked.desk, source, asked.region, name=sources[0])
    if read.template.dialect != LANGUAGE:
        raise invalid(sources[0], "it is not a template of ROS")
    return source.decode()


def _listed(asked: Asked, one: KeptTemplate, shows_tags: bool) -> dict[str, Json]:
    account_id = asked.plane.place.account_id
    told: dict[str, Json] = {
        "TemplateId": one.template_id,
        "TemplateARN": f"acs:ros:*:{account_id}:template/{one.template_id}",
        "TemplateName": one.name,
        "TemplateVersion": f"v{one.latest}",
        "Description": one.description,
        "OwnerId": account_id,
        "ResourceGroupId": one.resource_group_id,
        "ShareType": "Private",
        "CreateTime": moment(one.document.created_at),
        "UpdateTime": moment(one.document.updated_at),
    }
    if shows_tags:
        told["Tags"] = told_tags(one.tags)
    return told


ROWS: Final[Mapping[str, Row]] = MappingProxyType(
    {
        "CreateTemplate": Row(
            create_template,
            (
                ANY_REGION,
                text("TemplateName", needed=True, longest=255, pattern=_NAME[0], says=_NAME[1]),
                text("ResourceGroupId", longest=64),
                structures("Tags", "Key", optional=("Value",), most=20),
                *_SAID,
            ),
            Role.OPERATOR,
        ),
        "UpdateTemplate": Row(
            update_template,
            (
                ANY_REGION,
                TEMPLATE_ID,
                text("TemplateName", longest=255, pattern=_NAME[0], says=_NAME[1]),
                boolean("IsDraft"),
                text("RotateStrategy", "None", _ROTATES),
                *_SAID,
            ),
            Role.OPERATOR,
        ),
        "ListTemplates": Row(
            list_templates,
            (
                ANY_REGION,
                *PAGES,
                text("ShareType", "Private", "Shared", "Official"),
                text("TemplateName", longest=255),
                text("ResourceGroupId", longest=64),
                text("IncludeTags", "Enabled", "Disabled"),
                structures("Tag", "Key", optional=("Value",), most=20),
                lists("Filters", *_FILTERS, most=20),
            ),
        ),
        "DeleteTemplate": Row(delete_template, (ANY_REGION, TEMPLATE_ID), Role.OPERATOR),
        "ListTemplateVersions": Row(
            list_template_versions,
            (
                ANY_REGION,
                TEMPLATE_ID,
                integer("MaxResults", 1, 100),
                text("NextToken", longest=1_024),
            ),
        ),
    }
)
"""The actions of kept templates, by name."""
