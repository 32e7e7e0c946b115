"""Holdings: what the stacks and the open operations of a database hold, by its ids in the cloud."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from imageferry.model.stacks import Resource, Stack
from imageferry.ports.keeping import Store


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has something in hand: a resource of a stack, finished or not."""

    stack_id: str
    stack_name: str
    address: str


@dataclass(frozen=True, slots=True)
class Holdings:
    """What the record knows, by the ids that are said anywhere in it.

    `held` is what resources are, have begun or have left over; `used` what their properties name:
    that was there before them, so what is shared with others, or copied to where it is, is not held.
    """

    held: Mapping[str, Holder]
    used: Mapping[str, Holder]


async def find_holdings(store: Store) -> Holdings:
    """Look through the resources of every stack and the journals of every open operation."""
    held: dict[str, Holder] = {}
    used: dict[str, Holder] = {}
    stacks = {stack.stack_id: stack for stack in await store.find_stacks(None)}
    for stack in stacks.values():
        for key, resource in (await store.resources(stack.stack_id)).items():
            holder = Holder(stack.stack_id, stack.name, key)
            _put(held, _words_of(resource), holder)
            _put(used, _words(resource.properties), holder)
    for operation in await store.open_operations():
        stack_name = _name(stacks.get(operation.stack_id))
        for record in await store.records(operation.operation_id):
            holder = Holder(operation.stack_id, stack_name, str(record.address))
            told = (record.physical_id, record.attributes, record.context, record.leftovers)
            _put(held, _without(told, record.properties), holder)
            _put(used, _words(record.properties), holder)
    return Holdings(held, used)


def _name(stack: Stack | None) -> str:
    return "" if stack is None else stack.name


def _words_of(resource: Resource) -> Iterator[str]:
    told = (resource.physical_id, resource.attributes, resource.context, resource.leftovers)
    return _without(told, resource.properties)


def _without(told: object, properties: object) -> Iterator[str]:
    """The words of a record but for those that its properties name."""
    named = set(_words(properties))
    return (word for word in _words(told) if word not in named)


def words_of_record(*parts: object) -> frozenset[str]:
    """Every text in parts of a record."""
    return frozenset(_words(parts))


def _put(found: dict[str, Holder], words: Iterable[str], holder: Holder) -> None:
    for word in words:
        found.setdefault(word, holder)


def _words(part: object) -> Iterator[str]:
    """Every text in a value, and what stands between its slashes: ids are also kept with a place."""
    if isinstance(part, str):
        yield part
        if "/" in part:
            yield from part.split("/")
    elif isinstance(part, Mapping):
        for entry in part.values():
            yield from _words(entry)
    elif isinstance(part, list | tuple):
        for entry in part:
            yield from _words(entry)
