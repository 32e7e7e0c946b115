"""Calls without a token are confirmed directly before they are sent: who lost the operation, makes none."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from imageferry.ports.keeping import Fenced
from tests.resource_types.copying import TF, Cloud, Resource, play, properties

Deed = Callable[[Cloud, Resource, Callable[[], Awaitable[None]]], Awaitable[object]]

GOLDEN = properties(TF, name="golden", tags={"a": "1", "b": "2"})


async def rename(_: Cloud, resource: Resource, confirm: Callable[[], Awaitable[None]]) -> object:
    wanted = properties(TF, name="silver", tags={"a": "1", "b": "2"})
    return await resource.update(wanted, confirm=confirm)


async def tag(_: Cloud, resource: Resource, confirm: Callable[[], Awaitable[None]]) -> object:
    wanted = properties(TF, name="golden", tags={"a": "1", "b": "3"})
    return await resource.update(wanted, confirm=confirm)


async def untag(_: Cloud, resource: Resource, confirm: Callable[[], Awaitable[None]]) -> object:
    return await resource.update(properties(TF, name="golden", tags={"a": "1"}), confirm=confirm)


async def renew(cloud: Cloud, resource: Resource, confirm: Callable[[], Awaitable[None]]) -> object:
    wanted = properties(TF, name="golden", tags={"a": "1", "b": "2"}, encrypted=True)
    return await resource.update(wanted, confirm=confirm, replaces=True)


async def delete(_: Cloud, resource: Resource, confirm: Callable[[], Awaitable[None]]) -> object:
    return await resource.delete(confirm=confirm)


@pytest.mark.parametrize(
    ("deed", "carry_a_token"),
    [
        pytest.param(rename, [], id="rename"),
        pytest.param(tag, [], id="tag"),
        pytest.param(untag, [], id="untag"),
        pytest.param(renew, ["CopyImage"], id="rename after a renewal"),
        pytest.param(delete, [], id="delete"),
    ],
)
def test_who_lost_the_operation_changes_nothing(deed: Deed, carry_a_token: list[str]) -> None:
    async def lost() -> None:
        raise Fenced("owned by another process")

    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await resource.create(GOLDEN)
        cloud.changes.clear()
        with pytest.raises(Fenced):
            await deed(cloud, resource, lost)
        assert cloud.changes == carry_a_token
        assert cloud.image(resource.image_id)["name"] == "golden"

    play(TF, scenario)


def test_a_copy_being_made_is_cancelled_by_its_owner_alone() -> None:
    async def lost() -> None:
        raise Fenced("owned by another process")

    async def scenario(cloud: Cloud, resource: Resource) -> None:
        await resource.create(GOLDEN, until=cloud.clock.now() + 5)
        cloud.changes.clear()
        with pytest.raises(Fenced):
            await resource.delete(confirm=lost)
        assert cloud.changes == []

    play(TF, scenario)


def test_each_call_is_confirmed_once() -> None:
    confirmed = 0

    async def scenario(cloud: Cloud, resource: Resource) -> None:
        async def mine() -> None:
            nonlocal confirmed
            confirmed += 1

        await resource.create(GOLDEN, confirm=mine)
        assert confirmed == 0
        cloud.changes.clear()
        await tag(cloud, resource, mine)
        await rename(cloud, resource, mine)
        await delete(cloud, resource, mine)
        assert confirmed == len(cloud.changes) > 3

    play(TF, scenario)


def test_at_the_time_limit_its_owner_alone_cancels_a_copy() -> None:
    async def lost() -> None:
        raise Fenced("owned by another process")

    async def scenario(cloud: Cloud, resource: Resource) -> None:
        cloud.choose(speed=1.0)
        wanted = properties(TF, name="golden", timeouts={"Create": "2m"})
        with pytest.raises(Fenced):
            await resource.create(wanted, confirm=lost)
        assert cloud.changes == ["CopyImage"]

    play(TF, scenario)
