"""Handler, Check, ResourceType, Catalog: the sockets of resource types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from imageferry.model.counterparts import Counterpart
from imageferry.model.handlers import HandlerRequest, Outcome
from imageferry.model.schemas import Problem, ResourceSchema
from imageferry.model.values import Value
from imageferry.ports.foresight import Foresight
from imageferry.ports.traces import Adopter


class Handler(Protocol):
    """A resource type's code.

    A method never waits and never sleeps; it makes at most one call that changes something, and
    that call is the one its `context` announced. The same token twice makes one thing. An unknown
    id on `delete` is Done. It raises nothing for what the cloud or the user did wrong: that is a
    Failed.
    """

    async def create(self, request: HandlerRequest) -> Outcome:
        """Bring the resource into being."""
        ...

    async def read(self, request: HandlerRequest) -> Outcome:
        """Look at the resource: Done with its attributes, or Failed with NOT_FOUND."""
        ...

    async def update(self, request: HandlerRequest) -> Outcome:
        """Bring the resource from `previous` to `properties`."""
        ...

    async def delete(self, request: HandlerRequest) -> Outcome:
        """Remove the resource, finished or not, and whatever `context` says was begun."""
        ...

    async def clean_up(self, request: HandlerRequest) -> Outcome:
        """Remove one leftover of an earlier `update`. Failed keeps it recorded."""
        ...


class Check(Protocol):
    """A type's rules that no schema can say."""

    def __call__(self, properties: Mapping[str, Value], region: str) -> Sequence[Problem]:
        """All faults of conformed properties (UNKNOWN inside) for a stack in `region`; pure."""
        ...


class Route(Protocol):
    """Where a type's resources come from and go to."""

    def __call__(self, properties: Mapping[str, Value], region: str) -> tuple[str, str] | None:
        """Source and destination region of conformed properties for a stack in `region`; pure."""
        ...


def no_route(properties: Mapping[str, Value], region: str) -> tuple[str, str] | None:
    """The route of a type whose resources stay where they are."""
    return None


class ResourceType(NamedTuple):
    """A resource type: its schema, its rules, its handler, and where it carries things.

    `counterpart` is how the other language says it, where it can; `adopter` takes in what exists
    already, where the type can do that; `foresight` looks at the cloud on behalf of planned changes.
    """

    schema: ResourceSchema
    check: Check
    handler: Handler
    route: Route = no_route
    counterpart: Counterpart | None = None
    adopter: Adopter | None = None
    foresight: Foresight | None = None


class Catalog(Protocol):
    """The resource types that are installed."""

    def find(self, type_name: str) -> ResourceType | None:
        """The type of that name, or alias, if it is installed."""
        ...

    def names(self) -> Sequence[str]:
        """The names of all installed types, sorted, without aliases."""
        ...
