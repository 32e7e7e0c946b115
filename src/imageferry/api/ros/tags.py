"""The actions of tags, on stacks and on kept templates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from imageferry.api.ros.asked import REGION, Asked, Reply, Row, stack_of
from imageferry.api.ros.errors import invalid, missing, not_supported, stack_not_found
from imageferry.api.ros.kept_templates import (
    KeptTemplate,
    all_templates,
    change_template,
    found_template,
)
from imageferry.api.ros.names import plain_id
from imageferry.api.ros.next_tokens import page_after
from imageferry.api.ros.parameters import Structure, boolean, structures, text, texts
from imageferry.api.ros.tag_rules import MOST_TAGS, has_tags
from imageferry.api.ros.wishes import checked_tags
from imageferry.control.papers import papers_of
from imageferry.model.access import Role
from imageferry.model.stacks import Stack, StackQuery
from imageferry.model.statuses import StackStatus
from imageferry.model.values import Json

_STACK: Final = "stack"
_TEMPLATE: Final = "template"
_PAGE: Final = 50
_MOST: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class _Tagged:
    """Something that has tags."""

    resource_id: str
    tags: Mapping[str, str]
    source: Stack | KeptTemplate


async def tag_resources(asked: Asked) -> Reply:
    """TagResources: the tags are added, and replace those with the same keys."""
    added = checked_tags(asked.given, "Tag")
    if not added:
        raise missing("Tag")

    def grown(one: _Tagged) -> Mapping[str, str]:
        tags = {**one.tags, **added}
        if len(tags) > MOST_TAGS:
            raise invalid("Tag", f"{one.resource_id} would have more than {MOST_TAGS} tags")
        return tags

    return await _change(asked, grown)


async def untag_resources(asked: Asked) -> Reply:
    """UntagResources: the keys that are named go, or all of them."""
    keys = frozenset(asked.given.texts("TagKey"))
    if not keys and not asked.given.boolean("All"):
        raise missing("TagKey", "All")

    def rest(one: _Tagged) -> Mapping[str, str]:
        return {key: value for key, value in one.tags.items() if keys and key not in keys}

    return await _change(asked, rest)


async def list_tag_resources(asked: Asked) -> Reply:
    """ListTagResources: a row for each tag of what is named, or of what has the tags that are given."""
    wanted = asked.given.structures("Tag")
    ids = asked.given.texts("ResourceId")
    if not ids and not wanted:
        raise missing("ResourceId", "Tag")
    kind = asked.given.text("ResourceType")
    found = await _named(asked) if ids else await _all(asked, wanted)
    rows: list[Json] = [
        {"ResourceId": one.resource_id, "ResourceType": kind, "TagKey": key, "TagValue": value}
        for one in found
        if has_tags(one.tags, wanted)
        for key, value in one.tags.items()
    ]
    said = (*sorted(ids), *(f"{one['Key']}={one.get('Value')}" for one in wanted))
    return _paged(asked, "TagResources", rows, said)


async def list_tag_keys(asked: Asked) -> Reply:
    """ListTagKeys: every key in use."""
    keys = sorted(await _in_use(asked))
    return _paged(asked, "Keys", keys, ())


async def list_tag_values(asked: Asked) -> Reply:
    """ListTagValues: every value that a key has."""
    key = asked.given.text("Key")
    values = sorted((await _in_use(asked)).get(key, ()))
    return _paged(asked, "Values", values, (key,))


def _paged(asked: Asked, name: str, rows: Sequence[Json], said: Sequence[str]) -> Reply:
    listing = (name, asked.given.text("ResourceType"), asked.region, *said)
    page, rest = page_after(rows, asked.given.text("NextToken"), listing, _PAGE)
    reply: dict[str, Json] = {name: page}
    return {**reply, "NextToken": rest} if rest else reply


async def _named(asked: Asked) -> list[_Tagged]:
    """What ResourceId names, all of it, before anything is changed."""
    ids = dict.fromkeys(asked.given.texts("ResourceId"))
    if not ids:
        raise missing("ResourceId")
    match asked.given.text("ResourceType"):
        case "stack":
            return [_of_stack(await _living(asked, one)) for one in ids]
        case "template":
            papers, account_id = papers_of(asked.desk), asked.plane.place.account_id
            return [_of_template(await found_template(papers, account_id, one)) for one in ids]
        case other:
            raise not_supported(f"The resource type {other}")


async def _all(asked: Asked, wanted: Iterable[Structure] = ()) -> list[_Tagged]:
    """Everything of a kind; of stacks those alone that have the tags."""
    match asked.given.text("ResourceType"):
        case "stack":
            return [_of_stack(one) for one in await _all_stacks(asked, wanted)]
        case "template":
            account_id = asked.plane.place.account_id
            found = await all_templates(papers_of(asked.desk), account_id)
            return [_of_template(one) for one in found]
        case other:
            raise not_supported(f"The resource type {other}")


async def _in_use(asked: Asked) -> Mapping[str, set[str]]:
    """Every tag, with all values that it has."""
    if asked.given.text("ResourceType") == _STACK:
        return await asked.store.tags_in_use(replace(asked.plane.place, region=asked.region))
    found: dict[str, set[str]] = {}
    for one in await _all(asked):
        for key, value in one.tags.items():
            found.setdefault(key, set()).add(value)
    return found


async def _all_stacks(asked: Asked, wanted: Iterable[Structure]) -> list[Stack]:
    """The stacks of the region that have the tags, newest first."""
    tags = {one["Key"]: one.get("Value") for one in wanted}
    query = StackQuery(replace(asked.plane.place, region=asked.region), tags=tags)
    found, _ = await asked.store.find_page(query, 0, _MOST)
    return found


async def _living(asked: Asked, stack_id: str) -> Stack:
    stack = await stack_of(asked, stack_id)
    if stack.status is StackStatus.DELETED:
        raise stack_not_found(plain_id(stack.stack_id))
    return stack


def _of_stack(stack: Stack) -> _Tagged:
    return _Tagged(plain_id(stack.stack_id), stack.tags, stack)


def _of_template(kept: KeptTemplate) -> _Tagged:
    return _Tagged(kept.template_id, kept.tags, kept)


async def _change(asked: Asked, tags_of: Callable[[_Tagged], Mapping[str, str]]) -> Reply:
    """Give all that is named other tags; where one of them cannot have them, none gets any."""
    named = await _named(asked)
    for one in named:
        tags_of(one)
    for one in named:
        await _give(asked, one, tags_of)
    return {}


async def _give(
    asked: Asked, one: _Tagged, tags_of: Callable[[_Tagged], Mapping[str, str]]
) -> None:
    while (tags := tags_of(one)) != one.tags:
        match one.source:
            case Stack(stack_id=stack_id) as former:
                if await asked.store.change_stack(stack_id, tags=tags, former=former):
                    return
                # Somebody else has tagged it meanwhile, and both count.
                one = _of_stack(await _living(asked, one.resource_id))
            case KeptTemplate() as kept:
                now = asked.desk.clock.now()
                await change_template(papers_of(asked.desk), kept, now, tags=dict(tags))
                return


_KIND: Final = text("ResourceType", _STACK, "stackgroup", _TEMPLATE, "templatescratch", needed=True)
_IDS: Final = texts("ResourceId", most=50)
_NEXT: Final = text("NextToken", longest=1_024)

ROWS: Final[Mapping[str, Row]] = MappingProxyType(
    {
        "TagResources": Row(
            tag_resources,
            (REGION, _KIND, _IDS, structures("Tag", "Key", optional=("Value",), most=MOST_TAGS)),
            Role.OPERATOR,
        ),
        "UntagResources": Row(
            untag_resources,
            (REGION, _KIND, _IDS, texts("TagKey", most=MOST_TAGS), boolean("All")),
            Role.OPERATOR,
        ),
        "ListTagResources": Row(
            list_tag_resources,
            (
                REGION,
                _KIND,
                _IDS,
                _NEXT,
                structures("Tag", "Key", optional=("Value",), most=MOST_TAGS),
            ),
        ),
        "ListTagKeys": Row(list_tag_keys, (REGION, _KIND, _NEXT)),
        "ListTagValues": Row(
            list_tag_values, (REGION, _KIND, _NEXT, text("Key", needed=True, longest=128))
        ),
    }
)
"""The actions of tags, by name."""
