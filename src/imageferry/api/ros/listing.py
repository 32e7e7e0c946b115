"""ListStacks: the stacks of a region, filtered, page by page."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from imageferry.api.ros.asked import Asked, Reply, page_of
from imageferry.api.ros.errors import invalid
from imageferry.api.ros.names import LANGUAGE
from imageferry.api.ros.reasons import trouble_of
from imageferry.api.ros.replies import summary_reply
from imageferry.model.stacks import Stack, StackQuery
from imageferry.model.statuses import STACK_WORDS, StackStatus
from imageferry.model.values import Json

_STATUSES = {word: status for status, word in STACK_WORDS[LANGUAGE].items()}
# ROS, stack statuses: those of operations that are not made here. No stack has them.
_OF_OTHERS = ("CHECK_", "IMPORT_")
_MOST = 1_000_000


async def list_stacks(asked: Asked) -> Reply:
    """ListStacks: newest first; deleted ones only where they are asked for."""
    number, size = page_of(asked.given)
    found, total = await _found(asked, (number - 1) * size, size)
    stacks: list[Json] = [
        summary_reply(stack, await trouble_of(asked.store, stack)) for stack in found
    ]
    return {"PageNumber": number, "PageSize": size, "TotalCount": total, "Stacks": stacks}


async def _found(asked: Asked, offset: int, limit: int) -> tuple[list[Stack], int]:
    given = asked.given
    query = await _query(asked)
    if query is None or given.text("ParentStackId"):
        return [], 0
    group = given.text("ResourceGroupId")
    if not group:
        return await asked.store.find_page(query, offset, limit)
    every, _ = await asked.store.find_page(query, 0, _MOST)
    chosen = [one for one in every if one.options.get("resource_group_id") == group]
    return chosen[offset : offset + limit], len(chosen)


async def _query(asked: Asked) -> StackQuery | None:
    """What is asked for; None where no stack can be it."""
    given = asked.given
    ids = tuple(filter(None, (given.text("StackId"), *given.texts("StackIds"))))
    known = [await asked.store.stack_of_uuid(one) for one in ids]
    whole = tuple(stack.stack_id for stack in known if stack is not None)
    statuses = _statuses(given.texts("Status"))
    if (ids and not whole) or (given.texts("Status") and not statuses):
        return None
    tags = {one["Key"]: one.get("Value") for one in given.structures("Tag")}
    return StackQuery(
        replace(asked.plane.place, region=asked.region),
        ids=whole,
        names=given.texts("StackName"),
        statuses=statuses,
        tags=tags,
        with_deleted=bool(ids),
        created_from=_time(given.text("StartTime"), "StartTime"),
        created_to=_time(given.text("EndTime"), "EndTime"),
    )


def _statuses(words: tuple[str, ...]) -> tuple[StackStatus, ...]:
    statuses = []
    for number, word in enumerate(words, start=1):
        if word in _STATUSES:
            statuses.append(_STATUSES[word])
        elif not word.startswith(_OF_OTHERS):
            raise invalid(f"Status.{number}", f"{word} is no status of a stack")
    return tuple(statuses)


def _time(text: str, name: str) -> float | None:
    if not text:
        return None
    try:
        return (
            datetime.strptime(text.removesuffix("Z"), "%Y-%m-%dT%H:%M:%S")
            .replace(tzinfo=UTC)
            .timestamp()
        )
    except ValueError:
        raise invalid(name, "it must be written as YYYY-MM-DDThh:mm:ssZ") from None
