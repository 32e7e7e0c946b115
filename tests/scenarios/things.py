"""A small cloud of things, with a type of its own: for what holds for every type."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from imageferry.model.handlers import (
    Done,
    ErrorCode,
    Failed,
    HandlerRequest,
    Outcome,
    Pending,
)
from imageferry.model.schemas import Problem, schema_from_json
from imageferry.model.values import Value, reveal
from imageferry.ports.types import BrokenType, ResourceType
from imageferry.testing import run_virtually
from tests.scenarios.workshop import Workshop, workshop

THING = schema_from_json(
    {
        "typeName": "ALIYUN::TEST::Thing",
        "summary": "A thing that takes a while.",
        "physicalIdSays": "the thing's id",
        "replacedByHandler": False,
        "renewedAttributes": ["Core"],
        "properties": {
            "Name": {"type": "String", "update": "in_place"},
            "Size": {"type": "Integer", "update": "replaces"},
            "Material": {"type": "String", "update": "renews"},
            "Parts": {"type": "List", "update": "in_place"},
            "Password": {"type": "String", "update": "in_place"},
        },
        "attributes": {"Id": {"type": "String"}, "Core": {"type": "String"}},
    }
)


@dataclass
class Things:
    """The cloud: things by id, and what is asked to go wrong.

    `slow` is how long a thing takes; `failing` are names that fail for good, `flaky` names that
    fail so many times first, `stuck` names that cannot be deleted.
    """

    slow: float = 10.0
    things: dict[str, dict[str, Any]] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    failing: set[str] = field(default_factory=set)
    flaky: dict[str, int] = field(default_factory=dict)
    stuck: set[str] = field(default_factory=set)
    made: int = 0
    most_at_once: int = 0

    def names(self) -> list[str]:
        return sorted(thing["Name"] for thing in self.things.values())


class ThingHandler:
    def __init__(self, things: Things) -> None:
        self.things = things

    def _say(self, text: str) -> None:
        self.things.calls.append(text)

    async def create(self, request: HandlerRequest) -> Outcome:
        world = self.things
        name = str(request.properties.get("Name", request.address))
        if request.physical_id is None:
            if world.flaky.get(name, 0) > 0:
                world.flaky[name] -= 1
                return Failed(ErrorCode.THROTTLING, "slow down", retriable=True)
            thing_id = world.tokens.get(request.token)
            if thing_id is None:
                world.made += 1
                thing_id = f"t-{world.made}"
                world.tokens[request.token] = thing_id
                world.things[thing_id] = {
                    **{key: reveal(value) for key, value in request.properties.items()},
                    "Name": name,
                    "ready": request.now + world.slow,
                }
                self._say(f"create {name}")
                running = sum(1 for t in world.things.values() if t["ready"] > request.now)
                world.most_at_once = max(world.most_at_once, running)
            return Pending(thing_id, 1.0, 0, {"phase": "wait"}, observes=True)
        thing = world.things.get(request.physical_id)
        if thing is None:
            return Failed(ErrorCode.NOT_FOUND, "it vanished")
        if request.now < thing["ready"]:
            left = thing["ready"] - request.now
            return Pending(
                request.physical_id,
                max(left / 4, 0.25),
                int(100 * (1 - left / world.slow)),
                {"phase": "wait"},
                observes=True,
                remaining=left,
            )
        if name in world.failing:
            return Failed(ErrorCode.GENERAL_SERVICE_EXCEPTION, f"{name} is cursed")
        return Done(request.physical_id, self._attributes(request.physical_id, request))

    def _attributes(self, thing_id: str, request: HandlerRequest) -> Mapping[str, Value]:
        return {"Id": thing_id, "Core": f"{request.properties.get('Material', 'iron')}-core"}

    async def read(self, request: HandlerRequest) -> Outcome:
        return Done(request.physical_id, request.attributes)

    async def update(self, request: HandlerRequest) -> Outcome:
        name = str(request.properties.get("Name", ""))
        if name in self.things.failing:
            return Failed(ErrorCode.GENERAL_SERVICE_EXCEPTION, f"{name} is cursed")
        if not request.context:
            return Pending(request.physical_id, 0.0, None, {"phase": "change"})
        self._say(f"update {request.physical_id}")
        assert request.physical_id is not None
        self.things.things[request.physical_id].update(
            {key: reveal(value) for key, value in request.properties.items()}
        )
        return Done(
            request.physical_id,
            self._attributes(request.physical_id, request),
            leftovers=request.leftovers,
        )

    async def delete(self, request: HandlerRequest) -> Outcome:
        if request.physical_id is None or request.physical_id not in self.things.things:
            return Done(None)
        name = self.things.things[request.physical_id]["Name"]
        if name in self.things.stuck:
            return Failed(ErrorCode.RESOURCE_CONFLICT, f"{name} is stuck")
        self._say(f"delete {name}")
        del self.things.things[request.physical_id]
        return Done(None)

    async def clean_up(self, request: HandlerRequest) -> Outcome:
        return Done(None)


def no_rules(properties: Mapping[str, Value], region: str) -> Sequence[Problem]:
    return ()


class ThingCatalog:
    def __init__(self, things: Things) -> None:
        self._type = ResourceType(THING, no_rules, ThingHandler(things))

    def find(self, type_name: str) -> ResourceType | None:
        return self._type if type_name == THING.type_name else None

    def names(self) -> Sequence[str]:
        return [THING.type_name]

    def broken(self, type_name: str | None = None) -> Sequence[BrokenType]:
        return []


Program = Callable[[Workshop, Things], Awaitable[None]]


def play(folder: Path, program: Program, things: Things | None = None) -> None:
    """One program in a workshop on those things, in virtual time; its home is in the folder."""
    world = things or Things()

    async def main() -> None:
        async with workshop(folder / "home", ThingCatalog(world)) as shop:
            await program(shop, world)

    run_virtually(main())
