"""`distribute` and the name of its stack: after the family, unless one is there that goes on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from imageferry.control.distributions.outlines import outline
from tests.scenarios.emulated import Emulated, play
from tests.scenarios.versions import GOLDEN, bake, carry_out, wish_of


def test_the_stack_is_called_after_the_family_unless_it_is_there_already(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        desk = sea.house.plane.desk
        first, second = [await bake(sea, f"base-{number}") for number in (1, 2)]

        async def stack_of(
            image_id: str, family: str, stack: str = "", *, deploys: bool = False
        ) -> str:
            wish = replace(wish_of(image_id, "cn-beijing", family=family), stack_name=stack)
            request = (await outline(desk, wish)).request
            await carry_out(sea, *([request] if deploys else []))
            return request.stack_name

        assert await stack_of(first, "") == "base"
        assert await stack_of(first, "web.v-2") == "web-v-2", "a family has no versions"
        assert await stack_of(first, "web", "other") == "other"
        # With its own stack a family takes in every image, whatever that is called.
        assert await stack_of(first, "web", deploys=True) == "web"
        assert await stack_of(second, "web") == "web"
        assert await stack_of(GOLDEN, "web") == "web"
        # What was begun without a family goes on with one, and with no other one after that.
        assert await stack_of(second, "", deploys=True) == "base"
        assert await stack_of(first, "blue") == "base"
        assert await stack_of(first, "blue", deploys=True) == "base"
        assert await stack_of(second, "green") == "base", "one of its own versions"
        third = await bake(sea, "base-3")
        assert await stack_of(third, "blue") == "base"
        assert await stack_of(third, "green") == "green"

    play(tmp_path, program, trouble=False)
